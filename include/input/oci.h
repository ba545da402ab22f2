/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Container images: an OCI layout, as a directory or an archive of one, or a docker-archive. Their
 * layers go into the tree, each over those before it; every digest and size is verified.
 */
#ifndef INPUT_OCI_H
#define INPUT_OCI_H

#include "input/reader.h"

/* Which image of those that are there; NULL: there is one only. */
struct oci_options {
	const char *image;    /* NAME[:TAG], or a manifest's digest */
	const char *platform; /* OS/ARCHITECTURE[/VARIANT], checked */
	const char *spool_dir;
	u64 max_entries; /* of an image archive; 0: any number */
};

struct oci;

/* oci_platform_is_valid - whether @text may be oci_options.platform */
bool oci_platform_is_valid(const char *text);

/*
 * oci_open - find out what @input holds, and choose an image
 * @input:   an archive in any order of members, or the descriptor of a directory
 * @options: both must stay valid
 * @counts:  added to
 * Returns 0, or a negative errno after printing. Release with oci_close(), after the image was
 * written: data of layers may stay where they are until then.
 */
int oci_open(const struct reader_input *input, const struct oci_options *options,
	     const struct reader_options *reader, struct reader_counts *counts, struct oci **oci);
void oci_close(struct oci *oci);

/* oci_nr_layers - of the image; they are read in order, from 0, the lowest */
size_t oci_nr_layers(const struct oci *oci);

/*
 * oci_begin_layer - @input becomes what reader_run() is to read for layer @nr
 * The caller adds plain_digest. Returns 0, or a negative errno after printing.
 */
int oci_begin_layer(struct oci *oci, size_t nr, struct reader_input *input);

/*
 * oci_end_layer - reader_run() read all of layer @nr: verify its digests
 * @plain_digest: SHA-256 of the unpacked bytes
 * Returns 0, or -EBADMSG after printing.
 */
int oci_end_layer(struct oci *oci, size_t nr, const u8 plain_digest[32]);

/* oci_keep_config - add a file at @path with the image's configuration; errors as tree_add() */
int oci_keep_config(const struct oci *oci, const char *path, struct tree *tree,
		    struct file_data *data);

#endif
