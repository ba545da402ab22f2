#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# btrfs2tar --info: its command line makes the image again; its facts are those of btrfs-progs. --manifest and
# --content-digest: what tar2btrfs wrote for the archive, and what the mounted tree says.

load helpers

setup()
{
	cd "$BATS_TEST_TMPDIR" || return
}

# info KEY [IMAGE] - a value of --info=json, by a path as python writes it
info()
{
	"$BTRFS2TAR" --info=json "${2:-img}" | python3 -c "import json, sys; print(json.load(sys.stdin)$1)"
}

# remake IMAGE - run the command line that --info prints; the image is the same again
remake()
{
	local command
	command=$("$BTRFS2TAR" --info "$1" | tail -n 1)
	echo "$command"
	[[ $command == 'btrfs2tar '*' -o new.img' ]]
	rm -f new.img
	btrfs2tar() { "$BTRFS2TAR" "$@"; }
	tar2btrfs() { "$TAR2BTRFS" "$@"; }
	eval "$command"
	cmp "$1" new.img
}

layout()
{
	spec_tar in.tar <<-END
		dir . mtime=7
		file a/text size=600000
		file a/b/small text=x mtime=1.5
		file home/user/f size=20000 seed=noise
		file home/user/deep/g text=y
		file it's/a:b/h text=z
		link a/hard a/text
	END
}

@test 'the command line makes the image again' {
	layout
	# shellcheck disable=SC2016 # words that the shell of the test splits
	while read -r options; do
		echo "$options"
		eval "\"\$TAR2BTRFS\" -o first $options in.tar"
		remake first
	done <<-'END'

		-u a
		-u home -u ro:home/user -u default:a/b
		-u default-ro:home/user/deep -u "ro:it's/a:b" -u not-there
		-n 4k --csum xxhash -L "a label"
		-n 64k --csum sha256 -L $'new\033[1m' -u a
		-m dup --csum blake2
		-O ^free-space-tree
		-O block-group-tree -u ro:a
		--no-seed
		--no-seed --free 0
		--no-seed --free 100m -m dup
		--no-seed --size 200m -n 32k
		--free 1m
		--size 64m
		--compress none
		--compress zlib -u home
		--compress lzo
		--uuid clear -u a
		--uuid random
		--uuid 12345678-1234-4234-9234-123456789012 --subvol-uuid home=12345678-1234-4234-9234-123456789013 -u home
		--device-uuid 12345678-1234-4234-9234-123456789014 --chunk-uuid 12345678-1234-4234-9234-123456789015
		--defaults mtime=@-1.5 -u home
		--mtime @1700000000 -u home
	END
	spec_tar in.tar <<<'file f text=x pax.atime=5 pax.LIBARCHIVE.creationtime=6'
	"$TAR2BTRFS" --keep-times -o first in.tar
	remake first
}

@test 'rules by path are found again' {
	layout
	# shellcheck disable=SC2016 # words that the shell of the test splits
	while read -r options; do
		echo "$options"
		eval "\"\$TAR2BTRFS\" -o first $options in.tar"
		remake first
		[ "$(info '["options"]["incomplete"]' first)" = '[]' ]
	done <<-'END'
		--compress zlib:/a
		--compress zlib:/home --compress lzo:/home/user/deep -u home
		--compress lzo:/a/text --compress zlib:/home
		--property compression=zstd:home/user
		--property compression=none:. --property compression=zlib:"it's/a:b" -u home -u a/b
		--property compression=lzo:home -u ro:home/user
		--inode-flags nodatacow:home --property compression=zstd:.
		--inode-flags nodatasum:a --inode-flags nodatasum,nodatacow:home/user/deep
		--inode-flags nodatasum:. -u home
		--fs-verity --fs-verity=none:home
		--fs-verity=:/a --fs-verity=sha512:./a/b --fs-verity-salt 01 -u a
		--fs-verity=:"/it's/a:b" --fs-verity=sha512:home/user/f
	END
	# of a file with several names the first counts
	"$TAR2BTRFS" -o first --fs-verity=:a/hard --compress zlib:/a in.tar
	[[ $("$BTRFS2TAR" --info first) == *' tar2btrfs --compress zlib --fs-verity=sha256:/a/hard -o new.img' ]]
	remake first
}

@test 'what rules cannot give is named' {
	for i in $(seq 1000 1300); do echo "file d/$i text=x"; done | spec_tar in.tar
	for i in $(seq 1000 2 1300); do echo "./d/$i verity=sha256"; done >plan
	"$TAR2BTRFS" --plan plan -o img in.tar
	[ "$(info '["options"]["incomplete"]')" = "['--fs-verity']" ]
	"$BTRFS2TAR" --info img | tail -n 3 | diff - <(printf '%s\n' 'without rules of       --fs-verity' '' 'btrfs2tar img | tar2btrfs --compress none --fs-verity -o new.img')
}

