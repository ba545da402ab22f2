#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Updates as stacked seeds: --onto SEED ARCHIVE.
# bats file_tags=kernel,slow

load helpers

setup_file()
{
	require_tool btrfs || return 0
	cd "$BATS_FILE_TMPDIR"
	python3 "$GEN/rich.py" >old.spec
	for i in $(seq 1 12); do echo "file data/$i size=700000 seed=noise$i"; done >>old.spec
	for i in $(seq 1 2000); do echo "file small/$i text=$i"; done >>old.spec
	for i in $(seq 1 100); do echo "file middle/$i size=20000 seed=m$i"; done >>old.spec
	changed <old.spec >new.spec
	sed 's/noise3/noise4/; /small.17/d; s,^file middle/8.*,link middle/8 data/12,' <new.spec >third.spec
	echo 'file small/third text=3' >>third.spec
	for i in old new third; do
		spec_tar $i.tar <$i.spec
		python3 "$GEN/archive.py" manifest <$i.spec >$i.manifest
	done
}

# changed - what became of a tree
changed()
{
	sed -e '/^file data\/2 /d' -e '/^file small\/10/d' -e 's/seed=noise7$/seed=noise7b/' -e 's/^file middle\/50 .*/symlink middle\/50 51/' \
		-e 's/^\(file middle\/6[0-9] .*\)/\1 mode=0600/' -e 's/^file data\/9 /file data\/moved /'
	echo 'dir added'
	echo 'file added/one size=300000 seed=added'
	echo 'file added/equal size=700000 seed=noise1'
	echo 'link added/link small/1'
	echo 'file a_first text=first'
}

setup()
{
	skip_if_unmet
	cd "$BATS_TEST_TMPDIR"
	m=$BATS_TEST_TMPDIR/m
	tars=$BATS_FILE_TMPDIR
	mkdir "$m"
}

# chain FILE... - devices of a chain: the last one, $top, is writable; sets $devices and $others, mount options
chain()
{
	local file
	devices=()
	others=
	for file in "${@:1:$#-1}"; do
		attach "$file" -r
		devices+=("$dev")
		others+=,device=$dev
	done
	attach "${@: -1}"
	top=$dev
}

release_chain()
{
	local d
	for d in "$top" "${devices[@]}"; do
		assert_dmesg "$d"
		losetup -d "$d"
	done
}

# mount_chain [OPTIONS]
mount_chain()
{
	mount_devices "$top" "${1:-rw}$others"
}

# is_tree MANIFEST - what is mounted
is_tree()
{
	python3 "$TOP/tests/tools/treecmp.py" --manifest "$1" "$m" "${@:2}"
}

# stack NEW ARCHIVE SEED... [-- OPTIONS] - without a word on standard error
stack()
{
	local new=$1 archive=$2 seeds=()
	shift 2
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		seeds+=(--onto "$1")
		shift
	done
	"$TAR2BTRFS" "${seeds[@]}" -o "$new" "${@:2}" "$archive" 2>stderr || {
		cat stderr
		return 1
	}
	[ ! -s stderr ]
}

# life OPTIONS [-- OPTIONS OF BOTH] - a writable update is changed and balanced; then the seed goes
life()
{
	require_mount
	"$TAR2BTRFS" -L "$(unique_label)" -o seed "$@" "${both[@]}" "$tars/old.tar"
	local sum
	sum=$(sha256sum <seed)
	stack new "$tars/new.tar" seed -- --no-seed --size 1g "${both[@]}"
	chain seed new
	check_devices "$top"
	mount_chain rw,subvolid=5
	is_tree "$tars/new.manifest"
	use_grown "$top"
	umount "$m"
	check_devices "$top"
	mount_chain rw,subvolid=5
	diff -r "$m/sizes" "$m/copy"
	drop_seed "${devices[0]}" "$top" ${ignored:+"--ignore=$ignored"}
	release_chain
	assert_check new
	assert_equal "$(sha256sum <seed)" "$sum"
}

both=()

@test "an update is mounted, written to, balanced; the seed goes: defaults" {
	life
}

