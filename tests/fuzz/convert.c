/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole program but for its command line, in memory. */
#include "fuzz.h"

#include "base/diag.h"
#include "base/io.h"
#include "base/mem.h"
#include "convert/convert.h"
#include "disk/checksum.h"
#include "disk/codec.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define PIPE_BYTES (1 << 20)

struct outcome {
	int err;
	unsigned messages; /* of errors */
	u8 fsid[BTRFS_FSID_SIZE];
	u64 bytes;
	u8 digest[32]; /* of the image */
};

unsigned fuzz_messages;

void fuzz_count_message(enum diag_level level, const char *line, size_t len)
{
	must(len > strlen("tar2btrfs: ") && !memcmp(line, "tar2btrfs: ", 11));
	must(memchr(line, '\n', len) == line + len - 1);
	if (level == DIAG_ERROR)
		fuzz_messages++;
	if (getenv("FUZZ_VERBOSE"))
		fwrite(line, 1, len, stderr);
}

/* ---- options ------------------------------------------------------------------- */

/* All of a run that does not depend on threads. */
struct settings {
	struct convert_options options;
	struct subvol_request subvols[2];
};

static struct codec_choice codec_of(u32 nr)
{
	static const char *const texts[] = { "zstd:3", "none",  "zlib:9", "lzo:1",
					     "zstd:1", "lzo:9", "zstd:7", "zlib:1" };
	struct codec_choice choice;
	must(!codec_parse(texts[nr], &choice));
	return choice;
}

static void set_file_data(struct file_data_options *data, const u8 *header)
{
	static const u32 max_inlines[] = { 2048, 0, 4096, 1000 };
	static const u32 pack_bytes[] = { 0, 131072, 4096, 32768 };
	data->dedupe = !(header[1] & 8);
	data->max_inline = max_inlines[header[1] >> 4 & 3];
	data->hash_files = header[1] & 0x40;
	data->detect_holes = header[1] & 0x80;
	data->pack_bytes = pack_bytes[header[2] & 3];
}

static void set_image(struct image_options *image, const u8 *header)
{
	static const u64 free_bytes[] = { 0, 4096, 70 << 20, 1 << 20 };
	image->dup = header[0] & 0x10;
	image->free_space_tree = !(header[0] & 0x20);
	image->block_group_tree = !(header[0] & 0x60);
	image->seed = !(header[0] & 0x80);
	image->free_bytes = free_bytes[header[2] >> 4 & 3];
}

static void set_verity(struct convert_options *o, const u8 *header)
{
	struct fsverity_params *params = &o->data.verity;
	if (header[4] & 0x40)
		o->tree.rules.verity = FSVERITY_SHA256;
	if (!(header[4] & 0x80))
		return;
	o->tree.rules.verity = FSVERITY_SHA512;
	params->salt_bytes = 3;
	memcpy(params->salt, "fuz", 3);
}

/* What the command line refuses together is not set together. */
static void set_tree(struct settings *s, const struct fuzz_run *run)
{
	struct tree_options *tree = &s->options.tree;
	tree->implied.mode = 0755;
	tree->rules.codec = codec_of(run->header[1] & 7);
	tree->whiteouts = run->is_oci || run->header[3] & 3;
	s->options.keep_layers = (run->header[3] & 3) == 2 && !run->plan;
	tree->hard_dereference = run->header[3] & 4 && !s->options.keep_layers;
	if (!(run->header[3] & 8) || s->options.keep_layers)
		return;
	s->subvols[0] = (struct subvol_request){ .path = "a", .is_read_only = true };
	s->subvols[1] = (struct subvol_request){ .path = "lib/x", .is_default = true };
	tree->subvols.subvols = s->subvols;
	tree->subvols.nr_subvols = 1 + (run->header[3] >> 4 & 1);
}

