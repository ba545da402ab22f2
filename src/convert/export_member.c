/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "export_member.h"
#include "convert/link_table.h"

#include "base/diag.h"
#include "base/mem.h"

#include <sys/stat.h>

struct export_members {
	const struct export_options *options;
	struct walker *walk;
	size_t nr_begun; /* of the options' paths; 1 if there are none */
	bool is_inside;  /* of one of them */
	struct file_reader *file;
	struct link_table links;
	char *path;
	size_t path_capacity;
};

struct export_members *export_members_new(struct filesystem *fs,
					  const struct export_options *options)
{
	struct export_members *m = xzalloc(sizeof(*m));
	m->options = options;
	m->walk = walk_new(fs, options->subvolume);
	if (options->is_exact)
		walk_stay(m->walk);
	m->file = file_reader_new(fs);
	return m;
}

void export_members_free(struct export_members *m)
{
	if (!m)
		return;
	walk_free(m->walk);
	file_reader_free(m->file);
	link_table_release(&m->links);
	xfree(m->path);
	xfree(m);
}

struct file_reader *export_members_file(struct export_members *m)
{
	return m->file;
}

/* The next entry of the walk over all paths. Returns as walk_next(). */
static int next_entry(struct export_members *m, struct walk_entry *entry)
{
	static const char *const everything[] = { "" };
	const size_t nr = m->options->nr_paths ? m->options->nr_paths : 1;
	const char *const *paths = m->options->nr_paths ? m->options->paths : everything;
	while (true) {
		int r = m->is_inside ? walk_next(m->walk, entry) : 0;
		if (r || m->nr_begun == nr)
			return r;
		r = walk_begin(m->walk, paths[m->nr_begun++]);
		if (r)
			return r;
		m->is_inside = true;
	}
}

static void set_member_path(struct export_members *m, const struct walk_entry *entry,
			    struct export_member *member)
{
	const bool has_slash = S_ISDIR(entry->inode->mode) && entry->path_len;
	m->path = mem_grow(m->path, &m->path_capacity, 2 + entry->path_len + 2, 1);
	memcpy(m->path, "./", 2);
	memcpy(m->path + 2, entry->path, entry->path_len);
	member->path_len = 2 + entry->path_len;
	if (has_slash)
		m->path[member->path_len++] = '/';
	m->path[member->path_len] = '\0';
	member->path = m->path;
}

/* Set the link of a member that is one. */
static int set_link(struct export_members *m, struct export_member *member)
{
	const struct disk_inode *inode = member->inode;
	const struct link_path *first = NULL;
	if (!S_ISDIR(inode->mode) && inode->nlink > 1)
		first = link_table_find(&m->links, member->tree.id, inode->ino, member->path,
					member->path_len);
	if (first) {
		member->is_hard_link = true;
		member->link = first->path;
		member->link_len = first->path_len;
	} else if (S_ISLNK(inode->mode)) {
		file_reader_open(m->file, &member->tree, inode);
		return file_reader_link(m->file, &member->link, &member->link_len);
	}
	return 0;
}

/* The message comes at the end, so it has the path itself, and not as its context. */
static void warn_of_socket(const struct walk_entry *entry)
{
	char quoted[QUOTE_BYTES];
	diag_set_context(NULL);
	warning_of_kind(quote(quoted, entry->path, entry->path_len),
			"a socket, which an archive cannot have: left out");
}

int export_members_next(struct export_members *m, struct export_member *member)
{
	struct walk_entry entry = { 0 };
	int r;
	while ((r = next_entry(m, &entry)) > 0) {
		assert(entry.inode);
		if (!S_ISSOCK(entry.inode->mode) || m->options->is_exact)
			break;
		warn_of_socket(&entry);
	}
	if (!r)
		diag_end_kinds();
	if (r <= 0)
		return r;
	*member = (struct export_member){ .inode = entry.inode, .tree = entry.tree };
	set_member_path(m, &entry, member);
	r = set_link(m, member);
	return r ? r : 1;
}
