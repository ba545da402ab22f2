/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "receiver.h"
#include "fuzz.h"
#include "received.h"

#include "base/mem.h"
#include "disk/checksum.h"
#include "disk/codec.h"
#include "disk/send_format.h"

#include <linux/falloc.h>

#define MAX_ATTRIBUTES 32
#define PIECE_BYTES (128u << 10)

/* The bytes of an attribute; NULL: the command does not have it. */
struct value {
	const u8 *bytes;
	size_t len;
};

struct command {
	u32 nr; /* enum btrfs_send_cmd */
	struct value values[MAX_ATTRIBUTES];
};

struct receiver {
	struct arena arena;
	struct received_subvol *subvols;
	struct received_subvol *open; /* of which commands are read */
	u32 version;
};

/* ---- commands ------------------------------------------------------------------------- */

static u64 number(const struct value *v, size_t bytes)
{
	u64 n = 0;
	must(v->bytes && v->len == bytes);
	for (size_t i = bytes; i--;)
		n = n << 8 | v->bytes[i];
	return n;
}

static u64 number_of(const struct command *c, enum btrfs_send_attr attr)
{
	return number(&c->values[attr], 8);
}

static struct value bytes_of(const struct command *c, enum btrfs_send_attr attr)
{
	must(c->values[attr].bytes);
	return c->values[attr];
}

static void read_attributes(const struct receiver *r, const u8 *at, const u8 *end,
			    struct command *c)
{
	while (at < end) {
		must(end - at >= 2);
		const u32 type = at[0] | (u32)at[1] << 8;
		struct value v = { at + 2, (size_t)(end - at - 2) };
		must(type && type < MAX_ATTRIBUTES && !c->values[type].bytes);
		if (type != BTRFS_SEND_A_DATA || r->version == 1) {
			must(end - at >= 4);
			v = (struct value){ at + 4, at[2] | (u32)at[3] << 8 };
			must(v.len <= (size_t)(end - v.bytes));
		}
		c->values[type] = v;
		at = v.bytes + v.len;
	}
}

/* Returns what follows it. */
static const u8 *read_command(const struct receiver *r, const u8 *at, const u8 *end,
			      struct command *c)
{
	struct btrfs_cmd_header header, zeroed;
	u8 *copy;
	must((size_t)(end - at) >= sizeof(header));
	memcpy(&header, at, sizeof(header));
	const u32 len = from_le32(header.len);
	must(len <= (size_t)(end - at) - sizeof(header));
	must(r->version > 1 || len + sizeof(header) <= BTRFS_SEND_BUF_SIZE_V1);
	zeroed = header;
	zeroed.crc = to_le32(0);
	copy = xmemdup(at, sizeof(header) + len);
	memcpy(copy, &zeroed, sizeof(zeroed));
	must(crc32c_raw(0, copy, sizeof(header) + len) == from_le32(header.crc));
	xfree(copy);
	*c = (struct command){ .nr = from_le16(header.cmd) };
	at += sizeof(header);
	read_attributes(r, at, at + len, c);
	return at + len;
}

/* ---- names ---------------------------------------------------------------------------- */

static struct received_name *name_at(struct receiver *r, const struct command *c,
				     enum btrfs_send_attr attr)
{
	const struct value path = bytes_of(c, attr);
	struct received_name *name = received_find(r->open, path.bytes, path.len);
	must(name && name->node);
	return name;
}

static struct received *node_at(struct receiver *r, const struct command *c)
{
	const struct value path = bytes_of(c, BTRFS_SEND_A_PATH);
	return path.len ? name_at(r, c, BTRFS_SEND_A_PATH)->node : r->open->root;
}

/* A name for @node, which is new or has others. */
static void put_name(struct receiver *r, const struct command *c, enum btrfs_send_attr attr,
		     struct received *node, bool is_made)
{
	const struct value path = bytes_of(c, attr);
	received_put(&r->arena, r->open, path.bytes, path.len, node, is_made);
}

static void make(struct receiver *r, const struct command *c, u32 type)
{
	struct received *node = received_new(&r->arena, type);
	put_name(r, c, BTRFS_SEND_A_PATH, node, true);
	if (type == S_IFLNK) {
		const struct value target = bytes_of(c, BTRFS_SEND_A_PATH_LINK);
		must(target.len);
		received_set_xattr(&r->arena, node, "->", 2, target.bytes, target.len);
	}
	if (type)
		return;
	node->type = (u32)number_of(c, BTRFS_SEND_A_MODE) & S_IFMT;
	node->rdev = number_of(c, BTRFS_SEND_A_RDEV);
	must(node->type == S_IFCHR || node->type == S_IFBLK);
}

