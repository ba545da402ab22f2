#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Archives laid over each other, and the whiteouts of OCI layers in every corner, as the kernel sees the result.

load helpers

setup()
{
	cd "$BATS_TEST_TMPDIR"
}

# layer NAME <SPEC - an archive NAME.tar, and NAME.mixed.tar with the members in another order
layer()
{
	cat >"$1.spec"
	spec_tar "$1.tar" <"$1.spec"
	python3 "$GEN/archive.py" tar --shuffle 7 <"$1.spec" >"$1.mixed.tar"
}

lower()
{
	layer lower <<-'SPEC'
		dir . mode=0711 mtime=100
		dir etc mode=0750 uid=1 mtime=200
		file etc/keep text=keep
		file etc/gone text=gone
		file etc/again text=old mode=0600
		dir etc/dir mode=0700 uid=5 mtime=300
		file etc/dir/deep/f text=deep
		dir opaque mode=0701 uid=6 mtime=400 x.user.a=o
		file opaque/old text=old
		dir opaque/sub mode=0700 uid=8
		file opaque/sub/f text=f
		dir opaque2 mode=0700 uid=9
		file opaque2/old text=old
		dir usr/lib mode=0755 mtime=500
		file usr/lib/a text=a
		file usr/lib/b text=b
		symlink lib usr/lib
		symlink gonelink usr/lib
		file one text=shared mode=0640 uid=3 mtime=600
		link two one
		link three one
		file big size=600000 seed=noise
		file data size=300000
		char null 1,3
		file .whatever text=w
	SPEC
}

upper()
{
	layer upper <<-'SPEC'
		file etc/.wh.gone
		file etc/.wh.again
		file etc/again text=new mtime=9
		file etc/.wh.dir
		file etc/dir/new text=new
		file opaque/.wh..wh..opq
		file opaque/new text=new
		dir opaque/sub mode=0711
		dir opaque2 mode=0770 uid=10 mtime=7
		file opaque2/.wh..wh..opq
		file lib/.wh.a
		file lib/c text=c
		file .wh.gonelink
		file .wh.one
		link four two
		file .wh.big
		file .wh.null
		char null/zero 1,5
		file nowhere/.wh.nothing
		file data/.wh.nothing
		dir .wh..wh.plnk
		file .wh..wh.plnk/1.2 text=x
		file .wh..wh.aufs text=x
	SPEC
}

merged()
{
	cat <<-'SPEC'
		dir . mode=0711 mtime=100
		dir etc mode=0750 uid=1 mtime=200
		file etc/keep text=keep
		file etc/again text=new mtime=9
		dir etc/dir mtime=0
		file etc/dir/new text=new
		dir opaque mode=0701 uid=6 mtime=400 x.user.a=o
		file opaque/new text=new
		dir opaque/sub mode=0711
		dir opaque2 mode=0770 uid=10 mtime=7
		dir usr/lib mode=0755 mtime=500
		file usr/lib/b text=b
		file usr/lib/c text=c
		symlink lib usr/lib
		file two text=shared mode=0640 uid=3 mtime=600
		link three two
		link four two
		file data size=300000
		dir null
		char null/zero 1,5
		file .whatever text=w
	SPEC
}

# bats test_tags=kernel
@test "every corner of whiteouts, as the kernel reads it" {
	require_mount
	lower
	upper
	mkimage img upper.tar --whiteouts lower.tar
	assert_check img
	merged | assert_manifest img
}

@test "it is the image of the merged tree, in whatever order members come" {
	lower
	upper
	merged | spec_tar merged.tar
	wanted=$("$TAR2BTRFS" merged.tar | sha256sum)
	assert_equal "$("$TAR2BTRFS" --whiteouts lower.tar upper.tar | sha256sum)" "$wanted"
	assert_equal "$("$TAR2BTRFS" --whiteouts lower.mixed.tar upper.mixed.tar | sha256sum)" "$wanted"
	gzip -k lower.tar
	zstd -q upper.tar
	assert_equal "$("$TAR2BTRFS" --whiteouts lower.tar.gz - <upper.tar.zst | sha256sum)" "$wanted"
	# shellcheck disable=SC2002 # a pipe is wanted
	assert_equal "$(cat lower.tar | "$TAR2BTRFS" --whiteouts --threads 1 - upper.mixed.tar | sha256sum)" "$wanted"
}

