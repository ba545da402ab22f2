#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Small archives that ask for much: memory and time stay bounded, and the error names the limit.

load helpers

setup()
{
	cd "$BATS_TEST_TMPDIR"
	export archive=a
}

bomb()
{
	python3 "$GEN/bombs.py" "$@"
}

# in_memory KIB OPTIONS - the program needs no more; sets $status, $stderr
in_memory()
{
	local limit=$1
	shift
	run --separate-stderr /usr/bin/time -q -o figures -f %M "$TAR2BTRFS" --threads 2 -o img "$@"
	echo "status $status, $(tail -n 1 figures) KiB: $stderr"
	[ -n "${SANITIZER:-}" ] || [ "$(tail -n 1 figures)" -le "$limit" ]
}

@test "what unpacks to a multiple ends at --max-bytes" {
	bomb zeros 600 | zstd -q -19 --long=20 >a
	[ "$(stat -c %s a)" -lt 100000 ]
	in_memory 65536 --max-bytes 512m a
	[ "$status" = 1 ]
	one_line
	[[ $stderr == 'tar2btrfs: a: unpacked, it has more than the 536870912 bytes that are allowed (see --max-bytes)' ]]
	[ ! -e img ]
	bomb zeros 1 >a
	"$TAR2BTRFS" --max-bytes $((0x100000 + 512 + 1024)) -o img a
	archive_refused 1 'a: it has more than the 1050111 bytes that are allowed (see --max-bytes)' --max-bytes $((0x100000 + 512 + 1023))
}

@test "members and implied directories end at --max-entries" {
	bomb paths 500000 100 >a
	in_memory 131072 --max-entries 600000 a
	[ "$status" = 1 ]
	one_line
	[[ $stderr == *'this makes more than the 600000 entries that are allowed (see --max-entries)' ]]
	bomb paths 10 10 >a
	"$TAR2BTRFS" --max-entries 100 -o img a
	archive_refused 1 'more than the 99 entries' --max-entries 99
}

@test "members that take much memory each end at --max-entries too" {
	for kind in 'attributes 300' 'targets 50000' 'stretches 150' 'cpio 200'; do
		# shellcheck disable=SC2086 # words
		bomb $kind >a
		in_memory $((65536 + 60000 * 400 / 1024)) --max-entries 60000 a
		[ "$status" = 1 ]
		one_line
		[[ $stderr == *'more than the 57554432 bytes of memory that are allowed (see --max-entries)' ]]
		[ ! -e img ]
	done
	bomb attributes 20 >a
	"$TAR2BTRFS" --max-entries 20 -o img a
	assert_check img
}

# bats test_tags=slow
@test "ten million implied directories are refused without an option" {
	require_plain_build
	bomb paths 500000 20 | gzip -1 >a
	in_memory $((65536 + 8000000 * 400 / 1024)) a
	[ "$status" = 1 ]
	[[ $stderr == *'this makes more than the 8000000 entries that are allowed (see --max-entries)' ]]
}

@test "a path of 100,000 components is a path" {
	bomb paths 100000 1 >a
	in_memory 131072 a
	[ "$status" = 0 ]
	assert_check img
}

@test "a file of 8 EiB that is one hole" {
	bomb sparse >a
	in_memory 65536 a
	[ "$status" = 0 ]
	[ "$(stat -c %s img)" -lt 2000000 ]
	assert_check img
}

@test "a million attributes are more than a pax header may hold; what it holds arrives" {
	bomb xattrs 1000000 >a
	in_memory 65536 a
	[ "$status" = 1 ]
	one_line
	[[ $stderr == *'1048576'* ]]
	bomb xattrs 30000 >a
	in_memory 65536 a
	[ "$status" = 0 ]
	assert_check img
}

@test "symbolic links do not multiply the work of a member" {
	bomb links 100000 >a
	in_memory 65536 a
	[ "$status" = 1 ]
	one_line
	[[ $stderr == 'tar2btrfs: s0/0: its path goes through symbolic links of more than the 1024 components allowed' ]]
}

@test "--max-entries and --max-bytes take numbers from 1 on" {
	bomb zeros 1 >a
	archive_refused 2 "1 or more" --max-entries 0
	archive_refused 2 "1 or more" --max-entries 1k
	archive_refused 2 "1 or more, with suffix k, m, g or t" --max-bytes 0
	archive_refused 2 "1 or more, with suffix k, m, g or t" --max-bytes 1x
	"$TAR2BTRFS" --max-entries 18446744073709551615 --max-bytes 16777215t -o img a
	"$TAR2BTRFS" --max-bytes 1.5g -o img a
}

@test "several archives are bounded together" {
	bomb zeros 1 >a
	bomb zeros 1 >b
	"$TAR2BTRFS" --max-bytes 2100224 -o img a b
	run --separate-stderr "$TAR2BTRFS" --max-bytes 2100223 -o img2 a b
	[ "$status" = 1 ]
	[[ $stderr == 'tar2btrfs: b: it has more than the 2100223 bytes that are allowed in all (see --max-bytes)' ]]
	run --separate-stderr "$TAR2BTRFS" --max-entries 1 -o img2 a b
	[ "$status" = 1 ]
	[[ $stderr == *'this makes more than the 1 entries that are allowed (see --max-entries)' ]]
	[ ! -e img2 ]
}
