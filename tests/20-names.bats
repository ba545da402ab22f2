#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Names are bytes: any but "/" and NUL, up to 255 of them, also when their hashes collide; paths follow the tree's rules.
# bats file_tags=kernel

load helpers

setup()
{
	require_mount
	img=$BATS_TEST_TMPDIR/img
}

same_image()
{
	cat >"$BATS_TEST_TMPDIR/spec"
	spec_image "$img" "$@" <"$BATS_TEST_TMPDIR/spec"
	assert_manifest "$img" <"$BATS_TEST_TMPDIR/spec"
}

repeat()
{
	printf "%$2s" '' | tr ' ' "$1"
}

@test "names of 1 and of 255 bytes, of every byte there is" {
	{
		echo "file $(repeat x 255) text=long"
		echo "dir $(repeat d 255)"
		echo "symlink $(repeat d 255)/$(repeat s 255) $(repeat t 255)"
		for i in $(seq 1 255); do
			[ "$i" = 47 ] || [ "$i" = 46 ] || printf 'file %%%02x text=%d\n' "$i" "$i"
		done
		echo 'file %c3%a4%e2%82%ac text=utf-8'
		echo 'file %61%cc%88 text=decomposed'
		echo 'file %c3%28 text=not-utf-8'
		echo 'file ... text=three-dots'
		echo 'dir ..a'
	} | same_image
}

@test "raw names in pax headers, ustar prefixes and GNU long names" {
	for format in pax gnu ustar; do
		{
			echo "dir $(repeat a 90)"
			echo "file $(repeat a 90)/$(repeat b 60) text=1"
			echo "file $(repeat a 90)/%ff%fe text=2"
		} >"$BATS_TEST_TMPDIR/spec"
		spec_tar "$img.tar" --format "$format" <"$BATS_TEST_TMPDIR/spec"
		mkimage "$img" "$img.tar"
		assert_manifest "$img" <"$BATS_TEST_TMPDIR/spec"
	done
}

@test "a name of 256 bytes is refused" {
	spec_tar "$img.tar" <<<"file d/$(repeat x 256)"
	run -1 --separate-stderr "$TAR2BTRFS" -o "$img" "$img.tar"
	[ ! -e "$img" ]
	# shellcheck disable=SC2154
	[[ $stderr == *256*255* ]]
}

@test "a path far longer than PATH_MAX" {
	deep=$(for i in $(seq 1 40); do echo -n "$(repeat "${i: -1}" 200)/"; done)
	spec_tar "$img.tar" <<<"file ${deep}end text=bottom"
	mkimage "$img" "$img.tar"
	assert_check "$img"
	assert_manifest "$img" <<<"file ${deep}end text=bottom"
}

@test "leading, doubled and trailing slashes and dots fold" {
	spec_tar "$img.tar" <<-END
		file /absolute text=1
		file ./dot text=2
		file a//b text=3
		file a/./c text=4
		dir e/
		file ././/f text=5
	END
	mkimage "$img" "$img.tar"
	assert_manifest "$img" <<-END
		file absolute text=1
		file dot text=2
		file a/b text=3
		file a/c text=4
		dir e
		file f text=5
	END
}

@test ".. is refused" {
	for path in ../f a/../f a/..; do
		spec_tar "$img.tar" <<<"file $path"
		run -1 "$TAR2BTRFS" -o "$img" "$img.tar"
	done
}

@test "later members replace; directories keep their children" {
	spec_tar "$img.tar" <<-END
		file twice text=old
		file dir/kept text=kept
		dir dir mode=0700
		dir becomes
		file becomes/gone text=gone
		file becomes text=a-file
		file other text=file
		dir other mode=0711
		file other/in text=in
		file twice text=new
	END
	mkimage "$img" "$img.tar"
	assert_check "$img"
	assert_manifest "$img" <<-END
		dir dir mode=0700
		file dir/kept text=kept
		file becomes text=a-file
		dir other mode=0711
		file other/in text=in
		file twice text=new
	END
}

