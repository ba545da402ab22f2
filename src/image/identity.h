/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IMAGE_IDENTITY_H
#define IMAGE_IDENTITY_H

#include "blueprint.h"

/*
 * identify - derive all ids from the content; the layout is final and the ids are clear
 * Returns 0, or a negative errno after printing. A refusal of given uuids, or of randomness, is
 * possible only if identify_may_refuse().
 */
int identify(struct blueprint *bp);
bool identify_may_refuse(const struct blueprint *bp);

#endif