@test 'the facts are those of btrfs-progs' {
	require_tool btrfs
	layout
	"$TAR2BTRFS" -n 8k --csum sha256 -L 'x "y" \z' -O block-group-tree -m dup --free 1m -u home -u default-ro:home/user -o img in.tar
	[ "$(info '["filesystem"]["label"]')" = 'x "y" \z' ]
	while read -r key field; do
		echo "$key $field"
		[ "$(info "$key")" = "$(super img "$field")" ]
	done <<-END
		["filesystem"]["uuid"] fsid
		["filesystem"]["generation"] generation
		["filesystem"]["bytes"] total_bytes
		["filesystem"]["used_bytes"] bytes_used
		["filesystem"]["node_bytes"] nodesize
		["filesystem"]["sector_bytes"] sectorsize
		["devices"][0]["uuid"] dev_item.uuid
		["devices"][0]["bytes"] dev_item.total_bytes
		["devices"][0]["used_bytes"] dev_item.bytes_used
	END
	[[ "$(btrfs inspect-internal dump-super img | grep csum_type)" == *"($(info '["filesystem"]["checksum"]'))"* ]]
	btrfs inspect-internal dump-super img | grep -oE '[( ] ?[A-Z][A-Z0-9_]+ [|)]' | grep -oE '[A-Z][A-Z0-9_]+' |
		grep -vxE 'SEEDING|WRITTEN' | tr 'A-Z_' 'a-z-' | sort >features
	[ "$(wc -l <features)" -eq 10 ]
	info '["filesystem"]["features"]' | tr -d "[]'," | tr ' ' '\n' | sort | diff features -
	[ "$(info '["profiles"]["metadata"]')" = dup ]
	[ "$(info '["profiles"]["data"]')" = single ]
	[ "$(info '["filesystem"]["seed"]')" = True ]
	[ "$(info '["inodes"]["files"]')" = 5 ]
	[ "$(info '["filesystem"]["chunk_tree_uuid"]')" = "$(btrfs inspect-internal dump-tree -t root img | sed -n 's/^chunk uuid //p' | head -n 1)" ]
}

@test 'subvolumes are those of the mounted image' {
	require_mount
	layout
	"$TAR2BTRFS" -L "$(unique_label)" -u home -u ro:home/user/deep -u default:a -o img in.tar
	with_mount img compare_subvolumes
}

compare_subvolumes()
{
	"$BTRFS2TAR" --info=json img | python3 -c '
import json, sys
for s in json.load(sys.stdin)["subvolumes"]:
    if s["path"]:
        print(s["id"], s["uuid"], s["path"], s["read_only"])' >ours
	btrfs subvolume list -u -o --sort=rootid "$mnt" >/dev/null
	btrfs subvolume list -u --sort=rootid "$mnt" | awk '{ print $2, $9, $NF }' >theirs
	# of two lists one has the paths of read-only subvolumes
	btrfs subvolume list -r "$mnt" | awk '{ print $2 }' >ro
	while read -r id rest; do
		echo "$id $rest $(grep -qx "$id" ro && echo True || echo False)"
	done <theirs | diff - ours
	[ "$(btrfs subvolume get-default "$mnt" | awk '{ print $2 }')" = \
		"$("$BTRFS2TAR" --info img | sed -n 's/^subvolume *\([0-9]*\),.*default .*/\1/p')" ]
}

@test 'bytes that are no UTF-8 and control characters' {
	spec_tar in.tar <<<'file d%ff%0a%22/x text=x'
	python3 - <<-'END'
		import io, tarfile
		with tarfile.open('in.tar', 'w') as t:
		    d = tarfile.TarInfo(b'd\xff\xed\xa0\x80\xc3\xa9\n"\\'.decode('utf-8', 'surrogateescape'))
		    d.type = tarfile.DIRTYPE
		    t.addfile(d)
	END
	# shellcheck disable=SC1003 # a backslash before the quote
	"$TAR2BTRFS" -u "$(printf 'd\377\355\240\200\303\251\n"\\')" -L "$(printf '\377\033x')" -o img in.tar
	remake img
	[ "$("$BTRFS2TAR" --info img | LC_ALL=C tr -d '\n -~' | wc -c)" -eq 0 ]
	"$BTRFS2TAR" --info=json img | python3 -c '
import json, os, sys
j = json.load(sys.stdin)
assert os.fsencode(j["filesystem"]["label"]) == b"\xff\x1bx"
assert os.fsencode(j["subvolumes"][1]["path"]) == b"d\xff\xed\xa0\x80\xc3\xa9\n\"\\"
assert j["subvolumes"][1]["path"].count("\u00e9") == 1'
}

