/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Before the first byte of an archive is parsed, the process gives up the rights that it does not
 * need: new privileges, other programs, the network, and all files except those that are open.
 *
 * Two filters of the kernel do that. Landlock judges by directory: new files can be made in those
 * that were named, and no other file can be opened or changed. seccomp judges by system call: exec,
 * sockets and the like end the process; opening a file is allowed only to make a new one; calls
 * that are not listed fail with ENOSYS.
 */
#ifndef CLI_SANDBOX_H
#define CLI_SANDBOX_H

#include "base/types.h"

#define SANDBOX_DIRS_MAX 64

/* The rights in the file system that stay. Zeroed at first. */
struct sandbox {
	int makes[SANDBOX_DIRS_MAX]; /* directories that files may be made in */
	u32 nr_makes;
	int reads[SANDBOX_DIRS_MAX]; /* directories whose files, and those below, may be opened */
	u32 nr_reads;
};

/* sandbox_allow_making - files may be made, renamed and removed in @dir_fd */
void sandbox_allow_making(struct sandbox *sandbox, int dir_fd);

/* sandbox_allow_reading - openat() with @dir_fd may open files there to read them */
void sandbox_allow_reading(struct sandbox *sandbox, int dir_fd);

/*
 * sandbox_enter - give up everything but what @sandbox allows and new files in @spool_dir
 * @spool_dir: NULL: no files but those that @sandbox allows
 * seccomp holds for all threads, Landlock for the caller and for threads that start later. What
 * the kernel lacks is left out with a note (-v). Descriptors given to sandbox_allow_making() are
 * not needed any more. Returns 0, or a negative errno after printing.
 */
int sandbox_enter(struct sandbox *sandbox, const char *spool_dir);

#endif
