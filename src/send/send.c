/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The conductor: check and count, then write. */
#include "send/send.h"

#include "sender.h"

/* The data of one blob. */
#define BLOB_BYTES (128u << 10)

struct send {
	const struct send_options *options;
	const struct tree *tree;
	const struct content *content;
	u64 bytes;
	u32 nr_subvols;
};

bool send_name_is_valid(const char *name)
{
	const size_t len = strlen(name);
	return len && len <= BTRFS_NAME_LEN && !strchr(name, '/') && strcmp(name, ".") &&
	       strcmp(name, "..");
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
static bool is_sent(const struct sender *s, u32 i)
{
	u32 nr;
	const struct subvol *subvols = tree_subvols(s->tree, &nr);
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

/* Whether no subvolume before it has its name: a receiver makes all in one directory. */
static int check_name(const struct sender *s, u32 i)
{
	char path[QUOTE_BYTES], name[QUOTE_BYTES];
	struct sender other = *s;
	u32 nr;
	const struct subvol *subvols = tree_subvols(s->tree, &nr);
	for (u32 k = 0; k < i; k++) {
		choose(&other, &subvols[k]);
		if (is_sent(s, k) && other.name_len == s->name_len &&
		    !memcmp(other.name, s->name, s->name_len))
			return fail(-EEXIST,
				    "%s: a second subvolume of the name '%s' in the send stream",
				    quote(path, s->subvol->path, s->subvol->path_len),
				    quote(name, s->name, s->name_len));
	}
	return 0;
}

static int send_subvols(struct sender *s, u32 *sent)
{
	u32 nr;
	const struct subvol *subvols = tree_subvols(s->tree, &nr);
	int err = 0;
	*sent = 0;
	for (u32 i = 0; i < nr && !err; i++) {
		if (!is_sent(s, i))
			continue;
		choose(s, &subvols[i]);
		err = check_nesting(s);
		if (!err)
			err = check_name(s, i);
		if (err)
			break;
		if (s->sources)
			memset(s->sources, 0, s->content->nr_blobs * sizeof(*s->sources));
		err = send_subvol(s);
		++*sent;
	}
	return err;
}

/* @output: NULL to check and count only */
static int run(struct send *send, const struct send_output *output)
{
	const struct content *content = send->content;
	struct sender s = { .options = send->options, .tree = send->tree, .content = content };
	s.stream = command_stream_new(send->options->version, output);
	if (content->copies_share_blobs)
		s.sources = xmalloc(content->nr_blobs * sizeof(*s.sources));
	if (send->options->version == 1)
		s.unpacked = xmalloc(BLOB_BYTES);
	int err = send_subvols(&s, &send->nr_subvols);
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
	      const struct content *content, struct send **send)
{
	struct send *planned = xzalloc(sizeof(*planned));
	*planned = (struct send){ .options = options, .tree = tree, .content = content };
	const int err = run(planned, NULL);
	if (err)
		send_free(planned);
	else
		*send = planned;
	return err;
}

void send_free(struct send *send)
{
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
