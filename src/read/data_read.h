/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stored bytes of file data, verified by the checksum tree. */
#ifndef READ_DATA_READ_H
#define READ_DATA_READ_H

#include "cursor.h"

struct data_reader;
struct data_reader *data_reader_new(struct filesystem *fs);
void data_reader_free(struct data_reader *reader); /* NULL is fine */

/*
 * data_read - @sectors from @logical on, to @data
 * @is_summed: there are checksums; each sector is taken from the first copy that is good
 * Returns 0, or a negative errno after printing.
 */
int data_read(struct data_reader *reader, u64 logical, u32 sectors, bool is_summed, u8 *data);

#endif
