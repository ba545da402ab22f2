#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Every type of entry, every mode, owner, time and device number arrives; checked on a mounted image.
# bats file_tags=kernel

load helpers

setup()
{
	require_mount
	img=$BATS_TEST_TMPDIR/img
}

# same_image - the spec on stdin, as an image, is what the spec says
same_image()
{
	cat >"$BATS_TEST_TMPDIR/spec"
	spec_image "$img" "$@" <"$BATS_TEST_TMPDIR/spec"
	assert_manifest "$img" <"$BATS_TEST_TMPDIR/spec"
}

@test "all types of entries" {
	same_image <<-END
		dir d mode=0755
		file d/empty
		file d/small text=hello
		file d/large size=300000
		link d/hard d/large
		symlink d/relative small
		symlink d/absolute /d/small
		symlink d/dangling ../nowhere/at/all
		char d/null 1,3 mode=0666
		block d/disk 8,0 mode=0660 gid=6
		fifo d/fifo mode=0600
	END
}

@test "an empty archive is an empty filesystem" {
	same_image </dev/null
}

@test "the root directory's attributes come from its member" {
	spec_image "$img" <<-END
		dir ./ mode=01751 uid=3 gid=4 mtime=1234567890.5 x.user.root=yes
		file ./f text=x
	END
	assert_manifest "$img" <<-END
		dir . mode=01751 uid=3 gid=4 mtime=1234567890.5 x.user.root=yes
		file f text=x
	END
}

@test "sockets arrive by cpio" {
	require_tool cpio
	mkdir "$BATS_TEST_TMPDIR/t"
	python3 "$GEN/archive.py" make "$BATS_TEST_TMPDIR/t" <<-END
		socket s mode=0755 mtime=99
	END
	(cd "$BATS_TEST_TMPDIR/t" && find . | cpio -o -H newc --quiet) >"$img.cpio"
	mkimage "$img" "$img.cpio"
	assert_check "$img"
	assert_manifest "$img" <<-END
		socket s mode=0755 mtime=99
	END
}

@test "all twelve bits of a mode" {
	for m in 0000 0001 0010 0100 0222 0444 0777 1777 2755 4755 6711 7777; do
		echo "file f$m mode=$m"
		echo "dir d$m mode=$m"
	done | same_image
}

@test "owners up to 2^32 - 2" {
	for n in 0 1 65534 65535 65536 2097151 2097152 2147483647 2147483648 4294967294; do
		echo "file u$n uid=$n"
		echo "dir g$n gid=$n"
	done | same_image
}

@test "device numbers, small and large" {
	for n in 0,0 1,3 255,255 256,256 259,1048575 4095,0 4095,1048575; do
		echo "char c$n $n"
		echo "block b$n $n"
	done | same_image
}

@test "times: nanoseconds, before 1970, beyond 2038 and 2106" {
	for t in 0 1 0.000000001 0.999999999 1.5 1700000000.123456789 2147483647.999999999 2147483648 4294967296.1 \
		8589934591 8589934592.25 -1 -0.5 -0.000000001 -1.25 -1.999999999 -2147483648.75 -2147483649 -5000000000.1; do
		echo "file f$t mtime=$t"
		echo "symlink s$t target mtime=$t"
	done | same_image
}

@test "times before 1970 in GNU form, in whole seconds" {
	spec_tar "$img.tar" --format gnu <<-END
		file a mtime=-1
		file b mtime=-5000000000
		file c mtime=99999999999
	END
	mkimage "$img" "$img.tar"
	assert_check "$img"
	assert_manifest "$img" <<-END
		file a mtime=-1
		file b mtime=-5000000000
		file c mtime=99999999999
	END
}

@test "--keep-times brings atime, ctime and birth time" {
	spec_image "$img" --keep-times <<-END
		file f text=x mtime=100.5 pax.atime=200.25 pax.ctime=300.125 pax.LIBARCHIVE.creationtime=50.75
	END
	with_mount "$img" four_times f '200.250000000 100.500000000 300.125000000 50.750000000'
}

@test "without --keep-times all four times are the mtime" {
	spec_image "$img" <<-END
		file f text=x mtime=100.5 pax.atime=200.25 pax.ctime=300.125
	END
	with_mount "$img" four_times f '100.500000000 100.500000000 100.500000000 100.500000000'
}

four_times()
{
	assert_equal "$(stat -c '%.9X %.9Y %.9Z %.9W' "$mnt/$1")" "$2"
}

@test "--mtime and SOURCE_DATE_EPOCH" {
	spec_tar "$img.tar" <<-END
		file old mtime=100.5
		file new mtime=2000000000.5
		file in/implied text=x mtime=5
	END
	mkimage "$img" "$img.tar" --mtime @77.25
	with_mount "$img" four_times new '77.250000000 77.250000000 77.250000000 77.250000000'
	with_mount "$img" four_times in '77.250000000 77.250000000 77.250000000 77.250000000'
	SOURCE_DATE_EPOCH=1000000000 mkimage "$img" "$img.tar"
	assert_manifest "$img" <<-END
		dir . mtime=1000000000
		file old mtime=100.5
		file new mtime=1000000000
		dir in mtime=1000000000
		file in/implied text=x mtime=5
	END
}

@test "file flags that btrfs has" {
	require_tool lsattr
	spec_image "$img" <<-END
		file immutable pax.SCHILY.fflags=schg
		file append pax.SCHILY.fflags=sappnd
		file nodump pax.SCHILY.fflags=nodump
		file noatime pax.SCHILY.fflags=noatime
		file plain
	END
	with_mount "$img" flags_are i immutable a append d nodump A noatime
}

flags_are()
{
	local found
	while [ $# -gt 0 ]; do
		found=$(lsattr -d "$mnt/$2" | cut -d' ' -f1)
		[[ $found == *$1* ]] || { echo "$2: $found"; return 1; }
		shift 2
	done
	[ -z "$(lsattr -d "$mnt/plain" | cut -d' ' -f1 | tr -d -)" ]
}
