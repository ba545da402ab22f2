#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# One tree and one set of options give one image, whoever makes it, where, when and from which archive.

load helpers

setup_file()
{
	cd "$BATS_FILE_TMPDIR"
	python3 "$GEN/rich.py" >spec
	python3 "$GEN/archive.py" tar <spec >tar
	for c in none zstd; do "$TAR2BTRFS" --compress $c <tar >"$c.img"; done
	sha256sum <none.img | cut -c1-64 >none
	sha256sum <zstd.img | cut -c1-64 >zstd
	[ "$(cat none)" != "$(cat zstd)" ]
}

setup()
{
	cd "$BATS_FILE_TMPDIR"
}

# the_same COMMAND... - run with the options appended and the archive on stdin, it gives the image known
the_same()
{
	local c hash
	for c in none zstd; do
		hash=$("$@" --compress $c <tar | sha256sum | cut -c1-64)
		assert_equal "$hash" "$(cat $c)"
	done
}

@test "members in any order: 10 seeds" {
	for seed in 1 2 3 4 5 6 7 8 9 10; do
		echo "seed $seed"
		python3 "$GEN/archive.py" tar --shuffle $seed <spec >shuffled
		assert_equal "$(image_hash --compress none <shuffled)" "$(cat none)"
		[ $seed -gt 3 ] || assert_equal "$(image_hash --compress zstd <shuffled)" "$(cat zstd)"
	done
}

@test "to a pipe, to a file, with holes or without" {
	"$TAR2BTRFS" --compress none -o file.img tar
	assert_equal "$(sha256sum <file.img | cut -c1-64)" "$(cat none)"
	"$TAR2BTRFS" --compress none <tar | cat >piped.img
	cmp file.img piped.img
	"$TAR2BTRFS" --compress none -o - tar >dash.img || "$TAR2BTRFS" --compress none -o /dev/stdout tar >dash.img
	cmp file.img dash.img
}

@test "data first or trees first, into a file that holds something, from where it stands or at its end" {
	local threads size
	# a copy of the superblock lies among the data
	python3 "$GEN/archive.py" tar <<<'file large size=70000000' >large
	"$TAR2BTRFS" --compress none large | cat >piped.img
	size=$(stat -c %s piped.img)
	head -c $((size + 100000)) /dev/zero | tr '\0' x >before
	for threads in 1 2 8; do
		run_program() { "$TAR2BTRFS" --compress none --threads $threads "$@"; }
		run_program -o file.img large
		cmp piped.img file.img
		cp before old
		(run_program large && printf end) 1<>old
		cmp <(cat piped.img && printf end && tail -c 99997 before) old
		(printf begin && run_program large && printf end) >old
		cmp <(printf begin && cat piped.img && printf end) old
		printf begin >old
		run_program large >>old
		cmp <(printf begin && cat piped.img) old
	done
}

@test "time zone" {
	for tz in UTC America/St_Johns Pacific/Kiritimati; do the_same env TZ=$tz "$TAR2BTRFS"; done
}

@test "locale" {
	for l in C C.UTF-8 POSIX; do the_same env LC_ALL=$l LANG=$l "$TAR2BTRFS"; done
}

@test "umask" {
	for u in 000 022 077 777; do the_same bash -c "umask $u; exec \"\$@\"" - "$TAR2BTRFS"; done
}

@test "TMPDIR and --spool-dir" {
	mkdir -p "a temporary directory"
	the_same env TMPDIR="$PWD/a temporary directory" "$TAR2BTRFS"
	the_same "$TAR2BTRFS" --spool-dir "a temporary directory"
	[ ! -d /dev/shm ] || the_same "$TAR2BTRFS" --spool-dir /dev/shm
	[ -z "$(ls -A 'a temporary directory')" ]
}

@test "stack limit" {
	[ "${SANITIZER:-}" = asan ] || the_same bash -c 'ulimit -s 256; exec "$@"' - "$TAR2BTRFS"
	the_same bash -c 'ulimit -s unlimited || :; exec "$@"' - "$TAR2BTRFS"
}

@test "the clock" {
	[ -z "${SANITIZER:-}" ] || skip "not for $SANITIZER builds: libfaketime is preloaded"
	require_tool faketime
	the_same faketime -f '2001-02-03 04:05:06' "$TAR2BTRFS"
	the_same faketime -f '2030-02-03 04:05:06' "$TAR2BTRFS"
}