static void set_options(struct settings *s, const struct fuzz_run *run)
{
	static const u32 nodesizes[] = { 16384, 4096, 65536, 32768 };
	struct convert_options *o = &s->options;
	const u32 nodesize = nodesizes[run->header[0] & 3];
	*s = (struct settings){ .options = { .spool_dir = "/dev/shm" } };
	o->reader.nodesize = o->tree.nodesize = o->data.nodesize = o->image.nodesize = nodesize;
	o->data.csum = o->image.csum = (enum btrfs_csum_type)(run->header[2] >> 2 & 3);
	o->reader.skip_unsupported = run->header[0] & 4;
	o->reader.keep_times = run->header[0] & 8;
	o->reader.allow_missing_end = run->header[4] & 8;
	o->reader.ignore_zeros = run->header[4] & 0x10;
	set_file_data(&o->data, run->header);
	set_image(&o->image, run->header);
	set_tree(s, run);
	set_verity(o, run->header);
	o->plan = run->plan;
	o->is_oci = run->is_oci;
	o->oci.spool_dir = o->spool_dir;
	o->oci.image = run->header[4] & 1 ? "app" : NULL;
	o->oci.platform = run->header[4] & 2 ? "linux/amd64" : NULL;
	if (run->is_oci && run->header[4] & 4)
		o->oci_config = "lib/config";
}

/* ---- runs ---------------------------------------------------------------------- */

/* From the first byte to the last; what is written is as long as was planned. */
static void write_forward(struct convert *c, struct outcome *out)
{
	_Atomic u64 written = 0;
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct image_output output = { .fd = fd, .written = &written };
	must(fd >= 0);
	output.digest = sha256_new();
	must(!convert_write(c, &output));
	sha256_finish(output.digest, out->digest);
	close(fd);
	must(written == image_bytes(c->image));
}

/* Into a file, which is not written in order; returns it. */
static int write_file(struct convert *c)
{
	int fd = memfd_create("image", MFD_CLOEXEC);
	struct image_output output = {
		.fd = fd, .sparse = true, .seekable = true, .threads = c->options->data.threads
	};
	must(fd >= 0);
	must(!convert_write(c, &output));
	return fd;
}

static void digest_file(struct convert *c, struct outcome *out)
{
	int fd = write_file(c);
	struct sha256 *sha = sha256_new();
	u8 buf[65536];
	u64 at = 0;
	for (ssize_t n; (n = pread(fd, buf, sizeof(buf), (off_t)at)) > 0; at += (u64)n)
		sha256_add(sha, buf, (size_t)n);
	sha256_finish(sha, out->digest);
	close(fd);
	must(at == image_bytes(c->image));
}

/* A descriptor that the bytes can be read from: a file, or a pipe if it holds them all. */
static int open_input(const struct fuzz_input *input, bool by_pipe)
{
	int ends[2];
	if (by_pipe && !pipe(ends)) {
		const int room = fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES);
		if (room >= (int)input->size)
			must(!io_write_full(ends[1], input->bytes, input->size));
		close(ends[1]);
		if (room >= (int)input->size)
			return ends[0];
		close(ends[0]);
	}
	int fd = memfd_create("archive", MFD_CLOEXEC);
	must(fd >= 0 && !io_write_full(fd, input->bytes, input->size) && !lseek(fd, 0, SEEK_SET));
	return fd;
}

static int run_steps(struct convert *c, const struct convert_input *inputs, size_t nr,
		     struct outcome *out)
{
	int err = convert_read(c, inputs, nr);
	if (!err)
		err = convert_plan(c);
	if (err)
		return err;
	if (c->options->data.threads == 1)
		write_forward(c, out);
	else
		digest_file(c, out);
	memcpy(out->fsid, image_fsid(c->image), sizeof(out->fsid));
	out->bytes = image_bytes(c->image);
	return 0;
}

static struct outcome run_once(const struct fuzz_run *run, unsigned threads, bool by_pipe)
{
	struct convert_input inputs[FUZZ_MAX_INPUTS];
	struct outcome out = { 0 };
	struct settings s;
	struct convert c = { 0 };
	fuzz_messages = 0;
	diag_set_sink(fuzz_count_message);
	set_options(&s, run);
	s.options.data.threads = threads;
	for (size_t i = 0; i < run->nr; i++)
		inputs[i] = (struct convert_input){ open_input(&run->inputs[i], by_pipe), "fuzz" };
	out.err = convert_open(&c, &s.options);
	if (!out.err)
		out.err = run_steps(&c, inputs, run->nr, &out);
	convert_free(&c);
	for (size_t i = 0; i < run->nr; i++)
		close(inputs[i].fd);
	out.messages = fuzz_messages;
	return out;
}

