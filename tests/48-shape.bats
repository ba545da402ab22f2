#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What of an archive becomes the image, and how: owners, implied directories, root, exclusions, xattrs, links, holes.
# bats file_tags=kernel

load helpers

spec()
{
	cat <<-'SPEC'
		dir . mode=0755 mtime=1000
		dir rootfs mode=0711 uid=5 gid=6 mtime=77
		file rootfs/bin/tool mode=4755 uid=10 gid=20 size=30000 x.user.a=1 x.security.capability=hex:0100000200040000000000000000000000000000
		dir rootfs/home mode=0700 uid=1000 gid=1000
		file rootfs/home/f uid=1000 gid=1001 text=hello x.trusted.t=2
		dir rootfs/usr/lib
		symlink rootfs/lib usr/lib
		file rootfs/usr/lib/libx size=5000
		link rootfs/home/hard rootfs/bin/tool
		file rootfs/doc/a size=9000
		file rootfs/doc/b size=9000
		file other/big size=400000 seed=noise
		link rootfs/home/kept rootfs/doc/a
	SPEC
}

setup_file()
{
	require_mount || return 0
	cd "$BATS_FILE_TMPDIR"
	spec | spec_tar tar
}

setup()
{
	skip_if_unmet
	cd "$BATS_TEST_TMPDIR"
	archive=$BATS_FILE_TMPDIR/tar
}

# same_image ARCHIVE OPTIONS -- ARCHIVE2 [OPTIONS2] - two ways to one image
same_image()
{
	local a b first=()
	while [ "$1" != -- ]; do first+=("$1"); shift; done
	shift
	a=$(image_hash "${first[@]:1}" <"${first[0]}")
	b=$(image_hash "${@:2}" <"$1")
	assert_equal "$a" "$b"
}

# ---- owners ---------------------------------------------------------------------

@test "--all-root, --force-uid and --force-gid hold for everything, implied directories too" {
	mkimage i "$archive" --all-root
	assert_check i
	spec | sed 's/ [ug]id=[0-9]*//g' | assert_manifest i
	mkimage j "$archive" --force-uid 7 --force-gid=4294967294
	with_mount j owners >owners
	assert_equal "$(sort -u owners)" '7 4294967294'
	mkimage k "$archive" --all-root --force-gid 9
	with_mount k owners >owners
	assert_equal "$(sort -u owners)" '0 9'
}

owners()
{
	find "$mnt" -printf '%U %G\n'
}

@test "owners as GNU tar's --owner and --group set them" {
	mkdir x
	tar -C x -xpf "$archive" --xattrs --xattrs-include='*'
	tar -C x --xattrs --format=posix -cf plain.tar .
	tar -C x --xattrs --format=posix --owner=somebody:12 --group=some:34 -cf owned.tar .
	same_image plain.tar --force-uid 12 --force-gid 34 -- owned.tar
}

@test "offsets are added behind forced ids, and to the ids in ACLs" {
	mkimage i "$archive" --uid-offset 100000 --gid-offset=-6 --force-gid 10
	assert_check i
	with_mount i owners >owners
	assert_equal "$(sort -un owners | tr '\n' ,)" '100000 4,100005 4,100010 4,101000 4,'
	printf '%s\n' 'file f pax.SCHILY.acl.access=user::rw-,user:u:rwx:1000,group::r--,group:g:r-x:50,mask::rwx,other::---' \
		'dir d pax.SCHILY.acl.default=user::rw-,user:u:rwx:1000,group::r--,mask::rwx,other::---' |
		spec_tar acl.tar
	mkimage j acl.tar --uid-offset 5 --gid-offset 7
	with_mount j acls >acls
	grep -qx 'user:1005:rwx' acls
	grep -qx 'group:57:r-x' acls
	grep -qx 'default:user:1005:rwx' acls
	run ! grep -q 1000 acls
}

acls()
{
	getfacl -n -R "$mnt" 2>/dev/null
}

@test "an owner out of range names the member" {
	archive_refused 1 'rootfs/home' --uid-offset 4294966295
	[[ $stderr == *'uid 1000 with the offset 4294966295 is 4294967295, allowed are 0 to 4294967294' ]]
	archive_refused 1 'gid 0 with the offset -1 is -1' --gid-offset -1
	for bad in --force-uid=4294967295 --force-gid=-1 --force-uid= --uid-offset=x --gid-offset=--1 --uid-offset=4294967295; do
		archive_refused 2 "$bad" "$bad" || archive_refused 2 "${bad%%=*}" "$bad"
		[[ $stderr == *allowed:* ]]
	done
}

