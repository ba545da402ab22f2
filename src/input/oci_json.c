/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each document is parsed, read through, and freed: only what counts is kept. */
#include "oci_json.h"

#include "base/diag.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#define DIGEST_PREFIX "sha256:"
#define DIGEST_BYTES (sizeof(DIGEST_PREFIX) - 1 + 64)

static int complain(const struct oci_text *text, const char *key, const char *allowed)
{
	return fail(-EINVAL, "%s: '%s' is missing or malformed, allowed: %s", text->who, key,
		    allowed);
}

/* Parse, and check the type of the whole; NULL after printing. */
static json_t *load(const struct oci_text *text, json_type type)
{
	json_error_t error;
	char q[QUOTE_BYTES];
	json_t *root = json_loadb(text->bytes, text->len, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		fail(-EINVAL, "%s: no valid JSON: line %d: %s", text->who, error.line,
		     quote(q, error.text, strlen(error.text)));
	else if (json_typeof(root) != type)
		fail(-EINVAL, "%s: its JSON is no %s", text->who,
		     type == JSON_ARRAY ? "array" : "object");
	else
		return root;
	json_decref(root);
	return NULL;
}

static const char *keep(const struct oci_text *text, const json_t *string)
{
	if (!json_is_string(string))
		return NULL;
	size_t len = json_string_length(string);
	char *copy = arena_alloc_unaligned(text->arena, len + 1);
	memcpy(copy, json_string_value(string), len);
	return copy;
}

static int keep_strings(const struct oci_text *text, const json_t *array, const char *key,
			struct oci_strings *strings)
{
	strings->nr = json_array_size(array);
	strings->items = arena_alloc(text->arena, strings->nr * sizeof(*strings->items));
	for (size_t i = 0; i < strings->nr; i++) {
		strings->items[i] = keep(text, json_array_get(array, i));
		if (!strings->items[i])
			return complain(text, key, "an array of strings");
	}
	return 0;
}

/* ---- parts ------------------------------------------------------------------------ */

static int check_digest(const struct oci_text *text, const char *digest)
{
	char q[QUOTE_BYTES];
	if (!digest)
		return complain(text, "digest", DIGEST_PREFIX "HEX");
	if (strlen(digest) == DIGEST_BYTES &&
	    !strncmp(digest, DIGEST_PREFIX, sizeof(DIGEST_PREFIX) - 1) &&
	    strspn(digest + sizeof(DIGEST_PREFIX) - 1, "0123456789abcdef") == 64)
		return 0;
	return fail(-ENOTSUP, "%s: digest '%s': not supported, allowed: " DIGEST_PREFIX "HEX",
		    text->who, quote(q, digest, strlen(digest)));
}

static void read_platform(const struct oci_text *text, const json_t *object,
			  struct oci_platform *platform)
{
	platform->os = keep(text, json_object_get(object, "os"));
	platform->architecture = keep(text, json_object_get(object, "architecture"));
	platform->variant = keep(text, json_object_get(object, "variant"));
}

/* The names that builders and stores give an image; what else is annotated does not count. */
static void read_annotations(const struct oci_text *text, const json_t *annotations,
			     struct oci_descriptor *d)
{
	static const char *const keys[] = { "io.containerd.image.name",
					    "org.opencontainers.image.ref.name" };
	d->names.items = arena_alloc(text->arena, sizeof(keys));
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *name = keep(text, json_object_get(annotations, keys[i]));
		if (name && *name)
			d->names.items[d->names.nr++] = name;
	}
	d->is_attachment = json_object_get(annotations, "vnd.docker.reference.type");
}

static int read_descriptor(const struct oci_text *text, const json_t *object,
			   struct oci_descriptor *d)
{
	const json_t *size = json_object_get(object, "size");
	*d = (struct oci_descriptor){ 0 };
	if (!json_is_object(object))
		return complain(text, "descriptor", "an object");
	d->digest = keep(text, json_object_get(object, "digest"));
	int err = check_digest(text, d->digest);
	if (err)
		return err;
	if (!json_is_integer(size) || json_integer_value(size) < 0)
		return complain(text, "size", "a number of bytes");
	d->bytes = (u64)json_integer_value(size);
	d->media_type = keep(text, json_object_get(object, "mediaType"));
	if (!d->media_type)
		d->media_type = "";
	read_platform(text, json_object_get(object, "platform"), &d->platform);
	read_annotations(text, json_object_get(object, "annotations"), d);
	d->is_attachment |= json_object_get(object, "artifactType") != NULL;
	return 0;
}