@test "an update: plain data, 4k nodes, sha256, two copies of metadata" {
	both=(--compress none)
	life -n 4k --csum sha256 -m dup
}

@test "an update: lzo, 64k nodes, xxhash, no free space tree" {
	both=(--compress lzo)
	life -n 64k --csum xxhash -O ^free-space-tree
}

@test "an update: packed tails, blake2, a block group tree" {
	both=(--pack-tails)
	life --csum blake2 -O block-group-tree
}

@test "an update: subvolumes, of which one is the default" {
	# in a snapshot the place of a subvolume is a directory without times
	local ignored=attrs:snapshot/data,attrs:snapshot/sizes
	both=(-u default:data -u ro:sizes)
	life
}

@test "an update is a seed of its own; a chain of three, with a sprout on top" {
	require_mount
	"$TAR2BTRFS" -L "$(unique_label)" -o a "$tars/old.tar"
	stack b "$tars/new.tar" a
	stack c "$tars/third.tar" b a
	chain a b
	check_devices "$top" lowmem
	mount_chain ro
	is_tree "$tars/new.manifest"
	umount "$m"
	release_chain
	"$TAR2BTRFS" --onto a --onto b --onto c --sprout --size 1g -o vm
	chain a b c
	check_devices "$top"
	mount_chain ro
	is_tree "$tars/third.manifest"
	umount "$m"
	release_chain
	chain a b c vm
	check_devices "$top"
	mount_chain
	is_tree "$tars/third.manifest"
	echo mine >"$m/mine"
	local d
	for d in "${devices[@]}"; do
		btrfs device remove "$d" "$m"
	done
	umount "$m"
	release_chain
	assert_check vm
	mount_image vm "$m"
	is_tree "$tars/third.manifest" --ignore=path:mine,rootmtime
	grep -q mine "$m/mine"
	detach "$m" "$dev"
}

@test "the tree is what GNU tar extracts" {
	require_mount
	require_tool tar
	"$TAR2BTRFS" -o seed "$tars/old.tar"
	stack new "$tars/new.tar" seed
	scratch_btrfs "$BATS_TEST_TMPDIR/fs" 1g
	tar -xpf "$tars/new.tar" --xattrs --xattrs-include='*' --acls -C fs 2>/dev/null || :
	chain seed new
	mount_chain ro
	# implied directories have a time of ours; GNU tar does not take ACLs in the form of xattrs
	python3 "$TOP/tests/tools/treecmp.py" --ignore=root,dirmtime,xattr:system.posix_acl_access,xattr:system.posix_acl_default fs "$m"
	umount "$m"
	release_chain
}

@test "what did not change is not written" {
	"$TAR2BTRFS" -o seed "$tars/old.tar"
	stack same "$tars/old.tar" seed
	stack new "$tars/new.tar" seed
	"$TAR2BTRFS" -o full "$tars/new.tar"
	# nodes, and the trees that are always new: nine blocks of 16 KiB
	[ "$(du -k same | cut -f1)" -le 300 ]
	# 700 KB of noise7b, 150 KB of added/one, and leaves: of 8.7 MB
	du -k new full
	[ "$(du -k new | cut -f1)" -le 1900 ]
	[ "$(du -k full | cut -f1)" -ge 8500 ]
	"$TAR2BTRFS" --onto seed --stats "$tars/new.tar" -o /dev/null 2>stats
	grep -q '^  on the seed  *[1-9][0-9]* bytes' stats
	# trees of many leaves: of the checksums' only nodes are new
	"$TAR2BTRFS" -n 4k --csum sha256 --compress none -o seed "$tars/old.tar"
	"$TAR2BTRFS" --onto seed --compress none --stats "$tars/old.tar" -o /dev/null 2>stats
	grep -E '^  checksum  *(4096|8192|12288) bytes' stats
}

