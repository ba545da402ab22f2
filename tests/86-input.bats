#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Archives made by hand, good and bad ones, as tests/input/mkarchive.py lists them.

load helpers

setup_file()
{
	export ARCHIVES=$BATS_FILE_TMPDIR/archives
	mkdir "$ARCHIVES"
	python3 "$TOP/tests/input/mkarchive.py" --all "$ARCHIVES"
}

list()
{
	python3 "$TOP/tests/input/mkarchive.py" --list "$1"
}

# judge STATUS NAME REGEX [OPTIONS] - the run ends so, with one line that the regex finds; after a failure without output
judge()
{
	local status=0 want=$1 name=$2 regex=$3 out=$BATS_TEST_TMPDIR/out err=$BATS_TEST_TMPDIR/err
	shift 3
	"$TAR2BTRFS" "$@" <"$ARCHIVES/$name" >"$out" 2>"$err" || status=$?
	if [ $status != "$want" ] || { [ "$want" != 0 ] && [ -s "$out" ]; } ||
		[ "$(wc -l <"$err")" != 1 ] || ! grep -qE -- "$regex" "$err"; then
		echo "$name $*: exit status $status, $(stat -c %s "$out") bytes, expected $want and $regex; stderr:"
		cat "$err"
		return 1
	fi
}

@test "bad archives: exit 1, one line that names what is wrong, no output" {
	local failed=0 name regex
	while IFS=$'\t' read -r name regex; do
		judge 1 "$name" "$regex" || failed=1
	done < <(list bad)
	[ $failed = 0 ]
}

@test "odd archives: a warning, and the image" {
	local failed=0 name regex
	while IFS=$'\t' read -r name regex; do
		judge 0 "$name" "$regex" || failed=1
	done < <(list warn)
	[ $failed = 0 ]
}

@test "what btrfs cannot hold: refused, or warned of with --skip-unsupported" {
	local failed=0 name regex
	while IFS=$'\t' read -r name regex; do
		judge 1 "$name" "$regex" || failed=1
		judge 0 "$name" "$regex" --skip-unsupported || failed=1
	done < <(list skip)
	[ $failed = 0 ]
}

@test "good archives: no word, the same image for all of one group, and it checks clean" {
	local failed=0 name group sum
	declare -A sums
	while IFS=$'\t' read -r name group; do
		"$TAR2BTRFS" -o "$BATS_TEST_TMPDIR/img" "$ARCHIVES/$name" 2>"$BATS_TEST_TMPDIR/err" || failed=1
		if [ -s "$BATS_TEST_TMPDIR/err" ]; then
			echo "$name:"
			cat "$BATS_TEST_TMPDIR/err"
			failed=1
		fi
		sum=$(sha256sum <"$BATS_TEST_TMPDIR/img")
		if [ "${sums[$group]:-$sum}" != "$sum" ]; then
			echo "$name is another image than others of $group"
			failed=1
		fi
		[ -n "${sums[$group]:-}" ] || assert_check "$BATS_TEST_TMPDIR/img" || failed=1
		sums[$group]=$sum
	done < <(list good)
	[ ${#sums[@]} -gt 20 ]
	[ $failed = 0 ]
}

@test "a tar whose first name begins like a cpio header" {
	spec_tar "$BATS_TEST_TMPDIR/tar" <<<"file 070701/f text=x"
	"$TAR2BTRFS" <"$BATS_TEST_TMPDIR/tar" >"$BATS_TEST_TMPDIR/img"
	assert_check "$BATS_TEST_TMPDIR/img"
}
