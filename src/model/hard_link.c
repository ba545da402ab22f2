/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hard_link.h"

#include "disk/format.h"
#include "tree_private.h"

#define FIRST_BUCKETS 256

/* A hard link that waits for its target. */
struct pending_link {
	struct pending_link *next; /* of all, newest first */
	struct pending_link *hash_next;
	struct dentry *dentry;
	struct inode *placeholder; /* its pending points back here */
	struct path target;        /* as given, folded */
	struct path_hash awaited;  /* of the target with known symlinks followed: the table's key */
	struct xattr *xattrs;      /* sorted */
	struct inode *donor;       /* data that came with the link, or NULL */
	bool is_hidden;            /* a whiteout in the layer of the link hides the target */
	struct pending_link *chain; /* while late links are followed */
	bool visited;
};

/* Data that came with a hard link, for its inode. */
struct donation {
	struct donation *next;
	struct inode *donor;
	struct dentry *link;
	struct inode *target;
};

static struct pending_link **pending_bucket(const struct links *links, const struct path_hash *hash)
{
	u64 n;
	memcpy(&n, hash->bytes, sizeof(n));
	return &links->buckets[n & (links->nr_buckets - 1)];
}

void links_init(struct links *links)
{
	links->nr_buckets = FIRST_BUCKETS;
	links->buckets = xzalloc(links->nr_buckets * sizeof(struct pending_link *));
}

void links_release(struct links *links)
{
	xfree(links->buckets);
}

static bool is_waiting(const struct pending_link *p)
{
	return p->dentry->inode == p->placeholder;
}

static void pending_insert(struct links *links, struct pending_link *p)
{
	struct pending_link **b = pending_bucket(links, &p->awaited);
	p->hash_next = *b;
	*b = p;
}

static void pending_grow(struct links *links)
{
	xfree(links->buckets);
	links->nr_buckets *= 2;
	links->buckets = xzalloc(links->nr_buckets * sizeof(struct pending_link *));
	for (struct pending_link *p = links->pending; p; p = p->next)
		if (is_waiting(p))
			pending_insert(links, p);
}

/* A link may not name a directory, nor bring other xattrs than its target has. */
static int check_target(const struct dentry *link, const struct inode *target,
			const struct path *target_path, const struct xattr *xattrs)
{
	char q[QUOTE_BYTES];
	if (!target_path->len)
		return dentry_fail(-EPERM, link, "a hard link to the root, which is a directory");
	if (inode_is_dir(target))
		return dentry_fail(-EPERM, link, "a hard link to '%s', which is a directory",
				   quote(q, target_path->bytes, target_path->len));
	if (xattrs && !xattrs_equal(xattrs, target->xattrs))
		return dentry_fail(-EINVAL, link,
				   "a hard link with other xattrs than its target '%s'",
				   quote(q, target_path->bytes, target_path->len));
	return 0;
}

static void donate(struct tree *tree, struct dentry *link, struct inode *donor,
		   struct inode *target)
{
	if (!donor)
		return;
	struct donation *d = arena_alloc(&tree->arena, sizeof(*d));
	*d = (struct donation){
		.next = tree->links.donations, .donor = donor, .link = link, .target = target
	};
	tree->links.donations = d;
}

static int bind(struct tree *tree, struct pending_link *p, struct inode *target)
{
	int err = check_target(p->dentry, target, &p->target, p->xattrs);
	if (err)
		return err;
	p->dentry->inode = target;
	donate(tree, p->dentry, p->donor, target);
	return 0;
}

/* Let the name at @link wait for @target, whose path is expected to be @awaited. */
static void wait_for(struct tree *tree, struct dentry *link, const struct path *target,
		     const struct path_hash *awaited, struct xattr *xattrs, struct inode *donor)
{
	struct pending_link *p = arena_alloc(&tree->arena, sizeof(*p));
	struct inode *placeholder = arena_alloc(&tree->arena, sizeof(*placeholder));
	placeholder->names = link;
	placeholder->pending = p;
	link->inode = placeholder;
	*p = (struct pending_link){
		.next = tree->links.pending,
		.dentry = link,
		.placeholder = placeholder,
		.target = path_copy(&tree->arena, target),
		.awaited = *awaited,
		.xattrs = xattrs,
		.donor = donor,
		.is_hidden = tree->layers.hides_target,
	};
	tree->links.pending = p;
	if (++tree->links.nr_pending > tree->links.nr_buckets)
		pending_grow(&tree->links);
	else
		pending_insert(&tree->links, p);
}

