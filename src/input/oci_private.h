/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by oci.c, oci_choose.c and oci_load.c; each calls only those after it in this list. */
#ifndef INPUT_OCI_PRIVATE_H
#define INPUT_OCI_PRIVATE_H

#include "input/oci.h"
#include "oci_files.h"
#include "oci_json.h"

struct oci_layer {
	struct oci_file file;
	const char *name;    /* for messages */
	const char *digest;  /* of the file; NULL: unknown */
	const char *diff_id; /* digest of the unpacked bytes */
};

struct oci {
	const char *name; /* of the input, for messages */
	const struct oci_options *options;
	struct oci_files *files;
	struct arena arena;
	u64 document_bytes; /* of all documents that were loaded */
	/* the chosen image */
	char *config; /* xmalloc'ed */
	size_t config_bytes;
	struct oci_layer *layers;
	size_t nr_layers;
	struct sha256 *layer_sum; /* of the file of the layer that is being read, or NULL */
};

/* An image of the input, or an artifact that looks like one until its manifest was loaded. */
struct oci_candidate {
	const struct oci_docker_image *docker; /* NULL: it has a manifest */
	const char *file;                      /* of the manifest; NULL: the blob with its digest */
	const char *digest;                    /* of the manifest; docker: of the configuration */
	u64 bytes;                             /* of the manifest */
	struct oci_platform platform;
	struct oci_strings names;
	bool matches;       /* the options may mean it */
	bool is_image;      /* its manifest was loaded: it is one */
	const char *config; /* with is_image: digest of the configuration */
};

/* ---- oci_choose.c ----------------------------------------------------------------- */

/*
 * oci_choose - find the image that the options mean
 * Returns 0, or a negative errno after printing: no image or several ones match.
 */
int oci_choose(struct oci *oci, struct oci_candidate *chosen);

/* ---- oci_load.c ------------------------------------------------------------------- */

/* oci_format - a name for a message or of a file; it is in the arena */
const char *oci_format(struct oci *oci, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* oci_find_blob - as oci_files_find(), for the blob with @digest */
int oci_find_blob(struct oci *oci, const char *digest, struct oci_file *file);

/* oci_digest_in_name - the digest that is the file name @name, without .json; NULL: it is none */
const char *oci_digest_in_name(struct oci *oci, const char *name);

/*
 * oci_load - load a document and verify it
 * @name:   path of its file; NULL: the blob with @digest
 * @digest: expected; NULL: any
 * @bytes:  expected; UINT64_MAX: any number
 * Returns 0, or a negative errno after printing. Release with oci_document_free().
 */
int oci_load(struct oci *oci, const char *name, const char *digest, u64 bytes,
	     struct oci_document *doc);

/* oci_load_manifest - load and parse the manifest of @candidate, which is not from Docker */
int oci_load_manifest(struct oci *oci, const struct oci_candidate *candidate,
		      struct oci_manifest *manifest);

/* oci_manifest_is_image - whether it is a container image's, and no other artifact's */
bool oci_manifest_is_image(const struct oci_manifest *manifest);

/*
 * oci_load_config - load and parse the configuration of @candidate
 * @manifest: of @candidate; any if it is from Docker
 * Errors and @doc are as with oci_load().
 */
int oci_load_config(struct oci *oci, const struct oci_candidate *candidate,
		    const struct oci_manifest *manifest, struct oci_config *config,
		    struct oci_document *doc);

/* oci_check_digest - compare @found with @digest, NULL for any; 0, or -EBADMSG after printing */
int oci_check_digest(const u8 found[32], const char *digest, const char *who, const char *what);

#endif
