/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pax records of one member. */
#ifndef TAR_PAX_RECORDS_H
#define TAR_PAX_RECORDS_H

#include "tar/tar_writer.h"

struct pax_records {
	char *bytes; /* zeroed at first; memory is used again */
	size_t len, capacity;
};

/*
 * pax_records_fill - what the fields of a ustar header cannot hold, in place of what was there
 * @stored: bytes of data in the archive
 */
void pax_records_fill(struct pax_records *records, const struct tar_member *member, u64 stored);

void pax_records_release(struct pax_records *records);

/* How much the fields of a ustar header hold: octal digits, and bytes of a name. */
#define USTAR_ID_MAX 07777777u
#define USTAR_SIZE_MAX 077777777777ull
#define USTAR_NAME_BYTES 100u

/* pax_time_fits - whether a ustar header can hold @time */
static inline bool pax_time_fits(struct timestamp time)
{
	return time.sec >= 0 && time.sec <= (s64)USTAR_SIZE_MAX && !time.nsec;
}

#endif
