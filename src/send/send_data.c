/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a file holds: pieces as they are stored, and clones of pieces that the stream had before.
 * Holes are not written.
 */
#include "sender.h"

/* What a version 1 command holds besides the path: as much as the kernel's send puts in one. */
#define WRITE_BYTES_V1 (48u << 10)

/* A smaller clone costs a receiver more than the data. */
#define CLONE_MIN_BYTES (16u << 10)

u32 send_extent_bytes(const struct content *content, const struct inode *inode,
		      const struct file_extent *e)
{
	const struct blob *b = content_blob(content, e);
	u64 bytes = (u64)e->nr_sectors * BTRFS_SECTORSIZE;
	if (b->place == BLOB_INLINE)
		bytes = b->ram_bytes;
	return (u32)min_u64(bytes, inode->size - e->file_off);
}

/* ---- pieces -------------------------------------------------------------------------- */

static void put_stored(const struct sender *s, const struct blob *b, u32 bytes)
{
	u8 *data = command_data(s->stream, bytes);
	const int err = data ? content_read_stored(s->content, b, data, bytes) : 0;
	if (err)
		command_fail(s->stream, err);
}

static u32 encoded_compression(u8 compression)
{
	switch (compression) {
	case BTRFS_COMPRESS_ZLIB:
		return BTRFS_ENCODED_IO_COMPRESSION_ZLIB;
	case BTRFS_COMPRESS_LZO:
		return BTRFS_ENCODED_IO_COMPRESSION_LZO_4K;
	default:
		return BTRFS_ENCODED_IO_COMPRESSION_ZSTD;
	}
}

static int send_encoded(const struct sender *s, const struct file_extent *e, u32 bytes)
{
	const struct blob *b = content_blob(s->content, e);
	sender_begin(s, BTRFS_SEND_C_ENCODED_WRITE);
	command_u64(s->stream, BTRFS_SEND_A_FILE_OFFSET, e->file_off);
	command_u64(s->stream, BTRFS_SEND_A_UNENCODED_FILE_LEN, bytes);
	command_u64(s->stream, BTRFS_SEND_A_UNENCODED_LEN, b->ram_bytes);
	command_u64(s->stream, BTRFS_SEND_A_UNENCODED_OFFSET, 0);
	command_u32(s->stream, BTRFS_SEND_A_COMPRESSION, encoded_compression(b->compression));
	put_stored(s, b, b->stored_bytes);
	return command_end(s->stream);
}

/* Uncompressed data in version 2: one command. */
static int send_plain(const struct sender *s, const struct file_extent *e, u32 bytes)
{
	sender_begin(s, BTRFS_SEND_C_WRITE);
	command_u64(s->stream, BTRFS_SEND_A_FILE_OFFSET, e->file_off);
	put_stored(s, content_blob(s->content, e), bytes);
	return command_end(s->stream);
}

/* Unpacked data in as many commands as version 1 needs. */
static int send_unpacked(const struct sender *s, const struct file_extent *e, u32 bytes)
{
	int err = 0;
	if (!command_stream_counts_only(s->stream))
		err = content_unpack(s->content, content_blob(s->content, e), s->unpacked);
	for (u32 at = 0, n; at < bytes && !err; at += n) {
		n = (u32)min_u64(bytes - at, WRITE_BYTES_V1);
		sender_begin(s, BTRFS_SEND_C_WRITE);
		command_u64(s->stream, BTRFS_SEND_A_FILE_OFFSET, e->file_off + at);
		u8 *data = command_data(s->stream, n);
		if (data)
			memcpy(data, s->unpacked + at, n);
		err = command_end(s->stream);
	}
	return err;
}

static int send_piece(const struct sender *s, const struct file_extent *e, u32 bytes)
{
	if (s->options->version == 1)
		return send_unpacked(s, e, bytes);
	if (content_blob(s->content, e)->compression)
		return send_encoded(s, e, bytes);
	return send_plain(s, e, bytes);
}

/* ---- clones ---------------------------------------------------------------------------- */

/* A range of an earlier file, or of an earlier part of this one. */
struct clone {
	const struct inode *inode; /* that it is cloned from */
	u64 file_off;              /* in it */
	u64 bytes;
	u32 nr; /* file extents */
};

/*
 * Whether the kernel clones @bytes that begin at @e of @inode: whole sectors within the file, or
 * all up to its end.
 */
static bool may_be_cloned(const struct content *content, const struct inode *inode,
			  const struct file_extent *e, u32 bytes)
{
	const u32 available = send_extent_bytes(content, inode, e);
	if (bytes % BTRFS_SECTORSIZE == 0)
		return bytes <= available;
	return bytes == available && e->file_off + bytes == inode->size;
}