@test "hidden data does not reach the image" {
	spec_tar a.tar <<<'file big size=5000000 seed=noise'
	spec_tar b.tar <<<'file .wh.big'
	printf 'dir .\n' | spec_tar empty.tar
	assert_equal "$("$TAR2BTRFS" --whiteouts a.tar b.tar | wc -c)" "$("$TAR2BTRFS" empty.tar | wc -c)"
}

@test "three layers: what is hidden twice, comes back, and is hidden again" {
	spec_tar 1.tar <<<$'file a/x text=1\nfile b text=1'
	spec_tar 2.tar <<<$'file .wh.a\nfile a/.wh.x\nfile .wh.a\nfile b text=2'
	spec_tar 3.tar <<<$'file a/y text=3\nfile .wh..wh..opq'
	spec_tar 4.tar <<<$'file a/z text=4\nfile .wh.b'
	spec_tar merged.tar <<<$'dir .\nfile a/y text=3\nfile a/z text=4'
	assert_equal "$("$TAR2BTRFS" --whiteouts 1.tar 2.tar 3.tar 4.tar | sha256sum)" "$("$TAR2BTRFS" merged.tar | sha256sum)"
}

@test "opaque by way of a symlink, in a new directory, of what is no directory" {
	spec_tar 1.tar <<-'SPEC'
		dir usr/lib mode=0700 uid=3 mtime=5
		file usr/lib/a text=a
		dir usr/lib/sub
		file usr/lib/sub/b text=b
		symlink lib usr/lib
		symlink dead nowhere
		file f text=f
		dir o mode=0711
		file o/p/q text=q
	SPEC
	# a whiteout's parents are those of the layers before: lib goes, and what it leads to is emptied all the same
	spec_tar 2.tar <<-'SPEC'
		file lib/.wh..wh..opq
		file .wh.lib
		file usr/lib/sub/c text=c
		file f/.wh..wh..opq
		file dead/.wh..wh..opq
		file none/.wh..wh..opq
		dir new/dir mode=0750
		file new/dir/.wh..wh..opq
		file new/dir/x text=x
		file o/p/.wh..wh..opq
		file o/.wh..wh..opq
		file o/p/.wh.q
		file o/p/r text=r
	SPEC
	spec_tar merged.tar <<-'SPEC'
		dir usr/lib mode=0700 uid=3 mtime=5
		file usr/lib/sub/c text=c
		symlink dead nowhere
		file f text=f
		dir new/dir mode=0750
		file new/dir/x text=x
		dir o mode=0711
		file o/p/r text=r
	SPEC
	assert_equal "$("$TAR2BTRFS" --whiteouts 1.tar 2.tar | sha256sum)" "$("$TAR2BTRFS" merged.tar | sha256sum)"
}

@test "without --whiteouts archives are laid over each other as they are" {
	spec_tar 1.tar <<<$'dir a mode=0700\nfile a/x text=1\nfile b text=b\nfile f text=f'
	spec_tar 2.tar <<<$'dir a mode=0755\nfile a/y text=2\nfile .wh.b\nlink g f'
	spec_tar merged.tar <<<$'dir a\nfile a/x text=1\nfile a/y text=2\nfile b text=b\nfile .wh.b\nfile f text=f\nlink g f'
	wanted=$("$TAR2BTRFS" merged.tar | sha256sum)
	assert_equal "$("$TAR2BTRFS" 1.tar 2.tar | sha256sum)" "$wanted"
	mkdir x
	tar -xf 1.tar -C x
	(cd x && find a b f -print0 | cpio -0o -H newc --quiet) >1.cpio
	assert_equal "$("$TAR2BTRFS" --mtime @0 --all-root 1.cpio 2.tar | sha256sum)" \
		"$("$TAR2BTRFS" --mtime @0 --all-root merged.tar | sha256sum)"
}

