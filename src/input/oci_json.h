/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The JSON documents of container images: what of them counts here, checked and copied. JSON
 * itself is parsed by jansson.
 */
#ifndef INPUT_OCI_JSON_H
#define INPUT_OCI_JSON_H

#include "base/mem.h"

/* So many bytes of a document bound the memory that parsing takes (about 70 times as much). */
#define OCI_DOCUMENT_MAX (1u << 20)

/* A document; strings that come out of it go to the arena. */
struct oci_text {
	char *bytes;
	size_t len;
	const char *who; /* for messages: which document of which image */
	struct arena *arena;
};

struct oci_strings {
	const char **items;
	size_t nr;
};

/* What a program is built for; absent words are NULL. */
struct oci_platform {
	const char *os, *architecture, *variant;
};

struct oci_descriptor {
	const char *media_type; /* "" if absent */
	const char *digest;     /* sha256: and 64 hex digits */
	u64 bytes;
	/* in an index */
	struct oci_platform platform;
	struct oci_strings names;
	bool is_attachment; /* of another image: an attestation, a signature */
};

struct oci_descriptors {
	struct oci_descriptor *items;
	size_t nr;
};

struct oci_manifest {
	struct oci_descriptor config;
	struct oci_descriptors layers;
};

struct oci_config {
	struct oci_platform platform;
	struct oci_strings diff_ids; /* as digests */
};

/* One image of a docker-archive. */
struct oci_docker_image {
	const char *config; /* name of a file */
	struct oci_strings names;
	struct oci_strings layers; /* names of files */
};

struct oci_docker_images {
	struct oci_docker_image *items;
	size_t nr;
};

/* Each returns 0, or a negative errno after printing what is missing or malformed. */
int oci_parse_layout(const struct oci_text *text);
int oci_parse_index(const struct oci_text *text, struct oci_descriptors *manifests);
int oci_parse_manifest(const struct oci_text *text, struct oci_manifest *manifest);
int oci_parse_config(const struct oci_text *text, struct oci_config *config);
int oci_parse_docker(const struct oci_text *text, struct oci_docker_images *images);

#endif
