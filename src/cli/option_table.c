/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each option does with its value, and what is said of it in --help. The
 * defaults that --help shows are printed from the struct that parsing starts with.
 */
#include "option_table.h"

#include "base/mem.h"
#include "cli/features.h"
#include "path_options.h"
#include "owner_options.h"
#include "cli/usage.h"
#include "cli/value.h"
#include "cli/version.h"
#include "input/selinux.h"
#include "model/pack_tails.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <uuid/uuid.h>

/* So that the sum of content and room stays below the 2^63 bytes that a file can have. */
#define MAX_SIZE (1ull << 62)

static enum options_result refuse(const struct parse *parse, const char *value, const char *allowed)
{
	usage_refuse(parse->name, value, strlen(value), allowed);
	return OPTIONS_USAGE;
}

static enum options_result flush_stdout(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return OPTIONS_DONE;
	fail_errno("cannot write to standard output");
	return OPTIONS_FAILED;
}

/* ---- one function for each option, in the order of the table -------------- */

static enum options_result parse_output(struct parse *parse, const char *value)
{
	if (!*value)
		return refuse(parse, value, "the name of a file, or - for standard output");
	parse->options->output = strcmp(value, "-") ? value : NULL;
	return OPTIONS_RUN;
}

static enum options_result parse_compress(struct parse *parse, const char *value)
{
	return compress_parse(value, &parse->options->convert.tree.rules) ? OPTIONS_USAGE
									  : OPTIONS_RUN;
}

static void show_compress(const struct options *defaults)
{
	printf("%s:%d", defaults->convert.tree.rules.codec.codec->name,
	       defaults->convert.tree.rules.codec.level);
}

static enum options_result parse_csum(struct parse *parse, const char *value)
{
	if (!checksum_from_name(value, &parse->options->convert.data.csum))
		return refuse(parse, value, "crc32c, xxhash, sha256 or blake2");
	return OPTIONS_RUN;
}

static enum options_result parse_label(struct parse *parse, const char *value)
{
	char *label = parse->options->convert.image.label;
	if (strlen(value) >= BTRFS_LABEL_SIZE || strchr(value, '\n'))
		return refuse(parse, value, "at most 255 bytes without newline");
	memset(label, 0, BTRFS_LABEL_SIZE);
	memcpy(label, value, strlen(value));
	return OPTIONS_RUN;
}

static enum options_result parse_uuid(struct parse *parse, const char *value)
{
	static const struct {
		const char *name;
		enum fsid_source source;
	} words[] = {
		{ "content", FSID_CONTENT },
		{ "clear", FSID_CLEAR },
		{ "random", FSID_RANDOM },
	};
	struct image_options *image = &parse->options->convert.image;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strcmp(value, words[i].name)) {
			image->fsid_source = words[i].source;
			return OPTIONS_RUN;
		}
	}
	if (uuid_parse(value, image->fsid))
		return refuse(parse, value,
			      "a UUID as 36 hex digits and dashes, content, clear or random");
	image->fsid_source = FSID_GIVEN;
	return OPTIONS_RUN;
}

static enum options_result parse_device_uuid(struct parse *parse, const char *value)
{
	if (uuid_parse(value, parse->options->convert.image.device_uuid))
		return refuse(parse, value, "a UUID as 36 hex digits and dashes");
	parse->options->convert.image.device_uuid_given = true;
	return OPTIONS_RUN;
}

static enum options_result parse_chunk_uuid(struct parse *parse, const char *value)
{
	if (uuid_parse(value, parse->options->convert.image.chunk_uuid))
		return refuse(parse, value, "a UUID as 36 hex digits and dashes");
	parse->options->convert.image.chunk_uuid_given = true;
	return OPTIONS_RUN;
}

static enum options_result parse_mtime(struct parse *parse, const char *value)
{
	if (!value_time(value, &parse->options->convert.reader.fixed_time))
		return refuse(parse, value, "@SECONDS[.FRACTION], up to 9 digits of a fraction");
	parse->options->convert.reader.fixed_time_set = true;
	return OPTIONS_RUN;
}

static enum options_result parse_keep_times(struct parse *parse, const char *value)
{
	(void)value;
	parse->options->convert.reader.keep_times = true;
	return OPTIONS_RUN;
}

static enum options_result parse_no_seed(struct parse *parse, const char *value)
{
	(void)value;
	parse->options->convert.image.seed = false;
	return OPTIONS_RUN;
}