@test "the same bytes for any number of threads, order of seeds and members, and kind of output" {
	"$TAR2BTRFS" -o a "$tars/old.tar"
	stack b "$tars/new.tar" a
	stack first "$tars/third.tar" a b -- --threads 1
	stack second "$tars/third.tar" b a -- --threads 4
	cmp first second
	"$TAR2BTRFS" --onto a --onto b <"$tars/third.tar" | cmp - first
	spec_tar shuffled.tar --shuffle 7 <"$tars/third.spec"
	stack second shuffled.tar a b --
	cmp first second
	"$TAR2BTRFS" --onto a --onto b --digest=sum -o digested "$tars/third.tar"
	cmp first digested
	assert_equal "$(cut -d' ' -f1 sum)" "$(sha256sum <first | cut -d' ' -f1)"
	stack other "$tars/third.tar" a -- -U 01234567-89ab-cdef-0123-456789abcdef -L other
	assert_equal "$(super other fsid)" 01234567-89ab-cdef-0123-456789abcdef
	assert_equal "$(for i in a b first; do
		super $i fsid
		super $i dev_item.uuid
	done | sort -u | wc -l)" 6
}

@test "btrfs2tar reads the chain as it reads an image of the same archive" {
	"$TAR2BTRFS" -o a "$tars/old.tar"
	stack b "$tars/new.tar" a
	stack c "$tars/third.tar" a b
	"$TAR2BTRFS" -o full "$tars/third.tar"
	"$BTRFS2TAR" c b a >chain.tar
	"$BTRFS2TAR" full >full.tar
	"$TAR2BTRFS" -o again chain.tar
	"$TAR2BTRFS" -o expected full.tar
	cmp again expected
}

@test "with options for content, from a container image, from several archives: the content is that of an image" {
	require_root
	local options
	"$TAR2BTRFS" -o seed "$tars/old.tar"
	cp "$tars/new.tar" "$tars/third.tar" .
	python3 "$GEN/oci.py" image.tar app@=new.tar,third.tar
	for options in '--pack-tails --detect-holes new.tar' '--inode-flags nodatasum:/ new.tar' \
		'--compress none:/sizes --max-inline 0 new.tar' '--exclude-path data --all-root --no-seed --free 50m new.tar' \
		'-u ro:data --property compression=lzo:sizes new.tar' '--whiteouts new.tar third.tar' '--oci image.tar' '--fs-verity=sha256:data new.tar'; do
		# shellcheck disable=SC2086 # words
		"$TAR2BTRFS" -q --onto seed -o new $options
		# shellcheck disable=SC2086
		"$TAR2BTRFS" -q -o full $options
		echo "$options"
		"$BTRFS2TAR" --all-subvols --manifest new seed | diff - <("$BTRFS2TAR" --all-subvols --manifest full) | head -n 20
		cmp <("$BTRFS2TAR" --all-subvols --content-digest new seed) <("$BTRFS2TAR" --all-subvols --content-digest full)
		chain seed new
		check_devices "$top"
		losetup -d "$top" "${devices[@]}"
	done
}

# pairs FIRST LAST [OPTIONS] - random pairs of trees: check, and the content of both images
pairs()
{
	local i
	for i in $(seq "$1" "$2"); do
		python3 "$GEN/pairs.py" "$i" old.spec new.spec
		spec_tar old.tar <old.spec
		spec_tar new.tar <new.spec
		"$TAR2BTRFS" -n 4k -o seed "${@:3}" old.tar
		stack new new.tar seed -- "${@:3}"
		"$TAR2BTRFS" -n 4k -o full "${@:3}" new.tar
		chain seed new
		check_devices "$top"
		losetup -d "$top" "${devices[@]}"
		"$BTRFS2TAR" new seed | "$TAR2BTRFS" -o a
		"$BTRFS2TAR" full | "$TAR2BTRFS" -o b
		cmp a b || {
			echo "pair $i"
			return 1
		}
	done
}

@test "random pairs of trees" {
	require_root
	pairs 1 6
	pairs 7 12 --compress none --detect-holes
	pairs 13 16 --pack-tails
}

# bats test_tags=slow,long
@test "200 random pairs of trees" {
	require_root
	pairs 100 200
	pairs 201 300 --compress none
}

