#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel agrees: one real tree, as an image of each kind, read back entry by entry against GNU tar's extraction.
# Pairwise cover of codec x checksum x node size x metadata profile, as tests/tools/matrix.py makes it.
# bats file_tags=kernel,slow

load helpers

setup_file()
{
	require_mount || return 0
	python3 "$TOP/tests/tools/matrix.py" | sed 's/^/# image: /' >&3
	cd "$BATS_FILE_TMPDIR"
	export REF=$BATS_FILE_TMPDIR/ref
	scratch_btrfs "$REF"
	# GNU tar's archive of everything that it can carry and of a part of this machine ...
	mkdir "$REF/tree"
	python3 "$GEN/rich.py" | python3 "$GEN/archive.py" make "$REF/tree"
	mkdir "$REF/tree/usr"
	# shellcheck disable=SC2046 # names of programs without blanks
	tar -C /usr -c $(cd /usr && echo share/doc/lib[a-c]*) $(cd /usr && find bin -type f -size -200k | LC_ALL=C sort | head -n 250) \
		$(cd /usr && find bin -type l | LC_ALL=C sort | head -n 100) | tar -C "$REF/tree/usr" -xp
	tar -C "$REF/tree" --xattrs --xattrs-include='*' --acls -S --format=pax -cf tar .
	rm -rf "$REF/tree"
	# ... and GNU tar's extraction of it
	mkdir "$REF/tree"
	tar -C "$REF/tree" --warning=no-timestamp --xattrs --xattrs-include='*' --acls -xpf tar
	mount -o remount,ro "$REF"
}

setup()
{
	skip_if_unmet
}

row()
{
	local img=$BATS_TEST_TMPDIR/img
	"$TAR2BTRFS" -L "$(unique_label)" -o "$img" "$@" "$BATS_FILE_TMPDIR/tar"
	assert_image "$img" "$REF/tree"
	rm "$img"
}

@test "none, crc32c, 4k nodes, single metadata" {
	row --compress none --csum crc32c -n 4k -m single
}

@test "zlib, xxhash, 4k nodes, dup metadata" {
	row --compress zlib --csum xxhash -n 4k -m dup
}

@test "lzo, sha256, 4k nodes, single metadata" {
	row --compress lzo --csum sha256 -n 4k -m single
}

@test "zstd, blake2, 4k nodes, dup metadata" {
	row --compress zstd --csum blake2 -n 4k -m dup
}

@test "zlib, crc32c, 8k nodes, single metadata" {
	row --compress zlib --csum crc32c -n 8k -m single
}

@test "lzo, xxhash, 8k nodes, dup metadata" {
	row --compress lzo --csum xxhash -n 8k -m dup
}

@test "zstd, sha256, 8k nodes, single metadata" {
	row --compress zstd --csum sha256 -n 8k -m single
}

@test "none, blake2, 8k nodes, dup metadata" {
	row --compress none --csum blake2 -n 8k -m dup
}

@test "lzo, crc32c, 16k nodes, dup metadata" {
	row --compress lzo --csum crc32c -n 16k -m dup
}

@test "zstd, xxhash, 16k nodes, single metadata" {
	row --compress zstd --csum xxhash -n 16k -m single
}

@test "none, sha256, 16k nodes, dup metadata" {
	row --compress none --csum sha256 -n 16k -m dup
}

@test "zlib, blake2, 16k nodes, single metadata" {
	row --compress zlib --csum blake2 -n 16k -m single
}

@test "zstd, crc32c, 32k nodes, dup metadata" {
	row --compress zstd --csum crc32c -n 32k -m dup
}

@test "none, xxhash, 32k nodes, single metadata" {
	row --compress none --csum xxhash -n 32k -m single
}

@test "zlib, sha256, 32k nodes, dup metadata" {
	row --compress zlib --csum sha256 -n 32k -m dup
}

@test "lzo, blake2, 32k nodes, single metadata" {
	row --compress lzo --csum blake2 -n 32k -m single
}

@test "none, crc32c, 64k nodes, single metadata" {
	row --compress none --csum crc32c -n 64k -m single
}

@test "zlib, xxhash, 64k nodes, dup metadata" {
	row --compress zlib --csum xxhash -n 64k -m dup
}

@test "lzo, sha256, 64k nodes, single metadata" {
	row --compress lzo --csum sha256 -n 64k -m single
}

@test "zstd, blake2, 64k nodes, dup metadata" {
	row --compress zstd --csum blake2 -n 64k -m dup
}

@test "the list above covers all pairs" {
	assert_equal "$(grep -o '^	row --.*' "$BATS_TEST_FILENAME" | cut -c6-)" "$(python3 "$TOP/tests/tools/matrix.py")"
}

@test "lowmem check, with and without the newer trees" {
	local features img=$BATS_TEST_TMPDIR/img
	for features in free-space-tree ^free-space-tree block-group-tree; do
		# btrfs-progs of Debian 12 does not know the block group tree: there the kernel alone is asked
		"$TAR2BTRFS" -L "$(unique_label)" -o "$img" -O "$features" "$BATS_FILE_TMPDIR/tar"
		if [ "$features" != block-group-tree ] || btrfs check --force --readonly "$img" >/dev/null 2>&1; then
			assert_check "$img" lowmem
		fi
		with_mount "$img" compare_and_scrub "$REF/tree"
	done
}

@test "a second reader: btrfs restore" {
	local img=$BATS_TEST_TMPDIR/img
	"$TAR2BTRFS" -L "$(unique_label)" -o "$img" "$BATS_FILE_TMPDIR/tar"
	mkdir "$BATS_TEST_TMPDIR/out"
	# sparse/huge would be written out; restore knows no special files
	btrfs restore -S -x -m --path-regex '^/(|usr(|/.*)|links(|/.*)|modes(|/.*))$' "$img" "$BATS_TEST_TMPDIR/out" >/dev/null
	diff -r --no-dereference "$REF/tree/usr" "$BATS_TEST_TMPDIR/out/usr"
}
