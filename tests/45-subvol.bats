#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Subvolumes: each a tree of its own, as the kernel and btrfs-progs see them.
# bats file_tags=kernel

load helpers

spec()
{
	cat <<-'SPEC'
		dir . mode=0711 uid=7 mtime=500
		dir home mode=0750 uid=1000 gid=100 mtime=1000.5 x.user.a=home
		file home/f text=hello mode=0600
		file home/big size=700000 seed=noise1
		link home/g home/f
		dir home/u
		dir home/u/.cache mode=0700 uid=1000
		file home/u/.cache/c size=300000
		dir usr mtime=2000
		dir usr/lib
		file usr/lib/x size=5000
		link usr/lib/y usr/lib/x
		dir usr/local
		file usr/local/z size=2000000
		file usr/zz text=z
		symlink lib usr/lib
		dir snap mode=0555
		file snap/s size=400000 seed=noise2
		dir ro:x
		file ro:x/colon text=c
		file zlast text=last
	SPEC
}

SUBVOLS=(-u home -u ro:snap -u home/u/.cache -u ./ro:x -u usr -u rw:/usr/local/)

setup_file()
{
	require_mount || return 0
	cd "$BATS_FILE_TMPDIR"
	spec | spec_tar tar
	scratch_btrfs "$BATS_FILE_TMPDIR/scratch" 1g
	mkdir scratch/ref
	tar -xpf tar -C scratch/ref --xattrs --xattrs-include='*' --numeric-owner --same-owner
	mkimage image tar "${SUBVOLS[@]}"
}

setup()
{
	skip_if_unmet
	cd "$BATS_TEST_TMPDIR"
	image=$BATS_FILE_TMPDIR/image
	archive=$BATS_FILE_TMPDIR/tar
	ref=$BATS_FILE_TMPDIR/scratch/ref
	m=$BATS_TEST_TMPDIR/m
	mkdir "$m"
}

@test "the whole tree is what GNU tar extracts, and nothing complains" {
	assert_check "$image" lowmem
	with_mount "$image" compare_and_scrub "$ref"
}

# in_subvol IMAGE OPTIONS REFERENCE - mounted with the options it is the reference
in_subvol()
{
	mount_image "$1" "$m" "ro,$2"
	assert_tree_equal "$3" "$m"
	detach "$m" "$dev"
}

@test "each subvolume mounts by path and by id" {
	local i=256 path
	for path in home home/u/.cache ro:x snap usr usr/local; do
		in_subvol "$image" "subvol=$path" "$ref/$path"
		in_subvol "$image" "subvolid=$i" "$ref/$path"
		i=$((i + 1))
	done
	in_subvol "$image" subvolid=5 "$ref"
}

list_subvols()
{
	btrfs subvolume list -p "$mnt" | awk '{ print $2, $6, $NF }'
}

@test "btrfs subvolume list names ids in the order of paths, and parents" {
	run -0 with_mount "$image" list_subvols
	assert_equal "$output" "256 5 home
257 256 home/u/.cache
258 5 ro:x
259 5 snap
260 5 usr
261 260 usr/local"
}

show_subvols()
{
	local path
	for path in '' home snap usr/local; do
		btrfs subvolume show "$mnt/$path"
	done
	btrfs subvolume get-default "$mnt"
}

@test "btrfs subvolume show knows names, uuids, parents and the read-only flag" {
	run -0 with_mount "$image" show_subvols
	echo "$output"
	assert_equal "$(awk '$1 == "Name:" { print $2 }' <<<"$output" | xargs)" "<FS_TREE> home snap local"
	assert_equal "$(awk '$1 == "Flags:" { print $2 }' <<<"$output" | xargs)" "- - readonly -"
	assert_equal "$(awk '/^\tParent ID:/ { print $3 }' <<<"$output" | xargs)" "0 5 5 260"
	assert_equal "$(awk '$1 == "UUID:" { print $2 }' <<<"$output" | grep -cE '^[0-9a-f-]{36}$')" 4
	assert_equal "$(awk '$1 == "UUID:" { print $2 }' <<<"$output" | sort -u | wc -l)" 4
	grep -q 'ID 5 (FS_TREE)' <<<"$output"
}