@test "the number of CPUs and threads" {
	require_tool taskset
	the_same taskset -c 0 "$TAR2BTRFS"
	for n in 1 2 3 8; do the_same "$TAR2BTRFS" --threads $n; done
}

@test "addresses, environment, name of the program" {
	the_same setarch -R "$TAR2BTRFS"
	the_same env -i "$TAR2BTRFS"
	# shellcheck disable=SC2046
	the_same env $(seq -f 'V%g=x' 1 500) "$TAR2BTRFS"
	[ "${TAR2BTRFS##*/}" = under-valgrind ] || the_same bash -c 'exec -a another-name "$@"' - "$TAR2BTRFS"
}

@test "a pipe that delivers one byte at a time" {
	python3 "$GEN/archive.py" tar >small <<-END
		dir d
		file d/f size=70000
		file d/g size=20000 hole=4096+8192
	END
	for c in none zstd; do
		a=$(image_hash --compress $c <small)
		b=$(python3 -c 'import os
for b in open("small", "rb").read(): os.write(1, bytes([b]))' | image_hash --compress $c)
		assert_equal "$a" "$b"
	done
}

@test "one tree as pax, GNU, ustar and v7 tar, as cpio newc, odc and crc, packed and plain" {
	require_root
	require_tool cpio bsdtar gzip xz zstd bzip2 lz4
	python3 "$GEN/archive.py" make tree <<-END
		dir . mtime=1000000000
		dir d mode=0700 mtime=1000000001
		file d/a text=hello mtime=1000000002 mode=04755
		link d/b d/a
		link c d/a
		file empty mtime=7
		file large size=500000 uid=1000 gid=1001 mtime=8
		symlink s d/a mtime=9
		symlink t ../elsewhere mtime=10
	END
	members=$(cd tree && find . | LC_ALL=C sort)
	reverse=$(tac <<<"$members")
	cd tree
	{
		for f in posix gnu ustar v7; do
			tar --no-recursion --format=$f -cf "../forms-tar-$f" -T - <<<"$members"
			tar --no-recursion --format=$f -cf "../forms-reverse-$f" -T - <<<"$reverse"
		done
		for f in newc odc crc; do
			cpio --quiet -o -H $f >"../forms-cpio-$f" <<<"$members"
			cpio --quiet -o -H $f >"../forms-cpio-reverse-$f" <<<"$reverse"
		done
		for f in newc odc bin ustar pax gnutar; do bsdtar --format=$f -cf "../forms-bsdtar-$f" .; done
	}
	cd ..
	for z in 'gzip -c' 'xz -c' 'zstd -qc' 'bzip2 -c' 'lz4 -qc'; do
		for f in tar-posix cpio-newc; do
			$z <"forms-$f" >"forms-$f.${z%% *}"
		done
	done
	for f in forms-*; do echo "$(image_hash <"$f") $f"; done | tee hashes
	[ "$(cut -d' ' -f1 hashes | sort -u | wc -l)" = 1 ]
	[ "$(wc -l <hashes)" = 30 ]
}

# build NAME MAKE-VARIABLES... - the program once more, of these sources, elsewhere
build()
{
	mkdir "$1"
	cp -r "$TOP"/{Makefile,include,src} "$1"
	# what the make above says of flags and directories is not for this one
	env -u MAKEFLAGS -u MAKEOVERRIDES -u MFLAGS make -s -C "$1" "${@:2}" all >"$1.log" 2>&1 || {
		grep -v '^  CC' "$1.log"
		return 1
	}
}

# bats test_tags=slow
@test "another build directory, and -O0" {
	[ -z "${SANITIZER:-}" ] || skip "not for $SANITIZER builds: these are other builds"
	build built-elsewhere
	the_same built-elsewhere/tar2btrfs
	build built-O0 CFLAGS=-O0
	the_same built-O0/tar2btrfs
}

# bats test_tags=slow,long
@test "built with -O3" {
	[ -z "${SANITIZER:-}" ] || skip "not for $SANITIZER builds: these are other builds"
	build built-O3 CFLAGS=-O3
	the_same built-O3/tar2btrfs
}

# bats test_tags=slow
@test "built by clang" {
	[ -z "${SANITIZER:-}" ] || skip "not for $SANITIZER builds: these are other builds"
	require_tool clang
	build built-clang CC=clang CFLAGS=-O2
	the_same built-clang/tar2btrfs
}

# bats test_tags=slow
@test "built with sanitizers" {
	[ -z "${SANITIZER:-}" ] || skip "not for $SANITIZER builds: this run is one"
	build built-asan CFLAGS='-O1 -fsanitize=address,undefined -fno-sanitize-recover=all'
	the_same built-asan/tar2btrfs
}

# ---- ids follow from the content ----------------------------------------------------

ids()
{
	"$TAR2BTRFS" -o id.img "$@"
	btrfs inspect-internal dump-super id.img | awk '$1 == "fsid" || $1 == "dev_item.uuid" { print $2 }' | tr '\n' ' '
}

# all_differ FILE - lines "fsid device-id what": no id comes twice
all_differ()
{
	cat "$1"
	assert_equal "$(tr ' ' '\n' <<<"$(cut -d' ' -f1,2 "$1")" | sort | uniq -d)" ''
}

@test "any change of content or options changes both ids" {
	require_tool btrfs
	spec='file a text=content-of-a mtime=5 x.user.x=1\nfile b text=content-of-b mtime=5\n'
	one()
	{
		# shellcheck disable=SC2059 # a format on purpose
		printf "$1" | python3 "$GEN/archive.py" tar >id.tar
		echo "$(ids "${@:2}" id.tar)$*"
	}
	{
		one "$spec"
		one "${spec/of-a/of-A}"
		one 'file a text=content-of-b mtime=5 x.user.x=1\nfile b text=content-of-a mtime=5\n'
		one "${spec/user.x=1/user.x=2}"
		one "${spec/user.x=1/user.y=1}"
		one "${spec/mtime=5/mtime=5.000000001}"
		one "${spec/file a/file aa}"
		one 'file a size=200000 seed=noise1 mtime=5\nfile b size=200000 seed=noise2 mtime=5\n'
		one 'file a size=200000 seed=noise2 mtime=5\nfile b size=200000 seed=noise1 mtime=5\n'
		one "$spec" -n 32k
		one "$spec" --csum xxhash
		one "$spec" --csum sha256
		one "$spec" -m dup
		one "$spec" -L label
		one "$spec" -O ^free-space-tree
		one "$spec" --no-seed
		one "$spec" --no-seed --free 100m
		one "$spec" --no-seed --size 200m
		one "$spec" --max-inline 0
		one "$spec" --mtime @5.1
	} >changes
	all_differ changes
}

@test "a codec's level and a byte in the middle of a large file change the ids" {
	require_tool btrfs
	: >changes
	for c in none zlib:1 zlib:9 lzo:1 lzo:9 zstd:1 zstd:19; do
		python3 "$GEN/stream.py" text 6m >id.tar
		echo "$(ids --compress $c id.tar)$c" >>changes
		python3 "$GEN/stream.py" text 6m | python3 "$GEN/stream.py" change 3456789 90 >id.tar
		echo "$(ids --compress $c id.tar)$c, one byte changed" >>changes
	done
	all_differ changes
}

# bats test_tags=slow,long
@test "one byte changed inside a file of 1 GiB, with each codec" {
	require_plain_build
	require_tool btrfs
	: >changes
	for c in none zlib:1 lzo zstd:1; do
		python3 "$GEN/stream.py" text 1g | ids --compress $c >>changes
		echo "$c" >>changes
		python3 "$GEN/stream.py" text 1g | python3 "$GEN/stream.py" change 765432101 90 | ids --compress $c >>changes
		echo "$c, one byte changed" >>changes
	done
	rm id.img
	all_differ changes
}

@test "given ids arrive; device ids differ under one fsid; clear clears the fsid alone" {
	require_tool btrfs
	u=11111111-2222-3333-4444-555555555555
	python3 "$GEN/archive.py" tar <<<"file a text=1" >one
	python3 "$GEN/archive.py" tar <<<"file a text=2" >two
	for option in $u clear; do
		a=$(ids -U "$option" one)
		b=$(ids -U "$option" two)
		assert_equal "${a%% *}" "${b%% *}"
		assert_differ "${a#* }" "${b#* }"
		[ "$option" = clear ] || assert_equal "${a%% *}" "$u"
		[ "$option" != clear ] || assert_equal "${a%% *}" 00000000-0000-0000-0000-000000000000
	done
	a=$(ids --device-uuid "$u" one)
	assert_equal "${a#* }" "$u "
	ids --chunk-uuid "$u" one
	btrfs inspect-internal dump-tree id.img | grep -q "chunk uuid $u"
	assert_differ "$(ids -U random one)" "$(ids -U random one)"
	assert_equal "$(ids -U content one)" "$(ids one)"
}
