/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Codecs: the libraries' own decompressors return what went in, frames obey
 * the kernel's rules, bytes do not depend on what a context did before, and
 * the limit on output is exact. What does not shrink is recognised, what does is not taken for it.
 * Also the reader of ALGO[:LEVEL].
 */
#include "test.h"

#include "../../src/disk/randomness.h"
#include "base/diag.h"
#include "disk/codec.h"

#include <errno.h>
#include <lzo/lzo1x.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#define PIECE_MAX BTRFS_MAX_COMPRESSED
#define FRAME_MAX (PIECE_MAX + PIECE_MAX / 8 + 1024)

enum content {
	ZEROS,
	TEXT,
	RANDOM,
	MIXED,
	CONTENTS
};
static const char *const content_names[CONTENTS] = { "zeros", "text", "random", "mixed" };
static u8 content[CONTENTS][PIECE_MAX];

static void fill_contents(void)
{
	static const char words[] = "the quick brown fox jumps over a lazy dog; btrfs seed image ";
	u32 x = 1;

	for (u32 i = 0; i < PIECE_MAX; i++) {
		x = x * 1664525 + 1013904223;
		content[RANDOM][i] = (u8)(x >> 24);
		content[TEXT][i] = (u8)words[(i + (x >> 28 ? 0 : i / 7)) % (sizeof(words) - 1)];
		content[MIXED][i] = content[i / 1500 % 3][i];
	}
}

/* In a block of its own, so that a sanitizer sees each byte too many. */
static u8 *exact_copy(const u8 *data, size_t bytes)
{
	u8 *copy = malloc(bytes);

	memcpy(copy, data, bytes);
	return copy;
}

static size_t read_zstd(const u8 *frame, size_t frame_bytes, u8 *out, size_t out_bytes)
{
	ZSTD_DCtx *dctx = ZSTD_createDCtx();
	ZSTD_inBuffer from = { frame, frame_bytes, 0 };
	ZSTD_outBuffer to = { out, out_bytes, 0 };

	/* Streaming, with the kernel's window: 128 KiB. */
	ZSTD_DCtx_setParameter(dctx, ZSTD_d_windowLogMax, 17);
	size_t ret = ZSTD_decompressStream(dctx, &to, &from);
	ZSTD_freeDCtx(dctx);
	if (ret != 0 || from.pos != frame_bytes ||
	    ZSTD_findFrameCompressedSize(frame, frame_bytes) != frame_bytes)
		return 0;
	return to.pos;
}

static size_t read_zlib(const u8 *frame, size_t frame_bytes, u8 *out, size_t out_bytes)
{
	uLongf n = out_bytes;
	uLong used = frame_bytes;

	return uncompress2(out, &n, frame, &used) == Z_OK && used == frame_bytes ? n : 0;
}

static u32 word_at(const u8 *p)
{
	le32 word;

	memcpy(word.bytes, p, sizeof(word));
	return from_le32(word);
}

static size_t read_lzo(const u8 *frame, size_t frame_bytes, u8 *out, size_t out_bytes)
{
	size_t pos = 4, done_bytes = 0;

	if (frame_bytes < 4 || word_at(frame) != frame_bytes)
		return 0;
	while (pos < frame_bytes) {
		while (4096 - pos % 4096 < 4) {
			if (frame[pos++] != 0)
				return 0;
		}
		if (frame_bytes - pos < 4)
			return 0;
		u32 segment = word_at(frame + pos);
		pos += 4;
		if (segment > frame_bytes - pos)
			return 0;
		lzo_uint n = min_u64(4096, out_bytes - done_bytes);
		const lzo_uint expected = n;
		if (lzo1x_decompress_safe(frame + pos, segment, out + done_bytes, &n, NULL) !=
			    LZO_E_OK ||
		    n != expected)
			return 0;
		pos += segment;
		done_bytes += n;
	}
	return done_bytes;
}