# ---- implied directories ----------------------------------------------------------

@test "--defaults holds for directories that no member describes, and for a root without member" {
	printf '%s\n' 'file a/b/c mtime=5' 'dir a/d mtime=6 mode=0700' | spec_tar t
	mkimage i t --defaults=uid=3,gid=4,mode=2750,mtime=@1234.5
	assert_check i
	with_mount i stat_of . a a/b a/b/c a/d >found
	diff - found <<-'END'
		. 3 4 2750 1234.5
		a 3 4 2750 1234.5
		a/b 3 4 2750 1234.5
		a/b/c 0 0 644 5.0
		a/d 0 0 700 6.0
	END
}

stat_of()
{
	local p
	for p; do
		(cd "$mnt" && echo "$p $(stat -c '%u %g %a %.1Y' "$p")")
	done
}

@test "times of what has none: --mtime, else --defaults, else SOURCE_DATE_EPOCH, else 0" {
	printf '%s\n' 'file a/b mtime=500' | spec_tar t
	time_of_a()
	{
		local -x SOURCE_DATE_EPOCH=$1
		[ -n "$1" ] || unset SOURCE_DATE_EPOCH
		mkimage i t "${@:2}"
		with_mount i stat_of a a/b | tr '\n' ' '
		# the root items of subvolumes have the same; others have none
		btrfs inspect-internal dump-tree -t root i | grep -oE 'otime [1-9][0-9]*' | sort -u | tr '\n' ' '
	}
	assert_equal "$(time_of_a '')" 'a 0 0 755 0.0 a/b 0 0 644 500.0 '
	assert_equal "$(time_of_a 300)" 'a 0 0 755 300.0 a/b 0 0 644 300.0 otime 300 '
	assert_equal "$(time_of_a 300 --defaults mtime=400)" 'a 0 0 755 400.0 a/b 0 0 644 300.0 otime 400 '
	assert_equal "$(time_of_a 300 --defaults mtime=@400 --mtime @7)" 'a 0 0 755 7.0 a/b 0 0 644 7.0 otime 7 '
}

@test "--defaults: wrong values" {
	for bad in uid=-1 gid=4294967295 mode=8 mode=10000 mtime=x uid 'uid=1,' what=1 '' uid=; do
		archive_refused 2 --defaults --defaults="$bad"
		[[ $stderr == *allowed:* ]]
	done
}

# ---- the root, and what is left out ---------------------------------------------------

@test "--root-becomes: the image of an archive of that directory, with its attributes" {
	mkdir x
	tar -C x -xpf "$archive" --xattrs --xattrs-include='*'
	tar -C x --xattrs --xattrs-include='*' --format=posix -cf all.tar .
	tar -C x/rootfs --xattrs --xattrs-include='*' --format=posix -cf part.tar .
	same_image all.tar --root-becomes=rootfs -- part.tar
	same_image all.tar --root-becomes ./rootfs// -- part.tar
	mkimage i all.tar --root-becomes=/rootfs
	assert_image i x/rootfs
	archive_refused 1 'nowhere: it is to become the root, but is not in the archive' --root-becomes nowhere
	archive_refused 1 'the root is no directory' --root-becomes rootfs/lib
	archive_refused 2 '..' --root-becomes ../x
}

@test "a hard link that is kept brings what it names from outside the new root" {
	printf '%s\n' 'file pool/obj size=70000 uid=5' 'dir tree' 'link tree/a pool/obj' 'link tree/b pool/obj' \
		'symlink pool/s x' 'link tree/s pool/s' 'file pool/unused size=50000 seed=noise' | spec_tar t
	mkimage i t --root-becomes tree
	assert_check i
	printf '%s\n' 'file a size=70000 uid=5 seed=pool/obj' 'link b a' 'symlink s x' | assert_manifest i
	# whatever the order of members
	printf '%s\n' 'link tree/b pool/obj' 'link tree/s pool/s' 'link tree/a pool/obj' 'dir tree' \
		'file pool/unused size=50000 seed=noise' 'symlink pool/s x' 'file pool/obj size=70000 uid=5' | spec_tar u
	same_image t --root-becomes tree -- u --root-becomes tree
}

