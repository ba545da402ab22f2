/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "process.h"

#include "base/diag.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

/*
 * Files that are opened later must not get descriptors 0 to 2. A closed one is replaced by
 * /dev/null, open in the wrong direction, so that using it still fails.
 */
static bool occupy_standard_descriptors(void)
{
	static const int flags[] = { O_WRONLY, O_RDONLY, O_RDONLY };
	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", flags[fd]) != fd)
			return false;
	}
	return true;
}

bool process_begin(const char *program, const char *const *hints)
{
	if (!occupy_standard_descriptors())
		return false;
	/* A failed write is reported instead. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	diag_set_program(program);
	diag_set_hints(hints);
	return true;
}
