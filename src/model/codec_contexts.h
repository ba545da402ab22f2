/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The codec contexts of one thread, made when they are first needed. */
#ifndef MODEL_CODEC_CONTEXTS_H
#define MODEL_CODEC_CONTEXTS_H

#include "disk/codec.h"

/* As many as there are codecs with their levels. */
#define MAX_CODEC_CONTEXTS 32

struct codec_contexts {
	struct {
		struct codec_choice choice;
		void *context;
	} list[MAX_CODEC_CONTEXTS];
	u32 nr;
	u8 *spare; /* BTRFS_MAX_COMPRESSED bytes, allocated when first needed */
};

/* codec_contexts_get - the context for @choice; NULL for "none" */
void *codec_contexts_get(struct codec_contexts *contexts, const struct codec_choice *choice);

/* codec_contexts_spare - room for the second try to compress a piece */
u8 *codec_contexts_spare(struct codec_contexts *contexts);

/* codec_contexts_release - free all; the struct is usable again */
void codec_contexts_release(struct codec_contexts *contexts);

#endif