void fuzz_convert(const struct fuzz_run *run)
{
	must(checksum_init() == 0);
	struct outcome out = run_once(run, 1, false);
	/* A failure is said once, in one line. */
	must(out.err <= 0 && out.messages == (out.err ? 1 : 0));
	if (run->header[2] & 0x40)
		return;
	struct outcome again = run_once(run, 3, run->header[2] & 0x80);
	must(!again.err == !out.err && again.messages == out.messages && again.bytes == out.bytes &&
	     !memcmp(again.fsid, out.fsid, sizeof(out.fsid)) &&
	     !memcmp(again.digest, out.digest, sizeof(out.digest)));
}

int fuzz_make_image(const struct fuzz_run *run)
{
	struct convert_input input = { open_input(&run->inputs[0], false), "fuzz" };
	struct settings s;
	struct convert c = { 0 };
	must(checksum_init() == 0);
	set_options(&s, run);
	s.options.data.threads = 1;
	must(!convert_open(&c, &s.options) && !convert_read(&c, &input, 1) && !convert_plan(&c));
	int fd = write_file(&c);
	convert_free(&c);
	close(input.fd);
	return fd;
}

/* ---- send streams -------------------------------------------------------------- */

/* A conversion and its inputs, which stay open. */
struct side {
	struct convert c;
	struct convert_input inputs[FUZZ_MAX_INPUTS];
	size_t nr;
};

static int read_side(struct side *side, const struct convert_options *options,
		     const struct fuzz_run *run)
{
	for (; side->nr < run->nr; side->nr++)
		side->inputs[side->nr] =
			(struct convert_input){ open_input(&run->inputs[side->nr], false), "fuzz" };
	must(!convert_open(&side->c, options));
	return convert_read(&side->c, side->inputs, side->nr);
}

static void free_side(struct side *side)
{
	convert_free(&side->c);
	for (size_t i = 0; i < side->nr; i++)
		close(side->inputs[i].fd);
}

static struct fuzz_stream write_stream(struct convert *c)
{
	struct fuzz_stream stream = { xmalloc(convert_bytes(c)), convert_bytes(c) };
	const int fd = write_file(c);
	must(lseek(fd, 0, SEEK_END) == (off_t)stream.len);
	must(!io_pread_full(fd, stream.bytes, stream.len, 0));
	close(fd);
	return stream;
}

struct fuzz_stream fuzz_make_stream(const struct fuzz_run *run, const struct fuzz_run *parent,
				    u32 version)
{
	struct fuzz_stream stream = { NULL, 0 };
	struct side new = { .nr = 0 }, old = { .nr = 0 };
	struct settings s;
	int err = 0;
	must(checksum_init() == 0);
	diag_set_sink(fuzz_count_message);
	fuzz_messages = 0;
	set_options(&s, run);
	s.options.data.threads = 1;
	s.options.data.pack_bytes = 0;
	s.options.tree.rules.verity = FSVERITY_NONE;
	s.options.send = (struct send_options){ .version = version,
						.subvol_name = SEND_DEFAULT_NAME,
						.skip_unsupported = run->header[0] & 4 };
	if (parent)
		err = read_side(&old, &s.options, parent);
	if (!err)
		err = read_side(&new, &s.options, run);
	if (parent)
		new.c.parent = &old.c;
	if (!err)
		err = convert_plan(&new.c);
	must(err <= 0 && fuzz_messages == (err ? 1 : 0));
	if (!err)
		stream = write_stream(&new.c);
	free_side(&new);
	free_side(&old);
	return stream;
}

void fuzz_take_header(struct fuzz_run *run, const u8 **data, size_t *size)
{
	const size_t n = min_u64(*size, FUZZ_HEADER_BYTES);
	memcpy(run->header, *data, n);
	*data += n;
	*size -= n;
}
