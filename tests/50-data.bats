#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# File contents: all sizes around the limits, holes in all dialects, large and enormous files.
# bats file_tags=kernel

load helpers

setup()
{
	require_mount
	img=$BATS_TEST_TMPDIR/img
}

sizes='0 1 2047 2048 2049 3948 3949 3950 4094 4095 4096 4097 8191 8192 8193 65536
	131071 131072 131073 135168 262143 262144 262145 1048575 1048576 1048577 3000001'

same_image()
{
	cat >"$BATS_TEST_TMPDIR/spec"
	spec_image "$img" "$@" <"$BATS_TEST_TMPDIR/spec"
	assert_manifest "$img" <"$BATS_TEST_TMPDIR/spec"
}

@test "sizes around inline limit, sector, piece and extent" {
	for compress in none zstd; do
		for nodesize in 4k 16k; do
			for n in $sizes; do
				echo "file text-$n size=$n"
				echo "file noise-$n size=$n seed=noise$n"
				echo "file zeros-$n size=$n seed=zeros"
			done | same_image --compress $compress -n $nodesize
		done
	done
}

@test "inline limits: 0, 1, 2048, 4095, 4096" {
	for max in 0 1 2048 4095 4096; do
		for n in 0 1 2 2047 2048 2049 4094 4095 4096 4097; do
			echo "file text-$n size=$n"
			echo "file noise-$n size=$n seed=noise$n"
		done | same_image --max-inline $max
	done
}

@test "--max-inline decides where a file is" {
	spec_tar "$img.tar" <<<"file f size=1000 seed=noise"
	mkimage "$img" "$img.tar" --max-inline 1000
	btrfs inspect-internal dump-tree -t 5 "$img" | grep -q 'inline extent data size 1000'
	mkimage "$img" "$img.tar" --max-inline 999
	run btrfs inspect-internal dump-tree -t 5 "$img"
	[[ $output != *"inline extent"* ]]
}

@test "holes at head, middle, tail, and nothing but a hole" {
	for compress in none zstd lzo; do
		same_image --compress $compress <<-END
			file head size=300000 hole=0+131072
			file tail size=300000 hole=131072+168928
			file middle size=4194304 hole=1048576+2097152
			file all size=1048576 hole=0+1048576
			file small size=20480 hole=4096+12288
			file unaligned size=100000 hole=5000+50000
			file comb size=65536 hole=4096+4096 hole=12288+4096 hole=20480+4096
		END
	done
	with_mount "$img" holes_are
}

# SEEK_HOLE sees what the archive said; a range that is not whole sectors keeps its ends as data
holes_are()
{
	local found
	found=$(python3 - "$mnt" <<-'END'
		import os, sys
		def data(name):
		    fd = os.open(sys.argv[1] + '/' + name, os.O_RDONLY); size = os.fstat(fd).st_size; pos = 0; out = []
		    while pos < size:
		        try: d = os.lseek(fd, pos, os.SEEK_DATA)
		        except OSError: break
		        pos = os.lseek(fd, d, os.SEEK_HOLE)
		        out.append('%d-%d' % (d // 4096, -(-pos // 4096)))
		    return ','.join(out)
		for n in 'head', 'tail', 'middle', 'all', 'small', 'unaligned', 'comb': print(n, data(n))
	END
	)
	assert_equal "$found" "$(printf '%s\n' 'head 32-74' 'tail 0-32' 'middle 0-256,768-1024' 'all ' 'small 0-1,4-5' \
		'unaligned 0-2,13-25' 'comb 0-1,2-3,4-5,6-16')"
}

@test "GNU tar's sparse dialects give one image" {
	python3 "$GEN/archive.py" make "$BATS_TEST_TMPDIR/t" <<-END
		file head size=300000 hole=0+131072 mtime=1
		file middle size=4194304 hole=1048576+2097152 mtime=2
		file all size=1048576 hole=0+1048576 mtime=3
		file comb size=524288 hole=4096+4096 hole=12288+4096 hole=20480+4096 hole=40960+8192 hole=65536+4096 hole=131072+65536 mtime=4
		dir . mtime=5
	END
	cd "$BATS_TEST_TMPDIR/t"
	for form in '--format=gnu' '--format=pax --sparse-version=0.0' '--format=pax --sparse-version=0.1' \
		'--format=pax --sparse-version=1.0'; do
		# shellcheck disable=SC2086 # words
		tar -S $form -cf "$img.tar" .
		echo "$(image_hash <"$img.tar") $form"
	done >"$BATS_TEST_TMPDIR/hashes"
	cat "$BATS_TEST_TMPDIR/hashes"
	[ "$(cut -d' ' -f1 "$BATS_TEST_TMPDIR/hashes" | sort -u | wc -l)" = 1 ]
}

@test "zeros that no one calls a hole stay data" {
	extents()
	{
		btrfs inspect-internal dump-tree -t 5 "$img" | grep 'extent data disk byte'
	}
	spec_image "$img" --compress none --dedupe=off <<<"file zeros size=1048576 seed=zeros"
	assert_equal "$(extents | grep -c 'disk byte [1-9][0-9]* nr 1048576')" 1
	spec_image "$img" --compress none <<<"file zeros size=1048576 seed=zeros"
	assert_equal "$(extents | grep -c 'disk byte [1-9][0-9]* nr 131072')" 8
	assert_equal "$(extents | sort -u | wc -l)" 1
}

@test "a sparse file of 10 GiB, one of 2^63 - 1 bytes" {
	same_image <<-END
		file ten size=10737418240 hole=1048576+10736369664
		file end size=9223372036854771712 hole=0+9223372036854767616
		file all size=9223372036854775807 hole=0+9223372036854775807
	END
	[ "$(stat -c %s "$img")" -lt 8000000 ]
}

@test "a size of 2^63 is refused" {
	spec_tar "$img.tar" <<<"file f pax.GNU.sparse.major=1 pax.GNU.sparse.minor=0 pax.GNU.sparse.name=f pax.GNU.sparse.realsize=9223372036854775808 text=0%0a"
	run -1 "$TAR2BTRFS" -o "$img" "$img.tar"
}

@test "every sector has a sum: a changed byte is found" {
	spec_image "$img" --compress none <<<"file f size=500000 seed=noise"
	at=$(btrfs inspect-internal dump-tree -t 5 "$img" | sed -n 's/.*extent data disk byte \([0-9]*\) .*/\1/p')
	printf '\xa5\x5a' | dd of="$img" bs=1 seek=$((at + 4097)) conv=notrunc status=none
	run btrfs check --force --readonly --check-data-csum "$img"
	[[ $output == *csum* ]]
}

@test "one byte at a time gives the same extents" {
	spec_tar "$img.tar" <<<"file f size=300000 hole=150000+20000"
	a=$(image_hash <"$img.tar")
	b=$(python3 -c '
import os, sys
d = open(sys.argv[1], "rb").read()
for i in range(0, 40000): os.write(1, d[i:i + 1])
os.write(1, d[40000:])' "$img.tar" | image_hash)
	assert_equal "$a" "$b"
}