static enum options_result parse_size(struct parse *parse, const char *value)
{
	u64 size;
	/* 0 would mean an exact fit. */
	if (!value_size(value, BTRFS_SECTORSIZE, MAX_SIZE, &size) || size % BTRFS_SECTORSIZE)
		return refuse(parse, value,
			      "a multiple of 4096 from 4k to 4194304t, with suffix k, m, g or t");
	parse->options->convert.image.size_bytes = size;
	parse->size_given = true;
	return OPTIONS_RUN;
}

static enum options_result parse_free(struct parse *parse, const char *value)
{
	u64 size;
	if (!value_size(value, 0, MAX_SIZE, &size) || size % BTRFS_SECTORSIZE)
		return refuse(parse, value,
			      "a multiple of 4096 from 0 to 4194304t, with suffix k, m, g or t");
	parse->options->convert.image.free_bytes = size;
	parse->free_given = true;
	return OPTIONS_RUN;
}

static enum options_result parse_nodesize(struct parse *parse, const char *value)
{
	u64 size;
	if (!value_size(value, BTRFS_MIN_NODESIZE, BTRFS_MAX_NODESIZE, &size) || size & (size - 1))
		return refuse(parse, value, "4k, 8k, 16k, 32k or 64k");
	parse->options->convert.image.nodesize = u32_from_u64(size);
	return OPTIONS_RUN;
}

static void show_nodesize(const struct options *defaults)
{
	printf("%uk", defaults->convert.image.nodesize / 1024);
}

static enum options_result parse_metadata(struct parse *parse, const char *value)
{
	bool is_dup = !strcmp(value, "dup");
	if (!is_dup && strcmp(value, "single"))
		return refuse(parse, value, "dup or single");
	parse->options->convert.image.dup = is_dup;
	return OPTIONS_RUN;
}

static void show_metadata(const struct options *defaults)
{
	printf("%s", defaults->convert.image.dup ? "dup" : "single");
}

static enum options_result parse_features(struct parse *parse, const char *value)
{
	bool list_wanted = false;
	if (features_parse(value, &parse->options->convert.image, &list_wanted))
		return OPTIONS_USAGE;
	if (!list_wanted)
		return OPTIONS_RUN;
	features_print();
	return flush_stdout();
}

static enum options_result parse_subvol(struct parse *parse, const char *value)
{
	return subvol_parse(value, &parse->options->convert.tree.subvols) ? OPTIONS_USAGE
									  : OPTIONS_RUN;
}

static enum options_result parse_subvol_uuid(struct parse *parse, const char *value)
{
	return subvol_uuid_parse(value, &parse->options->convert.tree.subvols) ? OPTIONS_USAGE
									       : OPTIONS_RUN;
}

static enum options_result parse_inode_flags(struct parse *parse, const char *value)
{
	return inode_flags_parse(value, &parse->options->convert.tree.rules) ? OPTIONS_USAGE
									     : OPTIONS_RUN;
}

static enum options_result parse_property(struct parse *parse, const char *value)
{
	return property_parse(value, &parse->options->convert.tree.rules) ? OPTIONS_USAGE
									  : OPTIONS_RUN;
}

static enum options_result parse_all_root(struct parse *parse, const char *value)
{
	struct owner_rules *owners = &parse->options->convert.tree.owners;
	(void)value;
	owners->uid_forced = owners->gid_forced = true;
	owners->forced_uid = owners->forced_gid = 0;
	return OPTIONS_RUN;
}

static enum options_result parse_force_uid(struct parse *parse, const char *value)
{
	struct owner_rules *owners = &parse->options->convert.tree.owners;
	owners->uid_forced = true;
	return owner_id_parse(parse->name, value, &owners->forced_uid) ? OPTIONS_USAGE
									 : OPTIONS_RUN;
}

static enum options_result parse_force_gid(struct parse *parse, const char *value)
{
	struct owner_rules *owners = &parse->options->convert.tree.owners;
	owners->gid_forced = true;
	return owner_id_parse(parse->name, value, &owners->forced_gid) ? OPTIONS_USAGE
									 : OPTIONS_RUN;
}

static enum options_result parse_uid_offset(struct parse *parse, const char *value)
{
	s64 *offset = &parse->options->convert.tree.owners.uid_offset;
	return owner_offset_parse(parse->name, value, offset) ? OPTIONS_USAGE : OPTIONS_RUN;
}

