/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run.h"
#include "output.h"
#include "progress.h"
#include "report.h"
#include "seed_files.h"

#include "base/diag.h"

#include <uuid/uuid.h>

struct run {
	const struct options *options;
	struct archives archives;
	struct outputs *outputs;
	struct output *output; /* of the image or send stream */
	struct report *report;
	struct progress *progress;
	struct convert convert;
	struct archives parent_archives; /* with --parent: */
	struct convert_options parent_options;
	struct convert parent; /* what a receiver has */
	struct archives seeds; /* with --onto: */
	struct seed_files seed_files;
	struct stack *stack;
	struct convert_options stack_options;
	_Atomic u64 written; /* bytes of the output */
};

static enum archives_kind archives_kind(const struct options *options)
{
	return options->convert.is_oci ? ARCHIVES_OCI : ARCHIVES_PLAIN;
}

/* An archive is read with the options of the others, but has a name and uuids of its own. An image is
 * what a receiver has, as it is. */
static int open_parent(struct run *run)
{
	const struct options *options = run->options;
	struct convert_options *parent = &run->parent_options;
	*parent = options->convert;
	parent->tree.subvols.nr_uuids = 0;
	if (options->parent_name)
		parent->send.subvol_name = options->parent_name;
	if (filesystem_is_in(run->parent_archives.inputs[0].fd))
		convert_from_image(parent, options->parent_name);
	run->convert.parent = &run->parent;
	return convert_open(&run->parent, parent);
}

/*
 * The node size and the checksums are the seed's. Of that, only the superblock is read before the
 * sandbox is entered: limits of the mtree plan, which is read before, follow from the node size.
 */
static int read_seed_options(struct run *run)
{
	struct convert_options *own = &run->stack_options;
	struct btrfs_super_block super;
	seed_files_open(&run->seed_files, &run->seeds);
	int err = filesystem_read_super(&run->seed_files.list[0], &super);
	if (!err)
		err = filesystem_check_super(&run->seed_files.list[0], &super);
	if (err)
		return err;
	*own = run->options->convert;
	own->data.csum = own->image.csum = (enum btrfs_csum_type)from_le16(super.csum_type);
	own->data.nodesize = own->reader.nodesize = own->tree.nodesize = own->image.nodesize =
		from_le32(super.nodesize);
	return 0;
}

static int open_files(struct run *run)
{
	const struct options *options = run->options;
	const struct convert_options *convert = &options->convert;
	int err = archives_open(options->archives, options->nr_archives, archives_kind(options),
				&run->archives);
	if (!err && options->parent)
		err = archives_open(&options->parent, 1, archives_kind(options),
				    &run->parent_archives);
	if (!err && options->sprout.nr_seeds)
		err = archives_open(options->sprout.seeds, options->sprout.nr_seeds,
				    ARCHIVES_FILESYSTEM, &run->seeds);
	run->outputs =
		outputs_new(&run->archives, options->parent ? &run->parent_archives : &run->seeds);
	if (!err && options->sprout.nr_seeds) {
		err = read_seed_options(run);
		convert = &run->stack_options;
	}
	if (!err)
		err = output_open(run->outputs, options->output,
				  options->convert.send.version ? OUTPUT_ARCHIVE : OUTPUT_IMAGE,
				  &run->output);
	if (!err)
		err = report_open(&options->report, options->output, run->outputs, &run->report);
	if (!err)
		err = convert_open(&run->convert, convert);
	return err || !options->parent ? err : open_parent(run);
}

static int enter_sandbox(struct run *run)
{
	struct sandbox sandbox = { 0 };
	if (!run->options->sandbox)
		return 0;
	archives_allow(&run->archives, &sandbox);
	archives_allow(&run->parent_archives, &sandbox);
	outputs_allow(run->outputs, &sandbox);
	return sandbox_enter(&sandbox, run->options->convert.spool_dir);
}

/* Show the progress of another reading. @spooled: NULL: what it spools is not written next */
static void show_reading(struct run *run, const char *name, const struct convert *convert,
			 u64 total_bytes, const struct spool_written *spooled)
{
	const struct progress_phase phase = {
		.name = name,
		.bytes = &convert->counts.input_bytes,
		.total_bytes = total_bytes,
		.members = &convert->counts.members,
		.later_bytes = spooled ? &spooled->bytes : NULL,
		.later_nsec = spooled ? &spooled->nsec : NULL,
	};
	if (run->progress)
		progress_next(run->progress, &phase);
	else
		run->progress = progress_start(run->options->report.progress, &phase);
}

/* An image that was cut off, or a blank device, may be zeros only: an archive without members. */
static int refuse_no_parent(const struct run *run)
{
	const char *name = run->parent_archives.inputs[0].name;
	char quoted[QUOTE_BYTES];
	if (run->parent.counts.members)
		return 0;
	return fail(-EINVAL, "%s holds neither a btrfs filesystem nor a member of an archive",
		    quote(quoted, name, strlen(name)));
}

