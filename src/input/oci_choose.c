/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists the images of an input and chooses the one that the options mean. An index may name other
 * indexes, blobs that the input lacks, and artifacts: charts, signatures, attestations. Neither of
 * the last two is a candidate. Of several images one must be named: the host's platform is no
 * default, since the result would depend on it.
 */
#include "oci_private.h"

#include "base/diag.h"
#include "base/hex.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

#define INDEX_DEPTH_MAX 8
#define LISTED_BYTES 1200 /* of candidates in a message */

struct choice {
	struct oci *oci;
	struct oci_candidate *candidates;
	size_t nr, capacity;
	size_t nr_matching; /* of them, those that the options may mean; the last one: */
	const struct oci_candidate *matching;
	size_t nr_absent; /* images that the input names and lacks */
};

/* ---- candidates ------------------------------------------------------------------- */

static void add_candidate(struct choice *c, const struct oci_candidate *candidate)
{
	c->candidates = mem_grow(c->candidates, &c->capacity, c->nr + 1, sizeof(*c->candidates));
	c->candidates[c->nr++] = *candidate;
}

static bool is_one_of(const char *type, const char *a, const char *b)
{
	return !strcmp(type, a) || !strcmp(type, b);
}

static int add_index(struct choice *c, const char *file, const struct oci_descriptor *index,
		     const struct oci_strings *names, unsigned depth);

/* Add what an index names, if that is an image or another index. */
static int add_descriptor(struct choice *c, const struct oci_descriptor *d,
			  const struct oci_strings *inherited, unsigned depth)
{
	const struct oci_strings *names = d->names.nr ? &d->names : inherited;
	struct oci_file file;
	bool is_index = is_one_of(d->media_type, "application/vnd.oci.image.index.v1+json",
				  "application/vnd.docker.distribution.manifest.list.v2+json");
	if (d->is_attachment ||
	    (!is_index && !is_one_of(d->media_type, "application/vnd.oci.image.manifest.v1+json",
				     "application/vnd.docker.distribution.manifest.v2+json")))
		return 0;
	int found = oci_find_blob(c->oci, d->digest, &file);
	if (found <= 0) {
		c->nr_absent += !found;
		return found;
	}
	if (!is_index) {
		add_candidate(c, &(struct oci_candidate){ .digest = d->digest,
							  .bytes = d->bytes,
							  .platform = d->platform,
							  .names = *names });
		return 0;
	}
	return add_index(c, NULL, d, names, depth + 1);
}

/* Add all of the index in @file, or if that is NULL in the blob @index. */
static int add_index(struct choice *c, const char *file, const struct oci_descriptor *index,
		     const struct oci_strings *names, unsigned depth)
{
	struct oci_descriptors list;
	struct oci_document doc;
	if (depth > INDEX_DEPTH_MAX)
		return fail(-ELOOP, "%s: indexes in indexes, deeper than %d", c->oci->name,
			    INDEX_DEPTH_MAX);
	int err = oci_load(c->oci, file, index->digest, index->bytes, &doc);
	if (err)
		return err;
	err = oci_parse_index(&doc, &list);
	oci_document_free(&doc);
	for (size_t i = 0; !err && i < list.nr; i++)
		err = add_descriptor(c, &list.items[i], names, depth);
	return err;
}

static int add_root_index(struct choice *c, const char *file)
{
	const struct oci_descriptor unknown = { .bytes = UINT64_MAX };
	return add_index(c, file, &unknown, &unknown.names, 0);
}

/* Some programs leave oci-layout out. */
static int add_layout(struct choice *c)
{
	struct oci_document doc;
	struct oci_file file;
	int err = oci_files_find(c->oci->files, "oci-layout", &file);
	if (err > 0) {
		err = oci_load(c->oci, "oci-layout", NULL, UINT64_MAX, &doc);
		if (err)
			return err;
		err = oci_parse_layout(&doc);
		oci_document_free(&doc);
	}
	return err ? err : add_root_index(c, "index.json");
}

