/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --stats: the figures of a run, as a table or as JSON. */
#ifndef CLI_STATS_H
#define CLI_STATS_H

#include "options.h"

#include <stdio.h>

struct stats {
	const struct reader_counts *counts;
	u64 data_bytes;    /* of file data in the image's files, uncompressed, without holes */
	u64 stored_bytes;  /* of file data as stored in the image, each extent once */
	u64 seed_bytes;    /* the same, on the seed that the image grows on */
	bool grows;        /* on a seed */
	u64 inline_bytes;  /* of file data as stored in the trees */
	u64 deduped_bytes; /* of file data that equals stored data, and was not stored again */
	const struct image *image; /* NULL: a send stream was made */
	const struct send *send;   /* NULL: an image was made */
	double wall_seconds;
	double cpu_seconds;    /* of all threads */
	u64 peak_memory_bytes; /* resident */
	u64 peak_spool_bytes;  /* of file data and checksums; not the documents of an OCI image */
};

/*
 * stats_gather - count what became of the archives; the image is written
 * @started: the run's beginning, on CLOCK_MONOTONIC
 */
struct stats stats_gather(const struct convert *convert, const struct timespec *started);

/* stats_print - print to @out in @format; the caller checks @out for errors */
void stats_print(const struct stats *stats, enum stats_format format, FILE *out);

#endif
