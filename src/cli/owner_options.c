/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "owner_options.h"

#include "base/mem.h"
#include "cli/usage.h"
#include "cli/value.h"

static int refuse(const char *option, const char *found, const char *allowed)
{
	return usage_refuse(option, found, strlen(found), allowed);
}

int owner_id_parse(const char *option, const char *text, u32 *id)
{
	u64 number;
	if (!value_number(text, 0, OWNER_ID_MAX, &number))
		return refuse(option, text, "0 to 4294967294");
	*id = (u32)number;
	return 0;
}

int owner_offset_parse(const char *option, const char *text, s64 *offset)
{
	const bool is_negative = *text == '-';
	u64 number;
	if (!value_number(text + is_negative, 0, OWNER_ID_MAX, &number))
		return refuse(option, text, "-4294967294 to 4294967294");
	*offset = is_negative ? -(s64)number : (s64)number;
	return 0;
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

static int read_default(const char *key, const char *value, struct implied_attributes *implied,
			bool *has_time)
{
	if (!strcmp(key, "uid"))
		return owner_id_parse("defaults=uid", value, &implied->uid);
	if (!strcmp(key, "gid"))
		return owner_id_parse("defaults=gid", value, &implied->gid);
	if (!strcmp(key, "mode")) {
		if (!read_mode(value, &implied->mode))
			return refuse("defaults=mode", value, "an octal number of at most 7777");
		return 0;
	}
	if (!strcmp(key, "mtime")) {
		if (!value_time(value, &implied->time) && !value_seconds(value, &implied->time))
			return refuse("defaults=mtime", value,
				      "[@]SECONDS, or @SECONDS.FRACTION with up to 9 digits");
		*has_time = true;
		return 0;
	}
	return refuse("defaults", key, "uid=, gid=, mode= and mtime=, with commas between");
}

int owner_defaults_parse(const char *text, struct implied_attributes *implied, bool *has_time)
{
	char *copy = xmemdup(text, strlen(text));
	char *rest = copy, *key;
	int err = 0;
	while (!err && (key = strsep(&rest, ","))) {
		char *value = key;
		key = strsep(&value, "=");
		err = value ? read_default(key, value, implied, has_time)
			    : refuse("defaults", key, "KEY=VALUE, with commas between");
	}
	xfree(copy);
	return err;
}
