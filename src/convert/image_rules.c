/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For each kind by itself: the cost of a path with a value is the number of rules below it that this
 * value needs. Costs are added from the last path of the walk to the first, so from the leaves to
 * the root. Then each path, from the root on, takes the cheapest value.
 */
#include "convert/image_rules.h"
#include "convert/link_table.h"
#include "read/walk.h"

#include "base/diag.h"

#include <sys/stat.h>

#define RULES_MAX 100 /* of a kind; more than that no one wrote by hand */
#define RULE_PATH_MAX 4096
#define IMPOSSIBLE (1u << 20)
#define NO_PARENT UINT32_MAX
#define ANY UINT8_MAX

static const char property_name[] = "btrfs.compression";

struct node {
	const char *name; /* the last component, not terminated */
	u32 name_len;
	u32 path_len;
	u32 parent;
	bool is_border;       /* the root of a subvolume below the top level */
	u8 value[RULE_KINDS]; /* ANY: it does not matter */
	u8 chosen;            /* of the kind that is worked on */
	u32 cost[RULE_VALUES];
};

struct rule_search {
	struct image_rules *rules;
	bool is_wanted[RULE_KINDS];
	struct survey_reader *reader;
	struct link_table links;
	struct node *nodes; /* in the order of the walk */
	size_t nr, capacity;
	struct arena names;
};

/* ---- what the paths have ----------------------------------------------------------- */

static u8 codec_of(const struct survey *s)
{
	for (u32 type = BTRFS_COMPRESS_ZLIB; type < SURVEY_CODECS; type++)
		if (s->codecs[type].extents)
			return (u8)type;
	return ANY; /* plain data may be data that did not get smaller */
}

static u8 verity_of(const struct survey *s)
{
	return s->verity_files[FSVERITY_SHA512]   ? FSVERITY_SHA512
	       : s->verity_files[FSVERITY_SHA256] ? FSVERITY_SHA256
						  : FSVERITY_NONE;
}

/* RULE_VALUES: a value that no rule can give */
static u8 property_of(const struct disk_inode *inode)
{
	static const char *const names[] = { "", "none", "zlib", "lzo", "zstd" };
	for (size_t i = 0; i < inode->nr_xattrs; i++) {
		const struct disk_xattr *x = &inode->xattrs[i];
		if (x->name_len != sizeof(property_name) - 1 ||
		    memcmp(disk_inode_xattr_name(inode, i), property_name, x->name_len))
			continue;
		for (u32 value = PROPERTY_NONE; value < RULE_VALUES; value++)
			if (x->value_len == strlen(names[value]) &&
			    !memcmp(disk_inode_xattr_value(inode, i), names[value], x->value_len))
				return (u8)value;
		return RULE_VALUES;
	}
	return PROPERTY_ABSENT;
}

/* @node: its values are ANY */
static int read_values(struct rule_search *search, const struct walk_entry *entry,
		       struct node *node)
{
	const struct disk_inode *inode = entry->inode;
	const bool is_file = S_ISREG(inode->mode);
	struct survey s = { 0 };
	if (!(inode->flags & (BTRFS_INODE_NODATACOW | BTRFS_INODE_NODATASUM)))
		node->value[RULE_PROPERTY] = property_of(inode);
	/* an archive has nodatacow, which implies nodatasum */
	if (is_file && !(inode->flags & BTRFS_INODE_NODATACOW))
		node->value[RULE_UNSUMMED] = !!(inode->flags & BTRFS_INODE_NODATASUM);
	if (!is_file || (!search->is_wanted[RULE_CODEC] && !search->is_wanted[RULE_VERITY]))
		return 0;
	int err = survey_add_inode(&s, search->reader, &entry->tree, inode->ino);
	node->value[RULE_CODEC] = codec_of(&s);
	node->value[RULE_VERITY] = verity_of(&s);
	return err;
}

/*
 * The directory of a new path, of which @dir_len bytes are in front of the last component: directories
 * come before what is in them, so it is the last node, or around that. Their lengths differ.
 */
static u32 find_parent(const struct rule_search *search, u32 dir_len)
{
	u32 i = (u32)search->nr - 1;
	while (search->nodes[i].path_len != dir_len)
		i = search->nodes[i].parent;
	return i;
}

