/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hard links, in any order with their targets.
 *
 * A link whose target stands already shares its inode at once. Else its name gets a
 * placeholder, and the link waits in a table under the path where its target
 * is expected; each member that arrives looks there. What still waits at the end
 * (its target's path leads through a symlink that came later) is looked up in the
 * finished tree.
 */
#include "base/diag.h"
#include "disk/checksum.h"
#include "disk/format.h"
#include "tree_private.h"

#define FIRST_BUCKETS 256

static struct path_hash hash_path(const struct path *path)
{
	struct path_hash hash;
	hash128(path->bytes, path->len, hash.bytes);
	return hash;
}

static struct pending_link **pending_bucket(const struct tree *tree, const struct path_hash *hash)
{
	u64 n;
	memcpy(&n, hash->bytes, sizeof(n));
	return &tree->pending_buckets[n & (tree->nr_pending_buckets - 1)];
}

void links_init(struct tree *tree)
{
	tree->nr_pending_buckets = FIRST_BUCKETS;
	tree->pending_buckets = xzalloc(tree->nr_pending_buckets * sizeof(*tree->pending_buckets));
}

static bool is_waiting(const struct pending_link *p)
{
	return p->dentry->inode == p->placeholder;
}

static void pending_grow(struct tree *tree)
{
	xfree(tree->pending_buckets);
	tree->nr_pending_buckets *= 2;
	tree->pending_buckets = xzalloc(tree->nr_pending_buckets * sizeof(*tree->pending_buckets));
	for (struct pending_link *p = tree->pending; p; p = p->next) {
		if (!is_waiting(p))
			continue;
		struct pending_link **b = pending_bucket(tree, &p->awaited);
		p->hash_next = *b;
		*b = p;
	}
}

/* A link may not lead to a directory, nor bring other xattrs than its target has. */
static int check_target(const struct tree *tree, const struct dentry *link,
			const struct inode *target, const struct path *target_path,
			const struct xattr *xattrs)
{
	char q[QUOTE_BYTES], t[QUOTE_BYTES];
	if (!target_path->len)
		return fail(-EPERM, "%s: a hard link to the root, which is a directory",
			    quote_dentry(tree, q, link));
	if (inode_is_dir(target))
		return fail(-EPERM, "%s: a hard link to '%s', which is a directory",
			    quote_dentry(tree, q, link), quote_path(tree, t, target_path));
	if (xattrs && !xattrs_equal(xattrs, target->xattrs))
		return fail(-EINVAL, "%s: a hard link with other xattrs than its target '%s'",
			    quote_dentry(tree, q, link), quote_path(tree, t, target_path));
	return 0;
}

static void donate(struct tree *tree, struct dentry *link, struct inode *donor,
		   struct inode *target)
{
	if (!donor)
		return;
	struct donation *d = arena_alloc(&tree->arena, sizeof(*d));
	*d = (struct donation){
		.next = tree->donations, .donor = donor, .link = link, .target = target
	};
	tree->donations = d;
}

static int bind(struct tree *tree, struct pending_link *p, struct inode *target)
{
	int err = check_target(tree, p->dentry, target, &p->target, p->xattrs);
	if (err)
		return err;
	p->dentry->inode = target;
	donate(tree, p->dentry, p->donor, target);
	return 0;
}

static struct path arena_path(struct tree *tree, const struct path *path)
{
	return (struct path){ .bytes = arena_memdup(&tree->arena, path->bytes, path->len),
			      .len = path->len };
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
		.next = tree->pending,
		.dentry = link,
		.placeholder = placeholder,
		.target = arena_path(tree, target),
		.awaited = *awaited,
		.xattrs = xattrs,
		.donor = donor,
	};
	tree->pending = p;
	if (++tree->nr_pending > tree->nr_pending_buckets) {
		pending_grow(tree);
		return;
	}
	struct pending_link **b = pending_bucket(tree, &p->awaited);
	p->hash_next = *b;
	*b = p;
}

/* The link's name is placed last: until then it is what the target may be. */
int tree_put_link(struct tree *tree, const struct path *path, const struct path *target,
		  struct xattr *xattrs, struct inode *donor)
{
	struct path path_awaited;
	const struct dentry *at = tree_lookup(tree, target, &path_awaited);
	const struct path_hash awaited = hash_path(&path_awaited);
	struct inode *found = at ? at->inode : NULL;
	if (target->len == 0)
		found = tree->root;

	struct dentry *link;
	int err = tree_place(tree, path, &link);
	if (err)
		goto out;
	if (found && found->mode) {
		/* A new name shows up in messages before it has an inode. */
		err = check_target(tree, link, found, target, xattrs);
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

void links_forget(struct tree *tree)
{
	memset(tree->pending_buckets, 0, tree->nr_pending_buckets * sizeof(*tree->pending_buckets));
	tree->pending = NULL;
	tree->nr_pending = 0;
	tree->donations = NULL;
}

int links_resolve(struct tree *tree, struct dentry *dentry)
{
	if (!tree->nr_pending || inode_is_dir(dentry->inode) || !dentry->inode->mode)
		return 0;
	struct path path = dentry_path(dentry);
	const struct path_hash hash = hash_path(&path);
	int err = 0;
	xfree(path.bytes);
	for (struct pending_link **at = pending_bucket(tree, &hash); *at && !err;) {
		struct pending_link *p = *at;
		if (memcmp(&p->awaited, &hash, sizeof(hash)) != 0) {
			at = &p->hash_next;
			continue;
		}
		*at = p->hash_next; /* once its target came it waits no more */
		tree->nr_pending--;
		if (is_waiting(p))
			err = bind(tree, p, dentry->inode);
	}
	return err;
}

/* What @p waits for in the finished tree; NULL if nothing is there, or another waiting link. */
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

int links_resolve_late(struct tree *tree)
{
	for (struct pending_link *start = tree->pending; start; start = start->next) {
		struct pending_link *chain = NULL, *next;
		struct inode *target = NULL;
		/* Links may lead to links: go to the end, then bind the whole chain. */
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

int links_hand_over_data(struct tree *tree, struct content *content)
{
	char q[QUOTE_BYTES];
	for (struct donation *d = tree->donations; d; d = d->next) {
		if (d->donor->size == 0)
			continue;
		if (!inode_is_file(d->target))
			return fail(-EINVAL, "%s: a hard link with data to what is no regular file",
				    quote_dentry(tree, q, d->link));
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
			err = fail(-EINVAL, "%s: a hard link with other data than its target",
				   quote_dentry(tree, q, d->link));
		if (err)
			return err;
	}
	return 0;
}

int tree_bind_links(struct tree *tree, struct content *content)
{
	int err = links_resolve_late(tree);
	return err ? err : links_hand_over_data(tree, content);
}
