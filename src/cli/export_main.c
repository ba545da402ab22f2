/* SPDX-License-Identifier: GPL-2.0-or-later */
/* btrfs2tar: the hints that messages end with, the exit status. */
#include "export_run.h"
#include "process.h"

static const char *const hints[HINT_NR] = {
	[HINT_DEGRADED] = " (--degraded reads what the others have)",
	[HINT_LOG] = " (--ignore-log reads what was committed before)",
};

int main(int argc, char **argv)
{
	struct export_command command;
	if (!process_begin("btrfs2tar", hints))
		return STATUS_FAILED;
	switch (export_options_parse(argc, argv, &command)) {
	case OPTIONS_RUN:
		return export_run(&command) ? STATUS_FAILED : STATUS_DONE;
	case OPTIONS_DONE:
		return STATUS_DONE;
	case OPTIONS_FAILED:
		return STATUS_FAILED;
	case OPTIONS_USAGE:
		break;
	}
	return STATUS_USAGE;
}
