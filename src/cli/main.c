/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hints that messages end with, the exit status. */
#include "options.h"
#include "process.h"
#include "run.h"
#include "sprout_run.h"

#include "base/diag.h"

static const char acl_names[] = " (--skip-unsupported drops it; tar --xattrs --xattrs-include='*' "
				"records numbers)";

int main(int argc, char **argv)
{
	enum exit_status status = STATUS_USAGE;
	struct options options;
	int err;
	/* The options that change a limit or a choice; other floors state the limit. */
	const char *hints[HINT_NR] = {
		[HINT_ENTRIES] = " (see --max-entries)",
		[HINT_INPUT_BYTES] = " (see --max-bytes)",
		[HINT_SPOOL_DIR] = " (see --spool-dir)",
		[HINT_NODES_16K] = " (see -n 16k)",
		[HINT_NODES_64K] = " (see -n 64k)",
		[HINT_UNSUPPORTED] = " (--skip-unsupported drops it)",
		[HINT_MISSING_END] = " (see --allow-missing-end)",
		[HINT_ZEROS] = " (see --ignore-zeros)",
		[HINT_ACL_NAMES] = acl_names,
		[HINT_ROOM] = " (see --free)",
		[HINT_IMAGE] = " (see --image and --platform)",
		[HINT_TREE] = "; a tree is read without --oci",
		[HINT_CONTAINER] = "; its tree is read with --oci",
		[HINT_PARENT_UUID] = " (see --parent-uuid)",
		[HINT_CODEC] = " (see --compress)",
		[HINT_NO_ARCHIVE] = options.no_archive_hint,
	};
	if (!process_begin("tar2btrfs", hints))
		return STATUS_FAILED;
	switch (options_parse(argc, argv, &options)) {
	case OPTIONS_RUN:
		/* A send stream has no nodes, and an update those of its seed: -n is refused there. */
		if (options.convert.send.version || options.sprout.nr_seeds)
			hints[HINT_NODES_16K] = hints[HINT_NODES_64K] = NULL;
		err = options.sprout.is_given ? sprout_run(&options) : run(&options);
		status = err ? STATUS_FAILED : STATUS_DONE;
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
