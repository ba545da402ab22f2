/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All or nothing: a regular FILE is written as an unnamed file in its
 * directory, which gets a name only when it is complete and on disk. linkat()
 * cannot replace, so over an old FILE the new one takes a temporary name first
 * and is renamed. Where there are no unnamed files, it has that name from the start.
 */
#include "cli/output.h"

#include "base/diag.h"
#include "base/mem.h"
#include "block_device.h"
#include "guard.h"
#include "output_path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMP_NAME_TRIES 100

struct outputs {
	const struct archives *archives;
	struct guard guard; /* of temporary names */
	struct output *list;
};

struct output {
	struct outputs *all;
	struct output *next;
	char name[QUOTE_BYTES]; /* for messages */
	enum output_kind kind;
	int fd;
	bool owns_fd;               /* close it in the end; else it is the caller's */
	bool is_seekable;           /* a regular file that ends where it stands */
	bool is_block;              /* a block device: */
	struct block_device device; /* valid then */

	/* A regular FILE that is made anew; else temp.dir_fd is -1. */
	struct guarded_name temp; /* its directory, and the temporary name there */
	char base[NAME_MAX + 1];  /* its name in that directory */
	bool replaces;            /* there was a FILE */
	mode_t old_mode;          /* its permissions */
};

/* ---- destinations that are written in place ------------------------------- */

static int refuse_archive(const struct output *o, const struct stat *st)
{
	if (archives_hold(o->all->archives, st))
		return fail(-EINVAL, "%s is the archive itself, allowed: another file", o->name);
	return 0;
}

/* Take @fd, which is open already. */
static int take_descriptor(struct output *o, int fd)
{
	int flags = fcntl(fd, F_GETFL);
	struct stat st;
	if (flags < 0)
		return fail_errno("%s is closed", o->name);
	/* main() puts a read-only descriptor in the place of a closed standard output. */
	if (flags & O_PATH || (flags & O_ACCMODE) == O_RDONLY)
		return fail(-EBADF, "%s is closed or not open for writing", o->name);
	if (o->kind == OUTPUT_IMAGE && isatty(fd))
		return fail(-EINVAL, "%s is a terminal, allowed: a file, pipe or device; see -o",
			    o->name);
	if (fstat(fd, &st))
		return fail_errno("cannot look at %s", o->name);
	if (o->kind == OUTPUT_TEXT && S_ISBLK(st.st_mode))
		return fail(-ENOTBLK, "%s is a block device, allowed: a file, pipe or terminal",
			    o->name);
	o->fd = fd;
	o->is_seekable =
		S_ISREG(st.st_mode) && !(flags & O_APPEND) && lseek(fd, 0, SEEK_CUR) == st.st_size;
	o->is_block = S_ISBLK(st.st_mode);
	if (o->is_block)
		block_device_open(fd, &o->device);
	return refuse_archive(o, &st);
}

/* A device or FIFO; of a FIFO this waits for the reader. */
static int open_in_place(struct output *o, const char *path, const struct stat *st)
{
	int flags = O_WRONLY | O_NOCTTY | O_CLOEXEC;
	int err = refuse_archive(o, st);
	if (err)
		return err;
	/* Refused by the kernel for a device that is mounted or otherwise in use. */
	if (S_ISBLK(st->st_mode))
		flags |= O_EXCL;
	int fd = open(path, flags);
	if (fd < 0)
		return fail_errno("cannot open %s for writing", o->name);
	o->owns_fd = true;
	o->fd = fd;
	return take_descriptor(o, fd);
}

/* ---- regular files -------------------------------------------------------- */

/*
 * Find a free temporary name: @make is tried until it does not say EEXIST.
 * Returns its result, or -1 with errno set.
 */
static int make_temp(struct output *o, int (*make)(const struct output *o, const char *name))
{
	for (int i = 0; i < TEMP_NAME_TRIES; i++) {
		char name[GUARD_NAME_BYTES];
		u64 number;

		if (getrandom(&number, sizeof(number), 0) != sizeof(number))
			return -1;
		snprintf(name, sizeof(name), ".tar2btrfs-%016llx", (unsigned long long)number);
		int result = make(o, name);
		if (result >= 0)
			memcpy(o->temp.bytes, name, sizeof(name));
		if (result >= 0 || errno != EEXIST)
			return result;
	}
	return -1;
}

/* While it is written, nobody may read what the old FILE did not let them read. */
static mode_t creation_mode(const struct output *o)
{
	return o->replaces ? 0600 : 0666;
}

