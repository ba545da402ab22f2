# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Loaded by every bats file: where the program is, images, mounts that are always undone, assertions.
#
# The files of a test are below BATS_TEST_TMPDIR or, made by setup_file, below BATS_FILE_TMPDIR; teardown
# removes mounts and loop devices below them. Several tests may run at once on one machine. So image
# labels are unique, since two images of one content cannot be mounted at once, and kernel messages are
# selected by device.

bats_require_minimum_version 1.5.0

TOP=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
export TOP
TAR2BTRFS=$(realpath "${TAR2BTRFS:-$TOP/tar2btrfs}")
export TAR2BTRFS
BTRFS2TAR=$(realpath "${BTRFS2TAR:-${TAR2BTRFS%/*}/btrfs2tar}")
export BTRFS2TAR
export GEN=$TOP/tests/gen
export LC_ALL=C
unset SOURCE_DATE_EPOCH
# A sanitizer's report ends in abort(), whose status differs from 1 and 2.
export ASAN_OPTIONS=${ASAN_OPTIONS:-abort_on_error=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}

# ---- what a test needs -------------------------------------------------------

# skip; with CI=true fail instead, so that CI leaves no test out. bats cannot skip in setup_file: write "require_... ||
# return 0" there, and skip_if_unmet in setup.
skip_or_fail()
{
	[ "${CI:-}" != true ] || { echo "needed here: $1" >&2; exit 1; }
	[ -z "${BATS_TEST_NAME:-}" ] || skip "$1"
	echo "$1" >"$BATS_FILE_TMPDIR/unmet"
	return 1
}

skip_if_unmet()
{
	[ ! -e "$BATS_FILE_TMPDIR/unmet" ] || skip "$(<"$BATS_FILE_TMPDIR/unmet")"
}

require_tool()
{
	local t
	for t; do
		command -v "$t" >/dev/null || skip_or_fail "no $t" || return
	done
}

require_root()
{
	[ "$(id -u)" = 0 ] || skip_or_fail "needs root"
}

# root, loop devices and a kernel that mounts btrfs
require_mount()
{
	require_root && require_tool losetup mount btrfs || return
	[ -e /dev/loop-control ] || skip_or_fail "no loop devices" || return
	grep -qw btrfs /proc/filesystems || modprobe btrfs 2>/dev/null || skip_or_fail "no btrfs in the kernel"
}

# skip under a sanitizer, where times and memory are not those of the program
require_plain_build()
{
	[ -z "${SANITIZER:-}" ] || skip "not for $SANITIZER builds"
}

# ---- archives and images -----------------------------------------------------

# spec_tar OUT [OPTIONS] <SPEC - a tar archive from the text that tests/gen/archive.py describes
spec_tar()
{
	local out=$1
	shift
	python3 "$GEN/archive.py" tar "$@" >"$out"
}

# subvol_uuids IMAGE - of subvolumes below the top level, by id
subvol_uuids()
{
	btrfs inspect-internal dump-tree -t root "$1" | awk '/item .*key \(2[5-9][0-9] ROOT_ITEM/ { is_subvol = 1 }
		is_subvol && $1 == "uuid" { print $2; is_subvol = 0 }'
}

# a label that no other image on this machine has
unique_label()
{
	echo "${BATS_TEST_NAME:-file} ${BATS_RUN_TMPDIR##*/} ${BATS_TEST_NUMBER:-0}" | tail -c 200 | tr -d '\n'
}

# mkimage OUT ARCHIVE [OPTIONS] - an image with a unique label; stderr must stay empty
mkimage()
{
	local out=$1 archive=$2
	shift 2
	"$TAR2BTRFS" -L "$(unique_label)" -o "$out" "$@" "$archive" 2>"$BATS_FILE_TMPDIR/stderr" || {
		cat "$BATS_FILE_TMPDIR/stderr"
		return 1
	}
	[ ! -s "$BATS_FILE_TMPDIR/stderr" ] || {
		cat "$BATS_FILE_TMPDIR/stderr"
		return 1
	}
}

