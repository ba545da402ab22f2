/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of GNU tar 1.34, print_header() in list.c of its source. */
#include "export_member.h"

#include "base/diag.h"
#include "disk/device_number.h"

#include <sys/stat.h>
#include <time.h>

/* GNU tar's first width of owner, group and size; it grows with what is printed. */
#define OWNER_WIDTH 19

struct list_export {
	FILE *out;
	bool is_long;
	int owner_width;
};

/* Bytes that do not print, and the backslash, as GNU tar escapes them. */
static void print_escaped(FILE *out, const char *bytes, size_t len)
{
	static const char special[] = "\a\b\f\n\r\t\v\\", letters[] = "abfnrtv\\";
	for (size_t i = 0; i < len; i++) {
		const u8 c = (u8)bytes[i];
		const char *found = strchr(special, c);
		if (c && found)
			fprintf(out, "\\%c", letters[found - special]);
		else if (c < ' ' || c >= 0x7f)
			fprintf(out, "\\%03o", c);
		else
			putc(c, out);
	}
}

static char type_letter(const struct export_member *m)
{
	if (m->is_hard_link)
		return 'h';
	switch (m->inode->mode & S_IFMT) {
	case S_IFDIR:
		return 'd';
	case S_IFLNK:
		return 'l';
	case S_IFCHR:
		return 'c';
	case S_IFBLK:
		return 'b';
	case S_IFIFO:
		return 'p';
	default:
		return '-';
	}
}

static void print_mode(FILE *out, const struct export_member *m)
{
	static const char letters[] = "rwxrwxrwx";
	const u32 mode = m->inode->mode;
	char text[11] = { type_letter(m) };
	for (u32 i = 0; i < 9; i++)
		text[i + 1] = mode & 0400u >> i ? letters[i] : '-';
	if (mode & S_ISUID)
		text[3] = mode & S_IXUSR ? 's' : 'S';
	if (mode & S_ISGID)
		text[6] = mode & S_IXGRP ? 's' : 'S';
	if (mode & S_ISVTX)
		text[9] = mode & S_IXOTH ? 't' : 'T';
	fputs(text, out);
}

static void print_owner_and_size(struct list_export *l, const struct export_member *m)
{
	const struct disk_inode *inode = m->inode;
	const u64 bytes = S_ISREG(inode->mode) && !m->is_hard_link ? inode->size : 0;
	char owner[48], size[48];
	int owner_len = snprintf(owner, sizeof(owner), "%u/%u", inode->uid, inode->gid);
	int size_len = snprintf(size, sizeof(size), "%llu", (unsigned long long)bytes);
	if ((S_ISCHR(inode->mode) || S_ISBLK(inode->mode)) && !m->is_hard_link)
		size_len = snprintf(size, sizeof(size), "%u,%u", device_major(inode->rdev),
				    device_minor(inode->rdev));
	if (owner_len + 1 + size_len > l->owner_width)
		l->owner_width = owner_len + 1 + size_len;
	fprintf(l->out, " %s %*s", owner, l->owner_width - owner_len - 1, size);
}

static void print_time(FILE *out, s64 sec)
{
	const time_t t = sec;
	struct tm tm;
	if (gmtime_r(&t, &tm))
		fprintf(out, " %04lld-%02d-%02d %02d:%02d ", tm.tm_year + 1900LL, tm.tm_mon + 1,
			tm.tm_mday, tm.tm_hour, tm.tm_min);
	else
		fprintf(out, " %16lld ", (long long)sec);
}

static void print_member(struct list_export *l, const struct export_member *m)
{
	if (l->is_long) {
		print_mode(l->out, m);
		print_owner_and_size(l, m);
		print_time(l->out, m->inode->mtime.sec);
	}
	print_escaped(l->out, m->path, m->path_len);
	if (l->is_long && m->link) {
		fputs(m->is_hard_link ? " link to " : " -> ", l->out);
		print_escaped(l->out, m->link, m->link_len);
	}
	putc('\n', l->out);
}

int export_list(struct filesystem *fs, const struct export_options *options, bool is_long,
		FILE *out, const char *name)
{
	struct list_export l = { .out = out, .is_long = is_long, .owner_width = OWNER_WIDTH };
	struct export_members *members = export_members_new(fs, options);
	struct export_member member;
	int r;
	while ((r = export_members_next(members, &member)) > 0 && !ferror(out))
		print_member(&l, &member);
	export_members_free(members);
	if (r >= 0 && (fflush(out) || ferror(out)))
		return fail_errno("cannot write %s", name);
	return r < 0 ? r : 0;
}
