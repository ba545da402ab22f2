/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each function copies what tar2btrfs uses of a document. */
#include "oci_json.h"

#include "base/diag.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#define DIGEST_PREFIX "sha256:"
#define DIGEST_BYTES (sizeof(DIGEST_PREFIX) - 1 + 64)

static int fail_key(const struct oci_document *doc, const char *key, const char *allowed)
{
	return fail(-EINVAL, "%s: '%s' is missing or malformed, allowed: %s", doc->who, key,
		    allowed);
}

int oci_document_parse(struct oci_document *doc)
{
	json_error_t error;
	char q[QUOTE_BYTES];
	doc->root = json_loadb(doc->bytes, doc->len, JSON_REJECT_DUPLICATES, &error);
	if (doc->root)
		return 0;
	return fail(-EINVAL, "%s: no valid JSON: line %d: %s", doc->who, error.line,
		    quote(q, error.text, strlen(error.text)));
}

void oci_document_free(struct oci_document *doc)
{
	json_decref(doc->root);
	xfree(doc->bytes);
}

static const char *copy_string(const struct oci_document *doc, const json_t *string)
{
	if (!json_is_string(string))
		return NULL;
	size_t len = json_string_length(string);
	char *copy = arena_alloc_unaligned(doc->arena, len + 1);
	memcpy(copy, json_string_value(string), len);
	return copy;
}

static int copy_strings(const struct oci_document *doc, const json_t *array, const char *key,
			struct oci_strings *strings)
{
	strings->nr = json_array_size(array);
	strings->items = arena_alloc(doc->arena, strings->nr * sizeof(*strings->items));
	for (size_t i = 0; i < strings->nr; i++) {
		strings->items[i] = copy_string(doc, json_array_get(array, i));
		if (!strings->items[i])
			return fail_key(doc, key, "an array of strings");
	}
	return 0;
}

/* ---- parts ------------------------------------------------------------------------ */

static int check_digest(const struct oci_document *doc, const char *digest)
{
	char q[QUOTE_BYTES];
	if (!digest)
		return fail_key(doc, "digest", DIGEST_PREFIX "HEX");
	if (strlen(digest) == DIGEST_BYTES &&
	    !strncmp(digest, DIGEST_PREFIX, sizeof(DIGEST_PREFIX) - 1) &&
	    strspn(digest + sizeof(DIGEST_PREFIX) - 1, "0123456789abcdef") == 64)
		return 0;
	return fail(-ENOTSUP, "%s: digest '%s': not supported, allowed: " DIGEST_PREFIX "HEX",
		    doc->who, quote(q, digest, strlen(digest)));
}

static void read_platform(const struct oci_document *doc, const json_t *object,
			  struct oci_platform *platform)
{
	platform->os = copy_string(doc, json_object_get(object, "os"));
	platform->architecture = copy_string(doc, json_object_get(object, "architecture"));
	platform->variant = copy_string(doc, json_object_get(object, "variant"));
}

/* The names that builders and stores give an image, and whether it belongs to another one. */
static void read_annotations(const struct oci_document *doc, const json_t *annotations,
			     struct oci_descriptor *d)
{
	static const char *const keys[] = { "io.containerd.image.name",
					    "org.opencontainers.image.ref.name" };
	d->names.items = arena_alloc(doc->arena, sizeof(keys));
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *name = copy_string(doc, json_object_get(annotations, keys[i]));
		if (name && *name)
			d->names.items[d->names.nr++] = name;
	}
	d->is_attachment = json_object_get(annotations, "vnd.docker.reference.type");
}

bool oci_is_config_type(const char *media_type)
{
	return !strcmp(media_type, "application/vnd.oci.image.config.v1+json") ||
	       !strcmp(media_type, "application/vnd.docker.container.image.v1+json");
}

static int read_descriptor(const struct oci_document *doc, const json_t *object,
			   struct oci_descriptor *d)
{
	const json_t *size = json_object_get(object, "size");
	*d = (struct oci_descriptor){ .media_type = "" };
	if (!json_is_object(object))
		return fail_key(doc, "descriptor", "an object");
	d->digest = copy_string(doc, json_object_get(object, "digest"));
	int err = check_digest(doc, d->digest);
	if (err)
		return err;
	if (!json_is_integer(size) || json_integer_value(size) < 0)
		return fail_key(doc, "size", "a number of bytes");
	d->bytes = (u64)json_integer_value(size);
	const char *media_type = copy_string(doc, json_object_get(object, "mediaType"));
	if (media_type)
		d->media_type = media_type;
	read_platform(doc, json_object_get(object, "platform"), &d->platform);
	read_annotations(doc, json_object_get(object, "annotations"), d);
	const char *artifact = json_string_value(json_object_get(object, "artifactType"));
	d->is_attachment |= artifact && !oci_is_config_type(artifact);
	return 0;
}