static void rename_name(struct receiver *r, const struct command *c)
{
	struct received *node = name_at(r, c, BTRFS_SEND_A_PATH)->node;
	const struct value from = bytes_of(c, BTRFS_SEND_A_PATH);
	const struct value to = bytes_of(c, BTRFS_SEND_A_PATH_TO);
	/* no directory goes into itself */
	must(to.len <= from.len || memcmp(from.bytes, to.bytes, from.len) ||
	     to.bytes[from.len] != '/');
	received_remove(name_at(r, c, BTRFS_SEND_A_PATH));
	put_name(r, c, BTRFS_SEND_A_PATH_TO, node, false);
}

static void link_name(struct receiver *r, const struct command *c)
{
	struct received *node = name_at(r, c, BTRFS_SEND_A_PATH_LINK)->node;
	must(node->type != S_IFDIR);
	put_name(r, c, BTRFS_SEND_A_PATH, node, false);
}

static void remove_name(struct receiver *r, const struct command *c)
{
	struct received_name *name = name_at(r, c, BTRFS_SEND_A_PATH);
	must((name->node->type == S_IFDIR) == (c->nr == BTRFS_SEND_C_RMDIR));
	must(name->node->type != S_IFDIR || !received_has_names(name->node));
	received_remove(name);
}

/* ---- data ----------------------------------------------------------------------------- */

static struct received *file_at(struct receiver *r, const struct command *c)
{
	struct received *node = node_at(r, c);
	must(node->type == S_IFREG);
	received_lose_capability(node);
	node->is_touched = true;
	return node;
}

static void write_encoded(struct receiver *r, const struct command *c)
{
	static const u32 types[] = { BTRFS_COMPRESS_NONE, BTRFS_COMPRESS_ZLIB, BTRFS_COMPRESS_ZSTD,
				     BTRFS_COMPRESS_LZO };
	static u8 plain[PIECE_BYTES];
	const u64 type = number(&c->values[BTRFS_SEND_A_COMPRESSION], 4);
	const struct value data = bytes_of(c, BTRFS_SEND_A_DATA);
	const u64 len = number_of(c, BTRFS_SEND_A_UNENCODED_FILE_LEN);
	const u64 ram = number_of(c, BTRFS_SEND_A_UNENCODED_LEN);
	const u64 off = number_of(c, BTRFS_SEND_A_FILE_OFFSET);
	struct received *node = file_at(r, c);
	must(type && type < 4 && !number_of(c, BTRFS_SEND_A_UNENCODED_OFFSET));
	must(ram <= PIECE_BYTES && len && len <= ram && data.len < ram);
	must(codec_of_type(types[type])
		     ->decompress(NULL, data.bytes, data.len, plain, PIECE_BYTES) >= len);
	/* the kernel's rules */
	must(off % BTRFS_SECTORSIZE == 0);
	must(len % BTRFS_SECTORSIZE == 0 || off + len >= node->size);
	received_write(&r->arena, node, off, plain, len);
}

static void write_plain(struct receiver *r, const struct command *c)
{
	const struct value data = bytes_of(c, BTRFS_SEND_A_DATA);
	must(data.len && data.len <= PIECE_BYTES);
	received_write(&r->arena, file_at(r, c), number_of(c, BTRFS_SEND_A_FILE_OFFSET), data.bytes,
		       data.len);
}

static void clone(struct receiver *r, const struct command *c)
{
	const u64 off = number_of(c, BTRFS_SEND_A_FILE_OFFSET);
	const u64 from = number_of(c, BTRFS_SEND_A_CLONE_OFFSET);
	const u64 len = number_of(c, BTRFS_SEND_A_CLONE_LEN);
	const struct received *source = name_at(r, c, BTRFS_SEND_A_CLONE_PATH)->node;
	struct received *node = file_at(r, c);
	const struct value uuid = bytes_of(c, BTRFS_SEND_A_CLONE_UUID);
	must(uuid.len == BTRFS_UUID_SIZE && !memcmp(uuid.bytes, r->open->uuid, uuid.len));
	must(source->type == S_IFREG && len && from + len <= source->size);
	must(off % BTRFS_SECTORSIZE == 0 && from % BTRFS_SECTORSIZE == 0);
	must(len % BTRFS_SECTORSIZE == 0 ||
	     (from + len == source->size && off + len >= node->size));
	must(source != node || off >= from + len || from >= off + len);
	received_clone(&r->arena, node, off, source, from, len);
}