@test "--exclude-path and --exclude-regex: the image of what GNU tar leaves out too" {
	mkdir x
	tar -C x -xpf "$archive" --xattrs --xattrs-include='*'
	all=(--xattrs --xattrs-include='*' --format=posix --sort=name)
	tar -C x "${all[@]}" -cf all.tar rootfs other
	tar -C x "${all[@]}" -cf a.tar --anchored --exclude=other --exclude=rootfs/home rootfs other
	same_image all.tar --exclude-path=other --exclude-path ./rootfs/home/ -- a.tar
	tar -C x "${all[@]}" -cf b.tar --anchored --exclude=rootfs/usr rootfs other
	same_image all.tar --exclude-regex='/usr$' -- b.tar
	tar -C x "${all[@]}" -cf c.tar --exclude='li[bc]*' rootfs other
	same_image all.tar --exclude-regex='(^|/)li[bc][^/]*$' -- c.tar
	# the whole path counts, and only whole components
	same_image all.tar --exclude-path=home --exclude-path=roo --exclude-regex='^home' -- all.tar
}

@test "--exclude-path and --exclude-from: shell patterns are GNU tar's, anchored" {
	local all=(--format=posix --sort=name) pattern

	mkdir -p x/usr/bin x/usr/lib/app/doc x/usr/share/doc x/etc 'x/odd[1]'
	touch x/usr/bin/{sh,'[',a.o} x/usr/lib/app/{b.o,b.c} x/usr/lib/app/doc/t x/usr/share/doc/u x/etc/{cd,ab,a-c} \
		x/odd\[1\]/f 'x/star*' x/starfish
	tar -C x "${all[@]}" -cf all.tar usr etc 'odd[1]' 'star*' starfish
	for pattern in 'usr/*' '*.o' 'usr/*/doc' '?sr/bin' 'etc/[ac]*' 'etc/[!a]*' 'etc/[[:alpha:]][bd]' 'star\*' 'star*' \
		'usr/bin/[' 'odd\[1\]' 'odd[1]*' '*' 'usr/b*n' 'sh' '*/sh' 'usr/bin/**' '*c'; do
		tar -C x "${all[@]}" --anchored --exclude="$pattern" -cf some.tar usr etc 'odd[1]' 'star*' starfish
		same_image all.tar --exclude-path "$pattern" -- some.tar
		printf '%s\n\n' "$pattern" >patterns
		same_image all.tar --exclude-from patterns -- some.tar
	done
	printf 'usr/bin\n./etc/' >patterns
	tar -C x "${all[@]}" --anchored --exclude=usr/bin --exclude=etc --exclude='*.c' -cf some.tar usr etc 'odd[1]' 'star*' starfish
	same_image all.tar --exclude-from patterns --exclude-path '*.c' -- some.tar
}

@test "what is to be left out and is not there is warned of" {
	printf '%s\n' 'file usr/bin/sh' 'file usr/bin/ls' 'file etc/x' | spec_tar t
	run -0 --separate-stderr "$TAR2BTRFS" -o i t --exclude-path 'urs/*' --exclude-path usr --exclude-path usr/bin/ls \
		--exclude-path 'usr/*/sh' --exclude-regex 'x$' --exclude-regex '^bin/'
	printf "tar2btrfs: warning: '%s' is to be left out, but nothing in the archive matches it\n" 'urs/*' '^bin/' >wanted
	diff wanted - <<<"$stderr"
	run -0 --separate-stderr "$TAR2BTRFS" -q -o i t --exclude-path nothing
	[ -z "$stderr" ]
	# once, also where each layer is a tree
	run -0 --separate-stderr "$TAR2BTRFS" --layers=subvolumes -o i t t --exclude-path nothing
	one_line
}

@test "an excluded file's data is in the image only if a kept hard link names it" {
	mkimage i "$archive" --exclude-path rootfs/doc --exclude-path=other
	assert_check i lowmem
	spec | sed -e '/ other/d' -e '/doc\/[ab] /d' -e 's|^link rootfs/home/kept .*|file rootfs/home/kept size=9000 seed=rootfs/doc/a|' |
		assert_manifest i
	mkimage j "$archive" --exclude-path rootfs/doc --exclude-path other --exclude-path rootfs/home/kept --compress none
	mkimage k "$archive" --exclude-path rootfs/doc --exclude-path other --compress none
	assert_equal $(($(super k bytes_used) - $(super j bytes_used))) 12288
	printf '%s\n' 'link rootfs/x gone' | spec_tar lost
	archive=lost archive_refused 1 "rootfs/x: the target of this hard link, 'gone', is not in the archive" --exclude-path gone
}

@test "what is wrong with a member that is left out is said of its name" {
	printf '%s\n' 'dir d' 'link f/x d' | spec_tar t
	archive=t archive_refused 1 "f/x: a hard link to 'd', which is a directory" --exclude-path f
	archive=t archive_refused 1 "f/x: a hard link to 'd', which is a directory" --exclude-path d
	printf 'symlink f/long %05000d\n' 0 | spec_tar t
	archive=t archive_refused 1 'tar2btrfs: f/long: a symbolic link target of 5000 bytes' --exclude-path f
}

