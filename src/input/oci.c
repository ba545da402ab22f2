/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the chosen image to its layers, and they into the tree. */
#include "oci_private.h"

#include "base/diag.h"

#include <errno.h>
#include <unistd.h>

static int find_layer(struct oci *oci, const char *name, struct oci_layer *layer)
{
	int found = oci_files_find(oci->files, name, &layer->file);
	if (found < 0)
		return found;
	return found ? 0 : fail(-ENOENT, "%s: it is not there", layer->name);
}

/* Whether a layer is one that can be read; if not, say why by its type. */
static int check_type(const struct oci_layer *layer, const char *type)
{
	static const char *const known[] = {
		"application/vnd.oci.image.layer.v1.tar",
		"application/vnd.oci.image.layer.v1.tar+gzip",
		"application/vnd.oci.image.layer.v1.tar+zstd",
		"application/vnd.docker.image.rootfs.diff.tar",
		"application/vnd.docker.image.rootfs.diff.tar.gzip",
		"application/vnd.docker.image.rootfs.diff.tar.zstd",
	};
	const char *kind = "of unknown type";
	char q[QUOTE_BYTES];
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(type, known[i]))
			return 0;
	if (strstr(type, "+encrypted"))
		kind = "encrypted";
	else if (strstr(type, ".nondistributable.") || strstr(type, ".foreign."))
		kind = "foreign (it is not part of images)";
	return fail(-ENOTSUP, "%s: it is %s: '%s': not supported, allowed: tar, tar+gzip, tar+zstd",
		    layer->name, kind, quote(q, type, strlen(type)));
}

static int take_layer(struct oci *oci, const struct oci_descriptor *d, struct oci_layer *layer)
{
	int err = check_type(layer, d->media_type);
	if (!err)
		err = find_layer(oci, oci_blob_name(oci, d->digest), layer);
	if (!err && layer->file.bytes != d->bytes)
		err = fail(-EBADMSG, "%s: it has %llu bytes, the image says %llu", layer->name,
			   (unsigned long long)layer->file.bytes, (unsigned long long)d->bytes);
	layer->digest = d->digest;
	return err;
}

static int take_layers(struct oci *oci, const struct oci_candidate *image,
		       const struct oci_manifest *manifest, const struct oci_config *config)
{
	const struct oci_docker_image *docker = image->docker;
	size_t nr = docker ? docker->layers.nr : manifest->layers.nr;
	if (nr != config->diff_ids.nr)
		return fail(-EINVAL, "%s: %zu layers, its configuration has diff_ids of %zu",
			    oci->name, nr, config->diff_ids.nr);
	oci->layers = arena_alloc(&oci->arena, nr * sizeof(*oci->layers));
	oci->nr_layers = nr;
	int err = 0;
	for (size_t i = 0; i < nr && !err; i++) {
		struct oci_layer *layer = &oci->layers[i];
		layer->diff_id = config->diff_ids.items[i];
		layer->name =
			oci_format(oci, "%s: layer %zu (%.19s)", oci->name, i + 1,
				   docker ? layer->diff_id : manifest->layers.items[i].digest);
		err = docker ? find_layer(oci, docker->layers.items[i], layer)
			     : take_layer(oci, &manifest->layers.items[i], layer);
	}
	return err;
}

static int take_image(struct oci *oci)
{
	struct oci_candidate image;
	struct oci_manifest manifest;
	struct oci_config config;
	struct oci_text text;
	int err = oci_choose(oci, &image);
	if (!err)
		err = oci_load_image(oci, &image, &manifest, &config, &text);
	if (err)
		return err;
	oci->config = text.bytes;
	oci->config_bytes = text.len;
	return take_layers(oci, &image, &manifest, &config);
}

int oci_open(const struct reader_input *input, const struct oci_options *options,
	     const struct reader_options *reader, struct reader_counts *counts, struct oci **oci)
{
	struct oci *o = xzalloc(sizeof(*o));
	o->name = input->name;
	o->options = options;
	o->reader = reader;
	o->counts = counts;
	int err = oci_files_open(input, options, reader, &counts->input_bytes, &o->files);
	if (!err)
		err = take_image(o);
	if (err)
		oci_close(o);
	else
		*oci = o;
	return err;
}

void oci_close(struct oci *oci)
{
	u8 unused[32];
	if (!oci)
		return;
	if (oci->layer_sum)
		sha256_finish(oci->layer_sum, unused);
	oci_files_close(oci->files);
	xfree(oci->config);
	arena_free(&oci->arena);
	xfree(oci);
}

/* ---- layers --------------------------------------------------------------------- */

size_t oci_nr_layers(const struct oci *oci)
{
	return oci->nr_layers;
}

int oci_begin_layer(struct oci *oci, size_t nr, struct reader_input *input)
{
	const struct oci_layer *layer = &oci->layers[nr];
	assert(!oci->layer_sum);
	if (lseek(layer->file.fd, (off_t)layer->file.offset, SEEK_SET) < 0)
		return fail_errno("%s: cannot read", layer->name);
	oci->layer_sum = sha256_new();
	*input = (struct reader_input){
		.fd = layer->file.fd,
		.name = layer->name,
		.bytes = layer->file.bytes,
		.raw_digest = oci->layer_sum,
		.is_known = oci_files_are_spooled(oci->files),
	};
	return 0;
}

int oci_end_layer(struct oci *oci, size_t nr, const u8 plain_digest[32])
{
	const struct oci_layer *layer = &oci->layers[nr];
	u8 digest[32];
	sha256_finish(oci->layer_sum, digest);
	oci->layer_sum = NULL;
	int err = oci_check_digest(digest, layer->digest, layer->name, "digest");
	return err ? err : oci_check_digest(plain_digest, layer->diff_id, layer->name, "diff_id");
}

int oci_keep_config(const struct oci *oci, const char *path, struct tree *tree,
		    struct file_data *data)
{
	struct inode *inode;
	int err = tree_make_file(tree, path, strlen(path), oci->config_bytes, &inode);
	if (err)
		return err;
	file_data_begin(data, inode, tree_storage(tree, inode));
	err = file_data_write(data, 0, oci->config, oci->config_bytes, NULL);
	return err ? err : file_data_end(data);
}