# image_hash [OPTIONS] - SHA-256 of the image on stdout, archive on stdin
image_hash()
{
	set -o pipefail
	"$TAR2BTRFS" "$@" | sha256sum | cut -c1-64
}

# assert_same_bytes SPEC OPTIONS - the image depends neither on the order of members nor on the number of threads
assert_same_bytes()
{
	local spec=$1 archive expected seed threads
	shift
	archive=$BATS_TEST_TMPDIR/ordered.tar
	python3 "$GEN/archive.py" tar <"$spec" >"$archive"
	expected=$(image_hash "$@" <"$archive")
	for seed in 1 2 3 4 5 6 7 8 9 10; do
		assert_equal "$(python3 "$GEN/archive.py" tar --shuffle "$seed" <"$spec" | image_hash "$@")" "$expected"
	done
	for threads in 1 3 8; do
		assert_equal "$(image_hash "$@" --threads "$threads" <"$archive")" "$expected"
	done
}

# one_line - after `run --separate-stderr`: stderr is one line of the program
one_line()
{
	echo "stderr: ${stderr:?}"
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ $stderr == 'tar2btrfs: '* ]]
}

# refused STATUS ARG... - the program prints one line on stderr, nothing on stdout
refused()
{
	local wanted=$1
	shift
	run "-$wanted" --separate-stderr "$TAR2BTRFS" "$@"
	[ -z "$output" ]
	one_line
}

# archive_refused STATUS TEXT OPTION... - the program refuses "$archive" in the same way, and the line has the text
archive_refused()
{
	local wanted=$1 text=$2
	shift 2
	refused "$wanted" "$@" "${archive:?}"
	[[ $stderr == *"$text"* ]]
}

# export_refused TEXT ARG... - btrfs2tar ends with status 1 and one line that has the text; stdout is $output
export_refused()
{
	local text=$1
	shift
	run -1 --separate-stderr timeout 60 "$BTRFS2TAR" "$@"
	echo "stderr: $stderr"
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ $stderr == 'btrfs2tar: '*"$text"* ]]
}

# super IMAGE FIELD - a field of the superblock
super()
{
	btrfs inspect-internal dump-super "$1" | awk -v f="$2" '$1 == f { print $2; exit }'
}

assert_equal()
{
	[ "$1" = "$2" ] || {
		echo "found:    $1"
		echo "expected: $2"
		return 1
	}
}

assert_differ()
{
	[ "$1" != "$2" ] || {
		echo "both are $1"
		return 1
	}
}

# assert_check IMAGE [lowmem] - btrfs check has neither an error nor a warning. --force: that an account cannot find out
# whether the image is mounted, where others have loop devices, is no error
assert_check()
{
	local mode log=$BATS_FILE_TMPDIR/check.$BASHPID
	for mode in original ${2:-}; do
		if ! btrfs check --force --readonly --check-data-csum --mode="$mode" "$1" >"$log" 2>&1 ||
			grep -v 'no error found\|cannot check mount status' "$log" | grep -qiE 'warning|error|mismatch|bad |invalid|unaligned'; then
			echo "btrfs check --mode=$mode $1:"
			head -n 60 "$log"
			return 1
		fi
	done
	rm -f "$log"
}

# ---- mounts --------------------------------------------------------------------

# attach FILE [LOSETUP OPTIONS] - sets $dev to a loop device of the file; kernel messages about it count from here
attach()
{
	local file=$1
	shift
	dev=$(losetup --find --show "$@" "$file")
	dmesg_mark "$dev"
}

