/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole reads and writes over pipes that deliver little by little, block, and are interrupted. */
#include "test.h"

#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define STREAM_BYTES 300000u

static u8 stream[STREAM_BYTES];

static void on_signal(int number)
{
	(void)number;
}

struct peer {
	int fd;
	pthread_t interrupted;
	size_t bytes;
	int is_same;
};

static void pause_and_interrupt(const struct peer *peer)
{
	struct timespec pause = { .tv_nsec = 300000 };

	nanosleep(&pause, NULL);
	pthread_kill(peer->interrupted, SIGUSR1);
}

/* Write the stream in odd pieces, slowly; signals meet the reader while it waits. */
static void *feed(void *arg)
{
	struct peer *peer = arg;

	for (size_t pos = 0; pos < STREAM_BYTES; pos += 7001) {
		pause_and_interrupt(peer);
		size_t n = min_u64(7001, STREAM_BYTES - pos);
		if (write(peer->fd, stream + pos, n) != (ssize_t)n)
			break;
	}
	close(peer->fd);
	return NULL;
}

static void *drain(void *arg)
{
	struct peer *peer = arg;
	static u8 piece[9001];
	ssize_t n;

	peer->is_same = 1;
	do {
		pause_and_interrupt(peer);
		n = read(peer->fd, piece, sizeof(piece));
		if (n > 0) {
			peer->is_same &= memcmp(piece, stream + peer->bytes, (size_t)n) == 0;
			peer->bytes += (size_t)n;
		}
	} while (n > 0);
	close(peer->fd);
	return NULL;
}

static void check_pipe(int flags, const char *what)
{
	static u8 got[STREAM_BYTES + 100];
	struct peer peer = { .interrupted = pthread_self() };
	pthread_t thread;
	int fds[2];

	if (pipe(fds))
		return;
	fcntl(fds[0], F_SETFL, flags);
	peer.fd = fds[1];
	pthread_create(&thread, NULL, feed, &peer);
	memset(got, 0, sizeof(got));
	ssize_t n = io_read_full(fds[0], got, 100000);
	ok(n == 100000, "%s: read as much as asked", what);
	n = io_read_full(fds[0], got + 100000, sizeof(got) - 100000);
	ok(n == STREAM_BYTES - 100000 && !memcmp(got, stream, STREAM_BYTES),
	   "%s: read to the end of file", what);
	ok(io_read_full(fds[0], got, 1) == 0 && io_read_some(fds[0], got, 1) == 0,
	   "%s: end of file again", what);
	pthread_join(thread, NULL);
	close(fds[0]);

	if (pipe(fds))
		return;
	fcntl(fds[1], F_SETFL, flags);
	peer.fd = fds[0];
	pthread_create(&thread, NULL, drain, &peer);
	int err = io_write_full(fds[1], stream, STREAM_BYTES);
	close(fds[1]);
	pthread_join(thread, NULL);
	ok(err == 0 && peer.is_same && peer.bytes == STREAM_BYTES, "%s: write all", what);
}

static void check_errors(void)
{
	u8 byte = 0;
	int fds[2];

	ok(io_read_some(-1, &byte, 1) == -EBADF, "read_some: bad descriptor");
	ok(io_read_full(-1, &byte, 1) == -EBADF, "read_full: bad descriptor");
	ok(io_read_full(-1, &byte, 0) == 0, "read_full: no bytes, no call");
	ok(io_pread_full(-1, &byte, 1, 0) == -EBADF, "pread_full: bad descriptor");
	ok(io_write_full(-1, &byte, 1) == -EBADF, "write_full: bad descriptor");
	ok(io_write_full(-1, &byte, 0) == 0, "write_full: no bytes, no call");
	ok(io_pwrite_full(-1, &byte, 1, 0) == -EBADF, "pwrite_full: bad descriptor");
	if (pipe(fds))
		return;
	close(fds[0]);
	ok(io_write_full(fds[1], &byte, 1) == -EPIPE, "write_full: closed pipe");
	ok(io_pwrite_full(fds[1], &byte, 1, 0) == -ESPIPE, "pwrite_full: pipe cannot seek");
	close(fds[1]);
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	if (full >= 0) {
		ok(io_write_full(full, &byte, 1) == -ENOSPC, "write_full: full device");
		close(full);
	}
}

static void check_tmpfile(void)
{
	static u8 got[5000];
	struct stat st;
	const char *dir = getenv("TMPDIR");

	int fd = io_tmpfile(dir ? dir : "/tmp");
	ok(fd >= 0, "tmpfile: opened");
	ok(!fstat(fd, &st) && st.st_nlink == 0 && S_ISREG(st.st_mode) &&
		   (st.st_mode & 0777) == 0600,
	   "tmpfile: no name, mode 0600");
	ok(fcntl(fd, F_GETFD) & FD_CLOEXEC, "tmpfile: close-on-exec");
	ok(!io_pwrite_full(fd, stream, 5000, 123456789012), "tmpfile: write beyond 4 GiB");
	ok(!io_pread_full(fd, got, 5000, 123456789012) && !memcmp(got, stream, 5000),
	   "tmpfile: read back");
	ok(!io_pread_full(fd, got, 2, 123456789010) && !got[0] && !got[1], "tmpfile: hole before");
	ok(io_pread_full(fd, got, 5000, 123456789013) == -ENODATA, "pread_full: file ends inside");
	ok(io_pread_full(fd, got, 0, 1ull << 50) == 0, "pread_full: no bytes");
	ok(io_pread_full(fd, got, 1, 1ull << 63) == -EINVAL, "pread_full: position out of range");
	ok(io_write_full(fd, "abc", 3) == 0 && !io_pread_full(fd, got, 3, 0) &&
		   !memcmp(got, "abc", 3),
	   "tmpfile: both kinds of write");
	close(fd);
	ok(io_tmpfile("/nonexistent/dir") == -ENOENT, "tmpfile: no such directory");
	ok(io_tmpfile("/dev/null") == -ENOTDIR, "tmpfile: not a directory");
	/* No O_TMPFILE and no creation there: the second way's error is reported. */
	ok(io_tmpfile("/proc") < 0, "tmpfile: a file system without files");
}

static void check_file_rest(void)
{
	u64 at = 7, rest = 7;
	int ends[2];
	int fd = io_tmpfile("/tmp");

	ok(io_file_rest(fd, &at, &rest) && at == 0 && rest == 0, "the rest of an empty file");
	ok(!io_write_full(fd, stream, 1000) && lseek(fd, 300, SEEK_SET) == 300 &&
		   io_file_rest(fd, &at, &rest) && at == 300 && rest == 700,
	   "the rest of a file from where it stands");
	ok(lseek(fd, 1001, SEEK_SET) == 1001 && !io_file_rest(fd, &at, &rest) && at == 300,
	   "no rest behind the end");
	close(fd);
	ok(pipe(ends) == 0 && !io_file_rest(ends[0], &at, &rest), "no rest of a pipe");
	close(ends[0]);
	close(ends[1]);
	fd = open("/dev/zero", O_RDONLY);
	ok(fd >= 0 && !io_file_rest(fd, &at, &rest), "no rest of a device");
	close(fd);
}

int main(void)
{
	/* Without SA_RESTART, so that calls do return EINTR. */
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGUSR1, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	for (u32 i = 0; i < STREAM_BYTES; i++)
		stream[i] = (u8)(i * 2654435761u >> 23);
	check_pipe(0, "blocking pipe");
	check_pipe(O_NONBLOCK, "non-blocking pipe");
	check_errors();
	check_tmpfile();
	check_file_rest();
	return done();
}