static enum options_result parse_gid_offset(struct parse *parse, const char *value)
{
	s64 *offset = &parse->options->convert.tree.owners.gid_offset;
	return owner_offset_parse(parse->name, value, offset) ? OPTIONS_USAGE : OPTIONS_RUN;
}

static enum options_result parse_defaults(struct parse *parse, const char *value)
{
	struct implied_attributes *implied = &parse->options->convert.tree.implied;
	return owner_defaults_parse(value, implied, &parse->implied_time_given) ? OPTIONS_USAGE
										  : OPTIONS_RUN;
}

static enum options_result parse_root_becomes(struct parse *parse, const char *value)
{
	return path_filter_set_root(&parse->options->convert.tree.filter, value) ? OPTIONS_USAGE
										 : OPTIONS_RUN;
}

static enum options_result parse_exclude_path(struct parse *parse, const char *value)
{
	if (!value[strspn(value, "./")] && !strstr(value, ".."))
		return refuse(parse, value, "a path below the root");
	return path_filter_exclude_path(&parse->options->convert.tree.filter, value) ? OPTIONS_USAGE
										     : OPTIONS_RUN;
}

static enum options_result parse_exclude_regex(struct parse *parse, const char *value)
{
	return path_filter_exclude_regex(&parse->options->convert.tree.filter, value)
		       ? OPTIONS_USAGE
		       : OPTIONS_RUN;
}

static enum options_result parse_no_xattr(struct parse *parse, const char *value)
{
	(void)value;
	parse->options->convert.reader.no_xattrs = true;
	return OPTIONS_RUN;
}

static enum options_result parse_xattrs_exclude(struct parse *parse, const char *value)
{
	struct reader_options *reader = &parse->options->convert.reader;
	if (!*value)
		return refuse(parse, value, "a pattern with * ? and [] for names of xattrs");
	reader->xattr_patterns =
		mem_grow(reader->xattr_patterns, &reader->xattr_patterns_capacity,
			 reader->nr_xattr_patterns + 1, sizeof(*reader->xattr_patterns));
	reader->xattr_patterns[reader->nr_xattr_patterns++] = value;
	return OPTIONS_RUN;
}

static enum options_result parse_whiteouts(struct parse *parse, const char *value)
{
	(void)value;
	parse->options->convert.tree.whiteouts = true;
	return OPTIONS_RUN;
}

static enum options_result parse_layers(struct parse *parse, const char *value)
{
	bool keep = !strcmp(value, "subvolumes");
	if (!keep && strcmp(value, "merged"))
		return refuse(parse, value, "merged or subvolumes");
	parse->options->convert.keep_layers = keep;
	return OPTIONS_RUN;
}

static enum options_result parse_oci(struct parse *parse, const char *value)
{
	(void)value;
	parse->options->convert.is_oci = true;
	return OPTIONS_RUN;
}

static enum options_result parse_image(struct parse *parse, const char *value)
{
	if (!*value)
		return refuse(parse, value, "NAME[:TAG], or the digest of a manifest");
	parse->options->convert.oci.image = value;
	return OPTIONS_RUN;
}

static enum options_result parse_platform(struct parse *parse, const char *value)
{
	if (!oci_platform_is_valid(value))
		return refuse(parse, value, "OS/ARCHITECTURE[/VARIANT], like linux/arm64/v8");
	parse->options->convert.oci.platform = value;
	return OPTIONS_RUN;
}

static enum options_result parse_oci_config(struct parse *parse, const char *value)
{
	if (!value[strspn(value, "./")])
		return refuse(parse, value, "the path of a file in the image");
	parse->options->convert.oci_config = value;
	return OPTIONS_RUN;
}

static enum options_result parse_hard_dereference(struct parse *parse, const char *value)
{
	(void)value;
	parse->options->convert.tree.hard_dereference = true;
	return OPTIONS_RUN;
}

static enum options_result parse_detect_holes(struct parse *parse, const char *value)
{
	(void)value;
	parse->options->convert.data.detect_holes = true;
	return OPTIONS_RUN;
}

static enum options_result parse_plan(struct parse *parse, const char *value)
{
	if (!*value)
		return refuse(parse, value, "the name of a file");
	parse->options->convert.plan = value;
	return OPTIONS_RUN;
}