static int add_docker_images(struct choice *c, const struct oci_document *doc)
{
	struct oci_docker_images images;
	struct oci_file file;
	int err = oci_parse_docker(doc, &images);
	for (size_t i = 0; !err && i < images.nr; i++) {
		const struct oci_docker_image *image = &images.items[i];
		const char *digest = oci_digest_in_name(c->oci, image->config);
		int found = oci_files_find(c->oci->files, image->config, &file);
		if (found < 0)
			return found;
		c->nr_absent += !found;
		if (found)
			add_candidate(c, &(struct oci_candidate){ .docker = image,
								  .digest = digest ? digest
										   : image->config,
								  .names = image->names });
	}
	return err;
}

/* The only manifest of a directory that skopeo made. */
static void add_manifest(struct choice *c, const struct oci_document *doc)
{
	char hex[2 * sizeof(doc->digest) + 1];
	hex_encode(doc->digest, sizeof(doc->digest), hex);
	add_candidate(c, &(struct oci_candidate){ .file = "manifest.json",
						  .digest = oci_format(c->oci, "sha256:%s", hex),
						  .bytes = doc->len });
}

/*
 * A docker-archive has a list of images in manifest.json, maybe besides index.json. skopeo's dir:
 * has the image's manifest there, or an index.
 */
static int add_manifest_json(struct choice *c, bool has_index)
{
	struct oci_document doc;
	int err = oci_load(c->oci, "manifest.json", NULL, UINT64_MAX, &doc);
	if (err)
		return err;
	enum oci_kind kind = oci_parse_kind(&doc);
	if (kind == OCI_KIND_DOCKER_IMAGES)
		err = add_docker_images(c, &doc);
	else if (kind == OCI_KIND_MANIFEST && !has_index)
		add_manifest(c, &doc);
	oci_document_free(&doc);
	return kind == OCI_KIND_INDEX && !has_index ? add_root_index(c, "manifest.json") : err;
}

static int find_candidates(struct choice *c)
{
	struct oci_file file;
	int has_index = oci_files_find(c->oci->files, "index.json", &file);
	int has_manifest =
		has_index < 0 ? has_index : oci_files_find(c->oci->files, "manifest.json", &file);
	if (has_manifest < 0)
		return has_manifest;
	if (!has_index && !has_manifest)
		return fail_hint(-EINVAL, HINT_TREE,
				 "%s: no container image: it has neither index.json (OCI) nor "
				 "manifest.json (Docker)",
				 c->oci->name);
	int err = has_index ? add_layout(c) : 0;
	return err || !has_manifest ? err : add_manifest_json(c, has_index);
}

/* ---- what the options mean -------------------------------------------------------- */

/* Whether @wanted is @name, which may have a registry, a path and a tag in addition. */
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

static int has_wanted_name(struct choice *c, struct oci_candidate *candidate)
{
	const char *wanted = c->oci->options->image;
	if (!wanted || !strcmp(wanted, candidate->digest) ||
	    (candidate->docker && !strcmp(wanted, candidate->docker->config)))
		return true;
	for (size_t i = 0; i < candidate->names.nr; i++)
		if (name_matches(wanted, candidate->names.items[i]))
			return true;
	return false;
}

/* The variant that an architecture without one has. */
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

static bool platform_is_known(const struct oci_platform *platform)
{
	return platform->os && platform->architecture;
}

/* Whether @candidate has the wanted platform; as long as its own is unknown, it may. */
static int has_wanted_platform(struct choice *c, struct oci_candidate *candidate)
{
	const char *wanted = c->oci->options->platform;
	const struct oci_platform *p = &candidate->platform;
	if (!wanted || !platform_is_known(p))
		return true;
	const char *platform = oci_format(c->oci, "%s/%s/%s", p->os, p->architecture,
					  variant_of(p->architecture, p->variant));
	const size_t len = strlen(wanted);
	return !strncmp(platform, wanted, len) && (!platform[len] || platform[len] == '/');
}

/*
 * Whether @candidate is a container image that comes for the first time; then its platform becomes
 * known. An image of both index.json and manifest.json counts as the former's. Some versions of
 * Docker left its layers out there; then it counts as the latter's.
 */
