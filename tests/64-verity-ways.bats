#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# fs-verity with what else an image can be, and how its files are read back: once, and never a wrong byte.
# bats file_tags=kernel

load helpers

setup()
{
	require_tool btrfs fsverity python3
	cd "$BATS_TEST_TMPDIR"
	img=$BATS_TEST_TMPDIR/img
}

# digests_of DIR - lines of all regular files, as --fs-verity-digests has them, sorted
digests_of()
{
	(cd "$1" && find . -type f -printf '%P\0' | sort -z | xargs -0 fsverity digest) | sort
}

# from_image OPTION... - the digests of an image that is made and found clean, sorted
from_image()
{
	"$TAR2BTRFS" -L "$(unique_label)" --fs-verity --fs-verity-digests digests -o "$img" "$@"
	assert_check "$img" >&2
	sort digests
}

# layers_of_image - three layers, the container image image.tar of them, and the tree that they become
layers_of_image()
{
	spec_tar l1.tar <<-'END'
		file etc/gone text=gone
		file etc/keep text=keep
		file opaque/old size=9000
		file big size=700000 seed=noise
		file again size=5000
	END
	spec_tar l2.tar <<-'END'
		file etc/.wh.gone
		file opaque/.wh..wh..opq
		file opaque/new text=new
		file again size=300000
		link hard etc/keep
	END
	mkdir merged
	tar -C merged -xf l1.tar
	tar -C merged -xf l2.tar
	rm -r merged/etc/.wh.gone merged/etc/gone merged/opaque/.wh..wh..opq merged/opaque/old
	python3 "$GEN/oci.py" image.tar --pack gzip app@linux/amd64=l1.tar,l2.tar
}

@test "a container image: the files of all layers, by path, as subvolumes" {
	layers_of_image
	digests_of merged >expected
	from_image --oci image.tar | diff expected -
	cp "$img" from-oci
	"$TAR2BTRFS" --fs-verity --whiteouts -L x -o one l1.tar l2.tar
	"$TAR2BTRFS" --fs-verity --oci image.tar -L x -o two
	cmp one two
	from_image --oci image.tar --fs-verity=none:opaque --fs-verity=none:/big | diff <(grep -v 'opaque\|big' expected) -
	from_image --oci image.tar --layers=subvolumes | sed -n 's, 002-[^/]*/, ,p' | sort | diff expected -
	[ "$(grep -c ' 001-' digests)" = 5 ]
	refused 2 --oci image.tar --layers=subvolumes --fs-verity=:big -o "$img"
	[[ $stderr == *'--fs-verity of a path'* ]]
}

@test "a writable image, large sums, packs of equal files, files that are left out" {
	spec_tar in.tar <<-'END'
		file large size=700000 seed=noise
		file d/same size=700000 seed=noise
		file small size=3000
		file d/small size=3000
		file sparse size=9000000 hole=4096+3002368
		file inline text=hello
		link d/hard small
		fifo fifo
		symlink link large
	END
	mkdir plain
	tar -C plain -xf in.tar
	digests_of plain >expected
	for options in '--no-seed --free 64m' '--pack-tails --csum blake2 -n 64k' '--compress zstd:15 --pack-tails=16k -m dup' \
		'--all-root --mtime @1' '--inode-flags nodatacow:/ --max-inline 0' '--dedupe off --inode-flags nodatasum:d'; do
		# shellcheck disable=SC2086 # words
		from_image $options in.tar | diff expected -
		"$BTRFS2TAR" --manifest "$img" | sed -n 's/^\.\/\([^ ]*\) .* verity=\([^ ]*\).*/\2 \1/p' | sort -u >manifest
		diff expected manifest
	done
	from_image --exclude-path d in.tar >found
	run -1 grep -q ' d/' found
	grep -q ' small$' found
}

@test "a sprout made onto a seed with fs-verity has its feature bit and its files" {
	spec_tar in.tar <<-'END'
		file a size=300000
		file b size=9000 seed=noise
	END
	mkdir plain
	tar -C plain -xf in.tar
	"$TAR2BTRFS" --fs-verity --manifest m -o seed in.tar
	"$TAR2BTRFS" --onto seed --sprout --size 256m -o sprout
	btrfs inspect-internal dump-super sprout | grep -q '^compat_ro_flags.*0x7$'
	"$BTRFS2TAR" --manifest sprout seed | cmp - m
	assert_check seed
}

