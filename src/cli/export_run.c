/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "export_run.h"
#include "digest_line.h"
#include "export_info.h"
#include "export_manifest.h"
#include "output.h"
#include "value.h"

#include "base/io.h"
#include "base/mem.h"
#include "convert/export.h"
#include "disk/checksum.h"
#include "read/subvolume.h"

#include <fcntl.h>
#include <stdio.h>

struct export_run {
	const struct export_command *command;
	struct archives images;
	struct filesystem_device *devices;
	char (*names)[QUOTE_BYTES]; /* of the devices */
	struct outputs *outputs;
	struct output *output;            /* NULL: nothing goes there */
	struct output *manifest, *digest; /* NULL: not wanted */
	struct filesystem *fs;
	struct export_options options;
};

/* ---- files ------------------------------------------------------------------------- */

/* Open the first @nr operands. */
static int open_images(struct export_run *run, size_t nr)
{
	archives_close(&run->images);
	run->images = (struct archives){ .role = "image" };
	int err = archives_open(run->command->operands, nr, ARCHIVES_FILESYSTEM, &run->images);
	xfree(run->devices);
	xfree(run->names);
	run->devices = xzalloc(nr * sizeof(*run->devices));
	run->names = xzalloc(nr * sizeof(*run->names));
	for (size_t i = 0; i < run->images.nr; i++) {
		const struct convert_input *image = &run->images.inputs[i];
		run->devices[i].fd = image->fd;
		run->devices[i].name = quote(run->names[i], image->name, strlen(image->name));
	}
	return err;
}

/* All operands are images, and there should be more. */
static int open_degraded(struct export_run *run, u64 nr)
{
	const size_t have = run->command->nr_operands;
	warning("%s: devices missing: %llu of %llu", run->devices[0].name,
		(unsigned long long)(nr - have), (unsigned long long)nr);
	return open_images(run, have);
}

/* The first image says how many operands are images. This is all that is read before the sandbox. */
static int open_all_images(struct export_run *run)
{
	const struct export_command *command = run->command;
	int err = open_images(run, 1);
	if (err)
		return err;
	const s64 nr = filesystem_count_devices(&run->devices[0]);
	if (nr < 0)
		return (int)nr;
	if ((u64)nr > command->nr_operands && command->degraded)
		return open_degraded(run, (u64)nr);
	if ((u64)nr > command->nr_operands)
		return fail_hint(-EINVAL, HINT_DEGRADED,
				 "%s is one of %lld devices: all of them are needed, found %zu",
				 run->devices[0].name, (long long)nr, command->nr_operands);
	run->options.paths = command->operands + nr;
	run->options.nr_paths = command->nr_operands - (size_t)nr;
	return nr > 1 ? open_images(run, (size_t)nr) : 0;
}

/* @path: NULL is the output. */
static int open_report(struct export_run *run, const char *path, struct output **output)
{
	*output = run->output;
	return path ? output_open(run->outputs, path, OUTPUT_TEXT, output) : 0;
}

static int open_export_output(struct export_run *run)
{
	const struct export_command *c = run->command;
	const bool is_text = c->list || c->cat || c->info || export_lists_content(c);
	int err = 0;
	run->outputs = outputs_new(&run->images, NULL);
	if (export_uses_output(c))
		err = output_open(run->outputs, c->output, is_text ? OUTPUT_TEXT : OUTPUT_ARCHIVE,
				  &run->output);
	if (!err && c->manifest)
		err = open_report(run, c->manifest_path, &run->manifest);
	return err || !c->content_digest ? err : open_report(run, c->digest_path, &run->digest);
}

static int enter_export_sandbox(const struct export_run *run)
{
	struct sandbox sandbox = { 0 };
	if (!run->command->sandbox)
		return 0;
	outputs_allow(run->outputs, &sandbox);
	return sandbox_enter(&sandbox, NULL);
}

/* ---- what is wanted ---------------------------------------------------------------- */

