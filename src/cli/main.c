/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of everything: read all of the archives, lay the image out, and only
 * then write the first byte.
 */
#include "base/diag.h"
#include "base/hex.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "input/mtree.h"
#include "input/selinux.h"
#include "model/pack_tails.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <uuid/uuid.h>

enum exit_status {
	STATUS_DONE = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
};

/* The switches that move the limits which other floors state. */
static const char *const hints[HINT_NR] = {
	[HINT_ENTRIES] = " (see --max-entries)",
	[HINT_INPUT_BYTES] = " (see --max-bytes)",
	[HINT_SPOOL_DIR] = " (see --spool-dir)",
	[HINT_NODES_16K] = " (see -n 16k)",
	[HINT_NODES_64K] = " (see -n 64k)",
	[HINT_UNSUPPORTED] = " (--skip-unsupported drops it)",
	[HINT_ROOM] = " (see --free)",
	[HINT_IMAGE] = " (see --image and --platform)",
	[HINT_TREE] = "; a tree is read without --oci",
};

/*
 * Files that are opened later must not land on descriptors 0 to 2. The place
 * of a closed one is taken in the wrong direction, so that using it still fails.
 */
static bool occupy_standard_descriptors(void)
{
	static const int flags[] = { O_WRONLY, O_RDONLY, O_RDONLY };
	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", flags[fd]) != fd)
			return false;
	}
	return true;
}

/* A run, from its options to its image. */
struct run {
	const struct options *options;
	struct archives archives;
	struct outputs *outputs;
	struct output *output;
	struct report *report;
	struct progress *progress;
	struct oci *oci;               /* NULL without --oci */
	struct mtree_plan *plan;       /* NULL without --plan */
	struct selinux_labels *labels; /* NULL without --selinux-contexts */
	struct reader_counts counts;
	_Atomic u64 written; /* bytes of the image */
};

/* All members are there: what else is to be in the tree, and its order. */
static int finish_tree(const struct run *run, struct tree *tree, struct content *content,
		       struct file_data *data)
{
	int err = tree_bind_links(tree, content);
	if (!err)
		err = mtree_plan_apply(run->plan, tree);
	if (!err)
		err = tree_finish(tree, content);
	if (!err)
		err = selinux_apply(run->labels, tree);
	if (!err)
		err = tree_apply_rules(tree, content, data);
	if (!err)
		err = file_data_flush(data);
	if (!err && run->options->data.pack_bytes)
		err = pack_tails(data, content, tree, run->options->data.pack_bytes);
	return err;
}

static int read_oci(struct run *run, struct tree *tree, struct file_data *data)
{
	const struct options *options = run->options;
	const char *config = options->oci.config_path;
	const struct reader_input input = { .fd = run->archives.fds[0],
					    .name = run->archives.names[0],
					    .bytes = UINT64_MAX };
	int err = oci_open(&input, &options->oci.choice, &options->reader, &run->counts, &run->oci);
	if (!err)
		err = oci_read(run->oci, config, options->keep_layers, tree, data);
	return err;
}

static int keep_layer(const u8 digest[32], struct tree *tree, struct file_data *data)
{
	char hex[2 * 32 + 1];
	hex_encode(digest, 32, hex);
	return tree_keep_layer(tree, data, hex);
}

static int read_layer(struct run *run, struct reader_input *input, struct tree *tree,
		      struct file_data *data)
{
	const struct options *options = run->options;
	struct sha256 *plain = options->keep_layers ? sha256_new() : NULL;
	u8 digest[32];
	input->plain_digest = plain ? &plain : NULL;
	tree_begin_layer(tree);
	int err = reader_run(input, &options->reader, tree, data, &run->counts);
	if (!err)
		err = tree_end_layer(tree);
	if (plain)
		sha256_finish(plain, digest);
	return err || !plain ? err : keep_layer(digest, tree, data);
}

/* One archive after the other, each over those before it. */
static int read_all(struct run *run, struct tree *tree, struct file_data *data)
{
	const struct options *options = run->options;
	int err = 0;
	if (options->oci.is_wanted)
		return read_oci(run, tree, data);
	for (size_t i = 0; i < run->archives.nr && !err; i++) {
		struct reader_input input = { .fd = run->archives.fds[i],
					      .name = run->archives.names[i],
					      .bytes = UINT64_MAX };

		err = options->tree.whiteouts
			      ? read_layer(run, &input, tree, data)
			      : reader_run(&input, &options->reader, tree, data, &run->counts);
	}
	return err;
}

static int read_archives(struct run *run, struct tree *tree, struct content *content)
{
	const struct options *options = run->options;
	struct reader_counts *counts = &run->counts;
	struct file_data *data = file_data_new(&options->data, content);
	u64 total = options->report.input_bytes;
	if (!total)
		total = archives_bytes(&run->archives);
	run->progress =
		progress_start(options->report.progress, &(struct progress_phase){
								 .name = "reading",
								 .bytes = &counts->input_bytes,
								 .total_bytes = total,
								 .members = &counts->members,
							 });
	int err = read_all(run, tree, data);
	if (!err)
		err = file_data_flush(data);
	if (!err)
		err = finish_tree(run, tree, content, data);
	file_data_free(data);
	if (!err)
		info("%llu members in %llu bytes read", (unsigned long long)counts->members,
		     (unsigned long long)counts->input_bytes);
	return err;
}

