/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values of the options about owners and what directories get that no member describes.
 * Each function returns 0, or a negative errno after printing what was found and what is allowed.
 */
#ifndef CLI_OWNER_OPTIONS_H
#define CLI_OWNER_OPTIONS_H

#include "model/tree.h"

/* owner_id_parse - a user or group id */
int owner_id_parse(const char *option, const char *text, u32 *id);

/* owner_offset_parse - what is added to ids, maybe negative */
int owner_offset_parse(const char *option, const char *text, s64 *offset);

/*
 * owner_defaults_parse - KEY=VALUE, and more of them behind commas: uid, gid, mode, mtime
 * @has_time: set if mtime is among them, else left alone
 */
int owner_defaults_parse(const char *text, struct implied_attributes *implied, bool *has_time);

#endif