/* The link's name is placed after its target was looked up: the target may have this very name. */
int tree_put_link(struct tree *tree, const struct path *path, const struct path *target,
		  struct xattr *xattrs, struct inode *donor)
{
	struct path path_awaited;
	const struct dentry *at = tree_lookup(tree, target, &path_awaited);
	const struct path_hash awaited = path_hash(&path_awaited);
	struct inode *found = at ? at->inode : NULL;
	if (target->len == 0)
		found = tree->root;

	struct dentry *link;
	int err = tree_place(tree, path, &link);
	if (err)
		goto out;
	if (found && found->mode) {
		/* Messages need the path of the new name, which has no inode yet. */
		err = check_target(link, found, target, xattrs);
		if (err)
			goto out;
		link->inode = found;
		donate(tree, link, donor, found);
	} else if (found && found->pending->dentry != link) {
		struct pending_link *other = found->pending;
		wait_for(tree, link, &other->target, &other->awaited, xattrs, donor);
	} else {
		wait_for(tree, link, target, &awaited, xattrs, donor);
	}
	err = links_resolve(tree, link);
out:
	xfree(path_awaited.bytes);
	return err;
}

void links_forget(struct links *links)
{
	memset(links->buckets, 0, links->nr_buckets * sizeof(struct pending_link *));
	links->pending = NULL;
	links->nr_pending = 0;
	links->donations = NULL;
}

int refuse_lost_link(const struct dentry *d)
{
	const struct pending_link *p = d->inode->pending;
	char q[QUOTE_BYTES];
	return dentry_fail(-ENOENT, d, "the target of this hard link, '%s', %s",
			   quote(q, p->target.bytes, p->target.len),
			   p->is_hidden ? "is hidden by a whiteout of the same layer"
					: "is not in the archive");
}

int links_resolve(struct tree *tree, struct dentry *dentry)
{
	if (!tree->links.nr_pending || inode_is_dir(dentry->inode) || !dentry->inode->mode)
		return 0;
	struct path path = dentry_path(dentry);
	const struct path_hash hash = path_hash(&path);
	int err = 0;
	xfree(path.bytes);
	for (struct pending_link **at = pending_bucket(&tree->links, &hash); *at && !err;) {
		struct pending_link *p = *at;
		if (memcmp(&p->awaited, &hash, sizeof(hash)) != 0) {
			at = &p->hash_next;
			continue;
		}
		*at = p->hash_next; /* its target is here: it waits no more */
		tree->links.nr_pending--;
		if (is_waiting(p))
			err = bind(tree, p, dentry->inode);
	}
	return err;
}

/* The target of @p in the tree of all members; NULL if there is none, or if it is @other, which
 * waits, too. */
static struct inode *late_target(struct tree *tree, struct pending_link *p,
				 struct pending_link **other)
{
	*other = NULL;
	if (p->target.len == 0)
		return tree->root;
	const struct dentry *at = tree_lookup(tree, &p->target, NULL);
	if (!at)
		return NULL;
	if (at->inode->mode)
		return at->inode;
	*other = at->inode->pending;
	return NULL;
}

static int links_resolve_late(struct tree *tree)
{
	for (struct pending_link *start = tree->links.pending; start; start = start->next) {
		struct pending_link *chain = NULL, *next;
		struct inode *target = NULL;
		/* A link may name another that waits: go to the end, then bind the whole chain. */
		for (struct pending_link *p = start; p && !p->visited && is_waiting(p); p = next) {
			p->visited = true;
			p->chain = chain;
			chain = p;
			target = late_target(tree, p, &next);
		}
		for (; target && chain; chain = chain->chain) {
			int err = bind(tree, chain, target);
			if (err)
				return err;
		}
	}
	return 0;
}

static int links_hand_over_data(struct tree *tree, struct content *content)
{
	for (struct donation *d = tree->links.donations; d; d = d->next) {
		if (d->donor->size == 0)
			continue;
		if (!inode_is_file(d->target))
			return dentry_fail(-EINVAL, d->link,
					   "a hard link with data, its target is no regular file");
		if (d->target->size == 0) {
			d->target->size = d->donor->size;
			d->target->nr = d->donor->nr;
			d->target->first_extent = d->donor->first_extent;
			d->target->hash = d->donor->hash;
			continue;
		}
		bool equal;
		int err = content_equal(content, d->donor, d->target, &equal);
		if (!err && !equal)
			err = dentry_fail(-EINVAL, d->link,
					  "a hard link with other data than its target");
		if (err)
			return err;
	}
	return 0;
}

int tree_bind_links(struct tree *tree, struct content *content)
{
	assert(tree->phase == TREE_OPEN);
	int err = links_resolve_late(tree);
	tree->phase = TREE_BOUND;
	return err ? err : links_hand_over_data(tree, content);
}