static int write_bytes(struct run *run, struct image *image)
{
	struct image_output to = {
		.fd = output_fd(run->output),
		.sparse = output_is_new(run->output),
		.seekable = output_is_seekable(run->output),
		.digest = report_digest(run->report),
		.written = &run->written,
		.threads = run->options->data.threads,
	};
	progress_next(run->progress, &(struct progress_phase){
					     .name = "writing",
					     .bytes = &run->written,
					     .total_bytes = image_bytes(image),
				     });
	int err = image_write(image, &to);
	progress_stop(run->progress);
	run->progress = NULL;
	return err;
}

static int write_image(struct run *run, const struct tree *tree, struct content *content)
{
	struct output *output = run->output;
	struct image *image = NULL;
	int err = report_tree(run->report, tree);
	if (!err)
		err = image_plan(&run->options->image, tree, content, &image);
	if (err)
		return err;
	err = content_check_archives(content);
	if (!err)
		err = output_begin(output, image_bytes(image));
	if (!err)
		err = write_bytes(run, image);
	if (!err)
		err = content_check_archives(content);
	if (!err)
		err = report_image(run->report);
	if (!err)
		err = output_commit(output, image_bytes(image));
	if (!err) {
		char fsid[UUID_STR_LEN];
		uuid_unparse_lower(image_fsid(image), fsid);
		info("image of %llu bytes written, filesystem id %s",
		     (unsigned long long)image_bytes(image), fsid);
		err = report_commit(run->report, &run->counts, tree, content, image);
	}
	image_free(image);
	return err;
}

/*
 * All that is read by name is open or read, but for the archive, none of whose bytes was
 * looked at. Spools can come later.
 */
static int enter_sandbox(struct run *run)
{
	const char *dir = run->options->spool_dir;
	struct sandbox sandbox = { 0 };
	char quoted[QUOTE_BYTES];
	if (!run->options->sandbox)
		return 0;
	int spool_dir = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (spool_dir < 0)
		return fail_errno("cannot open %s", quote(quoted, dir, strlen(dir)));
	sandbox_allow_making(&sandbox, spool_dir);
	outputs_allow(run->outputs, &sandbox);
	for (size_t i = 0; i < run->archives.nr; i++) {
		struct stat st;

		if (!fstat(run->archives.fds[i], &st) && S_ISDIR(st.st_mode))
			sandbox_allow_reading(&sandbox, run->archives.fds[i]);
	}
	int err = sandbox_enter(&sandbox);
	close(spool_dir);
	return err ? err : outputs_renew_guard(run->outputs);
}

static int convert(struct run *run)
{
	const struct options *options = run->options;
	struct content *content = NULL;
	int err = content_new(options->spool_dir, &content);
	if (err)
		return err;
	struct tree *tree = tree_new(&options->tree);
	if (options->plan)
		err = mtree_plan_read(options->plan, &options->reader, tree, &run->plan);
	if (!err)
		err = enter_sandbox(run);
	if (!err)
		err = read_archives(run, tree, content);
	if (!err)
		err = write_image(run, tree, content);
	progress_stop(run->progress);
	mtree_plan_free(run->plan);
	tree_free(tree);
	content_free(content);
	oci_close(run->oci);
	return err;
}

static int run(const struct options *options)
{
	struct run run = { .options = options };
	int err = checksum_init();
	if (!err)
		err = archives_open(options->archives, options->nr_archives, options->oci.is_wanted,
				    &run.archives);
	run.outputs = outputs_new(&run.archives);
	if (!err)
		err = output_open(run.outputs, options->output, OUTPUT_IMAGE, &run.output);
	if (!err)
		err = report_open(&options->report, options->output, run.outputs, &run.report);
	if (!err && options->selinux_contexts)
		err = selinux_open(options->selinux_contexts, &run.labels);
	if (!err)
		err = convert(&run);
	selinux_close(run.labels);
	report_close(run.report);
	outputs_free(run.outputs);
	archives_close(&run.archives);
	return err;
}

int main(int argc, char **argv)
{
	enum exit_status status = STATUS_USAGE;
	struct options options;
	if (!occupy_standard_descriptors())
		return STATUS_FAILED;
	/* A write that fails is to be reported, not to kill. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	diag_set_hints(hints);
	switch (options_parse(argc, argv, &options)) {
	case OPTIONS_RUN:
		status = run(&options) ? STATUS_FAILED : STATUS_DONE;
		break;
	case OPTIONS_DONE:
		status = STATUS_DONE;
		break;
	case OPTIONS_FAILED:
		status = STATUS_FAILED;
		break;
	case OPTIONS_USAGE:
		break;
	}
	options_release(&options);
	return status;
}
