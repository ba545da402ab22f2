/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the hard links of a ustar archive that have a size have data behind them, as pax(1)
 * writes them, or not, as old programs do. One archive is all of one kind. Without this, members
 * of an archive that is a link's data would enter the tree, or what follows would be lost.
 */
#ifndef INPUT_LINK_DATA_H
#define INPUT_LINK_DATA_H

#include "member.h"
#include "stream.h"

struct link_data;

/* link_data_new - of one archive; release with link_data_free() */
struct link_data *link_data_new(void);
void link_data_free(struct link_data *data);

/* link_data_is_stored - a link's data are no header and no end: from now on links have data */
void link_data_is_stored(struct link_data *data);

/*
 * link_data_leave_out - a link whose size is taken for one without data: headers or the end follow
 * @offset:  where its data would begin
 * @size:    of the data, more than 0
 * @is_sure: the size is of a pax record, so that there are data
 * Returns 0, or a negative errno after printing: headers are its data, or may be.
 */
int link_data_leave_out(struct link_data *data, struct stream *stream, u64 offset, u64 size,
			bool is_sure, const struct member *link);

/*
 * link_data_check - headers, or an end, are at @*offset
 * @offset: moved behind zeros if @is_end
 * Returns 0, or a negative errno after printing: data of an earlier link may end there.
 */
int link_data_check(struct link_data *data, struct stream *stream, u64 *offset, bool is_end);

#endif
