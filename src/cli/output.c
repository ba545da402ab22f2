/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output.h"
#include "block_device.h"
#include "new_file.h"
#include "output_path.h"

#include "base/diag.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/vfs.h>
#include <unistd.h>

struct outputs {
	const struct archives *inputs[2]; /* or NULL */
	struct output *first, *last;      /* in the order of opening */
};

struct output {
	struct outputs *all;
	struct output *next;
	char name[QUOTE_BYTES]; /* for messages */
	enum output_kind kind;
	int fd;
	bool owns_fd;               /* opened here: closed in the end */
	bool is_seekable;           /* a regular file whose offset is its end */
	bool is_block;              /* a block device: */
	struct block_device device; /* valid then */
	bool is_new;                /* a regular file that is made anew: */
	struct new_file file;       /* valid then, and the owner of fd */
};

/* ---- destinations that are written in place ------------------------------- */

static int refuse_input(const struct output *o, const struct stat *st)
{
	for (size_t i = 0; i < 2; i++) {
		const struct archives *inputs = o->all->inputs[i];
		if (inputs && archives_hold(inputs, st))
			return fail(-EINVAL, "%s is the %s itself, allowed: another file", o->name,
				    inputs->role);
	}
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
	if (o->kind != OUTPUT_TEXT && isatty(fd))
		return fail(-EINVAL, "%s is a terminal, allowed: a file, pipe or device; see -o",
			    o->name);
	if (fstat(fd, &st))
		return fail_errno("cannot look at %s", o->name);
	if (o->kind != OUTPUT_IMAGE && S_ISBLK(st.st_mode))
		return fail(-ENOTBLK, "%s is a block device, allowed: a file%s", o->name,
			    o->kind == OUTPUT_TEXT ? ", pipe or terminal" : " or pipe");
	o->fd = fd;
	o->is_seekable =
		S_ISREG(st.st_mode) && !(flags & O_APPEND) && lseek(fd, 0, SEEK_CUR) == st.st_size;
	o->is_block = S_ISBLK(st.st_mode);
	if (o->is_block)
		block_device_open(fd, &o->device);
	return refuse_input(o, &st);
}

/* A device or FIFO; of a FIFO this waits for the reader. */
static int open_in_place(struct output *o, const char *path, const struct stat *st)
{
	int flags = O_WRONLY | O_NOCTTY | O_CLOEXEC;
	int err = refuse_input(o, st);
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

/* ---- what a path means ---------------------------------------------------- */

/* @old: the file at @path, or NULL */
static int open_new(struct output *o, char *path, const struct stat *old)
{
	o->is_new = true;
	int err = new_file_open_dir(&o->file, o->name, path);
	if (!err && old)
		err = refuse_input(o, old);
	if (!err)
		err = new_file_create(&o->file, o->name, old);
	o->fd = o->file.fd;
	return err;
}

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
		return open_new(o, path, NULL);
	}
	if (S_ISREG(st.st_mode))
		return open_new(o, path, &st);
	if (S_ISDIR(st.st_mode))
		return fail(-EISDIR, "%s is a directory, allowed: a file, device or FIFO", o->name);
	if (S_ISSOCK(st.st_mode))
		return fail(-ENXIO, "%s is a socket, allowed: a file, device or FIFO", o->name);
	return open_in_place(o, path, &st);
}

/* ---- outputs of one run ----------------------------------------------------- */

