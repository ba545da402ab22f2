/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "export_info.h"
#include "figures.h"
#include "info_words.h"

#include "base/mem.h"
#include "convert/image_info.h"
#include "disk/checksum.h"
#include "disk/codec.h"
#include "read/feature_names.h"
#include "read/foreign.h"

#include <uuid/uuid.h>

#define LINE_BYTES 1024

/* A line of words, each with a space in front. */
struct line {
	char text[LINE_BYTES];
	size_t len;
};

static void add_to_line(struct line *l, const char *word)
{
	if (l->len + 1 + strlen(word) < LINE_BYTES)
		l->len += (size_t)snprintf(l->text + l->len, LINE_BYTES - l->len, "%s%s",
					   l->len ? " " : "", word);
}

/* ---- the filesystem ---------------------------------------------------------------- */

static void put_uuid(struct figures *f, const char *label, const char *name, const u8 *uuid)
{
	char text[UUID_STR_LEN];
	uuid_unparse_lower(uuid, text);
	figures_text(f, label, name, text);
}

static void put_feature_bits(struct figures *f, struct line *line, u64 bits,
			     const char *(*name_of)(u64 bit))
{
	for (u64 bit = 1; bit; bit <<= 1) {
		if (!(bits & bit))
			continue;
		const char *name = name_of(bit);
		figures_value(f, name ? name : "unknown");
		add_to_line(line, name ? name : "unknown");
	}
}

static void put_features(struct figures *f, const struct btrfs_super_block *super)
{
	struct line line = { .len = 0 };
	figures_list(f, "features");
	put_feature_bits(f, &line, from_le64(super->incompat_flags), incompat_feature_name);
	put_feature_bits(f, &line, from_le64(super->compat_ro_flags), compat_ro_feature_name);
	figures_end_list(f);
	figures_text(f, "features", NULL, line.text);
}

static void put_label(struct figures *f, const struct btrfs_super_block *super)
{
	char label[BTRFS_LABEL_SIZE + 1] = "", quoted[QUOTE_BYTES];
	memcpy(label, super->label, BTRFS_LABEL_SIZE);
	quote(quoted, label, strlen(label));
	figures_text(f, "label", "label", f->is_json ? label : *label ? quoted : "none");
}

static void put_filesystem(struct figures *f, const struct image_info *info)
{
	const struct btrfs_super_block *super = filesystem_super(info->fs);
	const bool is_seed = from_le64(super->flags) & BTRFS_SUPER_FLAG_SEEDING;
	figures_group(f, "filesystem");
	put_label(f, super);
	put_uuid(f, "uuid", "uuid", super->fsid);
	if (from_le64(super->incompat_flags) & BTRFS_FEATURE_INCOMPAT_METADATA_UUID)
		put_uuid(f, "  of metadata", "metadata_uuid", super->metadata_uuid);
	put_uuid(f, "  of chunk tree", "chunk_tree_uuid", info->chunk_uuid);
	figures_bool(f, "seed", is_seed);
	figures_text(f, "seed", NULL, is_seed ? "yes" : "no");
	figures_number(f, "generation", "generation", from_le64(super->generation), "");
	figures_number(f, "size", "bytes", from_le64(super->total_bytes), "bytes");
	figures_number(f, "  used", "used_bytes", from_le64(super->bytes_used), "bytes");
	figures_number(f, "node size", "node_bytes", from_le32(super->nodesize), "bytes");
	figures_number(f, "sector size", "sector_bytes", from_le32(super->sectorsize), "bytes");
	figures_text(f, "checksum", "checksum",
		     checksum_name((enum btrfs_csum_type)from_le16(super->csum_type)));
	put_features(f, super);
	figures_end_group(f);
}