static void add_name(struct rule_search *search, const struct walk_entry *e, struct node *node)
{
	const char *slash = memrchr(e->path, '/', e->path_len);
	const u32 dir_len = slash ? (u32)(slash - e->path) : 0;
	const char *name = slash ? slash + 1 : e->path;
	node->path_len = (u32)e->path_len;
	node->name_len = (u32)(e->path + e->path_len - name);
	node->name = arena_memdup(&search->names, name, node->name_len);
	node->parent = search->nr ? find_parent(search, dir_len) : NO_PARENT;
}

/* Whether rules count for it: of an inode with several names, for the first. */
static bool has_values(struct rule_search *search, const struct walk_entry *e)
{
	if (S_ISDIR(e->inode->mode))
		return true;
	if (!S_ISREG(e->inode->mode))
		return false;
	return e->inode->nlink == 1 ||
	       !link_table_find(&search->links, e->tree.id, e->inode->ino, "", 0);
}

static int add_node(struct rule_search *search, const struct walk_entry *e)
{
	struct node node;
	if (!has_values(search, e))
		return 0;
	if (search->nr == NO_PARENT)
		return fail(-EOVERFLOW, "more than %u files and directories", NO_PARENT);
	node = (struct node){ .is_border =
				      e->path_len && e->inode->ino == BTRFS_FIRST_FREE_OBJECTID };
	memset(node.value, ANY, sizeof(node.value));
	add_name(search, e, &node);
	int err = read_values(search, e, &node);
	search->nodes =
		mem_grow(search->nodes, &search->capacity, search->nr + 1, sizeof(*search->nodes));
	search->nodes[search->nr++] = node;
	return err;
}

static int read_tree(struct rule_search *search, struct filesystem *fs)
{
	struct walker *walk = walk_new(fs, BTRFS_FS_TREE_OBJECTID);
	struct walk_entry entry;
	walk_sort(walk);
	int more, err = walk_begin(walk, "");
	while (!err && (more = walk_next(walk, &entry)))
		err = more < 0 ? more : add_node(search, &entry);
	walk_free(walk);
	return err;
}

/* ---- the fewest rules -------------------------------------------------------------- */

static bool is_inherited_flag(enum rule_kind kind)
{
	return kind == RULE_PROPERTY || kind == RULE_UNSUMMED;
}

/* The rules for a path to have @value, where the path around it has @around. */
static u32 step_cost(enum rule_kind kind, u32 around, u32 value)
{
	if (around == value)
		return 0;
	return is_inherited_flag(kind) && !value ? IMPOSSIBLE : 1;
}

/* The cheapest value where @around holds: of equal ones @around itself. */
static u32 cheapest(const struct node *node, enum rule_kind kind, u32 around, u32 *cost)
{
	u32 best = around;
	if (node->is_border && is_inherited_flag(kind))
		best = around = 0;
	for (u32 v = 0; v < RULE_VALUES; v++)
		if (node->cost[v] + step_cost(kind, around, v) <
		    node->cost[best] + step_cost(kind, around, best))
			best = v;
	*cost = (u32)min_u64(IMPOSSIBLE, node->cost[best] + step_cost(kind, around, best));
	return best;
}

static void add_costs(struct rule_search *search, enum rule_kind kind)
{
	for (size_t i = 0; i < search->nr; i++) {
		struct node *node = &search->nodes[i];
		const u8 own = node->value[kind];
		for (u32 v = 0; v < RULE_VALUES; v++)
			node->cost[v] = own == ANY || own == v ? 0 : IMPOSSIBLE;
	}
	for (size_t i = search->nr; i-- > 1;) {
		const struct node *node = &search->nodes[i];
		u32 *sums = search->nodes[node->parent].cost;
		for (u32 v = 0; v < RULE_VALUES; v++) {
			u32 cost;
			cheapest(node, kind, v, &cost);
			sums[v] = (u32)min_u64(IMPOSSIBLE, sums[v] + cost);
		}
	}
}

static char *path_of_node(const struct rule_search *search, const struct node *node,
			  struct arena *arena)
{
	char *path = arena_alloc_unaligned(arena, node->path_len + 1);
	while (node->path_len) {
		const u32 at = node->path_len - node->name_len;
		memcpy(path + at, node->name, node->name_len);
		if (at)
			path[at - 1] = '/';
		node = &search->nodes[node->parent];
	}
	return path;
}

