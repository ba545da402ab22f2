/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "convert/convert.h"
#include "import.h"

#include "base/diag.h"
#include "base/hex.h"
#include "model/blob_order.h"
#include "model/pack_tails.h"

/* Note that @step, which returned @err, is done. A step that failed is not: none may follow it. */
static int end_step(struct convert *c, enum convert_step step, int err)
{
	if (!err)
		c->done = step;
	return err;
}

int convert_open(struct convert *c, const struct convert_options *options)
{
	int err = 0;
	*c = (struct convert){ .options = options };
	if (options->selinux_contexts)
		err = selinux_open(options->selinux_contexts, &c->labels);
	if (!err && options->verity_signatures)
		err = signatures_read(options->verity_signatures, &c->signatures);
	if (!err)
		err = content_new(options->spool_dir, &c->content);
	if (err)
		return err;
	c->tree = tree_new(&options->tree);
	if (options->plan)
		err = mtree_plan_read(options->plan, &options->reader, c->tree, &c->plan);
	return end_step(c, CONVERT_OPENED, err);
}

/* ---- reading -------------------------------------------------------------------- */

/* The subvolume of a layer bears the digest of its unpacked bytes, which container images know. */
static int keep_layer(struct convert *c, const u8 digest[32])
{
	char hex[2 * 32 + 1];
	hex_encode(digest, 32, hex);
	return tree_keep_layer(c->tree, c->data, hex);
}

/* Add a file with the container image's configuration. */
static int keep_config(struct convert *c, const char *path)
{
	struct inode *inode;
	size_t bytes;
	const void *config = oci_config(c->oci, &bytes);
	int err = tree_make_file(c->tree, path, strlen(path), bytes, &inode);
	if (err)
		return err;
	file_data_begin(c->data, inode, tree_storage(c->tree, inode));
	err = file_data_write(c->data, 0, config, bytes, NULL);
	return err ? err : file_data_end(c->data);
}

/* Read an archive, or with whiteouts a layer. @nr: of the container image's layers */
static int read_input(struct convert *c, struct reader_input *input, size_t nr)
{
	const struct convert_options *options = c->options;
	const bool is_last = c->oci && nr + 1 == oci_nr_layers(c->oci);
	struct sha256 *plain = c->oci || options->keep_layers ? sha256_new() : NULL;
	u8 digest[32] = { 0 };
	input->plain_digest = plain ? &plain : NULL;
	if (options->tree.whiteouts)
		tree_begin_layer(c->tree);
	int err = reader_run(input, &options->reader, c->tree, c->data, &c->counts);
	input->plain_digest = NULL;
	if (plain)
		sha256_finish(plain, digest);
	if (!err && c->oci)
		err = oci_end_layer(c->oci, nr, digest);
	if (!err && options->tree.whiteouts)
		err = tree_end_layer(c->tree);
	if (!err && is_last && options->oci_config)
		err = keep_config(c, options->oci_config);
	if (!err && options->keep_layers)
		err = keep_layer(c, digest);
	return err;
}

static int read_archives(struct convert *c, const struct convert_input *inputs, size_t nr)
{
	int err = 0;
	for (size_t i = 0; i < nr && !err; i++) {
		struct reader_input input = { .fd = inputs[i].fd,
					      .name = inputs[i].name,
					      .bytes = UINT64_MAX };
		err = read_input(c, &input, i);
	}
	return err;
}

static int read_container_image(struct convert *c, const struct convert_input *image)
{
	const struct reader_input file = { .fd = image->fd,
					   .name = image->name,
					   .bytes = UINT64_MAX };
	int err = oci_open(&file, &c->options->oci, &c->options->reader, &c->counts, &c->oci);
	if (err)
		return err;
	for (size_t i = 0; i < oci_nr_layers(c->oci) && !err; i++) {
		struct reader_input input;
		err = oci_begin_layer(c->oci, i, &input);
		if (!err)
			err = read_input(c, &input, i);
	}
	return err;
}

static int read_all_inputs(struct convert *c, const struct convert_input *inputs, size_t nr)
{
	if (c->options->source.is_wanted)
		return import_image(inputs, c->options, c->tree, c->data, &c->counts);
	return c->options->is_oci ? read_container_image(c, inputs) : read_archives(c, inputs, nr);
}

static int build_verity(struct convert *c)
{
	const struct verity_options options = {
		.params = c->options->data.verity,
		.max_tree_bytes = c->options->reader.max_bytes,
		.sign = c->signatures ? signatures_find : NULL,
		.context = c->signatures,
	};
	int err = verity_build(c->tree, c->content, &options);
	if (!err && c->options->send.version && c->content->verity)
		err = fail(-ENOTSUP,
			   "the plan asks for fs-verity, which a send stream cannot have");
	if (err)
		return err;
	signatures_warn(c->signatures);
	if (c->content->verity)
		info("%llu files with fs-verity, %llu of them signed",
		     (unsigned long long)verity_nr_files(c->content->verity),
		     (unsigned long long)verity_nr_signed(c->content->verity));
	return 0;
}