@test "whiteouts of one archive vanish; what is left out cannot be hidden twice" {
	spec_tar 1.tar <<<$'file .wh.a\nfile a text=a\nfile d/.wh..wh..opq\nfile b/c text=c'
	spec_tar plain.tar <<<$'file a text=a\nfile b/c text=c'
	assert_equal "$("$TAR2BTRFS" --whiteouts 1.tar | sha256sum)" "$("$TAR2BTRFS" plain.tar | sha256sum)"
	spec_tar 2.tar <<<$'file .wh.b\nfile b/d text=d'
	spec_tar becomes.tar <<<$'file d text=d'
	assert_equal "$("$TAR2BTRFS" --whiteouts --root-becomes b 1.tar 2.tar | sha256sum)" "$("$TAR2BTRFS" becomes.tar | sha256sum)"
	spec_tar rest.tar <<<$'file a text=a\nfile b/c text=c'
	assert_equal "$("$TAR2BTRFS" --whiteouts --exclude-path b/d plain.tar <(spec_tar /dev/stdout <<<'file b/d text=d') | sha256sum)" \
		"$("$TAR2BTRFS" rest.tar | sha256sum)"
}

@test "bad layers are refused by name" {
	spec_tar 1.tar <<<'file a text=a'
	for bad in '.wh.' 'd/.wh..' '.wh...' '.wh.a/b'; do
		spec_tar 2.tar <<<"file $bad"
		refused 1 --whiteouts 1.tar 2.tar
		[[ $stderr == *"$bad"* ]]
	done
	spec_tar 2.tar <<<$'link b a\nfile .wh.a'
	refused 1 --whiteouts 1.tar 2.tar
	[[ $stderr == *"b: the target of this hard link, 'a', is hidden by a whiteout of the same layer" ]]
	spec_tar 2.tar <<<$'link b a\nfile .wh.x'
	refused 1 --whiteouts 2.tar 2.tar
	[[ $stderr == *"b: the target of this hard link, 'a', is not in the archive" ]]
	for hides in d/.wh.a .wh.d d/.wh..wh..opq; do
		spec_tar 3.tar <<<'file d/a text=a'
		spec_tar 4.tar <<<"file $hides"$'\nlink b d/a'
		refused 1 --whiteouts 3.tar 4.tar
		[[ $stderr == *"'d/a', is hidden by a whiteout of the same layer" ]]
		# unless something comes in its place
		spec_tar 5.tar <<<"file $hides"$'\nlink b d/a\nfile d/a text=new'
		"$TAR2BTRFS" --whiteouts 3.tar 5.tar >img
	done
	printf x >junk
	refused 1 1.tar junk
	[[ $stderr == *junk* ]]
	refused 1 1.tar missing
	[[ $stderr == *missing* ]]
	refused 2 1.tar - - </dev/null
	cp 1.tar 3.tar
	refused 1 -o 3.tar 1.tar 2.tar 3.tar
	[[ $stderr == *'3.tar is the archive itself'* ]]
	cmp 1.tar 3.tar
}

# bats test_tags=slow
@test "hostile layers: whiteouts without number, opaque ones of a large directory, deep paths" {
	require_plain_build
	hostile()
	{
		python3 - "$1" "$2" <<-'PYTHON'
			import os, sys
			sys.path.insert(0, os.environ['GEN'])
			import stream
			w, n, kind = stream.Writer(), int(sys.argv[2]), sys.argv[1]
			deep = b'/'.join([b'd'] * 200)
			for i in range(n):
			    if kind == 'lower': w.file(b'a/%d' % i, b'')
			    elif kind == 'names': w.file(b'a/.wh.%d' % i, b'')
			    elif kind == 'opaque': w.file(b'a/.wh..wh..opq', b'')
			    elif kind == 'both': w.file(b'a/.wh.%d' % i, b''); w.file(b'a/%d' % i, b'')
			    elif kind == 'deep': w.file(deep + b'/.wh.%d' % i, b'')
			w.end()
		PYTHON
	}
	hostile lower 100000 >lower.tar
	for kind in names opaque both deep; do
		hostile $kind 100000 >$kind.tar
		timeout 30 "$TAR2BTRFS" --whiteouts lower.tar $kind.tar >img
		btrfs check --force --readonly img >log 2>&1 || { cat log; false; }
	done
}
