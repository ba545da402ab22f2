#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Container images as programs of the field write them. The oracle is the image of the same layers as plain archives.

# that an image comes through a pipe is the point
# shellcheck disable=SC2002
load helpers

setup_file()
{
	cd "$BATS_FILE_TMPDIR"
	spec_tar l1.tar <<-'SPEC'
		dir etc mode=0750 uid=1 mtime=200
		file etc/gone text=gone
		file etc/keep text=keep
		file big size=200000 seed=noise
	SPEC
	spec_tar l2.tar <<-'SPEC'
		file etc/.wh.gone
		link hard etc/keep
	SPEC
	"$TAR2BTRFS" --whiteouts l1.tar l2.tar | sha256sum >wanted
	"$TAR2BTRFS" l1.tar | sha256sum >lower
}

setup()
{
	cd "$BATS_TEST_TMPDIR"
	f=$BATS_FILE_TMPDIR
	app=$f/l1.tar,$f/l2.tar
}

image()
{
	python3 "$GEN/oci.py" "$@"
}

# same INPUT [OPTIONS] - the image of both layers, from the file or directory and through a pipe
same()
{
	image_is "$(<"$f/wanted")" "$@"
}

image_is()
{
	local wanted=$1 input=$2
	shift 2
	assert_equal "$("$TAR2BTRFS" --oci "$@" "$input" | sha256sum)" "$wanted"
	if [ -d "$input" ]; then
		assert_equal "$(tar -C "$input" -c . | "$TAR2BTRFS" --oci "$@" | sha256sum)" "$wanted"
	else
		assert_equal "$(cat "$input" | "$TAR2BTRFS" --oci "$@" | sha256sum)" "$wanted"
	fi
}

@test "index.json and manifest.json: one image that both name" {
	image one --kind both "app:1@linux/amd64=$app"
	same one
	same one --image app
	image nameless --kind both "@=$app"
	same nameless
}

@test "index.json names no image, manifest.json does" {
	image null --kind both --odd null-index "app:1@=$app"
	same null
	same null --image app:1 --platform linux/amd64
	image null --odd null-index "app:1@=$app"
	refused 1 --oci null
	[[ $stderr == *'there is no image in it'* ]]
}

@test "index.json names one image, manifest.json two: all are candidates" {
	image two --kind both --odd index-first "@=$app" "@=$f/l1.tar"
	refused 1 --oci two
	[[ $stderr == *'two: several images, allowed: one of sha256:'*' (linux/amd64), sha256:'*' (linux/amd64) (see --image and --platform)' ]]
	# each of the names that are listed is taken
	mapfile -t names < <(grep -o 'sha256:[0-9a-f]*' <<<"$stderr")
	assert_equal "${#names[@]}" 2
	same two --image "${names[0]}"
	image_is "$(<"$f/lower")" two --image "${names[1]}"
	image two --kind both --odd index-first "app:1@=$app" "app:2@=$f/l1.tar"
	refused 1 --oci --image app two
	[[ $stderr == *'allowed: one of app:1 (linux/amd64, sha256:'*'), app:2 (linux/amd64, sha256:'*') (see'* ]]
	same two --image app:1
	image_is "$(<"$f/lower")" two --image app:2
}

@test "a manifest that lost its layers: manifest.json has them" {
	image lost --kind both --odd null-layers "app:1@linux/amd64=$app"
	same lost
	image lost --odd null-layers "app:1@linux/amd64=$app"
	refused 1 --oci lost
	[[ $stderr == *'lost: 0 layers, its configuration has diff_ids of 2' ]]
}

@test "no oci-layout" {
	for kind in oci dir; do
		image $kind --kind $kind --odd no-oci-layout "app@=$app"
		same $kind
	done
}

@test "artifacts that are no image do not stop a choice, and are not listed" {
	for artifact in chart signature attestation sbom other; do
		for nested in '' --nested; do
			# shellcheck disable=SC2086 # empty or a word
			image img --artifact $artifact $nested "app:1@linux/amd64=$app"
			for choice in '' '--image app:1' '--platform linux/amd64' '--platform linux/amd64 --image app'; do
				# shellcheck disable=SC2086 # words
				same img $choice
			done
			refused 1 --oci --image other img
			[[ $stderr == *'not there, allowed: one of app:1 (linux/amd64, sha256:'*') (see --image and --platform)' ]]
			assert_equal "$(grep -o sha256: <<<"$stderr" | wc -l)" 1
		done
		image img --artifact $artifact "@=$app"
		same img
		image img --artifact $artifact --artifact chart --artifact other "@=$app" "@=$f/l1.tar"
		refused 1 --oci img
		assert_equal "$(grep -o sha256: <<<"$stderr" | wc -l)" 2
		[[ $stderr != *'(/)'* ]]
	done
	image two --artifact chart --artifact signature --break absent "app@=$app"
	refused 1 --oci two
	[[ $stderr == *'there is no image in it, 1 absent images and 2 artifacts' ]]
}

@test "skopeo's dir:, as a directory and as an archive of it" {
	for pack in none gzip zstd; do
		image flat.$pack --kind flat --pack $pack "app@=$app"
		same flat.$pack
	done
	refused 1 --oci --platform linux/arm64 flat.gzip
	[[ $stderr == *'allowed: one of sha256:'*' (linux/amd64) (see'* ]]
	rm flat.none/????????????????????????????????????????????????????????????????
	refused 1 --oci flat.none
	[[ $stderr == *'it is not there' ]]
}