static void punch(struct receiver *r, const struct command *c)
{
	const u64 off = number_of(c, BTRFS_SEND_A_FILE_OFFSET);
	const u64 len = number_of(c, BTRFS_SEND_A_SIZE);
	must(number(&c->values[BTRFS_SEND_A_FALLOCATE_MODE], 4) ==
	     (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE));
	must(off % BTRFS_SECTORSIZE == 0 && len % BTRFS_SECTORSIZE == 0 && len);
	received_punch(file_at(r, c), off, off + len);
}

/* ---- attributes ----------------------------------------------------------------------- */

static void set_owner(struct received *node, const struct command *c)
{
	node->uid = number_of(c, BTRFS_SEND_A_UID);
	node->gid = number_of(c, BTRFS_SEND_A_GID);
	received_lose_capability(node);
	if (node->type != S_IFDIR)
		node->mode &= ~(u64)(S_ISUID | S_ISGID);
}

static void set_times(struct received *node, const struct command *c)
{
	const struct value atime = bytes_of(c, BTRFS_SEND_A_ATIME);
	const struct value mtime = bytes_of(c, BTRFS_SEND_A_MTIME);
	must(atime.len == sizeof(node->atime) && mtime.len == sizeof(node->mtime));
	memcpy(node->atime, atime.bytes, atime.len);
	memcpy(node->mtime, mtime.bytes, mtime.len);
	must(bytes_of(c, BTRFS_SEND_A_CTIME).len == sizeof(node->atime));
	node->is_touched = false;
}

static void set_xattr(struct receiver *r, struct received *node, const struct command *c)
{
	const struct value name = bytes_of(c, BTRFS_SEND_A_XATTR_NAME);
	const struct value data = bytes_of(c, BTRFS_SEND_A_XATTR_DATA);
	must(name.len && name.len <= 255);
	received_set_xattr(&r->arena, node, name.bytes, name.len, data.bytes, data.len);
}

static void remove_xattr(struct received *node, const struct command *c)
{
	const struct value name = bytes_of(c, BTRFS_SEND_A_XATTR_NAME);
	must(received_remove_xattr(node, name.bytes, name.len));
}

/* ---- the stream ------------------------------------------------------------------------- */

static void open_subvol(struct receiver *r, const struct command *c)
{
	const struct value path = bytes_of(c, BTRFS_SEND_A_PATH);
	const struct value uuid = bytes_of(c, BTRFS_SEND_A_UUID);
	struct received_subvol *s = r->subvols;
	must(path.len && uuid.len == BTRFS_UUID_SIZE);
	if (c->nr == BTRFS_SEND_C_SNAPSHOT) {
		const struct value parent = bytes_of(c, BTRFS_SEND_A_CLONE_UUID);
		must(parent.len == BTRFS_UUID_SIZE);
		while (s && (s->is_new || memcmp(s->uuid, parent.bytes, BTRFS_UUID_SIZE)))
			s = s->next;
		must(s);
	} else {
		s = arena_alloc(&r->arena, sizeof(*s));
		s->root = received_new(&r->arena, S_IFDIR);
		s->next = r->subvols;
		r->subvols = s;
	}
	s->name = arena_memdup(&r->arena, path.bytes, path.len);
	s->name_len = path.len;
	s->is_new = true;
	memcpy(s->uuid, uuid.bytes, BTRFS_UUID_SIZE);
	r->open = s;
}

static void run_for_node(struct receiver *r, const struct command *c)
{
	struct received *node = node_at(r, c);
	switch (c->nr) {
	case BTRFS_SEND_C_CHOWN:
		return set_owner(node, c);
	case BTRFS_SEND_C_CHMOD:
		must(node->type != S_IFLNK);
		return received_set_mode(&r->arena, node, number_of(c, BTRFS_SEND_A_MODE));
	case BTRFS_SEND_C_SET_XATTR:
		return set_xattr(r, node, c);
	case BTRFS_SEND_C_REMOVE_XATTR:
		return remove_xattr(node, c);
	case BTRFS_SEND_C_FILEATTR:
		must(r->version >= 2);
		node->flags = number_of(c, BTRFS_SEND_A_FILEATTR);
		return;
	case BTRFS_SEND_C_UTIMES:
		return set_times(node, c);
	case BTRFS_SEND_C_TRUNCATE:
		return received_truncate(file_at(r, c), number_of(c, BTRFS_SEND_A_SIZE));
	default:
		must(false); /* no other command is written */
	}
}