static enum options_result parse_selinux_contexts(struct parse *parse, const char *value)
{
	if (!selinux_available())
		return refuse(parse, value, "nothing, built without libselinux");
	if (!*value)
		return refuse(parse, value, "the name of a file");
	parse->options->convert.selinux_contexts = value;
	return OPTIONS_RUN;
}

static enum options_result parse_spool_dir(struct parse *parse, const char *value)
{
	if (!*value)
		return refuse(parse, value, "the name of a directory");
	parse->options->convert.spool_dir = value;
	return OPTIONS_RUN;
}

static enum options_result parse_max_entries(struct parse *parse, const char *value)
{
	if (!value_number(value, 1, UINT64_MAX, &parse->options->convert.tree.max_entries))
		return refuse(parse, value, "a number from 1 on");
	return OPTIONS_RUN;
}

static enum options_result parse_max_bytes(struct parse *parse, const char *value)
{
	if (!value_size(value, 1, UINT64_MAX, &parse->options->convert.reader.max_bytes))
		return refuse(parse, value, "a size from 1 on, with suffix k, m, g or t");
	return OPTIONS_RUN;
}

static enum options_result parse_no_sandbox(struct parse *parse, const char *value)
{
	(void)value;
	parse->options->sandbox = false;
	return OPTIONS_RUN;
}

static enum options_result parse_threads(struct parse *parse, const char *value)
{
	u64 threads;
	if (!value_number(value, 1, OPTIONS_MAX_THREADS, &threads))
		return refuse(parse, value, "1 to 1024");
	parse->options->convert.data.threads = (unsigned)threads;
	return OPTIONS_RUN;
}

static enum options_result parse_max_inline(struct parse *parse, const char *value)
{
	u64 size;
	if (!value_size(value, 0, OPTIONS_MAX_INLINE, &size))
		return refuse(parse, value, "0 to 4096 bytes");
	parse->options->convert.data.max_inline = u32_from_u64(size);
	parse->max_inline_given = true;
	return OPTIONS_RUN;
}

static void show_max_inline(const struct options *defaults)
{
	printf("%u", defaults->convert.data.max_inline);
}

static enum options_result parse_dedupe(struct parse *parse, const char *value)
{
	bool is_on = !strcmp(value, "on");
	if (!is_on && strcmp(value, "off"))
		return refuse(parse, value, "on or off");
	parse->options->convert.data.dedupe = is_on;
	return OPTIONS_RUN;
}

static enum options_result parse_pack_tails(struct parse *parse, const char *value)
{
	u64 size = OPTIONS_PACK_BYTES;
	if (value &&
	    (!value_size(value, PACK_MIN_BYTES, PACK_MAX_BYTES, &size) || size % BTRFS_SECTORSIZE))
		return refuse(parse, value, "a multiple of 4096 from 8k to 128k");
	parse->options->convert.data.pack_bytes = u32_from_u64(size);
	return OPTIONS_RUN;
}

static void show_pack_tails(const struct options *defaults)
{
	(void)defaults;
	printf("%uk", OPTIONS_PACK_BYTES / 1024);
}

static enum options_result parse_skip_unsupported(struct parse *parse, const char *value)
{
	(void)value;
	parse->options->convert.reader.skip_unsupported = true;
	return OPTIONS_RUN;
}

static enum options_result parse_progress(struct parse *parse, const char *value)
{
	static const struct {
		const char *name;
		enum progress_mode mode;
	} words[] = {
		{ "auto", PROGRESS_AUTO },
		{ "always", PROGRESS_ALWAYS },
		{ "never", PROGRESS_NEVER },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strcmp(value ? value : "auto", words[i].name)) {
			parse->options->report.progress = words[i].mode;
			return OPTIONS_RUN;
		}
	}
	return refuse(parse, value, "auto, always or never");
}

static enum options_result parse_input_size(struct parse *parse, const char *value)
{
	if (!value_size(value, 1, MAX_SIZE, &parse->options->report.input_bytes))
		return refuse(parse, value, "1 to 4194304t, with suffix k, m, g or t");
	return OPTIONS_RUN;
}

