#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Send streams whose parent is an image: as with the archive that it was made of, and of other images, too.
# bats file_tags=kernel

load helpers

setup_file()
{
	require_mount || return 0
	require_tool setfattr mkfs.btrfs || return 0
	make_receiver
}

setup()
{
	skip_if_unmet
	enter_receiver
}

# below NAME <SPEC - the same tree below a directory
below()
{
	sed "/ seed=/! s,^file \([^ ]*\).*,& seed=\1,; s,^\([a-z]* \),\1$1/,; s,^\(link [^ ]* \),\1$1/,"
}

# assert_new TREE [OPTIONS] - it is the tree of new.spec
assert_new()
{
	python3 "$GEN/archive.py" manifest <new.spec >manifest
	python3 "$TOP/tests/tools/treecmp.py" --manifest manifest "$@"
}

# top_uuid IMAGE
top_uuid()
{
	btrfs inspect-internal dump-tree -t root "$1" |
		awk '/key \(FS_TREE ROOT_ITEM/ { fs = 1 } fs && $1 == "uuid" { print $2; exit }'
}

# parent_uuid STREAM
parent_uuid()
{
	btrfs receive --dump <"$1" | grep -o 'parent_uuid=[^ ]*'
}

# update [OPTIONS] - from old.spec to new.spec, with an image as the parent and with the archive: one stream. A receiver
# of the old tree has the new one then
update()
{
	spec_tar old.tar <old.spec
	below old <old.spec | spec_tar layout.tar
	spec_tar new.tar <new.spec
	"$TAR2BTRFS" "$@" -u old -o image layout.tar
	"$TAR2BTRFS" --send-stream "$@" --subvol-name new --parent image --parent-name old -o new.stream new.tar
	"$TAR2BTRFS" --send-stream "$@" --subvol-name new --parent old.tar --parent-name old new.tar | cmp - new.stream
	"$TAR2BTRFS" --send-stream "$@" --subvol-name old old.tar >old.stream
	receive old.stream
	receive new.stream
	assert_new "$into/new"
	btrfs -q subvolume delete "$into"/* >/dev/null
}

# pairs FIRST LAST [OPTIONS] - random pairs of trees
pairs()
{
	local i first=$1 last=$2
	shift 2
	for i in $(seq "$first" "$last"); do
		python3 "$GEN/pairs.py" "$i" old.spec new.spec
		update "$@" || {
			echo "pair $i"
			return 1
		}
	done
}

# replace_file <SPEC - with another file at sizes/1
replace_file()
{
	grep -v '^file sizes/1 '
	echo 'file sizes/1 text=1'
}

# sprout SEED - grow on the image, remove the seed, and stay mounted at mnt, from $dev
sprout()
{
	local seed
	truncate -s 1g sprout
	mount_image "$1" mnt
	seed=$dev
	attach sprout
	btrfs -q device add -f "$dev" mnt
	mount -o remount,rw mnt
	btrfs device remove "$seed" mnt
	losetup -d "$seed"
}

@test "random pairs of trees" {
	pairs 401 415
}

@test "random pairs of trees, uncompressed and with holes" {
	pairs 416 423 --compress none --detect-holes
}

@test "random pairs of trees, all times" {
	pairs 424 431 --keep-times
}

@test "the rich tree" {
	cp "$BATS_FILE_TMPDIR/spec" old.spec
	replace_file <old.spec >new.spec
	update
}

# same_stream IMAGE-OPTIONS [OPTIONS] - of an image that is made with all options, the stream is made with the second ones
same_stream()
{
	# shellcheck disable=SC2086
	"$TAR2BTRFS" $1 ${2:-} -o image "$BATS_FILE_TMPDIR/tar"
	# shellcheck disable=SC2086
	"$TAR2BTRFS" --send-stream ${2:-} --parent image -o stream new.tar
	# shellcheck disable=SC2086
	"$TAR2BTRFS" --send-stream ${2:-} --parent "$BATS_FILE_TMPDIR/tar" --parent-uuid "$(top_uuid image)" new.tar |
		cmp - stream
	[ "$(stat -c %s stream)" -lt 1000 ]
}

@test "how an image is laid out and its data are stored makes no difference" {
	replace_file <"$BATS_FILE_TMPDIR/spec" | spec_tar new.tar
	same_stream '-n 64k'
	same_stream '--pack-tails'
	same_stream '--no-seed --metadata dup'
	same_stream '--csum sha256'
	same_stream '--compress zlib'
	same_stream '' '--compress none:/sizes --compress lzo:/many --inode-flags nodatacow:/many/f0001'
}

@test "properties of the image, and not those of the options" {
	printf '%s\n' 'dir d' 'file d/f size=100000' >old.spec
	printf '%s\n' 'dir d' 'file d/f size=100000' 'file d/g text=g' >new.spec
	spec_tar old.tar <old.spec
	spec_tar new.tar <new.spec
	"$TAR2BTRFS" --no-seed --free 200m -L "$(unique_label)" -o image old.tar
	"$TAR2BTRFS" --send-stream --property compression=zlib:d --property compression=none:d/g --subvol-name new \
		--parent image -o stream new.tar
	mount_image image mnt rw
	btrfs receive -q mnt <stream
	assert_equal "$(getfattr -n btrfs.compression --only-values mnt/new/d)" zlib
	assert_equal "$(getfattr -n btrfs.compression --only-values mnt/new/d/f)" zlib
	assert_equal "$(getfattr -n btrfs.compression --only-values mnt/new/d/g)" none
	detach mnt
}

@test "a machine that was installed from a seed takes an update of its top level" {
	replace_file <"$BATS_FILE_TMPDIR/spec" >new.spec
	spec_tar new.tar <new.spec
	"$TAR2BTRFS" -L "$(unique_label)" -o seed "$BATS_FILE_TMPDIR/tar"
	"$TAR2BTRFS" --send-stream --subvol-name new --parent seed -o stream new.tar
	sprout seed
	btrfs receive -q mnt <stream
	assert_new mnt/new
	detach mnt "$dev"
}

@test "a machine that was installed from a seed takes an update of its subvolume" {
	replace_file <"$BATS_FILE_TMPDIR/spec" >new.spec
	below @ <"$BATS_FILE_TMPDIR/spec" | spec_tar old.tar
	below @ <new.spec | spec_tar layout.tar
	spec_tar new.tar <new.spec
	"$TAR2BTRFS" -u default-ro:@ -L "$(unique_label)" -o seed old.tar
	# the same change: of a layout, and of the tree that the default subvolume has
	"$TAR2BTRFS" --send-stream -u @ --parent seed -o stream layout.tar
	"$TAR2BTRFS" --send-stream -u @ --parent old.tar layout.tar | cmp - stream
	"$TAR2BTRFS" --send-stream --subvol-name @ --parent seed -o stream2 new.tar
	sprout seed
	umount mnt
	mount -o subvolid=5 "$dev" mnt
	mkdir mnt/golden mnt/second
	btrfs receive -q mnt/golden <stream
	btrfs receive -q mnt/second <stream2
	assert_new mnt/golden/@
	assert_new mnt/second/@
	detach mnt "$dev"
}

# kernel_tree - below mnt, mounted, is the rich tree without what the kernel would write out, and more
kernel_tree()
{
	grep -v sparse/huge "$BATS_FILE_TMPDIR/spec" | python3 "$GEN/archive.py" make mnt/tree
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("mnt/tree/socket")'
	fallocate -l 300k mnt/tree/preallocated
	cp --reflink=always mnt/tree/preallocated mnt/tree/types/reflink
	touch mnt/tree/nocow
	chattr +C mnt/tree/nocow
	head -c 200000 /dev/urandom >mnt/tree/nocow
	setfattr -n user.more -v 1 mnt/tree/types
	mkdir mnt/tree/gone mnt/tree/stays
	btrfs -q subvolume create mnt/tree/gone/machines
	btrfs -q subvolume create mnt/tree/stays/portables
	echo x >mnt/tree/gone/machines/x
}

@test "a subvolume that the kernel wrote: where it is, and where it was sent" {
	{
		grep -v sparse/huge "$BATS_FILE_TMPDIR/spec" | replace_file
		printf '%s\n' 'file preallocated size=1000' 'dir stays' 'dir stays/portables' 'file stays/portables/f text=1'
	} >new.spec
	spec_tar new.tar <new.spec
	truncate -s 1g kernel
	mkfs.btrfs -q -f kernel
	mount_image kernel mnt rw,compress=zstd
	btrfs -q subvolume create mnt/tree
	kernel_tree
	mkdir mnt/golden
	btrfs -q subvolume snapshot -r mnt/tree mnt/golden/1 >/dev/null
	btrfs -q send mnt/golden/1 | btrfs receive -q "$into"
	detach mnt
	"$TAR2BTRFS" --send-stream --subvol-name new --parent kernel --parent-name golden/1 -o stream new.tar
	# data that did not change is not there
	[ "$(stat -c %s stream)" -lt 60000 ]
	btrfs receive -q "$into" <stream
	assert_new "$into/new"
	mount_image kernel mnt rw
	btrfs receive -q mnt <stream
	assert_new mnt/new
	# and where a stream was received: by the received uuid
	detach mnt
	btrfs -q subvolume delete "$into/new" >/dev/null
	sync -f "$into"
	"$TAR2BTRFS" --send-stream --subvol-name new --parent "$FS.scratch" --parent-name "$BATS_TEST_NUMBER/1" -o stream2 new.tar
	btrfs -q receive "$into" <stream2
	assert_new "$into/new"
	assert_equal "$(parent_uuid stream)" "$(parent_uuid stream2)"
}

# no_copy_on_write - mnt/tree, mounted, has inodes that are nodatacow and nodatasum, and others; ro is its snapshot, and
# was sent to $into, where no inode has a flag
no_copy_on_write()
{
	truncate -s 1g kernel
	mkfs.btrfs -q -f kernel
	mount_image kernel mnt rw
	btrfs -q subvolume create mnt/tree
	mkdir mnt/tree/d mnt/tree/d/moves
	touch mnt/tree/nocow mnt/tree/grows mnt/tree/text
	chattr +C mnt/tree/d mnt/tree/d/moves mnt/tree/nocow mnt/tree/grows mnt/tree/text
	head -c 200000 /dev/urandom | tee mnt/tree/nocow mnt/tree/d/held >/dev/null
	head -c 200704 /dev/urandom >mnt/tree/source
	head -c 262144 /dev/urandom >mnt/tree/grows
	seq 30000 >mnt/tree/text
	echo x >mnt/tree/d/moves/x
	btrfs -q subvolume snapshot -r mnt/tree mnt/ro >/dev/null
	btrfs -q send mnt/ro | btrfs receive -q "$into"
}

# receive_both STREAM - by the snapshot and by the copy that was received; both are mnt/tree then
receive_both()
{
	btrfs receive -q mnt <"$1"
	btrfs receive -q "$into" <"$1"
	diff -r mnt/tree mnt/inc
	diff -r mnt/tree "$into/inc"
}

@test "data of inodes without checksums and with them" {
	no_copy_on_write
	cd mnt/tree
	cat nocow >copy
	cat nocow >d/same-kind
	cat source >d/new
	mkdir d/sub
	cat source >d/sub/deep
	head -c 200000 /dev/urandom | tee twin d/twin d/sub/twin twin2 >/dev/null
	cat source >>grows
	seq 30000 60000 >text
	mv d/moves moved
	cat source >moved/new
	cd ../..
	tar -C mnt/tree -cf new.tar .
	sync -f mnt
	"$TAR2BTRFS" --send-stream --subvol-name inc --parent kernel --parent-name ro -o stream new.tar
	receive_both stream
	# once with checksums and once without: twin and source, copy, and text; all others are clones
	[ "$(stat -c %s stream)" -lt 900000 ]
	assert_equal "$(btrfs receive --dump <stream | awk '$1 == "clone" { print $2 }' | sort | tr '\n' ' ')" \
		"./inc/d/same-kind ./inc/d/sub/deep ./inc/d/twin ./inc/grows ./inc/moved/new ./inc/twin2 "
	detach mnt
}

@test "a property of an inode that is nodatacow at the receiver" {
	no_copy_on_write
	local property refusal='a compression property, which the receiver.s kernel refuses: the inode is nodatacow or nodatasum there'
	echo x >mnt/tree/d/new
	tar -C mnt/tree -cf new.tar .
	sync -f mnt
	for property in nocow d/held d/new; do
		refused 1 --send-stream --subvol-name inc --parent kernel --parent-name ro --property "compression=zstd:$property" new.tar
		[[ $stderr =~ ^tar2btrfs:\ $property:\ $refusal\ \(--skip-unsupported\ drops\ it\)$ ]]
	done
	run -0 --separate-stderr "$TAR2BTRFS" --send-stream --subvol-name inc --parent kernel --parent-name ro --skip-unsupported \
		--property compression=zstd:d/new --property compression=zlib:source -o stream new.tar
	[[ $stderr =~ ^tar2btrfs:\ warning:\ d/new:\ $refusal$ ]]
	receive_both stream
	assert_equal "$(getfattr -n btrfs.compression --only-values mnt/inc/source)" zlib
	detach mnt
}

@test "the top level of a filesystem that the kernel wrote, without the subvolumes in it" {
	grep -v sparse/huge "$BATS_FILE_TMPDIR/spec" | replace_file >new.spec
	spec_tar new.tar <new.spec
	truncate -s 1g kernel
	mkfs.btrfs -q -f kernel
	mount_image kernel mnt rw,compress=lzo
	grep -v sparse/huge "$BATS_FILE_TMPDIR/spec" | python3 "$GEN/archive.py" make mnt
	btrfs -q subvolume create mnt/types/inside
	cp -a mnt/sizes mnt/types/inside
	btrfs -q subvolume snapshot mnt mnt/snapshot >/dev/null
	detach mnt
	"$TAR2BTRFS" --send-stream --subvol-name new --parent kernel -o stream new.tar
	[ "$(stat -c %s stream)" -lt 60000 ]
	mount_image kernel mnt rw
	btrfs receive -q mnt <stream
	assert_new mnt/new
	detach mnt
}

@test "a subvolume that the image lacks is sent as a whole" {
	printf '%s\n' 'file a/1 text=1' 'file b/2 text=2' >new.spec
	spec_tar layout.tar <new.spec
	"$TAR2BTRFS" -u a -o image layout.tar
	"$TAR2BTRFS" --send-stream -u a -u b --parent image -o stream layout.tar
	"$TAR2BTRFS" --send-stream -u a layout.tar | btrfs receive -q "$into"
	mkdir "$into/new"
	btrfs receive -q "$into/new" <stream
	assert_equal "$(cat "$into/new/a/1" "$into/new/b/2")" 12
}

@test "a subvolume inside one of the image that has no stream" {
	printf '%s\n' 'file @/etc text=1' 'file @/var/log text=2' 'file @/var/old text=3' | spec_tar old.tar
	printf '%s\n' 'file @/etc text=1' 'file @/var/log text=2' 'file @/var/new text=4' | spec_tar new.tar
	"$TAR2BTRFS" -u @ -u @/var -o image old.tar
	"$TAR2BTRFS" --send-stream -u @/var --parent image -o stream new.tar
	"$TAR2BTRFS" --send-stream -u @/var old.tar | btrfs receive -q "$into"
	mkdir "$into/new"
	btrfs receive -q "$into/new" <stream
	assert_equal "$(cd "$into/new" && cat root/@/etc var/log var/new)" 124
	[ ! -e "$into/new/var/old" ]
	# a snapshot of the one that was there
	[[ $(btrfs subvolume show "$into/new/var") = *"Parent UUID: "*"$(btrfs subvolume show "$into/var" | awk '$1 == "UUID:" { print $2 }')"* ]]
}

@test "what a snapshot has in the place of a subvolume is removed" {
	printf '%s\n' 'dir s' 'file s/f text=1' 'file g text=1' | spec_tar old.tar
	printf '%s\n' 'dir s' 'file s/f text=2' 'file g text=2' | spec_tar new.tar
	"$TAR2BTRFS" --no-seed --free 200m -L "$(unique_label)" -u s -o image old.tar
	"$TAR2BTRFS" --send-stream --subvol-name new -u s --parent image -o stream new.tar
	mount_image image mnt rw
	mkdir mnt/golden
	btrfs receive -q mnt/golden <stream
	[ ! -e mnt/golden/new/s ]
	assert_equal "$(cat mnt/golden/new/g mnt/golden/s/f)" 22
	detach mnt
}

@test "the path of a subvolume in an image is the name of the archive that it was made of" {
	replace_file <"$BATS_FILE_TMPDIR/spec" | spec_tar new.tar
	below a/b <"$BATS_FILE_TMPDIR/spec" | spec_tar layout.tar
	"$TAR2BTRFS" -u a/b -o image layout.tar
	"$TAR2BTRFS" --send-stream --parent image --parent-name a/b -o stream new.tar
	"$TAR2BTRFS" --send-stream --parent "$BATS_FILE_TMPDIR/tar" --parent-name a/b new.tar | cmp - stream
	[ "$(stat -c %s stream)" -lt 1000 ]
}

@test "the same bytes for any threads" {
	replace_file <"$BATS_FILE_TMPDIR/spec" >new.spec
	"$TAR2BTRFS" -o image "$BATS_FILE_TMPDIR/tar"
	assert_same_bytes new.spec --send-stream --parent image
}

# parent_refused TEXT PARENT [OPTIONS] - nothing comes out, and one line has the text
parent_refused()
{
	local text=$1 parent=$2
	shift 2
	refused 1 --send-stream --parent "$parent" "$@" "$BATS_FILE_TMPDIR/tar"
	[[ $stderr = "tar2btrfs: parent: "*"$text"* ]]
}

@test "a parent of zeros only" {
	"$TAR2BTRFS" -o image "$BATS_FILE_TMPDIR/tar"
	truncate -s 1m blank
	: >empty
	head -c 40000 image >cut.img
	parent_refused 'blank holds neither a btrfs filesystem nor a member of an archive' blank
	parent_refused 'cut.img holds neither a btrfs filesystem nor a member of an archive' cut.img
	refused 1 --send-stream --parent empty "$BATS_FILE_TMPDIR/tar"
}

@test "what is immutable in the image is warned of" {
	echo 'file f text=1 pax.SCHILY.fflags=schg' | spec_tar t
	"$TAR2BTRFS" -o image t
	run -0 --separate-stderr "$TAR2BTRFS" --send-stream --parent image -o stream t
	assert_equal "$stderr" "tar2btrfs: warning: parent: ./f: immutable or append-only: a receiver refuses to change it"
}

@test "parents that cannot be one" {
	echo 'file f size=100000 seed=noise' | spec_tar t
	"$TAR2BTRFS" --compress none -o image t
	parent_refused 'image: there is no subvolume a/b' image --parent-name a/b
	parent_refused 'image: there is no subvolume f' image --parent-name f
	parent_refused 'f: with it files have more than the 1000 bytes that are allowed (see --max-bytes)' image --max-bytes 1000
	echo 'file g text=1' | spec_tar two.tar
	"$TAR2BTRFS" -o two t two.tar
	parent_refused 'g: this makes more than the 1 entries that are allowed (see --max-entries)' two --max-entries 1
	# an image is read at any place; a pipe is an archive
	run -1 --separate-stderr sh -c "cat image | '$TAR2BTRFS' --send-stream --parent - t"
	[ -z "$output" ]
	[[ $stderr = *'<stdin>: btrfs image: not supported'*btrfs2tar* ]]
	truncate -s 300m one other
	mkfs.btrfs -q -f one other
	parent_refused 'one is one of 2 devices, allowed: one; btrfs2tar makes an archive of all' one
	"$TAR2BTRFS" --fs-verity=sha256 -o verity t
	parent_refused 'f: it has fs-verity, which a send stream cannot change' verity
	refused 1 --send-stream --parent image -o image t
	[[ $stderr = *'image is the parent itself'* ]]
}

@test "a damaged parent" {
	echo 'file f size=100000 seed=noise' | spec_tar t
	tar -xf t
	"$TAR2BTRFS" --compress none -o image t
	cp image damaged
	truncate -s 65700 damaged
	parent_refused 'damaged is no btrfs filesystem: superblock at 65536: the file ends before it' damaged
	cp image damaged
	printf x | dd of=damaged bs=1 seek=66000 conv=notrunc status=none
	parent_refused 'damaged is no btrfs filesystem: superblock at 65536: its checksum is wrong' damaged
	cp image damaged
	python3 - <<-'END'
		data, part = open('damaged', 'rb').read(), open('f', 'rb').read()[50000:50100]
		open('damaged', 'r+b').write(data.replace(part, bytes(100)))
	END
	parent_refused 'f: ' damaged
	[[ $stderr = *checksum* ]]
}

@test "a parent without a uuid, as early versions of mkfs.btrfs made it" {
	echo 'file f text=1' >new.spec
	spec_tar t <new.spec
	"$TAR2BTRFS" -n 16k -o image t
	uuid=$(top_uuid image)
	python3 - "$GEN" "$uuid" <<-'END'
		import struct, sys, uuid
		sys.path.insert(0, sys.argv[1])
		from crc32c import crc32c
		data = bytearray(open('image', 'rb').read())
		at = data.index(uuid.UUID(sys.argv[2]).bytes)
		data[at:at + 16] = bytes(16)
		block = at // 16384 * 16384
		struct.pack_into('<I', data, block, crc32c(data[block + 32:block + 16384]))
		open('image', 'wb').write(data)
	END
	refused 1 --send-stream --parent image t
	[[ $stderr = *'image: subvolume 5 has no uuid, by which receivers find it (see --parent-uuid)' ]]
	"$TAR2BTRFS" --send-stream --parent image --parent-uuid "$uuid" -o stream t
	[[ $(parent_uuid stream) = *"$uuid" ]]
}
