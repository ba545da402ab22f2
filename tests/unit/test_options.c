/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command lines, and what comes of them; values of numbers, sizes and times. */
#include "../../src/cli/options.h"
#include "../../src/cli/value.h"
#include "base/diag.h"
#include "test.h"

#include <stdlib.h>

#define MAX_ARGS 8

/* Messages are counted: a refusal is one line. */
static int lines;

static void count_line(enum diag_level level, const char *line, size_t len)
{
	(void)level;
	lines += line[len - 1] == '\n';
}

/* Divide @text at spaces, behind a program name; "''" is an empty argument. */
static enum options_result parse(const char *text, struct options *options)
{
	static char buf[512];
	static char *argv[MAX_ARGS + 2]; /* options->archives points into it */
	static char program[] = "tar2btrfs";
	int argc = 0;

	snprintf(buf, sizeof(buf), "%s", text);
	argv[argc++] = program;
	for (char *word = strtok(buf, " "); word && argc <= MAX_ARGS; word = strtok(NULL, " ")) {
		if (!strcmp(word, "''"))
			*word = '\0';
		argv[argc++] = word;
	}
	argv[argc] = NULL;
	lines = 0;
	return options_parse(argc, argv, options);
}

static void test_refusals(void)
{
	static const char *const lines_refused[] = {
		"-n 2k",
		"-n 12k",
		"-n 128k",
		"-n ''",
		"-n 16kb",
		"--nodesize -16k",
		"--size 0",
		"--size 4097",
		"--size 1e",
		"--size 99999999999999999999",
		"--size 18446744073709551615t",
		"--size +4k",
		"--free 1",
		"--free 1.5x",
		"--size 1g --free 1m",
		"--threads 0",
		"--threads 1025",
		"--threads 2x",
		"--threads ''",
		"--max-inline 4097",
		"--max-inline 5k",
		"--compress zstd:0",
		"--compress zstd:20",
		"--compress zstd:",
		"--compress gzip",
		"--compress lzo:2",
		"--compress none:1",
		"--compress ''",
		"--csum md5",
		"--csum CRC32C",
		"-m raid1",
		"-m ''",
		"-U 1234",
		"-U Content",
		"--device-uuid content",
		"--chunk-uuid 00000000-0000-0000-0000-00000000000g",
		"--mtime 5",
		"--mtime @",
		"--mtime @1.",
		"--mtime @1.1234567890",
		"--mtime @--1",
		"--mtime @9223372036854775808",
		"--mtime @-9223372036854775808.1",
		"--mtime @1 --keep-times",
		"-O ''",
		"-O ,",
		"-O extref,",
		"-O ^",
		"-O ^extref",
		"-O mixed-bg",
		"-O zoned",
		"-O block-group-tree,^free-space-tree",
		"-o ''",
		"--spool-dir ''",
		"--progress=sometimes",
		"--progress=",
		"--input-size 0",
		"--input-size 1x",
		"--stats=xml",
		"--stats=json:",
		"--digest=",
		"--digest=-",
		"--content-digest=",
		"--manifest ''",
		"--manifest -",
		"-o a --digest=a",
		"-o a --manifest b --stats=json:b",
		"--output",
		"-L",
		"--no-seed=1",
		"--unknown",
		"--s",
		"-x",
		"- -",
	};

	for (size_t i = 0; i < sizeof(lines_refused) / sizeof(lines_refused[0]); i++) {
		struct options o;
		enum options_result result = parse(lines_refused[i], &o);

		ok(result == OPTIONS_USAGE && lines == 1, "refused with one line: %s",
		   lines_refused[i]);
	}
}

static bool is_stdin(const struct options *o)
{
	return o->nr_archives == 1 && !strcmp(o->archives[0], "-");
}

