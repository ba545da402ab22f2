#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Send streams with a parent: the old tree and what changed are the new tree.
# bats file_tags=kernel

load helpers

setup_file()
{
	require_mount || return 0
	make_receiver
}

setup()
{
	skip_if_unmet
	enter_receiver
}

# update OLD.SPEC NEW.SPEC [OPTIONS] - receive the old tree and the change; the result is the new tree
update()
{
	local old=$1 new=$2
	shift 2
	spec_tar old.tar <"$old"
	spec_tar new.tar <"$new"
	"$TAR2BTRFS" --send-stream "$@" --subvol-name old -o old.stream old.tar
	"$TAR2BTRFS" --send-stream "$@" --subvol-name new --parent-name old --parent old.tar -o new.stream new.tar
	receive old.stream
	receive new.stream
	python3 "$GEN/archive.py" manifest <"$new" >manifest
	python3 "$TOP/tests/tools/treecmp.py" --manifest manifest "$into/new"
}

# forget - remove what update() received
forget()
{
	btrfs -q subvolume delete "$into"/* >/dev/null
}

# commands STREAM - names of its commands without the first and the last, and how often each comes
commands()
{
	btrfs receive --dump <"$1" | awk '{ n[$1]++ } END { for (c in n) print c, n[c] }' | grep -v snapshot | sort |
		tr '\n' ' '
}

# pairs FIRST LAST [OPTIONS] - random pairs of trees
pairs()
{
	local i first=$1 last=$2
	shift 2
	for i in $(seq "$first" "$last"); do
		python3 "$GEN/pairs.py" "$i" old.spec new.spec
		update old.spec new.spec "$@" || {
			echo "pair $i"
			return 1
		}
		forget
	done
}

@test "random pairs of trees" {
	pairs 1 20
}

@test "random pairs of trees, version 1" {
	pairs 21 30 --send-stream=1
}

@test "random pairs of trees, uncompressed and with holes" {
	pairs 31 40 --compress none --detect-holes
}

# bats test_tags=slow,long
@test "300 random pairs of trees: the first hundred" {
	pairs 41 140
}

# bats test_tags=slow,long
@test "300 random pairs of trees: the second hundred" {
	pairs 141 240
}

# bats test_tags=slow,long
@test "300 random pairs of trees: the third hundred" {
	pairs 241 340
}

@test "the rich tree from nothing and back, and to itself" {
	echo 'dir .' >none
	update none "$BATS_FILE_TMPDIR/spec"
	forget
	update "$BATS_FILE_TMPDIR/spec" none
	forget
	update "$BATS_FILE_TMPDIR/spec" "$BATS_FILE_TMPDIR/spec"
	assert_equal "$(commands new.stream)" ""
	[ "$(stat -c %s new.stream)" -lt 150 ]
}

@test "a file that changes in one place sends one piece" {
	echo 'file f size=10000000 seed=noise mtime=5' >old
	spec_tar old.tar <old
	tar -xf old.tar
	printf 'changed' | dd of=f bs=1 seek=5000000 conv=notrunc status=none
	tar -cf new.tar --owner=0 --group=0 --mode=0644 --mtime=@5 f
	"$TAR2BTRFS" --send-stream -o old.stream old.tar
	"$TAR2BTRFS" --send-stream --subvol-name new --parent-name root --parent old.tar -o new.stream new.tar
	assert_equal "$(commands new.stream)" "utimes 1 write 1 "
	[ "$(stat -c %s new.stream)" -lt 132000 ]
	receive old.stream
	receive new.stream
	cmp f "$into/new/f"
}

@test "a small file is cut only if it becomes shorter, or gets a hole" {
	printf '%s\n' 'file same text=old' 'file longer text=old' 'file shorter text=older' >old
	printf '%s\n' 'file same text=new' 'file longer text=newer' 'file shorter text=new' >new
	update old new
	assert_equal "$(commands new.stream)" "truncate 1 utimes 3 write 3 "
	forget
	# all of the old data lies where the new file has a hole
	echo 'file f text=old' >old
	echo 'file f size=12288 seed=noise hole=0+8192' >new
	update old new
	assert_equal "$(commands new.stream)" "truncate 1 utimes 1 write 1 "
}

@test "moves are renames: of a directory, a file, a swap" {
	{
		for i in $(seq 50); do echo "file a/b/c/$i size=5000 seed=noise$i"; done
		echo 'file x size=9000 seed=noisex'
		echo 'file y size=9000 seed=noisey'
	} >old
	sed 's, a/b/, d/, ; s, x , z , ; s, y , x , ; s, z , y ,' old >new
	update old new
	assert_equal "$(commands new.stream)" "rename 6 rmdir 1 utimes 1 "
}

@test "what a receiver has as a clone source is not sent again" {
	echo 'file a size=500000 seed=noise' >old
	{
		cat old
		echo 'file b size=500000 seed=noise'
	} >new
	update old new
	[ "$(stat -c %s new.stream)" -lt 1000 ]
}

@test "new inodes do not inherit what their directory has" {
	acl=hex:0200000001000700ffffffff02000500d204000004000500ffffffff10000500ffffffff20000000ffffffff
	echo "dir d x.system.posix_acl_default=$acl mode=2775 gid=7 x.user.a=1" >old
	{
		cat old
		printf '%s\n' 'file d/f text=1' 'dir d/e' 'file d/e/g text=2'
	} >new
	update old new
	forget
	# archives have no properties
	"$TAR2BTRFS" --send-stream --property compression=zlib:d -o old.stream old.tar
	"$TAR2BTRFS" --send-stream --property compression=zlib:d --subvol-name new --parent-name root --parent old.tar \
		-o new.stream new.tar
	receive old.stream
	receive new.stream
	for i in d d/f d/e d/e/g; do
		assert_equal "$(getfattr -n btrfs.compression --only-values "$into/new/$i")" zlib
	done
}

@test "subvolumes: each from its parent, a new one as a whole" {
	printf '%s\n' 'file a/1 text=1' 'file b/2 text=2' 'file 0 text=0' >old
	printf '%s\n' 'file a/1 text=one' 'file b/2 text=2' 'file c/3 text=3' 'file 0 text=0' >new
	spec_tar old.tar <old
	spec_tar new.tar <new
	mkdir "$into/old" "$into/new"
	"$TAR2BTRFS" --send-stream -u a -u b old.tar | btrfs receive -q "$into/old"
	"$TAR2BTRFS" --send-stream -u a -u b -u c --parent old.tar -o s new.tar
	btrfs receive -q "$into/new" <s
	assert_equal "$(cat "$into/new/a/1")" one
	assert_equal "$(cat "$into/new/b/2")" 2
	assert_equal "$(cat "$into/new/c/3")" 3
	assert_equal "$(cat "$into/new/root/0")" 0
}

@test "the kernel's send and ours take each other's subvolumes as parents" {
	spec_tar one.tar <"$BATS_FILE_TMPDIR/spec"
	{
		cat "$BATS_FILE_TMPDIR/spec"
		echo 'file added size=100000'
	} >two
	spec_tar two.tar <two
	python3 "$GEN/archive.py" manifest <two >manifest
	"$TAR2BTRFS" --send-stream --subvol-name one -o one one.tar
	"$TAR2BTRFS" --send-stream --subvol-name two --parent-name one --parent one.tar -o two.stream two.tar
	receive one
	receive two.stream
	# elsewhere: the kernel sends our first tree, then takes our change
	scratch_btrfs "$BATS_TEST_TMPDIR/other"
	btrfs -q send "$into/one" | btrfs receive -q other
	btrfs receive -q other <two.stream
	python3 "$TOP/tests/tools/treecmp.py" --manifest manifest other/two
	# and the kernel sends what it finds between both
	scratch_btrfs "$BATS_TEST_TMPDIR/third"
	btrfs receive -q third <one
	btrfs -q send -p "$into/one" "$into/two" | btrfs receive -q third
	python3 "$TOP/tests/tools/treecmp.py" --manifest manifest third/two
}

@test "an image, through btrfs2tar and by its uuid" {
	"$TAR2BTRFS" --no-seed --free 200m -L "$(unique_label)" -o image "$BATS_FILE_TMPDIR/tar"
	"$BTRFS2TAR" -o old.tar image
	uuid=$(btrfs inspect-internal dump-tree -t root image |
		awk '/key \(FS_TREE ROOT_ITEM/ { fs = 1 } fs && $1 == "uuid" { print $2; exit }')
	{
		grep -v '^file sizes/1 ' "$BATS_FILE_TMPDIR/spec"
		echo 'file sizes/1 text=1'
	} >new
	spec_tar new.tar <new
	python3 "$GEN/archive.py" manifest <new >manifest
	"$TAR2BTRFS" --send-stream --subvol-name new --parent old.tar --parent-uuid "$uuid" -o s new.tar
	mount_image image mnt rw
	btrfs receive -q mnt <s
	python3 "$TOP/tests/tools/treecmp.py" --manifest manifest mnt/new
	detach mnt
}

@test "the same bytes from shuffled archives and for any threads" {
	python3 "$GEN/pairs.py" 7 old.spec new.spec
	spec_tar old.tar <old.spec
	python3 "$GEN/archive.py" tar --shuffle 3 <old.spec >old2.tar
	assert_same_bytes new.spec --send-stream --parent old.tar
	assert_equal "$(spec_tar /dev/stdout <new.spec | image_hash --send-stream --parent old2.tar)" \
		"$(spec_tar /dev/stdout <new.spec | image_hash --send-stream --parent old.tar)"
}

@test "wrong usage, and a parent that is none" {
	local tar=$BATS_FILE_TMPDIR/tar
	refused 2 --parent "$tar" "$tar"
	refused 2 --send-stream --parent-name x "$tar"
	refused 2 --send-stream --parent - - <"$tar"
	refused 1 --send-stream --parent nothing -o s "$tar"
	echo text >text
	refused 1 --send-stream --parent text -o s "$tar"
	[ ! -e s ]
}

@test "the output is not the parent" {
	cp "$BATS_FILE_TMPDIR/tar" parent.tar
	refused 1 --send-stream --parent parent.tar -o parent.tar "$BATS_FILE_TMPDIR/tar"
	[[ $stderr = *"parent.tar is the parent itself"* ]]
	refused 1 --send-stream --parent parent.tar --digest=parent.tar -o s "$BATS_FILE_TMPDIR/tar"
	[[ $stderr = *"parent.tar is the parent itself"* ]]
	cmp parent.tar "$BATS_FILE_TMPDIR/tar"
}

@test "progress tells that the parent is read, then the archive" {
	echo 'file f text=1' | spec_tar tar
	# a line each second: the input ends after the first
	{
		cat tar
		until [ -s err ]; do sleep 0.05; done
	} | "$TAR2BTRFS" --send-stream --progress=always --parent - -o s tar 2>err
	[[ $(head -n 1 err) = "tar2btrfs: reading the parent  "*" members  "* ]]
	rm err
	{
		cat tar
		until [ -s err ]; do sleep 0.05; done
	} | "$TAR2BTRFS" --send-stream --progress=always --parent tar -o s 2>err
	[[ $(tail -n 1 err) = "tar2btrfs: reading  "*" members  "* ]]
}
