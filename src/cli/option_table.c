/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options, in the order of --help and the manual, then habits of other programs. */
#include "features.h"
#include "help.h"
#include "option_row.h"
#include "options_default.h"
#include "owner_options.h"
#include "path_options.h"
#include "verity_options.h"

#include "base/diag.h"
#include "base/mem.h"
#include "input/selinux.h"
#include "model/pack_tails.h"

#include <uuid/uuid.h>

/* The sum of content and room stays below 2^63 bytes, the most that a file can have. */
#define MAX_SIZE (1ull << 62)

/* Devices of a chain: the kernel has to find them all. */
#define SEEDS_MAX 64

/* The packs of --pack-tails without a size. */
#define PACK_BYTES (128u << 10)

/* ---- options with a form of their own ---------------------------------------------- */

static int parse_csum(struct options *o, const char *value)
{
	return checksum_from_name(value, &o->convert.data.csum)
		       ? 0
		       : option_refuse(value, "crc32c, xxhash, sha256 or blake2");
}

static int parse_label(struct options *o, const char *value)
{
	char *label = o->convert.image.label;
	if (strlen(value) >= BTRFS_LABEL_SIZE || strchr(value, '\n'))
		return option_refuse(value, "at most 255 bytes without newline");
	memset(label, 0, BTRFS_LABEL_SIZE);
	memcpy(label, value, strlen(value));
	return 0;
}

static int parse_onto(struct options *o, const char *value)
{
	struct sprout_command *sprout = &o->sprout;
	if (!strcmp(value, "-"))
		return option_refuse(value, "an image or device by its name");
	if (sprout->nr_seeds == SEEDS_MAX)
		return fail(-EINVAL, "found more than %d seeds", SEEDS_MAX);
	sprout->seeds = mem_grow(sprout->seeds, &sprout->seeds_capacity, sprout->nr_seeds + 1,
				 sizeof(*sprout->seeds));
	sprout->seeds[sprout->nr_seeds++] = value;
	return 0;
}

static int parse_uuid(struct options *o, const char *value)
{
	static const struct option_word words[] = {
		{ "content", FSID_CONTENT },
		{ "clear", FSID_CLEAR },
		{ "random", FSID_RANDOM },
		{ NULL, 0 },
	};
	struct image_options *image = &o->convert.image;
	u64 source = FSID_GIVEN;
	if (!option_find_word(words, value, strlen(value), &source) &&
	    uuid_parse(value, image->fsid))
		return option_refuse(
			value, "a UUID as 36 hex digits and dashes, content, clear or random");
	image->fsid_source = (enum fsid_source)source;
	return 0;
}

static int parse_root_becomes(struct options *o, const char *value)
{
	return path_filter_set_root(&o->convert.tree.filter, value);
}

static int parse_exclude_regex(struct options *o, const char *value)
{
	return path_filter_exclude_regex(&o->convert.tree.filter, value);
}

static int parse_xattrs_exclude(struct options *o, const char *value)
{
	struct reader_options *r = &o->convert.reader;
	if (!*value)
		return option_refuse(value, "a pattern with * ? and [] for names of xattrs");
	r->xattr_patterns = mem_grow(r->xattr_patterns, &r->xattr_patterns_capacity,
				     r->nr_xattr_patterns + 1, sizeof(*r->xattr_patterns));
	r->xattr_patterns[r->nr_xattr_patterns++] = value;
	return 0;
}

static int parse_platform(struct options *o, const char *value)
{
	if (!oci_platform_is_valid(value))
		return option_refuse(value, "OS/ARCHITECTURE[/VARIANT], like linux/arm64/v8");
	o->convert.oci.platform = value;
	return 0;
}

static int parse_oci_config(struct options *o, const char *value)
{
	if (!value[strspn(value, "./")])
		return option_refuse(value, "the path of a file in the image");
	o->convert.oci_config = value;
	return 0;
}

static int parse_selinux_contexts(struct options *o, const char *value)
{
	if (!selinux_available())
		return option_refuse(value, "nothing, built without libselinux");
	if (!*value)
		return option_refuse(value, "FILE");
	o->convert.selinux_contexts = value;
	return 0;
}

