/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verity_options.h"
#include "option_row.h"

#include "base/hex.h"

int verity_parse(struct options *options, const char *text)
{
	static const char allowed[] = "sha256, sha512 or none, or :PATH";
	struct path_rules *rules = &options->convert.tree.rules;
	struct path_settings asks = { .has_verity = true, .verity = FSVERITY_SHA256 };
	const size_t len = text ? strcspn(text, ":") : 0;
	if (len && !fsverity_from_name(text, len, &asks.verity))
		return option_refuse_part(text, len, allowed);
	if (text && !*text)
		return option_refuse(text, allowed);
	if (!text || !text[len]) {
		rules->verity = asks.verity;
		return 0;
	}
	const char *path = text + len + 1;
	if (!*path)
		return option_refuse(text, "a path behind the colon");
	return path_rules_add(rules, "--fs-verity", path, strlen(path), &asks);
}

int verity_salt_parse(struct options *options, const char *text)
{
	struct fsverity_params *params = &options->convert.data.verity;
	const size_t len = strlen(text);
	bool is_good = len && len % 2 == 0 && len / 2 <= FSVERITY_MAX_SALT;
	for (size_t i = 0; is_good && i < len; i += 2) {
		const int high = hex_value(text[i]), low = hex_value(text[i + 1]);
		is_good = high >= 0 && low >= 0;
		if (is_good)
			params->salt[i / 2] = (u8)(high << 4 | low);
	}
	if (!is_good)
		return option_refuse(text, "hex digits of 1 to 32 bytes");
	params->salt_bytes = (u8)(len / 2);
	return 0;
}

static bool is_asked_for(const struct convert_options *convert)
{
	const struct path_rules *rules = &convert->tree.rules;
	bool asked = convert->plan || rules->verity != FSVERITY_NONE;
	for (size_t i = 0; i < rules->nr && !asked; i++)
		asked = rules->list[i].asks.verity != FSVERITY_NONE;
	return asked;
}

int verity_check(const struct options *options)
{
	const struct convert_options *convert = &options->convert;
	const char *idle = convert->data.verity.salt_bytes       ? "--fs-verity-salt"
			   : convert->verity_signatures          ? "--fs-verity-signatures"
			   : options->report.verity_digests_path ? "--fs-verity-digests"
								 : NULL;
	if (!idle || is_asked_for(convert))
		return 0;
	return fail(-EINVAL, "found %s without --fs-verity", idle);
}
