/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the input is: looked at before anything is read of it. */
#ifndef INPUT_DETECT_H
#define INPUT_DETECT_H

#include "second_reader.h"

/*
 * detect_format - tell the format of what begins at the start of @stream, unpacking it first
 * Returns 0, or a negative errno after printing: no archive, or packed twice.
 */
int detect_format(struct stream *stream, enum input_format *format);

#endif
