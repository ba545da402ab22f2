/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "owner_options.h"
#include "option_row.h"
#include "value.h"

#include "base/mem.h"

int owner_all_root(struct options *options, const char *value)
{
	struct owner_rules *owners = &options->convert.tree.owners;
	assert(!value);
	owners->uid_forced = owners->gid_forced = true;
	owners->forced_uid = owners->forced_gid = 0;
	return 0;
}

static bool parse_owner(const char *text, u32 *id)
{
	u64 number;
	if (!value_number(text, 0, OWNER_ID_MAX, &number))
		return false;
	*id = (u32)number;
	return true;
}

static bool read_mode(const char *text, u32 *mode)
{
	*mode = 0;
	if (!*text || strlen(text) > 5 || text[strspn(text, "01234567")])
		return false;
	for (; *text; text++)
		*mode = *mode << 3 | (u32)(*text - '0');
	return *mode <= 07777;
}

static bool read_any_time(const char *text, struct timestamp *time)
{
	return value_time(text, time) || value_seconds(text, time);
}

/* What is allowed for @key if @value is not; NULL if it is, and then it is stored. */
static const char *read_default(struct options *options, const char *key, const char *value)
{
	struct implied_attributes *implied = &options->convert.tree.implied;
	if (!strcmp(key, "uid"))
		return parse_owner(value, &implied->uid) ? NULL : "uid=0 to uid=4294967294";
	if (!strcmp(key, "gid"))
		return parse_owner(value, &implied->gid) ? NULL : "gid=0 to gid=4294967294";
	if (!strcmp(key, "mode"))
		return read_mode(value, &implied->mode) ? NULL : "mode=0 to mode=7777, octal";
	if (strcmp(key, "mtime"))
		return "uid=, gid=, mode= and mtime=, with commas between";
	options->is_implied_time_given = true;
	return read_any_time(value, &implied->time)
		       ? NULL
		       : "mtime=[@]SECONDS, mtime=@SECONDS.FRACTION or mtime=YYYY-MM-DDThh:mm:ssZ";
}

int owner_defaults_parse(struct options *options, const char *text)
{
	int err = 0;
	while (!err) {
		const size_t len = strcspn(text, ",");
		char *item = xmemdup(text, len);
		char *value = strchr(item, '=');
		const char *allowed = "KEY=VALUE, with commas between";
		if (value) {
			*value = '\0';
			allowed = read_default(options, item, value + 1);
		}
		if (allowed)
			err = option_refuse_part(text, len, allowed);
		xfree(item);
		if (!text[len])
			break;
		text += len + 1;
	}
	return err;
}
