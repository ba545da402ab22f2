#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Equal data are stored once, and the kernel agrees on who refers to them.
# bats file_tags=kernel

load helpers

setup()
{
	require_mount
	cd "$BATS_TEST_TMPDIR"
	img=$BATS_TEST_TMPDIR/img
}

same_image()
{
	cat >spec
	spec_image "$img" "$@" <spec
	assert_check "$img" lowmem
	assert_manifest "$img" <spec
}

# stored - how many data extents the image has
stored()
{
	btrfs inspect-internal dump-tree -t 2 "$img" | grep -c 'EXTENT_ITEM'
}

# noise PIECE... - data of 128 KiB for each letter, the same for the same one
noise()
{
	local piece
	for piece; do
		[ -e "piece.$piece" ] || python3 -c '
import random, sys
sys.stdout.buffer.write(random.Random(sys.argv[1]).randbytes(131072))' "$piece" >"piece.$piece"
		cat "piece.$piece"
	done
}

@test "equal files, equal pieces at other places, parts of plain extents" {
	mkdir t
	noise a b c d e >t/abcde
	noise b c >t/bc
	noise c a >t/ca
	noise e d >t/ed
	noise a b c d e >t/same
	noise x a a a b >t/xaaab
	{ noise b c; echo tail; } >t/bc-tail
	{ noise d; echo tail; } >t/d-tail
	tar -C t --format=pax -cf tar .
	for options in '--compress none' '--compress none -n 4k' --compress\ {zstd,zlib,lzo}; do
		# shellcheck disable=SC2086 # words
		mkimage "$img" tar $options
		assert_check "$img" lowmem
		with_mount "$img" compare_and_scrub t
		# noise stays plain: abcde is one extent, x and the tail are others
		assert_equal "$(stored)" 3
	done
	mkimage "$img" tar --compress none --dedupe=off
	with_mount "$img" compare_and_scrub t
	assert_equal "$(stored)" 8
}

@test "more references than fit into an item" {
	# 600 whole files, and one that has a piece 500 times
	for n in 4k 16k; do
		{
			for i in $(seq 600); do echo "file f/$i size=10000 seed=same"; done
			echo "file zeros size=$((500 * 131072 + 5000)) seed=zeros"
		} | same_image -n $n
		btrfs inspect-internal dump-tree -t 2 "$img" >dump
		grep -q 'refs 600 ' dump
		grep -q 'EXTENT_DATA_REF' dump
		assert_equal "$(stored)" 3
	done
}

@test "references across subvolumes" {
	for sub in '' '-u a' '-u a -u ro:b -u b/c'; do
		# shellcheck disable=SC2086 # words
		same_image $sub <<-END
			file a/one size=300000 seed=one
			file b/one size=300000 seed=one
			file b/c/one size=300000 seed=one
			file top size=300000 seed=one
		END
		assert_equal "$(stored)" 3
	done
	btrfs inspect-internal dump-tree -t 2 "$img" >dump
	for root in 5 256 257 258; do
		grep -q "extent data backref root \($root\|FS_TREE\) " dump
	done
}

@test "only what is stored in the same way is shared" {
	same_image --compress zlib:/other --inode-flags nodatasum:plain --compress none:/none <<-END
		file a size=20000 seed=one
		file other/a size=20000 seed=one
		file none/a size=20000 seed=one
		file plain/a size=20000 seed=one
		file again/a size=20000 seed=one
		file plain/again/a size=20000 seed=one
		file none/again/a size=20000 seed=one
	END
	assert_equal "$(stored)" 4
}

@test "neither order of members nor threads show" {
	{
		for i in $(seq 40); do
			echo "file a/$i size=$((i % 7 * 50000 + 4097)) seed=$((i % 9))"
			echo "file b/$i size=$((i % 5 * 140000 + 5000)) seed=noise$((i % 4))"
		done
		echo "file zeros size=1000000 seed=zeros"
	} >spec
	python3 "$GEN/archive.py" tar <spec >tar
	for options in '' '--compress none' '-u a --hard-dereference'; do
		# shellcheck disable=SC2086 # words
		assert_same_bytes spec $options
	done
	assert_differ "$(image_hash --dedupe=off <tar)" "$(image_hash <tar)"
	mkimage "$img" tar --compress none
	assert_check "$img"
	assert_manifest "$img" <spec
}

@test "a member that is replaced does not keep its copy" {
	{
		echo "file z size=200000 seed=one"
		echo "file a size=200000 seed=one"
		echo "file z size=100 seed=two"
		echo "file b size=200000 seed=gone"
		echo "file b size=100 seed=three"
	} >spec
	spec_image "$img" <spec
	assert_equal "$(stored)" 2
	cat >left <<-END
		file z size=100 seed=two
		file a size=200000 seed=one
		file b size=100 seed=three
	END
	assert_manifest "$img" <left
	python3 "$GEN/archive.py" tar <spec | image_hash >sum
	assert_equal "$(cat sum)" "$(python3 "$GEN/archive.py" tar <left | image_hash)"
}

@test "--hard-dereference shares data, unless dedupe is off" {
	cat >spec <<-END
		file a size=300000 seed=noise
		link b a
		link c a
	END
	cat >apart <<-END
		file a size=300000 seed=noise
		file b size=300000 seed=noise
		file c size=300000 seed=noise
	END
	spec_image "$img" --hard-dereference <spec
	assert_manifest "$img" <apart
	shared=$(stored)
	spec_image "$img" --hard-dereference --dedupe=off <spec
	assert_manifest "$img" <apart
	assert_equal "$(stored)" $((shared * 3))
}

@test "figures: what is stored once is not compressed twice" {
	{
		for i in $(seq 20); do echo "file f/$i size=1000000 seed=same"; done
	} | python3 "$GEN/archive.py" tar >tar
	"$TAR2BTRFS" --stats=json:figures -o "$img" tar
	python3 - figures <<-'END'
		import json, sys
		data = json.load(open(sys.argv[1]))['data']
		assert data['bytes'] == 20 * 1000000, data
		assert data['deduped_bytes'] == 19 * 1003520, data
		assert data['stored_bytes'] <= 1000000, data
	END
}

@test "a wrong word" {
	refused 2 --dedupe=maybe /dev/null
	[[ $stderr == *"found 'maybe', allowed: on or off"* ]]
}
