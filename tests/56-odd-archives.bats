#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Rare forms of good archives, and what is no archive. The oracles are GNU cpio, GNU tar and lz4.

load helpers

setup()
{
	cd "$BATS_TEST_TMPDIR"
	mkdir tree
	echo f >tree/f
	echo g >tree/g
	tar -C tree --sort=name -cf tar f g
}

# skippable MAGIC BYTES >FILE - a frame without data
skippable()
{
	python3 -c "import struct, sys
sys.stdout.buffer.write(struct.pack('<II', $1, $2) + b'x' * $2)"
}

@test "cpio of HP-UX: a device's number is in the place of its size" {
	require_root
	require_tool cpio
	mknod tree/b b 8 300
	mknod tree/c c 4 65
	mkfifo tree/p
	for format in hpodc hpbin; do
		(cd tree && printf '%s\n' b c f g p | cpio --quiet -o -H $format) >cpio
		"$TAR2BTRFS" -o img --manifest=list cpio
		grep -q '^./b type=block .* device=native,8,300$' list
		grep -q '^./c type=char .* device=native,4,65$' list
		grep -q '^./g type=file .* size=2 ' list
		# what GNU cpio makes of it is the same image
		rm -rf out
		mkdir out
		(cd out && cpio --quiet -imd <../cpio)
		tar -C out -c b c f g p | "$TAR2BTRFS" --mtime 0 | cmp - <("$TAR2BTRFS" --mtime 0 cpio)
	done
	# no device: the size is one
	python3 - >cpio <<-'END'
		def odc(name, mode, rdev, data):
		    return b'070707%06o%06o%06o%06o%06o%06o%06o%011o%06o%011o%s\0%s' % (
		        0, 1, mode, 0, 0, 1, rdev, 0, len(name) + 1, len(data), name, data)
		import sys
		sys.stdout.buffer.write(odc(b'f', 0o100644, 1, b'hello') + odc(b'TRAILER!!!', 0, 0, b''))
	END
	"$TAR2BTRFS" -o img --manifest=list cpio
	grep -q '^./f type=file .* size=5 ' list
}

@test "frames without data, in front of lz4 and zstd, between and behind" {
	require_tool lz4 zstd
	"$TAR2BTRFS" -o plain tar
	skippable 0x184D2A50 20 >small
	skippable 0x184D2A5F 300000 >large
	for skip in small large; do
		for tool in lz4 zstd; do
			$tool -q -c tar >packed
			$tool -q -c <(head -c 1000 tar) >first
			$tool -q -c <(tail -c +1001 tar) >second
			for parts in "$skip packed" "$skip $skip packed" "packed $skip" "first $skip second" "$skip first $skip $skip second $skip"; do
				# shellcheck disable=SC2086 # names of files
				cat $parts >archive
				$tool -dc archive 2>/dev/null | cmp - tar
				"$TAR2BTRFS" archive | cmp - plain
				"$TAR2BTRFS" <archive | cmp - plain
			done
		done
		gzip -c tar | cat $skip - >archive
		refused 1 -o img archive
		export archive=$skip
		archive_refused 1 'empty input' -o img
		head -c 10 $skip >short
		export archive=short
		archive_refused 1 'the zstd data are cut' -o img
	done
}

@test "a plain tar behind a packed one is refused, as by GNU tar" {
	gzip -c tar | cat - tar >archive
	run -2 tar -tzf archive
	refused 1 -o img archive
	[[ $stderr == *': there are other bytes behind the gzip data' ]]
	refused 1 --ignore-zeros -o img archive
	# zeros are allowed, as by GNU tar
	gzip -c tar | cat - <(head -c 10000 /dev/zero) >archive
	tar -tzf archive
	"$TAR2BTRFS" archive | cmp - <("$TAR2BTRFS" tar)
}

@test "--max-bytes counts unpacked bytes, exactly" {
	head -c 50000 /dev/urandom >tree/noise
	tar -C tree --sort=name -cf tar .
	local bytes packed
	bytes=$(stat -c %s tar)
	for packer in 'cat' 'gzip -1' 'xz -0' 'zstd -q' 'lz4 -q'; do
		# what is behind packed data is not unpacked; lz4 has stored blocks, so its file may be the larger one
		$packer <tar >archive
		packed=$(stat -c %s archive)
		echo "$packer: $packed of $bytes"
		"$TAR2BTRFS" --max-bytes "$bytes" archive | cmp - <("$TAR2BTRFS" tar)
		"$TAR2BTRFS" --max-bytes "$bytes" <archive | cmp - <("$TAR2BTRFS" tar)
		export archive=archive
		archive_refused 1 "it has more than the $((bytes - 1)) bytes that are allowed (see --max-bytes)" --max-bytes $((bytes - 1))
		archive_refused 1 'it has more than the 1000 bytes' --max-bytes 1000
	done
	# a packed file that is larger than what it holds
	skippable 0x184D2A50 100000 >large
	zstd -q -c tar | cat large - >archive
	"$TAR2BTRFS" --max-bytes "$bytes" archive | cmp - <("$TAR2BTRFS" tar)
	archive_refused 1 "it has more than the $((bytes - 1)) bytes" --max-bytes $((bytes - 1))
	# several archives count together
	"$TAR2BTRFS" --max-bytes $((2 * bytes)) tar tar >img
	refused 1 --max-bytes $((2 * bytes - 1)) tar tar
	[[ $stderr == *'bytes that are allowed in all (see --max-bytes)' ]]
}
