/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of everything: read the whole archive, lay the image out, and only
 * then write the first byte.
 */
#include "base/diag.h"
#include "cli/options.h"
#include "cli/output.h"

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

static int read_archive(const struct options *options, int archive_fd, struct tree *tree,
			struct content *content)
{
	struct reader_counts counts = { 0 };
	struct file_data *data = file_data_new(&options->data, content);

	int err = reader_run(archive_fd, options->archive ? options->archive : "-",
			     &options->reader, tree, data, &counts);
	if (!err)
		err = file_data_flush(data);
	file_data_free(data);
	if (!err)
		err = tree_finish(tree, content);
	if (!err)
		info("%llu members in %llu bytes read", (unsigned long long)counts.members,
		     (unsigned long long)counts.input_bytes);
	return err;
}

static int write_image(const struct options *options, const struct tree *tree,
		       struct content *content, struct output *output)
{
	struct image *image = NULL;
	bool sparse;

	int err = image_plan(&options->image, tree, content, &image);
	if (err)
		return err;
	err = output_begin(output, image_bytes(image));
	if (!err) {
		int fd = output_fd(output, &sparse);
		err = image_write(image, fd, sparse);
	}
	if (!err)
		err = output_commit(output, image_bytes(image));
	if (!err) {
		char fsid[UUID_STR_LEN];
		uuid_unparse_lower(image_fsid(image), fsid);
		info("image of %llu bytes written, filesystem id %s",
		     (unsigned long long)image_bytes(image), fsid);
	}
	image_free(image);
	return err;
}

static int convert(const struct options *options, int archive_fd, struct output *output)
{
	const struct tree_options tree_options = {
		.nodesize = options->image.nodesize,
		.implied_time = options->image.implied_time,
	};
	struct content *content = NULL;

	int err = content_new(options->spool_dir, &content);
	if (err)
		return err;
	struct tree *tree = tree_new(&tree_options);
	err = read_archive(options, archive_fd, tree, content);
	if (!err)
		err = write_image(options, tree, content, output);
	tree_free(tree);
	content_free(content);
	return err;
}

static int run(const struct options *options)
{
	struct output *output = NULL;
	int archive_fd = -1;

	int err = checksum_init();
	if (!err)
		err = open_archive(options->archive, &archive_fd);
	if (!err)
		err = output_open(options->output, archive_fd, &output);
	if (err)
		return err;
	err = convert(options, archive_fd, output);
	output_close(output);
	return err;
}

int main(int argc, char **argv)
{
	struct options options;

	if (!occupy_standard_descriptors())
		return STATUS_FAILED;
	/* A write that fails is to be reported, not to kill. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	switch (options_parse(argc, argv, &options)) {
	case OPTIONS_RUN:
		return run(&options) ? STATUS_FAILED : STATUS_DONE;
	case OPTIONS_DONE:
		return STATUS_DONE;
	case OPTIONS_FAILED:
		return STATUS_FAILED;
	case OPTIONS_USAGE:
		break;
	}
	return STATUS_USAGE;
}
