#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Memory stays within 64 MiB + 400 bytes an entry + 100 bytes an extent + 2 MiB a thread; time grows linearly.
# bats file_tags=slow

load helpers

setup()
{
	require_plain_build
	[ -x /usr/bin/time ] || skip_or_fail "no /usr/bin/time"
	cd "$BATS_TEST_TMPDIR"
}

# measured OPTIONS <ARCHIVE - writes ./img; sets $kib (peak memory), $user and $cpu (seconds, the latter with the system's)
measured()
{
	/usr/bin/time -o figures -f '%M %U %S' "$TAR2BTRFS" --threads 2 "$@" >img
	read -r kib user system <figures
	cpu=$(awk "BEGIN { print $user + $system }")
}

# within ENTRIES EXTENTS
within()
{
	local bound=$((64 * 1024 + $1 * 400 / 1024 + $2 * 100 / 1024 + 2 * 2048))
	echo "# $BATS_TEST_DESCRIPTION: $((kib / 1024)) MiB of $((bound / 1024)), $cpu s of CPU" >&3
	[ "$kib" -le "$bound" ]
}

# linear FACTOR SMALL LARGE [FIGURE] - both call measured: LARGE takes at most FACTOR times the CPU time of SMALL (or FIGURE: user)
# What else runs on the machine can only add to a figure, so what holds in one of three tries holds. Figures below 0.2 s count as 0.2.
linear()
{
	local factor=$1 before
	local -n figure=${4:-cpu}
	for _ in 1 2 3; do
		"$2"
		before=$figure
		"$3"
		echo "# $before s -> $figure s" >&3
		awk "BEGIN { a = $before < 0.2 ? 0.2 : $before; exit !($figure <= a * $factor) }" && return
	done
	return 1
}

@test "10,000, 100,000 and 1,000,000 small files" {
	measured < <(python3 "$GEN/stream.py" files 10000)
	within 10010 0
	hundred_thousand()
	{
		measured < <(python3 "$GEN/stream.py" files 100000)
		within 100100 0
	}
	million()
	{
		measured < <(python3 "$GEN/stream.py" files 1000000)
		within 1001000 0
	}
	linear 14 hundred_thousand million
	btrfs check --force --readonly img >log 2>&1 || { cat log; false; }
	run ! grep -iE 'warning|mismatch' log
	if [ "$(id -u)" = 0 ] && [ -e /dev/loop-control ]; then
		with_mount img count_files 1000000
	fi
}

count_files()
{
	assert_equal "$(find "$mnt" -type f | wc -l)" "$1"
}

@test "1,000,000 files with an extent each" {
	measured --compress none --max-inline 0 < <(python3 "$GEN/stream.py" files 1000000 100)
	within 1001000 1000000
}

@test "300,000 entries with names of 200 bytes in one directory" {
	small()
	{
		measured < <(python3 "$GEN/stream.py" names 30000)
	}
	large()
	{
		measured < <(python3 "$GEN/stream.py" names 300000)
		within 300001 0
	}
	linear 15 small large
	btrfs check --force --readonly img >log 2>&1 || { cat log; false; }
	if [ "$(id -u)" = 0 ] && [ -e /dev/loop-control ]; then
		with_mount img count_files 300000
	fi
}

@test "60,000 links" {
	small()
	{
		measured < <(python3 "$GEN/stream.py" links 6000 10)
	}
	large()
	{
		measured < <(python3 "$GEN/stream.py" links 60000 10)
		within 60000 0
	}
	linear 15 small large
}

@test "8 GiB of data, compressed" {
	ln -s /dev/null img
	measured --compress zstd:1 < <(python3 "$GEN/stream.py" text 8g 9)
	within 9 $((8 << 13))
}

@test "a file of 4 GiB plain; four times the data takes four times the time" {
	# of its own time: the system's follows from how full the page cache is
	small()
	{
		measured --compress none < <(python3 "$GEN/stream.py" data 1g)
	}
	large()
	{
		measured --compress none < <(python3 "$GEN/stream.py" data 4g)
		within 1 $((4 << 10))
	}
	linear 6 small large user
	btrfs inspect-internal dump-super -s 1 img | grep -q match
}

@test "what does not shrink costs a slow level little more than a fast one" {
	python3 "$GEN/stream.py" data 64m 3 >tar
	plain=$(stat -c %s tar)
	fast()
	{
		measured --compress zstd:3 tar
	}
	slow()
	{
		measured --compress "$codec" tar
	}
	for codec in zstd:15 zstd:19 zlib:9 lzo:9; do
		linear 3 fast slow
		[ "$(stat -c %s img)" -lt $((plain + (2 << 20))) ]
	done
}

@test "deep paths are not quadratic" {
	deep()
	{
		python3 -c '
import sys
n = int(sys.argv[1])
for i in range(n): print("file %s/f text=x" % "/".join("d%d" % (i % (j + 2)) for j in range(30)))' "$1" | python3 "$GEN/archive.py" tar
	}
	deep 2000 >a
	deep 20000 >b
	small()
	{
		measured a
	}
	large()
	{
		measured b
	}
	linear 15 small large
}

