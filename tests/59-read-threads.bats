#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# btrfs2tar with several threads: neither bytes nor messages depend on how many there are.

load helpers

setup()
{
	cd "$BATS_TEST_TMPDIR"
}

# all numbers of threads write the same to stdout and stderr, with the same status
same_for_all()
{
	local threads status
	for threads in 1 2 3 9; do
		status=0
		"$BTRFS2TAR" --threads "$threads" "$@" >"out$threads" 2>"err$threads" || status=$?
		echo "$status" >>"err$threads"
		cmp "out$threads" out1
		diff "err$threads" err1
	done
}

@test 'the archive and a file are the same for all numbers of threads' {
	local options
	spec_tar in.tar <<-END
		file large size=3000000
		file again size=3000000
		file noise size=700001 seed=noise
		file sparse size=9000000 hole=4096+3002368
		file hole size=8000000 hole=0+8000000
		file empty size=0
		file inline text=hello
		file packed size=3000
		link hard large
		symlink link large
	END
	for i in $(seq 400); do echo "file many/$i size=$((i * 150)) seed=$((i % 90))"; done | spec_tar many.tar
	mkdir tree
	tar -C tree -xf in.tar
	tar -C tree -xf many.tar
	for options in '' '--compress none' '--compress lzo --csum blake2' '--compress zlib' '--pack-tails --max-inline 0' \
		'--compress none --pack-tails=64k --dedupe off' '-n 4k --inode-flags nodatasum:many'; do
		# shellcheck disable=SC2086 # several options
		"$TAR2BTRFS" $options -o img in.tar many.tar
		same_for_all img
		"$TAR2BTRFS" --manifest=want --compress none -o /dev/null in.tar many.tar
		"$TAR2BTRFS" --manifest=found --compress none -o /dev/null out1
		diff want found
		for file in large sparse hole empty inline packed many/333; do
			same_for_all --cat "$file" img
			cmp "tree/$file" out1
		done
	done
}

# the tree's block that has the inode item of a number
block_of_inode()
{
	btrfs inspect-internal dump-tree -t 5 img | awk -v key="key ($1 INODE_ITEM 0) itemoff" \
		'$1 == "leaf" && /items/ { block = $2 } index($0, key) { print block; exit }'
}

# the address of a file's data, by the file's content
address_of()
{
	grep -abo "$1" img | sed -n "${2:-1}s/:.*//p"
}

damage()
{
	printf 'damage' | dd of=img bs=1 seek="$1" conv=notrunc status=none
}

numbered_files()
{
	for i in $(seq 101 160); do
		{ echo "this is file $i"; seq "$i" 20000; } >"tree/f$i"
	done
}

@test 'what was damaged first is told, whoever comes to it first' {
	require_tool btrfs
	mkdir tree
	numbered_files
	tar -C tree --sort=name -cf in.tar .
	"$TAR2BTRFS" -n 4k --compress none -o good in.tar
	# data before a block, and behind it
	cp good img
	damage "$(address_of 'this is file 105')"
	damage "$(block_of_inode 310)"
	same_for_all img
	[ "$(wc -l <err1)" = 2 ]
	[[ $(head -n 1 err1) == 'btrfs2tar: f105: data at '*': the checksum is wrong' ]]
	cp good img
	damage "$(block_of_inode 280)"
	damage "$(address_of 'this is file 155')"
	same_for_all img
	[ "$(wc -l <err1)" = 2 ]
	[[ $(head -n 1 err1) == 'btrfs2tar: f'*': tree 5, block at '* ]]
	# all that came before is there
	tar -xOf out1 ./f103 2>/dev/null | cmp - tree/f103
}

@test 'the second copy of data is used, with a warning each, in order' {
	require_tool mkfs.btrfs
	mkdir tree
	numbered_files
	truncate -s 300m img
	mkfs.btrfs -q -m dup -d dup --rootdir tree img
	same_for_all img
	mv out1 want
	for i in 103 117 118 150; do damage "$(address_of "this is file $i")"; done
	same_for_all img
	cmp want out1
	sed -n 's/^btrfs2tar: warning: \(f[0-9]*\): data at [0-9]*: the first copy is bad; copy 2 is used$/\1/p' err1 >found
	tar -tf want | grep -oE 'f(103|117|118|150)$' | diff - found
	[ "$(wc -l <err1)" = 5 ]
	# the other copy, too
	damage "$(address_of 'this is file 118')"
	same_for_all img
	before=$(grep -n f118 found | cut -d : -f 1)
	[ "$(wc -l <err1)" = "$((before + 1))" ]
	[[ $(sed -n "$before"p err1) == 'btrfs2tar: f118: data at '*': the checksum is wrong in all copies' ]]
}

@test 'the number of threads is limited, and a closed pipe is said' {
	"$TAR2BTRFS" -o img <(python3 "$GEN/stream.py" data 40m 1)
	run -2 --separate-stderr "$BTRFS2TAR" --threads 0 img
	run -2 --separate-stderr "$BTRFS2TAR" --threads 1025 img
	# shellcheck disable=SC2016 # for the inner shell
	run -1 --separate-stderr bash -c '"$BTRFS2TAR" --threads 3 img >/dev/full'
	[ "$stderr" = 'btrfs2tar: cannot write standard output: No space left on device' ]
	"$BTRFS2TAR" --threads 1024 img | cmp - <("$BTRFS2TAR" --threads 1 img)
	# its memory does not grow with the file
	require_plain_build
	command time -f %M -o kib "$BTRFS2TAR" --threads 4 img >/dev/null
	[ "$(cat kib)" -lt $((40 << 10)) ]
}
