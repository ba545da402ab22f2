/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The data of a member: from the stream to file_data, by the map of a sparse file. */
#ifndef INPUT_MEMBER_DATA_H
#define INPUT_MEMBER_DATA_H

#include "member.h"
#include "stream.h"

/*
 * member_data_read - the data of @member, which nobody has read yet, into @data, which was begun
 * @store_nr: of the content: the archive, if data can stay there, else CONTENT_DATA_SPOOL
 * Returns 0, or a negative errno after printing: the archive is cut, the sum of the data is not
 * what the header says.
 */
int member_data_read(struct stream *stream, const struct member *member, u16 store_nr,
		     struct file_data *data);

/*
 * member_data_skip - go on behind @member and what is left of its data
 * member->end is set to the end of the archive if that is whole and lacks the last padding.
 * Returns 0, or a negative errno after printing: the archive is cut.
 */
int member_data_skip(struct stream *stream, struct member *member);

#endif
