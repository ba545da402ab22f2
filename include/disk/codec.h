/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compression, in the frames that btrfs reads. A codec is a table of functions; a
 * context belongs to one thread.
 */
#ifndef DISK_CODEC_H
#define DISK_CODEC_H

#include "disk/format.h"

struct codec {
	const char *name;                 /* as codec_parse() reads it */
	enum btrfs_compression_type type; /* on disk */
	u64 incompat_flag;                /* superblock feature bit, 0 if none is needed */
	int level_min, level_max, level_default;
	/* levels between that do not exist (lzo has 1 and 9) are refused by codec_parse() */
	bool (*level_exists)(int level);
	/* version string of the library, static storage */
	const char *(*library)(void);
	/* a context for pieces of at most BTRFS_MAX_COMPRESSED bytes; NULL never */
	void *(*context_new)(int level);
	void (*context_free)(void *ctx);
	/*
	 * compress one piece of @in_bytes (1..131072) into one frame
	 * Returns the frame's length, or 0 if it does not fit into @out_bytes (slow levels may
	 * know without trying) or the library gave up: the caller then stores the piece plain.
	 */
	size_t (*compress)(void *ctx, const void *in, size_t in_bytes, void *out, size_t out_bytes);
	/* what decompress() can use again and again, of one thread; both NULL if it is of no use */
	void *(*unpacker_new)(void);
	void (*unpacker_free)(void *unpacker);
	/*
	 * decompress one frame that compress() made; zeros may follow it
	 * @unpacker: NULL: one is made for this call
	 * Returns how many bytes it holds, at most @out_bytes, or 0 if it is damaged.
	 */
	size_t (*decompress)(void *unpacker, const void *in, size_t in_bytes, void *out,
			     size_t out_bytes);
};

/* Codec and level as chosen by the user; codec is NULL for "none". */
struct codec_choice {
	const struct codec *codec;
	int level;
};

/* codec_choice_id - a number that tells choices apart: 2 bits of type, 6 of level; 0 is "none" */
static inline u8 codec_choice_id(const struct codec_choice *choice)
{
	assert(!choice->codec || (choice->codec->type <= 3 && choice->level < 64));
	return choice->codec ? (u8)((u32)choice->codec->type << 6 | (u32)choice->level) : 0;
}

/* codec_from_id - the choice with this codec_choice_id() */
struct codec_choice codec_from_id(u8 id);

/* codec_table - all codecs, ended by NULL */
extern const struct codec *const codec_table[];

/* codec_of_type - the codec of an enum btrfs_compression_type, or NULL */
const struct codec *codec_of_type(u32 type);

/* codec_of_name - the codec whose name is the @len bytes at @name, or NULL */
const struct codec *codec_of_name(const char *name, size_t len);

/*
 * codec_parse - read ALGO[:LEVEL]
 * Returns 0 or -EINVAL after printing what was found and what is allowed.
 */
int codec_parse(const char *text, struct codec_choice *choice);

/* codec_default - zstd:3 */
struct codec_choice codec_default(void);

#endif
