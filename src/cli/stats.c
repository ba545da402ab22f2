/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stats.h"
#include "figures.h"
#include "version.h"

#include "model/file_item.h"

#include <sys/resource.h>
#include <time.h>
#include <uuid/uuid.h>

/* ---- gathering ------------------------------------------------------------------ */

static void gather_data(struct stats *stats, const struct tree *tree, const struct content *content)
{
	struct item_walk walk = item_walk_begin(tree, content);
	u64 referred_bytes = 0, kept_bytes = 0; /* whole sectors */
	for (struct file_item item; item_walk_next(&walk, &item);) {
		stats->data_bytes += min_u64(item.num_bytes, walk.inode->size - item.file_off);
		if (content->blobs[item.blob].place != BLOB_INLINE)
			referred_bytes += item.num_bytes;
	}
	for (size_t i = 0; i < content->nr_blobs; i++) {
		const struct blob *b = &content->blobs[i];
		if (b->place == BLOB_INLINE) {
			stats->inline_bytes += b->stored_bytes;
			continue;
		}
		*(b->place == BLOB_ON_SEED ? &stats->seed_bytes : &stats->stored_bytes) +=
			b->stored_bytes;
		kept_bytes += b->ram_bytes;
	}
	stats->deduped_bytes = referred_bytes - kept_bytes;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void gather_usage(struct stats *stats, const struct timespec *started)
{
	struct timespec now;
	struct rusage usage;
	clock_gettime(CLOCK_MONOTONIC, &now);
	getrusage(RUSAGE_SELF, &usage);
	stats->wall_seconds = (double)(now.tv_sec - started->tv_sec) +
			      (double)(now.tv_nsec - started->tv_nsec) / 1e9;
	stats->cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
	stats->peak_memory_bytes = (u64)usage.ru_maxrss * 1024;
}

struct stats stats_gather(const struct convert *convert, const struct timespec *started)
{
	struct stats stats = { .counts = &convert->counts,
			       .image = convert->image,
			       .send = convert->send,
			       .grows = convert->stack };
	gather_data(&stats, convert->tree, convert->content);
	gather_usage(&stats, started);
	stats.peak_spool_bytes = spool_peak(convert->content->stores[CONTENT_DATA_SPOOL]) +
				 spool_peak(convert->content->small_spool);
	return stats;
}

/* ---- printing --------------------------------------------------------------------- */

static const char *const kind_names[NR_MEMBER_KINDS] = {
	[MEMBER_FILE] = "files",       [MEMBER_DIRECTORY] = "directories",
	[MEMBER_SYMLINK] = "symlinks", [MEMBER_HARD_LINK] = "hard_links",
	[MEMBER_DEVICE] = "devices",   [MEMBER_FIFO] = "fifos",
	[MEMBER_SOCKET] = "sockets",   [MEMBER_SKIPPED] = "skipped",
};

static void put_members(struct figures *p, const struct reader_counts *counts)
{
	char label[32];
	figures_group(p, "members");
	figures_number(p, "members", "total", counts->members, "");
	for (int i = 0; i < NR_MEMBER_KINDS; i++) {
		if (!p->is_json && !counts->kinds[i])
			continue;
		snprintf(label, sizeof(label), "  %s", kind_names[i]);
		figures_number(p, label, kind_names[i], counts->kinds[i], "");
	}
	figures_end_group(p);
}

static void put_data(struct figures *p, const struct stats *stats)
{
	const u64 kept = stats->stored_bytes + stats->seed_bytes + stats->inline_bytes;
	figures_group(p, "data");
	figures_number(p, "file data", "bytes", stats->data_bytes, "bytes");
	figures_number(p, "  stored", "stored_bytes", stats->stored_bytes, "bytes");
	if (stats->grows)
		figures_number(p, "  on the seed", "seed_bytes", stats->seed_bytes, "bytes");
	figures_number(p, "  inline", "inline_bytes", stats->inline_bytes, "bytes");
	figures_number(p, "  deduped", "deduped_bytes", stats->deduped_bytes, "bytes");
	figures_decimal(p, "  ratio", "ratio",
			stats->data_bytes ? (double)kept / (double)stats->data_bytes : 1, "");
	figures_end_group(p);
}

static void put_trees(struct figures *p, const struct image *image)
{
	struct image_tree_bytes tree;
	char label[32];
	u64 total = 0;
	for (u32 i = 0; image_tree_bytes(image, i, &tree); i++)
		total += tree.bytes;
	figures_group(p, "trees");
	figures_number(p, "trees", "bytes", total, "bytes");
	for (u32 i = 0; image_tree_bytes(image, i, &tree); i++) {
		snprintf(label, sizeof(label), "  %s", tree.name);
		figures_number(p, label, tree.name, tree.bytes, "bytes");
	}
	figures_end_group(p);
}

static void put_image(struct figures *p, const struct image *image)
{
	char fsid[UUID_STR_LEN];
	uuid_unparse_lower(image_fsid(image), fsid);
	figures_group(p, "image");
	figures_number(p, "image", "bytes", image_bytes(image), "bytes");
	figures_text(p, "fsid", "fsid", fsid);
	figures_end_group(p);
}

static void put_stream(struct figures *p, const struct send *send)
{
	figures_group(p, "send_stream");
	figures_number(p, "send stream", "bytes", send_bytes(send), "bytes");
	figures_number(p, "  subvolumes", "subvolumes", send_nr_subvols(send), "");
	figures_end_group(p);
}

static void put_output(struct figures *p, const struct stats *stats)
{
	if (stats->send) {
		put_stream(p, stats->send);
		return;
	}
	put_trees(p, stats->image);
	put_image(p, stats->image);
}

void stats_print(const struct stats *stats, enum stats_format format, FILE *out)
{
	struct figures p = figures_begin(out, format == STATS_JSON);
	figures_group(&p, "program");
	if (p.is_json) {
		figures_text(&p, "", "version", TAR2BTRFS_VERSION);
		figures_number(&p, "", "layout", LAYOUT_VERSION, "");
	}
	figures_end_group(&p);
	put_members(&p, stats->counts);
	figures_group(&p, "input");
	figures_number(&p, "input", "bytes", stats->counts->input_bytes, "bytes");
	figures_end_group(&p);
	put_data(&p, stats);
	put_output(&p, stats);
	figures_group(&p, "run");
	figures_decimal(&p, "time", "wall_seconds", stats->wall_seconds, "s");
	figures_decimal(&p, "CPU time", "cpu_seconds", stats->cpu_seconds, "s");
	figures_number(&p, "memory at most", "peak_memory_bytes", stats->peak_memory_bytes,
		       "bytes");
	figures_number(&p, "spool at most", "peak_spool_bytes", stats->peak_spool_bytes, "bytes");
	figures_end_group(&p);
	figures_end(&p);
}
