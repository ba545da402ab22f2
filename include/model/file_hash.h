/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SHA-256 of a file's content, computed while the data arrive. It does not depend on the way the
 * file is cut, compressed and placed, nor on which zeros are holes.
 *
 * For files up to FILE_HASH_PLAIN_MAX bytes it is the SHA-256 of all bytes. Larger files may be
 * mostly holes, whose zeros would take too long to hash. Their hash is the SHA-256 over all blocks
 * of 4096 bytes that are not all zeros, in ascending order: for each its offset (64 bits,
 * little-endian) and its bytes (zeros behind the file's end).
 */
#ifndef MODEL_FILE_HASH_H
#define MODEL_FILE_HASH_H

#include "base/types.h"

#define FILE_HASH_BYTES 32
#define FILE_HASH_PLAIN_MAX (8ull << 30)

struct file_hash;

/* file_hash_new - begin with a file of @size bytes */
struct file_hash *file_hash_new(u64 size);

/* file_hash_add - @bytes at @file_off; offsets ascend, skipped bytes count as zeros */
void file_hash_add(struct file_hash *h, u64 file_off, const void *data, size_t bytes);

/* file_hash_finish - the hash; frees @h */
void file_hash_finish(struct file_hash *h, u8 hash[FILE_HASH_BYTES]);

/* file_hash_free - free @h, which may be NULL, without a result */
void file_hash_free(struct file_hash *h);

#endif
