/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crc32c (Castagnoli), raw: no inversion before or after.
 *
 * The polynomial's bits are reflected: bit 31 of a 32-bit sum is the
 * coefficient of x^0. Three ways to the same result: tables (eight bytes a
 * step), the CRC instruction of ARMv8, and that of SSE 4.2. The latter has
 * three cycles latency but can start each cycle; so long inputs are cut in
 * three streams side by side, whose sums are then joined: to append n zero
 * bytes to a stream is to multiply its sum by x^8n.
 */
#include "disk/checksum.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

/*
 * Table 0 holds the sums of all single bytes, table k those of a byte and k
 * zero bytes. Sums are linear: an entry is the exclusive or of the entries of
 * its set bits. These are 64 successive states of one shift register that
 * starts at the polynomial; the arguments below are a table's eight, for bits
 * 7 to 0.
 */
#define BYTE_SUM(i, b7, b6, b5, b4, b3, b2, b1, b0)                                                \
	((128 & (i) ? (b7) : 0u) ^ (64 & (i) ? (b6) : 0u) ^ (32 & (i) ? (b5) : 0u) ^               \
	 (16 & (i) ? (b4) : 0u) ^ (8 & (i) ? (b3) : 0u) ^ (4 & (i) ? (b2) : 0u) ^                  \
	 (2 & (i) ? (b1) : 0u) ^ (1 & (i) ? (b0) : 0u))
#define SUMS_4(i, ...)                                                                             \
	BYTE_SUM(i, __VA_ARGS__), BYTE_SUM((i) + 1, __VA_ARGS__), BYTE_SUM((i) + 2, __VA_ARGS__),  \
		BYTE_SUM((i) + 3, __VA_ARGS__)
#define SUMS_16(i, ...)                                                                            \
	SUMS_4(i, __VA_ARGS__), SUMS_4((i) + 4, __VA_ARGS__), SUMS_4((i) + 8, __VA_ARGS__),        \
		SUMS_4((i) + 12, __VA_ARGS__)
#define SUMS_64(i, ...)                                                                            \
	SUMS_16(i, __VA_ARGS__), SUMS_16((i) + 16, __VA_ARGS__), SUMS_16((i) + 32, __VA_ARGS__),   \
		SUMS_16((i) + 48, __VA_ARGS__)
#define SUMS_256(...)                                                                              \
	{                                                                                          \
		SUMS_64(0, __VA_ARGS__), SUMS_64(64, __VA_ARGS__), SUMS_64(128, __VA_ARGS__),      \
			SUMS_64(192, __VA_ARGS__)                                                  \
	}

// clang-format off
static const u32 tables[8][256] = {
	SUMS_256(0x82f63b78, 0x417b1dbc, 0x20bd8ede, 0x105ec76f,
		 0x8ad958cf, 0xc79a971f, 0xe13b70f7, 0xf26b8303),
	SUMS_256(0xfbc3faf9, 0xff17c604, 0x7f8be302, 0x3fc5f181,
		 0x9d14c3b8, 0x4e8a61dc, 0x274530ee, 0x13a29877),
	SUMS_256(0x8b277743, 0xc76580d9, 0xe144fb14, 0x70a27d8a,
		 0x38513ec5, 0x9edea41a, 0x4f6f520d, 0xa541927e),
	SUMS_256(0x52a0c93f, 0xaba65fe7, 0xd725148b, 0xe964b13d,
		 0xf64463e6, 0x7b2231f3, 0xbf672381, 0xdd45aab8),
	SUMS_256(0x6ea2d55c, 0x37516aae, 0x1ba8b557, 0x8f2261d3,
		 0xc5670b91, 0xe045beb0, 0x7022df58, 0x38116fac),
	SUMS_256(0x1c08b7d6, 0x0e045beb, 0x85f4168d, 0xc00c303e,
		 0x6006181f, 0xb2f53777, 0xdb8ca0c3, 0xef306b19),
	SUMS_256(0xf56e0ef4, 0x7ab7077a, 0x3d5b83bd, 0x9c5bfaa6,
		 0x4e2dfd53, 0xa5e0c5d1, 0xd0065990, 0x68032cc8),
	SUMS_256(0x34019664, 0x1a00cb32, 0x0d006599, 0x847609b4,
		 0x423b04da, 0x211d826d, 0x9278fa4e, 0x493c7d27),
};
// clang-format on

