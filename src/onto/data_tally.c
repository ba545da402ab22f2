/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stack_private.h"

#include "base/diag.h"
#include "disk/codec.h"

#define WITHOUT_SUMS (BTRFS_COMPRESS_ZSTD + 1)

/* Less data than this is no reason for words. */
#define LEAST_BYTES ((u64)1 << 20)

/* One part in so many is next to nothing: another level of a codec makes some short pieces alike. */
#define LEAST_PART 8

void data_tally_add(struct data_tally *tally, u32 compression, bool without_sums, u64 bytes)
{
	tally->bytes[without_sums ? WITHOUT_SUMS : compression] += bytes;
}

/* How most bytes are stored. */
static u32 main_way(const struct data_tally *tally)
{
	u32 way = 0;
	for (u32 i = 1; i <= WITHOUT_SUMS; i++)
		if (tally->bytes[i] > tally->bytes[way])
			way = i;
	return way;
}

static const char *way_name(u32 way)
{
	const struct codec *codec = codec_of_type(way);
	return codec ? codec->name : way ? "without checksums" : "plain";
}

void data_tally_judge(const struct data_tally *seed, const struct data_tally *image,
		      const struct data_tally *found)
{
	const u32 way = main_way(image), seed_way = main_way(seed);
	const unsigned long long bytes = image->bytes[way], on_seed = found->bytes[way];
	if (seed->bytes[seed_way] < LEAST_BYTES || bytes < LEAST_BYTES ||
	    on_seed > bytes / LEAST_PART)
		return;
	if (way != seed_way)
		warning_hint(way == WITHOUT_SUMS ? HINT_NONE : HINT_CODEC,
			     "of %llu bytes of data (%s) the seed has %llu; its own is mostly %s",
			     bytes, way_name(way), on_seed, way_name(seed_way));
	else if (codec_of_type(way))
		warning_hint(HINT_CODEC,
			     "of %llu bytes of data (%s) the seed has %llu: its own is other data, "
			     "or of another level",
			     bytes, way_name(way), on_seed);
	else
		warning("of %llu bytes of data (%s) the seed has %llu", bytes, way_name(way),
			on_seed);
}