static int make_named(const struct output *o, const char *name)
{
	return openat(o->temp.dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
		      creation_mode(o));
}

static int link_unnamed(const struct output *o, const char *name)
{
	char self[48];
	snprintf(self, sizeof(self), "/proc/self/fd/%d", o->fd);
	return linkat(AT_FDCWD, self, o->temp.dir_fd, name, AT_SYMLINK_FOLLOW);
}

/* Open the new file: without a name if that is possible and it can be given one later. */
static int create_file(struct output *o)
{
	int fd = -1;
	int err = guard_add(&o->all->guard, &o->temp);
	if (err)
		return err;
	if (access("/proc/self/fd", X_OK))
		errno = EOPNOTSUPP;
	else
		fd = openat(o->temp.dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, creation_mode(o));
	/* EISDIR: an old kernel takes this for a directory opened to write. */
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
		pthread_mutex_lock(&o->all->guard.lock);
		fd = make_temp(o, make_named);
		pthread_mutex_unlock(&o->all->guard.lock);
	}
	if (fd < 0)
		return fail_errno("cannot create a file beside %s", o->name);
	o->fd = fd;
	o->owns_fd = true;
	return 0;
}

static int open_replacing(struct output *o, char *path, const struct stat *st)
{
	char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	const char *dir = slash ? path : ".";
	int err;
	if (!*base)
		return fail(-EISDIR, "%s has no name behind the last /, allowed: a file", o->name);
	if (strlen(base) > NAME_MAX)
		return fail(-ENAMETOOLONG, "%s: the name is %zu bytes, allowed: %d", o->name,
			    strlen(base), NAME_MAX);
	memcpy(o->base, base, strlen(base) + 1);
	if (slash == path)
		dir = "/";
	else if (slash)
		*slash = '\0';
	o->temp.dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (o->temp.dir_fd < 0)
		return fail_errno("cannot open the directory of %s", o->name);
	if (st) {
		err = refuse_archive(o, st);
		if (err)
			return err;
		if (faccessat(o->temp.dir_fd, o->base, W_OK, AT_EACCESS))
			return fail_errno("cannot write %s", o->name);
		o->replaces = true;
		o->old_mode = st->st_mode & 0777;
	}
	return create_file(o);
}

/* ---- what a path means ---------------------------------------------------- */

static int open_path(struct output *o, const char *given)
{
	char path[PATH_MAX];
	struct stat st;
	int fd = -1;
	if (strlen(given) >= sizeof(path))
		return fail(-ENAMETOOLONG, "%s: the name is %zu bytes, allowed: %d", o->name,
			    strlen(given), PATH_MAX - 1);
	memcpy(path, given, strlen(given) + 1);
	/* The kernel says first whether it would follow (protected_symlinks). */
	if (stat(path, &st) && errno != ENOENT)
		return fail_errno("cannot look at %s", o->name);
	int err = output_path_resolve(o->name, path, &fd);
	if (err)
		return err;
	if (fd >= 0)
		return take_descriptor(o, fd);
	if (stat(path, &st)) {
		if (errno != ENOENT)
			return fail_errno("cannot look at %s", o->name);
		return open_replacing(o, path, NULL);
	}
	if (S_ISREG(st.st_mode))
		return open_replacing(o, path, &st);
	if (S_ISDIR(st.st_mode))
		return fail(-EISDIR, "%s is a directory, allowed: a file, device or FIFO", o->name);
	if (S_ISSOCK(st.st_mode))
		return fail(-ENXIO, "%s is a socket, allowed: a file, device or FIFO", o->name);
	return open_in_place(o, path, &st);
}

/* ---- outputs of one run ----------------------------------------------------- */

static bool is_replacing(const struct output *o)
{
	return o->temp.dir_fd >= 0;
}

