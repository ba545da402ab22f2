/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checksums against published vectors; the CPU's crc32c against the portable one. */
#include "test.h"

#include "disk/checksum.h"

#include <stdlib.h>

#define CRC_MAX_BYTES 5000u

static u8 block[4][4096];

static void fill_blocks(void)
{
	for (u32 i = 0; i < 4096; i++) {
		block[0][i] = 0;
		block[1][i] = 0xff;
		block[2][i] = (u8)i;
		block[3][i] = (u8)(i % 251);
	}
}

static void hex(char *out, const u8 *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sprintf(out + 2 * i, "%02x", bytes[i]);
	out[2 * len] = '\0';
}

/* RFC 3720 B.4 and the usual check value; sums as numbers, most significant digit first. */
static void check_crc32c(void)
{
	static const u8 down[32] = {
		31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16,
		15, 14, 13, 12, 11, 10, 9,  8,  7,  6,  5,  4,  3,  2,  1,  0
	};
	static const u8 iscsi_read[48] = {
		0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,    0, 0, 0, 0,
		0x14, 0,    0, 0, 0, 0, 4, 0, 0, 0, 0, 0x14, 0, 0, 0, 0x18,
		0x28, 0,    0, 0, 0, 0, 0, 0, 2, 0, 0, 0,    0, 0, 0, 0,
	};
	static const struct {
		const char *name;
		const void *data;
		size_t bytes;
		u32 sum;
	} cases[] = {
		{ "nothing", "", 0, 0 },
		{ "32 x 00", block[0], 32, 0x8a9136aa },
		{ "32 x ff", block[1], 32, 0x62a8ab43 },
		{ "0..31", block[2], 32, 0x46dd794e },
		{ "31..0", down, 32, 0x113fdb5c },
		{ "iSCSI read PDU", iscsi_read, 48, 0xd9963a56 },
		{ "123456789", "123456789", 9, 0xe3069283 },
		{ "a sector", block[3], 4096, 0x719077fc },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		u8 sum[4];
		le32 expected = to_le32(cases[i].sum);
		checksum(BTRFS_CSUM_TYPE_CRC32, cases[i].data, cases[i].bytes, sum);
		ok(!memcmp(sum, expected.bytes, 4), "crc32c of %s", cases[i].name);
		ok(crc32c_table(~0u, cases[i].data, cases[i].bytes) == ~cases[i].sum,
		   "portable crc32c of %s", cases[i].name);
	}
}

