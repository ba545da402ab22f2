/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Integer types, little-endian on-disk integers, alignment and checked
 * arithmetic.
 *
 * The leNN types are structs of bytes: they have alignment 1, so on-disk
 * structs need no packing attribute, and assigning a CPU integer to one does
 * not compile.
 */
#ifndef BASE_TYPES_H
#define BASE_TYPES_H

#include <assert.h>
#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

typedef struct {
	u8 bytes[2];
} le16;
typedef struct {
	u8 bytes[4];
} le32;
typedef struct {
	u8 bytes[8];
} le64;

static inline le16 to_le16(u16 v)
{
	le16 r;
	v = htole16(v);
	memcpy(r.bytes, &v, sizeof(v));
	return r;
}

static inline le32 to_le32(u32 v)
{
	le32 r;
	v = htole32(v);
	memcpy(r.bytes, &v, sizeof(v));
	return r;
}

static inline le64 to_le64(u64 v)
{
	le64 r;
	v = htole64(v);
	memcpy(r.bytes, &v, sizeof(v));
	return r;
}

static inline u16 from_le16(le16 v)
{
	u16 r;
	memcpy(&r, v.bytes, sizeof(r));
	return le16toh(r);
}

static inline u32 from_le32(le32 v)
{
	u32 r;
	memcpy(&r, v.bytes, sizeof(r));
	return le32toh(r);
}

static inline u64 from_le64(le64 v)
{
	u64 r;
	memcpy(&r, v.bytes, sizeof(r));
	return le64toh(r);
}

/* Round @v up (down) to a multiple of @a, a power of two. */
static inline u64 align_up(u64 v, u64 a)
{
	return (v + a - 1) & ~(a - 1);
}

static inline u64 align_down(u64 v, u64 a)
{
	return v & ~(a - 1);
}

/* Narrowing where the caller knows that the value fits; asserted. */
static inline u32 u32_from_u64(u64 v)
{
	assert(v <= UINT32_MAX);
	return (u32)v;
}

static inline u16 u16_from_u64(u64 v)
{
	assert(v <= UINT16_MAX);
	return (u16)v;
}

static inline u8 u8_from_u64(u64 v)
{
	assert(v <= UINT8_MAX);
	return (u8)v;
}

/* Sums and products of input-derived sizes: true if the result overflowed. */
static inline bool add_overflows(u64 a, u64 b, u64 *sum)
{
	return __builtin_add_overflow(a, b, sum);
}

static inline bool mul_overflows(u64 a, u64 b, u64 *product)
{
	return __builtin_mul_overflow(a, b, product);
}

static inline u64 min_u64(u64 a, u64 b)
{
	return a < b ? a : b;
}

static inline u64 max_u64(u64 a, u64 b)
{
	return a > b ? a : b;
}

/* A point in time. @sec may be negative; @nsec is 0..999999999. */
struct timestamp {
	s64 sec;
	u32 nsec;
};

#endif