static void test_defaults(void)
{
	struct options o;

	unsetenv("TMPDIR");
	ok(parse("", &o) == OPTIONS_RUN && lines == 0, "no arguments");
	ok(is_stdin(&o) && !strcmp(o.output, "-") && !strcmp(o.convert.spool_dir, "/var/tmp"),
	   "default places");
	ok(o.convert.tree.rules.codec.codec &&
		   !strcmp(o.convert.tree.rules.codec.codec->name, "zstd") &&
		   o.convert.tree.rules.codec.level == 3,
	   "default codec");
	ok(o.convert.image.nodesize == 16384 && o.convert.data.nodesize == 16384 &&
		   o.convert.reader.nodesize == 16384,
	   "default node size, everywhere");
	ok(o.convert.image.seed && !o.convert.image.dup && !o.convert.image.size_bytes &&
		   !o.convert.image.free_bytes,
	   "default shape");
	ok(o.convert.image.free_space_tree && !o.convert.image.block_group_tree,
	   "default features");
	ok(o.convert.image.fsid_source == FSID_CONTENT && !o.convert.image.device_uuid_given &&
		   !o.convert.image.chunk_uuid_given,
	   "default ids");
	ok(o.convert.data.threads >= 1 && o.convert.data.max_inline == 4096,
	   "default threads and inline limit");
	ok(!o.convert.reader.fixed_time_set && !o.convert.reader.clamp_time_set &&
		   !o.convert.reader.keep_times && !o.convert.reader.skip_unsupported &&
		   o.convert.image.implied_time.sec == 0,
	   "default times");
	setenv("TMPDIR", "", 1);
	ok(parse("", &o) == OPTIONS_RUN && !strcmp(o.convert.spool_dir, "/var/tmp"),
	   "empty TMPDIR");
	setenv("TMPDIR", "/somewhere", 1);
	ok(parse("", &o) == OPTIONS_RUN && !strcmp(o.convert.spool_dir, "/somewhere"), "TMPDIR");
	ok(parse("--spool-dir /x", &o) == OPTIONS_RUN && !strcmp(o.convert.spool_dir, "/x"),
	   "a switch beats TMPDIR");
	unsetenv("TMPDIR");
}

static void test_values(void)
{
	struct options o;

	ok(parse("-o a -o b in", &o) == OPTIONS_RUN && !strcmp(o.output, "b") &&
		   !strcmp(o.archives[0], "in"),
	   "the last of a repeated option wins; operand");
	ok(parse("-o b -o - -", &o) == OPTIONS_RUN && !strcmp(o.output, "-") && is_stdin(&o),
	   "- is a standard stream");
	ok(parse("a - -v b", &o) == OPTIONS_RUN && o.nr_archives == 3 &&
		   !strcmp(o.archives[1], "-") && !strcmp(o.archives[2], "b"),
	   "several archives, options between them");
	ok(parse("-- --version", &o) == OPTIONS_RUN && !strcmp(o.archives[0], "--version"),
	   "-- ends the options");
	ok(parse("--compress lzo:9 --csum blake2", &o) == OPTIONS_RUN &&
		   !strcmp(o.convert.tree.rules.codec.codec->name, "lzo") &&
		   o.convert.tree.rules.codec.level == 9 &&
		   o.convert.data.csum == BTRFS_CSUM_TYPE_BLAKE2 &&
		   o.convert.image.csum == BTRFS_CSUM_TYPE_BLAKE2,
	   "codec and checksum");
	ok(parse("--compress none", &o) == OPTIONS_RUN && !o.convert.tree.rules.codec.codec,
	   "no codec");
	ok(parse("-n 64K -m dup", &o) == OPTIONS_RUN && o.convert.image.nodesize == 65536 &&
		   o.convert.image.dup,
	   "node size and profile");
	ok(parse("-m dup -m single", &o) == OPTIONS_RUN && !o.convert.image.dup,
	   "profile taken back");
	ok(parse("--size 300g", &o) == OPTIONS_RUN && o.convert.image.size_bytes == 300ull << 30,
	   "size");
	ok(parse("--no-seed", &o) == OPTIONS_RUN && !o.convert.image.seed && lines == 0 &&
		   o.convert.image.free_bytes == 64 << 20,
	   "--no-seed brings room");
	ok(parse("--no-seed --size 1T", &o) == OPTIONS_RUN && o.convert.image.free_bytes == 0,
	   "--no-seed with a size");
	ok(parse("--no-seed --free 47m", &o) == OPTIONS_RUN && lines == 0 &&
		   o.convert.image.free_bytes == 47 << 20,
	   "room of any size");
	ok(parse("--no-seed --free 0 -q", &o) == OPTIONS_RUN && lines == 0 &&
		   o.convert.image.free_bytes == 0,
	   "but not with -q");
	ok(parse("-q -v --no-seed --free 48m", &o) == OPTIONS_RUN && lines == 0, "room enough");
	ok(parse("-U 00112233-4455-6677-8899-aAbBcCdDeEfF", &o) == OPTIONS_RUN &&
		   o.convert.image.fsid_source == FSID_GIVEN && o.convert.image.fsid[0] == 0 &&
		   o.convert.image.fsid[10] == 0xaa && o.convert.image.fsid[15] == 0xff,
	   "a given id");
	ok(parse("-U random -U clear", &o) == OPTIONS_RUN &&
		   o.convert.image.fsid_source == FSID_CLEAR,
	   "a cleared id");
	ok(parse("-O block-group-tree,extref,no-holes,skinny-metadata", &o) == OPTIONS_RUN &&
		   o.convert.image.free_space_tree && o.convert.image.block_group_tree,
	   "features");
	ok(parse("-O block-group-tree -O ^free-space-tree", &o) == OPTIONS_RUN &&
		   !o.convert.image.free_space_tree && !o.convert.image.block_group_tree,
	   "the last list of features wins");
	ok(parse("--max-inline 2K --threads 1024", &o) == OPTIONS_RUN &&
		   o.convert.data.max_inline == 2048 && o.convert.data.threads == 1024,
	   "inline limit and threads");
	ok(parse("-o a --digest --stats --progress /dev/null", &o) == OPTIONS_RUN &&
		   o.report.digest && !o.report.digest_path && o.report.stats == STATS_TABLE &&
		   o.report.progress == PROGRESS_AUTO && !strcmp(o.archives[0], "/dev/null"),
	   "arguments that may be left out");
	ok(parse("--progress /no/such/file", &o) == OPTIONS_USAGE,
	   "a word that may have been meant as an argument");
	ok(parse("-o a --digest=- --content-digest=- --stats=json:s --progress=always", &o) ==
			   OPTIONS_RUN &&
		   !strcmp(o.report.digest_path, "-") && o.report.stats == STATS_JSON &&
		   !strcmp(o.report.stats_path, "s") && o.report.progress == PROGRESS_ALWAYS &&
		   o.convert.data.hash_files,
	   "arguments behind =");
	ok(parse("--manifest m --input-size 1g", &o) == OPTIONS_RUN && o.convert.data.hash_files &&
		   o.report.input_bytes == 1 << 30 && o.report.progress == PROGRESS_NEVER,
	   "a manifest needs hashes");
	ok(parse("--keep-times --skip-unsupported --allow-missing-end --ignore-zeros", &o) ==
			   OPTIONS_RUN &&
		   o.convert.reader.keep_times && o.convert.reader.skip_unsupported &&
		   o.convert.reader.allow_missing_end && o.convert.reader.ignore_zeros,
	   "switches of the reader");
}