static size_t read_frame(const struct codec *codec, const u8 *frame, size_t frame_bytes, u8 *out,
			 size_t out_bytes)
{
	if (codec->type == BTRFS_COMPRESS_ZSTD)
		return read_zstd(frame, frame_bytes, out, out_bytes);
	if (codec->type == BTRFS_COMPRESS_ZLIB)
		return read_zlib(frame, frame_bytes, out, out_bytes);
	return read_lzo(frame, frame_bytes, out, out_bytes);
}

/* Our own reader: as stored on disk, with zeros behind, with too little room, and damaged. */
static bool decompresses(const struct codec *codec, const u8 *frame, size_t n, const u8 *data,
			 size_t bytes)
{
	static u8 back[PIECE_MAX];
	const size_t stored_bytes = align_up(n, 4096);
	u8 *stored = calloc(1, stored_bytes);
	u8 *cut = exact_copy(frame, n - 1);

	memcpy(stored, frame, n);
	memset(back, 0xff, sizeof(back));
	void *unpacker = codec->unpacker_new ? codec->unpacker_new() : NULL;
	bool good = codec->decompress(NULL, stored, stored_bytes, back, sizeof(back)) == bytes &&
		    !memcmp(back, data, bytes);
	good = good && codec->decompress(unpacker, frame, n, back, bytes) == bytes;
	good = good && codec->decompress(unpacker, frame, n, back, bytes - 1) == 0;
	good = good && codec->decompress(unpacker, cut, n - 1, back, bytes) == 0;
	good = good && codec->decompress(NULL, cut, n - 1, back, bytes) == 0;
	/* damage leaves nothing behind */
	memset(back, 0xff, sizeof(back));
	good = good &&
	       codec->decompress(unpacker, stored, stored_bytes, back, sizeof(back)) == bytes &&
	       !memcmp(back, data, bytes);
	if (unpacker)
		codec->unpacker_free(unpacker);
	free(stored);
	free(cut);
	return good;
}

/*
 * One piece through a used and a fresh context, into exactly enough room and into
 * one byte less.
 */
static int piece_is_good(const struct codec *codec, int level, void *used, const u8 *data,
			 size_t bytes)
{
	static u8 frame[FRAME_MAX], back[PIECE_MAX];
	u8 *in = exact_copy(data, bytes);
	int good;

	const size_t n = codec->compress(used, in, bytes, frame, sizeof(frame));
	good = n > 0 && n <= sizeof(frame);
	good = good && read_frame(codec, frame, n, back, bytes) == bytes &&
	       !memcmp(back, in, bytes) && decompresses(codec, frame, n, in, bytes);
	if (good) {
		void *fresh = codec->context_new(level);
		u8 *again = malloc(n);
		good = codec->compress(fresh, in, bytes, again, n) == n && !memcmp(again, frame, n);
		good = good && codec->compress(fresh, in, bytes, again, n - 1) == 0;
		good = good && (bytes > 4096 || codec->compress(fresh, in, bytes, again, 0) == 0);
		good = good && codec->compress(fresh, in, bytes, again, n) == n &&
		       !memcmp(again, frame, n);
		free(again);
		codec->context_free(fresh);
	}
	free(in);
	return good;
}

static void check_level(const struct codec *codec, int level)
{
	static const size_t sizes[] = { 1,    2,    3,    4,     7,      16,    100,
					511,  4091, 4092, 4093,  4095,   4096,  4097,
					8191, 8192, 8193, 65537, 131071, 131072 };
	void *ctx = codec->context_new(level);

	for (u32 c = 0; c < CONTENTS; c++) {
		u32 bad = 0;
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			bad += !piece_is_good(codec, level, ctx, content[c], sizes[i]);
		ok(bad == 0, "%s:%d %s", codec->name, level, content_names[c]);
	}
	codec->context_free(ctx);
}

