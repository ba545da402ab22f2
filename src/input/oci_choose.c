/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which images are there, and which of them is meant. Indexes may lie in indexes; of what they
 * name, often a part only is there. The host has no say: of several images one must be named.
 */
#include "oci_private.h"

#include "base/diag.h"

#include <errno.h>
#include <stdio.h>

#define INDEX_DEPTH_MAX 8
#define LISTED_BYTES 900 /* of choices in a message */

struct choice {
	struct oci *oci;
	struct oci_candidate *candidates;
	size_t nr, capacity;
	struct oci_docker_images docker;
	size_t nr_absent; /* images that are named only */
};

/* ---- what is there ---------------------------------------------------------------- */

static void add(struct choice *c, const struct oci_candidate *candidate)
{
	for (size_t i = 0; i < c->nr; i++) {
		struct oci_candidate *other = &c->candidates[i];
		if (candidate->docker || strcmp(other->digest, candidate->digest) != 0)
			continue;
		/* one image under several names */
		struct oci_strings *all = &other->names;
		const struct oci_strings *more = &candidate->names;
		const char **items =
			arena_alloc(&c->oci->arena, (all->nr + more->nr) * sizeof(*items));
		for (size_t j = 0; j < all->nr + more->nr; j++)
			items[j] = j < all->nr ? all->items[j] : more->items[j - all->nr];
		*all = (struct oci_strings){ items, all->nr + more->nr };
		return;
	}
	c->candidates = mem_grow(c->candidates, &c->capacity, c->nr + 1, sizeof(*c->candidates));
	c->candidates[c->nr++] = *candidate;
}

static bool is_one_of(const char *type, const char *a, const char *b)
{
	return !strcmp(type, a) || !strcmp(type, b);
}

static int add_index(struct choice *c, const struct oci_text *text, const struct oci_strings *names,
		     unsigned depth);

/* What an index names: an image, or another index; what else there may be is passed over. */
static int add_descriptor(struct choice *c, const struct oci_descriptor *d,
			  const struct oci_strings *inherited, unsigned depth)
{
	const struct oci_strings *names = d->names.nr ? &d->names : inherited;
	const char *name = oci_blob_name(c->oci, d->digest);
	struct oci_text text;
	struct oci_file file;
	bool is_index = is_one_of(d->media_type, "application/vnd.oci.image.index.v1+json",
				  "application/vnd.docker.distribution.manifest.list.v2+json");
	if (d->is_attachment ||
	    (!is_index && !is_one_of(d->media_type, "application/vnd.oci.image.manifest.v1+json",
				     "application/vnd.docker.distribution.manifest.v2+json")))
		return 0;
	int found = oci_files_find(c->oci->files, name, &file);
	if (found < 0)
		return found;
	if (!found) {
		c->nr_absent++;
		return 0;
	}
	if (!is_index) {
		add(c, &(struct oci_candidate){ .digest = d->digest,
						.bytes = d->bytes,
						.platform = d->platform,
						.names = *names });
		return 0;
	}
	int err = oci_load(c->oci, name, d->digest, d->bytes, &text);
	if (err)
		return err;
	err = add_index(c, &text, names, depth + 1);
	xfree(text.bytes);
	return err;
}

static int add_index(struct choice *c, const struct oci_text *text, const struct oci_strings *names,
		     unsigned depth)
{
	struct oci_descriptors list;
	if (depth > INDEX_DEPTH_MAX)
		return fail(-ELOOP, "%s: indexes in indexes, deeper than %d", text->who,
			    INDEX_DEPTH_MAX);
	int err = oci_parse_index(text, &list);
	for (size_t i = 0; !err && i < list.nr; i++)
		err = add_descriptor(c, &list.items[i], names, depth);
	return err;
}

static int add_layout(struct choice *c)
{
	struct oci_text text;
	int err = oci_load(c->oci, "oci-layout", NULL, UINT64_MAX, &text);
	if (err)
		return err;
	err = oci_parse_layout(&text);
	xfree(text.bytes);
	if (!err)
		err = oci_load(c->oci, "index.json", NULL, UINT64_MAX, &text);
	if (err)
		return err;
	err = add_index(c, &text, &(struct oci_strings){ .nr = 0 }, 0);
	xfree(text.bytes);
	return err;
}

static int add_docker(struct choice *c)
{
	struct oci_text text;
	int err = oci_load(c->oci, "manifest.json", NULL, UINT64_MAX, &text);
	if (err)
		return err;
	err = oci_parse_docker(&text, &c->docker);
	for (size_t i = 0; !err && i < c->docker.nr; i++) {
		const struct oci_docker_image *image = &c->docker.items[i];
		add(c, &(struct oci_candidate){
			       .docker = image, .digest = image->config, .names = image->names });
	}
	xfree(text.bytes);
	return err;
}

/* Docker writes both: the OCI layout has digests for all. */
static int gather(struct choice *c)
{
	const char *name = c->oci->name;
	struct oci_file file;
	int found = oci_files_find(c->oci->files, "index.json", &file);
	if (found)
		return found < 0 ? found : add_layout(c);
	if (oci_files_is_directory(c->oci->files))
		return fail(-EINVAL, "%s: no OCI layout: it has no index.json", name);
	found = oci_files_find(c->oci->files, "manifest.json", &file);
	if (found)
		return found < 0 ? found : add_docker(c);
	return fail_hint(-EINVAL, HINT_TREE,
			 "%s: no image archive: it has neither index.json (OCI) nor manifest.json "
			 "(Docker)",
			 name);
}

/* ---- what is meant ---------------------------------------------------------------- */

