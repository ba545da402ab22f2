/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Documents of an image, from blobs to structs: each verified before it is parsed. */
#include "oci_private.h"

#include "base/diag.h"
#include "base/hex.h"
#include "base/io.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* Documents may name each other again and again; what is parsed in all is bounded. */
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

const char *oci_blob_name(struct oci *oci, const char *digest)
{
	return oci_format(oci, "blobs/sha256/%s", strchr(digest, ':') + 1);
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
	     struct oci_text *text)
{
	char q[QUOTE_BYTES];
	struct oci_file file;
	const char *who = oci_format(oci, "%s: %s", oci->name, quote(q, name, strlen(name)));
	int found = oci_files_find(oci->files, name, &file);
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
	char *buf = xmalloc((size_t)file.bytes + 1);
	int err = io_pread_full(file.fd, buf, (size_t)file.bytes, file.offset);
	if (err) {
		errno = -err;
		err = fail_errno("%s: cannot read", who);
	} else {
		struct sha256 *sum = sha256_new();
		u8 found_digest[32];
		sha256_add(sum, buf, (size_t)file.bytes);
		sha256_finish(sum, found_digest);
		err = oci_check_digest(found_digest, digest, who, "digest");
	}
	if (err) {
		xfree(buf);
		return err;
	}
	*text = (struct oci_text){ buf, (size_t)file.bytes, who, &oci->arena };
	return 0;
}

/* In docker-archives the digest of a configuration is its name; NULL if this is no such name. */
static const char *digest_in_name(struct oci *oci, const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *base = slash ? slash + 1 : name;
	size_t hex = strspn(base, "0123456789abcdef");
	if (hex != 64 || (base[hex] && strcmp(base + hex, ".json") != 0))
		return NULL;
	return oci_format(oci, "sha256:%.64s", base);
}

static int check_config_type(const struct oci_text *text, const char *type)
{
	char q[QUOTE_BYTES];
	if (!strcmp(type, "application/vnd.oci.image.config.v1+json") ||
	    !strcmp(type, "application/vnd.docker.container.image.v1+json"))
		return 0;
	return fail(-ENOTSUP, "%s: no container image: its configuration is '%s'", text->who,
		    quote(q, type, strlen(type)));
}

static int load_manifest(struct oci *oci, const struct oci_candidate *candidate,
			 struct oci_manifest *manifest)
{
	struct oci_text text = { .bytes = NULL };
	int err = oci_load(oci, oci_blob_name(oci, candidate->digest), candidate->digest,
			   candidate->bytes, &text);
	if (err)
		return err;
	err = oci_parse_manifest(&text, manifest);
	if (!err)
		err = check_config_type(&text, manifest->config.media_type);
	xfree(text.bytes);
	return err;
}

int oci_load_image(struct oci *oci, const struct oci_candidate *candidate,
		   struct oci_manifest *manifest, struct oci_config *config, struct oci_text *text)
{
	int err;
	if (candidate->docker) {
		const char *name = candidate->docker->config;
		err = oci_load(oci, name, digest_in_name(oci, name), UINT64_MAX, text);
	} else {
		err = load_manifest(oci, candidate, manifest);
		if (!err)
			err = oci_load(oci, oci_blob_name(oci, manifest->config.digest),
				       manifest->config.digest, manifest->config.bytes, text);
	}
	if (err)
		return err;
	err = oci_parse_config(text, config);
	if (err)
		xfree(text->bytes);
	return err;
}