static void put_profile(struct figures *f, const struct filesystem *fs, const char *label,
			const char *name, u64 type)
{
	static const struct {
		u64 bit;
		const char *name;
	} profiles[] = {
		{ BTRFS_BLOCK_GROUP_DUP, "dup" },
		{ BTRFS_BLOCK_GROUP_RAID1, "raid1" },
		{ BTRFS_BLOCK_GROUP_RAID1C3, "raid1c3" },
		{ BTRFS_BLOCK_GROUP_RAID1C4, "raid1c4" },
	};
	const u64 bits = filesystem_profiles(fs, type);
	struct line line = { .len = 0 };
	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++)
		if (bits & profiles[i].bit)
			add_to_line(&line, profiles[i].name);
	figures_text(f, label, name, line.len ? line.text : "single");
}

static void put_profiles(struct figures *f, const struct filesystem *fs)
{
	figures_group(f, "profiles");
	put_profile(f, fs, "profile of data", "data", BTRFS_BLOCK_GROUP_DATA);
	put_profile(f, fs, "  of metadata", "metadata", BTRFS_BLOCK_GROUP_METADATA);
	put_profile(f, fs, "  of system", "system", BTRFS_BLOCK_GROUP_SYSTEM);
	figures_end_group(f);
}

/* ---- what it holds ----------------------------------------------------------------- */

static const char *codec_name(u32 type)
{
	const struct codec *codec = codec_of_type(type);
	return codec ? codec->name : "none";
}

static void put_contents(struct figures *f, const struct survey *s)
{
	char label[32];
	figures_group(f, "inodes");
	figures_number(f, "files", "files", s->files, "");
	figures_number(f, "directories", "directories", s->directories, "");
	figures_number(f, "other inodes", "others", s->others, "");
	figures_end_group(f);
	figures_list(f, "data");
	for (u32 type = 0; type < SURVEY_CODECS; type++) {
		if (!s->codecs[type].extents)
			continue;
		figures_item(f);
		figures_text(f, NULL, "codec", codec_name(type));
		snprintf(label, sizeof(label), "data, %s", type ? codec_name(type) : "plain");
		figures_number(f, label, "bytes", s->codecs[type].file_bytes, "bytes");
		figures_number(f, "  stored", "stored_bytes", s->codecs[type].stored_bytes,
			       "bytes");
		figures_number(f, "  extents", "extents", s->codecs[type].extents, "");
		figures_end_item(f);
	}
	figures_end_list(f);
}

static void put_devices(struct figures *f, const struct filesystem *fs,
			const struct filesystem_device *devices)
{
	const struct btrfs_dev_item *item;
	char line[LINE_BYTES], uuid[UUID_STR_LEN];
	figures_list(f, "devices");
	for (u32 i = 0; (item = filesystem_device_item(fs, i)); i++) {
		const u64 id = from_le64(item->devid), bytes = from_le64(item->total_bytes);
		uuid_unparse_lower(item->uuid, uuid);
		snprintf(line, sizeof(line), "%s, %llu bytes, %s", uuid, (unsigned long long)bytes,
			 devices[i].name);
		figures_item(f);
		figures_number(f, NULL, "id", id, "");
		figures_text(f, NULL, "uuid", uuid);
		figures_number(f, NULL, "bytes", bytes, "");
		figures_number(f, NULL, "used_bytes", from_le64(item->bytes_used), "");
		figures_text(f, "device", NULL, line);
		figures_end_item(f);
	}
	figures_end_list(f);
}

static void put_subvolume(struct figures *f, const struct info_subvolume *s)
{
	char line[LINE_BYTES], quoted[QUOTE_BYTES];
	const char *path = s->path ? s->path : "";
	quote(quoted, path, strlen(path));
	snprintf(line, sizeof(line), "%llu%s%s %s", (unsigned long long)s->subvolume.tree.id,
		 s->subvolume.is_read_only ? ", read-only" : "", s->is_default ? ", default" : "",
		 !s->path ? "(without a name)"
		 : *path  ? quoted
			  : "/");
	figures_item(f);
	figures_number(f, NULL, "id", s->subvolume.tree.id, "");
	if (s->path)
		figures_text(f, NULL, "path", s->path);
	put_uuid(f, NULL, "uuid", s->subvolume.uuid);
	figures_bool(f, "read_only", s->subvolume.is_read_only);
	figures_bool(f, "default", s->is_default);
	figures_text(f, "subvolume", NULL, line);
	figures_end_item(f);
}

