#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Other builds of the program, other CPUs: a static one, and those for arm64 and s390x, which is big-endian.
# bats file_tags=slow

load helpers

setup()
{
	require_plain_build
	cd "$BATS_TEST_TMPDIR"
}

@test 'a static program needs no pkg-config, no library and no file of the system' {
	mkdir source
	cp -r "$TOP"/{Makefile,include,src} source
	env -u MAKEFLAGS -u MAKEOVERRIDES -u MFLAGS make -s -C source STATIC=1 PKG_CONFIG=false >log 2>&1 || {
		grep -v '^  CC' log
		return 1
	}
	readelf -lW source/tar2btrfs >headers
	grep -q ' LOAD ' headers
	run ! grep -E ' (INTERP|DYNAMIC) ' headers
	TAR2BTRFS=$PWD/source/tar2btrfs bash "$TOP/tests/tools/golden.sh" check rich empty
	require_root
	mkdir -p empty/spool
	cp source/tar2btrfs empty
	python3 "$GEN/rich.py" | spec_tar tar
	for pack in cat gzip xz "zstd -q" bzip2 "lz4 -q"; do
		assert_equal "$($pack <tar | chroot empty /tar2btrfs --spool-dir /spool | sha256sum)" \
			"$("$TAR2BTRFS" <tar | sha256sum)"
	done
}

# other_cpu ARCH CPU - unit tests, goldens, streams, and what codecs of one version make
other_cpu()
{
	local status=0 t c n run=$TOP/build-cross/$1/run
	require_tool apt-get dpkg-deb "qemu-$2-static" "$2-linux-gnu-gcc"
	sh "$TOP/tests/cross/build.sh" "$1" >log 2>&1 || status=$?
	[ $status != 75 ] || skip "not for machines where apt has no packages for $1"
	[ $status = 0 ] || {
		# what the linker says of static programs would hide the error
		grep -vE "^  CC|: in function|: warning: Using '" log
		return 1
	}
	for t in "$TOP/build-cross/$1"/unit/test_*; do
		# all levels of all codecs, emulated, take a minute
		case $t in *.d | */test_codec) continue ;; esac
		"qemu-$2-static" "$t" >tap || { grep -v '^ok' tap; return 1; }
		grep -q '^ok' tap
	done
	TAR2BTRFS=$run bash "$TOP/tests/tools/golden.sh" check rich empty mirror
	python3 "$GEN/rich.py" | spec_tar tar
	python3 "$GEN/pairs.py" 3 old.spec new.spec
	for c in zstd zlib lzo none; do
		"$TAR2BTRFS" --compress $c -o "$c.img" tar
		"$BTRFS2TAR" --keep-times -o "$c.tar" "$c.img"
		for n in 1 3; do
			assert_equal "$c $n $("qemu-$2-static" "$TOP/build-cross/$1/btrfs2tar" --threads $n --keep-times "$c.img" | sha256sum)" \
				"$c $n $(sha256sum <"$c.tar")"
		done
	done
	for t in old new; do spec_tar $t.tar <$t.spec; done
	assert_equal "$("$run" --compress none --send-stream --parent old.tar new.tar | sha256sum)" \
		"$("$TAR2BTRFS" --compress none --send-stream --parent old.tar new.tar | sha256sum)"
	[ "$("$run" --version)" = "$("$TAR2BTRFS" --version)" ] || return 0
	for c in zstd:1 zstd:3 zlib:3 zlib:9 lzo:1; do
		assert_equal "$c $("$run" --compress $c <tar | sha256sum)" "$c $("$TAR2BTRFS" --compress $c <tar | sha256sum)"
		assert_equal "$c $("$run" --compress $c --send-stream <tar | sha256sum)" \
			"$c $("$TAR2BTRFS" --compress $c --send-stream <tar | sha256sum)"
	done
}

# s390x has what tells CPUs apart: the order of bytes, and char without a sign, as here
# bats test_tags=slow,long
@test 'arm64 makes the same images' {
	other_cpu arm64 aarch64
}

@test 's390x, which is big-endian, makes the same images' {
	other_cpu s390x s390x
	readelf -h "$TOP/build-cross/s390x/tar2btrfs" | grep 'Data:.*big endian'
}
