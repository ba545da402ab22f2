#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Hard links: one inode whatever the order, up to what btrfs holds; extended references; symlink targets at the limits.
# bats file_tags=kernel

load helpers

setup()
{
	require_mount
	img=$BATS_TEST_TMPDIR/img
}

repeat()
{
	printf "%$2s" '' | tr ' ' "$1"
}

@test "links before and after their target, and in chains" {
	cat >"$BATS_TEST_TMPDIR/spec" <<-END
		link early d/file
		file d/file text=linked mode=0600 mtime=9 x.user.a=1
		link z/late d/file
		link chained z/late
		symlink sym nowhere
		link sym2 sym
		fifo p
		link p2 p
		char c 1,3
		link c2 c
	END
	spec_image "$img" <"$BATS_TEST_TMPDIR/spec"
	assert_manifest "$img" <"$BATS_TEST_TMPDIR/spec"
}

@test "any order of links gives one image" {
	cat >"$BATS_TEST_TMPDIR/spec" <<-END
		file d/file text=linked
		link a d/file
		link z d/file
		link m a
	END
	for seed in 1 2 3 4 5 6; do
		echo "seed $seed" >&2
		spec_tar "$img.tar" --shuffle $seed <"$BATS_TEST_TMPDIR/spec"
		image_hash <"$img.tar"
	done | sort -u >"$BATS_TEST_TMPDIR/hashes"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/hashes")" = 1 ]
}

@test "replacing one name leaves the others" {
	spec_tar "$img.tar" <<-END
		file a text=first
		link b a
		file a text=second
		link c a
	END
	mkimage "$img" "$img.tar"
	assert_check "$img"
	assert_manifest "$img" <<-END
		file b text=first
		file a text=second
		link c a
	END
}

@test "a link without target and a link to a directory are refused" {
	spec_tar "$img.tar" <<<"link a nowhere"
	run -1 "$TAR2BTRFS" -o "$img" "$img.tar"
	spec_tar "$img.tar" <<-END
		dir d
		link a d
	END
	run -1 "$TAR2BTRFS" -o "$img" "$img.tar"
}

@test "3,000 links in one directory" {
	python3 "$GEN/stream.py" links 3000 >"$img.tar"
	for nodesize in 4k 16k 64k; do
		mkimage "$img" "$img.tar" -n $nodesize
		assert_check "$img"
		with_mount "$img" has_links 3000
	done
}

@test "65,535 links in many directories, one more is refused" {
	python3 "$GEN/stream.py" links 65535 97 >"$img.tar"
	mkimage "$img" "$img.tar"
	# btrfs check takes the square of the number of links of one inode: over a minute here, so fewer below
	with_mount "$img" has_links 65535
	python3 "$GEN/stream.py" links 9000 97 >"$img.tar"
	mkimage "$img" "$img.tar"
	assert_check "$img"
	python3 "$GEN/stream.py" links 65536 97 >"$img.tar"
	run -1 "$TAR2BTRFS" -o "$img" "$img.tar"
}

has_links()
{
	assert_equal "$(stat -c %h "$mnt/the-file")" "$1" &&
		assert_equal "$(find "$mnt" -samefile "$mnt/the-file" | wc -l)" "$1" &&
		assert_equal "$(cat "$(find "$mnt" -name 'link-*' | tail -n 1)")" linked
}

@test "colliding names as extended references" {
	# so many that they do not fit into INODE_REF; equal hashes share an INODE_EXTREF
	{
		echo 'file target text=x'
		python3 "$GEN/names.py" 60 200 | sed 's|.*|link d/& target|'
		for i in $(seq 1 80); do echo "link d/$i-$(repeat x 200) target"; done
	} >"$BATS_TEST_TMPDIR/spec"
	spec_image "$img" <"$BATS_TEST_TMPDIR/spec"
	assert_manifest "$img" <"$BATS_TEST_TMPDIR/spec"
}

@test "links can be removed one by one on a writable image" {
	python3 "$GEN/stream.py" links 3000 3 >"$img.tar"
	mkimage "$img" "$img.tar" --no-seed
	mount_image "$img" "$BATS_TEST_TMPDIR/m" rw
	rm -r "$BATS_TEST_TMPDIR"/m/d00001
	assert_equal "$(stat -c %h "$BATS_TEST_TMPDIR/m/the-file")" 2000
	rm -r "$BATS_TEST_TMPDIR"/m/*
	detach "$BATS_TEST_TMPDIR/m" "$dev"
	assert_check "$img"
}

@test "symlink targets of 1 and 4095 bytes, 4096 is refused" {
	{
		echo "symlink short t"
		echo "symlink bytes %ff%fe%20"
		echo "symlink long $(repeat t 4095)"
	} >"$BATS_TEST_TMPDIR/spec"
	spec_image "$img" <"$BATS_TEST_TMPDIR/spec"
	assert_manifest "$img" <"$BATS_TEST_TMPDIR/spec"
	spec_tar "$img.tar" <<<"symlink long $(repeat t 4096)"
	run -1 "$TAR2BTRFS" -o "$img" "$img.tar"
}

@test "symlink targets at the limit of a 4k node, one byte more is refused" {
	# a leaf has 3995 bytes, less 25 of item header and 21 of extent head
	echo "symlink long $(repeat t 3949)" >"$BATS_TEST_TMPDIR/spec"
	spec_image "$img" -n 4k <"$BATS_TEST_TMPDIR/spec"
	assert_manifest "$img" <"$BATS_TEST_TMPDIR/spec"
	spec_tar "$img.tar" <<<"symlink long $(repeat t 3950)"
	run -1 "$TAR2BTRFS" -n 4k -o "$img" "$img.tar"
}