static int parse_subvol_name(struct options *o, const char *value)
{
	if (!send_name_is_valid(value))
		return option_refuse(value, "a name of 1 to 255 bytes without a slash");
	o->convert.send.subvol_name = value;
	return 0;
}

static int parse_parent_name(struct options *o, const char *value)
{
	if (!send_path_is_valid(value))
		return option_refuse(value, "names of 1 to 255 bytes, with slashes between them");
	o->parent_name = value;
	return 0;
}

static int parse_stats(struct options *o, const char *value)
{
	struct report_options *report = &o->report;
	static const char json[] = "json";
	const size_t len = strlen(json);
	report->stats = value ? STATS_JSON : STATS_TABLE;
	report->stats_path = NULL;
	if (!value || !strcmp(value, json))
		return 0;
	if (strncmp(value, json, len) || value[len] != ':' || !value[len + 1])
		return option_refuse(value, "json or json:FILE");
	report->stats_path = value + len + 1;
	return 0;
}

/* ---- words ------------------------------------------------------------------------- */

static const struct option_word metadata_words[] = { { "dup", true },
						     { "single", false },
						     { NULL, 0 } };
static const struct option_word layers_words[] = { { "merged", false },
						   { "subvolumes", true },
						   { NULL, 0 } };
static const struct option_word single_word[] = { { "single", 0 }, { NULL, 0 } };
static const struct option_word on_off[] = { { "on", true }, { "off", false }, { NULL, 0 } };
static const struct option_word progress_words[] = { { "auto", PROGRESS_AUTO },
						     { "always", PROGRESS_ALWAYS },
						     { "never", PROGRESS_NEVER },
						     { NULL, 0 } };

/* ---- rows -------------------------------------------------------------------------- */

#define FIELD(member)                                                                              \
	.offset = offsetof(struct options, member), .bytes = sizeof(((struct options *)0)->member)
#define GIVEN(member) .given = offsetof(struct options, member)
#define IMAGE_ONLY .noted = offsetof(struct options, image_option)
#define CALL(function) OPTION_CALL, .parse = (function)
#define PRINT(function) OPTION_PRINT, .print = (function)

