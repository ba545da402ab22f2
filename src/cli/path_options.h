/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options about a path of the image. All can be given many times; what they ask
 * for is gathered in lists. Each function returns 0, or a negative errno after printing what
 * was found and what is allowed. Paths of subvolumes point into @text.
 */
#ifndef CLI_PATH_OPTIONS_H
#define CLI_PATH_OPTIONS_H

#include "model/path_rules.h"
#include "model/subvol.h"

/* subvol_parse - [TYPE:]DIR; a path with a colon in its first name needs ./ in front */
int subvol_parse(const char *text, struct subvol_requests *requests);

/* subvol_uuid_parse - PATH=UUID */
int subvol_uuid_parse(const char *text, struct subvol_requests *requests);

/* compress_parse - ALGO[:LEVEL], the codec where no rule says else, or ALGO[:LEVEL]:PATH, a rule;
 * so that a wrong level is no path, that begins with / or ./ */
int compress_parse(const char *text, struct path_rules *rules);

/* inode_flags_parse - FLAG[,FLAG]:PATH */
int inode_flags_parse(const char *text, struct path_rules *rules);

/* property_parse - compression=ALGO:PATH */
int property_parse(const char *text, struct path_rules *rules);

#endif