/* One bit at a time: what the tables and instructions abbreviate. */
static u32 crc32c_bitwise(u32 crc, const u8 *p, size_t bytes)
{
	for (; bytes; p++, bytes--) {
		crc ^= *p;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return crc;
}

static void check_crc32c_variants(void)
{
	u8 *data = malloc(CRC_MAX_BYTES + 8);
	u32 seed = 12345, bad_table = 0, bad_raw = 0;

	for (u32 i = 0; i < CRC_MAX_BYTES + 8; i++)
		data[i] = (u8)((i * 2654435761u + 97) >> 21);
	for (u32 bytes = 0; bytes <= CRC_MAX_BYTES; bytes++) {
		for (u32 start = 0; start < 8; start++) {
			u32 sum = crc32c_table(seed, data + start, bytes);
			bad_raw += crc32c_raw(seed, data + start, bytes) != sum;
			if (start == bytes % 8)
				bad_table += crc32c_bitwise(seed, data + start, bytes) != sum;
			seed = seed * 69069 + 1;
		}
	}
	ok(bad_table == 0, "tables agree with single bits, lengths 0..%u", CRC_MAX_BYTES);
	ok(bad_raw == 0, "CPU agrees with tables, lengths 0..%u, all alignments", CRC_MAX_BYTES);

	u32 bad = 0;
	for (u32 cut = 0; cut <= CRC_MAX_BYTES; cut += 97)
		bad += crc32c_raw(crc32c_raw(1, data, cut), data + cut, CRC_MAX_BYTES - cut) !=
		       crc32c_raw(1, data, CRC_MAX_BYTES);
	ok(bad == 0, "crc32c continues from a seed");
	free(data);

	/* Exactly 64 KiB: several rounds of the three streams and no more bytes than there are. */
	data = malloc(65536);
	for (u32 i = 0; i < 65536; i++)
		data[i] = (u8)(i ^ i >> 8);
	ok(crc32c_raw(7, data, 65536) == crc32c_table(7, data, 65536), "crc32c of 64 KiB");
	free(data);
}

/* As stored: xxhash little-endian, the others as printed by sha256sum and b2sum -l 256. */
static void check_types(void)
{
	static const struct {
		enum btrfs_csum_type type;
		const char *name;
		const void *data;
		size_t bytes;
		const char *stored;
	} cases[] = {
		{ BTRFS_CSUM_TYPE_CRC32, "crc32c", "123456789", 9, "839206e3" },
		{ BTRFS_CSUM_TYPE_XXHASH, "xxhash", "", 0, "99e9d85137db46ef" },
		{ BTRFS_CSUM_TYPE_XXHASH, "xxhash", "a", 1, "5b6e8ca9f1c44ed2" },
		{ BTRFS_CSUM_TYPE_XXHASH, "xxhash", "abc", 3, "990977adf52cbc44" },
		{ BTRFS_CSUM_TYPE_SHA256, "sha256", "", 0,
		  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ BTRFS_CSUM_TYPE_SHA256, "sha256", "abc", 3,
		  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ BTRFS_CSUM_TYPE_SHA256, "sha256", block[0], 4096,
		  "ad7facb2586fc6e966c004d7d1d16b024f5805ff7cb47c7a85dabd8b48892ca7" },
		{ BTRFS_CSUM_TYPE_SHA256, "sha256", block[3], 4096,
		  "d67c656e01756650d77717b0839985a056ec28ffe174601d690fc407a2ceffca" },
		{ BTRFS_CSUM_TYPE_BLAKE2, "blake2", "", 0,
		  "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8" },
		{ BTRFS_CSUM_TYPE_BLAKE2, "blake2", "abc", 3,
		  "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319" },
		{ BTRFS_CSUM_TYPE_BLAKE2, "blake2", block[0], 4096,
		  "686ede9288c391e7e05026e56f2f91bfd879987a040ea98445dabc76f55b8e5f" },
		{ BTRFS_CSUM_TYPE_BLAKE2, "blake2", block[3], 4096,
		  "11c294a11dc67e3ddb25f8c06cca2721e58d2a044243abea6c7063fd17d589e5" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		u8 sum[BTRFS_CSUM_SIZE + 1];
		char text[2 * BTRFS_CSUM_SIZE + 1];
		const u32 bytes = checksum_size(cases[i].type);
		memset(sum, 0x5a, sizeof(sum));
		checksum(cases[i].type, cases[i].data, cases[i].bytes, sum);
		hex(text, sum, bytes);
		ok(!strcmp(text, cases[i].stored) && sum[bytes] == 0x5a, "%s of %zu bytes: %s",
		   cases[i].name, cases[i].bytes, text);
	}
}

static void check_names(void)
{
	static const char *const names[] = { "crc32c", "xxhash", "sha256", "blake2" };
	static const char *const wrong[] = {
		"", "crc32", "crc32c ", "CRC32C", "xxhash64", "blake2b"
	};
	enum btrfs_csum_type type;

	for (u32 i = 0; i < 4; i++)
		ok(checksum_from_name(names[i], &type) && (u32)type == i, "name %s", names[i]);
	type = BTRFS_CSUM_TYPE_SHA256;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ok(!checksum_from_name(wrong[i], &type) && type == BTRFS_CSUM_TYPE_SHA256,
		   "no name: '%s'", wrong[i]);
}

static void check_sectors_and_blocks(void)
{
	static u8 sealed[16384], plain[16384];

	for (u32 t = 0; t < 4; t++) {
		enum btrfs_csum_type type = (enum btrfs_csum_type)t;
		const u32 bytes = checksum_size(type);
		u8 sums[4 * BTRFS_CSUM_SIZE + 1], one[BTRFS_CSUM_SIZE];
		int good = 1;

		sums[4 * bytes] = 0x5a;
		checksum_sectors(type, block, 4, sums);
		for (u32 i = 0; i < 4; i++) {
			checksum(type, block[i], 4096, one);
			good &= !memcmp(sums + i * bytes, one, bytes);
		}
		ok(good && sums[4 * bytes] == 0x5a, "type %u: sums of sectors", t);

		memset(sealed, 0xa5, sizeof(sealed));
		memset(plain, 0, BTRFS_CSUM_SIZE);
		memset(plain + 32, 0xa5, sizeof(plain) - 32);
		checksum(type, plain + 32, sizeof(plain) - 32, plain);
		seal_block(type, sealed, sizeof(sealed));
		ok(!memcmp(plain, sealed, sizeof(sealed)), "type %u: sealed block", t);
	}
}

/*
 * "default" is in the root tree of every btrfs under this hash; the others were
 * made by a separate bit-by-bit program after the kernel's functions.
 */
static void check_key_hashes(void)
{
	ok(name_hash("default", 7) == 2378154706u, "name_hash of default");
	ok(name_hash("security.capability", 19) == 0x7c3650b1, "name_hash of an xattr");
	ok(name_hash("", 0) == 0xfffffffe, "name_hash of nothing");
	ok(extref_hash(257, "hello", 5) == 0x3a57086d, "extref_hash");
	ok(extref_hash(0x7ffffffff, "hello", 5) == 0x658e44b3, "extref_hash drops the high half");
	ok(data_ref_hash(5, 257, 0) == 0xdfb591fa80d95ea, "data_ref_hash");
	ok(data_ref_hash(5, 258, 131072) == 0xdfb591f607955da, "data_ref_hash, offset");
	ok(data_ref_hash(256, 1ull << 40, (u64)-4096) == 0xdea30de226c16e6,
	   "data_ref_hash, offset below zero");
}

static void check_running(void)
{
	u8 once[32], digest[32];
	char text[65];

	checksum(BTRFS_CSUM_TYPE_SHA256, block, sizeof(block), once);
	struct sha256 *s = sha256_new();
	const u8 *p = block[0];
	for (size_t pos = 0, n = 0; pos < sizeof(block); pos += n) {
		n = min_u64(pos % 777 + 1, sizeof(block) - pos);
		sha256_add(s, p + pos, n);
	}
	sha256_finish(s, digest);
	ok(!memcmp(once, digest, 32), "running sha256 in pieces");
	sha256_finish(sha256_new(), digest);
	hex(text, digest, 32);
	ok(!strncmp(text, "e3b0c44298fc1c14", 16), "running sha256 of nothing");

	u8 hash[16];
	hash128("", 0, hash);
	hex(text, hash, 16);
	ok(!strcmp(text, "99aa06d3014798d86001c324468d497f"), "hash128 of nothing");
	hash128("abc", 3, hash);
	hex(text, hash, 16);
	ok(!strcmp(text, "06b05ab6733a618578af5f94892f3950"), "hash128 of abc");
}

int main(void)
{
	ok(checksum_init() == 0, "checksum_init");
	fill_blocks();
	check_crc32c();
	check_crc32c_variants();
	check_types();
	check_names();
	check_sectors_and_blocks();
	check_key_hashes();
	check_running();
	return done();
}
