/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turns processed pieces into blobs and file extents, in the order of arrival. */
#ifndef MODEL_COLLECTOR_H
#define MODEL_COLLECTOR_H

#include "piece.h"

struct collector;

/* collector_new - @rules and @content must outlive the result; release with collector_free() */
struct collector *collector_new(const struct piece_rules *rules, struct content *content);
void collector_free(struct collector *t);

/* collect - a collect_fn, @context is the collector; errors: reading the archive, a full spool */
int collect(void *context, struct piece *p);

#endif
