#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Plans: what an mtree specification, or a file_contexts, lays over an archive.
# bats file_tags=kernel

load helpers

setup_file()
{
	require_mount || return 0
}

setup()
{
	skip_if_unmet
	cd "$BATS_TEST_TMPDIR"
	printf '%s\n' 'dir . mtime=9' 'dir etc mtime=5' 'file etc/shadow text=root:*: mtime=6' 'file bin/su size=20000 mode=0755' \
		'symlink lib usr/lib' 'dir usr/lib' 'file usr/lib/x text=x' 'link usr/lib/y usr/lib/x' | spec_tar tar
	# archive_refused takes it
	export archive=tar
	OPEN_DIR=
}

teardown()
{
	undo_mounts "$BATS_TEST_TMPDIR"
	[ -z "$OPEN_DIR" ] || rm -r "$OPEN_DIR"
}

@test "a plan adds devices, directories, symlinks, owners, modes, xattrs and flags" {
	cat >plan <<-'END'
		#mtree
		# what an account without privilege cannot put into an archive

		/set uid=0 gid=0
		. mode=0751 time=11.500000000
		./dev type=dir mode=0755
		./dev/null type=char mode=0666 device=native,1,3
		./dev/sda type=block mode=0660 gid=6 device=linux,8,0x10
		./dev/tty type=char mode=0666 device=1280
		./dev/fd type=link link=/proc/self/fd
		./run/with\040space/log type=socket mode=0600 time=-2.750000000
		./run/pipe type=fifo mode=0640
		./etc/shadow mode=0640 gid=42 \
		    xattr.user.note=aGVsbG8=
		./etc/empty type=file mode=0400
		./bin/su mode=4755 xattr.security.capability=AQAAAgAEAAAAAAAAAAAAAAAAAAA=
		./etc flags=nodump
		./lib/x uid=77
		./nothing optional uid=5
	END
	mkimage i tar --plan plan
	assert_check i lowmem
	assert_manifest i <<-'SPEC'
		dir . mode=0751 mtime=11.500000000
		dir etc mtime=5
		file etc/shadow text=root:*: mtime=6 mode=0640 gid=42 x.user.note=hello
		file etc/empty mode=0400
		file bin/su size=20000 mode=4755 x.security.capability=hex:0100000200040000000000000000000000000000
		dir dev
		char dev/null 1,3 mode=0666
		block dev/sda 8,16 mode=0660 gid=6
		char dev/tty 5,0 mode=0666
		symlink dev/fd /proc/self/fd
		socket run/with%20space/log mode=0600 mtime=-1.25
		fifo run/pipe mode=0640
		symlink lib usr/lib
		dir usr/lib
		file usr/lib/x text=x uid=77
		link usr/lib/y usr/lib/x
	SPEC
	with_mount i lsattr_of etc >flags
	[[ $(cat flags) == *d* ]]
}

lsattr_of()
{
	lsattr -d "$mnt/$1" | cut -d' ' -f1
}