/* The subvolume that the user named by its id, or by its path from the top level on. */
static int find_subvolume(struct export_run *run, const char *text)
{
	struct subvolume_place place;
	char quoted[QUOTE_BYTES];
	if (value_number(text, 0, UINT64_MAX, &run->options.subvolume))
		return 0;
	int err = subvolume_resolve(run->fs, BTRFS_FS_TREE_OBJECTID, text, &place);
	if (err)
		return err;
	if (!place.entry.is_subvolume)
		return fail(-EINVAL, "%s is no subvolume", quote(quoted, text, strlen(text)));
	run->options.subvolume = place.entry.id;
	return 0;
}

static int choose_subvolume(struct export_run *run)
{
	const struct export_command *command = run->command;
	run->options.subvolume = BTRFS_FS_TREE_OBJECTID;
	if (command->all_subvols)
		return 0;
	if (command->subvol)
		return find_subvolume(run, command->subvol);
	return subvolume_default(run->fs, &run->options.subvolume);
}

static int check_paths(const struct export_run *run)
{
	char quoted[QUOTE_BYTES];
	const struct export_command *c = run->command;
	if (!run->options.nr_paths || !(c->cat || c->info || export_lists_content(c)))
		return 0;
	const char *path = run->options.paths[0];
	return fail(-EINVAL, "found the operand '%s' with %s, allowed: images only",
		    quote(quoted, path, strlen(path)),
		    c->cat        ? "--cat"
		    : c->info     ? "--info"
		    : c->manifest ? "--manifest"
				  : "--content-digest");
}

/* ---- the run ----------------------------------------------------------------------- */

/* Print lines; the descriptor stays the output's. */
static int print_lines(struct export_run *run)
{
	const struct export_command *command = run->command;
	int fd = fcntl(output_fd(run->output), F_DUPFD_CLOEXEC, 0);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	if (!out)
		return fail_errno("cannot write %s", output_name(run->output));
	int err = command->info ? export_info(run->fs, command, run->devices, out,
					      output_name(run->output))
				: export_list(run->fs, &run->options, command->level == DIAG_INFO,
					      out, output_name(run->output));
	fclose(out);
	return err;
}

/* The manifest, the line with its digest, or both. */
static int write_content_reports(struct export_run *run)
{
	const struct export_command *c = run->command;
	const char *name = !c->manifest ? "-" : c->manifest_path ? c->manifest_path : c->output;
	u8 digest[MANIFEST_DIGEST_BYTES];
	size_t len;
	int err = export_manifest(run->fs, &run->options,
				  run->manifest ? output_fd(run->manifest) : -1, "the manifest",
				  digest);
	if (err || !run->digest)
		return err;
	char *line = digest_line(digest, name, &len);
	err = io_write_full(output_fd(run->digest), line, len);
	xfree(line);
	return err ? fail(err, "cannot write the digest: %s", strerror(-err)) : 0;
}

static int write_output(struct export_run *run)
{
	const struct export_command *command = run->command;
	if (export_lists_content(command))
		return write_content_reports(run);
	if (command->list || command->info)
		return print_lines(run);
	if (!command->cat)
		return export_tar(run->fs, &run->options, output_fd(run->output),
				  output_name(run->output));
	run->options.paths = &command->cat;
	run->options.nr_paths = 1;
	return export_cat(run->fs, &run->options, output_fd(run->output), output_name(run->output));
}

static int export_steps(struct export_run *run)
{
	const struct export_command *command = run->command;
	int err = checksum_init();
	if (!err)
		err = open_all_images(run);
	if (!err)
		err = check_paths(run);
	if (!err)
		err = open_export_output(run);
	if (!err)
		err = enter_export_sandbox(run);
	if (!err)
		err = filesystem_open(run->devices, (u32)run->images.nr, command->ignore_log,
				      &run->fs);
	if (!err)
		err = choose_subvolume(run);
	if (!err)
		err = write_output(run);
	return err ? err : outputs_commit(run->outputs, 0);
}

int export_run(const struct export_command *command)
{
	struct export_run run = {
		.command = command,
		.options = { .threads = command->threads, .keep_times = command->keep_times },
	};
	int err = export_steps(&run);
	filesystem_close(run.fs);
	outputs_free(run.outputs);
	archives_close(&run.images);
	xfree(run.devices);
	xfree(run.names);
	return err;
}
