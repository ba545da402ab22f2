/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The facts that an archive does not have. Those that follow from the content are left out, and so
 * is what is the default of tar2btrfs.
 */
#include "info_words.h"

#include "base/hex.h"
#include "disk/checksum.h"
#include "disk/codec.h"
#include "image/image.h"

#include <stdio.h>
#include <uuid/uuid.h>

/* ---- words ------------------------------------------------------------------------- */

static void add_word(struct info_words *w, const char *first, const char *second)
{
	const size_t len = strlen(first), more = strlen(second);
	char *word = arena_alloc_unaligned(&w->arena, len + more + 1);
	memcpy(word, first, len);
	memcpy(word + len, second, more);
	w->words = mem_grow(w->words, &w->capacity, w->nr + 1, sizeof(*w->words));
	w->words[w->nr++] = word;
}

static void add_option(struct info_words *w, const char *option, const char *value)
{
	add_word(w, option, "");
	add_word(w, value, "");
}

void info_words_release(struct info_words *w)
{
	xfree(w->words);
	arena_free(&w->arena);
}

/* ---- subvolumes -------------------------------------------------------------------- */

/* Whether an option can name it: not the top level, nor what has no name. */
static bool is_named(const struct info_subvolume *s)
{
	return s->path && *s->path;
}

static void add_subvolume_options(struct info_words *w, const struct image_info *info)
{
	for (size_t i = 0; i < info->nr_subvolumes; i++) {
		const struct info_subvolume *s = &info->subvolumes[i];
		const bool is_ro = s->subvolume.is_read_only;
		if (!is_named(s))
			continue;
		add_word(w, "-u", "");
		add_word(w,
			 s->is_default ? (is_ro ? "default-ro:" : "default:")
				       : (is_ro ? "ro:" : "rw:"),
			 s->path);
	}
}

/* ---- ids --------------------------------------------------------------------------- */

/* Ids of version 8 are hashes of the content: see src/image/identity.c. */
static bool is_derived(const u8 *uuid)
{
	return uuid[6] >> 4 == 8;
}

static void add_uuid(struct info_words *w, const char *option, const u8 *uuid)
{
	char text[UUID_STR_LEN];
	uuid_unparse_lower(uuid, text);
	if (!is_derived(uuid))
		add_option(w, option, text);
}

static void add_subvolume_uuids(struct info_words *w, const struct image_info *info)
{
	for (size_t i = 0; i < info->nr_subvolumes; i++) {
		const struct info_subvolume *s = &info->subvolumes[i];
		char text[UUID_STR_LEN + 1] = "=";
		if (!s->path || is_derived(s->subvolume.uuid))
			continue;
		uuid_unparse_lower(s->subvolume.uuid, text + 1);
		add_word(w, "--subvol-uuid", "");
		add_word(w, *s->path ? s->path : ".", text);
	}
}

static void add_ids(struct info_words *w, const struct image_info *info)
{
	const struct btrfs_super_block *super = filesystem_super(info->fs);
	if (uuid_is_null(super->fsid))
		add_option(w, "-U", "clear");
	else
		add_uuid(w, "-U", super->fsid);
	add_uuid(w, "--device-uuid", super->dev_item.uuid);
	add_uuid(w, "--chunk-uuid", info->chunk_uuid);
	add_subvolume_uuids(w, info);
}

/* Of what no member of an archive describes. */
static void add_implied_time(struct info_words *w, const struct image_info *info)
{
	const struct timestamp t = info->subvolumes[0].subvolume.otime;
	const bool is_negative = t.sec < 0;
	u64 sec = is_negative ? 0 - (u64)t.sec : (u64)t.sec;
	u32 nsec = t.nsec;
	char text[64];
	if (is_negative && nsec) {
		sec--;
		nsec = 1000000000 - nsec;
	}
	const int len = snprintf(text, sizeof(text), "mtime=@%s%llu", is_negative ? "-" : "",
				 (unsigned long long)sec);
	if (nsec)
		snprintf(text + len, sizeof(text) - (size_t)len, ".%09u", nsec);
	if (t.sec || t.nsec)
		add_option(w, "--defaults", text);
}

/* ---- rules by path ------------------------------------------------------------------ */

static bool has_rule(const struct image_info *info, enum rule_kind kind)
{
	for (size_t i = 0; i < info->rules.nr; i++)
		if (info->rules.list[i].kind == kind)
			return true;
	return false;
}

static const char *const rule_options[RULE_KINDS] = {
	[RULE_CODEC] = "--compress",
	[RULE_VERITY] = "--fs-verity",
	[RULE_PROPERTY] = "--property",
	[RULE_UNSUMMED] = "--inode-flags",
};

static const char *codec_word(u32 type)
{
	const struct codec *codec = codec_of_type(type);
	return codec ? codec->name : "none";
}

static const char *rule_value(const struct image_rule *rule)
{
	static const char *const properties[RULE_VALUES] = {
		[PROPERTY_NONE] = "compression=none",
		[PROPERTY_ZLIB] = "compression=zlib",
		[PROPERTY_LZO] = "compression=lzo",
		[PROPERTY_ZSTD] = "compression=zstd",
	};
	if (rule->kind == RULE_CODEC)
		return codec_word(rule->value);
	if (rule->kind == RULE_VERITY)
		return fsverity_name((enum fsverity_algorithm)rule->value);
	return rule->kind == RULE_PROPERTY ? properties[rule->value] : "nodatasum";
}

