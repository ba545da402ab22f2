/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process: descriptors, signals, the hints that messages end with, the exit status. */
#include "base/diag.h"
#include "cli/options.h"
#include "run.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

enum exit_status {
	STATUS_DONE = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
};

/* The options that change a limit or a choice; other floors state the limit. */
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
	[HINT_CONTAINER] = "; its tree is read with --oci",
};

/*
 * Files that are opened later must not get descriptors 0 to 2. A closed one is replaced by
 * /dev/null, open in the wrong direction, so that using it still fails.
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

int main(int argc, char **argv)
{
	enum exit_status status = STATUS_USAGE;
	struct options options;
	if (!occupy_standard_descriptors())
		return STATUS_FAILED;
	/* A failed write is reported instead. */
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
