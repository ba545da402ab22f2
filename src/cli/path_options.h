/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options about a path of the image. Each can be given many times and adds to a list. Each function
 * returns 0, or a negative errno after printing what was found and what is allowed. Paths of
 * subvolumes point into @text.
 */
#ifndef CLI_PATH_OPTIONS_H
#define CLI_PATH_OPTIONS_H

#include "options.h"

/* subvol_parse - [TYPE:]DIR; a path with a colon in its first name needs ./ in front */
int subvol_parse(struct options *options, const char *text);

/* subvol_uuid_parse - PATH=UUID */
int subvol_uuid_parse(struct options *options, const char *text);

/*
 * compress_parse - ALGO[:LEVEL], the codec of files without a rule, or ALGO[:LEVEL]:PATH, a rule
 * PATH begins with / or ./, so that a wrong level is not taken for a path.
 */
int compress_parse(struct options *options, const char *text);

/* exclude_path_parse - a path or shell pattern of what is left out */
int exclude_path_parse(struct options *options, const char *text);

/* exclude_from_parse - the name of a file; each line that is not empty is such a pattern */
int exclude_from_parse(struct options *options, const char *name);

/* inode_flags_parse - FLAG[,FLAG]:PATH */
int inode_flags_parse(struct options *options, const char *text);

/* property_parse - compression=ALGO:PATH */
int property_parse(struct options *options, const char *text);

#endif
