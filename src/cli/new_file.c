/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A new file has no name (O_TMPFILE) until it is complete and on disk. linkat() cannot replace a
 * file: over an old one the new one is linked to a temporary name and renamed. Meanwhile signals
 * that would end the program are blocked.
 *
 * Where the kernel or the filesystem has no unnamed files, the file has a temporary name from the
 * start, and a signal handler removes it. All that changes happens while one thread runs.
 */
#include "new_file.h"

#include "base/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#define TEMP_NAME_TRIES 100

/* Files with temporary names. A handler gets no argument: this must be global. */
static struct new_file *volatile named_files;

/* ---- signals ----------------------------------------------------------------------- */

static const int ending_signals[] = { SIGINT, SIGTERM, SIGHUP };
#define NR_ENDING_SIGNALS (sizeof(ending_signals) / sizeof(ending_signals[0]))

static sigset_t ending_set(void)
{
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < NR_ENDING_SIGNALS; i++)
		sigaddset(&set, ending_signals[i]);
	return set;
}

sigset_t new_file_block_signals(void)
{
	const sigset_t set = ending_set();
	sigset_t old;
	pthread_sigmask(SIG_BLOCK, &set, &old);
	return old;
}

void new_file_restore_signals(const sigset_t *old)
{
	pthread_sigmask(SIG_SETMASK, old, NULL);
}

/* SA_RESETHAND: the signal that is raised ends the program when the handler returns. */
static void remove_named_files(int number)
{
	for (const struct new_file *file = named_files; file; file = file->next)
		unlinkat(file->dir_fd, file->temp, 0);
	raise(number);
}

/* Signals that are ignored (nohup) stay ignored. */
static void install_handler(void)
{
	const struct sigaction action = { .sa_handler = remove_named_files,
					  .sa_flags = SA_RESETHAND,
					  .sa_mask = ending_set() };
	for (size_t i = 0; i < NR_ENDING_SIGNALS; i++) {
		struct sigaction old;
		if (!sigaction(ending_signals[i], NULL, &old) && old.sa_handler == SIG_DFL)
			sigaction(ending_signals[i], &action, NULL);
	}
}

/* ---- temporary names; signals are blocked ------------------------------------------ */

/* Returns the result of @make, which is called until errno is not EEXIST; it is -1 on failure. */
static int make_temp(struct new_file *file, int (*make)(const struct new_file *, const char *name))
{
	for (int i = 0; i < TEMP_NAME_TRIES; i++) {
		char name[TEMP_NAME_BYTES];
		u64 number;
		if (getrandom(&number, sizeof(number), 0) != sizeof(number))
			return -1;
		snprintf(name, sizeof(name), ".tar2btrfs-%016llx", (unsigned long long)number);
		int result = make(file, name);
		if (result >= 0)
			memcpy(file->temp, name, sizeof(name));
		if (result >= 0 || errno != EEXIST)
			return result;
	}
	return -1;
}

/* While a file is written, nobody may read what the old file did not let them read. */
static mode_t creation_mode(const struct new_file *file)
{
	return file->replaces ? 0600 : 0666;
}

static int make_named(const struct new_file *file, const char *name)
{
	return openat(file->dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
		      creation_mode(file));
}

static int link_unnamed(const struct new_file *file, const char *name)
{
	char self[48];
	snprintf(self, sizeof(self), "/proc/self/fd/%d", file->fd);
	return linkat(AT_FDCWD, self, file->dir_fd, name, AT_SYMLINK_FOLLOW);
}

/* The temporary name is gone: the handler must not remove what may have it later. */
static void forget_temp(struct new_file *file)
{
	*file->temp = '\0';
	if (named_files == file)
		named_files = file->next;
	for (struct new_file *other = named_files; other; other = other->next)
		if (other->next == file)
			other->next = file->next;
}

/* ---- the interface ----------------------------------------------------------------- */

int new_file_open_dir(struct new_file *file, const char *name, char *path)
{
	char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	const char *dir = slash ? path : ".";
	if (!*base)
		return fail(-EISDIR, "%s has no name after the last /, allowed: a file", name);
	if (strlen(base) > NAME_MAX)
		return fail(-ENAMETOOLONG, "%s: the name is %zu bytes, allowed: %d", name,
			    strlen(base), NAME_MAX);
	memcpy(file->base, base, strlen(base) + 1);
	if (slash == path)
		dir = "/";
	else if (slash)
		*slash = '\0';
	file->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return file->dir_fd < 0 ? fail_errno("cannot open the directory of %s", name) : 0;
}

static int create_named(struct new_file *file)
{
	const sigset_t mask = new_file_block_signals();
	int fd = make_temp(file, make_named);
	if (fd >= 0) {
		file->next = named_files;
		named_files = file;
		install_handler();
	}
	new_file_restore_signals(&mask);
	return fd;
}

int new_file_create(struct new_file *file, const char *name, const struct stat *old)
{
	if (old) {
		if (faccessat(file->dir_fd, file->base, W_OK, AT_EACCESS))
			return fail_errno("cannot write %s", name);
		file->replaces = true;
		file->old_mode = old->st_mode & 0777;
	}
	/* linkat() needs the name that proc has for the descriptor. */
	if (access("/proc/self/fd", X_OK))
		errno = EOPNOTSUPP;
	else
		file->fd = openat(file->dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC,
				  creation_mode(file));
	/* EISDIR: an old kernel takes this for a directory opened to write. */
	if (file->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
		file->fd = create_named(file);
	return file->fd < 0 ? fail_errno("cannot create a file in the directory of %s", name) : 0;
}

int new_file_sync(struct new_file *file, const char *name)
{
	if (file->replaces && fchmod(file->fd, file->old_mode))
		return fail_errno("cannot set the mode of %s", name);
	return fsync(file->fd) ? fail_errno("cannot write %s", name) : 0;
}

int new_file_put_in_place(struct new_file *file, const char *name)
{
	if (!*file->temp) {
		if (!link_unnamed(file, file->base))
			return 0;
		if (errno != EEXIST || make_temp(file, link_unnamed) < 0)
			return fail_errno("cannot give a new file its name %s", name);
	}
	if (renameat(file->dir_fd, file->temp, file->dir_fd, file->base))
		return fail_errno("cannot replace %s", name);
	forget_temp(file);
	return 0;
}

int new_file_sync_dir(struct new_file *file, const char *name)
{
	/* EINVAL: a filesystem that cannot sync directories. */
	if (fsync(file->dir_fd) && errno != EINVAL)
		return fail_errno("cannot sync the directory of %s", name);
	return 0;
}

void new_file_close(struct new_file *file)
{
	if (*file->temp) {
		const sigset_t mask = new_file_block_signals();
		unlinkat(file->dir_fd, file->temp, 0);
		forget_temp(file);
		new_file_restore_signals(&mask);
	}
	if (file->fd >= 0)
		close(file->fd);
	if (file->dir_fd >= 0)
		close(file->dir_fd);
}
