#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run.sh FSTESTS [TEST...] - run tests of a built checkout of fstests on filesystems, seeds and sprouts of tar2btrfs.
# The last line is "N passed, N failed, N skipped"; a test that is skipped, or whose filesystems were not made by
# tar2btrfs, is named. Needs root, loop devices, 8 GB of disk (sparse) in TMPDIR, and xfsprogs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)

# what changes, fills and balances a filesystem; then those of seeds and sprouts
quick='generic/001 generic/005 generic/013 generic/015 generic/020 generic/027 generic/069 generic/083 generic/102
	btrfs/131 btrfs/156 btrfs/170
	btrfs/161 btrfs/162 btrfs/163 btrfs/164 btrfs/216 btrfs/218 btrfs/225 btrfs/238'

fstests=${1:-}
if [ ! -x "$fstests/check" ] || [ ! -x "$fstests/ltp/fsstress" ]; then
	echo "usage: make check-fstests FSTESTS=DIR, a checkout of fstests in which make was run" >&2
	exit 2
fi
[ "$(id -u)" = 0 ] || { echo "needs root" >&2; exit 1; }
shift
[ $# -gt 0 ] || read -rd '' -a tests <<<"$quick" || set -- "${tests[@]}"

work=$(mktemp -d)
loops=()
clean()
{
	umount "$work/test" "$work/scratch" 2>/dev/null || :
	[ ${#loops[@]} = 0 ] || losetup -d "${loops[@]}"
	rm -rf "$work"
}
trap clean EXIT
trap 'exit 1' INT TERM

mkdir "$work"/{test,scratch,bin,results}
for name in test scratch-{1,2,3}; do
	truncate -s 2g "$work/$name.img"
	loops+=("$(losetup -f --show "$work/$name.img")")
done

TAR2BTRFS=${TAR2BTRFS:-$top/tar2btrfs} BTRFS2TAR=${BTRFS2TAR:-$top/btrfs2tar}
REAL_MKFS=$(command -v mkfs.btrfs) REAL_TUNE=$(command -v btrfstune) REAL_BTRFS=$(command -v btrfs)
MADE_BY=$work/made-by SEED_TAR=$work/seed.tar
export TAR2BTRFS BTRFS2TAR REAL_MKFS REAL_TUNE REAL_BTRFS MADE_BY SEED_TAR
ln -s "$here/mkfs.btrfs" "$here/btrfstune" "$here/btrfs" "$work/bin"
PATH=$work/bin:$PATH
: >"$MADE_BY"
mkfs.btrfs -f "${loops[0]}"

export FSTYP=btrfs TEST_DEV=${loops[0]} TEST_DIR=$work/test SCRATCH_MNT=$work/scratch RESULT_BASE=$work/results
export SCRATCH_DEV_POOL="${loops[*]:1}" HOST_OPTIONS=$work/none
unset SCRATCH_DEV
passed=0 failed=0 skipped=0
for t in "$@"; do
	: >"$MADE_BY"
	(cd "$fstests" && ./check "$t") >"$work/log" 2>&1 && status=0 || status=$?
	others=$(grep -c '^mkfs' "$MADE_BY" || :)
	seeds=$(grep -c '^seed' "$MADE_BY" || :)
	sprouts=$(grep -c '^sprout' "$MADE_BY" || :)
	made="$(grep -c '^tar2btrfs' "$MADE_BY" || :) by tar2btrfs"
	[ "$seeds" = 0 ] || made+=", $seeds seed"
	[ "$sprouts" = 0 ] || made+=", $sprouts sprout"
	if grep -q "^$t.*\[not run\]" "$work/log"; then
		skipped=$((skipped + 1))
		echo "skipped  $(grep "^$t" "$work/log")"
	elif [ "$status" != 0 ]; then
		failed=$((failed + 1))
		echo "FAILED   $t"
		sed 's/^/        /' "$work/log"
	else
		passed=$((passed + 1))
		[ "$others" = 0 ] || made+=", $others BY MKFS.BTRFS"
		echo "ok       $t: filesystems: $made"
	fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