// clang-format off
const struct option_row option_table[] = {
	{ "output", 'o', "FILE",
	  "write the image to FILE, which appears complete or not at all; without it, to standard output",
	  OPTION_PATH, FIELD(output), .fits_sprout = true,
	  .group = "Output and content",
	  .brief = "write to FILE; without it, to standard output" },
	{ "compress", 0, "zstd|zlib|lzo|none[:LEVEL][:/PATH]",
	  "codec of file data; levels: zstd 1..19, zlib 1..9, lzo 1 and 9; with PATH for PATH and all "
	  "below it, repeatable (default: zstd:3)", CALL(compress_parse),
	  .brief = "codec of file data (default: zstd:3)" },
	{ "csum", 0, "crc32c|xxhash|sha256|blake2",
	  "checksum of data and trees (default: crc32c)", CALL(parse_csum), IMAGE_ONLY, .is_of_seed = true },
	{ "label", 'L', "TEXT",
	  "filesystem label, at most 255 bytes", CALL(parse_label), IMAGE_ONLY, .fits_sprout = true,
	  .brief = "filesystem label" },
	{ "send-stream", 0, "[=1|2]",
	  "write no image, but a stream of this version that btrfs receive makes the tree from",
	  OPTION_NUMBER, FIELD(convert.send.version), .value = SEND_DEFAULT_VERSION,
	  .min = 1, .max = SEND_MAX_VERSION, .shows_default = true },
	{ "subvol-name", 0, "NAME",
	  "name of the subvolume that a receiver makes of the top level (default: " SEND_DEFAULT_NAME ")",
	  CALL(parse_subvol_name), GIVEN(is_subvol_name_given) },
	{ "parent", 0, "FILE",
	  "send only what changed since FILE, an archive or btrfs image that a receiver has",
	  OPTION_PATH, FIELD(parent) },
	{ "parent-name", 0, "NAME",
	  "the --subvol-name that this archive was sent with (default: that of this stream), or the path "
	  "of the image's subvolume (default: the default one)",
	  CALL(parse_parent_name) },
	{ "parent-uuid", 0, "UUID",
	  "uuid of the receiver's subvolume with its top level; without it, that of the image, or derived "
	  "from the archive",
	  OPTION_UUID, FIELD(convert.send.parent_uuid), GIVEN(convert.send.parent_uuid_given) },
	{ "uuid", 'U', "UUID|content|clear|random",
	  "filesystem id (default: content)", CALL(parse_uuid), IMAGE_ONLY, .fits_sprout = true,
	  .group = "Identity and times" },
	{ "device-uuid", 0, "UUID",
	  "device id; without it, derived from the content",
	  OPTION_UUID, FIELD(convert.image.device_uuid), GIVEN(convert.image.device_uuid_given), IMAGE_ONLY, .fits_sprout = true },
	{ "chunk-uuid", 0, "UUID",
	  "chunk tree id; without it, derived from the content",
	  OPTION_UUID, FIELD(convert.image.chunk_uuid), GIVEN(convert.image.chunk_uuid_given), IMAGE_ONLY, .is_of_seed = true },
	{ "mtime", 0, "@SECONDS|DATE",
	  "set every time; DATE is UTC: 2024-01-02 or 2024-01-02T03:04:05Z; overrides SOURCE_DATE_EPOCH",
	  OPTION_TIME, FIELD(convert.reader.fixed_time), GIVEN(convert.reader.fixed_time_set),
	  .brief = "set every time" },
	{ "keep-times", 0, NULL,
	  "take atime, ctime and birth time from the archive; otherwise all times are the mtime",
	  OPTION_SET, FIELD(convert.reader.keep_times), .value = true },
	{ "no-seed", 0, NULL,
	  "make an ordinary, writable filesystem; alone it means --free 64m",
	  OPTION_SET, FIELD(convert.image.seed), IMAGE_ONLY, .value = false,
	  .group = "Filesystem",
	  .brief = "make a writable filesystem instead of a seed" },
	{ "size", 0, "SIZE",
	  "total size, a multiple of 4096 (default: exact fit)",
	  OPTION_SIZE, FIELD(convert.image.size_bytes), GIVEN(is_size_given), IMAGE_ONLY,
	  .min = BTRFS_SECTORSIZE, .max = MAX_SIZE, .step = BTRFS_SECTORSIZE, .fits_sprout = true,
	  .brief = "total size, like 1.5g (default: exact fit)" },
	{ "free", 0, "SIZE",
	  "unallocated room after the content",
	  OPTION_SIZE, FIELD(convert.image.free_bytes), GIVEN(is_free_given), IMAGE_ONLY,
	  .max = MAX_SIZE, .step = BTRFS_SECTORSIZE, .shows_default = true,
	  .brief = "unallocated room after the content" },
	{ "nodesize", 'n', "4k|8k|16k|32k|64k",
	  "size of tree blocks",
	  OPTION_POWER, FIELD(convert.image.nodesize), IMAGE_ONLY, .is_of_seed = true, .min = BTRFS_MIN_NODESIZE, .max = BTRFS_MAX_NODESIZE,
	  .shows_default = true },
	{ "metadata", 'm', "dup|single",
	  "copies of metadata: two (dup) or one (single)",
	  OPTION_WORD, FIELD(convert.image.dup), IMAGE_ONLY, .is_of_seed = true, .words = metadata_words, .shows_default = true,
	  .brief = "copies of metadata (default: single)" },
	{ "features", 'O', "LIST",
	  "filesystem features, comma-separated; ^ switches one off, list-all names them (default: "
	  "free-space-tree)", CALL(features_parse), IMAGE_ONLY, .is_of_seed = true },
	{ "onto", 0, "SEED",
	  "make an update: the next device of a filesystem whose first one is SEED, an image or device, "
	  "with what the archive has other than SEED; repeatable for a chain of seeds",
	  OPTION_PATH, .parse = parse_onto, IMAGE_ONLY, .fits_sprout = true },
	{ "sprout", 0, "[=NAME]",
	  "make it writable, without archive, of --size; another NAME gives other ids",
	  OPTION_TEXT, FIELD(sprout.name), GIVEN(sprout.is_given), .fits_sprout = true },
	{ "subvol", 'u', "[rw|ro|default|default-ro:]DIR",
	  "make DIR a subvolume (default: rw); repeatable", CALL(subvol_parse),
	  .group = "Subvolumes and rules by path",
	  .brief = "make DIR a subvolume; repeatable" },
	{ "subvol-uuid", 0, "PATH=UUID",
	  "id of a subvolume; without it, derived from the content; repeatable", CALL(subvol_uuid_parse) },
	{ "inode-flags", 0, "nodatacow|nodatasum:PATH",
	  "set the flag, or both with a comma between, on PATH and all below it; repeatable",
	  CALL(inode_flags_parse) },
	{ "property", 0, "compression=zstd|zlib|lzo|none:PATH",
	  "set the property on PATH and all below it; repeatable", CALL(property_parse) },
	{ "fs-verity", 0, "[=sha256|sha512|none][:PATH]",
	  "let Linux verify every read of files against a digest; with PATH for PATH and all below it, "
	  "repeatable", CALL(verity_parse), IMAGE_ONLY,
	  .group = "Integrity of files" },
	{ "fs-verity-salt", 0, "HEX",
	  "hash with this salt of 1 to 32 bytes", CALL(verity_salt_parse), IMAGE_ONLY },
	{ "fs-verity-signatures", 0, "DIR",
	  "add the signature DIR/DIGEST.p7s to files with that digest",
	  OPTION_PATH, FIELD(convert.verity_signatures), IMAGE_ONLY },
	{ "fs-verity-digests", 0, "FILE",
	  "write the digests of these files", OPTION_PATH, FIELD(report.verity_digests_path), IMAGE_ONLY },
	{ "all-root", 0, NULL,
	  "user and group 0 own everything", CALL(owner_all_root),
	  .group = "Owners",
	  .brief = "user and group 0 own everything" },
	{ "force-uid", 0, "UID",
	  "this user owns everything",
	  OPTION_NUMBER, FIELD(convert.tree.owners.forced_uid), GIVEN(convert.tree.owners.uid_forced),
	  .max = OWNER_ID_MAX },
	{ "force-gid", 0, "GID",
	  "this group owns everything",
	  OPTION_NUMBER, FIELD(convert.tree.owners.forced_gid), GIVEN(convert.tree.owners.gid_forced),
	  .max = OWNER_ID_MAX },
	{ "uid-offset", 0, "N",
	  "add N to all user ids, also in ACLs",
	  OPTION_SIGNED, FIELD(convert.tree.owners.uid_offset), .max = OWNER_ID_MAX },
	{ "gid-offset", 0, "N",
	  "add N to all group ids, also in ACLs",
	  OPTION_SIGNED, FIELD(convert.tree.owners.gid_offset), .max = OWNER_ID_MAX },
	{ "defaults", 0, "uid=N,gid=N,mode=M,mtime=T",
	  "owner, mode and time of directories that no member describes", CALL(owner_defaults_parse) },
	{ "root-becomes", 0, "DIR",
	  "make DIR of the archive the root; everything outside it is left out", CALL(parse_root_becomes),
	  .group = "Selection of members" },
	{ "exclude-path", 0, "PATTERN",
	  "leave out paths that match the shell pattern, and all below them; repeatable",
	  CALL(exclude_path_parse),
	  .brief = "leave out what the shell pattern matches" },
	{ "exclude-from", 0, "FILE",
	  "do so for each pattern that is a line of FILE; repeatable", CALL(exclude_from_parse) },
	{ "exclude-regex", 0, "REGEX",
	  "leave out paths that match, and all below them; repeatable", CALL(parse_exclude_regex) },
	{ "no-xattr", 0, NULL,
	  "drop the archive's xattrs and ACLs",
	  OPTION_SET, FIELD(convert.reader.no_xattrs), .value = true },
	{ "xattrs-exclude", 0, "PATTERN",
	  "drop xattrs whose names match, like 'user.*'; repeatable", CALL(parse_xattrs_exclude) },
	{ "whiteouts", 0, NULL,
	  "each ARCHIVE is an OCI layer; .wh.NAME hides NAME of the layers before it",
	  OPTION_SET, FIELD(convert.tree.whiteouts), .value = true,
	  .group = "Layers and container images" },
	{ "layers", 0, "merged|subvolumes",
	  "make one tree of all layers, or a subvolume of each layer's result",
	  OPTION_WORD, FIELD(convert.keep_layers), .words = layers_words, .shows_default = true },
	{ "oci", 0, NULL,
	  "ARCHIVE is a container image: OCI or Docker archive, or OCI layout directory",
	  OPTION_SET, FIELD(convert.is_oci), .value = true,
	  .brief = "ARCHIVE is a container image" },
	{ "image", 0, "NAME[:TAG]",
	  "choose one of several images", OPTION_TEXT, FIELD(convert.oci.image) },
	{ "platform", 0, "OS/ARCH[/VARIANT]",
	  "choose the image for this platform", CALL(parse_platform) },
	{ "oci-config", 0, "PATH",
	  "keep the image's configuration as a file", CALL(parse_oci_config) },
	{ "hard-dereference", 0, NULL,
	  "store each hard link as a file of its own",
	  OPTION_SET, FIELD(convert.tree.hard_dereference), .value = true,
	  .group = "Changes of the tree" },
	{ "detect-holes", 0, NULL,
	  "make holes of sectors that hold only zeros",
	  OPTION_SET, FIELD(convert.data.detect_holes), .value = true },
	{ "plan", 0, "FILE",
	  "override and add members as an mtree file says: devices, owners, modes, xattrs without root",
	  OPTION_PATH, FIELD(convert.plan),
	  .brief = "override and add members by an mtree file" },
	{ "selinux-contexts", 0, "FILE",
	  "label everything by the file_contexts in FILE", CALL(parse_selinux_contexts) },
	{ "spool-dir", 0, "DIR",
	  "directory of temporary data (default: $TMPDIR, else /var/tmp)",
	  OPTION_PATH, FIELD(convert.spool_dir),
	  .group = "Resources" },
	{ "max-entries", 0, "N",
	  "refuse archives of more entries, implied directories included",
	  OPTION_NUMBER, FIELD(convert.tree.max_entries), .min = 1, .max = UINT64_MAX,
	  .shows_default = true },
	{ "max-bytes", 0, "SIZE",
	  "refuse archives that are larger when unpacked",
	  OPTION_SIZE, FIELD(convert.reader.max_bytes), .min = 1, .max = UINT64_MAX,
	  .shows_default = true },
	{ "no-sandbox", 0, NULL,
	  "do not give up privileges before reading (for debuggers)",
	  OPTION_SET, FIELD(sandbox), .value = false, .fits_sprout = true },
	{ "threads", 0, "N",
	  "threads that use CPU, 1 to 1024 (default: as many as CPUs may be used); never changes the image",
	  OPTION_NUMBER, FIELD(convert.data.threads), .min = 1, .max = OPTIONS_MAX_THREADS,
	  .brief = "threads that use CPU" },
	{ "max-inline", 0, "SIZE",
	  "store files up to this size in the tree, 0 to 4096",
	  OPTION_SIZE, FIELD(convert.data.max_inline), GIVEN(is_max_inline_given), IMAGE_ONLY,
	  .max = OPTIONS_MAX_INLINE, .shows_default = true,
	  .group = "Storage of data" },
	{ "dedupe", 0, "on|off",
	  "store equal data once",
	  OPTION_WORD, FIELD(convert.data.dedupe), .words = on_off, .shows_default = true },
	{ "pack-tails", 0, "[=SIZE]",
	  "let small files and ends of files share compressed extents of up to SIZE, 8k to 128k",
	  OPTION_SIZE, FIELD(convert.data.pack_bytes), IMAGE_ONLY, .value = PACK_BYTES,
	  .min = PACK_MIN_BYTES, .max = PACK_MAX_BYTES, .step = BTRFS_SECTORSIZE, .shows_default = true },
	{ "skip-unsupported", 0, NULL,
	  "warn of members that btrfs cannot hold, and leave them out",
	  OPTION_SET, FIELD(convert.reader.skip_unsupported), .value = true,
	  .group = "What is accepted" },
	{ "allow-missing-end", 0, NULL,
	  "accept archives without an end marker, and without the padding of the last member",
	  OPTION_SET, FIELD(convert.reader.allow_missing_end), .value = true },
	{ "ignore-zeros", 0, NULL,
	  "read what follows a tar's end marker: archives joined by cat",
	  OPTION_SET, FIELD(convert.reader.ignore_zeros), .value = true },
	{ "progress", 0, "[=auto|always|never]",
	  "show progress; auto (default): only on a terminal",
	  OPTION_WORD, FIELD(report.progress), .words = progress_words, .value = PROGRESS_AUTO,
	  .group = "Reports" },
	{ "input-size", 0, "SIZE",
	  "bytes of input that --progress expects",
	  OPTION_SIZE, FIELD(report.input_bytes), .min = 1, .max = MAX_SIZE },
	{ "stats", 0, "[=json[:FILE]]",
	  "print figures of the run to stderr, or as JSON", CALL(parse_stats),
	  .brief = "print figures of the run" },
	{ "digest", 0, "[=FILE]",
	  "print the SHA-256 of the image like sha256sum, to stderr or FILE",
	  OPTION_PATH, FIELD(report.digest_path), GIVEN(report.digest), .fits_sprout = true,
	  .brief = "print the SHA-256 of the image" },
	{ "content-digest", 0, "[=FILE]",
	  "print the SHA-256 of the manifest, which does not depend on how the tree is stored",
	  OPTION_PATH, FIELD(report.content_digest_path), GIVEN(report.content_digest) },
	{ "manifest", 0, "FILE",
	  "write a canonical listing of the tree (mtree)", OPTION_PATH, FIELD(report.manifest_path),
	  .brief = "write a listing of the tree" },
	{ "quiet", 'q', NULL,
	  "print errors only", OPTION_SET, FIELD(level), .value = DIAG_ERROR, .fits_sprout = true,
	  .brief = "print errors only" },
	{ "verbose", 'v', NULL,
	  "also print a summary", OPTION_SET, FIELD(level), .value = DIAG_INFO, .fits_sprout = true,
	  .brief = "also print a summary" },
	{ "version", 'V', NULL,
	  "print the versions of the program, the image layout and the codec libraries", PRINT(print_version) },
	{ "help", 'h', "[=all]",
	  "print the options that most people need, or all in groups", PRINT(print_help),
	  .brief = "print this; --help=all: all options, in groups" },
	/* habits of users of mkfs.btrfs and tar2sqfs */
	{ .name = "checksum", .argument = "TYPE", .same_as = "csum" },
	{ .name = "byte-count", .letter = 'b', .argument = "SIZE", .same_as = "size" },
	{ .name = "runtime-features", .letter = 'R', .argument = "LIST", .same_as = "features" },
	{ .name = "jobs", .letter = 'j', .argument = "N", .same_as = "threads" },
	{ .name = "data", .letter = 'd', .argument = "single", .type = OPTION_WORD, .words = single_word },
	{ .name = "sectorsize", .letter = 's', .argument = "4096", .type = OPTION_SIZE, .min = BTRFS_SECTORSIZE, .max = BTRFS_SECTORSIZE },
	{ .name = "force", .letter = 'f', .type = OPTION_SET, .fits_sprout = true },
	{ .name = "nodiscard", .letter = 'K', .type = OPTION_SET, .fits_sprout = true },
	{ .name = "shrink", .type = OPTION_SET, FIELD(convert.image.free_bytes), GIVEN(is_free_given), IMAGE_ONLY },
	{ .name = "rootdir", .letter = 'r', .type = OPTION_REFUSE,
	  .help = "reads archives, no directories: tar -C DIR -c . | tar2btrfs -o IMAGE" },
	{ .name = "mixed", .letter = 'M', .type = OPTION_REFUSE,
	  .help = "data and metadata are never mixed; leave it out" },
	{ .name = "reflink", .type = OPTION_REFUSE,
	  .help = "data is always copied; equal data is stored once without this option" },
	{ .name = "exclude", .type = OPTION_REFUSE,
	  .help = "allowed: --exclude-path PATTERN, from the root on, or --exclude-regex REGEX" },
	{ .name = NULL },
};
// clang-format on