static int read_parent(struct run *run)
{
	if (!run->options->parent)
		return 0;
	/* How many bytes the files of an image have is not known. */
	show_reading(run, "reading the parent", &run->parent,
		     run->parent_options.source.is_wanted ? 0
							  : archives_bytes(&run->parent_archives),
		     NULL);
	diag_set_input("parent");
	int err = convert_read(&run->parent, run->parent_archives.inputs, run->parent_archives.nr);
	if (!err)
		err = refuse_no_parent(run);
	diag_set_input(NULL);
	return err;
}

static int read_seed(struct run *run)
{
	const struct image_options *own = &run->stack_options.image;
	if (!run->options->sprout.nr_seeds)
		return 0;
	int err = stack_open(run->seed_files.list, run->seed_files.nr, &run->stack);
	if (err)
		return err;
	const struct btrfs_super_block *super = stack_super(run->stack);
	run->convert.stack = run->stack;
	if (from_le32(super->nodesize) != own->nodesize ||
	    from_le16(super->csum_type) != (u16)own->csum)
		return fail(-EINVAL, "the seeds differ in node size or checksums");
	return 0;
}

static int read_inputs(struct run *run)
{
	const struct report_options *report = &run->options->report;
	const struct reader_counts *counts = &run->convert.counts;
	show_reading(run, "reading", &run->convert,
		     report->input_bytes ? report->input_bytes : archives_bytes(&run->archives),
		     spool_written(run->convert.content->stores[CONTENT_DATA_SPOOL]));
	int err = convert_read(&run->convert, run->archives.inputs, run->archives.nr);
	if (!err)
		info("%llu members in %llu bytes read", (unsigned long long)counts->members,
		     (unsigned long long)counts->input_bytes);
	return err;
}

/* Of the room where the output goes. The spool is given back as a new file grows. */
static u64 room_needed(const struct run *run)
{
	const struct spool *spool = run->convert.content->stores[CONTENT_DATA_SPOOL];
	const u64 needed = convert_needed_bytes(&run->convert);
	struct stat to, from;
	if (fstat(output_fd(run->output), &to) || fstat(spool_fd(spool), &from) ||
	    to.st_dev != from.st_dev)
		return needed;
	return needed - min_u64(needed, spool_size(spool));
}

static int write_result(struct run *run)
{
	const struct image_output to = {
		.fd = output_fd(run->output),
		.name = output_name(run->output),
		.sparse = output_is_new(run->output),
		.seekable = output_is_seekable(run->output),
		.digest = report_digest(run->report),
		.written = &run->written,
		.threads = run->options->convert.data.threads,
	};
	const struct progress_phase writing = {
		.name = "writing",
		.bytes = &run->written,
		.total_bytes = convert_bytes(&run->convert),
	};
	progress_next(run->progress, &writing);
	int err = convert_write(&run->convert, &to);
	progress_stop(run->progress);
	run->progress = NULL;
	return err;
}

static void inform(const struct convert *convert)
{
	const unsigned long long bytes = convert_bytes(convert);
	char fsid[UUID_STR_LEN];
	if (convert->send) {
		info("send stream of %llu bytes written, subvolumes: %u", bytes,
		     send_nr_subvols(convert->send));
		return;
	}
	uuid_unparse_lower(image_fsid(convert->image), fsid);
	info("image of %llu bytes written, filesystem id %s", bytes, fsid);
}

/* The output is written: put it and the reports in place. */
static int commit(struct run *run)
{
	int err = report_image(run->report);
	if (!err)
		err = report_figures(run->report, &run->convert);
	if (!err)
		err = outputs_commit(run->outputs, convert_bytes(&run->convert));
	if (!err)
		inform(&run->convert);
	return err;
}

static int run_steps(struct run *run)
{
	int err = checksum_init();
	if (!err)
		err = open_files(run);
	if (!err)
		err = enter_sandbox(run);
	if (!err)
		err = read_parent(run);
	if (!err)
		err = read_seed(run);
	if (!err)
		err = read_inputs(run);
	if (!err)
		err = report_tree(run->report, run->convert.tree, run->convert.content);
	if (!err)
		err = convert_plan(&run->convert);
	if (!err)
		err = output_begin(run->output, convert_bytes(&run->convert), room_needed(run));
	if (!err)
		err = write_result(run);
	return err ? err : commit(run);
}

int run(const struct options *options)
{
	struct run run = {
		.options = options,
		.archives.role = "archive",
		.parent_archives.role = "parent",
		.seeds.role = "seed",
	};
	int err = run_steps(&run);
	progress_stop(run.progress);
	convert_free(&run.convert);
	convert_free(&run.parent);
	report_close(run.report);
	outputs_free(run.outputs);
	archives_close(&run.archives);
	archives_close(&run.parent_archives);
	stack_close(run.stack);
	seed_files_release(&run.seed_files);
	archives_close(&run.seeds);
	return err;
}
