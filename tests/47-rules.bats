#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Rules by path: codecs, inode flags, the compression property.
# bats file_tags=kernel

load helpers

spec()
{
	cat <<-'SPEC'
		dir boot
		file boot/vmlinuz size=900000
		file boot/small text=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
		file boot/empty
		dir boot/grub
		file boot/grub/core size=70000
		file boot-not size=70000
		dir var
		dir var/vm mode=0700 uid=64055
		file var/vm/disk size=1500000
		file var/vm/tiny text=tiny
		file var/vm/sparse size=900000 hole=5000+200000 hole=300100+400000
		dir var/vm/snap
		file var/vm/snap/s size=50000
		symlink var/vm/link disk
		fifo var/vm/fifo
		dir usr
		file usr/noise size=400000 seed=noise1
		file usr/text size=400000
		dir usr/lib
		file usr/lib/a size=100000
		link usr/lib/b usr/lib/a
		file usr/lib/own size=50000
		link boot/z usr/lib/a
		symlink lib usr/lib
	SPEC
}

setup_file()
{
	require_mount || return 0
	cd "$BATS_FILE_TMPDIR"
	spec | spec_tar tar
	spec | python3 "$GEN/archive.py" manifest >manifest
}

setup()
{
	skip_if_unmet
	cd "$BATS_TEST_TMPDIR"
	archive=$BATS_FILE_TMPDIR/tar
}

# inodes IMAGE - from btrfs-progs: a line "TREE INODE FLAGS CODECS" for each inode
inodes()
{
	btrfs inspect-internal dump-tree "$1" | awk '
		function put() { if (ino) print tree, ino, flags, codecs == "" ? "-" : codecs; ino = "" }
		/^(fs tree|file tree) key/ { put(); tree = $4 == "(FS_TREE" ? 5 : substr($4, 2) }
		/^[a-z].* tree key/ && !/^(fs|file) tree/ { put(); tree = "" }
		tree == "" { next }
		$1 == "item" && $5 == "INODE_ITEM" { put(); ino = substr($4, 2); codecs = "" }
		/sequence .* flags 0x/ { flags = $NF; sub(/^0x[0-9a-f]*\(/, "", flags); sub(/\)$/, "", flags) }
		/inline extent data|extent compression/ {
			c = $NF; gsub(/[()]/, "", c); if (index(codecs, c) == 0) codecs = codecs c
		}
		END { put() }'
}

# assert_stored IMAGE PATH=FLAGS/CODEC ... - what btrfs-progs say of these paths, by the inode numbers of the kernel
assert_stored()
{
	local image=$1 pair path ino sub found failed=0
	shift
	inodes "$image" >inodes
	mnt=$BATS_TEST_TMPDIR/stored
	mount_image "$image" "$mnt" ro,subvolid=5
	for pair; do
		path=${pair%%=*}
		ino=$(stat -c %i "$mnt/$path")
		sub=$mnt/$path
		[ -d "$sub" ] || sub=$(dirname "$sub")
		sub=$(btrfs inspect-internal rootid "$sub")
		found=$(awk -v t="$sub" -v i="$ino" '$1 == t && $2 == i { print $3 "/" $4 }' inodes)
		[ "$found" = "${pair#*=}" ] || {
			echo "$path: found $found, expected ${pair#*=}"
			failed=1
		}
	done
	detach "$mnt" "$dev"
	[ $failed = 0 ]
}

# assert_ours IMAGE - it checks, scrubs and holds what the archive says
assert_ours()
{
	assert_check "$1" lowmem
	with_mount "$1" compare_manifest "$BATS_FILE_TMPDIR/manifest"
	with_mount "$1" scrub_it
}

scrub_it()
{
	assert_scrub "$mnt"
}

@test "--compress with a path holds there and below, the innermost and the last rule count" {
	mkimage i "$archive" --compress none:/boot --compress zlib:9:/usr --compress none:/usr/lib \
		--compress lzo:./usr/lib/ --compress zstd:1:/boot/grub --compress zstd:5
	assert_ours i
	assert_stored i boot/vmlinuz=none/none boot/small=none/none boot/empty=none/- boot/grub/core=none/zstd \
		boot-not=none/zstd var/vm/disk=none/zstd usr/text=none/zlib usr/noise=none/none \
		usr/lib/own=none/lzo
	mkimage j "$archive" --compress zlib:. --compress none:/usr/text --compress none
	assert_ours j
	assert_stored j boot/vmlinuz=none/zlib usr/text=none/none usr/lib/a=none/zlib
	assert_equal "$(super i incompat_flags)" 0x379
	assert_equal "$(super j incompat_flags)" 0x361
}