# ---- reading back ---------------------------------------------------------------

@test "data is read once" {
	require_tool strace
	require_plain_build
	spec_tar in.tar <<-'END'
		file noise size=8000000 seed=noise
	END
	"$TAR2BTRFS" --fs-verity --compress none -o img in.tar
	for command in '--cat noise' '-o back' --manifest; do
		# shellcheck disable=SC2086 # words
		strace -f -e trace=pread64 -o trace "$BTRFS2TAR" --no-sandbox $command img >out
		bytes=$(sed -n 's/.*pread64.* = \([0-9]*\)$/\1/p' trace | awk '{ n += $1 } END { print n }')
		echo "$command: $bytes bytes read"
		[ "$bytes" -ge 8000000 ]
		[ "$bytes" -lt 9000000 ]
	done
}

# refused_as TEXT ARGUMENT... - btrfs2tar ends with status 1 and one line that begins so; out is what it wrote
refused_as()
{
	local text=$1 status=0
	shift
	"$BTRFS2TAR" "$@" >out 2>err || status=$?
	cat err
	[ $status = 1 ]
	[ "$(wc -l <err)" = 1 ]
	[[ $(<err) == "btrfs2tar: f: "*"$text" ]]
}

# broken WHAT AT BLOCK TEXT - an image with damage, whose checksums are right: what is written of the file ends before
# a block, and is the same for all numbers of threads
broken()
{
	local threads
	cp good img
	python3 "$TOP/tests/tools/verity_items.py" damage img 257 "$1" "$2"
	for threads in 1 2 9; do
		refused_as "$4" --threads $threads --cat f img
		[ "$(stat -c %s out)" -le $(($3 * 4096)) ]
		cmp -n "$(stat -c %s out)" out f
		cp out "cat$threads"
		cmp "cat$threads" cat1
		refused_as "$4" --threads $threads img
		run ! tar -tf out
		cp out "tar$threads"
		cmp "tar$threads" tar1
	done
	refused_as "$4" -o x img
	[ ! -e x ]
}

@test "no wrong byte leaves, and none behind it" {
	spec_tar in.tar <<-'END'
		file f size=4000000 seed=noise
		file g size=70000
	END
	tar -xf in.tar f
	for options in '--compress none' '--fs-verity-salt 00ff --compress zlib'; do
		# shellcheck disable=SC2086 # words
		"$TAR2BTRFS" --fs-verity $options -o good in.tar
		"$BTRFS2TAR" --cat f good | cmp - f
		broken data 2300000 561 'block 561 does not fit its hash (fs-verity)'
		broken tree $((2 * 4096 + 9)) 128 'block 2 of its Merkle tree (fs-verity) does not fit the one above it'
	done
	"$TAR2BTRFS" --fs-verity=sha512 -o good in.tar # a root of 16 hashes, 64 hashes in each leaf
	broken tree $((6 * 4096 + 100)) $((5 * 64)) 'block 6 of its Merkle tree (fs-verity) does not fit the one above it'
	broken data 2300000 561 'block 561 does not fit its hash (fs-verity)'
	broken tree 0 0 'block 0 of its Merkle tree (fs-verity) does not fit the root hash'
	broken desc 16 0 'block 0 of its Merkle tree (fs-verity) does not fit the root hash'
}

@test "blocks of another size are not verified, with a warning" {
	spec_tar in.tar <<<'file f size=300001 seed=noise'
	tar -xf in.tar
	"$TAR2BTRFS" --fs-verity --compress none -o img in.tar
	python3 "$TOP/tests/tools/verity_items.py" damage img 257 desc 2 7
	for threads in 1 3; do
		"$BTRFS2TAR" --threads $threads img 2>err | tar -xO | cmp - f
		[ "$(<err)" = 'btrfs2tar: warning: f: inode 257: fs-verity with blocks of 2^11 bytes, which is not verified' ]
	done
	"$BTRFS2TAR" --manifest=m img
	run -1 grep -q verity= m
}