# a tree with everything, on a file system that holds it
rich_tree()
{
	scratch_btrfs x
	mkdir -p x/etc x/dev x/home/u/deep
	head -c 300000 /dev/urandom >x/etc/data
	echo text >"x/home/u/odd name#*[\\"
	ln x/etc/data x/home/u/data
	ln -s '../with blank' x/home/l
	mknod x/dev/n c 1 3
	mknod x/dev/b b 259 300000
	mkfifo x/dev/p
	chown -h 1000:1001 x/home/u x/home/u/* x/home/l
	chmod 6711 x/etc/data
	setfattr -n user.bin -v 0x00ff3d25 x/etc/data
	setfattr -n trusted.t -v y x/home
	setfacl -m u:1000:rwx x/home/u/deep
	setfacl -d -m g:50:rx x/home/u/deep
	chattr +d x/home
	touch -h -d @-7.25 x/home/l
	touch -d @1234567890.123456789 x/etc x/home
}

@test "the manifest of an image, laid over the bare data of its files, gives that image" {
	rich_tree
	bsdtar -C x -c --format=pax --acls --xattrs --fflags -f rich.tar .
	"$TAR2BTRFS" -L same -o a --manifest m rich.tar
	# data and links are all that is left: no owner, no mode, no time, no special files
	(cd x && find . -type f | tar -cf ../bare.tar --no-xattrs --format=gnu --owner=nobody:99 --group=nobody:99 --mode=0600 --mtime=@1 -T -)
	"$TAR2BTRFS" -L same -o b --plan m bare.tar
	cmp a b
	assert_check b
}

@test "a specification that mtree(8) wrote, nested and with /set, gives back what it describes" {
	require_tool mtree
	rich_tree
	setfattr -x user.bin x/etc/data
	setfattr -x trusted.t x/home
	setfacl -b x/home/u/deep
	mtree -c -p x -k type,uid,gid,mode,time,link,device,flags,sha256,nlink >plan || [ -s plan ]
	grep -q '^/set' plan
	grep -q '^\.\.$' plan
	tar -C x --format=posix -cf whole.tar .
	(cd x && find . -type f | tar -cf ../bare.tar --format=gnu --owner=nobody:99 --group=nobody:99 --mode=0600 --mtime=@1 -T -)
	mkimage i bare.tar --plan plan
	with_mount i assert_like x
}

# all but flags, which mtree(8) of Linux does not know
assert_like()
{
	python3 "$TOP/tests/tools/treecmp.py" "$1" "$mnt"
}

@test "bsdtar's mtree form is understood too" {
	rich_tree
	setfattr -x user.bin x/etc/data
	setfattr -x trusted.t x/home
	setfacl -b x/home/u/deep
	bsdtar -C x -cf plan --format=mtree --options='!all,type,uid,gid,mode,time,link,device' .
	(cd x && find . -type f | tar -cf ../bare.tar --format=gnu --owner=nobody:99 --group=nobody:99 --mode=0600 --mtime=@1 -T -)
	mkimage i bare.tar --plan plan
	with_mount i assert_like x
}

@test "forced owners beat the plan, --no-xattr does not" {
	printf '%s\n' './etc uid=5 gid=6 xattr.user.a=eA==' './new type=dir uid=7' >plan
	mkimage i tar --plan plan --force-uid 50 --gid-offset 1 --no-xattr --xattrs-exclude '*'
	with_mount i stat_of etc new >found
	diff - found <<-'END'
		etc 50 7
		new 50 1
	END
	with_mount i xattrs_of etc >found
	grep -q 'user.a="x"' found
}

stat_of()
{
	local p
	for p; do
		(cd "$mnt" && echo "$p $(stat -c '%u %g' "$p")")
	done
}

xattrs_of()
{
	getfattr -d -m - "$mnt/$1" 2>/dev/null
}

@test "what a plan makes can be a subvolume, and flags decide how data is stored" {
	printf '%s\n' './data type=dir mode=0700' './bin/su flags=nocow' >plan
	mkimage i tar --plan plan -u data -u usr
	assert_check i lowmem
	btrfs inspect-internal dump-tree i | grep -q 'flags 0x3(NODATASUM|NODATACOW)'
}

@test "what /unset takes back is not set, and only a backslash of its own joins lines" {
	cat >plan <<-'END'
		/set type=file mode=0600 time=3 flags=nodump
		./a
		# no line goes on behind a comment \
		./b
		/unset time flags
		./c
		./l type=link link=back\134
		./m type=link link=back\\
		./d \
		    uid=5
	END
	mkimage i tar --plan plan --manifest m
	assert_manifest i <<-'SPEC'
		dir . mtime=9
		dir etc mtime=5
		file etc/shadow text=root:*: mtime=6
		file bin/su size=20000 mode=0755
		symlink lib usr/lib
		dir usr/lib
		file usr/lib/x text=x
		link usr/lib/y usr/lib/x
		file a mode=0600 mtime=3
		file b mode=0600 mtime=3
		file c mode=0600
		symlink l back%5c
		symlink m back%5c
		file d mode=0600 uid=5
	SPEC
	assert_equal "$(grep nodump m | cut -d' ' -f1 | xargs)" './a ./b'
}

@test "a file of several names changes under all of them" {
	echo './usr/lib/y mode=0600 uid=3' >plan
	mkimage i tar --plan plan
	with_mount i stat_of usr/lib/x usr/lib/y >found
	assert_equal "$(cat found)" $'usr/lib/x 3 0\nusr/lib/y 3 0'
}

@test "errors name the file and the line" {
	bad()
	{
		printf '#mtree\n\n%s\n' "$1" >plan
		archive_refused 1 "$2" --plan plan
		[[ $stderr == *plan:3* ]]
	}
	bad './nope uid=4' "nope: it is not in the archive, allowed: type="
	bad './new type=file' 'allowed: mode='
	bad './new type=char mode=0600' 'allowed: device='
	bad './new type=link' 'allowed: link='
	bad './new type=file mode=0600 size=7' 'or an empty one'
	bad './etc type=file' 'is a directory'
	bad './etc link=x' 'no symbolic link'
	bad './etc device=native,1,2' 'no device'
	bad './etc mode=u+x' "found 'mode=u+x', allowed:"
	bad './etc mode=10000' 'mode='
	bad './etc uid=root' "'uid=root'"
	bad './etc uid=4294967295' '4294967295'
	bad './etc time=yesterday' 'time='
	bad './etc atime=5' 'with time='
	bad './dev type=char mode=0600 device=netbsd,1,2' 'native or linux'
	bad './dev type=char mode=0600 device=native,4096,2' '4096'
	bad './etc colour=red' "'colour=red'"
	bad './etc contents=/etc/passwd' 'contents'
	bad './etc uid' "'uid'"
	bad './etc xattr.user.a=%%' 'base64'
	bad './etc xattr.nobody.a=YQ==' 'nobody.a'
	bad './etc xattr.user.big='"$(head -c 70000 /dev/zero | base64 -w0)" 'user.big'
	bad './lib xattr.user.a=YQ==' 'user.a'
	bad './bin/su/x type=dir' 'not a directory'
	bad '/etc uid=5' '/set'
	bad './a/../b type=dir' '..'
	bad "./$(printf 'n%.0s' {1..256}) type=dir" '255'
	bad './a\x type=dir' 'escapes'
	bad '/set link=x' 'behind /set'
	bad '/set time=1 atime=2' 'behind /set'
	bad '/set size=5' 'behind /set'
	bad '/unset what' 'what'
	bad './etc xattr.system.posix_acl_access=AgAAAAEABgD/////AgAHAOgDAAAEAAQA/////xAABwD/////IAAAAP////8=' 'mode='
	bad './etc mode=0700 xattr.system.posix_acl_access=AgAA' 'ACL'
	printf '..\nx uid=1\n' >plan
	archive_refused 1 'plan:2: found' --plan plan
	archive_refused 1 'cannot open' --plan nothere
	archive_refused 2 '--plan' --plan ''
}

@test "a plan's mode and an access ACL go together" {
	printf '%s\n' 'file f pax.SCHILY.acl.access=user::rw-,user:u:rwx:1000,group::r--,mask::rwx,other::---' | spec_tar t
	echo './f mode=0600' >plan
	archive=t archive_refused 1 'has an access ACL' --plan plan
	echo './f uid=4' >plan
	mkimage i t --plan plan
	assert_check i
}

# ---- SELinux ---------------------------------------------------------------------------

# contexts - a file_contexts of every kind of line
contexts()
{
	cat >file_contexts <<-'END'
		/.*	system_u:object_r:default_t:s0
		/	-d	system_u:object_r:root_t:s0
		/etc(/.*)?	system_u:object_r:etc_t:s0
		/etc/shadow	--	system_u:object_r:shadow_t:s0
		/bin/su	--	system_u:object_r:su_exec_t:s0:c0.c3
		/usr/lib/x	<<none>>
		/lib	-l	system_u:object_r:lib_t:s0
	END
}

@test "--selinux-contexts labels as libselinux's own tool says" {
	require_tool matchpathcon
	"$TAR2BTRFS" --help=all | grep -q selinux-contexts
	contexts
	mkimage i tar --selinux-contexts file_contexts
	assert_check i
	with_mount i labels >found
	(for p in / /etc /etc/shadow /bin /bin/su /lib /usr /usr/lib; do
		type=d
		case $p in */shadow | */su) type=f ;; /lib) type=l ;; esac
		echo "$p $(matchpathcon -n -m $type -f file_contexts "$p")"
	done) | sort >expected
	diff expected <(grep -v '^/usr/lib/' found)
	# no context: the label stays as the archive says, here none
	assert_equal "$(grep '^/usr/lib/' found | tr '\n' ,)" '/usr/lib/x ,/usr/lib/y ,'
}