static void put_subvolumes(struct figures *f, const struct image_info *info)
{
	figures_list(f, "subvolumes");
	for (size_t i = 0; i < info->nr_subvolumes; i++)
		put_subvolume(f, &info->subvolumes[i]);
	figures_end_list(f);
}

/* ---- the command line -------------------------------------------------------------- */

/* @word as a shell reads it; nothing in it may control a terminal. */
static void print_word(FILE *out, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789%+,-./:=@_^";
	const bool is_plain = *word && !word[strspn(word, plain)];
	putc(' ', out);
	if (!is_plain)
		fputs("$'", out);
	for (const u8 *p = (const u8 *)word; *p; p++) {
		if (*p < ' ' || *p >= 0x7f)
			fprintf(out, "\\%03o", *p);
		else
			fprintf(out, *p == '\'' || *p == '\\' ? "\\%c" : "%c", *p);
	}
	if (!is_plain)
		putc('\'', out);
}

static void print_words(FILE *out, const struct info_words *w)
{
	for (size_t i = 0; i < w->nr; i++)
		print_word(out, w->words[i]);
}

static void put_words(struct figures *f, const char *name, const struct info_words *w)
{
	figures_list(f, name);
	for (size_t i = 0; i < w->nr; i++)
		figures_value(f, w->words[i]);
	figures_end_list(f);
}

/* The options whose rules by path would be needed besides. */
static void put_lost_rules(struct figures *f, const struct image_info *info)
{
	struct line line = { .len = 0 };
	figures_list(f, "incomplete");
	for (u32 kind = 0; kind < RULE_KINDS; kind++) {
		const char *name = info_lost_rule(info, (enum rule_kind)kind);
		if (!name)
			continue;
		figures_value(f, name);
		add_to_line(&line, name);
	}
	figures_end_list(f);
	if (line.len)
		figures_text(f, "without rules of", NULL, line.text);
}

static void put_command(struct figures *f, const struct image_info *info,
			const struct export_command *command, size_t nr_images)
{
	struct info_words to_image = { 0 }, to_archive = { 0 };
	info_words_of_image(info, &to_image, &to_archive);
	figures_group(f, "options");
	put_words(f, "btrfs2tar", &to_archive);
	put_words(f, "tar2btrfs", &to_image);
	put_lost_rules(f, info);
	figures_end_group(f);
	if (!f->is_json) {
		fputs("\nbtrfs2tar", f->out);
		print_words(f->out, &to_archive);
		for (size_t i = 0; i < nr_images; i++)
			print_word(f->out, command->operands[i]);
		fputs(" | tar2btrfs", f->out);
		print_words(f->out, &to_image);
		fputs(" -o new.img\n", f->out);
	}
	info_words_release(&to_image);
	info_words_release(&to_archive);
}

int export_info(struct filesystem *fs, const struct export_command *command,
		const struct filesystem_device *devices, FILE *out, const char *name)
{
	struct image_info info;
	size_t nr_images = 0;
	int err = image_info_gather(fs, &info);
	while (filesystem_device_item(fs, (u32)nr_images))
		nr_images++;
	if (!err) {
		struct figures f = figures_begin(out, command->info_format == INFO_JSON);
		put_filesystem(&f, &info);
		put_profiles(&f, fs);
		put_contents(&f, &info.survey);
		put_devices(&f, fs, devices);
		put_subvolumes(&f, &info);
		put_command(&f, &info, command, nr_images);
		figures_end(&f);
		if (fflush(out) || ferror(out))
			err = fail_errno("cannot write %s", name);
	}
	image_info_release(&info);
	return err;
}
