/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A regular file that appears complete or not at all. */
#ifndef CLI_NEW_FILE_H
#define CLI_NEW_FILE_H

#include "base/types.h"

#include <limits.h>
#include <signal.h>
#include <sys/stat.h>

#define TEMP_NAME_BYTES 32

struct new_file {
	int dir_fd;                 /* its directory; -1: nothing is open */
	int fd;                     /* open for reading and writing, or -1 */
	char base[NAME_MAX + 1];    /* its name in the directory, when it is complete */
	bool replaces;              /* there is a file of that name, */
	mode_t old_mode;            /* with these permissions, which the new one gets */
	char temp[TEMP_NAME_BYTES]; /* its name until then; empty if it has none */
	struct new_file *next;      /* of those with a temporary name */
};

/*
 * new_file_open_dir - open the directory of @path and keep the last name of @path
 * @name: the path for messages
 * @path: is changed
 * Returns 0, or a negative errno after printing. Release with new_file_close() in any case.
 */
int new_file_open_dir(struct new_file *file, const char *name, char *path);

/*
 * new_file_create - open an empty file in the directory, without a name if the kernel can do that
 * @old: the file that it replaces, which must be writable; or NULL
 * No other thread may run yet. Returns 0, or a negative errno after printing.
 */
int new_file_create(struct new_file *file, const char *name, const struct stat *old);

/*
 * The three steps that put files in place, of which all are complete: sync each; with the signals
 * blocked that would end the program, give each its name; sync their directories. No other thread may
 * run any more. Each returns 0, or a negative errno after printing.
 */
int new_file_sync(struct new_file *file, const char *name);
int new_file_put_in_place(struct new_file *file, const char *name);
int new_file_sync_dir(struct new_file *file, const char *name);

/* new_file_block_signals - those that would end the program; returns the mask to restore */
sigset_t new_file_block_signals(void);
void new_file_restore_signals(const sigset_t *mask);

/* new_file_close - release; without a commit no file is left */
void new_file_close(struct new_file *file);

#endif