/* Eight bytes at @p, the first lowest. */
static inline u64 load_64(const u8 *p)
{
	u64 v;
	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

u32 crc32c_table(u32 seed, const void *data, size_t bytes)
{
	const u8 *p = data;
	u32 crc = seed;
	for (; bytes >= 8; p += 8, bytes -= 8) {
		u64 v = load_64(p) ^ crc;
		crc = tables[7][v & 255] ^ tables[6][v >> 8 & 255] ^ tables[5][v >> 16 & 255] ^
		      tables[4][v >> 24 & 255] ^ tables[3][v >> 32 & 255] ^
		      tables[2][v >> 40 & 255] ^ tables[1][v >> 48 & 255] ^ tables[0][v >> 56];
	}
	for (; bytes; p++, bytes--)
		crc = crc >> 8 ^ tables[0][(crc ^ *p) & 255];
	return crc;
}

#if defined(__x86_64__)

/* Three streams make 4080 bytes: nearly one sector, and four of them nearly a 16 KiB block. */
#define STREAM_BYTES 1360u
/*
 * x^(8n - 33), reflected, for n = one and two streams. The 33 makes up for
 * the instruction's own multiplication by x^32, and one for a product of
 * reflected numbers.
 */
#define APPEND_STREAM 0x3f70cc6f
#define APPEND_2_STREAMS 0x5aa1f3cf

__attribute__((target("sse4.2,pclmul"))) static inline u32 append_zeros(u32 crc, int factor)
{
	__m128i product =
		_mm_clmulepi64_si128(_mm_cvtsi32_si128((int)crc), _mm_cvtsi32_si128(factor), 0);
	return (u32)_mm_crc32_u64(0, (u64)_mm_cvtsi128_si64(product));
}

__attribute__((target("sse4.2,pclmul"))) static u32 crc32c_sse42(u32 seed, const u8 *p,
								 size_t bytes)
{
	u64 crc = seed;
	for (; bytes >= 3 * STREAM_BYTES; bytes -= 3 * STREAM_BYTES) {
		u64 second = 0, third = 0;
		for (const u8 *end = p + STREAM_BYTES; p < end; p += 8) {
			crc = _mm_crc32_u64(crc, load_64(p));
			second = _mm_crc32_u64(second, load_64(p + STREAM_BYTES));
			third = _mm_crc32_u64(third, load_64(p + 2 * STREAM_BYTES));
		}
		p += 2 * STREAM_BYTES;
		crc = append_zeros((u32)crc, APPEND_2_STREAMS) ^
		      append_zeros((u32)second, APPEND_STREAM) ^ third;
	}
	for (; bytes >= 8; p += 8, bytes -= 8)
		crc = _mm_crc32_u64(crc, load_64(p));
	for (; bytes; p++, bytes--)
		crc = _mm_crc32_u8((u32)crc, *p);
	return (u32)crc;
}

u32 crc32c_raw(u32 seed, const void *data, size_t bytes)
{
	if (__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul"))
		return crc32c_sse42(seed, data, bytes);
	return crc32c_table(seed, data, bytes);
}

#elif defined(__aarch64__)

#ifndef HWCAP_CRC32
#define HWCAP_CRC32 (1 << 7)
#endif

/* Assembly, since compilers hide the intrinsics unless the whole file may use them. */
static u32 crc32c_armv8(u32 crc, const u8 *p, size_t bytes)
{
	for (; bytes >= 8; p += 8, bytes -= 8)
		__asm__(".arch_extension crc\n\tcrc32cx %w0, %w0, %x1"
			: "+r"(crc)
			: "r"(load_64(p)));
	for (; bytes; p++, bytes--)
		__asm__(".arch_extension crc\n\tcrc32cb %w0, %w0, %w1" : "+r"(crc) : "r"((u32)*p));
	return crc;
}

u32 crc32c_raw(u32 seed, const void *data, size_t bytes)
{
	if (getauxval(AT_HWCAP) & HWCAP_CRC32)
		return crc32c_armv8(seed, data, bytes);
	return crc32c_table(seed, data, bytes);
}

#else

u32 crc32c_raw(u32 seed, const void *data, size_t bytes)
{
	return crc32c_table(seed, data, bytes);
}

#endif
