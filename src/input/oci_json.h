/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parses the JSON documents of container images by jansson. What tar2btrfs uses of a document is
 * checked and copied into the arena.
 */
#ifndef INPUT_OCI_JSON_H
#define INPUT_OCI_JSON_H

#include "base/mem.h"

/* Bytes of a document. Parsing takes up to 70 times its size of memory. */
#define OCI_DOCUMENT_MAX (1u << 20)

/* A document, from oci_load(). */
struct oci_document {
	char *bytes; /* xmalloc'ed */
	size_t len;
	struct json_t *root; /* set by oci_document_parse() */
	u8 digest[32];       /* SHA-256 of the bytes */
	const char *who;     /* for messages: the input and the document */
	struct arena *arena; /* of all results */
};

struct oci_strings {
	const char **items;
	size_t nr;
};

/* What the programs of an image are built for; absent words are NULL. */
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
	bool is_attachment; /* no image: an attestation of another one, a chart */
};

struct oci_descriptors {
	struct oci_descriptor *items;
	size_t nr;
};

struct oci_manifest {
	struct oci_descriptor config;
	const char *who;               /* for messages */
	struct oci_descriptors layers; /* none if oci_is_config_type() denies that it is an image */
};

struct oci_config {
	struct oci_platform platform;
	struct oci_strings diff_ids; /* digests of the unpacked layers */
};

/* One image of a docker-archive; the configuration and the layers are paths of files. */
struct oci_docker_image {
	const char *config;
	struct oci_strings names;
	struct oci_strings layers;
};

struct oci_docker_images {
	struct oci_docker_image *items;
	size_t nr;
};

/* What a manifest.json may be. */
enum oci_kind {
	OCI_KIND_DOCKER_IMAGES,
	OCI_KIND_INDEX,
	OCI_KIND_MANIFEST,
};

/* oci_is_config_type - whether @media_type is that of a container image's configuration */
bool oci_is_config_type(const char *media_type);

/* oci_document_parse - parse the bytes as JSON; 0, or -EINVAL after printing */
int oci_document_parse(struct oci_document *doc);
/* oci_document_free - free the bytes, if not NULL, and the JSON */
void oci_document_free(struct oci_document *doc);

/* oci_parse_kind - what a manifest.json is */
enum oci_kind oci_parse_kind(const struct oci_document *doc);

/* Each returns 0, or a negative errno after printing what is missing or malformed. */
int oci_parse_layout(const struct oci_document *doc);
int oci_parse_index(const struct oci_document *doc, struct oci_descriptors *manifests);
int oci_parse_manifest(const struct oci_document *doc, struct oci_manifest *manifest);
int oci_parse_config(const struct oci_document *doc, struct oci_config *config);
int oci_parse_docker(const struct oci_document *doc, struct oci_docker_images *images);

#endif
