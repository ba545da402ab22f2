/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What oci.c, oci_choose.c and oci_load.c share; each uses only those behind it. */
#ifndef INPUT_OCI_PRIVATE_H
#define INPUT_OCI_PRIVATE_H

#include "input/oci.h"
#include "oci_files.h"
#include "oci_json.h"

struct oci_layer {
	struct oci_file file;
	const char *name;    /* for messages */
	const char *digest;  /* of the bytes as they are; NULL: not told */
	const char *diff_id; /* of them unpacked */
};

struct oci {
	const char *name; /* of the input, for messages */
	const struct oci_options *options;
	const struct reader_options *reader;
	struct reader_counts *counts;
	struct oci_files *files;
	struct arena arena;
	u64 document_bytes; /* that were read */
	/* the chosen image */
	char *config; /* xmalloc'ed */
	size_t config_bytes;
	struct oci_layer *layers;
	size_t nr_layers;
	struct sha256 *layer_sum; /* of the bytes of the layer that is being read, or NULL */
};

/* An image that may be the one that is wanted. */
struct oci_candidate {
	const struct oci_docker_image *docker; /* NULL: the manifest is a blob */
	const char *digest;                    /* of the manifest */
	u64 bytes;
	struct oci_platform platform;
	struct oci_strings names;
};

/* ---- oci_choose.c ----------------------------------------------------------------- */

/* oci_choose - the image that the options mean; it is an error if that is not one */
int oci_choose(struct oci *oci, struct oci_candidate *chosen);

/* ---- oci_load.c ------------------------------------------------------------------- */

/* oci_format - a message's or a file's name, in the arena */
const char *oci_format(struct oci *oci, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* oci_blob_name - the file of the blob with @digest */
const char *oci_blob_name(struct oci *oci, const char *digest);

/*
 * oci_load - the document in the file @name, verified; its bytes are xmalloc'ed
 * @digest: NULL: not told
 * @bytes:  UINT64_MAX: not told
 */
int oci_load(struct oci *oci, const char *name, const char *digest, u64 bytes,
	     struct oci_text *text);

/* oci_load_image - manifest and configuration of @candidate; @text is the latter's, as oci_load()'s
 * For a docker-archive @manifest is left alone. */
int oci_load_image(struct oci *oci, const struct oci_candidate *candidate,
		   struct oci_manifest *manifest, struct oci_config *config, struct oci_text *text);

/* oci_check_digest - whether @found is @digest, or that is NULL; -EBADMSG after printing */
int oci_check_digest(const u8 found[32], const char *digest, const char *who, const char *what);

#endif
