/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Container images from any bytes: documents and the files that they name, in an archive.
 *
 * Behind the header an input is a list of files, each a byte 1, a name up to a newline, and bytes
 * up to the next byte 1. A name of "@" stands for blobs/sha256/DIGEST, as of the file's bytes. "!"
 * in front of a name: the bytes are decisions from which a layer is generated; "!z": and it is
 * packed. In documents @N is the digest of the file number N from 0 on (a digit or a small letter),
 * ~N that of its unpacked bytes, #N its size. Only files behind have these: the others are not yet
 * made. So digests can be right, whatever libFuzzer does.
 */
#include "fuzz.h"

#include "base/hex.h"
#include "base/mem.h"
#include "disk/checksum.h"

#include <zlib.h>

#define MAX_FILES 36u
#define LAYER_BYTES (256u << 10)
#define BLOCK 512u
#define HEX_BYTES 65u

struct file {
	const u8 *name;
	size_t name_len;
	u8 *bytes;
	size_t size;
	char digest[HEX_BYTES], plain_digest[HEX_BYTES];
};

struct files {
	struct file list[MAX_FILES];
	u32 nr;
};

static void digest_of(const u8 *bytes, size_t size, char *hex)
{
	u8 digest[32];
	checksum(BTRFS_CSUM_TYPE_SHA256, bytes, size, digest);
	hex_encode(digest, sizeof(digest), hex);
}

/* A layer from decisions. */
static void make_layer(struct file *f, const u8 *data, size_t size, bool packed)
{
	struct decisions d = {
		.bytes = data, .left = size, .is_mild = true, .has_whiteouts = true
	};
	f->bytes = xmalloc(LAYER_BYTES);
	f->size = generate_archive(&d, f->bytes, LAYER_BYTES);
	digest_of(f->bytes, f->size, f->plain_digest);
	if (!packed)
		return;
	z_stream z = { .next_in = f->bytes, .avail_in = (uInt)f->size };
	must(deflateInit2(&z, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	u8 *out = xmalloc(2 * LAYER_BYTES);
	z.next_out = out;
	z.avail_out = 2 * LAYER_BYTES;
	must(deflate(&z, Z_FINISH) == Z_STREAM_END);
	f->size = z.total_out;
	deflateEnd(&z);
	xfree(f->bytes);
	f->bytes = out;
}

static const struct file *file_of_digit(const struct files *files, u8 c)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	const char *at = c ? strchr(digits, c) : NULL;
	const u32 nr = at ? (u32)(at - digits) : MAX_FILES;
	return nr < files->nr && files->list[nr].bytes ? &files->list[nr] : NULL;
}

/* A document, with what it says of files that are made. */
static void make_document(const struct files *files, struct file *f, const u8 *data, size_t size)
{
	u8 *out = f->bytes = xmalloc(size * HEX_BYTES + 1);
	for (size_t i = 0; i < size; i++) {
		const struct file *of = i + 1 < size ? file_of_digit(files, data[i + 1]) : NULL;
		if (!of || !strchr("@~#", data[i]) || !data[i]) {
			*out++ = data[i];
			continue;
		}
		i++;
		out += sprintf((char *)out, "%s",
			       data[i - 1] == '@'   ? of->digest
			       : data[i - 1] == '~' ? of->plain_digest
						    : "");
		if (data[i - 1] == '#')
			out += sprintf((char *)out, "%zu", of->size);
	}
	f->size = (size_t)(out - f->bytes);
	digest_of(f->bytes, f->size, f->plain_digest);
}

/* Find the files; bytes and size are those of the input until they are made, from the last to the
 * first. */
static void make_files(struct files *files, const u8 *data, size_t size)
{
	const u8 *starts[MAX_FILES], *end = data + size;
	for (const u8 *p = data; p < end && files->nr < MAX_FILES; p++)
		if (*p == 1)
			starts[files->nr++] = p + 1;
	for (u32 i = files->nr; i-- > 0; end = starts[i] - 1) {
		struct file *f = &files->list[i];
		const u8 *newline = memchr(starts[i], '\n', (size_t)(end - starts[i]));
		const u8 *body = newline ? newline + 1 : end;
		f->name = starts[i];
		f->name_len = (size_t)((newline ? newline : end) - f->name);
		const bool is_layer = f->name_len && f->name[0] == '!';
		const bool packed = is_layer && f->name_len > 1 && f->name[1] == 'z';
		f->name += is_layer + packed;
		f->name_len -= is_layer + packed;
		if (is_layer)
			make_layer(f, body, (size_t)(end - body), packed);
		else
			make_document(files, f, body, (size_t)(end - body));
		digest_of(f->bytes, f->size, f->digest);
	}
}

static void put_number(u8 *field, size_t digits, u64 value)
{
	for (field[digits] = 0; digits; value >>= 3)
		field[--digits] = (u8)('0' + (value & 7));
}

static void name_file(u8 *name, const struct file *f)
{
	if (f->name_len == 1 && f->name[0] == '@')
		snprintf((char *)name, 100, "blobs/sha256/%s", f->digest);
	else
		memcpy(name, f->name, min_u64(f->name_len, 100));
}

/* A tar archive of the files. */
static u8 *make_archive(const struct files *files, size_t *size)
{
	u8 *out = NULL;
	size_t capacity = 0, len = 0;
	for (u32 i = 0; i < files->nr; i++) {
		const struct file *f = &files->list[i];
		const size_t room = BLOCK + align_up(f->size, BLOCK);
		out = mem_grow(out, &capacity, len + room, 1);
		u8 *b = out + len;
		u32 sum = 0;
		memset(b, 0, room);
		name_file(b, f);
		put_number(b + 100, 7, 0644);
		put_number(b + 108, 7, 0);
		put_number(b + 116, 7, 0);
		put_number(b + 124, 11, f->size);
		put_number(b + 136, 11, 0);
		memset(b + 148, ' ', 8);
		b[156] = '0';
		memcpy(b + 257, "ustar\00000", 8);
		for (u32 k = 0; k < BLOCK; k++)
			sum += b[k];
		put_number(b + 148, 6, sum);
		memcpy(b + BLOCK, f->bytes, f->size);
		len += room;
	}
	out = mem_grow(out, &capacity, len + 2 * BLOCK, 1);
	memset(out + len, 0, 2 * BLOCK);
	*size = len + 2 * BLOCK;
	return out;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_run run = { .nr = 1, .is_oci = true };
	struct files files = { .nr = 0 };
	must(checksum_init() == 0);
	fuzz_take_header(&run, &data, &size);
	make_files(&files, data, size);
	u8 *archive = make_archive(&files, &run.inputs[0].size);
	run.inputs[0].bytes = archive;
	fuzz_convert(&run);
	xfree(archive);
	for (u32 i = 0; i < files.nr; i++)
		xfree(files.list[i].bytes);
	return 0;
}
