/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recognises data that no codec can shrink, far faster than a high level would. */
#ifndef DISK_RANDOMNESS_H
#define DISK_RANDOMNESS_H

#include "disk/format.h"

/*
 * cannot_shrink - whether @data, 1..131072 bytes, will not fit into @room by any codec
 * True means that in each sector all byte values are about equally frequent, and that strings of 8
 * bytes or more hardly repeat. Text or code of a sector's length is noticed at any position. False
 * if @room is enough for plain data, and for a sector or less, where each saved byte may count.
 */
bool cannot_shrink(const void *data, size_t bytes, size_t room);

#endif