@test "the default subvolume is what is mounted, whether read-only or not" {
	local type
	for type in default default-ro; do
		mkimage d "$archive" -u "$type:usr" -u home
		assert_check d lowmem
		mount_image d "$m"
		assert_tree_equal "$ref/usr" "$m"
		run -0 btrfs subvolume get-default "$m"
		assert_equal "$output" "ID 257 gen 1 top level 5 path usr"
		run -0 btrfs property get "$m" ro
		assert_equal "$output" "ro=$([ "$type" = default ] && echo false || echo true)"
		detach "$m" "$dev"
		in_subvol d subvolid=5 "$ref"
	done
}

@test "on a writable image read-only subvolumes are not, others are" {
	mkimage w "$archive" --no-seed "${SUBVOLS[@]}"
	mount_image w "$m" rw
	run -1 touch "$m/snap/new"
	grep -q 'Read-only file system' <<<"$output"
	touch "$m/usr/new" "$m/home/u/.cache/new"
	btrfs property set "$m/snap" ro false
	touch "$m/snap/new"
	btrfs subvolume snapshot "$m/home" "$m/copy"
	rm -rf "$m/home/f" "$m/home/big"
	btrfs subvolume delete "$m/usr/local" "$m/ro:x"
	btrfs subvolume create "$m/another"
	btrfs filesystem sync "$m"
	btrfs subvolume sync "$m"
	assert_scrub "$m"
	detach "$m" "$dev"
	assert_check w lowmem
}

@test "a read-only subvolume can be sent and received" {
	mount_image "$image" "$m"
	btrfs send -q -f stream "$m/snap"
	detach "$m" "$dev"
	mkdir "$BATS_FILE_TMPDIR/scratch/received"
	btrfs receive -q -f stream "$BATS_FILE_TMPDIR/scratch/received"
	assert_tree_equal "$ref/snap" "$BATS_FILE_TMPDIR/scratch/received/snap"
}

@test "subvolumes pass to a sprout, and stay when the seed goes" {
	mount_image "$image" "$m"
	seed_dev=$dev
	truncate -s 1g sprout
	attach sprout
	btrfs device add -f "$dev" "$m"
	mount -o remount,rw "$m"
	echo new >"$m/home/new"
	btrfs device remove "$seed_dev" "$m"
	umount "$m"
	losetup -d "$seed_dev"
	mount "$dev" "$m"
	assert_equal "$(btrfs subvolume list "$m" | wc -l)" 6
	assert_equal "$(cat "$m/home/new")" new
	rm "$m/home/new"
	assert_tree_equal "$ref" "$m" --ignore=dirmtime
	assert_scrub "$m"
	detach "$m" "$dev"
	assert_check sprout lowmem
}

@test "the image does not depend on the order of members, of options, nor on threads" {
	local want other
	want=$("$TAR2BTRFS" "${SUBVOLS[@]}" "$archive" | sha256sum)
	for seed in 1 2 3; do
		echo "seed $seed"
		spec | spec_tar shuffled --shuffle $seed
		other=$("$TAR2BTRFS" -u usr -u usr/local -u ./ro:x -u home/u/.cache -u ro:snap -u home \
			--threads $seed shuffled | sha256sum)
		assert_equal "$other" "$want"
	done
}

@test "symlinks among the parents of a subvolume are followed" {
	assert_equal "$("$TAR2BTRFS" -u lib/sub "$archive" | sha256sum)" \
		"$("$TAR2BTRFS" -u usr/lib/sub "$archive" | sha256sum)"
}

