/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a file reader plans for others. */
#ifndef READ_FILE_LOAD_H
#define READ_FILE_LOAD_H

#include "data_load.h"
#include "read/file_reader.h"

/*
 * file_reader_next_load - as file_reader_next_data(), but the bytes are still to be brought
 * @most: bytes of a plain extent, whole sectors; more than BTRFS_MAX_COMPRESSED is the same as that
 * @load: load->extra stays valid until the next call
 */
int file_reader_next_load(struct file_reader *reader, u64 most, u64 *offset,
			  struct data_load *load);

#endif