/* The argument of --fs-verity may be left out, so it is in the same word. */
static void add_path_rule(struct info_words *w, const struct image_rule *rule)
{
	char start[64];
	const char *option = rule_options[rule->kind];
	const bool is_one_word = rule->kind == RULE_VERITY;
	if (!is_one_word)
		add_word(w, option, "");
	snprintf(start, sizeof(start), "%s%s%s:/", is_one_word ? option : "",
		 is_one_word ? "=" : "", rule_value(rule));
	add_word(w, start, rule->path);
}

static void add_path_rules(struct info_words *w, const struct image_rules *rules)
{
	for (size_t i = 0; i < rules->nr; i++)
		add_path_rule(w, &rules->list[i]);
}

const char *info_lost_rule(const struct image_info *info, enum rule_kind kind)
{
	return info->rules.is_lost[kind] ? rule_options[kind] : NULL;
}

/* ---- the form ---------------------------------------------------------------------- */

/* The default if there are no data. */
static void add_codec(struct info_words *w, const struct image_info *info)
{
	const u32 type = info->rules.outside[RULE_CODEC];
	if (type != codec_default().codec->type && info->survey.codecs[type].extents)
		add_option(w, "--compress", codec_word(type));
}

/* Signatures are left to the user. */
static void add_verity(struct info_words *w, const struct image_info *info)
{
	const struct survey *s = &info->survey;
	const u32 algorithm = info->rules.outside[RULE_VERITY];
	char salt[2 * FSVERITY_MAX_SALT + 1];
	if (algorithm != FSVERITY_NONE)
		add_word(w, algorithm == FSVERITY_SHA512 ? "--fs-verity=sha512" : "--fs-verity",
			 "");
	hex_encode(s->verity.salt, s->verity.salt_bytes, salt);
	if (*salt && (algorithm != FSVERITY_NONE || has_rule(info, RULE_VERITY)))
		add_option(w, "--fs-verity-salt", salt);
}

static void format_size(u64 bytes, char text[32])
{
	static const char suffixes[] = "\0kmgt";
	size_t i = 0;
	while (bytes && bytes % 1024 == 0 && suffixes[i + 1]) {
		bytes /= 1024;
		i++;
	}
	snprintf(text, 32, "%llu%.1s", (unsigned long long)bytes, &suffixes[i]);
}

/* Whoever asked for room gave one of two numbers: the rounder one. */
static void add_size_option(struct info_words *w, const struct image_info *info)
{
	const struct btrfs_super_block *super = filesystem_super(info->fs);
	const bool is_seed = from_le64(super->flags) & BTRFS_SUPER_FLAG_SEEDING;
	const u64 size = from_le64(super->dev_item.total_bytes), end = filesystem_end(info->fs);
	const u64 room = size > end ? size - end : 0;
	char text[32];
	if (!is_seed)
		add_word(w, "--no-seed", "");
	if (room == (is_seed ? 0 : IMAGE_NO_SEED_FREE))
		return;
	const bool is_free = !room || (room & (0 - room)) >= (size & (0 - size));
	format_size(is_free ? room : size, text);
	add_option(w, is_free ? "--free" : "--size", text);
}

static void add_features(struct info_words *w, u64 compat_ro)
{
	if (!(compat_ro & BTRFS_FEATURE_COMPAT_RO_FREE_SPACE_TREE))
		add_option(w, "-O", "^free-space-tree");
	else if (compat_ro & BTRFS_FEATURE_COMPAT_RO_BLOCK_GROUP_TREE)
		add_option(w, "-O", "block-group-tree");
}

static void add_form(struct info_words *w, const struct image_info *info)
{
	const struct btrfs_super_block *super = filesystem_super(info->fs);
	const enum btrfs_csum_type csum = (enum btrfs_csum_type)from_le16(super->csum_type);
	char text[32], label[BTRFS_LABEL_SIZE + 1] = "";
	memcpy(label, super->label, BTRFS_LABEL_SIZE);
	if (*label)
		add_option(w, "-L", label);
	add_codec(w, info);
	if (csum != BTRFS_CSUM_TYPE_CRC32)
		add_option(w, "--csum", checksum_name(csum));
	format_size(from_le32(super->nodesize), text);
	if (from_le32(super->nodesize) != IMAGE_DEFAULT_NODESIZE)
		add_option(w, "-n", text);
	if (filesystem_profiles(info->fs, BTRFS_BLOCK_GROUP_METADATA))
		add_option(w, "-m", "dup");
	add_features(w, from_le64(super->compat_ro_flags));
	add_verity(w, info);
	add_path_rules(w, &info->rules);
	add_size_option(w, info);
}

void info_words_of_image(const struct image_info *info, struct info_words *to_image,
			 struct info_words *to_archive)
{
	const bool keeps_times = info->is_untouched && info->survey.has_other_times;
	if (info->nr_subvolumes > 1)
		add_word(to_archive, "--all-subvols", "");
	if (keeps_times)
		add_word(to_archive, "--keep-times", "");
	add_subvolume_options(to_image, info);
	add_form(to_image, info);
	if (keeps_times)
		add_word(to_image, "--keep-times", "");
	if (!info->is_untouched || !info->nr_subvolumes)
		return;
	add_implied_time(to_image, info);
	add_ids(to_image, info);
}
