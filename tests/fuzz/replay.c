/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replay FILE|DIRECTORY... - main() of a harness without libFuzzer: run the files, in TAP. */
#include "fuzz.h"

#include "../unit/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* An input that crashes ends the process: the name is there before it runs. */
static void replay_file(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		ok(0, "%s: cannot be opened", path);
		return;
	}
	u8 *data = malloc((size_t)st.st_size + 1);
	bool is_read = data && read(fd, data, (size_t)st.st_size) == st.st_size;
	close(fd);
	printf("#replaying %s\n", path);
	fflush(stdout);
	if (is_read)
		LLVMFuzzerTestOneInput(data, (size_t)st.st_size);
	ok(is_read, "%s", strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
	free(data);
}

static int is_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void replay(const char *path)
{
	struct dirent **names;
	char file[4096];
	int nr = scandir(path, &names, is_file, alphasort);
	if (nr < 0) {
		replay_file(path);
		return;
	}
	for (int i = 0; i < nr; i++) {
		snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);
		replay_file(file);
		free(names[i]);
	}
	free(names);
}

int main(int argc, char **argv)
{
	LLVMFuzzerTestOneInput((const u8 *)"", 0);
	ok(1, "no input at all");
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	return done();
}
