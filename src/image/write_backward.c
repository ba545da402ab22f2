/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Data first, from the end of the image to its beginning: the only code whose output does not go
 * strictly forward. The data spool is cut off behind the bytes that are still needed. So where
 * files arrived in the order of the image, the image gets the memory and the room on disk that the
 * spool had: 0.56 x the time of writing forward on a machine with 8 GB of memory.
 */
#include "write.h"

#define SECTION_BYTES (64u << 20)

/* Consecutive blobs of the image, up to the next section. */
struct section {
	size_t first_blob;
	u64 physical;    /* of the first blob */
	u64 spool_bytes; /* of the data spool, that this section and those before it need */
};

struct sections {
	struct section *list;
	size_t nr, capacity;
};

static struct sections cut_sections(const struct blueprint *bp)
{
	const struct content *content = bp->content;
	struct sections sections = { NULL, 0, 0 };
	struct section *section = NULL;
	for (size_t i = 0; i < content->nr_blobs; i++) {
		const struct blob *b = &content->blobs[i];
		if (b->place != BLOB_EXTENT)
			continue;
		const u64 physical = layout_physical(&bp->layout, b->logical);
		if (!section || physical - section->physical >= SECTION_BYTES) {
			u64 needed = section ? section->spool_bytes : 0;
			sections.list = mem_grow(sections.list, &sections.capacity, sections.nr + 1,
						 sizeof(*sections.list));
			section = &sections.list[sections.nr++];
			*section = (struct section){ i, physical, needed };
		}
		if (b->store_nr == CONTENT_DATA_SPOOL)
			section->spool_bytes =
				max_u64(section->spool_bytes, b->store_off + b->stored_bytes);
	}
	return sections;
}

static int write_sections(struct emit *emit, const struct blueprint *bp)
{
	const struct content *content = bp->content;
	struct sections sections = cut_sections(bp);
	size_t end_blob = content->nr_blobs;
	u64 end = bp->total_bytes;
	int err = 0;
	while (sections.nr && !err) {
		const struct section *section = &sections.list[--sections.nr];
		spool_cut(content->stores[CONTENT_DATA_SPOOL], section->spool_bytes);
		err = emit_seek(emit, section->physical);
		if (!err)
			err = write_data(emit, bp, section->first_blob, end_blob);
		if (!err)
			err = emit_at(emit, end);
		end_blob = section->first_blob;
		end = section->physical;
	}
	xfree(sections.list);
	return err ? err : emit_seek(emit, 0);
}

int write_backward(const struct blueprint *bp, const struct image_output *output)
{
	struct emit *emit = emit_new(output, NULL, 0);
	int err = write_sections(emit, bp);
	emit_free(emit);
	return err;
}

/* With DUP the trees pass through a spool, which may be full: then nothing may be written yet. */
bool write_may_be_backward(const struct blueprint *bp, const struct image_output *output)
{
	return output->seekable && !output->digest && !bp->options.dup &&
	       layout_data_begin(&bp->layout) < bp->layout.end;
}

int write_around_data(struct emit *emit, const struct blueprint *bp)
{
	int err = emit_at(emit, layout_data_begin(&bp->layout));
	return err ? err : emit_skip(emit, bp->total_bytes);
}