@test "exclusion is of the archive's paths, and before the new root" {
	printf '%s\n' 'dir r/usr/lib' 'symlink r/lib usr/lib' 'file r/lib/a text=a' 'file r/usr/lib/b text=b' 'file r/bin/c' | spec_tar t
	mkimage i t -q --exclude-path r/lib --root-becomes r --exclude-path bin
	# a member's own path counts, not where the link would have led it
	printf '%s\n' 'dir usr/lib' 'file usr/lib/b text=b' 'file bin/c' | assert_manifest i
	# of a link that is left out nothing is followed
	mkimage j t --exclude-regex '^r/lib$' --root-becomes r
	printf '%s\n' 'dir usr/lib' 'file usr/lib/b text=b' 'file bin/c' | assert_manifest j
}

@test "excluding: wrong values" {
	archive_refused 2 'allowed: a POSIX extended regular expression' --exclude-regex '('
	archive_refused 2 '..' --exclude-path a/../b
	archive_refused 2 '--exclude-path' --exclude-path ''
	archive_refused 2 '--exclude-path' --exclude-path ./
	printf 'usr\n../etc\n' >patterns
	archive_refused 2 '--exclude-from' --exclude-from patterns
}

# ---- xattrs -----------------------------------------------------------------------------

@test "--no-xattr and --xattrs-exclude: the image of an archive that GNU tar made without them" {
	scratch_btrfs x
	tar -C x -xpf "$archive" --xattrs --xattrs-include='*'
	setfacl -m u:1000:rw x/rootfs/doc/a
	setfacl -d -m g:50:rx x/rootfs/usr
	tar -C x --xattrs --xattrs-include='*' --acls --format=posix -cf all.tar rootfs
	tar -C x --format=posix -cf none.tar rootfs
	tar -C x --xattrs --xattrs-include='*' --acls --xattrs-exclude='user.*' --format=posix -cf some.tar rootfs
	tar -C x --xattrs --xattrs-include='*' --no-acls --xattrs-exclude='system.*' --format=posix -cf noacl.tar rootfs
	same_image all.tar --no-xattr -- none.tar
	same_image all.tar --xattrs-exclude='user.*' -- some.tar
	same_image all.tar --xattrs-exclude='system.*' -- noacl.tar
	same_image all.tar --xattrs-exclude='user.*' --xattrs-exclude='[ts]*' -- none.tar
	mkimage i all.tar --xattrs-exclude='*.capability'
	assert_check i
	with_mount i attributes >found
	run ! grep -q capability found
	grep -q user.a found && grep -q trusted.t found && grep -q posix_acl_access found
	archive_refused 2 '--xattrs-exclude' --xattrs-exclude ''
}

attributes()
{
	getfattr -R -h -m - "$mnt" 2>/dev/null
}

@test "an xattr that btrfs cannot hold is no matter where it is excluded" {
	printf '%s\n' 'file f x.user.big=rep:70000:x x.user.ok=1' | spec_tar t
	archive=t archive_refused 1 'user.big'
	mkimage i t --xattrs-exclude='*.big'
	printf '%s\n' 'file f x.user.ok=1' | assert_manifest i
	mkimage j t --no-xattr
	printf '%s\n' 'file f' | assert_manifest j
}

# ---- links and holes ------------------------------------------------------------------------

@test "--hard-dereference: the image of an archive that GNU tar made with it" {
	mkdir x
	tar -C x -xpf "$archive" --xattrs --xattrs-include='*'
	ln x/rootfs/home/f x/rootfs/home/small
	tar -C x --xattrs --xattrs-include='*' --format=posix -cf all.tar .
	tar -C x --xattrs --xattrs-include='*' --format=posix --hard-dereference -cf deref.tar .
	for codec in zstd:3 none; do
		same_image all.tar --hard-dereference --compress $codec -- deref.tar --compress $codec
	done
	mkimage i all.tar --hard-dereference
	assert_check i lowmem
	with_mount i find_links >found
	[ ! -s found ]
}

find_links()
{
	find "$mnt" -type f -links +1
}

