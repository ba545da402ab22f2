/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole program but for its command line, in memory. */
#include "fuzz.h"

#include "base/diag.h"
#include "base/io.h"
#include "disk/checksum.h"
#include "disk/codec.h"
#include "image/image.h"
#include "input/reader.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

struct outcome {
	int err;
	unsigned messages; /* of errors */
	u8 fsid[BTRFS_FSID_SIZE];
	u64 bytes;
	u8 digest[32]; /* of the image; with one thread only if wanted */
};

static unsigned messages;

static void count_message(enum diag_level level, const char *line, size_t len)
{
	must(len > strlen("tar2btrfs: ") && !memcmp(line, "tar2btrfs: ", 11));
	must(memchr(line, '\n', len) == line + len - 1);
	if (level == DIAG_ERROR)
		messages++;
}

struct settings {
	struct reader_options reader;
	struct tree_options tree;
	struct file_data_options data;
	struct image_options image;
	bool digest;
};

static struct settings settings_of(size_t size, unsigned threads)
{
	static const u32 nodesizes[] = { 16384, 4096, 65536, 16384 };
	u32 nodesize = nodesizes[size % 4];
	struct settings s = { 0 };

	s.reader.nodesize = s.tree.nodesize = s.data.nodesize = s.image.nodesize = nodesize;
	s.reader.skip_unsupported = size & 4;
	s.reader.keep_times = size & 8;
	s.tree.implied.mode = 0755;
	s.tree.hard_dereference = (size & 0x70) == 0x70;
	if ((size & 3) == 3)
		s.tree.rules.codec = codec_default();
	s.data.max_inline = 2048;
	s.data.threads = threads;
	s.data.detect_holes = size & 0x10;
	s.image.dup = size & 0x20;
	s.image.free_space_tree = s.image.block_group_tree = !(size & 0x40);
	s.image.seed = true;
	return s;
}

static int read_all(int fd, const struct settings *s, struct tree *tree, struct content *content)
{
	struct reader_counts counts = { 0 };
	struct file_data *data = file_data_new(&s->data, content);
	const struct reader_input input = { .fd = fd, .name = "fuzz", .bytes = UINT64_MAX };
	int err = reader_run(&input, &s->reader, tree, data, &counts);
	if (!err)
		err = file_data_flush(data);
	if (!err)
		err = tree_bind_links(tree, content);
	if (!err)
		err = tree_finish(tree, content);
	if (!err)
		err = tree_apply_rules(tree, content, data);
	if (!err)
		err = file_data_flush(data);
	file_data_free(data);
	return err;
}

/* From the first byte to the last; what is written is as long as was planned. */
static int write_forward(struct image *image, struct outcome *out, bool digest)
{
	_Atomic u64 written = 0;
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct image_output output = { .fd = fd, .written = &written };
	must(fd >= 0);
	if (digest)
		output.digest = sha256_new();
	int err = image_write(image, &output);
	if (digest)
		sha256_finish(output.digest, out->digest);
	close(fd);
	must(err || written == image_bytes(image));
	return err;
}

/* Into a file, which is not written in order. */
static int write_file(struct image *image, struct outcome *out, unsigned threads)
{
	int fd = memfd_create("image", MFD_CLOEXEC);
	struct image_output output = {
		.fd = fd, .sparse = true, .seekable = true, .threads = threads
	};
	must(fd >= 0);
	int err = image_write(image, &output);
	struct sha256 *sha = sha256_new();
	u8 buf[65536];
	u64 at = 0;
	for (ssize_t n; (n = pread(fd, buf, sizeof(buf), (off_t)at)) > 0; at += (u64)n)
		sha256_add(sha, buf, (size_t)n);
	sha256_finish(sha, out->digest);
	close(fd);
	must(err || at == image_bytes(image));
	return err;
}

static struct outcome convert(int fd, const struct settings *s)
{
	struct outcome out = { 0 };
	struct content *content;
	struct image *image = NULL;

	messages = 0;
	diag_set_sink(count_message);
	must(!lseek(fd, 0, SEEK_SET) && !content_new("/dev/shm", &content));
	struct tree *tree = tree_new(&s->tree);
	out.err = read_all(fd, s, tree, content);
	if (!out.err)
		out.err = image_plan(&s->image, tree, content, &image);
	if (!out.err) {
		must(!(s->data.threads == 1 ? write_forward(image, &out, s->digest)
					    : write_file(image, &out, s->data.threads)));
		memcpy(out.fsid, image_fsid(image), sizeof(out.fsid));
		out.bytes = image_bytes(image);
	}
	image_free(image);
	tree_free(tree);
	content_free(content);
	out.messages = messages;
	return out;
}

void fuzz_convert(const u8 *archive, size_t size)
{
	struct settings s = settings_of(size, 1);
	const bool twice = size % 16 == 0;
	int fd = memfd_create("archive", MFD_CLOEXEC);

	must(checksum_init() == 0 && fd >= 0 && !io_write_full(fd, archive, size));
	s.digest = twice;
	struct outcome out = convert(fd, &s);
	/* A failure is said once, in one line. */
	must(out.err <= 0 && out.messages == (out.err ? 1 : 0));
	if (twice && !out.err) {
		s = settings_of(size, 3);
		struct outcome again = convert(fd, &s);
		must(!again.err && again.bytes == out.bytes &&
		     !memcmp(again.fsid, out.fsid, sizeof(out.fsid)) &&
		     !memcmp(again.digest, out.digest, sizeof(out.digest)));
	}
	close(fd);
}