static void test_label(void)
{
	static char program[] = "tar2btrfs", option[] = "-L";
	char label[300];
	char *argv[] = { program, option, label, NULL };
	struct options o;

	memset(label, 'x', sizeof(label));
	label[255] = '\0';
	ok(options_parse(3, argv, &o) == OPTIONS_RUN && !strcmp(o.convert.image.label, label),
	   "a label of 255 bytes");
	label[255] = 'x';
	label[256] = '\0';
	ok(options_parse(3, argv, &o) == OPTIONS_USAGE, "a label of 256 bytes");
	strcpy(label, "a\nb");
	ok(options_parse(3, argv, &o) == OPTIONS_USAGE, "a label with a newline");
	*label = '\0';
	ok(options_parse(3, argv, &o) == OPTIONS_RUN && !*o.convert.image.label, "an empty label");
}

static void test_environment(void)
{
	static const char *const refused[] = { "",   "x",   "1.5", " 1", "1 ",
					       "@1", "0x1", "+1",  "-",  "9223372036854775808" };
	struct options o;

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		setenv("SOURCE_DATE_EPOCH", refused[i], 1);
		ok(parse("", &o) == OPTIONS_FAILED && lines == 1, "SOURCE_DATE_EPOCH='%s'",
		   refused[i]);
		ok(parse("--mtime @7", &o) == OPTIONS_RUN && !o.convert.reader.clamp_time_set,
		   "--mtime beats it");
	}
	setenv("SOURCE_DATE_EPOCH", "1700000000", 1);
	ok(parse("", &o) == OPTIONS_RUN && o.convert.reader.clamp_time_set &&
		   !o.convert.reader.fixed_time_set &&
		   o.convert.reader.clamp_time.sec == 1700000000 &&
		   o.convert.reader.clamp_time.nsec == 0 &&
		   o.convert.image.implied_time.sec == 1700000000,
	   "SOURCE_DATE_EPOCH clamps and dates");
	ok(parse("--mtime @-1.25", &o) == OPTIONS_RUN && o.convert.reader.fixed_time_set &&
		   !o.convert.reader.clamp_time_set && o.convert.image.implied_time.sec == -2 &&
		   o.convert.image.implied_time.nsec == 750000000,
	   "--mtime before 1970");
	unsetenv("SOURCE_DATE_EPOCH");
}