@test "seeds of mkfs.btrfs and the kernel" {
	require_mount
	local options
	for options in '-m single' '-m dup --csum sha256'; do
		rm -f seed new
		truncate -s 300m seed
		# shellcheck disable=SC2086
		mkfs.btrfs -q -L "$(unique_label)" $options seed >/dev/null 2>&1
		mount_image seed "$m" rw
		tar -xpf "$tars/old.tar" --xattrs --xattrs-include='*' --acls -C "$m" 2>/dev/null || :
		btrfs subvolume snapshot "$m" "$m/snapshot" >/dev/null
		rm -r "$m/data/3"
		detach "$m" "$dev"
		btrfstune -S 1 seed
		stack new "$tars/new.tar" seed -- --compress none
		# most of 16 MB of plain data is found again
		[ "$(du -k new | cut -f1)" -le 8000 ]
		chain seed new
		check_devices "$top"
		mount_chain ro
		is_tree "$tars/new.manifest"
		umount "$m"
		release_chain
	done
}

# warns TEXT OPTIONS - that the seed has next to nothing of the data of "tar": one line with the text; or none, if TEXT is empty
warns()
{
	run -0 --separate-stderr "$TAR2BTRFS" -o /dev/null "${@:2}" tar
	# shellcheck disable=SC2154
	echo "$stderr"
	[ "$(wc -l <<<"$stderr")" = 1 ]
	if [ -n "$1" ]; then [[ $stderr == 'tar2btrfs: warning: of '*"$1" ]]; else [ -z "$stderr" ]; fi
}

@test "an update of which the seed has next to nothing is told, with the reason" {
	for i in $(seq 1 60); do seq "$i" 25000 >"text$i"; done
	tar -cf tar text*
	"$TAR2BTRFS" -o seed tar
	warns '' --onto seed
	warns 'bytes of data (zstd) the seed has 0: its own is other data, or of another level (see --compress)' --onto seed --compress zstd:15
	warns 'bytes of data (lzo) the seed has 0; its own is mostly zstd (see --compress)' --onto seed --compress lzo
	warns 'bytes of data (plain) the seed has 0; its own is mostly zstd (see --compress)' --onto seed --compress none
	warns 'bytes of data (without checksums) the seed has 0; its own is mostly zstd' --onto seed --inode-flags nodatasum:/
	warns '' --onto seed --compress lzo -q
	# what is stored another way is less than what is stored alike
	warns '' --onto seed --compress lzo:/text2
	"$TAR2BTRFS" -o seed --inode-flags nodatasum:/ tar
	warns 'bytes of data (zstd) the seed has 0; its own is mostly without checksums (see --compress)' --onto seed
	"$TAR2BTRFS" -o plain --compress none tar
	warns '' --onto plain --compress none
	warns 'bytes of data (zstd) the seed has 0; its own is mostly plain (see --compress)' --onto plain
	# other data; and too little of it, on one side or the other
	"$TAR2BTRFS" -o seed --compress none "$tars/old.tar"
	warns 'bytes of data (plain) the seed has 0' --onto seed --compress none
	printf 'file a size=500000 seed=a' | spec_tar small.tar
	"$TAR2BTRFS" -o small --compress none small.tar
	warns '' --onto small --compress none
	mv small.tar tar
	warns '' --onto seed --compress none
}

# refuses TEXT OPTIONS - one line with the text, and no file
refuses()
{
	refused 1 -o none "${@:2}"
	# shellcheck disable=SC2154
	[[ $stderr == *"$1"* ]] || {
		echo "$stderr"
		return 1
	}
	[ ! -e none ]
}

