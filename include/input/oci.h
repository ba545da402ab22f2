/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Container images, as a directory or as an archive of one: OCI layouts, docker-archives, skopeo's
 * dir:. The caller reads the layers in order, each over those before it. Every digest and size that
 * the image states is verified.
 */
#ifndef INPUT_OCI_H
#define INPUT_OCI_H

#include "input/reader.h"

/* Which image, if the input has several ones. */
struct oci_options {
	const char *image;    /* NAME[:TAG], or a digest (docker-archive: of the configuration,
				 else of the manifest); NULL: any */
	const char *platform; /* OS/ARCHITECTURE[/VARIANT], checked; NULL: any */
	const char *spool_dir;
	u64 max_entries; /* most files and links of an image archive; 0: any number */
};

struct oci;

/* oci_platform_is_valid - whether @text may be the platform of struct oci_options */
bool oci_platform_is_valid(const char *text);

/*
 * oci_open - index @input and choose an image
 * @input:   an archive with its members in any order, or a directory
 * @options: must stay valid
 * @reader:  max_bytes limits the unpacked archive
 * @counts:  the bytes read from an archive's descriptor are added
 * Returns 0, or a negative errno after printing. Release with oci_close() after the filesystem
 * image was written: data of layers may be read again until then.
 */
int oci_open(const struct reader_input *input, const struct oci_options *options,
	     const struct reader_options *reader, struct reader_counts *counts, struct oci **oci);
void oci_close(struct oci *oci);

/* oci_nr_layers - number of layers; layer 0 is the lowest one */
size_t oci_nr_layers(const struct oci *oci);

/*
 * oci_begin_layer - get layer @nr as an input for reader_run()
 * @input: result; the caller adds plain_digest
 * Returns 0, or a negative errno after printing.
 */
int oci_begin_layer(struct oci *oci, size_t nr, struct reader_input *input);

/*
 * oci_end_layer - verify the digests of layer @nr, after reader_run() read it
 * @plain_digest: SHA-256 of the unpacked bytes
 * Returns 0, or -EBADMSG after printing.
 */
int oci_end_layer(struct oci *oci, size_t nr, const u8 plain_digest[32]);

/* oci_warn_of_files - warn if @tree, which is finished, consists of the files of such an image */
void oci_warn_of_files(const struct tree *tree);

/* oci_config - the configuration of the image, byte for byte; valid until oci_close() */
const void *oci_config(const struct oci *oci, size_t *bytes);

#endif