static int read_descriptors(const struct oci_text *text, const json_t *root, const char *key,
			    struct oci_descriptors *list)
{
	const json_t *array = json_object_get(root, key);
	if (!json_is_array(array))
		return complain(text, key, "an array of descriptors");
	list->nr = json_array_size(array);
	list->items = arena_alloc(text->arena, list->nr * sizeof(*list->items));
	int err = 0;
	for (size_t i = 0; i < list->nr && !err; i++)
		err = read_descriptor(text, json_array_get(array, i), &list->items[i]);
	return err;
}

static int check_schema(const struct oci_text *text, const json_t *root)
{
	if (json_integer_value(json_object_get(root, "schemaVersion")) != 2)
		return complain(text, "schemaVersion", "2");
	return 0;
}

/* ---- documents -------------------------------------------------------------------- */

int oci_parse_layout(const struct oci_text *text)
{
	json_t *root = load(text, JSON_OBJECT);
	if (!root)
		return -EINVAL;
	const char *version = json_string_value(json_object_get(root, "imageLayoutVersion"));
	int err = version && !strcmp(version, "1.0.0")
			  ? 0
			  : complain(text, "imageLayoutVersion", "1.0.0");
	json_decref(root);
	return err;
}

int oci_parse_index(const struct oci_text *text, struct oci_descriptors *manifests)
{
	json_t *root = load(text, JSON_OBJECT);
	if (!root)
		return -EINVAL;
	int err = check_schema(text, root);
	if (!err)
		err = read_descriptors(text, root, "manifests", manifests);
	json_decref(root);
	return err;
}

int oci_parse_manifest(const struct oci_text *text, struct oci_manifest *manifest)
{
	json_t *root = load(text, JSON_OBJECT);
	if (!root)
		return -EINVAL;
	int err = check_schema(text, root);
	if (!err)
		err = read_descriptor(text, json_object_get(root, "config"), &manifest->config);
	if (!err)
		err = read_descriptors(text, root, "layers", &manifest->layers);
	json_decref(root);
	return err;
}

int oci_parse_config(const struct oci_text *text, struct oci_config *config)
{
	json_t *root = load(text, JSON_OBJECT);
	if (!root)
		return -EINVAL;
	*config = (struct oci_config){ .platform = { .os = NULL } };
	const json_t *rootfs = json_object_get(root, "rootfs");
	const json_t *ids = json_object_get(rootfs, "diff_ids");
	const char *type = json_string_value(json_object_get(rootfs, "type"));
	int err = 0;
	if (!type || strcmp(type, "layers") != 0)
		err = complain(text, "rootfs.type", "layers");
	/* an image without layers may have null here */
	if (!err && ids && !json_is_null(ids) && !json_is_array(ids))
		err = complain(text, "rootfs.diff_ids", "an array of digests");
	if (!err)
		err = keep_strings(text, ids, "rootfs.diff_ids", &config->diff_ids);
	for (size_t i = 0; i < config->diff_ids.nr && !err; i++)
		err = check_digest(text, config->diff_ids.items[i]);
	read_platform(text, root, &config->platform);
	json_decref(root);
	return err;
}

static int read_docker_image(const struct oci_text *text, const json_t *object,
			     struct oci_docker_image *image)
{
	image->config = keep(text, json_object_get(object, "Config"));
	if (!image->config)
		return complain(text, "Config", "the name of a file");
	const json_t *names = json_object_get(object, "RepoTags");
	int err = keep_strings(text, names, "RepoTags", &image->names);
	if (!err)
		err = keep_strings(text, json_object_get(object, "Layers"), "Layers",
				   &image->layers);
	return err;
}

int oci_parse_docker(const struct oci_text *text, struct oci_docker_images *images)
{
	json_t *root = load(text, JSON_ARRAY);
	if (!root)
		return -EINVAL;
	images->nr = json_array_size(root);
	images->items = arena_alloc(text->arena, images->nr * sizeof(*images->items));
	int err = 0;
	for (size_t i = 0; i < images->nr && !err; i++)
		err = read_docker_image(text, json_array_get(root, i), &images->items[i]);
	json_decref(root);
	return err;
}