/* Whether @name, maybe with registry and tag, is what @wanted says, maybe without. */
static bool name_matches(const char *wanted, const char *name)
{
	size_t len = strlen(wanted);
	for (const char *at = strstr(name, wanted); at; at = strstr(at + 1, wanted)) {
		bool begins = at == name || at[-1] == '/';
		if (begins && (!at[len] || (at[len] == ':' && !strchr(at + len, '/'))))
			return true;
	}
	return false;
}

static bool image_matches(const char *wanted, const struct oci_candidate *candidate)
{
	if (!wanted || !strcmp(wanted, candidate->digest))
		return true;
	for (size_t i = 0; i < candidate->names.nr; i++)
		if (name_matches(wanted, candidate->names.items[i]))
			return true;
	return false;
}

/* The variant that goes without saying. */
static const char *variant_of(const char *architecture, const char *variant)
{
	if (variant && *variant)
		return variant;
	if (!strcmp(architecture, "arm64"))
		return "v8";
	return strcmp(architecture, "arm") ? "" : "v7";
}

bool oci_platform_is_valid(const char *text)
{
	unsigned words = 1;
	for (const char *c = text; *c; c++) {
		if (*c == '/' && (c == text || c[1] == '/' || !c[1]))
			return false;
		words += *c == '/';
	}
	return *text && (words == 2 || words == 3);
}

/* Words of @wanted, which is valid, against what the image says. */
static bool platform_matches(const char *wanted, const struct oci_platform *platform)
{
	const char *architecture = strchr(wanted, '/') + 1;
	const char *variant = strchr(architecture, '/');
	size_t os_len = (size_t)(architecture - 1 - wanted);
	size_t len = variant ? (size_t)(variant - architecture) : strlen(architecture);
	if (!platform->os || !platform->architecture || strlen(platform->os) != os_len ||
	    memcmp(platform->os, wanted, os_len) != 0 || strlen(platform->architecture) != len ||
	    memcmp(platform->architecture, architecture, len) != 0)
		return false;
	return !variant ||
	       !strcmp(variant + 1, variant_of(platform->architecture, platform->variant));
}

/* What descriptors do not say of platforms, configurations do. */
static int complete_platform(struct oci *oci, struct oci_candidate *candidate)
{
	struct oci_manifest manifest;
	struct oci_config config;
	struct oci_text text;
	if (candidate->platform.os && candidate->platform.architecture)
		return 0;
	int err = oci_load_image(oci, candidate, &manifest, &config, &text);
	if (err)
		return err;
	xfree(text.bytes);
	candidate->platform = config.platform;
	return 0;
}

static void describe(const struct oci_candidate *c, char *out, size_t size)
{
	const struct oci_platform *p = &c->platform;
	const char *name = c->names.nr ? c->names.items[0] : c->digest;
	char q[QUOTE_BYTES], on[QUOTE_BYTES], text[QUOTE_BYTES];
	quote(q, name, strlen(name));
	snprintf(out, size, "%s", q);
	if (!p->os || !p->architecture)
		return;
	snprintf(text, sizeof(text), "%s/%s%s%s", p->os, p->architecture, p->variant ? "/" : "",
		 p->variant ? p->variant : "");
	snprintf(out, size, "%.300s (%.100s)", q, quote(on, text, strlen(text)));
}

static int refuse(const struct choice *c, size_t nr, const char *found)
{
	char list[LISTED_BYTES + QUOTE_BYTES] = "", one[QUOTE_BYTES];
	size_t used = 0, i = 0;
	for (; i < nr && used < LISTED_BYTES; i++) {
		describe(&c->candidates[i], one, sizeof(one));
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "",
					 one);
	}
	if (i < nr)
		snprintf(list + used, sizeof(list) - used, ", and %zu more", nr - i);
	return fail_hint(-EINVAL, HINT_IMAGE, "%s: %s, allowed: one of %s", c->oci->name, found,
			 list);
}

/* Keep those that match; the others move behind them, for messages. */
static int select_images(struct choice *c, size_t *nr)
{
	const struct oci_options *options = c->oci->options;
	size_t kept = 0;
	for (size_t i = 0; i < c->nr; i++) {
		if (!image_matches(options->image, &c->candidates[i]))
			continue;
		const struct oci_candidate match = c->candidates[i];
		c->candidates[i] = c->candidates[kept];
		c->candidates[kept++] = match;
	}
	*nr = kept;
	if (kept < 2 && !options->platform)
		return 0;
	*nr = 0;
	for (size_t i = 0; i < kept; i++) {
		int err = complete_platform(c->oci, &c->candidates[i]);
		if (err)
			return err;
		if (options->platform &&
		    !platform_matches(options->platform, &c->candidates[i].platform))
			continue;
		const struct oci_candidate match = c->candidates[i];
		c->candidates[i] = c->candidates[*nr];
		c->candidates[(*nr)++] = match;
	}
	return 0;
}

int oci_choose(struct oci *oci, struct oci_candidate *chosen)
{
	struct choice c = { .oci = oci };
	size_t nr;
	int err = gather(&c);
	if (!err && !c.nr)
		err = fail(-ENOENT, "%s: there is no image in it, %zu are named", oci->name,
			   c.nr_absent);
	if (!err)
		err = select_images(&c, &nr);
	if (!err && nr == 0)
		err = refuse(&c, c.nr, "the image that is wanted is not there");
	else if (!err && nr > 1)
		err = refuse(&c, nr, "several images");
	if (!err) {
		assert(c.candidates);
		*chosen = c.candidates[0];
	}
	xfree(c.candidates);
	return err;
}