@test "a file of several names obeys the smallest" {
	mkimage i "$archive" --compress none:/boot/z
	assert_stored i boot/z=none/none usr/lib/a=none/none
	mkimage j "$archive" --compress none:/usr/lib
	assert_stored j boot/z=none/zstd usr/lib/a=none/zstd
}

@test "--inode-flags: no sums, not compressed, inherited by what is below" {
	mkimage i "$archive" --inode-flags nodatacow:var/vm --inode-flags nodatasum:/boot \
		--inode-flags nodatacow,nodatasum:usr/text
	assert_ours i
	local cow='NODATASUM|NODATACOW'
	assert_stored i var=none/- var/vm=NODATACOW/- "var/vm/disk=$cow/none" "var/vm/tiny=$cow/none" \
		"var/vm/sparse=$cow/none" var/vm/snap=NODATACOW/- "var/vm/snap/s=$cow/none" var/vm/fifo=none/- \
		boot=none/- boot/vmlinuz=NODATASUM/none boot/small=NODATASUM/none boot/z=NODATASUM/none \
		boot/empty=NODATASUM/- "usr/text=$cow/none" usr/noise=none/none
}

attributes()
{
	(cd "$1" && find . \( -type f -o -type d \) -print0 | sort -z | xargs -0 lsattr -d)
}

@test "--inode-flags are what the kernel gives to files made below a directory with chattr +C" {
	require_tool lsattr
	scratch_btrfs "$BATS_TEST_TMPDIR/s" 1g
	mkdir -p s/var/vm
	chattr +C s/var/vm
	tar -xf "$archive" -C s
	mkimage i "$archive" --inode-flags nodatacow:var/vm
	assert_equal "$(with_mount i attributes_of_mnt)" "$(attributes s)"
}

attributes_of_mnt()
{
	attributes "$mnt"
}

@test "a writable image hands nodatacow on to new files" {
	require_tool lsattr
	mkimage w "$archive" --no-seed --inode-flags nodatacow:/var/vm
	mount_image w "$BATS_TEST_TMPDIR/m" rw
	echo new >m/var/vm/new
	echo new >m/var/new
	dd if=/dev/zero of=m/var/vm/disk bs=4k count=10 seek=7 conv=notrunc status=none
	sync -f m
	assert_equal "$(lsattr m/var/vm/new m/var/new | cut -c16 | xargs)" "C -"
	assert_scrub m
	detach m "$dev"
	assert_check w lowmem
}

@test "inode flags and properties stop at a subvolume, codecs do not" {
	mkimage i "$archive" -u var/vm/snap -u boot/grub --inode-flags nodatacow:var --property compression=zstd:. \
		--compress none:/var --compress none:/boot
	assert_check i lowmem
	assert_stored i 'var/vm/tiny=NODATASUM|NODATACOW/none' var/vm/snap=none/- var/vm/snap/s=none/none \
		boot/grub/core=none/none boot/grub=none/- boot/vmlinuz=COMPRESS/none usr=COMPRESS/- usr/noise=COMPRESS/none
	mkimage j "$archive" -u var/vm/snap --inode-flags nodatacow:var/vm/snap
	assert_check j lowmem
	assert_stored j var/vm/tiny=none/none var/vm/disk=none/zstd var/vm/snap=NODATACOW/- 'var/vm/snap/s=NODATASUM|NODATACOW/none'
}

@test "--property: the kernel and btrfs-progs see it, new files inherit it" {
	mkimage w "$archive" --no-seed --compress none --property compression=lzo:usr --property compression=none:/usr/lib \
		--property compression=zstd:/var/vm --inode-flags nodatacow:/var/vm/disk
	assert_check w lowmem
	assert_equal "$(super w incompat_flags)" 0x379
	mount_image w "$BATS_TEST_TMPDIR/m" rw
	assert_equal "$(btrfs property get m/usr compression)" compression=lzo
	assert_equal "$(btrfs property get m/usr/text compression)" compression=lzo
	assert_equal "$(btrfs property get m/usr/lib compression)" compression=none
	assert_equal "$(btrfs property get m/var/vm compression)" compression=zstd
	assert_equal "$(btrfs property get m/var/vm/disk compression)" ""
	assert_equal "$(btrfs property get m/boot compression)" ""
	yes text | head -c 100000 >m/usr/new
	yes text | head -c 100000 >m/usr/lib/new
	assert_equal "$(btrfs property get m/usr/new compression)" compression=lzo
	sync -f m
	detach m "$dev"
	assert_check w lowmem
	assert_stored w usr/new=COMPRESS/lzo usr/lib/new=NOCOMPRESS/none boot=none/-
}

