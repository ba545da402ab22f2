#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A reader that is not the kernel: GRUB's btrfs driver, by grub-fstest. Needs no root.

load helpers

setup_file()
{
	require_tool grub-fstest || return 0
	cd "$BATS_FILE_TMPDIR"
	for n in 0 1 2048 4095 4096 4097 131072 131073 1048577; do
		echo "file boot/text-$n size=$n"
		echo "file boot/noise-$n size=$n seed=noise$n"
	done >spec
	# no sparse file: GRUB 2.06 wants an item for each hole, which btrfs stopped writing with NO_HOLES
	echo 'symlink boot/vmlinuz text-131073' >>spec
	for i in $(seq 1 300); do echo "file many/file-$i text=$i"; done >>spec
	python3 "$GEN/archive.py" tar <spec >tar
	mkdir ref
	tar -C ref -xf tar
}

setup()
{
	skip_if_unmet
	cd "$BATS_FILE_TMPDIR"
	export img=$BATS_TEST_TMPDIR/img
}

grub_reads()
{
	"$TAR2BTRFS" -o "$img" "$@" tar
	assert_equal "$(grub-fstest "$img" ls '(loop0)/many/' | tr ' ' '\n' | grep -c '^file-')" 300
	assert_equal "$(grub-fstest "$img" ls '(loop0)/boot/' | tr ' ' '\n' | grep -c .)" 19
	for f in ref/boot/*; do
		grub-fstest "$img" cat "(loop0)/boot/${f##*/}" | cmp - "$f"
	done
	assert_equal "$(grub-fstest "$img" cat '(loop0)/many/file-77')" 77
}

@test "GRUB reads plain data" {
	grub_reads --compress none
}

@test "GRUB reads zlib" {
	grub_reads --compress zlib
}

@test "GRUB reads lzo" {
	grub_reads --compress lzo
}

@test "GRUB reads zstd" {
	grub_reads --compress zstd
}

@test "GRUB reads each node size, two copies of metadata" {
	for n in 4k 8k 32k 64k; do
		grub_reads -n $n -m dup
	done
}
