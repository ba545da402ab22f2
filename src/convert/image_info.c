/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "convert/image_info.h"

#include "base/mem.h"

/* The generation of everything that tar2btrfs writes; mkfs.btrfs and the kernel begin later. */
#define UNTOUCHED_GENERATION 1

static int add_subvolume(struct image_info *info, u64 id, bool is_default)
{
	info->subvolumes = mem_grow(info->subvolumes, &info->capacity, info->nr_subvolumes + 1,
				    sizeof(*info->subvolumes));
	struct info_subvolume *s = &info->subvolumes[info->nr_subvolumes++];
	size_t len;
	*s = (struct info_subvolume){ .is_default = is_default };
	int err = subvolume_open(info->fs, id, &s->subvolume);
	if (!err)
		err = subvolume_path(info->fs, &s->subvolume, &s->path, &len);
	return err ? err : survey_add(&info->survey, info->fs, &s->subvolume);
}

int image_info_gather(struct filesystem *fs, struct image_info *info)
{
	u64 id = 0, default_id = 0;
	int more = 0;
	*info = (struct image_info){ .fs = fs };
	info->is_untouched = from_le64(filesystem_super(fs)->generation) == UNTOUCHED_GENERATION;
	int err = subvolume_default(fs, &default_id);
	if (!err)
		err = filesystem_chunk_uuid(fs, info->chunk_uuid);
	while (!err && (more = subvolume_next(fs, &id)) > 0)
		err = add_subvolume(info, id, id == default_id);
	if (!err)
		err = more;
	return err ? err : image_rules_gather(fs, &info->survey, &info->rules);
}

void image_info_release(struct image_info *info)
{
	for (size_t i = 0; i < info->nr_subvolumes; i++)
		xfree(info->subvolumes[i].path);
	xfree(info->subvolumes);
	image_rules_release(&info->rules);
}
