/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "codec_contexts.h"

#include "base/mem.h"

void *codec_contexts_get(struct codec_contexts *contexts, const struct codec_choice *choice)
{
	if (!choice->codec)
		return NULL;
	for (u32 i = 0; i < contexts->nr; i++)
		if (codec_choice_id(&contexts->list[i].choice) == codec_choice_id(choice))
			return contexts->list[i].context;
	assert(contexts->nr < MAX_CODEC_CONTEXTS);
	contexts->list[contexts->nr].choice = *choice;
	contexts->list[contexts->nr].context = choice->codec->context_new(choice->level);
	return contexts->list[contexts->nr++].context;
}

u8 *codec_contexts_spare(struct codec_contexts *contexts)
{
	if (!contexts->spare)
		contexts->spare = xmalloc(BTRFS_MAX_COMPRESSED);
	return contexts->spare;
}

void codec_contexts_release(struct codec_contexts *contexts)
{
	xfree(contexts->spare);
	contexts->spare = NULL;
	for (u32 i = 0; i < contexts->nr; i++)
		contexts->list[i].choice.codec->context_free(contexts->list[i].context);
	contexts->nr = 0;
}