@test "what is no seed, or not all of one, is refused by name" {
	local old=$tars/old.tar
	"$TAR2BTRFS" -o a "$old"
	stack b "$tars/new.tar" a
	stack c "$tars/third.tar" a b
	"$TAR2BTRFS" --no-seed -o writable "$old"
	"$TAR2BTRFS" -o other "$tars/third.tar"
	"$TAR2BTRFS" -n 4k -o small "$old"
	refuses 'writable is no seed but a writable filesystem' --onto writable "$old"
	refuses 'is no btrfs filesystem' --onto "$old" "$old"
	refuses 'the devices of the seed b number 2, found: 1' --onto b "$old"
	refuses 'the devices of the seed c number 3, found: 2' --onto c --onto b "$old"
	refuses 'device' --onto b --onto other "$old"
	refuses 'the devices of the seed a number 1, found: 2' --onto a --onto small "$old"
	head -c -4096 a >short
	refuses 'short is cut: it has' --onto short "$old"
	refuses 'is the seed itself' --onto a "$old" -o a
	cmp a <("$TAR2BTRFS" "$old")
	refuses 'the filesystem id is that of a' --onto a -U "$(super a fsid)" "$old"
	refuses 'the device id is that of a' --onto a --device-uuid "$(super a dev_item.uuid)" "$old"
	refuses 'cannot open' --onto none "$old"
}

@test "a seed that changes while the archive is read fails the run" {
	local pid status=0
	"$TAR2BTRFS" -o a "$tars/old.tar"
	"$TAR2BTRFS" -L other -o other "$tars/old.tar"
	mkfifo archive
	"$TAR2BTRFS" --onto a -o b archive 2>stderr &
	pid=$!
	exec 7>archive
	# a pipe holds less: when all is in it, the seed has long been opened
	head -c -512 "$tars/new.tar" >&7
	dd if=other of=a bs=4096 skip=16 seek=16 count=1 conv=notrunc status=none
	tail -c 512 "$tars/new.tar" >&7
	exec 7>&-
	wait "$pid" || status=$?
	cat stderr
	assert_equal "$status" 1
	grep -q 'a has changed while it was read' stderr
	[ ! -e b ]
}

@test "a loop device on the seed is the seed, from its first byte on" {
	require_mount
	"$TAR2BTRFS" -o a "$tars/old.tar"
	cp a kept
	attach a
	refused 1 --onto a -o "$dev" "$tars/new.tar"
	[[ $stderr == *"$dev is the seed itself"* ]]
	refused 1 --onto "$dev" -o a "$tars/new.tar"
	[[ $stderr == *"a is the seed itself"* ]]
	refused 1 -o "$dev" a
	[[ $stderr == *"$dev is the archive itself"* ]]
	losetup -d "$dev"
	cmp a kept
	# one file with room for both
	truncate -s 64m a
	local seed
	seed=$(losetup --find --show --sizelimit "$(stat -c %s kept)" a)
	dev=$(losetup --find --show --offset 32m a)
	"$TAR2BTRFS" --onto "$seed" -o "$dev" "$tars/new.tar"
	"$TAR2BTRFS" --onto kept -o update "$tars/new.tar"
	cmp -n "$(stat -c %s update)" update "$dev"
	losetup -d "$seed" "$dev"
}

@test "what the seed decides, and what has no meaning, is wrong usage" {
	"$TAR2BTRFS" -o a "$tars/old.tar"
	local options
	for options in '-n 4k' '--csum crc32c' '-m dup' '-O ^free-space-tree' '--chunk-uuid 01234567-89ab-cdef-0123-456789abcdef' \
		'--layers=subvolumes' '--send-stream' '--onto -' '--onto='; do
		# shellcheck disable=SC2086
		refused 2 --onto a $options "$tars/old.tar"
	done
}

@test "a damaged block that is read is refused; data that differ from their checksums are not shared" {
	"$TAR2BTRFS" -o seed "$tars/old.tar"
	local tree at
	for tree in chunk root extent dev fs csum; do
		at=$(btrfs inspect-internal dump-tree -t "$tree" seed | awk '/^leaf [0-9]/ { print $2; exit }')
		cp seed bad
		printf 'damage' | dd of=bad bs=1 seek=$((at + 200)) conv=notrunc status=none
		refuses 'its checksum is wrong' --onto bad "$tars/new.tar"
	done
	cp seed bad
	at=$(btrfs inspect-internal dump-tree -t extent seed | awk '/EXTENT_ITEM/ { sub(".*\\(", ""); print $1; exit }')
	printf 'damage' | dd of=bad bs=1 seek="$at" conv=notrunc status=none
	stack new "$tars/new.tar" bad
	"$BTRFS2TAR" new bad >/dev/null
}
