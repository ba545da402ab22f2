/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pieces with their results become blobs and file extents, in the order of arrival. */
#ifndef MODEL_COLLECTOR_H
#define MODEL_COLLECTOR_H

#include "piece.h"

struct collector;

/* collector_new - @rules and @content must outlive the result; release with collector_free() */
struct collector *collector_new(const struct piece_rules *rules, struct content *content);
void collector_free(struct collector *t);

/* collect - a collect_fn: @context is the taker; the spool may be full */
int collect(void *context, struct piece *p);

#endif
