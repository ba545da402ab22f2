/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the files of the chosen image's layers, and hands them out one by one. */
#include "oci_private.h"

#include "base/diag.h"

#include <ctype.h>
#include <errno.h>
#include <unistd.h>

static int check_layer_type(const struct oci_layer *layer, const char *type)
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

/* @path: of a docker-archive's layer; @d: else its descriptor */
static int find_layer(struct oci *oci, const char *path, const struct oci_descriptor *d,
		      struct oci_layer *layer)
{
	int found = d ? check_layer_type(layer, d->media_type) : 0;
	if (!found)
		found = d ? oci_find_blob(oci, d->digest, &layer->file)
			  : oci_files_find(oci->files, path, &layer->file);
	if (found < 0)
		return found;
	if (!found)
		return fail(-ENOENT, "%s: it is not there", layer->name);
	if (d && layer->file.bytes != d->bytes)
		return fail(-EBADMSG, "%s: it has %llu bytes, the image says %llu", layer->name,
			    (unsigned long long)layer->file.bytes, (unsigned long long)d->bytes);
	layer->digest = d ? d->digest : NULL;
	return 0;
}

static int find_layers(struct oci *oci, const struct oci_candidate *image,
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
		const struct oci_descriptor *d = docker ? NULL : &manifest->layers.items[i];
		layer->diff_id = config->diff_ids.items[i];
		layer->name = oci_format(oci, "%s: layer %zu (%.19s)", oci->name, i + 1,
					 d ? d->digest : layer->diff_id);
		err = find_layer(oci, docker ? docker->layers.items[i] : NULL, d, layer);
	}
	return err;
}

static int find_image(struct oci *oci)
{
	struct oci_candidate image;
	struct oci_manifest manifest = { .layers = { .nr = 0 } };
	struct oci_config config;
	struct oci_document doc;
	int err = oci_choose(oci, &image);
	if (!err && !image.docker)
		err = oci_load_manifest(oci, &image, &manifest);
	if (!err)
		err = oci_load_config(oci, &image, &manifest, &config, &doc);
	if (err)
		return err;
	oci->config = doc.bytes;
	oci->config_bytes = doc.len;
	doc.bytes = NULL;
	oci_document_free(&doc);
	return find_layers(oci, &image, &manifest, &config);
}

int oci_open(const struct reader_input *input, const struct oci_options *options,
	     const struct reader_options *reader, struct reader_counts *counts, struct oci **oci)
{
	struct oci *o = xzalloc(sizeof(*o));
	o->name = input->name;
	o->options = options;
	int err = oci_files_open(input, options, reader, &counts->input_bytes, &o->files);
	if (!err)
		err = find_image(o);
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
		.is_whole = true,
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

const void *oci_config(const struct oci *oci, size_t *bytes)
{
	*bytes = oci->config_bytes;
	return oci->config;
}

/* Blobs are called by their digests: a directory of them, or in docker-archives their names. */
static bool is_of_blobs(const struct dentry *d)
{
	size_t digits = 0;
	while (digits < d->name_len && isxdigit((u8)d->name[digits]))
		digits++;
	return digits >= 64 || (d->name_len == 5 && !memcmp(d->name, "blobs", 5)) ||
	       (d->name_len > 7 && !memcmp(d->name, "sha256:", 7));
}

void oci_warn_of_files(const struct tree *tree)
{
	const struct inode *root = tree_root(tree);
	bool has_list = false, has_blobs = false;
	for (u32 i = 0; i < root->nr; i++) {
		const struct dentry *d = root->sorted[i];
		has_list |= (d->name_len == 10 && !memcmp(d->name, "index.json", 10)) ||
			    (d->name_len == 13 && !memcmp(d->name, "manifest.json", 13));
		has_blobs |= is_of_blobs(d);
	}
	if (has_list && has_blobs)
		warning_hint(HINT_CONTAINER,
			     "this looks like a container image: its files are kept as they are");
}