static enum options_result parse_stats(struct parse *parse, const char *value)
{
	struct report_options *report = &parse->options->report;
	static const char json[] = "json";
	report->stats = value ? STATS_JSON : STATS_TABLE;
	report->stats_path = NULL;
	if (!value || !strcmp(value, json))
		return OPTIONS_RUN;
	const size_t len = strlen(json);
	if (strncmp(value, json, len) || value[len] != ':' || !value[len + 1])
		return refuse(parse, value, "json or json:FILE");
	report->stats_path = value + len + 1;
	return OPTIONS_RUN;
}

static enum options_result parse_digest(struct parse *parse, const char *value)
{
	if (value && !*value)
		return refuse(parse, value, "the name of a file, or - for standard output");
	parse->options->report.digest = true;
	parse->options->report.digest_path = value;
	return OPTIONS_RUN;
}

static enum options_result parse_content_digest(struct parse *parse, const char *value)
{
	if (value && !*value)
		return refuse(parse, value, "the name of a file, or - for standard output");
	parse->options->report.content_digest = true;
	parse->options->report.content_digest_path = value;
	return OPTIONS_RUN;
}

static enum options_result parse_manifest(struct parse *parse, const char *value)
{
	if (!*value)
		return refuse(parse, value, "the name of a file, or - for standard output");
	parse->options->report.manifest_path = value;
	return OPTIONS_RUN;
}

static enum options_result parse_quiet(struct parse *parse, const char *value)
{
	(void)value;
	parse->level = DIAG_ERROR;
	return OPTIONS_RUN;
}

static enum options_result parse_verbose(struct parse *parse, const char *value)
{
	(void)value;
	parse->level = DIAG_INFO;
	return OPTIONS_RUN;
}

static enum options_result print_version(struct parse *parse, const char *value);
static enum options_result print_help(struct parse *parse, const char *value);