static void test_times(void)
{
	static const struct {
		const char *text;
		s64 sec;
		u32 nsec;
	} cases[] = {
		{ "@0", 0, 0 },
		{ "@-0", 0, 0 },
		{ "@1", 1, 0 },
		{ "@1.5", 1, 500000000 },
		{ "@1.000000001", 1, 1 },
		{ "@-1", -1, 0 },
		{ "@-0.000000001", -1, 999999999 },
		{ "@-1.5", -2, 500000000 },
		{ "@9223372036854775807.999999999", INT64_MAX, 999999999 },
		{ "@-9223372036854775808", INT64_MIN, 0 },
		{ "@-9223372036854775807.5", INT64_MIN, 500000000 },
		/* of date(1): date -u -d TEXT +%s */
		{ "1970-01-01", 0, 0 },
		{ "2024-01-02", 1704153600, 0 },
		{ "2024-01-02T03:04:05Z", 1704164645, 0 },
		{ "2024-02-29T23:59:59.25Z", 1709251199, 250000000 },
		{ "1969-12-31T23:59:59.5Z", -1, 500000000 },
		{ "0001-01-01T00:00:00Z", -62135596800, 0 },
		{ "9999-12-31T23:59:59Z", 253402300799, 0 },
	};
	static const char *const wrong[] = {
		"2024",
		"2024-1-2",
		"2024-13-01",
		"2024-00-01",
		"2023-02-29",
		"2024-04-31",
		"2024-01-02T",
		"2024-01-02Z",
		"2024-01-02T03:04Z",
		"2024-01-02T03:04:05",
		"2024-01-02T24:00:00Z",
		"2024-01-02T03:04:60Z",
		"2024-01-02T03:04:05.Z",
		"2024-01-02T03:04:05+01:00",
		"2024-01-02T03:04:05ZZ",
		"2024-01-02 03:04:05Z",
		" 2024-01-02",
		"-024-01-02",
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct timestamp t = { 0 };

		ok(value_time(cases[i].text, &t) && t.sec == cases[i].sec &&
			   t.nsec == cases[i].nsec,
		   "time %s", cases[i].text);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct timestamp t;

		ok(!value_time(wrong[i], &t), "no time %s", wrong[i]);
	}
}

static void test_sizes(void)
{
	u64 n = 0;

	ok(value_number("18446744073709551615", 0, UINT64_MAX, &n) && n == UINT64_MAX,
	   "the largest number");
	ok(!value_number("18446744073709551616", 0, UINT64_MAX, &n), "one more");
	ok(value_size("16777215t", 0, UINT64_MAX, &n) && n == 16777215ull << 40,
	   "the largest size with t");
	ok(!value_size("16777216t", 0, UINT64_MAX, &n), "one more");
	ok(!value_size("k", 0, UINT64_MAX, &n) && !value_size("", 0, UINT64_MAX, &n),
	   "a size without digits");
	ok(n == 16777215ull << 40, "a refusal leaves the result alone");

	static const struct {
		const char *text;
		u64 size;
	} cases[] = {
		{ "1.5g", 3ull << 29 },   { "0.25K", 256 },       { "1GiB", 1ull << 30 },
		{ "2.5mib", 5ull << 19 }, { "7KIB", 7ull << 10 }, { "1.000000000t", 1ull << 40 },
		{ "0.0009765625k", 1 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ok(value_size(cases[i].text, 0, UINT64_MAX, &n) && n == cases[i].size, "size %s",
		   cases[i].text);
	static const char *const wrong[] = {
		"1.5", "1.g", ".5g", "1.5.5g", "1.3g", "0.0001k", "1GB",
		"1kB", "1iB", "1gi", "1gibs",  "1 g",  "1.5e3k",  "16777215.999999999999999999t",
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ok(!value_size(wrong[i], 0, UINT64_MAX, &n), "no size %s", wrong[i]);
	ok(value_decimal_size("1GB") == 2 && value_decimal_size("1.5kB") == 4 &&
		   !value_decimal_size("1B") && !value_decimal_size("GB") &&
		   !value_decimal_size("1GiB") && !value_decimal_size("1G"),
	   "sizes that end with B");
}

int main(void)
{
	unsetenv("SOURCE_DATE_EPOCH");
	diag_set_sink(count_line);
	test_defaults();
	test_refusals();
	test_values();
	test_label();
	test_environment();
	test_times();
	test_sizes();
	return done();
}