# mount_image IMAGE DIR [OPTIONS] - mount, read-only by default; sets $dev
mount_image()
{
	local image=$1 dir=$2
	mkdir -p "$dir"
	if [ $# -gt 2 ]; then
		attach "$image"
		mount -t btrfs -o "$3" "$dev" "$dir"
	else
		attach "$image" -r
		mount -t btrfs -o ro "$dev" "$dir"
	fi
}

# detach DIR [DEV] - unmount and release the device; the kernel must have printed no message about it
detach()
{
	local device=${2:-$(findmnt -n -o SOURCE "$1")}
	umount "$1"
	assert_dmesg "$device"
	losetup -d "$device"
}

# mount_devices DEVICE OPTIONS - on $m; other processes that look at all devices open seeds for moments: then again
mount_devices()
{
	local try
	for try in 1 2 3 4 5; do
		mount -t btrfs -o "$2" "$1" "$m" 2>mount.log && return 0
		grep -q 'busy' mount.log || break
		sleep "0.$try"
	done
	cat mount.log
	return 1
}

# check_devices DEVICE [lowmem] - all devices of its filesystem. The check scans for them, and comes across devices of other tests.
check_devices()
{
	local mode
	for mode in original "${@:2}"; do
		if ! btrfs check --readonly --check-data-csum --mode="$mode" "$1" >check 2>&1 ||
			grep -v 'no error found\|cannot scan' check | grep -iE 'warning|error|mismatch|bad |invalid|unaligned'; then
			head -n 60 check
			return 1
		fi
	done
}

# use_grown DEVICE - what is mounted on $m is written to and balanced, has a snapshot and quotas. DEVICE is the one that is
# scrubbed: the kernel takes blocks of any seed for damaged ones (docs/sprouts.md)
use_grown()
{
	local log
	echo new >"$m/new"
	echo more >>"$m/types/file"
	rm -r "$m/data/1" "$m/many"
	cp -a "$m/sizes" "$m/copy"
	sync -f "$m"
	btrfs subvolume snapshot "$m" "$m/snapshot" >/dev/null
	btrfs quota enable "$m"
	btrfs quota rescan -w "$m" >/dev/null
	btrfs qgroup show "$m" | grep -q '^0/5 '
	btrfs quota disable "$m"
	btrfs balance start --full-balance "$m" >/dev/null
	log=$(btrfs scrub start -BrR "$1")
	! grep -E '_errors: *[1-9]|aborted' <<<"$log"
}

# drop_seed SEED_DEVICE DEVICE [OPTIONS OF treecmp.py] - from what is mounted on $m: then DEVICE alone has the same content, and scrub is clean
drop_seed()
{
	python3 "$TOP/tests/tools/treecmp.py" --dump "$m" >before
	btrfs device remove "$1" "$m"
	umount "$m"
	btrfs device scan --forget "$1" || :
	mount -t btrfs -o subvolid=5 "$2" "$m"
	python3 "$TOP/tests/tools/treecmp.py" --manifest before "$m" "${@:3}"
	assert_scrub "$m"
	umount "$m"
}

# release_sprout - give back $sprout_dev and $seed_dev; the kernel must not have complained
release_sprout()
{
	local d
	for d in "$sprout_dev" "$seed_dev"; do
		assert_dmesg "$d"
		losetup -d "$d"
	done
}

# make_receiver - in setup_file: the rich tree as spec and tar, and a scratch filesystem for enter_receiver
make_receiver()
{
	cd "$BATS_FILE_TMPDIR" || return
	python3 "$GEN/rich.py" >spec
	spec_tar tar <spec
	scratch_btrfs "$BATS_FILE_TMPDIR/fs" 8g
}

# enter_receiver - to the test's directory; $into is one of its own in the file's scratch filesystem, $FS
enter_receiver()
{
	cd "$BATS_TEST_TMPDIR" || return
	FS=$BATS_FILE_TMPDIR/fs
	into=$FS/$BATS_TEST_NUMBER
	mkdir -p "$into"
}

# receive STREAM - into $into
receive()
{
	btrfs receive "$into" <"$1" 2>err || {
		cat err
		return 1
	}
}

# with_mount IMAGE COMMAND... - run the command with $mnt mounted, and unmount even if it fails
with_mount()
{
	local image=$1 status=0
	shift
	mnt=$(mktemp -d "${BATS_TEST_TMPDIR:-$BATS_FILE_TMPDIR}/mnt.XXXXXX")
	mount_image "$image" "$mnt"
	"$@" || status=$?
	detach "$mnt" "$dev"
	rmdir "$mnt"
	return "$status"
}

# remove the mounts below a directory, innermost first, then the loop devices of files there
undo_mounts()
{
	local where
	while read -r where; do
		umount "$where" || umount -l "$where"
	done < <(findmnt -rn -o TARGET | grep -F "$1/" | tac)
	while read -r where; do
		losetup -d "$where"
	done < <(losetup -n -O NAME,BACK-FILE 2>/dev/null | grep -F "$1/" | cut -d' ' -f1)
	return 0
}

teardown()
{
	undo_mounts "$BATS_TEST_TMPDIR"
}

teardown_file()
{
	undo_mounts "$BATS_FILE_TMPDIR"
}

# ---- the kernel's messages -----------------------------------------------------

# dmesg_mark DEV - remember the end of the log; from attach to detach only this test uses the device
dmesg_mark()
{
	echo "tar2btrfs-test $1 attached" >/dev/kmsg
}

dmesg_since_mark()
{
	dmesg | awk -v mark="tar2btrfs-test $1 attached" '
		index($0, mark) { n = 0; next }
		{ line[n++] = $0 }
		END { for (i = 0; i < n; i++) print line[i] }' |
		grep -E "${1##*/}([^0-9]|\$)" || true
}

# assert_dmesg DEV - no warning and no error about the device since it was attached
assert_dmesg()
{
	local lines
	# the last pattern: a seed that the kernel already knew came back with another loop device
	lines=$(dmesg_since_mark "$1" | grep -E 'BTRFS (warning|error|critical|alert|emergency)|I/O error|WARNING:|BUG:' |
		grep -v 'maj:min changed from 0:0' || true)
	[ -z "$lines" ] || {
		echo "kernel messages:"
		echo "$lines"
		return 1
	}
}

# ---- assertions about mounted trees ---------------------------------------------

# assert_scrub DIR - a read-only scrub of the mounted filesystem finds nothing
assert_scrub()
{
	local log
	log=$(btrfs scrub start -BrR "$1" 2>&1) || {
		echo "$log"
		return 1
	}
	if grep -E '_errors: *[1-9]|aborted' <<<"$log"; then
		echo "$log"
		return 1
	fi
	grep -q 'data_bytes_scrubbed' <<<"$log"
}

# assert_tree_equal A B [TREECMP OPTIONS] - treecmp.py finds no difference, also none in holes
assert_tree_equal()
{
	local a=$1 b=$2
	shift 2
	python3 "$TOP/tests/tools/treecmp.py" --holes "$@" "$a" "$b"
}

# assert_manifest IMAGE <SPEC - the mounted image is the tree that the spec describes
assert_manifest()
{
	local m=$BATS_TEST_TMPDIR/manifest.$BASHPID
	python3 "$GEN/archive.py" manifest >"$m"
	with_mount "$1" compare_manifest "$m"
}

compare_manifest()
{
	python3 "$TOP/tests/tools/treecmp.py" --manifest "$1" "$mnt"
}

# assert_image IMAGE REFERENCE [TREECMP OPTIONS] - everything: check, mount, compare, scrub, no kernel messages
assert_image()
{
	local image=$1 reference=$2
	shift 2
	assert_check "$image"
	with_mount "$image" compare_and_scrub "$reference" "$@"
}

compare_and_scrub()
{
	local reference=$1
	shift
	assert_tree_equal "$reference" "$mnt" "$@" && assert_scrub "$mnt"
}

# spec_image IMAGE [OPTIONS] <SPEC - archive and image in one step, checked
spec_image()
{
	local image=$1
	shift
	spec_tar "$image.tar"
	mkimage "$image" "$image.tar" "$@"
	assert_check "$image"
}

# scratch_btrfs DIR - mount an empty btrfs of mkfs.btrfs, to extract reference trees on
scratch_btrfs()
{
	truncate -s "${2:-4g}" "$1.scratch"
	mkfs.btrfs -q -f "$1.scratch"
	mount_image "$1.scratch" "$1" rw
}