labels()
{
	python3 - "$mnt" <<-'END' | sort
		import os, sys
		top = sys.argv[1]
		for d, dirs, files in os.walk(top):
		    for n in ['.'] + files + [x for x in dirs if os.path.islink(os.path.join(d, x))]:
		        p = d if n == '.' else os.path.join(d, n)
		        try: v = os.getxattr(p, 'security.selinux', follow_symlinks=False)
		        except OSError: v = b'\0'
		        assert v.endswith(b'\0')
		        print(p[len(top):] or '/', v[:-1].decode())
	END
}

@test "labels: an archive's own is replaced, a bad file is refused" {
	require_tool matchpathcon
	contexts
	printf '%s\n' 'file etc/f x.security.selinux=old_t' 'file usr/lib/x x.security.selinux=kept_t%00' | spec_tar t
	mkimage i t --selinux-contexts file_contexts
	with_mount i labels >found
	grep -qx '/etc/f system_u:object_r:etc_t:s0' found
	grep -qx '/usr/lib/x kept_t' found
	echo '/etc(unclosed	x:y:z' >bad
	archive_refused 1 'as file_contexts' --selinux-contexts bad || archive_refused 1 'no label for' --selinux-contexts bad
	archive_refused 1 'No such file' --selinux-contexts nothere
	archive_refused 2 '--selinux-contexts' --selinux-contexts ''
	# libselinux takes these, and then labels nothing
	archive_refused 1 'no regular file' --selinux-contexts .
	archive_refused 1 'no regular file' --selinux-contexts <(cat file_contexts)
}