static void put_rule(struct rule_search *search, enum rule_kind kind, const struct node *node)
{
	struct image_rules *rules = search->rules;
	if (node->path_len > RULE_PATH_MAX) {
		rules->is_lost[kind] = true;
		return;
	}
	rules->list = mem_grow(rules->list, &rules->capacity, rules->nr + 1, sizeof(*rules->list));
	rules->list[rules->nr++] = (struct image_rule){
		.kind = kind,
		.value = node->chosen,
		.path = path_of_node(search, node, &rules->arena),
	};
}

/* The value of the root for which the fewest rules are needed: of equal ones @common. */
static u32 best_outside(const struct node *root, u32 common)
{
	u32 best = common;
	for (u32 v = 0; v < RULE_VALUES; v++)
		if (root->cost[v] < root->cost[best])
			best = v;
	return root->cost[best] > RULES_MAX ? common : best;
}

static void find_rules(struct rule_search *search, enum rule_kind kind)
{
	struct image_rules *rules = search->rules;
	u32 cost;
	add_costs(search, kind);
	if (!is_inherited_flag(kind))
		rules->outside[kind] = best_outside(&search->nodes[0], rules->outside[kind]);
	cheapest(&search->nodes[0], kind, rules->outside[kind], &cost);
	rules->is_lost[kind] = cost > RULES_MAX;
	for (size_t i = 0; i < search->nr && !rules->is_lost[kind]; i++) {
		struct node *node = &search->nodes[i];
		u32 around = i ? search->nodes[node->parent].chosen : rules->outside[kind];
		if (node->is_border && is_inherited_flag(kind))
			around = 0;
		node->chosen = (u8)cheapest(node, kind, around, &cost);
		if (node->chosen != around)
			put_rule(search, kind, node);
	}
}

/* ---- the interface ----------------------------------------------------------------- */

/* The codec of most extents: none if no data was compressed. */
static u32 common_codec(const struct survey *s)
{
	u32 most = BTRFS_COMPRESS_NONE;
	for (u32 type = BTRFS_COMPRESS_ZLIB; type < SURVEY_CODECS; type++)
		if (s->codecs[type].extents &&
		    (!most || s->codecs[type].extents > s->codecs[most].extents))
			most = type;
	return most;
}

static enum fsverity_algorithm common_verity(const struct survey *s)
{
	const u64 sha256 = s->verity_files[FSVERITY_SHA256];
	const u64 sha512 = s->verity_files[FSVERITY_SHA512];
	if (2 * (sha256 + sha512) <= s->files)
		return FSVERITY_NONE;
	return sha512 > sha256 ? FSVERITY_SHA512 : FSVERITY_SHA256;
}

static void find_wanted(const struct survey *s, bool is_wanted[RULE_KINDS])
{
	const u64 verity_files =
		s->verity_files[FSVERITY_SHA256] + s->verity_files[FSVERITY_SHA512];
	u32 codecs = 0;
	for (u32 type = BTRFS_COMPRESS_ZLIB; type < SURVEY_CODECS; type++)
		codecs += s->codecs[type].extents > 0;
	is_wanted[RULE_CODEC] = codecs > 1;
	is_wanted[RULE_VERITY] = verity_files && s->verity_files[FSVERITY_SHA256] != s->files &&
				 s->verity_files[FSVERITY_SHA512] != s->files;
	is_wanted[RULE_PROPERTY] = s->has_properties;
	is_wanted[RULE_UNSUMMED] = s->has_unsummed;
}

int image_rules_gather(struct filesystem *fs, const struct survey *survey,
		       struct image_rules *rules)
{
	struct rule_search search = { .rules = rules };
	bool is_any_wanted = false;
	rules->outside[RULE_CODEC] = common_codec(survey);
	rules->outside[RULE_VERITY] = common_verity(survey);
	find_wanted(survey, search.is_wanted);
	for (u32 kind = 0; kind < RULE_KINDS; kind++)
		is_any_wanted |= search.is_wanted[kind];
	if (!is_any_wanted)
		return 0;
	search.reader = survey_reader_new(fs);
	int err = read_tree(&search, fs);
	for (u32 kind = 0; kind < RULE_KINDS && !err; kind++)
		if (search.is_wanted[kind])
			find_rules(&search, kind);
	survey_reader_free(search.reader);
	link_table_release(&search.links);
	xfree(search.nodes);
	arena_free(&search.names);
	return err;
}

void image_rules_release(struct image_rules *rules)
{
	xfree(rules->list);
	arena_free(&rules->arena);
}