@test "20,000 holes in one file" {
	holes()
	{
		python3 - "$1" <<-'END'
			import sys
			n = int(sys.argv[1])
			print('file f size=%d %s' % (n * 8192, ' '.join('hole=%d+4096' % (i * 8192) for i in range(n))))
		END
	}
	holes 2000 | python3 "$GEN/archive.py" tar >a
	holes 20000 | python3 "$GEN/archive.py" tar >b
	small()
	{
		measured --compress none a
	}
	large()
	{
		measured --compress none b
		within 1 20000
	}
	linear 15 small large
}

@test "3,000 links that wait for targets behind nested symlinks" {
	python3 - >waiting <<-'END'
		far = '/'.join(['d' * 255] * 15 + ['e' * 200])
		path = ''
		for _ in range(39):
		    print('dir', path + far)
		    print('symlink', path + 's', far)
		    path += 's/'
		for i in range(3000):
		    print('link L/%d %s%d' % (i, path, i))
		for i in range(3000):
		    print('file %s%d text=x' % (path, i))
	END
	measured < <(python3 "$GEN/archive.py" tar <waiting)
	within 7300 0
	btrfs check --force --readonly img >log 2>&1 || { cat log; false; }
}

# layer KIND FIRST NR - files a/N, whiteouts of them, or both in one archive
layer()
{
	python3 - "$@" <<-'PYTHON'
		import os, sys
		sys.path.insert(0, os.environ['GEN'])
		import stream
		kind, first, n = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
		w = stream.Writer()
		for i in range(first, first + n):
		    if kind in ('files', 'both'): w.file(b'd%d/f%d' % (i // 1000, i), b'text %d' % i)
		    if kind == 'whiteouts': w.file(b'd%d/.wh.f%d' % (i // 1000, i), b'')
		    if kind == 'both': w.file(b'd%d/.wh.f%d' % ((i - first) // 1000, i - first), b'')
		w.end()
	PYTHON
}

@test "200,000 entries in five layers, merged and as subvolumes" {
	local n
	layer files 0 120000 >1.tar
	for n in 2 3 4 5; do
		layer both $((n * 100000)) 20000 >$n.tar
	done
	measured --whiteouts 1.tar 2.tar 3.tar 4.tar 5.tar
	within 280000 0
	measured --layers=subvolumes 1.tar 2.tar 3.tar 4.tar 5.tar
	# the trees of the layers, and the one that they change
	within $((280000 + 120000 + 120000 + 140000 + 160000 + 180000)) 0
	btrfs check --force --readonly img >log 2>&1 || { cat log; false; }
}

@test "a million whiteouts" {
	layer files 0 100000 >lower.tar
	layer whiteouts 0 100000 >some.tar
	layer whiteouts 0 1000000 >many.tar
	small()
	{
		measured --whiteouts lower.tar some.tar
		within 200000 0
	}
	large()
	{
		measured --whiteouts lower.tar many.tar
		within 1100000 0
	}
	linear 14 small large
	btrfs check --force --readonly img >log 2>&1 || { cat log; false; }
}

@test "an update of a seed with 40 snapshots takes the memory of one without" {
	local layers=() one
	seq -f 'file f%g size=5000' 20000 | spec_tar base.tar
	: >layer
	tar -cf layer.tar layer
	while [ ${#layers[@]} -lt 40 ]; do layers+=(layer.tar); done
	"$TAR2BTRFS" --compress none --max-inline 0 -o one base.tar
	"$TAR2BTRFS" --compress none --max-inline 0 --layers=subvolumes -o forty base.tar "${layers[@]}"
	measured --compress none --max-inline 0 --onto one base.tar
	one=$kib
	measured --compress none --max-inline 0 --onto forty base.tar
	echo "# one tree: $one KiB, 41: $kib KiB" >&3
	[ "$kib" -le $((one * 3 / 2)) ]
}

@test "btrfs2tar: 100,000 files with two long names each" {
	python3 -c '
import io, sys, tarfile
t = tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.PAX_FORMAT)
for i in range(100000):
    f = tarfile.TarInfo("d%03d/%s%d" % (i // 1000, "n" * 90, i))
    f.size = 3
    t.addfile(f, io.BytesIO(b"abc"))
    link = tarfile.TarInfo(f.name + ".link")
    link.type, link.linkname = tarfile.LNKTYPE, f.name
    t.addfile(link)
t.close()' | "$TAR2BTRFS" -o img
	for options in -t -v --manifest=list; do
		/usr/bin/time -o figures -f '%M' "$BTRFS2TAR" --threads 2 "$options" img >/dev/null
		[ "$(cat figures)" -le $((64 * 1024 + 200000 * 250 / 1024)) ]
	done
}

@test "btrfs2tar: a list of a million names" {
	python3 "$GEN/stream.py" files 1000000 | "$TAR2BTRFS" -o img
	/usr/bin/time -o figures -f '%M %U %S' "$BTRFS2TAR" -t img >list
	[ "$(wc -l <list)" -gt 1000000 ]
	awk '{ print "# " $1 " KiB, " $2 + $3 " s"; exit !($2 + $3 <= 4 && $1 <= 64 * 1024) }' figures >&3
}
