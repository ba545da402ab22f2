#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Ordinary filesystems (--no-seed): they live on as if the kernel had made them.
# bats file_tags=kernel,slow

load helpers

setup_file()
{
	require_mount || return 0
	cd "$BATS_FILE_TMPDIR"
	python3 "$GEN/rich.py" >spec
	for i in $(seq 1 30); do
		echo "file data/$i size=700000 seed=noise$i"
		echo "file text/$i size=700000 seed=text$i"
	done >>spec
	python3 "$GEN/archive.py" tar <spec >tar
	python3 "$GEN/archive.py" manifest <spec >manifest
}

setup()
{
	skip_if_unmet
	cd "$BATS_TEST_TMPDIR"
	m=$BATS_TEST_TMPDIR/m
	mkdir "$m"
}

is_tree()
{
	python3 "$TOP/tests/tools/treecmp.py" --manifest "$BATS_FILE_TMPDIR/manifest" "$m" "$@"
}

# life OPTIONS - write, delete, balance, scrub, check
life()
{
	"$TAR2BTRFS" -L "$(unique_label)" --no-seed -o img "$@" "$BATS_FILE_TMPDIR/tar"
	assert_check img
	mount_image img "$m" rw
	is_tree
	cp -a "$m/sizes" "$m/copy"
	head -c 20m /dev/urandom >"$m/new"
	sync -f "$m"
	diff -r "$m/sizes" "$m/copy"
	setfattr -n user.more -v 1 "$m/xattrs/many"
	mv "$m/names" "$m/renamed"
	mv "$m/renamed" "$m/names"
	setfattr -x user.more "$m/xattrs/many"
	touch -d @5 "$m/links/target"
	echo x | dd of="$m/data/3" bs=1 seek=300000 conv=notrunc status=none
	truncate -s 100000 "$m/text/3"
	rm -r "$m/data/1" "$m/text/1" "$m/many" "$m/new" "$m/copy"
	sync -f "$m"
	btrfs balance start --full-balance "$m" >/dev/null
	assert_scrub "$m"
	is_tree --quiet --ignore='path:data/[13],path:text/[13],path:many,attrs:*' | grep '^0 differences' || {
		is_tree --ignore='path:data/[13],path:text/[13],path:many,attrs:*'
	}
	detach "$m" "$dev"
	assert_check img
	mount_image img "$m" rw
	rm -r "${m:?}"/*
	detach "$m" "$dev"
	assert_check img
}

@test "--no-seed --free 200m: defaults" {
	life --free 200m
}

@test "--no-seed alone leaves room to write in" {
	"$TAR2BTRFS" -L "$(unique_label)" --no-seed -o img "$BATS_FILE_TMPDIR/tar"
	mount_image img "$m" rw
	head -c 10m /dev/urandom >"$m/new"
	sync -f "$m"
	rm -r "$m/new" "$m/text"
	sync -f "$m"
	assert_scrub "$m"
	is_tree --ignore=path:text,attrs:text,rootmtime
	detach "$m" "$dev"
	assert_check img
}

@test "plain data, 4k nodes, two copies of metadata, sha256" {
	life --free 200m --compress none -n 4k -m dup --csum sha256
}

@test "lzo, 64k nodes, blake2" {
	life --free 200m --compress lzo -n 64k --csum blake2
}

@test "zlib, no free space tree, xxhash" {
	life --free 200m --compress zlib -O ^free-space-tree --csum xxhash
}

@test "--no-seed alone: a full balance of a small tree" {
	python3 "$GEN/archive.py" tar <<<"file f size=3000000 seed=noise" >small
	"$TAR2BTRFS" -L "$(unique_label)" --no-seed -o img small
	mount_image img "$m" rw
	btrfs balance start --full-balance "$m" >/dev/null
	assert_scrub "$m"
	detach "$m" "$dev"
	assert_check img
}

@test "--size 2g" {
	life --size 2g
}

@test "grown by truncate and resize" {
	"$TAR2BTRFS" -L "$(unique_label)" --no-seed -o img "$BATS_FILE_TMPDIR/tar"
	truncate -s 1g img
	mount_image img "$m" rw
	btrfs filesystem resize max "$m"
	head -c 300m /dev/zero >"$m/new"
	detach "$m" "$dev"
	assert_check img
}

# fill IMAGE - all room takes data: sets what statfs promised and what was written until ENOSPC, in bytes
fill()
{
	mount_image "$1" "$m" rw
	promised=$(($(stat -f -c '%a * %S' "$m")))
	! dd if=/dev/zero of="$m/fill" bs=64k conv=fsync status=none 2>/dev/null
	written=$(stat -c %s "$m/fill")
	detach "$m" "$dev"
	assert_check "$1"
}

# keeps_promise OPTIONS - at least 95 % of the promise can be written
keeps_promise()
{
	local promised written
	"$TAR2BTRFS" -q -L "$(unique_label)" --no-seed -o img "$@" small
	fill img
	((written * 100 >= promised * 95)) || {
		echo "$*: $written bytes written, $promised promised"
		return 1
	}
}

# gives_as_mkfs NODESIZE PROFILE FREE - and at least 98 % of what an empty filesystem of mkfs.btrfs takes in so many bytes
gives_as_mkfs()
{
	local promised written ours total
	keeps_promise -n "$1" -m "$2" --free "$3"
	"$TAR2BTRFS" -q -L "$(unique_label)" --no-seed -o img -n "$1" -m "$2" --free "$3" small
	fill img
	ours=$((written + 3000000)) total=$(stat -c %s img)
	rm -f by-mkfs
	truncate -s "$total" by-mkfs
	# mkfs.btrfs refuses sizes below some 110 MB
	mkfs.btrfs -q -n "$1" -m "$2" by-mkfs 2>err || {
		grep -q 'minimum size' err
		echo "# -n $1 -m $2 --free $3: $ours bytes; mkfs.btrfs refuses $total" >&3
		return 0
	}
	fill by-mkfs
	echo "# -n $1 -m $2 --free $3: $ours bytes; mkfs.btrfs in the same $total: $written" >&3
	((ours * 100 >= written * 98))
}

@test "statfs promises no more room than there is" {
	python3 "$GEN/archive.py" tar <<<"file f size=3000000 seed=noise" >small
	local node profile
	for node in 4k 16k 64k; do
		for profile in single dup; do
			keeps_promise -n $node -m $profile --free 48m
			keeps_promise -n $node -m $profile --free 128m
		done
	done
	keeps_promise --csum sha256 -n 8k -m dup --free 1g
}

# A busy disk has the kernel allocate a chunk before it is done with the last one.
# bats test_tags=long
@test "statfs promises no more room than there is: a busy disk" {
	python3 "$GEN/archive.py" tar <<<"file f size=3000000 seed=noise" >small
	local round writers=()
	touch busy
	for round in 1 2; do
		while [ -e busy ]; do dd if=/dev/zero of=noise$round bs=1M count=1500 status=none; done 3>&- &
		writers+=($!)
	done
	for round in 1 2 3; do
		keeps_promise -n 32k -m dup --free 1g || {
			rm busy
			return 1
		}
	done
	rm busy
	wait "${writers[@]}" # and not for the watch that bats keeps over the time
}

@test "as much room as mkfs.btrfs gives" {
	python3 "$GEN/archive.py" tar <<<"file f size=3000000 seed=noise" >small
	gives_as_mkfs 16k single 128m
	gives_as_mkfs 16k dup 128m
}

# bats test_tags=long
@test "as much room as mkfs.btrfs gives: all node sizes" {
	python3 "$GEN/archive.py" tar <<<"file f size=3000000 seed=noise" >small
	local node profile free
	for node in 4k 8k 16k 32k 64k; do
		for profile in single dup; do
			for free in 48m 64m 128m 1g; do
				gives_as_mkfs $node $profile $free
			done
		done
	done
}

@test "a first mount with clear_cache, btrfstune and check --repair" {
	python3 "$GEN/archive.py" tar <<<"file f size=3000000 seed=noise" >small
	local node profile tool tools=('btrfstune -S 1' 'btrfstune -m' 'btrfstune -r' 'btrfs check --repair --force')
	if btrfstune --help 2>&1 | grep -q convert-to-block-group-tree; then
		tools+=('btrfstune --convert-to-block-group-tree')
	else
		echo "# this btrfstune has no --convert-to-block-group-tree" >&3
	fi
	for node in 4k 16k 32k 64k; do
		for profile in single dup; do
			for tool in "${tools[@]}"; do
				"$TAR2BTRFS" -q --no-seed -n $node -m $profile --free 1m -o img small
				$tool img >out 2>&1 || {
					echo "$node $profile: $tool"
					cat out
					return 1
				}
				assert_check img
			done
			"$TAR2BTRFS" -q -L "$(unique_label)" --no-seed -n $node -m $profile --free 1m -o img small
			mount_image img "$m" clear_cache,space_cache=v2
			echo new >"$m/new"
			detach "$m" "$dev"
			assert_check img
		done
	done
}

@test "less than 48m of room is warned of" {
	run -0 --separate-stderr "$TAR2BTRFS" --no-seed --free 20m -o img "$BATS_FILE_TMPDIR/tar"
	# shellcheck disable=SC2154
	[ -n "$stderr" ]
	run -0 --separate-stderr "$TAR2BTRFS" --no-seed --free 48m -o img "$BATS_FILE_TMPDIR/tar"
	[ -z "$stderr" ]
}
