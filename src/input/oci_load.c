/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loads the documents of an image; each one is verified before it is parsed. */
#include "oci_private.h"

#include "base/diag.h"
#include "base/hex.h"
#include "base/io.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* Of all documents together, since an index may name one document many times. */
#define DOCUMENTS_MAX (32u << 20)

const char *oci_format(struct oci *oci, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	assert(len >= 0);
	char *out = arena_alloc_unaligned(&oci->arena, (size_t)len + 1);
	va_start(args, format);
	vsnprintf(out, (size_t)len + 1, format, args);
	va_end(args);
	return out;
}

int oci_find_blob(struct oci *oci, const char *digest, struct oci_file *file)
{
	/* in a layout; in skopeo's dir:, layers and configurations; there, manifests of an index */
	static const char *const places[][2] = { { "blobs/sha256/", "" },
						 { "", "" },
						 { "", ".manifest.json" } };
	const char *hex = strchr(digest, ':') + 1;
	int found = 0;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && !found; i++)
		found = oci_files_find(oci->files,
				       oci_format(oci, "%s%s%s", places[i][0], hex, places[i][1]),
				       file);
	return found;
}

int oci_check_digest(const u8 found[32], const char *digest, const char *who, const char *what)
{
	char hex[sizeof("sha256:") + 64] = "sha256:";
	hex_encode(found, 32, hex + strlen("sha256:"));
	if (!digest || !strcmp(hex, digest))
		return 0;
	return fail(-EBADMSG, "%s: its %s is %s, the image says %s", who, what, hex, digest);
}

int oci_load(struct oci *oci, const char *name, const char *digest, u64 bytes,
	     struct oci_document *doc)
{
	char q[QUOTE_BYTES];
	struct oci_file file;
	const char *label = name ? name : digest;
	assert(label);
	const char *who = oci_format(oci, "%s: %s", oci->name, quote(q, label, strlen(label)));
	int found =
		name ? oci_files_find(oci->files, name, &file) : oci_find_blob(oci, digest, &file);
	if (found < 0)
		return found;
	if (!found)
		return fail(-ENOENT, "%s: it is not there", who);
	if (bytes != UINT64_MAX && bytes != file.bytes)
		return fail(-EBADMSG, "%s: it has %llu bytes, the image says %llu", who,
			    (unsigned long long)file.bytes, (unsigned long long)bytes);
	if (file.bytes > OCI_DOCUMENT_MAX)
		return fail(-EFBIG, "%s: a document of %llu bytes, at most %u are allowed", who,
			    (unsigned long long)file.bytes, OCI_DOCUMENT_MAX);
	oci->document_bytes += file.bytes;
	if (oci->document_bytes > DOCUMENTS_MAX)
		return fail(-EFBIG, "%s: more than %u bytes of documents", who, DOCUMENTS_MAX);
	struct oci_document d = { .bytes = xmalloc((size_t)file.bytes + 1),
				  .len = (size_t)file.bytes,
				  .who = who,
				  .arena = &oci->arena };
	int err = io_pread_full(file.fd, d.bytes, d.len, file.offset);
	if (err) {
		errno = -err;
		err = fail_errno("%s: cannot read", who);
	} else {
		struct sha256 *sum = sha256_new();
		sha256_add(sum, d.bytes, d.len);
		sha256_finish(sum, d.digest);
		err = oci_check_digest(d.digest, digest, who, "digest");
	}
	if (!err)
		err = oci_document_parse(&d);
	if (err)
		xfree(d.bytes);
	else
		*doc = d;
	return err;
}

const char *oci_digest_in_name(struct oci *oci, const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *base = slash ? slash + 1 : name;
	size_t hex = strspn(base, "0123456789abcdef");
	if (hex != 64 || (base[hex] && strcmp(base + hex, ".json") != 0))
		return NULL;
	return oci_format(oci, "sha256:%.64s", base);
}

int oci_load_manifest(struct oci *oci, const struct oci_candidate *candidate,
		      struct oci_manifest *manifest)
{
	struct oci_document doc;
	int err = oci_load(oci, candidate->file, candidate->digest, candidate->bytes, &doc);
	if (err)
		return err;
	err = oci_parse_manifest(&doc, manifest);
	oci_document_free(&doc);
	return err;
}

bool oci_manifest_is_image(const struct oci_manifest *manifest)
{
	const struct oci_descriptors *layers = &manifest->layers;
	bool has_layer = !layers->nr;
	for (size_t i = 0; i < layers->nr && !has_layer; i++) {
		const char *type = layers->items[i].media_type;
		has_layer = !strncmp(type, "application/vnd.oci.image.layer.", 32) ||
			    !strncmp(type, "application/vnd.docker.image.rootfs.", 36);
	}
	return has_layer && oci_is_config_type(manifest->config.media_type);
}

int oci_load_config(struct oci *oci, const struct oci_candidate *candidate,
		    const struct oci_manifest *manifest, struct oci_config *config,
		    struct oci_document *doc)
{
	char q[QUOTE_BYTES];
	const struct oci_descriptor *d = &manifest->config;
	int err;
	if (candidate->docker) {
		const char *name = candidate->docker->config;
		err = oci_load(oci, name, oci_digest_in_name(oci, name), UINT64_MAX, doc);
	} else if (!oci_is_config_type(d->media_type)) {
		err = fail(-ENOTSUP, "%s: no container image: its configuration is '%s'",
			   manifest->who, quote(q, d->media_type, strlen(d->media_type)));
	} else {
		err = oci_load(oci, NULL, d->digest, d->bytes, doc);
	}
	if (err)
		return err;
	err = oci_parse_config(doc, config);
	if (err)
		oci_document_free(doc);
	return err;
}