# same_image OPTIONS - archives of one tree in many orders give one image
same_image()
{
	local want other seed
	want=$(image_hash "$@" <"$archive")
	for seed in $(seq 8); do
		echo "seed $seed"
		spec | spec_tar shuffled --shuffle "$seed"
		other=$(image_hash --threads $((seed % 3 + 1)) "$@" shuffled)
		assert_equal "$other" "$want"
	done
}

@test "the order of members does not matter, whatever the rules" {
	same_image --compress none:/boot --compress zlib:9:/usr --compress lzo:/var
	same_image --compress lzo:9 --compress none:/boot/z --compress zstd:9:/lib/a --compress zlib:/var/vm/sparse
	same_image --inode-flags nodatacow:/boot --inode-flags nodatasum:/lib/b --property compression=zlib:/var
	same_image --compress zlib --inode-flags nodatasum:/usr --inode-flags nodatacow:lib/a -u usr/lib/x
}

# data are stored under the first name's rule, and must come out as if under the last one's
@test "what was stored by another rule is stored anew" {
	local from to rule=() data
	for data in 'size=1000 seed=x' 'size=3000000 seed=noise1' 'size=700000 seed=x hole=5000+200000 hole=300100+300000' \
		'size=4096 seed=x' 'size=4000 seed=noise1' 'size=300000 seed=zeros'; do
		printf 'file z/f %s\nlink a/f z/f\n' "$data" | spec_tar late
		printf 'file a/f %s\nlink z/f a/f\n' "$data" | spec_tar early
		for from in none zstd:3 zlib:9 lzo:9; do
			for to in none zstd:19 zlib:1 lzo nodatasum; do
				rule=(--compress "$to:/a")
				[ $to != nodatasum ] || rule=(--inode-flags nodatasum:a)
				assert_equal "$(image_hash --compress "$from:/z" "${rule[@]}" late)" \
					"$(image_hash --compress "$from:/z" "${rule[@]}" early)"
			done
			assert_equal "$(image_hash --inode-flags nodatasum:/z --compress "$from:/a" late)" \
				"$(image_hash --inode-flags nodatasum:/z --compress "$from:/a" early)"
		done
	done
}

@test "data that came with the last of several links obey the first name" {
	require_tool cpio
	mkdir -p r/a r/z
	yes data | head -c 500000 >r/z/f
	ln r/z/f r/a/f
	for order in 'a a/f z z/f' 'z z/f a a/f'; do
		(cd r && tr ' ' '\n' <<<"$order" | cpio -o --quiet --reproducible -H newc --renumber-inodes) >"c.${order%% *}"
	done
	assert_equal "$(image_hash --mtime @0 --compress none:/a c.a)" "$(image_hash --mtime @0 --compress none:/a c.z)"
	mkimage i c.z --mtime @0 --compress none:/a
	assert_stored i z/f=none/none
	assert_check i
}

@test "wrong rules are refused by name" {
	archive_refused 1 "--compress: 'nothing' is not in the archive" --compress none:/nothing
	archive_refused 1 "--inode-flags: 'usr/x' is not in the archive" --inode-flags nodatacow:usr/x
	archive_refused 1 "--property: 'lib' is neither a file nor a directory" --property compression=zstd:lib
	archive_refused 2 "a '..' component" --compress none:/usr/../boot
	archive_refused 2 "--compress: zstd has no level '20'" --compress zstd:20:/boot
	archive_refused 2 "--compress: found 'zstd:boot', allowed: a level as a number, or a path that begins with / or ./" --compress zstd:boot
	archive_refused 2 "--compress: unknown algorithm 'gzip'" --compress gzip:/boot
	archive_refused 2 "--inode-flags: found 'nocow', allowed: nodatacow, nodatasum" --inode-flags nocow:boot
	archive_refused 2 "--inode-flags: found '', allowed: nodatacow, nodatasum" --inode-flags nodatacow,:boot
	archive_refused 2 "--inode-flags: found '', allowed: nodatacow, nodatasum" --inode-flags :boot
	archive_refused 2 "--inode-flags: found 'nodatacow', allowed" --inode-flags nodatacow
	archive_refused 2 "--inode-flags: found 'nodatacow:', allowed" --inode-flags nodatacow:
	archive_refused 2 "--property: found 'compression=gzip:boot', allowed: compression=zstd" --property compression=gzip:boot
	archive_refused 2 "--property: found 'ro=true:boot', allowed: compression=zstd" --property ro=true:boot
	archive_refused 2 "--property: found 'compression=zstd', allowed" --property compression=zstd
	archive_refused 2 "--property: found 'compression=zstd:', allowed" --property compression=zstd:
}
