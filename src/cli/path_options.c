/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "path_options.h"

#include "base/diag.h"
#include "base/mem.h"
#include "cli/usage.h"

#include <uuid/uuid.h>

/* ---- --subvol ----------------------------------------------------------------------- */

static const struct {
	const char *name;
	bool is_read_only;
	bool is_default;
} subvol_types[] = {
	{ "rw", false, false },
	{ "ro", true, false },
	{ "default", false, true },
	{ "default-ro", true, true },
};
#define NR_SUBVOL_TYPES (sizeof(subvol_types) / sizeof(subvol_types[0]))

static int read_type(const char *text, size_t len, struct subvol_request *request)
{
	for (size_t i = 0; i < NR_SUBVOL_TYPES; i++) {
		if (strlen(subvol_types[i].name) != len || memcmp(subvol_types[i].name, text, len))
			continue;
		request->is_read_only = subvol_types[i].is_read_only;
		request->is_default = subvol_types[i].is_default;
		return 0;
	}
	return usage_refuse(
		"subvol", text, len,
		"the type rw, ro, default or default-ro, or ./ before a path with a colon");
}

int subvol_parse(const char *text, struct subvol_requests *requests)
{
	struct subvol_request request = { .path = text };
	const size_t len = strcspn(text, "/:");
	if (text[len] == ':') {
		int err = read_type(text, len, &request);
		if (err)
			return err;
		request.path = text + len + 1;
	}
	if (!*request.path)
		return usage_refuse("subvol", text, strlen(text), "[TYPE:]DIR");
	for (size_t i = 0; i < requests->nr_subvols && request.is_default; i++) {
		if (requests->subvols[i].is_default)
			return usage_refuse("subvol", text, strlen(text), "one default subvolume");
	}
	requests->subvols = mem_grow(requests->subvols, &requests->subvols_capacity,
				     requests->nr_subvols + 1, sizeof(*requests->subvols));
	requests->subvols[requests->nr_subvols++] = request;
	return 0;
}

/* ---- --subvol-uuid -------------------------------------------------------------------- */

int subvol_uuid_parse(const char *text, struct subvol_requests *requests)
{
	struct subvol_uuid_request request;
	const char *equals = strrchr(text, '=');
	if (!equals || equals == text || uuid_parse(equals + 1, request.uuid) ||
	    uuid_is_null(request.uuid))
		return usage_refuse(
			"subvol-uuid", text, strlen(text),
			"PATH=UUID, a UUID as 36 hex digits and dashes that is not zero");
	request.path = text;
	request.path_len = (size_t)(equals - text);
	requests->uuids = mem_grow(requests->uuids, &requests->uuids_capacity,
				   requests->nr_uuids + 1, sizeof(*requests->uuids));
	requests->uuids[requests->nr_uuids++] = request;
	return 0;
}

/* ---- --compress ------------------------------------------------------------------------- */

/* Where the path begins, or NULL. */
static const char *compress_path(const char *text)
{
	for (const char *colon = text; (colon = strchr(colon, ':')); colon++)
		if (colon[1] == '/' || !strncmp(colon + 1, "./", 2) || !strcmp(colon + 1, "."))
			return colon + 1;
	return NULL;
}

static int parse_codec(const char *text, struct codec_choice *codec)
{
	diag_set_context("--compress");
	int err = codec_parse(text, codec);
	diag_set_context(NULL);
	return err;
}

int compress_parse(const char *text, struct path_rules *rules)
{
	const char *path = compress_path(text);
	if (!path)
		return parse_codec(text, &rules->codec);

	struct path_settings asks = { .has_codec = true };
	char *algo = xmemdup(text, (size_t)(path - 1 - text));
	int err = parse_codec(algo, &asks.codec);
	xfree(algo);
	return err ? err : path_rules_add(rules, "compress", path, strlen(path), &asks);
}

/* ---- --inode-flags ------------------------------------------------------------------------ */

static const struct {
	const char *name;
	u32 flag;
} inode_flags[] = {
	{ "nodatacow", BTRFS_INODE_NODATACOW },
	{ "nodatasum", BTRFS_INODE_NODATASUM },
};
#define NR_INODE_FLAGS (sizeof(inode_flags) / sizeof(inode_flags[0]))

static bool read_inode_flag(const char *name, size_t len, u32 *flags)
{
	for (size_t i = 0; i < NR_INODE_FLAGS; i++) {
		if (strlen(inode_flags[i].name) != len || memcmp(inode_flags[i].name, name, len))
			continue;
		*flags |= inode_flags[i].flag;
		return true;
	}
	return false;
}

int inode_flags_parse(const char *text, struct path_rules *rules)
{
	static const char allowed[] = "nodatacow, nodatasum or both with a comma, then :PATH";
	struct path_settings asks = { .inode_flags = 0 };
	const char *colon = strchr(text, ':');
	if (!colon || !colon[1])
		return usage_refuse("inode-flags", text, strlen(text), allowed);
	for (const char *name = text; name <= colon;) {
		const size_t len = strcspn(name, ",:");
		if (!read_inode_flag(name, len, &asks.inode_flags))
			return usage_refuse("inode-flags", name, len, allowed);
		name += len + 1;
	}
	return path_rules_add(rules, "inode-flags", colon + 1, strlen(colon + 1), &asks);
}

/* ---- --property --------------------------------------------------------------------------- */

static const struct codec *find_codec(const char *name, size_t len)
{
	const struct codec *const *codec = codec_table;
	while (*codec && (strlen((*codec)->name) != len || memcmp((*codec)->name, name, len)))
		codec++;
	return *codec;
}

int property_parse(const char *text, struct path_rules *rules)
{
	static const char key[] = "compression=";
	struct path_settings asks = { .has_property = true };
	const char *value = text + sizeof(key) - 1;
	const char *colon = strchr(text, ':');
	bool is_known = false;
	if (colon && !strncmp(text, key, sizeof(key) - 1)) {
		const size_t len = (size_t)(colon - value);
		asks.property = find_codec(value, len);
		is_known = asks.property || (len == 4 && !memcmp(value, "none", 4));
	}
	if (!is_known || !colon[1])
		return usage_refuse("property", text, strlen(text),
				    "compression=zstd, zlib, lzo or none, then :PATH");
	return path_rules_add(rules, "property", colon + 1, strlen(colon + 1), &asks);
}