@test "a directory that is not in the archive is made" {
	run -0 --separate-stderr "$TAR2BTRFS" -v -L "$(unique_label)" -u new/deep -o made "$archive"
	# a build without a sandbox says so first
	grep -xF "tar2btrfs: new/deep: not in the archive, made as an empty subvolume" <<<"$stderr"
	assert_check made
	mount_image made "$m"
	assert_equal "$(stat -c '%a %u %Y %i' "$m/new/deep")" "755 0 0 256"
	detach "$m" "$dev"
}

@test "--subvol-uuid sets the uuid, of the top level too" {
	local a=00000000-0000-4000-8000-00000000000a b=ffffffff-0000-4000-8000-00000000000b
	mkimage u "$archive" -u home -u usr --subvol-uuid "usr=$a" --subvol-uuid .=$b
	assert_check u
	mount_image u "$m"
	assert_equal "$(btrfs subvolume show "$m/usr" | awk '$1 == "UUID:" { print $2 }')" "$a"
	assert_equal "$(btrfs subvolume show "$m" | awk '$1 == "UUID:" { print $2 }')" "$b"
	assert_equal "$(btrfs subvolume show -u "$a" "$m" | head -n 1)" "usr"
	detach "$m" "$dev"
}

# home_uuid [SED COMMAND [OPTIONS]] - of the subvolume home, after a change of the archive's text
home_uuid()
{
	spec | sed "${1:-}" | spec_tar changed
	"$TAR2BTRFS" -u home "${@:2}" -o changed.img changed
	subvol_uuids changed.img | head -n 1
}

@test "a subvolume's uuid follows from its path and what it holds, and from nothing else" {
	local uuid change seen=$BATS_TEST_TMPDIR/seen
	uuid=$(home_uuid)
	for change in '/ro:x/d' '1i file a text=before' '1i file aa size=300000 seed=noise1' \
		's/text=z/text=x/'; do
		echo "$change"
		assert_equal "$(home_uuid "$change" -u usr)" "$uuid"
	done
	assert_equal "$(home_uuid '1i dir elsewhere' -u usr -n 4k -m dup --csum sha256 -L label --dedupe=off)" "$uuid"
	assert_equal "$(home_uuid '1i file a text=before' -u snap --no-seed --free 64m -U random)" "$uuid"
	# whatever shares a pack with it
	uuid=$(home_uuid '' --pack-tails)
	assert_equal "$(home_uuid '1i file a size=30000' --pack-tails=64k)" "$uuid"
	# another uuid: time, mode, owner, xattr, a byte, a name, a link that is a copy, a hole, and one more entry
	# shellcheck disable=SC2016 # the last line, for sed
	for change in '' 's/1000.5/1000.25/' 's/mode=0750/mode=0751/' 's/gid=100 /gid=101 /' 's/x.user.a=home/x.user.a=hom2/' \
		's/text=hello/text=hallo/' 's|home/big|home/bif|' 's|^link home/g.*|file home/g text=hello mode=0600|' \
		's|size=700000 seed=noise1|size=700000 seed=noise2|' 's|size=700000 seed=noise1|& hole=131072+4096|' \
		'/cache.c/d' '$a fifo home/fifo' '$a symlink home/s home/t' \
		'$a char home/d 1,5' '$a file home/empty text=' '$a link home/h home/f'; do
		home_uuid "$change"
	done >"$seen"
	home_uuid '' --compress none >>"$seen"
	home_uuid '' --inode-flags nodatasum:home/f >>"$seen"
	spec | sed 's|\<home\([ /]\)|hame\1|g' | spec_tar changed
	"$TAR2BTRFS" -u hame -o changed.img changed
	subvol_uuids changed.img >>"$seen"
	assert_equal "$(sort "$seen" | uniq -d)" ''
	# a subvolume below is no part of it
	assert_equal "$(home_uuid '' -u home/u)" "$(home_uuid '/cache/d' -u home/u)"
	[ "$(home_uuid '' -u home/u)" != "$(home_uuid)" ]
}