@test "--hard-dereference lets links lead into other subvolumes" {
	archive_refused 1 'another subvolume' -u rootfs/home
	mkimage i "$archive" -u rootfs/home -u rootfs/doc --hard-dereference --compress none:/rootfs/doc
	assert_check i lowmem
	spec | sed -e 's|^link rootfs/home/kept .*|file rootfs/home/kept size=9000 seed=rootfs/doc/a|' \
		-e 's|^link rootfs/home/hard .*|file rootfs/home/hard mode=4755 uid=10 gid=20 size=30000 seed=rootfs/bin/tool x.user.a=1 x.security.capability=hex:0100000200040000000000000000000000000000|' |
		assert_manifest i
}

@test "a copied link has its own rules, owners and ACLs" {
	printf '%s\n' 'file a/f size=50000 pax.SCHILY.acl.access=user::rw-,user:u:rwx:1000,group::r--,mask::rwx,other::---' \
		'link b/f a/f' 'link c/f a/f' | spec_tar t
	mkimage i t --hard-dereference --uid-offset 5 --compress none:/b --inode-flags nodatacow:c
	assert_check i lowmem
	with_mount i acls >acls
	assert_equal "$(grep -c '^user:1005:rwx$' acls)" 3
}

@test "--detect-holes: zeros become the holes that a sparse archive has" {
	cat >spec <<-'SPEC'
		file start size=300000 hole=0+65536
		file middle size=900000 hole=4096+4096 hole=131072+262144 hole=700416+4096
		file end size=500000 hole=245760+254240
		file all size=1000000 hole=0+1000000
		file small size=4096 hole=0+4096
		file tail size=5000 hole=4096+904
		file none size=500000
		file odd size=1300000 hole=40960+8192 hole=57344+8192 hole=73728+8192
	SPEC
	spec_tar sparse.tar <spec
	mkdir x
	tar -C x -xpf sparse.tar
	tar -C x -cf plain.tar start middle end all small tail none odd
	for options in '--compress zstd:3' '--compress none' '--compress none --threads 1' '--max-inline 0'; do
		# shellcheck disable=SC2086 # words
		same_image plain.tar --detect-holes $options -- sparse.tar $options
	done
	# as a plain file, which is its own spool
	"$TAR2BTRFS" --compress none --detect-holes -o a plain.tar
	"$TAR2BTRFS" --compress none --detect-holes -o b <plain.tar
	cmp a b
	assert_differ "$(image_hash <plain.tar)" "$(image_hash --detect-holes <plain.tar)"
	mkimage i plain.tar --detect-holes
	assert_check i lowmem
	assert_manifest i <spec
}

@test "the kernel finds the same holes that fallocate --dig-holes makes" {
	scratch_btrfs x
	python3 - <<-'END'
		import random
		r = random.Random(5)
		for n in range(40):
		    with open('x/%d' % n, 'wb') as f:
		        for _ in range(r.randrange(1, 300)):
		            f.write(bytes(4096) if r.random() < 0.5 else r.randbytes(4096))
		        f.write(b'x' * r.randrange(1, 4096))
	END
	(cd x && tar -cf ../t -- *)
	mkimage i t --detect-holes
	find x -type f -exec fallocate --dig-holes {} ';'
	assert_check i
	mnt=$BATS_TEST_TMPDIR/m
	mount_image i "$mnt"
	for f in x/*; do
		cmp "$f" "$mnt/${f#x/}"
		assert_equal "$(holes "$mnt/${f#x/}")" "$(holes "$f")"
	done
}

# holes FILE - where data begin and end
holes()
{
	python3 - "$1" <<-'END'
		import os, sys
		fd = os.open(sys.argv[1], os.O_RDONLY)
		at, end = 0, os.fstat(fd).st_size
		while at < end:
		    try: data = os.lseek(fd, at, os.SEEK_DATA)
		    except OSError: break
		    at = os.lseek(fd, data, os.SEEK_HOLE)
		    print(data, min(at, end))
	END
}

# ---- all of them ---------------------------------------------------------------------------------

@test "shaping does not depend on the order of members" {
	spec | grep -v '^link' >files
	spec | grep '^link' >links
	options=(--exclude-path rootfs/doc --exclude-regex '/usr$' --uid-offset 3 --hard-dereference --detect-holes
		'--defaults=uid=9,mtime=3' --xattrs-exclude='trusted.*')
	a=$(cat files links | python3 "$GEN/archive.py" tar | image_hash "${options[@]}")
	for seed in 1 2 3; do
		b=$({ shuf --random-source=<(yes "$seed") files; cat links; } | python3 "$GEN/archive.py" tar | image_hash "${options[@]}")
		assert_equal "$b" "$a"
		b=$({ cat links; cat files; } | python3 "$GEN/archive.py" tar | image_hash "${options[@]}" --threads "$seed")
		assert_equal "$b" "$a"
	done
}
