/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of everything: read the whole archive, lay the image out, and only
 * then write the first byte.
 */
#include "base/diag.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "input/plan.h"
#include "input/selinux.h"
#include "model/pack_tails.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uuid/uuid.h>

enum exit_status {
	STATUS_DONE = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
};

/*
 * Files that are opened later must not land on descriptors 0 to 2. The place
 * of a closed one is taken in the wrong direction, so that using it still fails.
 */
static bool occupy_standard_descriptors(void)
{
	static const int flags[] = { O_WRONLY, O_RDONLY, O_WRONLY };

	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", flags[fd]) != fd)
			return false;
	}
	return true;
}

static int open_archive(const char *path, int *archive_fd)
{
	char quoted[QUOTE_BYTES] = "standard input";
	int fd = STDIN_FILENO;
	struct stat st;

	if (path) {
		fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
		if (fd < 0)
			return fail_errno("cannot open %s", quote(quoted, path, strlen(path)));
		quote(quoted, path, strlen(path));
	} else if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY) {
		return fail(-EBADF, "standard input is closed or not open for reading");
	}
	if (fstat(fd, &st))
		return fail_errno("cannot look at %s", quoted);
	if (S_ISDIR(st.st_mode))
		return fail(-EISDIR, "%s is a directory, allowed: a tar or cpio archive", quoted);
	if (isatty(fd))
		return fail(-EINVAL, "%s is a terminal, allowed: a tar or cpio archive", quoted);
	*archive_fd = fd;
	return 0;
}

/* A run, from its options to its image. */
struct run {
	const struct options *options;
	int archive_fd;
	struct output *output;
	struct report *report;
	struct progress *progress;
	struct plan *plan;             /* NULL without --plan */
	struct selinux_labels *labels; /* NULL without --selinux-contexts */
	struct reader_counts counts;
	_Atomic u64 written; /* bytes of the image */
};

/* How many bytes the descriptor will give, or 0 if that cannot be known. */
static u64 bytes_to_read(const struct run *run)
{
	struct stat st;

	if (run->options->report.input_bytes)
		return run->options->report.input_bytes;
	off_t at = lseek(run->archive_fd, 0, SEEK_CUR);
	if (at < 0 || fstat(run->archive_fd, &st) || !S_ISREG(st.st_mode) || st.st_size < at)
		return 0;
	return (u64)(st.st_size - at);
}

/* All members are there: what else is to be in the tree, and its order. */
static int finish_tree(const struct run *run, struct tree *tree, struct content *content,
		       struct file_data *data)
{
	int err = tree_bind_links(tree, content);
	if (!err)
		err = plan_apply(run->plan, tree);
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

static int read_archive(struct run *run, struct tree *tree, struct content *content)
{
	const struct options *options = run->options;
	struct reader_counts *counts = &run->counts;
	struct file_data *data = file_data_new(&options->data, content);

	run->progress =
		progress_start(options->report.progress, &(struct progress_phase){
								 .name = "reading",
								 .bytes = &counts->input_bytes,
								 .total_bytes = bytes_to_read(run),
								 .members = &counts->members,
							 });
	int err = reader_run(run->archive_fd, options->archive ? options->archive : "-",
			     &options->reader, tree, data, counts);
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
		.digest = report_digest(run->report),
		.written = &run->written,
	};

	to.fd = output_fd(run->output, &to.sparse);
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

static int convert(struct run *run)
{
	const struct options *options = run->options;
	struct content *content = NULL;

	int err = content_new(options->spool_dir, &content);
	if (err)
		return err;
	struct tree *tree = tree_new(&options->tree);
	if (options->plan)
		err = plan_read(options->plan, &options->reader, tree, &run->plan);
	if (!err)
		err = read_archive(run, tree, content);
	if (!err)
		err = write_image(run, tree, content);
	progress_stop(run->progress);
	plan_free(run->plan);
	tree_free(tree);
	content_free(content);
	return err;
}

static int run(const struct options *options)
{
	struct run run = { .options = options, .archive_fd = -1 };

	int err = checksum_init();
	if (!err)
		err = open_archive(options->archive, &run.archive_fd);
	struct outputs *outputs = outputs_new(run.archive_fd);
	if (!err)
		err = output_open(outputs, options->output, OUTPUT_IMAGE, &run.output);
	if (!err)
		err = report_open(&options->report, options->output, outputs, &run.report);
	if (!err && options->selinux_contexts)
		err = selinux_open(options->selinux_contexts, &run.labels);
	if (!err)
		err = convert(&run);
	selinux_close(run.labels);
	report_close(run.report);
	outputs_free(outputs);
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
