/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checksum tree. */
#ifndef READ_DATA_SUMS_H
#define READ_DATA_SUMS_H

#include "cursor.h"

struct data_sums;
struct data_sums *data_sums_new(struct filesystem *fs);
void data_sums_free(struct data_sums *sums); /* NULL is fine */

/*
 * data_sums_find - the sums of @sectors from @logical on, to @out, as many bytes each as they have
 * Returns 0, or a negative errno after printing: also if there is none.
 */
int data_sums_find(struct data_sums *sums, u64 logical, u32 sectors, u8 *out);

#endif
