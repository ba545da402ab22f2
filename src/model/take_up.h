/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pieces with their results become blobs and file extents, in the order of arrival. */
#ifndef MODEL_TAKE_UP_H
#define MODEL_TAKE_UP_H

#include "piece.h"

struct taker;

/* taker_new - @rules and @content must outlive the result; release with taker_free() */
struct taker *taker_new(const struct piece_rules *rules, struct content *content);
void taker_free(struct taker *t);

/* take_up - a take_up_fn: @context is the taker; the spool may be full */
int take_up(void *context, struct piece *p);

#endif