/* All members are in the tree: add what does not come from archives, and put it in order. */
static int finish_tree(struct convert *c)
{
	const u32 pack_bytes = c->options->data.pack_bytes;
	int err = tree_bind_links(c->tree, c->content);
	if (!err)
		err = mtree_plan_apply(c->plan, c->tree);
	if (!err)
		err = tree_finish(c->tree, c->content);
	if (!err && c->stack)
		err = tree_renumber(c->tree, stack_names(c->stack));
	if (!err)
		err = selinux_apply(c->labels, c->tree);
	if (!err)
		err = tree_apply_rules(c->tree, c->content, c->data);
	if (!err)
		err = file_data_flush(c->data);
	if (!err)
		err = build_verity(c);
	if (!err && pack_bytes)
		err = pack_tails(c->data, c->content, c->tree, pack_bytes);
	if (!err && c->stack)
		err = stack_find_data(c->stack, c->content);
	if (err)
		return err;
	tree_derive_uuids(c->tree, c->content);
	if (c->options->send.version)
		tree_derive_top_uuid(c->tree, c->content, c->options->send.subvol_name);
	blob_order_apply(c->content, c->tree);
	return 0;
}

int convert_read(struct convert *c, const struct convert_input *inputs, size_t nr)
{
	assert(c->done == CONVERT_OPENED && (!c->options->is_oci || nr == 1));
	c->data = file_data_new(&c->options->data, c->content);
	int err = read_all_inputs(c, inputs, nr);
	if (!err)
		err = file_data_flush(c->data);
	if (!err)
		err = finish_tree(c);
	if (!err && !c->options->is_oci)
		oci_warn_of_files(c->tree);
	if (!err)
		diag_end_kinds();
	file_data_free(c->data);
	c->data = NULL;
	return end_step(c, CONVERT_HAS_TREE, err);
}

/* ---- writing -------------------------------------------------------------------- */

static int plan_stream(struct convert *c)
{
	int err = 0;
	if (!c->parent) {
		err = send_plan(&c->options->send, c->tree, c->content, NULL, &c->send);
	} else {
		assert(c->parent->done == CONVERT_HAS_TREE);
		c->send_parent = (struct send_parent){ c->parent->tree, c->parent->content };
		err = send_plan(&c->options->send, c->tree, c->content, &c->send_parent, &c->send);
		if (!err)
			err = content_check_archives(c->parent->content);
	}
	if (!err)
		diag_end_kinds();
	return err;
}

static int plan_image(struct convert *c)
{
	struct image_options options = c->options->image;
	int err = 0;
	if (c->stack) {
		stack_set_options(c->stack, &options);
		err = stack_image(c->stack, c->tree, c->content, &options.grows_on);
	}
	return err ? err : image_plan(&options, c->tree, c->content, &c->image);
}

int convert_plan(struct convert *c)
{
	const struct convert_options *options = c->options;
	assert(c->done == CONVERT_HAS_TREE);
	int err = options->send.version ? plan_stream(c) : plan_image(c);
	if (!err)
		err = content_check_archives(c->content);
	return end_step(c, CONVERT_PLANNED, err);
}

u64 convert_bytes(const struct convert *c)
{
	return c->send ? send_bytes(c->send) : image_bytes(c->image);
}

u64 convert_needed_bytes(const struct convert *c)
{
	return c->send ? send_bytes(c->send) : image_needed_bytes(c->image);
}

static int write_stream(struct send *send, const struct image_output *output)
{
	const struct send_output to = {
		.fd = output->fd,
		.name = output->name,
		.digest = output->digest,
		.written = output->written,
	};
	return send_write(send, &to);
}

int convert_write(struct convert *c, const struct image_output *output)
{
	assert(c->done == CONVERT_PLANNED);
	int err = c->send ? write_stream(c->send, output) : image_write(c->image, output);
	if (!err)
		err = content_check_archives(c->content);
	if (!err && c->stack)
		err = stack_check_unchanged(c->stack);
	return end_step(c, CONVERT_WRITTEN, err);
}

void convert_free(struct convert *c)
{
	image_free(c->image);
	send_free(c->send);
	mtree_plan_free(c->plan);
	tree_free(c->tree);
	verity_free(c->content ? c->content->verity : NULL);
	content_free(c->content);
	oci_close(c->oci);
	selinux_close(c->labels);
	signatures_free(c->signatures);
}
