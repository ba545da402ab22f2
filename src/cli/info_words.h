/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line that makes an image, of what the image tells. */
#ifndef CLI_INFO_WORDS_H
#define CLI_INFO_WORDS_H

#include "base/mem.h"
#include "convert/image_info.h"

/* Words of a command line, each of them terminated. */
struct info_words {
	const char **words;
	size_t nr, capacity;
	struct arena arena;
};

/*
 * info_words_of_image - the options of tar2btrfs that make such an image of its archive, and those of
 *                       btrfs2tar that make this archive
 * Both are zeroed at first; release them with info_words_release().
 */
void info_words_of_image(const struct image_info *info, struct info_words *to_image,
			 struct info_words *to_archive);

/* info_lost_rule - the name of the option that the words should have, but do not; NULL: nothing is
 * missing */
const char *info_lost_rule(const struct image_info *info, enum rule_kind kind);

void info_words_release(struct info_words *words);

#endif
