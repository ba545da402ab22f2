/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parser begins with these values, and --help prints them. */
#include "options_default.h"
#include "features.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

/* Limits far beyond any image, for which an attack would still be cheap. */
#define MAX_ENTRIES 8000000u
#define MAX_BYTES (UINT64_C(1) << 40)

unsigned options_usable_cpus(void)
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
	struct convert_options *convert = &options->convert;
	memset(options, 0, sizeof(*options));
	options->level = DIAG_WARNING;
	options->output = "-";
	convert->spool_dir = tmpdir && *tmpdir ? tmpdir : "/var/tmp";
	options->sandbox = true;
	convert->tree.rules.codec = codec_default();
	convert->tree.implied.mode = 0755;
	convert->data.csum = BTRFS_CSUM_TYPE_CRC32;
	convert->tree.max_entries = MAX_ENTRIES;
	convert->reader.max_bytes = MAX_BYTES;
	convert->data.max_inline = OPTIONS_MAX_INLINE;
	convert->data.dedupe = true;
	convert->data.threads = options_usable_cpus();
	convert->send.subvol_name = SEND_DEFAULT_NAME;
	convert->image.nodesize = IMAGE_DEFAULT_NODESIZE;
	convert->image.seed = true;
	convert->image.fsid_source = FSID_CONTENT;
	features_default(&convert->image);
}