static bool is_one_inode(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* The file that is written or will be replaced; false if there is none yet. */
static bool stat_target(const struct output *o, struct stat *st)
{
	if (is_replacing(o))
		return !fstatat(o->temp.dir_fd, o->base, st, AT_SYMLINK_NOFOLLOW);
	return !fstat(o->fd, st);
}

/* Whether what is written to both would be lost or mixed: text after text in one stream is fine. */
static bool clashes(const struct output *a, const struct output *b)
{
	struct stat x, y;
	if (is_replacing(a) && is_replacing(b))
		return !strcmp(a->base, b->base) && !fstat(a->temp.dir_fd, &x) &&
		       !fstat(b->temp.dir_fd, &y) && is_one_inode(&x, &y);
	if (!stat_target(a, &x) || !stat_target(b, &y) || !is_one_inode(&x, &y) ||
	    S_ISCHR(x.st_mode))
		return false;
	return is_replacing(a) || is_replacing(b) || a->kind == OUTPUT_IMAGE ||
	       b->kind == OUTPUT_IMAGE;
}

static int refuse_clashes(const struct output *o)
{
	for (const struct output *other = o->all->list; other; other = other->next)
		if (clashes(o, other))
			return fail(-EINVAL, "%s is the same file as %s, allowed: another file",
				    o->name, other->name);
	return 0;
}

/* ---- the interface -------------------------------------------------------- */

struct outputs *outputs_new(const struct archives *archives)
{
	struct outputs *all = xzalloc(sizeof(*all));
	all->archives = archives;
	guard_init(&all->guard);
	return all;
}

static void release(struct output *o)
{
	guard_remove(&o->all->guard, &o->temp);
	if (o->is_block)
		block_device_close(&o->device);
	if (o->owns_fd)
		close(o->fd);
	if (is_replacing(o))
		close(o->temp.dir_fd);
	xfree(o);
}

void outputs_free(struct outputs *all)
{
	if (!all)
		return;
	for (struct output *o = all->list, *next; o; o = next) {
		next = o->next;
		release(o);
	}
	guard_stop(&all->guard);
	xfree(all);
}

int output_open(struct outputs *all, const char *path, enum output_kind kind,
		struct output **output)
{
	struct output *o = xzalloc(sizeof(*o));
	int err;
	o->all = all;
	o->kind = kind;
	o->fd = -1;
	o->temp.dir_fd = -1;
	if (strcmp(path, "-")) {
		quote(o->name, path, strlen(path));
		err = open_path(o, path);
	} else {
		snprintf(o->name, sizeof(o->name), "standard output");
		err = take_descriptor(o, STDOUT_FILENO);
	}
	if (!err)
		err = refuse_clashes(o);
	if (err) {
		release(o);
		return err;
	}
	o->next = all->list;
	*output = all->list = o;
	return 0;
}

int output_begin(struct output *o, u64 image_bytes)
{
	return o->is_block ? block_device_begin(&o->device, o->name, image_bytes) : 0;
}

int output_fd(const struct output *o)
{
	return o->fd;
}

bool output_is_new(const struct output *o)
{
	return is_replacing(o);
}

bool output_is_seekable(const struct output *o)
{
	return is_replacing(o) || o->is_seekable;
}

void outputs_allow(const struct outputs *all, struct sandbox *sandbox)
{
	for (const struct output *o = all->list; o; o = o->next)
		if (is_replacing(o))
			sandbox_allow_making(sandbox, o->temp.dir_fd);
}

int outputs_renew_guard(struct outputs *all)
{
	return guard_renew(&all->guard);
}

static int commit_in_place(struct output *o, u64 image_bytes)
{
	if (o->is_block) {
		int err = block_device_finish(&o->device, o->name, image_bytes);
		if (err)
			return err;
	}
	/* Some filesystems tell only here that a write failed; any descriptor of the file will do.
	 */
	int copy = fcntl(o->fd, F_DUPFD_CLOEXEC, 0);
	if (copy < 0 || close(copy))
		return fail_errno("cannot write %s", o->name);
	return 0;
}

static int put_in_place(struct output *o)
{
	if (!*o->temp.bytes) {
		if (!link_unnamed(o, o->base))
			return 0;
		if (errno != EEXIST || make_temp(o, link_unnamed) < 0)
			return fail_errno("cannot give a new file its name %s", o->name);
	}
	if (renameat(o->temp.dir_fd, o->temp.bytes, o->temp.dir_fd, o->base))
		return fail_errno("cannot replace %s", o->name);
	*o->temp.bytes = '\0';
	return 0;
}

static int commit_file(struct output *o)
{
	if (o->replaces && fchmod(o->fd, o->old_mode))
		return fail_errno("cannot set the mode of %s", o->name);
	if (fsync(o->fd))
		return fail_errno("cannot write %s", o->name);
	pthread_mutex_lock(&o->all->guard.lock);
	int err = put_in_place(o);
	pthread_mutex_unlock(&o->all->guard.lock);
	if (err)
		return err;
	/* EINVAL: a filesystem that cannot sync directories. */
	if (fsync(o->temp.dir_fd) && errno != EINVAL)
		return fail_errno("cannot sync the directory of %s", o->name);
	return 0;
}

int output_commit(struct output *o, u64 image_bytes)
{
	return is_replacing(o) ? commit_file(o) : commit_in_place(o, image_bytes);
}