// clang-format off
const struct option_row option_table[] = {
	{ "output", 'o', "FILE",
	  "write the image to FILE, which appears complete or\n"
	  "not at all; without it, to standard output", parse_output, NULL },
	{ "compress", 0, "zstd|zlib|lzo|none[:LEVEL][:/PATH]",
	  "codec of file data; levels: zstd 1..19, zlib 1..9,\n"
	  "lzo 1 and 9; with PATH for what is there and below\n"
	  "it, repeatable", parse_compress, show_compress },
	{ "csum", 0, "crc32c|xxhash|sha256|blake2",
	  "checksum of data and trees (default: crc32c)", parse_csum, NULL },
	{ "label", 'L', "TEXT",
	  "filesystem label, at most 255 bytes", parse_label, NULL },
	{ "uuid", 'U', "UUID|content|clear|random",
	  "filesystem id (default: content)", parse_uuid, NULL },
	{ "device-uuid", 0, "UUID",
	  "device id; without it, it follows from the content", parse_device_uuid, NULL },
	{ "chunk-uuid", 0, "UUID",
	  "chunk tree id; without it, likewise", parse_chunk_uuid, NULL },
	{ "mtime", 0, "@SECONDS[.NS]",
	  "set every time; beats SOURCE_DATE_EPOCH", parse_mtime, NULL },
	{ "keep-times", 0, NULL,
	  "take atime, ctime and birth time from the archive;\n"
	  "otherwise all times are the mtime", parse_keep_times, NULL },
	{ "no-seed", 0, NULL,
	  "make an ordinary, writable filesystem; alone it\n"
	  "means --free 64m", parse_no_seed, NULL },
	{ "size", 0, "SIZE",
	  "total size, a multiple of 4096 (default: exact fit)", parse_size, NULL },
	{ "free", 0, "SIZE",
	  "unallocated room beyond the content (default: 0)", parse_free, NULL },
	{ "nodesize", 'n', "4k|8k|16k|32k|64k",
	  "size of tree blocks", parse_nodesize, show_nodesize },
	{ "metadata", 'm', "dup|single",
	  "whether trees have a second copy", parse_metadata, show_metadata },
	{ "features", 'O', "LIST",
	  "filesystem features, comma-separated, ^ switches\n"
	  "off; list-all names them (default: free-space-tree)", parse_features, NULL },
	{ "subvol", 'u', "[rw|ro|default|default-ro:]DIR",
	  "make DIR a subvolume (default: rw); repeatable", parse_subvol, NULL },
	{ "subvol-uuid", 0, "PATH=UUID",
	  "id of a subvolume; without it, it follows from the\n"
	  "content; repeatable", parse_subvol_uuid, NULL },
	{ "inode-flags", 0, "nodatacow|nodatasum:PATH",
	  "set the flag, or both with a comma between, on PATH\n"
	  "and what is below it; repeatable", parse_inode_flags, NULL },
	{ "property", 0, "compression=zstd|zlib|lzo|none:PATH",
	  "set the property on PATH and what is below it;\n"
	  "repeatable", parse_property, NULL },
	{ "all-root", 0, NULL,
	  "make everything belong to user and group 0", parse_all_root, NULL },
	{ "force-uid", 0, "UID",
	  "make everything belong to this user", parse_force_uid, NULL },
	{ "force-gid", 0, "GID",
	  "make everything belong to this group", parse_force_gid, NULL },
	{ "uid-offset", 0, "N",
	  "add N to all user ids, those in ACLs too", parse_uid_offset, NULL },
	{ "gid-offset", 0, "N",
	  "add N to all group ids, those in ACLs too", parse_gid_offset, NULL },
	{ "defaults", 0, "uid=N,gid=N,mode=M,mtime=T",
	  "what directories get that the archive implies only", parse_defaults, NULL },
	{ "root-becomes", 0, "DIR",
	  "DIR of the archive becomes the root; what is not\n"
	  "below it is left out", parse_root_becomes, NULL },
	{ "exclude-path", 0, "PATH",
	  "leave out PATH and what is below it; repeatable", parse_exclude_path, NULL },
	{ "exclude-regex", 0, "REGEX",
	  "leave out paths that match, and what is below\n"
	  "them; repeatable", parse_exclude_regex, NULL },
	{ "no-xattr", 0, NULL,
	  "drop the archive's xattrs and ACLs", parse_no_xattr, NULL },
	{ "xattrs-exclude", 0, "PATTERN",
	  "drop xattrs whose names match, like 'user.*';\n"
	  "repeatable", parse_xattrs_exclude, NULL },
	{ "whiteouts", 0, NULL,
	  "each ARCHIVE is an OCI layer: .wh.NAME hides NAME\n"
	  "of those before it", parse_whiteouts, NULL },
	{ "layers", 0, "merged|subvolumes",
	  "whether all layers make one tree, or each one's\n"
	  "result is a subvolume (default: merged)", parse_layers, NULL },
	{ "oci", 0, NULL,
	  "ARCHIVE is a container image: OCI or Docker\n"
	  "archive, or OCI layout directory", parse_oci, NULL },
	{ "image", 0, "NAME[:TAG]",
	  "which image of several", parse_image, NULL },
	{ "platform", 0, "OS/ARCH[/VARIANT]",
	  "for what platform, of several", parse_platform, NULL },
	{ "oci-config", 0, "PATH",
	  "keep the image's configuration as a file", parse_oci_config, NULL },
	{ "hard-dereference", 0, NULL,
	  "make a file of its own of each hard link", parse_hard_dereference, NULL },
	{ "detect-holes", 0, NULL,
	  "make holes of sectors that hold zeros only", parse_detect_holes, NULL },
	{ "plan", 0, "FILE",
	  "lay an mtree specification over the archive:\n"
	  "devices, owners, modes, xattrs without root", parse_plan, NULL },
	{ "selinux-contexts", 0, "FILE",
	  "label everything as file_contexts in FILE says", parse_selinux_contexts, NULL },
	{ "spool-dir", 0, "DIR",
	  "where temporary data goes (default: $TMPDIR, else\n"
	  "/var/tmp)", parse_spool_dir, NULL },
	{ "max-entries", 0, "N",
	  "refuse archives of more entries, implied\n"
	  "directories included (default: 8000000)", parse_max_entries, NULL },
	{ "max-bytes", 0, "SIZE",
	  "refuse archives that are larger when unpacked\n"
	  "(default: 1t)", parse_max_bytes, NULL },
	{ "no-sandbox", 0, NULL,
	  "keep the rights that reading an archive needs not;\n"
	  "for debugging", parse_no_sandbox, NULL },
	{ "threads", 0, "N",
	  "threads that use CPU, 1 to 1024 (default: as many\n"
	  "as CPUs may be used); never changes the image", parse_threads, NULL },
	{ "max-inline", 0, "SIZE",
	  "files up to this size go into the tree, 0 to 4096\n", parse_max_inline, show_max_inline },
	{ "dedupe", 0, "on|off",
	  "store equal data once (default: on)", parse_dedupe, NULL },
	{ "pack-tails", 0, "[=SIZE]",
	  "let small files and ends of files share compressed\n"
	  "extents of up to SIZE, 8k to 128k", parse_pack_tails, show_pack_tails },
	{ "skip-unsupported", 0, NULL,
	  "warn of what btrfs cannot hold, and leave it out", parse_skip_unsupported, NULL },
	{ "progress", 0, "[=auto|always|never]",
	  "show how far the work is; auto, as without a word:\n"
	  "on a terminal", parse_progress, NULL },
	{ "input-size", 0, "SIZE",
	  "bytes of input that --progress expects", parse_input_size, NULL },
	{ "stats", 0, "[=json[:FILE]]",
	  "print figures of the run to stderr, or as JSON", parse_stats, NULL },
	{ "digest", 0, "[=FILE]",
	  "print the SHA-256 of the image like sha256sum, to\n"
	  "stderr or FILE", parse_digest, NULL },
	{ "content-digest", 0, "[=FILE]",
	  "print the SHA-256 of the manifest: of the tree,\n"
	  "however it is stored", parse_content_digest, NULL },
	{ "manifest", 0, "FILE",
	  "write a canonical listing of the tree (mtree)", parse_manifest, NULL },
	{ "quiet", 'q', NULL,
	  "print errors only", parse_quiet, NULL },
	{ "verbose", 'v', NULL,
	  "print a summary too", parse_verbose, NULL },
	{ "version", 'V', NULL,
	  "print the versions of the program, of the image\n"
	  "layout and of the codec libraries", print_version, NULL },
	{ "help", 'h', NULL,
	  "print this help", print_help, NULL },
};
// clang-format on

