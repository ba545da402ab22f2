#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The sandbox: what an archive that took the program over could do, tried by a library that is loaded with it.

load helpers

setup_file()
{
	cc -shared -fPIC -O1 -o "$BATS_FILE_TMPDIR/plant.so" "$TOP/tests/shim/plant.c"
	spec_tar "$BATS_FILE_TMPDIR/a.tar" <<<'file f size=300000'
	mkdir "$BATS_FILE_TMPDIR/out" "$BATS_FILE_TMPDIR/spool"
	xz -k "$BATS_FILE_TMPDIR/a.tar" # so that a function of a library is called while the archive is read
	"$TAR2BTRFS" -o "$BATS_FILE_TMPDIR/good" "$BATS_FILE_TMPDIR/a.tar"
	echo secret >"$BATS_FILE_TMPDIR/secret"
	export TMPDIR=$BATS_FILE_TMPDIR/spool
}

setup()
{
	[ -z "${SANITIZER:-}" ] || skip "not for $SANITIZER builds, which have no sandbox"
	cd "$BATS_FILE_TMPDIR"
}

# planted WHAT FILE AT [OPTIONS] - run the program with the attempt; sets $status, $stderr
planted()
{
	local what=$1 file=$2 at=$3
	shift 3
	run --separate-stderr env LD_PRELOAD="$PWD/plant.so" PLANT="$what" PLANT_FILE="$file" PLANT_AT="$at" \
		"$TAR2BTRFS" --threads 3 -o out/img "$@" a.tar.xz
	echo "status $status: $stderr"
}

# each place where the program's code runs, after the first byte was read
places=(reader worker)

@test "a planted attempt does its work without a sandbox, so it would be seen" {
	for at in "${places[@]}"; do
		planted open secret "$at" --no-sandbox
		[ "$status" = 0 ]
		[[ $stderr == *"planted open at $at: done"* ]]
	done
	planted socket - reader --no-sandbox
	[[ $stderr == *"planted socket at reader: done"* ]]
	planted code - reader --no-sandbox
	[[ $stderr == *"planted code at reader: done"* ]]
	planted type - reader --no-sandbox
	[[ $stderr != *"not implemented"* ]]
	planted create new reader --no-sandbox
	[[ $stderr == *"planted create at reader: done"* ]]
	planted unlink new reader --no-sandbox
	[[ $stderr == *"planted unlink at reader: done"* ]]
	planted exec - reader --no-sandbox
	[ "$status" = 0 ]
	[ -z "$stderr" ]
}

@test "another file cannot be opened, in any thread, and the image comes all the same" {
	for at in "${places[@]}"; do
		planted open secret "$at"
		[ "$status" = 0 ]
		[[ $stderr == "planted open at $at: failed, "* ]]
		cmp out/img good
	done
}

@test "nor where files may be made" {
	echo secret >out/secret
	echo secret >spool/secret
	for at in "${places[@]}"; do
		planted open out/secret "$at"
		[[ $stderr == "planted open at $at: failed, "* ]]
		planted open spool/secret "$at"
		[[ $stderr == "planted open at $at: failed, "* ]]
	done
}

@test "no file is made or removed but in the directories of spool and output" {
	for at in "${places[@]}"; do
		planted create new "$at"
		[[ $stderr == "planted create at $at: failed, Permission denied" ]]
		[ ! -e new ]
		planted unlink secret "$at"
		[[ $stderr == "planted unlink at $at: failed, Permission denied" ]]
		[ -e secret ]
	done
	planted create spool/new reader
	[[ $stderr == "planted create at reader: done, "* ]]
}

@test "a socket or another program is the end, in any thread; nothing is left" {
	rm -f out/img spool/*
	for what in socket exec; do
		for at in "${places[@]}"; do
			planted "$what" - "$at"
			[ "$status" = 159 ] # 128 + SIGSYS
			[ -z "$stderr" ]
			[ ! -e out/img ]
			[ -z "$(ls -A spool)" ]
		done
	done
}

@test "no other process and no code of one's own" {
	for what in fork code; do
		planted "$what" - worker
		[ "$status" = 0 ]
		[[ $stderr == "planted $what at worker: failed, "* ]]
	done
}

@test "nothing is typed into a terminal" {
	planted type - worker
	[ "$status" = 0 ]
	[ "$stderr" = "planted type at worker: failed, Function not implemented" ]
}

@test "files of reports, spools that come late and temporary names are made in the sandbox" {
	mkdir -p other
	for _ in 1 2; do # the second time over old files
		"$TAR2BTRFS" -m dup -u d --compress none:./f --digest=other/digest --manifest other/manifest --stats=json:other/stats \
			--progress=never --threads 4 -o out/dup <(spec_tar /dev/stdout <<<$'dir d\nfile d/f size=200000\nfile f size=200000')
		(cd out && sha256sum -c <(sed 's,out/,,' ../other/digest))
		[ -s other/manifest ]
		[ -s other/stats ]
	done
	assert_check out/dup
}

@test "-v says nothing of a sandbox that is whole" {
	run --separate-stderr "$TAR2BTRFS" -v -o out/img a.tar
	[ "$status" = 0 ]
	[[ $stderr != *sandbox* && $stderr != *Landlock* && $stderr != *seccomp* ]]
}

@test "with little memory there is an image or a message, and no sandbox with holes" {
	for mib in 45 50 55 60 65 70 100; do # with less, no library is loaded
		rm -f out/img
		run --separate-stderr prlimit --as=$((mib << 20)) "$TAR2BTRFS" --threads 2 -o out/img a.tar
		echo "$mib MiB: status $status: $stderr"
		[ "$status" = 0 ] || [[ $status$stderr == 1tar2btrfs:* ]] || [[ $status$stderr == 127*"shared object"* ]]
		[ "$status" != 0 ] || cmp out/img good
	done
	[ "$status" = 0 ]
}
