/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The conductor: check and count, then write. */
#include "send/send.h"

#include "match.h"
#include "update.h"

/* The data of one blob. */
#define BLOB_BYTES (128u << 10)

struct send {
	const struct send_options *options;
	const struct tree *tree;
	const struct content *content;
	const struct send_parent *parent; /* or NULL */
	struct diff **diffs;              /* by subvolume: from the parent's; NULL: it has none */
	u64 bytes;
	u32 nr_subvols;
};

bool send_path_is_valid(const char *path)
{
	while (true) {
		const size_t len = strcspn(path, "/");
		const bool is_dots = len <= 2 && !strncmp(path, "..", len);
		if (!len || len > BTRFS_NAME_LEN || is_dots || !path[len])
			return len && len <= BTRFS_NAME_LEN && !is_dots;
		path += len + 1;
	}
}

bool send_name_is_valid(const char *name)
{
	return send_path_is_valid(name) && !strchr(name, '/');
}

/* ---- subvolumes -------------------------------------------------------------------- */

/* Let @s send this subvolume, under the last component of its path. */
static void choose(struct sender *s, const struct subvol *subvol)
{
	const struct dentry *d = subvol->root->names;
	s->subvol = subvol;
	s->name = d ? d->name : s->options->subvol_name;
	s->name_len = d ? d->name_len : strlen(s->name);
}

/* Whether it has a stream: a top level that only leads to subvolumes has none. */
static bool is_sent(const struct tree *tree, u32 i)
{
	u32 nr;
	const struct subvol *subvols = tree_subvols(tree, &nr);
	return i || nr == 1 || subvols[0].nr_inodes > 1;
}

static int check_nesting(const struct sender *s)
{
	char child[QUOTE_BYTES], parent[QUOTE_BYTES];
	u32 nr;
	const struct subvol *subvols = tree_subvols(s->tree, &nr);
	const struct dentry *d = s->subvol->root->names;
	if (!d || !d->dir->subvol)
		return 0;
	const struct subvol *p = &subvols[d->dir->subvol];
	return fail(
		-EINVAL,
		"%s: a subvolume inside subvolume '%s', allowed in a send stream: none in others",
		quote(child, s->subvol->path, s->subvol->path_len),
		quote(parent, p->path, p->path_len));
}

/* Whether no subvolume before it has its uuid, or its name: a receiver makes all in one directory. */
static int check_unique(const struct sender *s, u32 i)
{
	char path[QUOTE_BYTES], name[QUOTE_BYTES];
	struct sender other = *s;
	u32 nr;
	const struct subvol *subvols = tree_subvols(s->tree, &nr);
	for (u32 k = 0; k < i; k++) {
		choose(&other, &subvols[k]);
		if (!is_sent(s->tree, k))
			continue;
		if (!memcmp(subvols[k].uuid, s->subvol->uuid, sizeof(s->subvol->uuid)))
			return fail(-EEXIST,
				    "%s: a second subvolume of one uuid in the send stream",
				    quote(path, s->subvol->path, s->subvol->path_len));
		if (other.name_len == s->name_len && !memcmp(other.name, s->name, s->name_len))
			return fail(-EEXIST,
				    "%s: a second subvolume of the name '%s' in the send stream",
				    quote(path, s->subvol->path, s->subvol->path_len),
				    quote(name, s->name, s->name_len));
	}
	return 0;
}

static int check_subvol(const struct sender *s, u32 i)
{
	const int err = check_nesting(s);
	return err ? err : check_unique(s, i);
}

static int send_one(const struct send *send, struct sender *s, u32 i)
{
	const struct diff *diff = send->diffs ? send->diffs[i] : NULL;
	s->diff = diff;
	if (s->sources)
		memset(s->sources, 0, 2 * s->content->nr_blobs * sizeof(*s->sources));
	if (!diff)
		return send_subvol(s);
	return send_update(s, !i && send->options->parent_uuid_given ? send->options->parent_uuid
								     : diff->old_side.subvol->uuid);
}

