/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "path_options.h"
#include "option_row.h"

#include "base/io.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <uuid/uuid.h>

#define READ_BYTES (64u << 10)

/* ---- --subvol ----------------------------------------------------------------------- */

enum {
	SUBVOL_READ_ONLY = 1,
	SUBVOL_DEFAULT = 2,
};

static const struct option_word subvol_types[] = {
	{ "rw", 0 },
	{ "ro", SUBVOL_READ_ONLY },
	{ "default", SUBVOL_DEFAULT },
	{ "default-ro", SUBVOL_DEFAULT | SUBVOL_READ_ONLY },
	{ NULL, 0 },
};

int subvol_parse(struct options *options, const char *text)
{
	struct subvol_requests *requests = &options->convert.tree.subvols;
	struct subvol_request request = { .path = text };
	const size_t len = strcspn(text, "/:");
	u64 type = 0;
	if (text[len] == ':') {
		if (!option_find_word(subvol_types, text, len, &type))
			return option_refuse_part(text, len,
						  "the type rw, ro, default or default-ro, or ./ "
						  "before a path with a colon");
		request.path = text + len + 1;
	}
	request.is_read_only = type & SUBVOL_READ_ONLY;
	request.is_default = type & SUBVOL_DEFAULT;
	if (!*request.path)
		return option_refuse(text, "[TYPE:]DIR");
	for (size_t i = 0; i < requests->nr_subvols && request.is_default; i++)
		if (requests->subvols[i].is_default)
			return option_refuse(text, "one default subvolume");
	requests->subvols = mem_grow(requests->subvols, &requests->subvols_capacity,
				     requests->nr_subvols + 1, sizeof(*requests->subvols));
	requests->subvols[requests->nr_subvols++] = request;
	return 0;
}

/* ---- --subvol-uuid -------------------------------------------------------------------- */

int subvol_uuid_parse(struct options *options, const char *text)
{
	struct subvol_requests *requests = &options->convert.tree.subvols;
	struct subvol_uuid_request request = { .transid = 0 };
	const char *equals = strrchr(text, '=');
	if (!equals || equals == text || uuid_parse(equals + 1, request.uuid) ||
	    uuid_is_null(request.uuid))
		return option_refuse(
			text, "PATH=UUID, a UUID as 36 hex digits and dashes that is not zero");
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

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* mkfs.btrfs says "no" for none. */
static int parse_codec(const char *text, struct codec_choice *choice)
{
	return codec_parse(strcmp(text, "no") ? text : "none", choice);
}

int compress_parse(struct options *options, const char *text)
{
	struct path_rules *rules = &options->convert.tree.rules;
	const char *path = compress_path(text);
	const char *colon = strrchr(text, ':');
	if (!path && colon && is_letter(colon[1]))
		return option_refuse(text,
				     "a level as a number, or a path that begins with / or ./");
	if (!path)
		return parse_codec(text, &rules->codec);
	struct path_settings asks = { .has_codec = true };
	char *algo = xmemdup(text, (size_t)(path - 1 - text));
	int err = parse_codec(algo, &asks.codec);
	xfree(algo);
	return err ? err : path_rules_add(rules, "--compress", path, strlen(path), &asks);
}

/* ---- --exclude-path, --exclude-from ------------------------------------------------------ */

int exclude_path_parse(struct options *options, const char *text)
{
	if (!text[strspn(text, "./")] && !strstr(text, ".."))
		return option_refuse(text, "a path below the root, or a pattern of such paths");
	return path_filter_exclude_path(&options->convert.tree.filter, text);
}

/* The whole file @fd, with a NUL behind it; the caller frees it. NULL: errno says why. */
static char *read_text(int fd)
{
	char *text = NULL;
	size_t capacity = 0, bytes = 0;
	ssize_t got;
	do {
		text = mem_grow(text, &capacity, bytes + READ_BYTES + 1, 1);
		got = io_read_full(fd, text + bytes, READ_BYTES);
		bytes += got > 0 ? (size_t)got : 0;
	} while (got == READ_BYTES);
	text[bytes] = '\0';
	if (got >= 0)
		return text;
	xfree(text);
	errno = (int)-got;
	return NULL;
}

int exclude_from_parse(struct options *options, const char *name)
{
	char quoted[QUOTE_BYTES];
	int fd, err = 0;
	if (!*name || *name == '-')
		return option_refuse(name, "FILE, with ./ in front if it begins with -");
	fd = open(name, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	char *text = fd < 0 ? NULL : read_text(fd);
	if (!text)
		err = fail_errno("cannot read %s", quote(quoted, name, strlen(name)));
	if (fd >= 0)
		close(fd);
	for (char *rest = text, *line; !err && rest && (line = strsep(&rest, "\n"));)
		if (*line)
			err = exclude_path_parse(options, line);
	xfree(text);
	return err;
}

/* ---- --inode-flags ------------------------------------------------------------------------ */

static const struct option_word inode_flags[] = {
	{ "nodatacow", BTRFS_INODE_NODATACOW },
	{ "nodatasum", BTRFS_INODE_NODATASUM },
	{ NULL, 0 },
};

int inode_flags_parse(struct options *options, const char *text)
{
	static const char allowed[] = "nodatacow, nodatasum or both with a comma, then :PATH";
	struct path_settings asks = { .inode_flags = 0 };
	const char *colon = strchr(text, ':');
	if (!colon || !colon[1])
		return option_refuse(text, allowed);
	for (const char *name = text; name <= colon;) {
		const size_t len = strcspn(name, ",:");
		u64 flag;
		if (!option_find_word(inode_flags, name, len, &flag))
			return option_refuse_part(name, len, allowed);
		asks.inode_flags |= (u32)flag;
		name += len + 1;
	}
	return path_rules_add(&options->convert.tree.rules, "--inode-flags", colon + 1,
			      strlen(colon + 1), &asks);
}

/* ---- --property --------------------------------------------------------------------------- */

int property_parse(struct options *options, const char *text)
{
	static const char key[] = "compression=";
	struct path_settings asks = { .has_property = true };
	const char *value = text + sizeof(key) - 1;
	const char *colon = strchr(text, ':');
	bool is_known = false;
	if (colon && !strncmp(text, key, sizeof(key) - 1)) {
		const size_t len = (size_t)(colon - value);
		asks.property = codec_of_name(value, len);
		is_known = asks.property || (len == 4 && !memcmp(value, "none", 4));
	}
	if (!is_known || !colon[1])
		return option_refuse(text, "compression=zstd, zlib, lzo or none, then :PATH");
	return path_rules_add(&options->convert.tree.rules, "--property", colon + 1,
			      strlen(colon + 1), &asks);
}