@test "a parent that is a symlink is followed inside the tree" {
	spec_tar "$img.tar" <<-END
		dir usr/lib
		symlink lib usr/lib
		file lib/a text=1
		symlink usr/lib/up ../..
		file lib/up/b text=2
		symlink abs /usr
		file abs/c text=3
		symlink out ../../../usr
		file out/d text=4
		symlink chain1 chain2
		symlink chain2 usr/lib
		file chain1/e text=5
	END
	mkimage "$img" "$img.tar"
	assert_manifest "$img" <<-END
		dir usr/lib
		symlink lib usr/lib
		file usr/lib/a text=1
		symlink usr/lib/up ../..
		file b text=2
		symlink abs /usr
		file usr/c text=3
		symlink out ../../../usr
		file usr/d text=4
		symlink chain1 chain2
		symlink chain2 usr/lib
		file usr/lib/e text=5
	END
}

@test "looping and dangling parents are refused" {
	spec_tar "$img.tar" <<-END
		symlink a b
		symlink b a
		file a/f
	END
	run -1 "$TAR2BTRFS" -o "$img" "$img.tar"
	spec_tar "$img.tar" <<-END
		symlink a nowhere
		file a/f
	END
	run -1 "$TAR2BTRFS" -o "$img" "$img.tar"
}

@test "names with one hash share a directory" {
	for nodesize in 4k 16k; do
		{
			echo 'dir d'
			python3 "$GEN/names.py" 30 64 | while read -r n; do echo "file d/$n text=$n"; done
		} | same_image -n "$nodesize"
	done
}

@test "as many names of one hash as fit, one more is refused" {
	# DIR_ITEM of one hash: 30 + 64 bytes a name, in a leaf of 16384 - 101 - 25
	python3 "$GEN/names.py" 400 64 >"$BATS_TEST_TMPDIR/names"
	head -n 172 "$BATS_TEST_TMPDIR/names" | sed 's|.*|file d/&|' | same_image
	sed 's|.*|file d/&|' "$BATS_TEST_TMPDIR/names" | spec_tar "$img.tar"
	run -1 --separate-stderr "$TAR2BTRFS" "$img.tar"
	[ "$(wc -l <<<"$stderr")" = 1 ]
	[ -z "$output" ]
	head -n 172 "$BATS_TEST_TMPDIR/names" >"$BATS_TEST_TMPDIR/fit"
	for more in 173 174; do
		sed -n "$more p" "$BATS_TEST_TMPDIR/names" >>"$BATS_TEST_TMPDIR/fit"
		sed 's|.*|file d/&|' "$BATS_TEST_TMPDIR/fit" | spec_tar "$img.tar"
		if "$TAR2BTRFS" -o "$img" "$img.tar"; then
			assert_check "$img"
		fi
	done
}

@test "colliding names can be removed one by one on a writable image" {
	{
		python3 "$GEN/names.py" 50 64 | sed 's|.*|file d/& text=x|'
		python3 "$GEN/names.py" 50 72 | sed 's|.*|link d/& d/'"$(python3 "$GEN/names.py" 1 64)"'|'
	} | spec_tar "$img.tar"
	mkimage "$img" "$img.tar" --no-seed
	assert_check "$img"
	mount_image "$img" "$BATS_TEST_TMPDIR/m" rw
	rm "$BATS_TEST_TMPDIR"/m/d/a*
	rm -r "$BATS_TEST_TMPDIR/m/d"
	detach "$BATS_TEST_TMPDIR/m" "$dev"
	assert_check "$img"
}

@test "raw bytes in names whatever the locale" {
	printf 'file %%ff%%c3%%a4 text=1\nfile %%e4 text=2\n' | spec_tar "$img.tar"
	a=$(LC_ALL=C image_hash <"$img.tar")
	b=$(LC_ALL=C.UTF-8 image_hash <"$img.tar")
	assert_equal "$a" "$b"
}