static_assert(sizeof(option_table) / sizeof(option_table[0]) == NR_OPTIONS, "count the rows");

/* ---- what is printed to stdout -------------------------------------------- */

static enum options_result print_version(struct parse *parse, const char *value)
{
	(void)parse;
	(void)value;
	printf("tar2btrfs %s\n", TAR2BTRFS_VERSION);
	printf("image layout %d\n", LAYOUT_VERSION);
	for (const struct codec *const *codec = codec_table; *codec; codec++)
		printf("%s %s\n", (*codec)->name, (*codec)->library());
	return flush_stdout();
}

#define HELP_COLUMN 29

static void print_row(const struct option_row *row, const struct options *defaults)
{
	char letter[] = "    ";
	int width;
	if (row->letter)
		snprintf(letter, sizeof(letter), "-%c, ", row->letter);
	width = printf("  %s--%s%s%s", letter, row->name,
		       row->argument && !option_is_optional(row) ? " " : "",
		       row->argument ? row->argument : "");
	if (width < HELP_COLUMN - 1)
		printf("%*s", HELP_COLUMN - width, "");
	else
		printf("\n%*s", HELP_COLUMN, "");
	for (const char *c = row->help; *c; c++) {
		putchar(*c);
		if (*c == '\n')
			printf("%*s", HELP_COLUMN, "");
	}
	if (row->show) {
		printf("%s(default: ", row->help[strlen(row->help) - 1] == '\n' ? "" : " ");
		row->show(defaults);
		printf(")");
	}
	putchar('\n');
}

static enum options_result print_help(struct parse *parse, const char *value)
{
	struct options defaults;
	(void)parse;
	(void)value;
	options_default(&defaults);
	printf("Usage: tar2btrfs [OPTION]... [ARCHIVE]...\n"
	       "\n"
	       "Reads a tar or cpio archive from ARCHIVE or standard input (-), plain or packed\n"
	       "with gzip, xz, zstd, bzip2 or lz4, and writes a btrfs image: minimal, the same\n"
	       "bytes for the same tree, and marked as a seed. Several ARCHIVEs are laid over\n"
	       "each other: of what stands in two, the later one counts.\n"
	       "\n");
	for (int i = 0; i < NR_OPTIONS; i++)
		print_row(&option_table[i], &defaults);
	printf("\n"
	       "SIZE takes a suffix k, m, g or t (powers of 1024). Of a repeated option the last\n"
	       "counts, unless it says repeatable. SOURCE_DATE_EPOCH limits all times, and is\n"
	       "the time of what has none.\n"
	       "Exit status: 0 the image is complete, 1 failure, 2 wrong usage.\n");
	return flush_stdout();
}
