/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A receiver of send streams, in memory: what btrfs receive and the kernel make of commands, with
 * what commands do besides. Names and data change times, a new owner and data remove capabilities,
 * a new mode changes an ACL, new inodes inherit. All that a command may not do ends the process.
 */
#ifndef FUZZ_RECEIVER_H
#define FUZZ_RECEIVER_H

#include "base/types.h"

struct receiver;

/* receiver_new - has no subvolume yet; release with receiver_free() */
struct receiver *receiver_new(void);
void receiver_free(struct receiver *r);

/*
 * receiver_take - receive the @len bytes of a stream
 * Its subvolumes come after those that are there. One that is a snapshot takes the place of its
 * origin. All that were there and are no origin are gone then.
 */
void receiver_take(struct receiver *r, const u8 *stream, size_t len);

/* receivers_equal - whether both have the same subvolumes, by name, in any order */
bool receivers_equal(const struct receiver *a, const struct receiver *b);

/* receiver_is_settled - whether nothing is left that a command did besides */
bool receiver_is_settled(const struct receiver *r);

#endif