static bool is_one_inode(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* The file that is written or will be replaced; false if there is none yet. */
static bool stat_target(const struct output *o, struct stat *st)
{
	if (o->is_new)
		return !fstatat(o->file.dir_fd, o->file.base, st, AT_SYMLINK_NOFOLLOW);
	return !fstat(o->fd, st);
}

/* Whether what is written to both would be lost or mixed: text after text in one stream is fine. */
static bool clashes(const struct output *a, const struct output *b)
{
	struct stat x, y;
	if (a->is_new && b->is_new)
		return !strcmp(a->file.base, b->file.base) && !fstat(a->file.dir_fd, &x) &&
		       !fstat(b->file.dir_fd, &y) && is_one_inode(&x, &y);
	if (!stat_target(a, &x) || !stat_target(b, &y) || !is_one_inode(&x, &y) ||
	    S_ISCHR(x.st_mode))
		return false;
	return a->is_new || b->is_new || a->kind != OUTPUT_TEXT || b->kind != OUTPUT_TEXT;
}

static int refuse_clashes(const struct output *o)
{
	for (const struct output *other = o->all->first; other; other = other->next)
		if (clashes(o, other))
			return fail(-EINVAL, "%s is the same file as %s, allowed: another file",
				    o->name, other->name);
	return 0;
}

/* ---- the interface -------------------------------------------------------- */

struct outputs *outputs_new(const struct archives *archives, const struct archives *others)
{
	struct outputs *all = xzalloc(sizeof(*all));
	all->inputs[0] = archives;
	all->inputs[1] = others;
	return all;
}

static void release(struct output *o)
{
	if (o->is_block)
		block_device_close(&o->device);
	if (o->owns_fd)
		close(o->fd);
	new_file_close(&o->file);
	xfree(o);
}

void outputs_free(struct outputs *all)
{
	if (!all)
		return;
	for (struct output *o = all->first, *next; o; o = next) {
		next = o->next;
		release(o);
	}
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
	o->file.dir_fd = o->file.fd = -1;
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
	if (all->last)
		all->last->next = o;
	else
		all->first = o;
	*output = all->last = o;
	return 0;
}

/* Whether each byte that is written takes room: blocks are neither shared nor compressed. */
static bool counts_each_byte(const struct statfs *fs)
{
	return fs->f_type == EXT4_SUPER_MAGIC || fs->f_type == TMPFS_MAGIC ||
	       fs->f_type == MSDOS_SUPER_MAGIC;
}

/* Where room is not limited, or not known, all is well until a write fails. */
static int check_room(const struct output *o, u64 needed_bytes)
{
	static const char text[] = "%s needs %llu bytes, its filesystem has room for %llu";
	struct statfs fs;
	if (fstatfs(o->fd, &fs) || !fs.f_blocks)
		return 0;
	const u64 blocks = geteuid() ? fs.f_bavail : fs.f_bfree;
	const unsigned long long needs = needed_bytes, has = blocks * (u64)fs.f_bsize;
	if (needs <= has)
		return 0;
	if (counts_each_byte(&fs))
		return fail(-ENOSPC, text, o->name, needs, has);
	warning(text, o->name, needs, has);
	return 0;
}

int output_begin(struct output *o, u64 image_bytes, u64 needed_bytes)
{
	if (o->is_block)
		return block_device_begin(&o->device, o->name, image_bytes);
	return o->is_new ? check_room(o, needed_bytes) : 0;
}

const char *output_name(const struct output *o)
{
	return o->name;
}

int output_fd(const struct output *o)
{
	return o->fd;
}

bool output_is_new(const struct output *o)
{
	return o->is_new;
}

bool output_is_seekable(const struct output *o)
{
	return o->is_new || o->is_seekable;
}

void outputs_allow(const struct outputs *all, struct sandbox *sandbox)
{
	for (const struct output *o = all->first; o; o = o->next)
		if (o->is_new)
			sandbox_allow_making(sandbox, o->file.dir_fd);
}

static int commit_in_place(struct output *o, u64 image_bytes)
{
	if (o->is_block) {
		int err = block_device_finish(&o->device, o->name, image_bytes);
		if (err)
			return err;
	}
	/* Some filesystems report a failed write only when a descriptor of the file is closed. */
	int copy = fcntl(o->fd, F_DUPFD_CLOEXEC, 0);
	if (copy < 0 || close(copy))
		return fail_errno("cannot write %s", o->name);
	return 0;
}

static int sync_all(const struct outputs *all, u64 image_bytes)
{
	int err = 0;
	for (struct output *o = all->first; o && !err; o = o->next)
		err = o->is_new ? new_file_sync(&o->file, o->name)
				: commit_in_place(o, image_bytes);
	return err;
}

int outputs_commit(struct outputs *all, u64 image_bytes)
{
	int err = sync_all(all, image_bytes);
	if (err)
		return err;
	const sigset_t mask = new_file_block_signals();
	for (struct output *o = all->first; o && !err; o = o->next)
		if (o->is_new)
			err = new_file_put_in_place(&o->file, o->name);
	new_file_restore_signals(&mask);
	for (struct output *o = all->first; o && !err; o = o->next)
		if (o->is_new)
			err = new_file_sync_dir(&o->file, o->name);
	return err;
}
