#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What goes wrong around the program: calls that fail, disks that are full, limits, signals at any moment.

load helpers

setup_file()
{
	cd "$BATS_FILE_TMPDIR"
	cc -shared -fPIC -O1 -o fault.so "$TOP/tests/shim/fault.c"
	spec_tar a.tar <<-'END'
		dir d
		file d/small text=hello
		file d/a size=200000
		file d/noise size=300000 seed=noise1
		link l d/a
	END
	spec_tar small.tar <<-'END'
		file a size=20000
		file b size=9000 seed=noise1
		link l a
	END
	mkdir out spool
	"$TAR2BTRFS" -o good a.tar
	"$TAR2BTRFS" -o good-small small.tar
	export TMPDIR=$BATS_FILE_TMPDIR/spool
}

setup()
{
	cd "$BATS_FILE_TMPDIR"
	rm -rf out/* out/.??* spool/*
}

# not for static programs and sanitizers, which bring their own malloc
require_preload()
{
	[ -z "${SANITIZER:-}" ] || skip "not for $SANITIZER builds"
}

# faulty FAULT OPTIONS - run the program on a pipe; sets $status, $stderr; output goes to ./stdout
faulty()
{
	local fault=$1
	shift
	status=0
	FAULT=$fault LD_PRELOAD=./fault.so "$TAR2BTRFS" "$@" >stdout 2>stderr || status=$?
	stderr=$(<stderr)
}

# one line on stderr with the text, status 1
failed_with()
{
	echo "status $status: $stderr"
	[ "$status" = 1 ]
	[ "$(wc -l <stderr)" = 1 ]
	[[ $stderr == "tar2btrfs: "*"$1"* ]]
}

nothing_left()
{
	[ -z "$(ls -A spool)" ]
	[ "$(ls -A out)" = "${1:-}" ]
}

# calls CALL OPTIONS - how many there are in a good run
calls()
{
	faulty "count:$1" "${@:2}"
	sed -n 's/^calls //p' stderr
}

@test "reads and writes of one byte make the same image" {
	require_preload
	faulty short <small.tar
	[ "$status" = 0 ]
	cmp stdout good-small
	faulty short -o out/img small.tar
	[ "$status" = 0 ]
	cmp out/img good-small
	rm out/img
}

@test "every second call interrupted: the same image" {
	require_preload
	faulty eintr < <(cat a.tar)
	[ "$status" = 0 ]
	cmp stdout good
	faulty eintr -o out/img a.tar
	[ "$status" = 0 ]
	cmp out/img good
	rm out/img
}

@test "each read and write that fails is one line and status 1" {
	require_preload
	for call in read pread pwrite; do
		for from in a.tar /dev/stdin; do
			n=$(calls $call -m dup $from < <(cat a.tar))
			echo "$call of $from: $n calls"
			for ((i = 1; i <= n; i++)); do
				faulty "$call:$i:5" -m dup $from < <(cat a.tar)
				# a pipe takes another number of reads each time
				[ $from$status$((i > 2)) != /dev/stdin01 ] || break
				failed_with "Input/output error"
				# a spool that cannot be read again shows when the image is on its way
				[ $call = pread ] || [ ! -s stdout ]
				nothing_left
			done
		done
	done
	[ "$n" -gt 0 ]
	n=$(calls write a.tar)
	for ((i = 1; i <= n; i++)); do
		faulty "write:$i:28" a.tar
		failed_with "No space left on device"
	done
}

@test "FILE is the old one after any failure" {
	require_preload
	for call in read pread pwrite write sync link; do
		for before in '' old; do
			rm -f out/img
			[ -z "$before" ] || echo old >out/img
			n=$(calls $call -o out/img a.tar)
			echo "$call: $n calls, ${before:-new}"
			[ "$n" -gt 0 ]
			for ((i = 1; i <= n; i++)); do
				rm -f out/img
				[ -z "$before" ] || echo old >out/img
				faulty "$call:$i:5" -o out/img a.tar
				failed_with "Input/output error"
				# the directory's sync comes when FILE is complete
				if [ "$call" = sync ] && [ "$i" = "$n" ]; then
					cmp out/img good
				else
					[ "$(cat out/img 2>/dev/null)" = "$before" ]
				fi
				nothing_left "$([ ! -e out/img ] || echo img)"
			done
		done
	done
	rm -f out/img
}

# together PROGRAM NAMES ARGUMENT... - a signal before any call that puts files in place: all are old, or all as in ./want
together()
{
	local program=$1 names=$2 call n i name old new
	shift 2
	rm -rf want
	mkdir want
	(cd want && "$program" "$@")
	for call in sync link rename; do
		n=$(cd out && FAULT=count:$call LD_PRELOAD=../fault.so "$program" "$@" 2>&1 | sed -n 's/^calls //p')
		echo "$call: $n calls"
		[ "$n" -gt 1 ]
		for ((i = 1; i <= n; i++)); do
			for name in $names; do echo "old $name" >"out/$name"; done
			status=0
			(cd out && FAULT=$call:$i:0 LD_PRELOAD=../fault.so exec "$program" "$@") || status=$?
			[ "$status" = 143 ]
			old=0 new=0
			for name in $names; do
				! cmp -s "out/$name" "want/$name" || new=$((new + 1))
				[ "$(head -c 100 "out/$name" | tr -d '\0')" != "old $name" ] || old=$((old + 1))
			done
			echo "$call $i: $old old, $new new"
			[ $((old * new)) = 0 ]
			[ $((old + new)) = "$(wc -w <<<"$names")" ]
			[ "$(cd out && echo * .[!.]*)" = "$names .[!.]*" ]
		done
	done
	rm -rf out/* want
}

@test "a signal leaves all files of a run as they were, or all new" {
	require_preload
	together "$TAR2BTRFS" 'digest img list' -o img --digest=digest --manifest=list ../a.tar
	together "$BTRFS2TAR" 'digest list' --content-digest=digest --manifest=list ../good
}

@test "copies in the kernel that fail are made without it" {
	require_preload
	n=$(calls copy a.tar)
	[ "$n" -gt 0 ]
	for ((i = 1; i <= n; i++)); do
		faulty "copy:$i:5" a.tar
		[ "$status" = 0 ]
		cmp stdout good
	done
}

# bats test_tags=slow
@test "an allocation that fails is a message and status 1, or does not matter" {
	require_preload
	n=$(calls alloc --threads 2 -o out/img a.tar)
	rm out/img
	[ "$n" -gt 60 ]
	refused=0
	for ((i = 1; i <= n; i += i < 60 ? 1 : 7)); do
		faulty "alloc:$i:12" --threads 2 -o out/img a.tar
		echo "allocation $i of $n: status $status, $stderr"
		if [ "$status" = 0 ]; then
			cmp out/img good
			rm out/img
		elif [[ $stderr != *' in libgcrypt: '* && $stderr != *' in gpgrt_'* ]]; then # which abort before the archive is opened
			[ "$status" = 1 ]
			[[ $stderr == *'tar2btrfs: '* ]]
			refused=$((refused + 1))
		fi
		nothing_left
	done
	echo "# $refused of the allocations that failed ended the program" >&3
	[ "$refused" -gt 20 ]
}

@test "nobody reads standard output: one line and status 1" {
	status=0
	{ "$TAR2BTRFS" a.tar 2>stderr || echo $? >code; } | head -c 100000 >/dev/null
	status=$(<code) stderr=$(<stderr)
	failed_with "Broken pipe"
	nothing_left
}

# a tmpfs of KIB at ./disk
disk()
{
	mkdir -p disk
	mount -t tmpfs -o "size=${1}k" tmpfs disk
}

# bats test_tags=kernel
@test "a spool disk that is full at any stage" {
	require_root
	good_ones=0
	for kib in 4 64 128 256 384 512 640 768 1024 2048 4096; do
		disk $kib
		status=0
		"$TAR2BTRFS" --spool-dir disk -m dup <a.tar >stdout 2>stderr || status=$?
		stderr=$(<stderr)
		[ -z "$(ls -A disk)" ]
		umount disk
		if [ $status = 0 ]; then
			good_ones=$((good_ones + 1))
		else
			failed_with "No space left on device"
			[[ $stderr == *spool* ]]
			[ ! -s stdout ]
		fi
	done
	[ $good_ones -ge 2 ]
	[ $good_ones -le 9 ]
}

# on_full_disk TEXT COMMAND... - the image comes to be when the disk is large enough; before that, TEXT and the old one
on_full_disk()
{
	local kib text=$1
	shift
	for ((kib = 4; ; kib += 64)); do
		disk $kib
		echo old >disk/img
		status=0
		"$@" -o disk/img a.tar >stdout 2>stderr || status=$?
		stderr=$(<stderr)
		[ "$(ls -A disk)" = img ]
		if [ $status = 0 ]; then
			cmp disk/img good
			umount disk
			break
		fi
		[ "$(cat disk/img)" = old ]
		umount disk
		failed_with "$text"
	done
	[ $kib -gt 256 ]
}

# bats test_tags=kernel
@test "an output disk that is too small" {
	require_root
	on_full_disk "disk/img needs " "$TAR2BTRFS"
	status=0
	"$TAR2BTRFS" a.tar >/dev/full 2>stderr || status=$?
	stderr=$(<stderr)
	failed_with "No space left on device"
}

# bats test_tags=kernel
@test "an output disk that is full at any stage" {
	require_root
	require_preload
	# what room there is cannot be told, as on a filesystem that compresses
	on_full_disk "No space left on device" env FAULT=room:1:38 LD_PRELOAD=./fault.so "$TAR2BTRFS"
}

@test "limits of file size and of descriptors" {
	for limit in 1 4096 65536 1000000; do
		status=0
		# stderr is a pipe: the limit is for all files
		stderr=$(prlimit --fsize=$limit "$TAR2BTRFS" --compress none -o out/img a.tar 2>&1) || status=$?
		echo "status $status: $stderr"
		[ $status = 1 ]
		[[ $stderr == "tar2btrfs: "*"File too large"* ]]
		nothing_left
	done
	for limit in 5 6 7 8 9 10 11; do # with less, no library is loaded
		status=0
		prlimit --nofile=$limit "$TAR2BTRFS" --digest=out/digest -o out/img a.tar >stdout 2>stderr 3>&- 4>&- 5>&- || status=$?
		stderr=$(<stderr)
		[ $status = 0 ] || failed_with "Too many open files"
		[ $status != 0 ] || { cmp out/img good; rm out/*; }
		nothing_left
	done
}

# bats test_tags=slow
@test "killed, interrupted or ended at 200 random moments: FILE is old or complete" {
	[ -z "${SANITIZER:-}" ] || skip "not for $SANITIZER builds, which are slow to start"
	spec_tar large.tar <<-'END'
		file a size=2000000
		file b size=2000000 seed=noise2
	END
	"$TAR2BTRFS" -o large large.tar
	for signal in KILL INT TERM; do
		python3 "$TOP/tests/tools/moments.py" $signal "$([ $signal = KILL ] && echo 80 || echo 60)" "$TAR2BTRFS" large.tar \
			"$PWD/out/img" large "$PWD/spool" >moments
		sed 's/^/# /' moments >&3
	done
	rm -rf out/img out/.tar2btrfs-*
}