/*
 * Where a blob of @inode was sent first. The kernel clones from no inode with checksums to one
 * without, or back: each kind has its own.
 */
static struct clone_source *source_of(const struct sender *s, const struct inode *inode, u32 blob)
{
	const bool is_unsummed = diff_flags(s->diff, inode) & BTRFS_INODE_NODATASUM;
	return &s->sources[2 * (size_t)blob + is_unsummed];
}

/*
 * The longest range from file extent @i of @inode on that an earlier file holds, beginning where
 * the first blob was sent; clone.nr is 0 if there is none.
 */
static struct clone find_clone(const struct sender *s, const struct inode *inode, u32 i)
{
	const struct file_extent *e = content_file_extents(s->content, inode);
	struct clone clone = { .nr = 0 };
	u64 nr_inodes;
	const struct inode *const *inodes = tree_inodes(s->tree, &nr_inodes);
	const struct clone_source source =
		s->sources ? *source_of(s, inode, e[i].blob) : (struct clone_source){ .inode = 0 };
	if (!source.inode)
		return clone;
	clone.inode = inodes[source.inode - 1];
	const struct file_extent *from = content_file_extents(s->content, clone.inode);
	const u32 end = clone.inode == inode ? i : clone.inode->nr;
	clone.file_off = from[source.extent].file_off;
	for (u32 k = source.extent; k < end && i < inode->nr; k++, i++) {
		const u32 bytes = send_extent_bytes(s->content, inode, &e[i]);
		if (from[k].blob != e[i].blob || from[k].file_off != clone.file_off + clone.bytes ||
		    e[i].file_off - e[i - clone.nr].file_off != clone.bytes ||
		    !may_be_cloned(s->content, clone.inode, &from[k], bytes))
			break;
		clone.bytes += bytes;
		clone.nr++;
	}
	return clone;
}

static int send_clone(struct sender *s, u64 file_off, const struct clone *clone)
{
	send_path_find(&s->source_path, clone->inode->names);
	sender_begin(s, BTRFS_SEND_C_CLONE);
	command_u64(s->stream, BTRFS_SEND_A_FILE_OFFSET, file_off);
	command_u64(s->stream, BTRFS_SEND_A_CLONE_LEN, clone->bytes);
	command_bytes(s->stream, BTRFS_SEND_A_CLONE_UUID, s->subvol->uuid, BTRFS_UUID_SIZE);
	command_u64(s->stream, BTRFS_SEND_A_CLONE_CTRANSID, SEND_CTRANSID);
	command_bytes(s->stream, BTRFS_SEND_A_CLONE_PATH, s->source_path.bytes, s->source_path.len);
	command_u64(s->stream, BTRFS_SEND_A_CLONE_OFFSET, clone->file_off);
	return command_end(s->stream);
}

void send_note_source(struct sender *s, const struct inode *inode, u32 i)
{
	const struct file_extent *e = content_file_extents(s->content, inode) + i;
	if (!s->sources || content_blob(s->content, e)->place == BLOB_INLINE)
		return;
	struct clone_source *source = source_of(s, inode, e->blob);
	if (!source->inode)
		*source = (struct clone_source){ (u32)tree_inode_index(s->tree, inode) + 1, i };
}

/* ---- files ----------------------------------------------------------------------------- */

int send_truncate(const struct sender *s, u64 size)
{
	sender_begin(s, BTRFS_SEND_C_TRUNCATE);
	command_u64(s->stream, BTRFS_SEND_A_SIZE, size);
	return command_end(s->stream);
}

int send_extents(struct sender *s, const struct inode *inode, u32 *i, u64 *end)
{
	const struct file_extent *e = content_file_extents(s->content, inode) + *i;
	const u32 bytes = send_extent_bytes(s->content, inode, e);
	const struct clone clone = find_clone(s, inode, *i);
	int err;
	if (clone.bytes >= CLONE_MIN_BYTES) {
		*end = e->file_off + clone.bytes;
		*i += clone.nr;
		return send_clone(s, e->file_off, &clone);
	}
	err = send_piece(s, e, bytes);
	send_note_source(s, inode, *i);
	*end = e->file_off + bytes;
	++*i;
	return err;
}

int send_data(struct sender *s, const struct inode *inode)
{
	int err = 0;
	u64 end = 0;
	for (u32 i = 0; i < inode->nr && !err;)
		err = send_extents(s, inode, &i, &end);
	return err || end == inode->size ? err : send_truncate(s, inode->size);
}
