/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What holds without any option: the parser begins with it, and --help prints it. */
#include "option_table.h"

#include "cli/features.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

static unsigned usable_cpus(void)
{
	cpu_set_t set;
	long nr;

	/* The call fails where there are more CPUs than the set can hold. */
	if (!sched_getaffinity(0, sizeof(set), &set))
		nr = CPU_COUNT(&set);
	else
		nr = sysconf(_SC_NPROCESSORS_ONLN);
	if (nr < 1)
		return 1;
	return nr < OPTIONS_MAX_THREADS ? (unsigned)nr : OPTIONS_MAX_THREADS;
}

void options_default(struct options *options)
{
	const char *tmpdir = getenv("TMPDIR");
	memset(options, 0, sizeof(*options));
	options->convert.spool_dir = tmpdir && *tmpdir ? tmpdir : "/var/tmp";
	options->sandbox = true;
	options->convert.tree.rules.codec = codec_default();
	options->convert.tree.implied.mode = 0755;
	options->convert.data.csum = BTRFS_CSUM_TYPE_CRC32;
	options->convert.tree.max_entries = OPTIONS_ENTRIES;
	options->convert.reader.max_bytes = OPTIONS_BYTES;
	options->convert.data.max_inline = OPTIONS_MAX_INLINE;
	options->convert.data.dedupe = true;
	options->convert.data.threads = usable_cpus();
	options->convert.image.nodesize = 16384;
	options->convert.image.seed = true;
	options->convert.image.fsid_source = FSID_CONTENT;
	features_default(&options->convert.image);
}