@test "names that sort around the slash get ids in the order of the walk" {
	printf 'dir a-b\ndir a/b\ndir a\ndir a!\n' | spec_tar t
	mkimage i t -u a-b -u a -u a/b -u a!
	assert_check i lowmem
	run -0 with_mount i list_subvols
	assert_equal "$output" "256 5 a
257 256 a/b
258 5 a!
259 5 a-b"
}

@test "hard links into another subvolume are refused, both names are said" {
	printf 'file a/x text=1\nlink b/y a/x\n' | spec_tar t
	for options in '-u a' '-u b' '-u a -u b'; do
		# shellcheck disable=SC2086
		run -1 --separate-stderr "$TAR2BTRFS" $options t
		assert_equal "$output" ""
		[[ $stderr == *"a hard link to '"?/?"' in another subvolume, allowed: names in one"* ]]
		[[ $stderr == *a/x* && $stderr == *b/y* ]]
	done
	assert_equal "${#stderr_lines[@]}" 1
}

@test "what is no subvolume is refused by name" {
	archive_refused 1 "zlast: it is not a directory" -u zlast
	archive_refused 1 "lib: it is not a directory" -u lib
	archive_refused 1 "zlast/x: its parent" -u zlast/x
	archive_refused 1 ".: it is the top level" -u .
	archive_refused 1 "home/: it is to be a subvolume twice" -u home -u home/
	archive_refused 1 "home/..: the path has a '..'" -u home/..
	archive_refused 2 "--subvol: found 'rx', allowed: the type rw, ro, default or default-ro, or ./" -u rx:home
	archive_refused 2 "--subvol: found 'default:usr', allowed: one default" -u default-ro:home -u default:usr
	archive_refused 2 "--subvol: found 'ro:', allowed: [TYPE:]DIR" -u ro:
	archive_refused 2 "--subvol: found '', allowed: [TYPE:]DIR" -u ''
}

@test "wrong uuids of subvolumes are refused" {
	local u=00000000-0000-4000-8000-00000000000a
	archive_refused 2 "--subvol-uuid: found 'home'" --subvol-uuid home
	archive_refused 2 "--subvol-uuid: found '=$u'" --subvol-uuid =$u
	archive_refused 2 "--subvol-uuid: found 'home=12'" --subvol-uuid home=12
	archive_refused 2 "--subvol-uuid: found 'home=0" -u home --subvol-uuid home=00000000-0000-0000-0000-000000000000
	archive_refused 1 "home: it is to have a given uuid and is no subvolume" --subvol-uuid home=$u
	archive_refused 1 "nothing: it is to have a given uuid and is no subvolume" --subvol-uuid nothing=$u
	archive_refused 1 "./home: it is given two uuids" -u home --subvol-uuid home=$u --subvol-uuid ./home=$u
	archive_refused 1 "two subvolumes with one uuid" -u home --subvol-uuid home=$u --subvol-uuid .=$u
}

@test "thousands of subvolumes, with trees of several levels" {
	local i options=() nested=n
	for i in $(seq 3000); do
		echo "file d$((i % 7))/s$i/f size=$((i * 3)) seed=noise$i"
		options+=(-u "d$((i % 7))/s$i")
	done >s
	for i in $(seq 100); do
		nested+=/$i
		options+=(-u "$nested")
	done
	spec_tar t <s
	mkimage i t -n 4k "${options[@]}"
	assert_check i
	mkdir "$BATS_FILE_TMPDIR/scratch/many"
	tar -xpf t -C "$BATS_FILE_TMPDIR/scratch/many"
	mkdir -p "$BATS_FILE_TMPDIR/scratch/many/$nested"
	mount_image i "$m"
	assert_equal "$(btrfs subvolume list "$m" | wc -l)" 3100
	assert_tree_equal "$BATS_FILE_TMPDIR/scratch/many" "$m" --ignore=mtime
	detach "$m" "$dev"
}
