/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules are sorted in the order of the walk, so the rules around a path come before it. The last
 * rule that does not come after a path is either around it, or inside the same outer rules. So the
 * steps outwards from that rule find the innermost rule around the path.
 */
#include "model/path_rules.h"

#include "base/mem.h"
#include "path.h"

#include <stdlib.h>

int path_rules_add(struct path_rules *rules, const char *wanted_by, const char *path,
		   size_t path_len, const struct path_settings *asks)
{
	struct path folded;
	int err = path_fold(path, path_len, &folded);
	if (err)
		return err;
	rules->list = mem_grow(rules->list, &rules->capacity, rules->nr + 1, sizeof(*rules->list));
	rules->list[rules->nr] = (struct path_rule){
		.wanted_by = wanted_by,
		.path = folded.bytes,
		.path_len = folded.len,
		.asks = *asks,
		.age = rules->nr,
	};
	rules->nr++;
	return 0;
}

/* Of the rules for one path that of a subvolume comes first, then they are in order of age. */
static int compare_rules(const void *a, const void *b)
{
	const struct path_rule *x = a, *y = b;
	int order = path_compare(x->path, x->path_len, y->path, y->path_len);
	if (order)
		return order;
	if (x->asks.is_subvol != y->asks.is_subvol)
		return x->asks.is_subvol ? -1 : 1;
	return x->age < y->age ? -1 : x->age > y->age;
}

static bool is_around(const struct path_rule *rule, const char *path, size_t len)
{
	return path_is_below(rule->path, rule->path_len, path, len);
}

/* The innermost rule around a path, from rule @nr outwards. */
static size_t step_outwards(const struct path_rules *rules, size_t nr, const char *path, size_t len)
{
	while (nr != NO_RULE && !is_around(&rules->list[nr], path, len))
		nr = rules->list[nr].enclosing;
	return nr;
}

static struct path_settings inherit(const struct path_settings *asks,
				    const struct path_settings *around)
{
	struct path_settings holds = *asks;
	if (!holds.has_codec)
		holds.codec = around->codec;
	holds.has_codec = true;
	if (!holds.has_verity)
		holds.verity = around->verity;
	holds.has_verity = true;
	if (!asks->is_subvol) {
		holds.inode_flags |= around->inode_flags;
		if (!holds.has_property)
			holds.property = around->property;
		holds.has_property |= around->has_property;
	}
	return holds;
}

static struct path_settings outermost(const struct path_rules *rules)
{
	return (struct path_settings){ .has_codec = true,
				       .codec = rules->codec,
				       .has_verity = true,
				       .verity = rules->verity };
}

void path_rules_seal(struct path_rules *rules)
{
	if (rules->nr)
		qsort(rules->list, rules->nr, sizeof(*rules->list), compare_rules);
	for (size_t i = 0; i < rules->nr; i++) {
		struct path_rule *rule = &rules->list[i];
		struct path_settings around = outermost(rules);
		rule->enclosing =
			i ? step_outwards(rules, i - 1, rule->path, rule->path_len) : NO_RULE;
		if (rule->enclosing != NO_RULE)
			around = rules->list[rule->enclosing].holds;
		rule->holds = inherit(&rule->asks, &around);
	}
}

struct path_settings path_rules_find(const struct path_rules *rules, const char *path,
				     size_t path_len)
{
	size_t low = 0, high = rules->nr; /* rules before low do not come after the path */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct path_rule *rule = &rules->list[middle];
		if (path_compare(rule->path, rule->path_len, path, path_len) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	size_t nr = low ? step_outwards(rules, low - 1, path, path_len) : NO_RULE;
	return nr == NO_RULE ? outermost(rules) : rules->list[nr].holds;
}

void path_rules_release(struct path_rules *rules)
{
	for (size_t i = 0; i < rules->nr; i++)
		xfree(rules->list[i].path);
	xfree(rules->list);
	rules->list = NULL;
	rules->nr = rules->capacity = 0;
}
