#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The program as a file: hardened, the same wherever it is built, the release archive likewise, and clean under valgrind.

load helpers

setup()
{
	require_plain_build
	cd "$BATS_TEST_TMPDIR"
}

# plain_make ARGUMENT... - make as from a shell, nothing inherited
plain_make()
{
	env -u MAKEFLAGS -u MAKEOVERRIDES -u MFLAGS make -s "$@"
}

# A program that users would get, whatever flags the one under test was built with: in ./source.
build_copy()
{
	mkdir -p "$1"
	cp -r "$TOP"/{Makefile,include,src} "$1"
	plain_make -C "$1" >log 2>&1 || { grep -v '^  CC' log; return 1; }
}

@test "hardening is in the default build" {
	build_copy source
	readelf -hldW source/tar2btrfs >headers
	grep 'Type: .*DYN' headers # position independent
	grep GNU_RELRO headers
	grep 'BIND_NOW' headers
	grep 'GNU_STACK .* RW ' headers
	readelf -SW source/tar2btrfs | grep note.gnu.build-id
	readelf --dyn-syms -W source/tar2btrfs >symbols
	grep __stack_chk_fail symbols
	grep -E '__(memcpy|snprintf|vsnprintf)_chk' symbols # _FORTIFY_SOURCE
	for o in source/build/*/*.o; do
		readelf --debug-dump=info "$o" | grep -m 1 DW_AT_producer >producer
		grep -e -fstack-protector-strong producer
		grep -e -fstack-clash-protection producer
		case $(uname -m) in
		x86_64) grep -e -fcf-protection producer ;;
		aarch64) grep -e -mbranch-protection producer ;;
		esac
	done
	readelf -lW source/tar2btrfs | run ! grep -E 'LOAD .* RWE '
}

# bats test_tags=slow
@test "built twice under another path, user, time and locale: the same program" {
	require_tool faketime
	build_copy one
	two="$BATS_TEST_TMPDIR/another/longer"
	mkdir -p "$two"
	cp -r "$TOP"/{Makefile,include,src} "$two"
	find "$two" -exec touch -d 2001-02-03 {} +
	user=()
	if [ "$(id -u)" = 0 ]; then
		chmod 711 "$BATS_TEST_TMPDIR"
		chown -R 4711:4711 "$two"
		user=(setpriv --reuid 4711 --regid 4711 --clear-groups)
		"${user[@]}" test -w "$two/src" || user=() # a directory above is closed to others
	fi
	(umask 077 && LC_ALL=C.UTF-8 TZ=Asia/Tokyo HOME=/nowhere SOURCE_DATE_EPOCH=1 \
		env -u MAKEFLAGS -u MAKEOVERRIDES -u MFLAGS \
		"${user[@]}" faketime '2031-05-06 07:08:09' make -s -j 3 -C "$two") >log 2>&1 || { cat log; return 1; }
	cmp one/tar2btrfs "$two/tar2btrfs"
	run ! grep -a "$BATS_TEST_TMPDIR" one/tar2btrfs
}

@test "the release archive is the same from any clone" {
	[ -e "$TOP/.git" ] || skip "not for a tree without history"
	require_tool git faketime
	git -c safe.directory='*' clone -q "$TOP" one
	(umask 077 && git -c safe.directory='*' clone -q "$TOP" other)
	git -C other config tar.umask user
	plain_make -C one dist
	(umask 077 && LC_ALL=C.UTF-8 TZ=Asia/Tokyo faketime '2031-05-06 07:08:09' env -u MAKEFLAGS -u MAKEOVERRIDES -u MFLAGS make -s -C other dist)
	cmp one/tar2btrfs-*.tar.gz other/tar2btrfs-*.tar.gz
	tar -tvzf one/tar2btrfs-*.tar.gz | awk '{ print $2 }' | sort -u | cmp - <(echo root/root)
}

# bats test_tags=slow
@test "clean under valgrind: a rich tree, each codec, a broken archive" {
	require_tool valgrind
	[ "$TAR2BTRFS" = "$TOP/tar2btrfs" ] || skip "the wrapper runs the program at the top"
	python3 "$GEN/rich.py" | spec_tar tar
	for options in "" "--compress zlib --csum xxhash -m dup" "--compress lzo --csum sha256" "--compress none -n 4k --csum blake2"; do
		# shellcheck disable=SC2086 # words
		"$TOP/tests/tools/under-valgrind" $options -o img tar
		# shellcheck disable=SC2086
		"$TAR2BTRFS" $options tar | cmp - img
	done
	head -c 20000 tar >broken
	run --separate-stderr "$TOP/tests/tools/under-valgrind" -o none broken
	[ "$status" = 1 ]
	[[ $stderr == tar2btrfs:* ]]
}