static int is_image(struct choice *c, struct oci_candidate *candidate)
{
	struct oci_manifest manifest = { .layers = { .nr = 0 } };
	struct oci_config config;
	struct oci_document doc;
	if (candidate->is_image)
		return true;
	int err = candidate->docker ? 0 : oci_load_manifest(c->oci, candidate, &manifest);
	if (err)
		return err;
	if (!candidate->docker && !oci_manifest_is_image(&manifest))
		return false;
	candidate->config = candidate->docker ? candidate->digest : manifest.config.digest;
	for (size_t i = 0; i < c->nr; i++)
		if (c->candidates[i].is_image &&
		    !strcmp(c->candidates[i].config, candidate->config))
			return false;
	if (!platform_is_known(&candidate->platform) || !manifest.layers.nr) {
		err = oci_load_config(c->oci, candidate, &manifest, &config, &doc);
		if (err)
			return err;
		oci_document_free(&doc);
		if (!candidate->docker && config.diff_ids.nr && !manifest.layers.nr)
			return false;
		if (!platform_is_known(&candidate->platform))
			candidate->platform = config.platform;
	}
	candidate->is_image = true;
	return true;
}

/* Match all candidates, or those that match so far, by @has, which returns 1, 0 or an error. */
static int match(struct choice *c, bool all,
		 int (*has)(struct choice *c, struct oci_candidate *candidate))
{
	c->nr_matching = 0;
	for (size_t i = 0; i < c->nr; i++) {
		struct oci_candidate *candidate = &c->candidates[i];
		int matches = all || candidate->matches ? has(c, candidate) : false;
		if (matches < 0)
			return matches;
		candidate->matches = matches;
		c->nr_matching += candidate->matches;
		if (matches)
			c->matching = candidate;
	}
	return 0;
}

/* Manifests are loaded only if the names and platforms in indexes do not decide. */
static int match_options(struct choice *c)
{
	int err = match(c, true, has_wanted_name);
	if (!err)
		err = match(c, false, has_wanted_platform);
	if (err || (c->nr_matching == 1 &&
		    (!c->oci->options->platform || platform_is_known(&c->matching->platform))))
		return err;
	err = match(c, false, is_image);
	return err ? err : match(c, false, has_wanted_platform);
}

/* ---- messages --------------------------------------------------------------------- */

/* NAME (PLATFORM, DIGEST), as far as they are known */
static const char *describe_candidate(struct oci *oci, const struct oci_candidate *candidate)
{
	const struct oci_platform *p = &candidate->platform;
	const char *name = candidate->names.nr ? candidate->names.items[0] : NULL;
	const char *platform = "";
	if (platform_is_known(p) && *p->os && *p->architecture)
		platform = oci_format(oci, "%s/%s%s%s", p->os, p->architecture,
				      p->variant ? "/" : "", p->variant ? p->variant : "");
	if (!name)
		return oci_format(oci, *platform ? "%s (%s)" : "%s", candidate->digest, platform);
	return oci_format(oci, "%s (%s%s%s)", name, platform, *platform ? ", " : "",
			  candidate->digest);
}

static int refuse_matching(const struct choice *c, const char *found)
{
	const char *list = "";
	size_t listed = 0;
	for (size_t i = 0; i < c->nr && strlen(list) < LISTED_BYTES; i++) {
		char q[QUOTE_BYTES];
		if (!c->candidates[i].matches)
			continue;
		const char *one = describe_candidate(c->oci, &c->candidates[i]);
		list = oci_format(c->oci, "%s%s%s", list, listed++ ? ", " : "",
				  quote(q, one, strlen(one)));
	}
	if (listed < c->nr_matching)
		list = oci_format(c->oci, "%s, and %zu more", list, c->nr_matching - listed);
	return fail_hint(-EINVAL, HINT_IMAGE, "%s: %s, allowed: one of %s", c->oci->name, found,
			 list);
}

/* Nothing matches: name the images that would be there. */
static int refuse_options(struct choice *c)
{
	int err = match(c, true, is_image);
	if (err)
		return err;
	if (c->nr_matching)
		return refuse_matching(c, "the image that is wanted is not there");
	return fail(-ENOENT, "%s: there is no image in it, %zu absent images and %zu artifacts",
		    c->oci->name, c->nr_absent, c->nr);
}

int oci_choose(struct oci *oci, struct oci_candidate *chosen)
{
	struct choice c = { .oci = oci };
	int err = find_candidates(&c);
	if (!err)
		err = match_options(&c);
	if (!err && c.nr_matching == 0)
		err = refuse_options(&c);
	else if (!err && c.nr_matching > 1)
		err = refuse_matching(&c, "several images");
	if (!err) {
		assert(c.matching);
		*chosen = *c.matching;
	}
	xfree(c.candidates);
	return err;
}
