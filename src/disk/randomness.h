/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells data that no codec can shrink, by its own bytes, far faster than a high level would. */
#ifndef DISK_RANDOMNESS_H
#define DISK_RANDOMNESS_H

#include "disk/format.h"

/*
 * cannot_shrink - whether @data, 1..131072 bytes, will not fit into @room by any codec
 * True means that the counts of its bytes are even in each sector and that strings of 8 bytes or
 * more hardly repeat. Text or code of a sector's length is seen wherever it lies. False if there is
 * room for the data as they are, and for a sector or less, of which any byte saved may count.
 */
bool cannot_shrink(const void *data, size_t bytes, size_t room);

#endif
