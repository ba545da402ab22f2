/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SHA-256 of what a file holds, while it streams by: independent of how it is
 * cut, compressed and placed, and of which zeros are holes.
 *
 * Of files up to FILE_HASH_PLAIN_MAX bytes it is the SHA-256 of all bytes. Larger
 * ones may be holes for the most part, whose zeros would take for ever: there it is the
 * SHA-256 over, for each block of 4096 bytes that has one other than zero, in ascending
 * order, its offset (64 bits, little-endian) and its bytes (zeros behind the file's end).
 */
#ifndef MODEL_FILE_HASH_H
#define MODEL_FILE_HASH_H

#include "base/types.h"

#define FILE_HASH_BYTES 32
#define FILE_HASH_PLAIN_MAX (8ull << 30)

struct file_hash;

/* file_hash_new - begin with a file of @size bytes */
struct file_hash *file_hash_new(u64 size);

/* file_hash_add - @bytes at @file_off; offsets ascend, what is skipped is zeros */
void file_hash_add(struct file_hash *h, u64 file_off, const void *data, size_t bytes);

/* file_hash_finish - the hash; frees @h */
void file_hash_finish(struct file_hash *h, u8 hash[FILE_HASH_BYTES]);

/* file_hash_free - without the hash; NULL is fine */
void file_hash_free(struct file_hash *h);

#endif
