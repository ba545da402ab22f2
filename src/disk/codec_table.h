/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The codecs, each in its own codec_NAME.c; codec.c lists them. */
#ifndef DISK_CODEC_TABLE_H
#define DISK_CODEC_TABLE_H

#include "disk/codec.h"

extern const struct codec codec_zstd;
extern const struct codec codec_zlib;
extern const struct codec codec_lzo;

#endif