static int read_descriptors(const struct oci_document *doc, const char *key,
			    struct oci_descriptors *list)
{
	const json_t *array = json_object_get(doc->root, key);
	if (!json_is_array(array) && !json_is_null(array))
		return fail_key(doc, key, "an array of descriptors");
	list->nr = json_array_size(array);
	list->items = arena_alloc(doc->arena, list->nr * sizeof(*list->items));
	int err = 0;
	for (size_t i = 0; i < list->nr && !err; i++)
		err = read_descriptor(doc, json_array_get(array, i), &list->items[i]);
	return err;
}

static int check_schema(const struct oci_document *doc)
{
	if (json_integer_value(json_object_get(doc->root, "schemaVersion")) != 2)
		return fail_key(doc, "schemaVersion", "2");
	return 0;
}

/* ---- documents -------------------------------------------------------------------- */

int oci_parse_layout(const struct oci_document *doc)
{
	const json_t *version = json_object_get(doc->root, "imageLayoutVersion");
	if (json_is_string(version) && !strcmp(json_string_value(version), "1.0.0"))
		return 0;
	return fail_key(doc, "imageLayoutVersion", "1.0.0");
}

int oci_parse_index(const struct oci_document *doc, struct oci_descriptors *manifests)
{
	int err = check_schema(doc);
	return err ? err : read_descriptors(doc, "manifests", manifests);
}

enum oci_kind oci_parse_kind(const struct oci_document *doc)
{
	if (json_is_array(doc->root))
		return OCI_KIND_DOCKER_IMAGES;
	return json_object_get(doc->root, "manifests") ? OCI_KIND_INDEX : OCI_KIND_MANIFEST;
}

int oci_parse_manifest(const struct oci_document *doc, struct oci_manifest *manifest)
{
	*manifest = (struct oci_manifest){ .who = doc->who };
	int err = check_schema(doc);
	if (!err)
		err = read_descriptor(doc, json_object_get(doc->root, "config"), &manifest->config);
	/* artifacts may have layers of other forms */
	if (!err && oci_is_config_type(manifest->config.media_type))
		err = read_descriptors(doc, "layers", &manifest->layers);
	return err;
}

int oci_parse_config(const struct oci_document *doc, struct oci_config *config)
{
	const json_t *rootfs = json_object_get(doc->root, "rootfs");
	const json_t *ids = json_object_get(rootfs, "diff_ids");
	const char *type = json_string_value(json_object_get(rootfs, "type"));
	*config = (struct oci_config){ .diff_ids = { .nr = 0 } };
	if (!type || strcmp(type, "layers") != 0)
		return fail_key(doc, "rootfs.type", "layers");
	/* an image without layers may have null or nothing */
	if (ids && !json_is_null(ids) && !json_is_array(ids))
		return fail_key(doc, "rootfs.diff_ids", "an array of digests");
	int err = copy_strings(doc, ids, "rootfs.diff_ids", &config->diff_ids);
	for (size_t i = 0; i < config->diff_ids.nr && !err; i++)
		err = check_digest(doc, config->diff_ids.items[i]);
	read_platform(doc, doc->root, &config->platform);
	return err;
}

static int read_docker_image(const struct oci_document *doc, const json_t *object,
			     struct oci_docker_image *image)
{
	image->config = copy_string(doc, json_object_get(object, "Config"));
	if (!image->config)
		return fail_key(doc, "Config", "the name of a file");
	int err = copy_strings(doc, json_object_get(object, "RepoTags"), "RepoTags", &image->names);
	if (!err)
		err = copy_strings(doc, json_object_get(object, "Layers"), "Layers",
				   &image->layers);
	return err;
}

int oci_parse_docker(const struct oci_document *doc, struct oci_docker_images *images)
{
	images->nr = json_array_size(doc->root);
	images->items = arena_alloc(doc->arena, images->nr * sizeof(*images->items));
	int err = 0;
	for (size_t i = 0; i < images->nr && !err; i++)
		err = read_docker_image(doc, json_array_get(doc->root, i), &images->items[i]);
	return err;
}
