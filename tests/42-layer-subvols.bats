#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Each layer's state as a subvolume: what it holds, what it shares, and that the kernel may go on with it.
# bats file_tags=kernel

# that an image comes through a pipe is the point
# shellcheck disable=SC2002
load helpers

# changes FILES LAYER - layer 1: so many files in small directories; others change one file in 200: replaced, hidden, new,
# one more name; with directories that are hidden, opaque or come again
changes()
{
	python3 - "$1" "$2" <<-'PYTHON'
		import os, random, sys
		sys.path.insert(0, os.environ['GEN'])
		import stream
		n, layer = int(sys.argv[1]), int(sys.argv[2])
		w, r = stream.Writer(), random.Random(layer)
		path = lambda i: b'd%d/e%d/f%d' % (i // 5000, i // 50, i)
		if layer == 1:
		    for i in range(n): w.file(path(i), b'text %d ' % i * (i % 97))
		    w.file(b'big', random.Random(0).randbytes(3000000))
		for _ in range(n // 200 if layer > 1 else 0):
		    i = r.randrange(n // 2)
		    kind = r.randrange(5)
		    if kind == 0: w.file(path(i), b'layer %d' % layer)
		    elif kind == 1: w.file(os.path.dirname(path(i)) + b'/.wh.f%d' % i, b'')
		    elif kind == 2: w.file(b'd%d/e%d/new%d' % (i // 5000, i // 50, i), b'x' * (i % 9000))
		    elif kind == 3: w.file(b'new%d/sub/f%d' % (layer, i), b'y' * (i % 9000))
		    else: w.file(b'd%d/e%d/a%d' % (i // 5000, i // 50, i), b'z' * 20000)
		if layer > 1:
		    w.file(b'd0/e%d/.wh..wh..opq' % layer, b'')
		    w.file(b'd0/e%d/again' % layer, b'again')
		    w.file(b'd0/.wh.e%d' % (10 + layer), b'')
		    w.header(b'big%d' % layer, b'1', 0, b'big')
		w.end()
	PYTHON
}

# apply LAYER.tar DIR - GNU tar's extraction over what is there, the whiteouts by hand before it
apply()
{
	local w name
	tar -tf "$1" | { grep -a '\.wh\.' || true; } | while read -r w; do
		name=$2/$(dirname "$w")
		case ${w##*/} in
		.wh..wh..opq) find "$name" -mindepth 1 -delete ;;
		*) rm -rf "${name:?}/${w##*/.wh.}" ;;
		esac
	done
	tar -xpf "$1" -C "$2" --exclude='.wh.*' --numeric-owner --xattrs --xattrs-include='*'
}

setup_file()
{
	require_mount || return 0
	cd "$BATS_FILE_TMPDIR"
	scratch_btrfs "$BATS_FILE_TMPDIR/ref" 2g
	btrfs subvolume create ref/work >/dev/null
	for n in 1 2 3 4; do
		changes 5000 $n >$n.tar
		apply $n.tar ref/work
		btrfs subvolume snapshot ref/work ref/$n >/dev/null
	done
	"$TAR2BTRFS" --layers=subvolumes -L "$(unique_label)" -o image 1.tar 2.tar 3.tar 4.tar
}

setup()
{
	skip_if_unmet
	cd "$BATS_TEST_TMPDIR"
	f=$BATS_FILE_TMPDIR
	layers=("$f/1.tar" "$f/2.tar" "$f/3.tar" "$f/4.tar")
	mkdir m
}

# compare_layers DIR [TREECMP OPTIONS] - each subvolume is what was extracted
compare_layers()
{
	local dir=$1 n
	shift
	for n in 1 2 3 4; do
		assert_tree_equal "$f/ref/$n" "$(echo "$dir/00$n"-*)" --ignore=dirmtime,root "$@"
	done
}

# agrees IMAGE [TREECMP OPTIONS] - everything about an image of those four layers
agrees()
{
	local image=$1
	shift
	assert_check "$image" lowmem
	mount_image "$image" m ro,subvolid=5
	compare_layers m "$@"
	assert_scrub m
	detach m "$dev"
}

@test "each subvolume is what GNU tar extracts of the layers up to it" {
	agrees "$f/image"
}

@test "names, ids, flags, parents, and the default" {
	local n digest
	mount_image "$f/image" m ro,subvolid=5
	for n in 1 2 3 4; do
		digest=$(sha256sum <"$f/$n.tar")
		name=00$n-${digest:0:12}
		assert_equal "$(stat -c %i "m/$name")" 256
		run -0 btrfs subvolume show "m/$name"
		grep -q "Subvolume ID:.*$((255 + n))\$" <<<"$output"
		grep -q 'Flags:.*readonly' <<<"$output"
		[ "$n" = 1 ] || grep -q "Parent UUID:.*$uuid" <<<"$output"
		uuid=$(awk '$1 == "UUID:" { print $2 }' <<<"$output")
	done
	assert_equal "$(find m -mindepth 1 -maxdepth 1 | wc -l)" 4
	assert_equal "$(btrfs subvolume get-default m)" "ID 259 gen 1 top level 5 path $name"
	detach m "$dev"
	mount_image "$f/image" m
	assert_tree_equal "$f/ref/4" m --ignore=dirmtime,root
	detach m "$dev"
}

@test "data are stored once, and a layer's tree costs what it changes" {
	local flat image leaves
	flat=$("$TAR2BTRFS" --whiteouts "${layers[@]}" | wc -c)
	image=$(stat -c %s "$f/image")
	echo "# merged $flat bytes, four subvolumes $image" >&3
	[ "$image" -lt $((flat * 3 / 2)) ]
	flat=$("$TAR2BTRFS" --whiteouts --dedupe=off "${layers[@]}" | wc -c)
	[ "$("$TAR2BTRFS" --layers subvolumes --dedupe=off "${layers[@]}" | wc -c)" -lt $((flat * 3 / 2)) ]
	# leaves of the first tree that the others have too
	leaves=$(btrfs inspect-internal dump-tree -t extent "$f/image" | grep -c 'refs 4 gen 1 flags TREE_BLOCK')
	[ "$leaves" -gt 70 ]
	# a layer that changes nothing, twice: nodes, and a leaf of each tree that tells of trees
	printf 'dir d0\n' | spec_tar nothing.tar
	one=$("$TAR2BTRFS" --layers=subvolumes "$f/1.tar" | wc -c)
	printf 'file x/.wh.y\n' | spec_tar nothing.tar
	three=$("$TAR2BTRFS" --layers=subvolumes "$f/1.tar" nothing.tar nothing.tar | wc -c)
	[ $((three - one)) -le $((4 * 65536)) ]
}

# bats test_tags=slow
@test "any node size, profile, checksum, codec; packs, no dedupe, holes" {
	for options in '-n 4k --csum sha256 --pack-tails=8k' '-n 64k -m dup -O block-group-tree' \
		'--pack-tails --compress zstd:4 --max-inline 0' '--dedupe=off --compress none --no-seed -O ^free-space-tree'; do
		# shellcheck disable=SC2086 # words
		"$TAR2BTRFS" --layers=subvolumes -L "$(unique_label)" $options -o img "${layers[@]}"
		agrees img
	done
}

@test "one of the layers, no matter how it is packed or in what order, gives the same bytes" {
	local wanted kind pack n
	for n in 1 2 3 4; do
		changes 3000 $n >$n.tar
	done
	wanted=$("$TAR2BTRFS" --layers=subvolumes 1.tar 2.tar 3.tar 4.tar | sha256sum)
	for threads in 1 5; do
		assert_equal "$("$TAR2BTRFS" --layers=subvolumes --threads $threads 1.tar 2.tar 3.tar 4.tar | sha256sum)" "$wanted"
	done
	gzip -k 2.tar
	zstd -q 3.tar
	assert_equal "$(cat 4.tar | "$TAR2BTRFS" --layers=subvolumes 1.tar 2.tar.gz 3.tar.zst - | sha256sum)" "$wanted"
	for kind in oci docker; do
		for pack in none gzip zstd; do
			python3 "$GEN/oci.py" img --kind $kind --pack $pack --shuffle 3 "app@=1.tar,2.tar,3.tar,4.tar"
			assert_equal "$("$TAR2BTRFS" --oci --layers=subvolumes img | sha256sum)" "$wanted"
			assert_equal "$(cat img | "$TAR2BTRFS" --oci --layers=subvolumes | sha256sum)" "$wanted"
		done
	done
}

@test "the order of members shows in names alone" {
	printf 'dir a mode=0700\nfile a/x text=1\nfile b text=b\nlink a/y b\nfile c size=90000\n' >1.spec
	printf 'file .wh.b\nfile n text=n\nfile a/m text=m\nfile a/k text=k\nlink l c\ndir new\nfile new/f text=f\n' >2.spec
	for seed in 0 1 2 3 4; do
		echo "seed $seed"
		for n in 1 2; do
			python3 "$GEN/archive.py" tar --shuffle $seed <$n.spec >$n.tar
		done
		"$TAR2BTRFS" --layers=subvolumes 1.tar 2.tar >img
		# without names of subvolumes, and what follows from them
		btrfs inspect-internal dump-tree -t 256 img | grep -E 'item|inode|name|size' | sed 's/block [0-9]*//' >dump.$seed
		btrfs inspect-internal dump-tree -t 257 img | grep -E 'item|inode|name|size' | sed 's/block [0-9]*//' >>dump.$seed
		grep -v uuid dump.$seed >plain.$seed
		cmp plain.0 plain.$seed
	done
}

@test "each layer in the kernel's hands: sprouts, changes, deletion of the first, balance, and the seed goes" {
	mount_image "$f/image" m ro,subvolid=5
	seed_dev=$dev
	truncate -s 1g sprout
	attach sprout
	btrfs device add -f "$dev" m
	mount -o remount,rw m
	for s in m/00*; do
		btrfs property set -f "$s" ro false
		find "$s" -type f | awk 'NR % 90 == 7' | xargs rm
		echo new >"$s/new"
		find "$s" -type f | awk 'NR % 200 == 3' | while read -r file; do echo more >>"$file"; done
	done
	btrfs filesystem sync m
	btrfs subvolume snapshot m/002-* m/copy
	find m/00* -type f -exec sha256sum {} + >sums
	btrfs subvolume delete m/001-*
	btrfs subvolume sync m
	btrfs device remove "$seed_dev" m
	btrfs balance start --full-balance m
	grep -v ' m/001-' sums | sha256sum --quiet -c
	assert_scrub m
	umount m
	losetup -d "$seed_dev"
	losetup -d "$dev"
	assert_check sprout lowmem
}

# send LAYER BEFORE - to the other filesystem, as a change of BEFORE unless that is empty
send()
{
	btrfs send -q ${2:+-p "$2"} -f stream "$1"
	[ -z "$2" ] || [ "$(stat -c %s stream)" -lt 500000 ]
	btrfs receive -q -f stream "$f/ref/received"
	assert_tree_equal "$1" "$f/ref/received/${1##*/}" --ignore=root
}

@test "the changes of a layer can be sent, and received; of an image's next version only its last layer" {
	local s before=''
	"$TAR2BTRFS" --layers=subvolumes -L "$(unique_label)" -o version1 "${layers[@]::3}"
	mount_image version1 m ro,subvolid=5
	mkdir "$f/ref/received"
	for s in m/00*; do
		send "$s" "$before"
		before=$s
	done
	detach m "$dev"
	mount_image "$f/image" m ro,subvolid=5
	send m/004-* "$(echo m/003-*)"
	detach m "$dev"
}

@test "a layer's uuid is the same, whatever follows it" {
	for options in '' '--pack-tails --compress zstd:4 -n 4k' '--dedupe=off --csum xxhash -m dup'; do
		for nr in 2 4; do
			# shellcheck disable=SC2086 # words
			"$TAR2BTRFS" --layers=subvolumes $options -o img "${layers[@]::nr}"
			subvol_uuids img >uuids.$nr
			assert_equal "$(sort -u uuids.$nr | wc -l)" $nr
		done
		head -n 2 uuids.4 | cmp - uuids.2
	done
}

@test "30 layers: more trees have a leaf than stand in its item" {
	local n list=()
	changes 200 1 >base.tar
	for n in {1..30}; do
		printf 'file n%d text=%d\n' "$n" "$n" | spec_tar "$n.tar"
		list+=("$n.tar")
	done
	"$TAR2BTRFS" --layers=subvolumes -n 4k -L "$(unique_label)" -o img base.tar "${list[@]}"
	assert_check img lowmem
	btrfs inspect-internal dump-tree -t extent img >dump
	grep -q 'key ([0-9]* TREE_BLOCK_REF [0-9]*) itemoff [0-9]* itemsize 0' dump
	mount_image img m ro,subvolid=5
	assert_equal "$(btrfs subvolume list m | wc -l)" 31
	assert_equal "$(cat m/031-*/n{1..30} | tr -d '\n')" "$(seq -s "" 30)"
	[ ! -e "$(echo m/030-*/n30)" ]
	assert_equal "$(find m/020-* -name 'n*' | wc -l)" 19
	detach m "$dev"
}

@test "trees of one leaf share nothing, and links bind in their own layer" {
	spec_tar 1.tar <<<$'link a target\nfile target text=t'
	spec_tar 2.tar <<<$'link b a\nfile .wh.target'
	spec_tar 3.tar <<<$'file target text=other'
	"$TAR2BTRFS" --layers=subvolumes -L "$(unique_label)" -o img 1.tar 2.tar 3.tar
	assert_check img lowmem
	mount_image img m ro,subvolid=5
	assert_equal "$(stat -c %h m/001-*/a m/001-*/target m/002-*/a m/002-*/b m/003-*/target | xargs)" '2 2 2 2 1'
	assert_equal "$(cat m/00*/a m/002-*/b m/003-*/target)" ttttother
	detach m "$dev"
	spec_tar 2.tar <<<'link b later'
	spec_tar 3.tar <<<'file later text=l'
	"$TAR2BTRFS" --whiteouts 1.tar 2.tar 3.tar >merged
	refused 1 --layers=subvolumes 1.tar 2.tar 3.tar
	[[ $stderr == *"/b: the target of this hard link, 'later', is not in the archive" ]]
}

@test "owners, filters, --oci-config, the manifest; images without layers" {
	spec_tar 1.tar <<<$'dir usr uid=1\nfile usr/f uid=5 text=f\nfile usr/x text=x\nlink usr/g usr/f\nfile etc/c text=c'
	spec_tar 2.tar <<<$'file usr/.wh.x\nfile usr/y uid=6 text=y\nlink usr/h usr/f'
	python3 "$GEN/oci.py" oci "app@=1.tar,2.tar"
	"$TAR2BTRFS" --oci --layers=subvolumes --root-becomes usr --uid-offset 100 --oci-config c/config --manifest list \
		-L "$(unique_label)" -o img oci
	assert_check img lowmem
	mount_image img m ro,subvolid=5
	assert_equal "$(cd m && find 001-* | sed 's/-[^/]*//' | sort | xargs)" '001 001/f 001/g 001/x'
	assert_equal "$(cd m && find 002-* | sed 's/-[^/]*//' | sort | xargs)" '002 002/c 002/c/config 002/f 002/g 002/h 002/y'
	assert_equal "$(stat -c %u m/00* m/00*/f m/002-*/y | xargs)" '101 101 105 105 106'
	grep -q '"diff_ids"' m/002-*/c/config
	python3 "$TOP/tests/tools/manifest.py" m >seen
	cmp list seen
	detach m "$dev"
	"$TAR2BTRFS" --oci --layers=merged --mtime @0 oci | sha256sum >merged
	"$TAR2BTRFS" --oci --mtime @0 oci | sha256sum | cmp - merged
	python3 "$GEN/oci.py" none "app@="
	assert_equal "$("$TAR2BTRFS" --oci --layers=subvolumes none | sha256sum)" "$("$TAR2BTRFS" --oci none | sha256sum)"
}

@test "what does not go with layers is refused, and so are more entries than allowed" {
	printf 'dir a\nfile a/b text=b\n' | spec_tar 1.tar
	for option in '--subvol a' '--hard-dereference' '--plan plan' '--inode-flags nodatacow:a' '--property compression=none:a' \
		'--subvol-uuid .=00000000-0000-4000-8000-000000000001' '--selinux-contexts contexts'; do
		# shellcheck disable=SC2086 # words
		refused 2 --layers=subvolumes $option 1.tar
		[[ $stderr == *"found ${option%% *} "*"with --layers=subvolumes, allowed: one of them" ]]
	done
	for option in '' '--subvol a'; do
		# shellcheck disable=SC2086 # words
		refused 2 --layers=subvolumes --compress none:/a $option 1.tar
		[[ $stderr == *'found --compress of a path with --layers=subvolumes'* ]]
	done
	refused 2 --layers=both 1.tar
	[[ $stderr == *"found 'both', allowed: merged or subvolumes" ]]
	# two entries, and two again for each kept layer
	"$TAR2BTRFS" --layers=subvolumes --max-entries 7 1.tar >/dev/null
	"$TAR2BTRFS" --whiteouts --max-entries 7 1.tar 1.tar 1.tar >/dev/null
	refused 1 --layers=subvolumes --max-entries 7 1.tar 1.tar
	[[ $stderr == *"more than the 7 entries"*'(see --max-entries)' ]]
}