@test "plans and labels do not depend on the order of members" {
	contexts
	printf '%s\n' './usr/lib/y uid=3 xattr.user.a=YQ==' './lib/new type=dir mode=0700' './etc/shadow flags=nocow' \
		'./home type=dir' './bin/su mode=4755 xattr.security.capability=AQAAAgAEAAAAAAAAAAAAAAAAAAA=' >plan
	cat >spec <<-'SPEC'
		dir etc mtime=5 x.security.selinux=old_t
		file etc/shadow size=30000 mtime=6
		file bin/su size=20000 mode=0755
		symlink lib usr/lib
		dir usr/lib
		file usr/lib/x size=5000
		link usr/lib/y usr/lib/x
		link etc/z usr/lib/x
	SPEC
	local options seed want
	for options in '' '--hard-dereference -u home -u ro:etc' '--compress none:/etc --all-root --exclude-path usr/lib/x'; do
		# shellcheck disable=SC2086 # words
		want=$(spec_tar /dev/stdout <spec | image_hash --plan plan --selinux-contexts file_contexts $options)
		for seed in 1 2 3 4 5; do
			# shellcheck disable=SC2086 # words
			assert_equal "$(spec_tar /dev/stdout --shuffle $seed <spec |
				image_hash --plan plan --selinux-contexts file_contexts --threads $((seed % 3 + 1)) $options)" "$want"
		done
	done
}

# ---- no privilege at all -------------------------------------------------------------------

@test "an account without privilege makes the image that root makes" {
	require_tool setpriv
	rich_tree
	bsdtar -C x -c --format=pax --acls --xattrs --fflags -f rich.tar .
	"$TAR2BTRFS" -L same -o a --manifest m rich.tar
	# the directories of bats are closed to others
	OPEN_DIR=$(mktemp -d /var/tmp/tar2btrfs-test.XXXXXX)
	(cd x && find . -type f | tar -cf "$OPEN_DIR/bare.tar" --format=gnu --mode=0600 -T -)
	cp "$TAR2BTRFS" "$OPEN_DIR/tar2btrfs"
	cp m "$OPEN_DIR/plan"
	chmod 777 "$OPEN_DIR"
	chmod 755 "$OPEN_DIR"/*
	cd "$OPEN_DIR"
	setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs \
		env TMPDIR="$OPEN_DIR" ./tar2btrfs -L same -o b --plan plan bare.tar
	cmp "$BATS_TEST_TMPDIR/a" b
}