@test 'a filesystem of others' {
	require_mount
	require_tool mkfs.btrfs
	truncate -s 300m img
	mkfs.btrfs -q -f -L others -n 4k --csum xxhash -M img
	mount_image img mnt rw,compress-force=zlib
	btrfs subvolume create mnt/s >/dev/null
	btrfs subvolume create mnt/s/t >/dev/null
	btrfs subvolume snapshot -r mnt/s mnt/snap >/dev/null
	seq 50000 >mnt/s/t/f
	detach mnt "$dev"
	# newer mkfs.btrfs have one feature more by default
	[ "$(info '["options"]["tar2btrfs"]' | sed "s/'-O', 'block-group-tree', //")" = "['-u', 'rw:s', '-u', 'rw:s/t', '-u', 'ro:snap', '-L', 'others', '--compress', 'zlib', '--csum', 'xxhash', '-n', '4k', '--no-seed', '--size', '300m']" ]
	[ "$(info '["options"]["btrfs2tar"]')" = "['--all-subvols']" ]
	[ "$(info '["subvolumes"][3]["path"]')" = snap ]
	"$BTRFS2TAR" --all-subvols img | "$TAR2BTRFS" -u s -u s/t -u ro:snap -o new
	[ "$("$BTRFS2TAR" --info new | grep -c ^subvolume)" -eq 4 ]
}

@test 'the manifest and its digest are those that tar2btrfs wrote' {
	local options
	python3 "$GEN/rich.py" >spec
	echo 'file more pax.atime=5 pax.LIBARCHIVE.creationtime=6 text=x' >>spec
	spec_tar rich.tar <spec
	for options in '' '--keep-times' '-u types -u ro:links --compress lzo --pack-tails'; do
		local back=()
		[[ $options != *keep* ]] || back+=(--keep-times)
		[[ $options != *types* ]] || back+=(--all-subvols)
		# shellcheck disable=SC2086 # words
		"$TAR2BTRFS" $options --manifest=list --content-digest=digest -o img rich.tar
		"$BTRFS2TAR" "${back[@]}" --manifest img | cmp list -
		"$BTRFS2TAR" "${back[@]}" --manifest=list --content-digest img | cmp digest -
		[ "$("$BTRFS2TAR" "${back[@]}" --content-digest img)" = "$(sha256sum <list)" ]
		"$BTRFS2TAR" "${back[@]}" --content-digest=sum --manifest -o again img
		cmp list again
		sha256sum -c --quiet sum
	done
	[ "$(grep -c sha256blocks list)" -ge 1 ]
}

@test 'the manifest of a filesystem of others is that of the mounted tree' {
	require_mount
	require_tool mkfs.btrfs setfattr setfacl
	truncate -s 400m img
	mkfs.btrfs -q -f img
	mount_image img mnt rw
	python3 "$GEN/rich.py" | grep -v sparse/huge | python3 "$GEN/archive.py" make mnt/rich
	# of a fifo with two names GNU tar makes two
	rm mnt/rich/links/same-fifo
	for i in $(seq 60 -1 1); do echo "$i" >"mnt/file $i"; done
	ln 'mnt/file 7' mnt/a-link
	ln 'mnt/file 7' mnt/rich/z-link
	btrfs subvolume create mnt/sub >/dev/null
	cp mnt/file* mnt/sub
	btrfs subvolume snapshot mnt/sub mnt/snapshot >/dev/null
	detach mnt "$dev"
	mount_image img mnt ro
	python3 "$TOP/tests/tools/manifest.py" mnt >kernels
	tar -C mnt --xattrs --xattrs-include='*' --acls --format=posix -cf in.tar . 2>/dev/null
	detach mnt "$dev"
	"$BTRFS2TAR" --keep-times --manifest img | diff kernels -
	"$TAR2BTRFS" --manifest=list -o new in.tar
	"$BTRFS2TAR" --manifest img | diff list -
}

@test 'wrong usage' {
	layout
	"$TAR2BTRFS" -o img in.tar
	run -2 "$BTRFS2TAR" --info=xml img
	run -2 "$BTRFS2TAR" --info -t img
	run -2 "$BTRFS2TAR" --manifest --cat a img
	run -2 "$BTRFS2TAR" --manifest --content-digest img
	run -2 "$BTRFS2TAR" --manifest=list -o out img
	run -2 "$BTRFS2TAR" --manifest=-x img
	export_refused "found the operand 'a' with --manifest" --manifest img a
	export_refused 'img is the image itself' --manifest=img img
	# nothing was made, also not by a run that fails
	echo old >list
	cp img bad
	require_tool btrfs
	data=$(btrfs inspect-internal dump-tree -t 5 img | sed -n 's/.*disk byte \([1-9][0-9]*\) nr.*/\1/p' | head -n 1)
	printf '\377' | dd of=bad bs=1 seek="$((data + 100))" conv=notrunc status=none
	export_refused 'the checksum is wrong' --manifest=list --content-digest=sum bad
	[ "$(cat list)" = old ]
	[ ! -e sum ] && [ ! -e out ]
	export_refused "found the operand 'a' with --info" --info img a
	"$BTRFS2TAR" --info -o out img
	"$BTRFS2TAR" --info img | diff - out
}
