#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The archive as its own spool: data that go in as they are stay in a plain file that is the archive.
# bats file_tags=kernel

# that the archive comes through a pipe is the point; options are words
# shellcheck disable=SC2002,SC2086
load helpers

setup()
{
	require_tool btrfs
	cd "$BATS_TEST_TMPDIR"
	img=$BATS_TEST_TMPDIR/img
	archive=$BATS_TEST_TMPDIR/archive.tar
}

# pieces that begin in the archive and go on elsewhere, and all kinds of ends
odd_files()
{
	local n
	for n in 1 4096 4097 131072 131073 262144 1048576 1048577 3000001; do
		echo "file text-$n size=$n"
		echo "file noise-$n size=$n seed=noise$n"
	done
	echo "file gap-in-second-piece size=400000 hole=131080+90 hole=270000+3000"
	echo "file gap-in-first-piece size=400000 hole=10+90"
	echo "file gap-at-end size=400001 hole=399990+11"
	echo "file gaps size=900000 hole=5000+50000 hole=131072+4096 hole=262140+8 hole=500000+131072"
}

@test "file and pipe give the same image, and a right one" {
	require_mount
	odd_files >"$BATS_TEST_TMPDIR/spec"
	spec_tar "$archive" <"$BATS_TEST_TMPDIR/spec"
	for options in '--compress none' '--compress none --max-inline 0' '--compress lzo' '--compress none -m dup' --detect-holes '--threads 1'; do
		"$TAR2BTRFS" $options -L "$(unique_label)" -o "$img" "$archive"
		assert_equal "$(cat "$archive" | image_hash $options -L "$(unique_label)")" "$(sha256sum <"$img" | cut -c1-64)"
		assert_equal "$(image_hash $options -L "$(unique_label)" <"$archive")" "$(sha256sum <"$img" | cut -c1-64)"
		assert_manifest "$img" <"$BATS_TEST_TMPDIR/spec"
	done
}

# where the data lie, and so who reads them, does not show in any report either
@test "reports of file and pipe are the same" {
	odd_files >"$BATS_TEST_TMPDIR/spec"
	spec_tar "$archive" <"$BATS_TEST_TMPDIR/spec"
	"$TAR2BTRFS" --manifest from-file --digest=digest --stats=json:figures -o "$img" "$archive"
	"$TAR2BTRFS" --manifest from-pipe --digest=digest-pipe --stats=json:figures-pipe -o "$img" - < <(cat "$archive")
	cmp from-file from-pipe
	cmp digest digest-pipe
	input='import json, sys; print(json.load(open(sys.argv[1]))["input"])'
	assert_equal "$(python3 -c "$input" figures)" "$(python3 -c "$input" figures-pipe)"
	[[ $(python3 -c "$input" figures) == *"'bytes': $(stat -c %s "$archive")"* ]]
	assert_equal "$("$TAR2BTRFS" --exclude 'noise-*' "$archive" | sha256sum)" \
		"$("$TAR2BTRFS" --exclude 'noise-*' - < <(cat "$archive") | sha256sum)"
}

@test "cpio and pax archives of the same files give one image, from a file and through a pipe" {
	require_root
	require_tool bsdtar
	odd_files | grep -v hole | python3 "$GEN/archive.py" make tree
	for format in pax newc odc; do
		bsdtar -C tree --format "$format" --uid 0 --gid 0 -cf "$archive" .
		image_hash --mtime @0 "$archive"
		image_hash --mtime @0 - < <(cat "$archive")
	done >hashes
	cat hashes
	assert_equal "$(sort -u hashes | wc -l)" 1
}

@test "an archive that is cut inside a file's data or padding: the file is named" {
	local where
	printf '%s\n' 'file first size=900001 seed=noise' 'file last size=700001 seed=noise' | spec_tar "$archive"
	local bytes
	for bytes in 1000 300000 900550 1000000 1500000 1601300; do
		head -c "$bytes" "$archive" >cut.tar
		for from in cut.tar -; do
			run -1 --separate-stderr "$TAR2BTRFS" "$from" < <(cat cut.tar)
			echo "$bytes from $from: $stderr"
			[ -z "$output" ]
			where='data of this member'
			# nothing but padding is missing
			[[ $bytes != 900550 && $bytes != 1601300 ]] || where='padding of this member (see --allow-missing-end)'
			[[ $stderr == *"$([ "$bytes" -lt 900608 ] && echo first || echo last): the archive is cut: it ends inside the $where" ]]
		done
	done
}

@test "standard input may stand behind the file's beginning" {
	odd_files | spec_tar "$archive"
	{ head -c 1234; cat "$archive"; } <<<"$(yes | head -n 2000)" >"$BATS_TEST_TMPDIR/behind"
	assert_equal "$({ dd bs=1234 count=1 of=/dev/null status=none; image_hash --compress none; } <"$BATS_TEST_TMPDIR/behind")" \
		"$(cat "$archive" | image_hash --compress none)"
}

@test "data that go in as they are take no room in the spool directory" {
	require_mount
	mkdir "$BATS_TEST_TMPDIR/small"
	mount -t tmpfs -o size=2m none "$BATS_TEST_TMPDIR/small"
	echo "file noise size=64000000 seed=noise" | spec_tar "$archive"
	for options in '--compress none' '--compress zstd:1' '--compress zstd:15'; do
		"$TAR2BTRFS" $options --spool-dir "$BATS_TEST_TMPDIR/small" -o "$img" "$archive"
		assert_check "$img"
		run -1 --separate-stderr "$TAR2BTRFS" $options --spool-dir "$BATS_TEST_TMPDIR/small" - < <(cat "$archive")
		[[ $stderr == *"cannot write the spool file"*"--spool-dir"* ]]
		[ -z "$output" ]
	done
	umount "$BATS_TEST_TMPDIR/small"
}

@test "files that come in order leave the spool while the image is written" {
	require_root
	local i
	for i in 1 2 3 4 5 6; do echo "file noise$i size=50000000 seed=$i"; done >spec
	spec_tar "$archive" <spec
	mkdir disk
	# less than spool and image together: 600 MB and trees
	mount -t tmpfs -o size=400m tmpfs disk
	cat "$archive" | "$TAR2BTRFS" --compress none --spool-dir disk -o disk/img
	cat "$archive" | "$TAR2BTRFS" --compress none --threads 1 | cmp - disk/img
	rm disk/img
	cat "$archive" | "$TAR2BTRFS" --compress none --spool-dir disk >disk/img
	assert_check disk/img
	umount disk
}

@test "an archive that changes while it is read is an error" {
	echo "file noise size=30000000 seed=noise" | spec_tar "$archive"
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	"$TAR2BTRFS" --compress none "$archive" >"$BATS_TEST_TMPDIR/fifo" 2>"$BATS_TEST_TMPDIR/stderr" &
	local pid=$! status=0
	{
		# the first bytes of the image say that the archive has been read, the pipe keeps the rest back
		head -c 4096 >/dev/null
		touch -d @1 "$archive"
		cat >/dev/null
	} <"$BATS_TEST_TMPDIR/fifo"
	wait "$pid" || status=$?
	assert_equal "$status" 1
	grep -q "archive.tar: it was changed while it was read" "$BATS_TEST_TMPDIR/stderr"
}
