/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command_stream.h"

#include "base/diag.h"
#include "base/io.h"
#include "base/mem.h"
#include "disk/checksum.h"

#define BUFFER_BYTES (1u << 20)
/* The largest command: data of 128 KiB with a path and numbers, or a path and an xattr. */
#define COMMAND_BYTES (160u << 10)

struct command_stream {
	struct send_output output;
	bool counts_only;
	u32 version;
	u8 *buffer;
	size_t buffered; /* of whole commands, and the one that is made */
	size_t command;  /* where in the buffer it begins */
	u64 flushed;     /* bytes that left the buffer */
	int err;         /* the first one */
};

struct command_stream *command_stream_new(u32 version, const struct send_output *output)
{
	struct command_stream *s = xzalloc(sizeof(*s));
	s->version = version;
	s->counts_only = !output;
	if (output)
		s->output = *output;
	s->buffer = xaligned(BUFFER_BYTES);
	return s;
}

void command_stream_free(struct command_stream *s)
{
	if (!s)
		return;
	xfree(s->buffer);
	xfree(s);
}

u64 command_stream_bytes(const struct command_stream *s)
{
	return s->flushed + s->buffered;
}

bool command_stream_counts_only(const struct command_stream *s)
{
	return s->counts_only;
}

static void write_buffer(struct command_stream *s)
{
	const struct send_output *o = &s->output;
	const int err = io_write_full(o->fd, s->buffer, s->buffered);
	if (err) {
		errno = -err;
		s->err = fail_errno("cannot write %s at byte %llu", o->name,
				    (unsigned long long)s->flushed);
		return;
	}
	if (o->digest)
		sha256_add(o->digest, s->buffer, s->buffered);
	if (o->written)
		*o->written += s->buffered;
}

static void flush_commands(struct command_stream *s)
{
	if (!s->counts_only && !s->err)
		write_buffer(s);
	s->flushed += s->buffered;
	s->buffered = 0;
}

int command_stream_finish(struct command_stream *s)
{
	flush_commands(s);
	return s->err;
}

static void put(struct command_stream *s, const void *data, size_t len)
{
	if (len)
		memcpy(s->buffer + s->buffered, data, len);
	s->buffered += len;
}

static void make_room(struct command_stream *s)
{
	if (BUFFER_BYTES - s->buffered < COMMAND_BYTES)
		flush_commands(s);
}

int command_stream_header(struct command_stream *s)
{
	const struct btrfs_stream_header header = { BTRFS_SEND_STREAM_MAGIC, to_le32(s->version) };
	make_room(s);
	put(s, &header, sizeof(header));
	return s->err;
}

/* ---- commands ---------------------------------------------------------------------- */

void command_begin(struct command_stream *s, enum btrfs_send_cmd command)
{
	const struct btrfs_cmd_header header = { .cmd = to_le16((u16)command) };
	make_room(s);
	s->command = s->buffered;
	put(s, &header, sizeof(header));
}

static void put_attribute(struct command_stream *s, enum btrfs_send_attr attr, size_t len)
{
	const struct btrfs_tlv_header header = { to_le16((u16)attr), to_le16(u16_from_u64(len)) };
	put(s, &header, sizeof(header));
}

void command_bytes(struct command_stream *s, enum btrfs_send_attr attr, const void *data,
		   size_t len)
{
	put_attribute(s, attr, len);
	put(s, data, len);
}

void command_u32(struct command_stream *s, enum btrfs_send_attr attr, u32 value)
{
	const le32 stored = to_le32(value);
	command_bytes(s, attr, &stored, sizeof(stored));
}

void command_u64(struct command_stream *s, enum btrfs_send_attr attr, u64 value)
{
	const le64 stored = to_le64(value);
	command_bytes(s, attr, &stored, sizeof(stored));
}

void command_time(struct command_stream *s, enum btrfs_send_attr attr, struct timestamp time)
{
	const struct btrfs_timespec stored = { to_le64((u64)time.sec), to_le32(time.nsec) };
	command_bytes(s, attr, &stored, sizeof(stored));
}

u8 *command_data(struct command_stream *s, u32 len)
{
	const le16 type = to_le16(BTRFS_SEND_A_DATA);
	if (s->version >= 2)
		put(s, &type, sizeof(type));
	else
		put_attribute(s, BTRFS_SEND_A_DATA, len);
	u8 *data = s->counts_only ? NULL : s->buffer + s->buffered;
	s->buffered += len;
	return data;
}

void command_fail(struct command_stream *s, int err)
{
	if (!s->err)
		s->err = err;
}

int command_end(struct command_stream *s)
{
	u8 *command = s->buffer + s->command;
	const size_t bytes = s->buffered - s->command;
	assert(bytes <= (s->version == 1 ? BTRFS_SEND_BUF_SIZE_V1 : COMMAND_BYTES));
	if (s->counts_only)
		return s->err;
	struct btrfs_cmd_header header;
	memcpy(&header, command, sizeof(header));
	header.len = to_le32((u32)(bytes - sizeof(header)));
	memcpy(command, &header, sizeof(header));
	header.crc = to_le32(crc32c_raw(0, command, bytes));
	memcpy(command, &header, sizeof(header));
	return s->err;
}
