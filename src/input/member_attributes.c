/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks owners and device numbers, applies the options for times, and warns of file flags. */
#include "member_attributes.h"
#include "flags.h"

#include "disk/device_number.h"

#include <errno.h>

/* @is_forced: another id replaces it */
static int check_id(const struct member *m, const char *what, s64 id, bool is_forced, u32 *out)
{
	const bool is_bad = id < 0 || id >= UINT32_MAX;
	if (is_bad && !is_forced && !m->is_incomplete)
		return member_fail(m, -ERANGE, "%s %lld, allowed are 0 to 4294967294%s", what,
				   (long long)id,
				   id == UINT32_MAX ? " (2^32-1 is no id on Linux)" : "");
	if (is_bad && !is_forced)
		*m->is_incomplete = true;
	*out = is_bad ? 0 : (u32)id;
	return 0;
}

static int check_device(const struct member *m, u64 *rdev)
{
	*rdev = 0;
	if (!S_ISCHR(m->mode) && !S_ISBLK(m->mode))
		return 0;
	const bool is_bad = m->dev_major < 0 || m->dev_major > DEVICE_MAJOR_MAX ||
			    m->dev_minor < 0 || m->dev_minor > DEVICE_MINOR_MAX;
	if (is_bad && !m->is_incomplete)
		return member_fail(m, -ERANGE, "device %lld:%lld, allowed are 0:0 to 4095:1048575",
				   (long long)m->dev_major, (long long)m->dev_minor);
	if (is_bad)
		*m->is_incomplete = true;
	else
		*rdev = device_number((u32)m->dev_major, (u32)m->dev_minor);
	return 0;
}

static struct timestamp apply_policy(const struct reader_options *o, struct timestamp t)
{
	struct timestamp limit = o->clamp_time;
	if (o->fixed_time_set)
		return o->fixed_time;
	if (o->clamp_time_set && (t.sec > limit.sec || (t.sec == limit.sec && t.nsec > limit.nsec)))
		return limit;
	return t;
}

static struct timestamp time_or_mtime(const struct member *m, const struct member_time *t,
				      const struct reader_options *o)
{
	return apply_policy(o, t->is_set ? t->time : m->mtime.time);
}

static void set_times(const struct member *m, const struct reader_options *o,
		      struct attributes *attr, struct inode_times *times)
{
	attr->mtime = apply_policy(o, m->mtime.time);
	attr->times = NULL;
	if (!o->keep_times || !(m->atime.is_set || m->ctime.is_set || m->birthtime.is_set))
		return;
	times->atime = time_or_mtime(m, &m->atime, o);
	times->ctime = time_or_mtime(m, &m->ctime, o);
	times->otime = time_or_mtime(m, &m->birthtime, o);
	attr->times = times;
}

static u32 read_flags(const struct member *m)
{
	const char *unknown;
	size_t unknown_len;
	if (!m->file_flags.len)
		return 0;
	u32 flags = flags_from_text(m->file_flags.bytes, m->file_flags.len, m->mode, &unknown,
				    &unknown_len);
	if (unknown)
		member_warning(m, "btrfs has no file flag '%s' for this; dropped",
			       printable((struct text){ unknown, unknown_len }).text);
	return flags;
}

int member_attributes(const struct member *m, const struct reader_options *options,
		      struct tree *tree, struct attributes *attr, struct inode_times *times)
{
	const struct owner_rules *owners = tree_owners(tree);
	*attr = (struct attributes){ .mode = m->mode };
	int err = check_id(m, "uid", m->uid, owners->uid_forced, &attr->uid);
	if (!err)
		err = check_id(m, "gid", m->gid, owners->gid_forced, &attr->gid);
	if (!err)
		err = check_device(m, &attr->rdev);
	if (!err)
		err = member_xattrs(m, options, tree_arena(tree), &attr->xattrs, &attr->mode);
	if (err)
		return err;
	if (S_ISLNK(m->mode)) {
		/* Linux knows no other */
		attr->mode = S_IFLNK | 0777;
		attr->target = m->link.bytes;
		attr->target_len = m->link.len;
	}
	attr->flags = read_flags(m);
	if (m->is_incomplete && *m->is_incomplete)
		attr->flags |= INODE_INCOMPLETE;
	set_times(m, options, attr, times);
	return 0;
}