/* Many pieces in two orders through one context each; equal pieces make equal frames. */
static void check_history(const struct codec *codec, int level)
{
	enum {
		PIECES = 80
	};
	static u8 frame[FRAME_MAX];
	static u32 length[PIECES], sum[PIECES];
	void *forward = codec->context_new(level), *backward = codec->context_new(level);
	u32 bad = 0;

	for (u32 pass = 0; pass < 2; pass++) {
		for (u32 k = 0; k < PIECES; k++) {
			const u32 i = pass ? PIECES - 1 - k : k;
			const u32 start = i * 7919 % 60000;
			const u32 bytes = 1 + i * 104729 % 40000;
			/* Every third time the room may not suffice. */
			const size_t room = i % 3 ? sizeof(frame) : bytes / 2 + 1;
			u32 n = (u32)codec->compress(pass ? backward : forward,
						     content[i % CONTENTS] + start, bytes, frame,
						     room);
			u32 s = (u32)crc32(0, frame, n);
			if (pass)
				bad += length[i] != n || sum[i] != s;
			length[i] = n;
			sum[i] = s;
		}
	}
	ok(bad == 0, "%s:%d does not depend on earlier pieces", codec->name, level);
	codec->context_free(forward);
	codec->context_free(backward);
}

/* Lengths that put a segment's word at each distance from a border of the frame. */
static void check_lzo_borders(const struct codec *codec)
{
	static u8 frame[FRAME_MAX], back[PIECE_MAX], data[PIECE_MAX];
	void *ctx = codec->context_new(1);
	u32 bad = 0, padded = 0;

	for (u32 zeros = 0; zeros < 1200; zeros++) {
		memcpy(data, content[RANDOM], 5 * 4096);
		memset(data, 0, zeros);
		size_t n = codec->compress(ctx, data, 5 * 4096, frame, sizeof(frame));
		bad += read_lzo(frame, n, back, 5 * 4096) != 5 * 4096 ||
		       memcmp(back, data, 5 * 4096) ||
		       !decompresses(codec, frame, n, data, 5 * 4096);
		size_t net = 4;
		for (size_t pos = 4; pos < n;) {
			pos = 4096 - pos % 4096 < 4 ? align_up(pos, 4096) : pos;
			u32 segment = word_at(frame + pos);
			net += 4 + segment;
			pos += 4 + segment;
		}
		padded += net < n;
		bad += n - net > 3 * 4;
	}
	ok(bad == 0 && padded > 0, "lzo: words at borders of the frame (%u frames padded)", padded);
	codec->context_free(ctx);
}

/* A stream of bytes without any order: xorshift64*. */
static void fill_random(u8 *p, size_t bytes, u64 seed)
{
	u64 x = seed * 0x9e3779b97f4a7c15u + 1;

	for (size_t i = 0; i < bytes; i++) {
		x ^= x >> 12;
		x ^= x << 25;
		x ^= x >> 27;
		p[i] = (u8)(x * 2685821657736338717u >> 56);
	}
}

static void check_recognition(void)
{
	static u8 data[PIECE_MAX];
	u32 missed = 0, text_missed = 0, repeat_missed = 0, skew_missed = 0;

	for (u32 seed = 1; seed <= 1000; seed++) {
		/* any length, and a last sector of any length */
		size_t bytes = 4097 + (seed * 104729) % (PIECE_MAX - 4096);
		fill_random(data, bytes, seed);
		missed += !cannot_shrink(data, bytes, bytes - 1);
	}
	ok(missed == 0, "random: recognised at any length (%u of 1000 missed)", missed);
	fill_random(data, PIECE_MAX, 1);
	ok(!cannot_shrink(data, PIECE_MAX, PIECE_MAX), "random: not refused where there is room");
	ok(!cannot_shrink(data, 4096, 1), "random: not refused if all may count");
	for (u32 at = 0; at < PIECE_MAX - 8192; at += 997) {
		fill_random(data, PIECE_MAX, at);
		memcpy(data + at, content[TEXT], 4096);
		text_missed += cannot_shrink(data, PIECE_MAX, PIECE_MAX - 4096);
		fill_random(data, PIECE_MAX, at);
		memcpy(data + at, data + (at + 65537) % (PIECE_MAX - 8192), 8192);
		repeat_missed += cannot_shrink(data, PIECE_MAX, PIECE_MAX - 4096);
		/* what a code of bytes would shrink by a sector: values below 16 are twice as
		 * likely */
		fill_random(data, PIECE_MAX, at);
		for (u32 i = 0; i < PIECE_MAX; i += 9)
			data[i] &= 15;
		skew_missed += cannot_shrink(data, PIECE_MAX, PIECE_MAX - 4096);
	}
	ok(text_missed == 0, "a sector of text amid random bytes is seen");
	ok(repeat_missed == 0, "random bytes that repeat are seen");
	ok(skew_missed == 0, "uneven bytes are seen");
}

