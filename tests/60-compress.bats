#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Codecs and levels: what is stored how, and that the kernel reads it; incompressible data stays as it is.
# bats file_tags=kernel

load helpers

setup_file()
{
	require_mount || return 0
	python3 "$GEN/archive.py" tar >"$BATS_FILE_TMPDIR/tar" <<-END
		file text size=1000000
		file noise size=700000 seed=noise
		file zeros size=1000001 seed=zeros
		file mixed size=500000 hole=100000+100000
		file inline text=$(printf 'compress-me-%.0s' $(seq 1 200))
		file small size=3000 seed=noise
		file piece size=131072
		file shrinks-by-less-than-a-sector size=4096
	END
	python3 "$GEN/archive.py" manifest >"$BATS_FILE_TMPDIR/manifest" <<-END
		file text size=1000000
		file noise size=700000 seed=noise
		file zeros size=1000001 seed=zeros
		file mixed size=500000 hole=100000+100000
		file inline text=$(printf 'compress-me-%.0s' $(seq 1 200))
		file small size=3000 seed=noise
		file piece size=131072
		file shrinks-by-less-than-a-sector size=4096
	END
}

setup()
{
	skip_if_unmet
	img=$BATS_TEST_TMPDIR/img
	tar=$BATS_FILE_TMPDIR/tar
}

codec_test()
{
	mkimage "$img" "$tar" --compress "$1"
	assert_check "$img"
	with_mount "$img" compare_manifest "$BATS_FILE_TMPDIR/manifest"
	extents=$(btrfs inspect-internal dump-tree -t 5 "$img" | grep -E 'extent compression|extent data disk|extent data offset|inline extent')
}

@test "none stores everything plainly" {
	codec_test none
	[[ $extents != *"(zstd)"* && $extents != *"(zlib)"* && $extents != *"(lzo)"* ]]
}

@test "zstd, all levels" {
	for level in 1 2 3 5 9 15 19; do
		codec_test zstd:$level
		[[ $extents == *"compression 3 (zstd)"* ]]
	done
}

@test "zlib, all levels" {
	for level in 1 2 3 4 5 6 7 8 9; do
		codec_test zlib:$level
		[[ $extents == *"compression 1 (zlib)"* ]]
	done
}

@test "lzo, both levels" {
	for level in 1 9; do
		codec_test lzo:$level
		[[ $extents == *"compression 2 (lzo)"* ]]
	done
}

@test "default levels: zstd:3 without the switch, zlib:3, lzo:1" {
	assert_equal "$(image_hash <"$tar")" "$(image_hash --compress zstd:3 <"$tar")"
	assert_equal "$(image_hash --compress zstd <"$tar")" "$(image_hash --compress zstd:3 <"$tar")"
	assert_equal "$(image_hash --compress zlib <"$tar")" "$(image_hash --compress zlib:3 <"$tar")"
	assert_equal "$(image_hash --compress lzo <"$tar")" "$(image_hash --compress lzo:1 <"$tar")"
	assert_differ "$(image_hash --compress zlib:9 <"$tar")" "$(image_hash --compress zlib:1 <"$tar")"
}

@test "levels and names that do not exist are wrong usage" {
	for c in zstd:0 zstd:20 zlib:0 zlib:10 lzo:2 lzo:10 none:1 gzip zstd: ''; do
		run -2 "$TAR2BTRFS" --compress "$c" -o "$img" "$tar"
	done
}

@test "noise is stored plainly, text compressed, by the piece" {
	spec_tar "$img.tar" <<<"file f size=262144 seed=noise"
	for c in zstd zlib lzo; do
		mkimage "$img" "$img.tar" --compress $c
		run btrfs inspect-internal dump-tree -t 5 "$img"
		[[ $output == *"compression 0 (none)"* && $output != *"($c)"* ]]
	done
}

@test "compressed extents hold at most 128 KiB, plain ones at most 1 MiB" {
	spec_tar "$img.tar" <<-END
		file text size=5000000
		file noise size=5000000 seed=noise
	END
	mkimage "$img" "$img.tar"
	assert_check "$img"
	run -0 python3 - <(btrfs inspect-internal dump-tree -t 5 "$img") <<-'END'
		import re, sys
		most = {}
		for m in re.finditer(r'extent data offset \d+ nr (\d+) ram \d+\s+extent compression (\d)', open(sys.argv[1]).read()):
		    most[m.group(2)] = max(most.get(m.group(2), 0), int(m.group(1)))
		print(most)
		assert most['3'] == 131072 and 131072 <= most['0'] <= 1 << 20
	END
}

@test "checksums by hardware and by table agree with the kernel's" {
	# the program chooses by the CPU; valgrind or an emulated CPU would take the table, the unit tests compare both
	mkimage "$img" "$tar" --compress none --csum crc32c
	assert_check "$img"
}
