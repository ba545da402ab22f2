/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as an mtree plan, over a small tree that has one member of each kind. */
#include "fuzz.h"

#include "base/io.h"

#include <sys/mman.h>
#include <unistd.h>

static const struct {
	const char *path;
	u32 mode, nlink;
	const char *data; /* of links: where to */
} members[] = {
	{ "a", 040755, 1, "" },
	{ "a/f", 0100644, 1, "text\n" },
	{ "a/link", 0120777, 1, "f" },
	{ "a/b", 040700, 1, "" },
	{ "a/b/g", 0104755, 1, "another text" },
	{ "c", 020600, 1, "" },
	{ "b", 060600, 1, "" },
	{ "p", 010600, 1, "" },
	{ "s", 0140600, 1, "" },
	{ "dir", 0120777, 1, "a/b" },
	{ "one", 0100600, 2, "" },
	{ "two", 0100600, 2, "linked" },
	{ "TRAILER!!!", 0, 1, "" },
};

/* A newc archive of them; both names of the last file have one inode number. */
static size_t make_tree(char *out)
{
	char *p = out;
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		const size_t len = strlen(members[i].path), bytes = strlen(members[i].data);
		p += sprintf(p, "070701%08zx%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x",
			     members[i].nlink == 2 ? 99 : i + 1, members[i].mode, 1u, 2u,
			     members[i].nlink, 1000000000u, bytes, 8u, 1u, 5u, 1u, len + 1, 0u);
		memcpy(p, members[i].path, len + 1);
		for (p += len + 1; (p - out) % 4; p++)
			*p = 0;
		memcpy(p, members[i].data, bytes);
		for (p += bytes; (p - out) % 4; p++)
			*p = 0;
	}
	return (size_t)(p - out);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	char tree[4096], path[64];
	struct fuzz_run run = { .nr = 1 };
	fuzz_take_header(&run, &data, &size);
	run.inputs[0] = (struct fuzz_input){ (u8 *)tree, make_tree(tree) };
	int fd = memfd_create("plan", MFD_CLOEXEC);
	must(fd >= 0 && !io_write_full(fd, data, size));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	run.plan = path;
	fuzz_convert(&run);
	close(fd);
	return 0;
}