/*
 * Of a file that alternates text and random bytes, borders at odd offsets, hardly a sector is
 * lost against compressing each piece: with room for the piece as it is nothing is recognised.
 */
static void check_alternation(const struct codec *codec, int level)
{
	enum {
		TEXT_BYTES = 5000011,
		ALL_BYTES = 8000023
	};
	static u8 file[ALL_BYTES], frame[FRAME_MAX];
	void *ctx = codec->context_new(level);
	u32 with = 0, without = 0;
	char line[64];

	for (u32 at = 0; at < TEXT_BYTES;) {
		int n = snprintf(line, sizeof(line), "%u bytes are %u words and %x lines\n", at,
				 at * 2654435761u >> 12, at * 40503u);
		memcpy(file + at, line, min_u64((u64)n, TEXT_BYTES - at));
		at += (u32)n;
	}
	fill_random(file + TEXT_BYTES, ALL_BYTES - TEXT_BYTES, 1);
	for (u32 at = 0; at < ALL_BYTES; at += PIECE_MAX) {
		const size_t bytes = min_u64(PIECE_MAX, ALL_BYTES - at);
		const size_t plain = align_up(bytes, 4096), most = plain - 4096;
		size_t n = codec->compress(ctx, file + at, bytes, frame, most);
		with += (u32)(n ? align_up(n, 4096) : plain) / 4096;
		n = codec->compress(ctx, file + at, bytes, frame, sizeof(frame));
		without += (u32)(n <= most ? align_up(n, 4096) : plain) / 4096;
	}
	ok(with <= without + without / 200,
	   "%s:%d text and random bytes by turns: %u sectors, %u if each piece is tried",
	   codec->name, level, with, without);
	codec->context_free(ctx);
}

static void check_table(void)
{
	static const struct {
		const char *name;
		enum btrfs_compression_type type;
		u64 flag;
		int min, max, normal;
	} cases[] = {
		{ "zstd", BTRFS_COMPRESS_ZSTD, BTRFS_FEATURE_INCOMPAT_COMPRESS_ZSTD, 1, 19, 3 },
		{ "zlib", BTRFS_COMPRESS_ZLIB, 0, 1, 9, 3 },
		{ "lzo", BTRFS_COMPRESS_LZO, BTRFS_FEATURE_INCOMPAT_COMPRESS_LZO, 1, 9, 1 },
	};
	size_t n = 0;

	for (; codec_table[n] && n < 3; n++) {
		const struct codec *c = codec_table[n];
		ok(!strcmp(c->name, cases[n].name) && c->type == cases[n].type &&
			   c->incompat_flag == cases[n].flag && c->level_min == cases[n].min &&
			   c->level_max == cases[n].max && c->level_default == cases[n].normal &&
			   c->level_exists(c->level_default) &&
			   !c->level_exists(c->level_min - 1) &&
			   !c->level_exists(c->level_max + 1) && strchr(c->library(), '.'),
		   "table: %s, library %s", c->name, c->library());
	}
	ok(n == 3 && !codec_table[n], "table: three codecs");
	struct codec_choice d = codec_default();
	ok(d.codec == codec_table[0] && d.level == 3, "default is zstd:3");
}

static char message[5000];

static void keep(enum diag_level level, const char *line, size_t len)
{
	(void)level;
	memcpy(message, line, len);
	message[len] = '\0';
}