static void run_for_path(struct receiver *r, const struct command *c)
{
	must(r->version >= 2 || c->nr < BTRFS_SEND_C_FALLOCATE);
	switch (c->nr) {
	case BTRFS_SEND_C_MKFILE:
		return make(r, c, S_IFREG);
	case BTRFS_SEND_C_MKDIR:
		return make(r, c, S_IFDIR);
	case BTRFS_SEND_C_MKNOD:
		return make(r, c, 0);
	case BTRFS_SEND_C_MKFIFO:
		return make(r, c, S_IFIFO);
	case BTRFS_SEND_C_MKSOCK:
		return make(r, c, S_IFSOCK);
	case BTRFS_SEND_C_SYMLINK:
		return make(r, c, S_IFLNK);
	case BTRFS_SEND_C_RENAME:
		return rename_name(r, c);
	case BTRFS_SEND_C_LINK:
		return link_name(r, c);
	case BTRFS_SEND_C_UNLINK:
	case BTRFS_SEND_C_RMDIR:
		return remove_name(r, c);
	case BTRFS_SEND_C_WRITE:
		return write_plain(r, c);
	case BTRFS_SEND_C_ENCODED_WRITE:
		return write_encoded(r, c);
	case BTRFS_SEND_C_CLONE:
		return clone(r, c);
	case BTRFS_SEND_C_FALLOCATE:
		return punch(r, c);
	default:
		run_for_node(r, c);
	}
}

static const u8 *take_header(struct receiver *r, const u8 *at, const u8 *end)
{
	struct btrfs_stream_header header;
	must((size_t)(end - at) >= sizeof(header));
	memcpy(&header, at, sizeof(header));
	must(!memcmp(header.magic, BTRFS_SEND_STREAM_MAGIC, sizeof(header.magic)));
	r->version = from_le32(header.version);
	must(r->version == 1 || r->version == 2);
	return at + sizeof(header);
}

void receiver_take(struct receiver *r, const u8 *stream, size_t len)
{
	const u8 *at = stream, *end = stream + len;
	struct command c;
	for (struct received_subvol *s = r->subvols; s; s = s->next)
		s->is_new = false;
	while (at < end) {
		at = take_header(r, at, end);
		at = read_command(r, at, end, &c);
		must(c.nr == BTRFS_SEND_C_SUBVOL || c.nr == BTRFS_SEND_C_SNAPSHOT);
		open_subvol(r, &c);
		for (;;) {
			at = read_command(r, at, end, &c);
			if (c.nr == BTRFS_SEND_C_END)
				break;
			run_for_path(r, &c);
		}
	}
	/* an old one that is no new one's origin plays no part any more */
	for (struct received_subvol **s = &r->subvols; *s;)
		if ((*s)->is_new)
			s = &(*s)->next;
		else
			*s = (*s)->next;
}

/* ---- the interface ------------------------------------------------------------------------ */

struct receiver *receiver_new(void)
{
	return xzalloc(sizeof(struct receiver));
}

void receiver_free(struct receiver *r)
{
	arena_free(&r->arena);
	xfree(r);
}

bool receivers_equal(const struct receiver *a, const struct receiver *b)
{
	const struct received_subvol *x = a->subvols, *y;
	size_t nr_a = 0, nr_b = 0;
	for (y = b->subvols; y; y = y->next)
		nr_b++;
	for (; x; x = x->next, nr_a++) {
		for (y = b->subvols; y; y = y->next)
			if (x->name_len == y->name_len && !memcmp(x->name, y->name, x->name_len))
				break;
		if (!y || memcmp(x->uuid, y->uuid, sizeof(x->uuid)) ||
		    !received_equal(x->root, y->root))
			return false;
	}
	return nr_a == nr_b;
}

bool receiver_is_settled(const struct receiver *r)
{
	for (const struct received_subvol *s = r->subvols; s; s = s->next)
		if (!received_is_settled(s->root))
			return false;
	return true;
}
