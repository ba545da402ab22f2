/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk/fsverity.h"

#include "base/hex.h"

#include <gcrypt.h>

static const struct {
	const char *name;
	int gcrypt;
	u32 hash_bytes;
	u32 input_bytes; /* that the hash takes at once: salts are padded to it */
} algorithms[] = {
	[FSVERITY_NONE] = { "none", 0, 0, 0 },
	[FSVERITY_SHA256] = { "sha256", GCRY_MD_SHA256, 32, 64 },
	[FSVERITY_SHA512] = { "sha512", GCRY_MD_SHA512, 64, 128 },
};
#define NR_ALGORITHMS (sizeof(algorithms) / sizeof(algorithms[0]))
#define MAX_INPUT_BYTES 128

u32 fsverity_hash_bytes(enum fsverity_algorithm algorithm)
{
	return algorithms[algorithm].hash_bytes;
}

const char *fsverity_name(enum fsverity_algorithm algorithm)
{
	return algorithms[algorithm].name;
}

bool fsverity_from_name(const char *name, size_t len, enum fsverity_algorithm *algorithm)
{
	for (size_t i = 0; i < NR_ALGORITHMS; i++) {
		if (strlen(algorithms[i].name) != len || memcmp(algorithms[i].name, name, len))
			continue;
		*algorithm = (enum fsverity_algorithm)i;
		return true;
	}
	return false;
}

bool fsverity_is_known(u8 number)
{
	return number != FSVERITY_NONE && number < NR_ALGORITHMS;
}

static void hash_block(const struct fsverity_params *params, const void *block, u8 *hash)
{
	const int algorithm = algorithms[params->algorithm].gcrypt;
	u8 salt[MAX_INPUT_BYTES] = { 0 };
	if (!params->salt_bytes) {
		gcry_md_hash_buffer(algorithm, hash, block, FSVERITY_BLOCK);
		return;
	}
	memcpy(salt, params->salt, params->salt_bytes);
	u8 salted[MAX_INPUT_BYTES + FSVERITY_BLOCK];
	const u32 input_bytes = algorithms[params->algorithm].input_bytes;
	memcpy(mempcpy(salted, salt, input_bytes), block, FSVERITY_BLOCK);
	gcry_md_hash_buffer(algorithm, hash, salted, input_bytes + FSVERITY_BLOCK);
}

void fsverity_hash_data(const struct fsverity_params *params, const void *data, u32 bytes,
			u8 *hashes)
{
	const u32 hash_bytes = fsverity_hash_bytes(params->algorithm);
	const u8 *block = data;
	assert(params->algorithm != FSVERITY_NONE);
	for (; bytes >= FSVERITY_BLOCK; bytes -= FSVERITY_BLOCK) {
		hash_block(params, block, hashes);
		block += FSVERITY_BLOCK;
		hashes += hash_bytes;
	}
	if (bytes) {
		u8 last[FSVERITY_BLOCK] = { 0 };
		memcpy(last, block, bytes);
		hash_block(params, last, hashes);
	}
}

struct fsverity_descriptor fsverity_descriptor(const struct fsverity_params *params, u64 data_bytes,
					       const u8 *root_hash, u32 signature_bytes)
{
	struct fsverity_descriptor d = {
		.version = 1,
		.hash_algorithm = (u8)params->algorithm,
		.log_blocksize = 12,
		.salt_size = params->salt_bytes,
		.sig_size = to_le32(signature_bytes),
		.data_size = to_le64(data_bytes),
	};
	static_assert(FSVERITY_BLOCK == 1 << 12, "log_blocksize");
	memcpy(d.root_hash, root_hash, fsverity_hash_bytes(params->algorithm));
	memcpy(d.salt, params->salt, params->salt_bytes);
	return d;
}

u32 fsverity_digest(const struct fsverity_descriptor *descriptor, u8 *digest)
{
	struct fsverity_descriptor d = *descriptor;
	assert(fsverity_is_known(d.hash_algorithm));
	d.sig_size = to_le32(0);
	gcry_md_hash_buffer(algorithms[d.hash_algorithm].gcrypt, digest, &d, sizeof(d));
	return algorithms[d.hash_algorithm].hash_bytes;
}

void fsverity_text(const struct fsverity_descriptor *descriptor, char text[FSVERITY_TEXT_BYTES])
{
	u8 digest[FSVERITY_MAX_HASH];
	const u32 bytes = fsverity_digest(descriptor, digest);
	char *at = stpcpy(text, algorithms[descriptor->hash_algorithm].name);
	*at++ = ':';
	hex_encode(digest, bytes, at);
}