static void check_parse(void)
{
	static const struct {
		const char *text;
		const char *name; /* NULL: none */
		int level;
	} good[] = {
		{ "zstd", "zstd", 3 },     { "zstd:1", "zstd", 1 }, { "zstd:19", "zstd", 19 },
		{ "zstd:007", "zstd", 7 }, { "zlib", "zlib", 3 },   { "zlib:9", "zlib", 9 },
		{ "lzo", "lzo", 1 },       { "lzo:1", "lzo", 1 },   { "lzo:9", "lzo", 9 },
		{ "none", NULL, 0 },
	};
#define ALGORITHMS "zstd[:1..19], zlib[:1..9], lzo[:1|9], none\n"
	static const struct {
		const char *text;
		const char *message;
	} bad[] = {
		{ "foo", "unknown algorithm 'foo', allowed: " ALGORITHMS },
		{ "", "unknown algorithm '', allowed: " ALGORITHMS },
		{ ":3", "unknown algorithm '', allowed: " ALGORITHMS },
		{ "ZSTD", "unknown algorithm 'ZSTD', allowed: " ALGORITHMS },
		{ "zst", "unknown algorithm 'zst', allowed: " ALGORITHMS },
		{ "zstd3", "unknown algorithm 'zstd3', allowed: " ALGORITHMS },
		{ "a\nb:1", "unknown algorithm 'a\\012b', allowed: " ALGORITHMS },
		{ "zstd:", "zstd has no level '', allowed: 1..19\n" },
		{ "zstd:0", "zstd has no level '0', allowed: 1..19\n" },
		{ "zstd:20", "zstd has no level '20', allowed: 1..19\n" },
		{ "zstd:-1", "zstd has no level '-1', allowed: 1..19\n" },
		{ "zstd:+1", "zstd has no level '+1', allowed: 1..19\n" },
		{ "zstd: 1", "zstd has no level ' 1', allowed: 1..19\n" },
		{ "zstd:3x", "zstd has no level '3x', allowed: 1..19\n" },
		{ "zstd:3:4", "zstd has no level '3:4', allowed: 1..19\n" },
		{ "zstd:4294967299", "zstd has no level '4294967299', allowed: 1..19\n" },
		{ "zlib:10", "zlib has no level '10', allowed: 1..9\n" },
		{ "lzo:2", "lzo has no level '2', allowed: 1|9\n" },
		{ "none:1", "'none' takes no level\n" },
		{ "none:", "'none' takes no level\n" },
	};
	struct codec_choice choice;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		memset(&choice, 0x5a, sizeof(choice));
		int err = codec_parse(good[i].text, &choice);
		ok(!err && choice.level == good[i].level &&
			   (good[i].name ? choice.codec && !strcmp(choice.codec->name, good[i].name)
					 : !choice.codec),
		   "parse: %s", good[i].text);
	}
	static const char prefix[] = "tar2btrfs: ";
	diag_set_sink(keep);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		choice = (struct codec_choice){ .level = 77 };
		int err = codec_parse(bad[i].text, &choice);
		ok(err == -EINVAL && choice.level == 77 &&
			   !strncmp(message, prefix, strlen(prefix)) &&
			   !strcmp(message + strlen(prefix), bad[i].message),
		   "parse: refuses case %zu: %.*s", i, (int)strcspn(message, "\n"), message);
	}
	diag_set_sink(NULL);
}

int main(void)
{
	fill_contents();
	check_table();
	check_parse();
	for (const struct codec *const *c = codec_table; *c; c++) {
		for (int level = (*c)->level_min; level <= (*c)->level_max; level++) {
			if (!(*c)->level_exists(level))
				continue;
			check_level(*c, level);
			check_history(*c, level);
		}
	}
	check_lzo_borders(codec_table[2]);
	check_recognition();
	check_alternation(codec_table[0], 15);
	check_alternation(codec_table[1], 9);
	check_alternation(codec_table[2], 9);
	return done();
}
