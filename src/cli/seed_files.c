/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seed_files.h"

#include "base/diag.h"
#include "base/mem.h"

void seed_files_open(struct seed_files *files, const struct archives *archives)
{
	files->nr = (u32)archives->nr;
	files->list = xzalloc(archives->nr * sizeof(*files->list));
	files->names = xmalloc(archives->nr * QUOTE_BYTES);
	for (size_t i = 0; i < archives->nr; i++) {
		const struct convert_input *input = &archives->inputs[i];
		files->list[i].fd = input->fd;
		files->list[i].name =
			quote(files->names + i * QUOTE_BYTES, input->name, strlen(input->name));
	}
}

void seed_files_release(struct seed_files *files)
{
	xfree(files->list);
	xfree(files->names);
}
