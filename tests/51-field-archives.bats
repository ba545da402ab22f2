#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Archives as programs of the field write them, and that need an option or are no single archive. The oracle is the
# image of an archive that describes the same tree plainly; tests/input/mkarchive.py has more kinds.

# that an archive comes through a pipe is the point
# shellcheck disable=SC2002
load helpers

setup()
{
	cd "$BATS_TEST_TMPDIR"
}

# archive EXPRESSION >FILE - bytes that the functions of mkarchive.py make
archive()
{
	PYTHONPATH=$TOP/tests/input PYTHONDONTWRITEBYTECODE=1 python3 -c "import sys; from mkarchive import *
sys.stdout.buffer.write($1)"
}

# same REFERENCE ARCHIVE [OPTIONS] - the image of both is the same, from the file and through a pipe, without a word
same()
{
	local wanted input=$2
	wanted=$("$TAR2BTRFS" "$1" | sha256sum)
	shift 2
	assert_equal "$("$TAR2BTRFS" "$@" "$input" 2>err | sha256sum)" "$wanted"
	assert_equal "$(cat "$input" | "$TAR2BTRFS" "$@" 2>>err | sha256sum)" "$wanted"
	assert_equal "$(<err)" ''
}

# says STATUS TEXT ARG... - the last line on stderr has the text, from a file and through a pipe
says()
{
	local wanted=$1 text=$2 input=${!#}
	shift 2
	run "-$wanted" --separate-stderr "$TAR2BTRFS" -o img "$@"
	one_line
	[[ $stderr == *"$text"* ]]
	run "-$wanted" --separate-stderr "$TAR2BTRFS" -o img "${@:1:$#-1}" - < <(cat "$input")
	one_line
	[[ $stderr == *"$text"* ]]
}

@test "a tar without its end marker, and without the last padding" {
	archive 'file(b"f", b"hello") + file(b"g", b"world!") + END' >whole
	for bytes in 2048 2047 1543 1542; do
		head -c $bytes whole >cut.tar
		says 1 'the archive is cut: it ends ' cut.tar
		[[ $stderr == *' (see --allow-missing-end)' ]]
		same whole cut.tar --allow-missing-end
		gzip -c cut.tar >cut.gz
		same whole cut.gz --allow-missing-end
	done
	same whole whole --allow-missing-end
}

@test "--allow-missing-end: what is cut elsewhere stays refused" {
	local specials='pax((b"path", b"long")) + long_name(b"long") + long_name(b"t", b"K")'
	archive "WHOLE + $specials + header(b'g', 5, b'0', magic=GNU) + b'world'" >whole
	local size
	size=$(stat -c %s whole)
	# ends of members: behind the data of the first, or its padding; and the whole
	for ((bytes = 1; bytes < size; bytes += 167)); do
		[ $bytes -lt 517 ] || [ $bytes -gt 1024 ] || continue
		head -c $bytes whole >cut.tar
		run -1 --separate-stderr "$TAR2BTRFS" --allow-missing-end - < <(cat cut.tar)
		[ -z "$output" ]
		one_line
		[ $bytes -lt 512 ] || [[ $stderr == *'the archive is cut: it ends '* ]]
	done
	for bytes in 1024 1536 2048 2560 3072 3584 4096 4608; do
		head -c $bytes whole >cut.tar
		[ $bytes = 1024 ] || says 1 'the archive is cut: it ends ' --allow-missing-end cut.tar
	done
	for end in '' 'END'; do
		archive "WHOLE + long_name(b'long') + bytes(0) ${end:+ + $end}" >cut.tar
		says 1 'it ends between a special header and its member' --allow-missing-end cut.tar
	done
	archive 'WHOLE + pax((b"path", b"x"))' >cut.tar
	says 1 'it ends between a special header and its member' --allow-missing-end cut.tar
	: >empty
	refused 1 --allow-missing-end empty
	gzip -c empty >empty.gz
	refused 1 --allow-missing-end empty.gz
	archive 'gzip.compress(WHOLE)[:-5]' >cut.gz
	says 1 'the gzip data are cut' --allow-missing-end cut.gz
}

@test "a cpio without its trailer" {
	archive 'newc(b"f", b"hello") + newc(b"g", b"world!") + trailer()' >whole
	archive 'newc(b"f", b"hello") + newc(b"g", b"world!")' >cut.tar
	says 1 'it ends without a trailer (see --allow-missing-end)' cut.tar
	same whole cut.tar --allow-missing-end
	head -c -2 cut.tar >padding
	says 1 'g: the archive is cut: it ends inside the padding of this member (see --allow-missing-end)' padding
	same whole padding --allow-missing-end
	head -c -3 cut.tar >data
	says 1 'g: the archive is cut: it ends inside the data of this member' --allow-missing-end data
}

@test "tars joined with cat" {
	spec_tar a.tar <<-'SPEC'
		file first text=one
		file both text=one
	SPEC
	spec_tar b.tar <<-'SPEC'
		file both text=two
		link hard first
	SPEC
	: | spec_tar empty.tar
	cat a.tar b.tar >ab
	says 0 ' bytes behind the archive'"'"'s end marker are ignored (see --ignore-zeros)' ab
	cmp img <("$TAR2BTRFS" a.tar)
	run --separate-stderr "$TAR2BTRFS" -q -o img ab
	[ -z "$stderr" ]
	mkdir tree
	tar -C tree --ignore-zeros -xf ab
	assert_equal "$(<tree/both) $(<tree/hard)" 'two one'
	# one archive of the same members
	{ head -c -1024 a.tar; cat b.tar; } >reference
	same reference ab --ignore-zeros
	same a.tar a.tar --ignore-zeros
	for joined in 'empty.tar ab' 'a.tar empty.tar b.tar' 'ab empty.tar'; do
		# shellcheck disable=SC2086 # names of files
		cat $joined >more.tar
		same reference more.tar --ignore-zeros
	done
	gzip -c a.tar | cat - <(gzip -c b.tar) >ab.gz
	same reference ab.gz --ignore-zeros
	{ cat ab; head -c 100 /dev/zero; } >more.tar
	same reference more.tar --ignore-zeros
	{ cat ab; head -c 100 /dev/zero; echo x; } >more.tar
	says 1 'it ends inside a header' --ignore-zeros more.tar
	{ cat ab; head -c 512 /dev/zero; seq 1000; } >more.tar
	says 1 'damaged tar header at byte' --ignore-zeros more.tar
	head -c -1024 ab >more.tar
	says 1 'it ends without an end marker (see --allow-missing-end)' --ignore-zeros more.tar
	same reference more.tar --ignore-zeros --allow-missing-end
}