@test "skopeo's dir:, written by skopeo" {
	require_tool skopeo
	# of a layout: skopeo unpacks an archive with owners, which needs root
	mkdir layout layout2
	image img "app:1@linux/amd64=$app"
	tar -C layout -xf img
	skopeo copy -q oci:layout dir:flat
	same flat
	image two --nested --pack gzip "app:1@linux/amd64=$app" "app:1@linux/arm64=$f/l1.tar"
	tar -C layout2 -xf two
	skopeo copy -q --all oci:layout2 dir:all
	same all --platform linux/amd64
	image_is "$(<"$f/lower")" all --platform linux/arm64
}

@test "podman's docker-dir" {
	require_root
	require_tool podman
	image img "app:1@linux/amd64=$app"
	pod=(podman --root "$PWD/root" --runroot "$PWD/run" --storage-driver vfs)
	"${pod[@]}" pull -q oci-archive:img >id
	"${pod[@]}" save -q --format docker-dir -o flat "$(<id)"
	same flat
	"${pod[@]}" save -q --format oci-dir -o layout "$(<id)"
	same layout
	"${pod[@]}" rmi -a -f >/dev/null
}

@test "a docker-archive in a directory" {
	image img --kind docker "app@=$f/l1.tar,$f/l2.tar,$f/l1.tar"
	mkdir dir
	tar -xf img -C dir
	image_is "$("$TAR2BTRFS" --whiteouts "$f/l1.tar" "$f/l2.tar" "$f/l1.tar" | sha256sum)" dir
}

@test "without --oci: an image of the files, and a note that -q silences" {
	image oci "app@=$app"
	image docker --kind docker "app@=$app"
	image both --kind both "app@=$app"
	image flat.d --kind flat "app@=$app"
	tar -C flat.d -cf flat .
	for input in oci docker both flat; do
		run --separate-stderr -0 "$TAR2BTRFS" -o img $input
		one_line
		[[ $stderr == *'warning: '*'container image'*--oci ]]
		run --separate-stderr -0 "$TAR2BTRFS" -q -o img2 $input
		[ -z "$stderr" ]
		cmp img img2
	done
	spec_tar tree <<-'SPEC'
		file manifest.json text=x
		file index.json text=x
		file sha256 text=x
		dir a/blobs
	SPEC
	run --separate-stderr -0 "$TAR2BTRFS" -o img tree
	[ -z "$stderr" ]
}

# rest LAYER - drop the end marker and the padding of the last file, whose text ends in no NUL
rest()
{
	python3 -c 'import sys; sys.stdout.buffer.write(open(sys.argv[1], "rb").read().rstrip(b"\0"))' "$1"
}

@test "layers without end marker or last padding: their digests prove that nothing is missing" {
	local bytes kind pack
	spec_tar upper <<-'SPEC'
		file etc/.wh.gone
		file etc/last text=last
	SPEC
	rest upper >bare
	bytes=$(stat -c %s bare)
	head -c $(((bytes + 511) / 512 * 512)) upper >padded
	head -c $((bytes + 7)) upper >half
	wanted=$("$TAR2BTRFS" --whiteouts "$f/l1.tar" upper "$f/l2.tar" | sha256sum)
	for layer in bare padded half; do
		for kind in oci dir docker flat; do
			for pack in none gzip; do
				rm -rf img
				image img --kind $kind --pack $pack "app@=$f/l1.tar,$layer,$f/l2.tar"
				image_is "$wanted" img
			done
		done
		# not in plain archives, where nothing proves it
		refused 1 --whiteouts "$f/l1.tar" $layer
		[[ $stderr == *'the archive is cut'* ]]
	done
	head -c $((bytes - 1)) upper >cut-data
	head -c $((bytes - 512)) upper >cut-header
	for layer in cut-data cut-header; do
		for kind in oci docker; do
			rm -rf img
			image img --kind $kind --pack gzip "app@=$f/l1.tar,$layer"
			refused 1 --oci img
			[[ $stderr == *'the archive is cut: it ends inside '* ]]
		done
	done
	# and the digests count
	image img --break layer-digest "app@=bare"
	refused 1 --oci img
	[[ $stderr == *'its digest is sha256:'* ]]
}

@test "a hard link as the last member of a layer without end marker" {
	python3 - <<-'PYTHON'
		import io, tarfile
		for name, size in ('plain', 0), ('sized', 4):
		    with tarfile.open(name, 'w', format=tarfile.USTAR_FORMAT) as t:
		        a = tarfile.TarInfo('a')
		        a.size = 4
		        t.addfile(a, io.BytesIO(b'text'))
		        b = tarfile.TarInfo('b')
		        b.type, b.linkname, b.size = tarfile.LNKTYPE, 'a', size
		        t.addfile(b)
		        end = t.offset
		    open(name + '.bare', 'wb').write(open(name, 'rb').read()[:end])
	PYTHON
	for name in plain sized; do
		image img "app@=$name.bare"
		image_is "$("$TAR2BTRFS" plain | sha256sum)" img
	done
}

@test "layers of 0 bytes" {
	: >empty
	for kind in oci dir docker flat; do
		for pack in none gzip zstd; do
			rm -rf img
			image img --kind $kind --pack $pack "app@=empty,$f/l1.tar,empty,$f/l2.tar,empty"
			same img
		done
	done
	"$TAR2BTRFS" --oci --layers=subvolumes -o out img
	btrfs check --force --readonly out >log 2>&1
	refused 1 empty
	refused 1 --whiteouts "$f/l1.tar" empty
	gzip -c empty >empty.gz
	refused 1 empty.gz
}
