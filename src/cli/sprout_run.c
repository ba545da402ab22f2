/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sprout_run.h"
#include "output.h"
#include "report.h"
#include "seed_files.h"

#include "base/diag.h"
#include "disk/checksum.h"
#include "onto/sprout.h"

#include <unistd.h>
#include <uuid/uuid.h>

struct sprout_run {
	const struct options *options;
	struct archives seed;
	struct seed_files devices;
	struct outputs *outputs;
	struct output *output; /* of the sprout */
	struct report *report;
	struct sprout *sprout;
};

static int open_sprout_files(struct sprout_run *run)
{
	const struct options *options = run->options;
	int err = archives_open(options->sprout.seeds, options->sprout.nr_seeds,
				ARCHIVES_FILESYSTEM, &run->seed);
	run->outputs = outputs_new(&run->seed, NULL);
	if (!err)
		err = output_open(run->outputs, options->output, OUTPUT_IMAGE, &run->output);
	if (!err)
		err = report_open(&options->report, options->output, run->outputs, &run->report);
	return err;
}

static int enter_sprout_sandbox(const struct sprout_run *run)
{
	struct sandbox sandbox = { 0 };
	if (!run->options->sandbox)
		return 0;
	outputs_allow(run->outputs, &sandbox);
	return sandbox_enter(&sandbox, NULL);
}

/* Whether @output is a regular file at its beginning: what is skipped becomes a hole. */
static bool may_be_sparse(const struct output *output)
{
	return output_is_seekable(output) && !lseek(output_fd(output), 0, SEEK_CUR);
}

static int write_sprout(struct sprout_run *run)
{
	const struct image_output to = {
		.fd = output_fd(run->output),
		.name = output_name(run->output),
		.sparse = may_be_sparse(run->output),
		.seekable = output_is_seekable(run->output),
		.digest = report_digest(run->report),
		.threads = 1,
	};
	int err = output_begin(run->output, sprout_bytes(run->sprout),
			       sprout_needed_bytes(run->sprout));
	if (!err)
		err = sprout_write(run->sprout, &to);
	if (!err)
		err = report_image(run->report);
	return err ? err : outputs_commit(run->outputs, sprout_bytes(run->sprout));
}

static int sprout_steps(struct sprout_run *run)
{
	const struct options *options = run->options;
	const struct sprout_options wanted = {
		.image = &options->convert.image,
		.has_label = options->convert.image.label[0],
		.name = options->sprout.name ? options->sprout.name : "",
	};
	char fsid[UUID_STR_LEN];
	int err = checksum_init();
	if (!err)
		err = open_sprout_files(run);
	if (!err)
		err = enter_sprout_sandbox(run);
	if (err)
		return err;
	seed_files_open(&run->devices, &run->seed);
	err = sprout_plan(&wanted, run->devices.list, run->devices.nr, &run->sprout);
	if (!err)
		err = write_sprout(run);
	if (err)
		return err;
	uuid_unparse_lower(sprout_fsid(run->sprout), fsid);
	info("sprout of %llu bytes written, filesystem id %s",
	     (unsigned long long)sprout_bytes(run->sprout), fsid);
	return 0;
}

int sprout_run(const struct options *options)
{
	struct sprout_run run = { .options = options, .seed.role = "seed" };
	int err = sprout_steps(&run);
	sprout_free(run.sprout);
	report_close(run.report);
	outputs_free(run.outputs);
	seed_files_release(&run.devices);
	archives_close(&run.seed);
	return err;
}