static int send_subvols(struct send *send, struct sender *s)
{
	u32 nr;
	const struct subvol *subvols = tree_subvols(s->tree, &nr);
	int err = 0;
	send->nr_subvols = 0;
	for (u32 i = 0; i < nr && !err; i++) {
		if (!is_sent(s->tree, i))
			continue;
		choose(s, &subvols[i]);
		err = check_subvol(s, i);
		if (!err)
			err = send_one(send, s, i);
		send->nr_subvols++;
	}
	return err;
}

/* ---- the parent ---------------------------------------------------------------------- */

/*
 * The subvolume that the parent has at the same path, or NULL. An empty one may be there only because
 * an option named it, and not at the receiver.
 */
static const struct subvol *find_old(const struct send *send, const struct subvol *subvol)
{
	u32 nr;
	const struct subvol *olds = tree_subvols(send->parent->tree, &nr);
	for (u32 i = 0; i < nr; i++)
		if (olds[i].nr_inodes > 1 && olds[i].path_len == subvol->path_len &&
		    !memcmp(olds[i].path, subvol->path, subvol->path_len))
			return &olds[i];
	return NULL;
}

static int compare_with_parent(struct send *send)
{
	const struct send_parent *parent = send->parent;
	u32 nr;
	const struct subvol *subvols = tree_subvols(send->tree, &nr);
	int err = 0;
	if (!parent)
		return 0;
	send->diffs = xzalloc(nr * sizeof(struct diff *));
	for (u32 i = 0; i < nr && !err; i++) {
		const struct subvol *old = find_old(send, &subvols[i]);
		if (!old || !is_sent(send->tree, i))
			continue;
		const struct diff_side olds = { parent->tree, parent->content, old, NULL };
		const struct diff_side news = { send->tree, send->content, &subvols[i], NULL };
		send->diffs[i] = diff_new(&olds, &news);
		err = match_inodes(send->diffs[i]);
	}
	return err;
}

/* ---- the stream ----------------------------------------------------------------------- */

/* @output: NULL to check and count only */
static int run(struct send *send, const struct send_output *output)
{
	const struct content *content = send->content;
	struct sender s = { .options = send->options, .tree = send->tree, .content = content };
	s.stream = command_stream_new(send->options->version, output);
	if (content->copies_share_blobs)
		s.sources = xmalloc(2 * content->nr_blobs * sizeof(*s.sources));
	if (send->options->version == 1)
		s.unpacked = xmalloc(BLOB_BYTES);
	int err = send_subvols(send, &s);
	if (!err)
		err = command_stream_finish(s.stream);
	send->bytes = command_stream_bytes(s.stream);
	command_stream_free(s.stream);
	xfree(s.path.bytes);
	xfree(s.source_path.bytes);
	xfree(s.sources);
	xfree(s.unpacked);
	return err;
}

/* ---- the interface ------------------------------------------------------------------ */

int send_plan(const struct send_options *options, const struct tree *tree,
	      const struct content *content, const struct send_parent *parent, struct send **send)
{
	struct send *planned = xzalloc(sizeof(*planned));
	planned->options = options;
	planned->tree = tree;
	planned->content = content;
	planned->parent = parent;
	int err = compare_with_parent(planned);
	if (!err)
		err = run(planned, NULL);
	if (err)
		send_free(planned);
	else
		*send = planned;
	return err;
}

void send_free(struct send *send)
{
	u32 nr;
	if (!send)
		return;
	(void)tree_subvols(send->tree, &nr);
	for (u32 i = 0; send->diffs && i < nr; i++)
		diff_free(send->diffs[i]);
	xfree(send->diffs);
	xfree(send);
}

u64 send_bytes(const struct send *send)
{
	return send->bytes;
}

u32 send_nr_subvols(const struct send *send)
{
	return send->nr_subvols;
}

int send_write(struct send *send, const struct send_output *output)
{
	const u64 planned = send->bytes;
	/* A full spool must show before the first byte is out. */
	int err = content_flush(send->content);
	if (!err)
		err = run(send, output);
	assert(err || send->bytes == planned);
	return err;
}
