#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Container images: every shape of one gives the same bytes; what is broken is refused by name.

# that an image comes through a pipe is the point
# shellcheck disable=SC2002
load helpers

setup_file()
{
	cd "$BATS_FILE_TMPDIR"
	spec_tar l1.tar <<-'SPEC'
		dir . mode=0711 mtime=100
		dir etc mode=0750 uid=1 mtime=200
		file etc/gone text=gone
		file etc/keep text=keep
		dir opaque mode=0701 uid=6
		file opaque/old text=old
		file big size=700000 seed=noise
		file text size=400000
	SPEC
	spec_tar l2.tar <<-'SPEC'
		file etc/.wh.gone
		file opaque/.wh..wh..opq
		file opaque/new text=new
		link hard etc/keep
	SPEC
	spec_tar l3.tar <<-'SPEC'
		file other text=other
		file .wh.nothing
	SPEC
	"$TAR2BTRFS" --whiteouts l1.tar l2.tar l3.tar | sha256sum >wanted
}

setup()
{
	cd "$BATS_TEST_TMPDIR"
	f=$BATS_FILE_TMPDIR
	layers=$f/l1.tar,$f/l2.tar,$f/l3.tar
}

image()
{
	python3 "$GEN/oci.py" "$@"
}

same()
{
	assert_equal "$("$TAR2BTRFS" "$@" | sha256sum)" "$(<"$f/wanted")"
}

@test "archives and directories, plain and packed, in any order and from a pipe" {
	for pack in none gzip zstd; do
		for kind in oci docker dir; do
			image $kind.$pack --kind $kind --pack $pack "app@linux/amd64=$layers"
			same --oci $kind.$pack
		done
		for kind in oci docker; do
			cat $kind.$pack | same --oci
			same --oci - <$kind.$pack
			for seed in 1 2 3; do
				echo "$kind, packed by $pack, seed $seed"
				image mixed --kind $kind --pack $pack --shuffle $seed "app@linux/amd64=$layers"
				cat mixed | same --oci --threads 1
				same --oci mixed
			done
		done
	done
	gzip -c oci.none | same --oci
	zstd -qc docker.gzip >packed
	same --oci packed
	image nested --nested "@linux/arm64=$layers"
	same --oci nested
}

@test "a layer that comes twice, and an image without layers" {
	image twice --kind docker "a@=$f/l1.tar,$f/l2.tar,$f/l1.tar"
	assert_equal "$("$TAR2BTRFS" --oci twice | sha256sum)" \
		"$("$TAR2BTRFS" --whiteouts "$f/l1.tar" "$f/l2.tar" "$f/l1.tar" | sha256sum)"
	image none "a@="
	spec_tar empty.tar <<<'dir .'
	assert_equal "$("$TAR2BTRFS" --oci none | sha256sum)" "$("$TAR2BTRFS" empty.tar | sha256sum)"
}

@test "70 layers, more than can stay where they are" {
	list=
	for i in {1..70}; do
		spec_tar "n$i.tar" <<<"file f$i size=150000 seed=noise$i"
		list+=n$i.tar,
	done
	image many "a@=${list%,}"
	same=$("$TAR2BTRFS" n{1..70}.tar | sha256sum)
	assert_equal "$("$TAR2BTRFS" --oci many | sha256sum)" "$same"
	assert_equal "$(cat many | "$TAR2BTRFS" --oci | sha256sum)" "$same"
}

@test "one of several: by name, by platform, by both; what cannot be told is refused with the choices" {
	for nested in '' --nested; do
		for kind in oci docker; do
			[ "$nested$kind" != --nesteddocker ] || continue
			# shellcheck disable=SC2086 # empty or a word
			image many --kind $kind $nested "reg.example/team/app:1@linux/amd64=$layers" "reg.example/team/app:1@linux/arm64=$f/l1.tar" \
				"tool:2@linux/arm/v6=$f/l2.tar" "tool:3@linux/arm=$f/l3.tar"
			for choice in '--image app --platform linux/amd64' '--image team/app:1 --platform linux/amd64' \
				'--platform linux/amd64' '--platform linux/amd64 --image reg.example/team/app:1'; do
				# shellcheck disable=SC2086 # words
				same --oci many $choice
			done
			l3=$("$TAR2BTRFS" "--whiteouts" "$f/l3.tar" | sha256sum)
			assert_equal "$("$TAR2BTRFS" --oci --image tool:3 many | sha256sum)" "$l3"
			assert_equal "$("$TAR2BTRFS" --oci --platform linux/arm/v7 many | sha256sum)" "$l3"
			"$TAR2BTRFS" --oci --platform linux/arm64/v8 many >img
			refused 1 --oci many
			[[ $stderr == *'many: several images, allowed: one of reg.example/team/app:1 (linux/amd64, sha256:'*'(linux/arm64, sha256:'* ]]
			[[ $stderr == *'tool:2 (linux/arm/v6, sha256:'*'tool:3 (linux/arm, sha256:'*') (see --image and --platform)' ]]
			refused 1 --oci --image tool many
			[[ $stderr == *'allowed: one of tool:2 (linux/arm/v6, sha256:'*'tool:3 (linux/arm, sha256:'* && $stderr != *app* ]]
			refused 1 --oci --platform linux/arm many
			[[ $stderr == *'several images'*tool:2*tool:3* && $stderr != *app* ]]
			for nothing in '--image ap' '--image pp' '--image app:2' '--platform linux/s390x' '--platform linux/arm64/v9'; do
				# shellcheck disable=SC2086 # words
				refused 1 --oci many $nothing
				[[ $stderr == *'the image that is wanted is not there, allowed: one of '*app:1* ]]
			done
		done
	done
	image two "app@=$layers" "app@=$layers"
	same --oci two
}

@test "what is only named, and what belongs to another image, is no choice" {
	for what in absent attachment; do
		image $what --break $what "x@linux/arm64=$f/l1.tar" "app@linux/amd64=$layers"
		same --oci $what
		image alone --break $what "x@linux/arm64=$f/l1.tar"
		refused 1 --oci alone
		[[ $stderr == *'there is no image in it'* ]]
	done
}

@test "what is broken is refused, and named" {
	broken()
	{
		local what=$1 text=$2
		shift 2
		for kind in oci dir docker; do
			[[ " $* " == *" $kind "* ]] || continue
			rm -rf img
			image img --kind $kind --break "$what" --pack gzip "app@=$layers"
			refused 1 --oci img
			[[ $stderr == *"$text"* ]]
			[ $kind = dir ] && continue
			refused 1 --oci - < <(cat img)
			[[ $stderr == *"$text"* ]]
		done
	}
	broken layer-digest '): its digest is sha256:' oci dir
	broken layer-size 'bytes, the image says' oci dir
	broken layer-bytes 'layer 1 (' oci dir docker
	broken layer-missing 'it is not there' oci dir docker
	broken diff-id 'its diff_id is sha256:' oci dir docker
	broken diff-ids '3 layers, its configuration has diff_ids of 4' oci dir docker
	broken config-digest 'its digest is sha256:' oci dir docker
	broken manifest-digest 'its digest is sha256:' oci dir
	broken manifest-bytes 'bytes, the image says' oci dir
	broken encrypted "it is encrypted: 'application/vnd.oci.image.layer.v1.tar+gzip+encrypted': not supported" oci dir
	broken foreign 'it is foreign' oci dir
	broken strange "of unknown type: 'text/plain'" oci dir
	broken sha512 "digest 'sha512:" oci dir
	broken artifact "no container image: its configuration is 'application/vnd.example'" oci dir
	broken json 'no valid JSON: line 1' oci dir docker
	broken nul 'no valid JSON: line 1' oci dir docker
	broken duplicate-key 'duplicate object key' oci dir docker
	broken layout "'imageLayoutVersion' is missing or malformed, allowed: 1.0.0" oci dir
	broken schema "'schemaVersion' is missing or malformed, allowed: 2" oci dir
	broken deep 'indexes in indexes, deeper than 8' oci dir
	broken big 'at most 1048576 are allowed' oci dir docker
	broken escape 'leads out of the image' docker
	broken link-loop 'is a chain of more than 8 links' docker
	broken no-index 'it has neither index.json (OCI) nor manifest.json (Docker)' oci dir
}

@test "what is no image is refused, and cut ones" {
	image img "app@=$layers"
	refused 1 --oci "$f/l1.tar"
	[[ $stderr == *'a tree is read without --oci' ]]
	(cd / && find etc/passwd | cpio -o -H newc --quiet) >cpio
	refused 1 --oci cpio
	[[ $stderr == *'a cpio archive, allowed: an image archive'* ]]
	for bytes in 0 100 5000 300000; do
		head -c $bytes img >part
		refused 1 --oci part
		[ "$bytes" -lt 600 ] || [[ $stderr == *'cut'* ]]
		refused 1 --oci < <(cat cut)
	done
	refused 2 --oci img img
	for option in --image=x --platform=linux/amd64 --oci-config=x; do
		refused 2 $option img
		[[ $stderr == *'without --oci' ]]
	done
	for platform in '' linux / linux/ /amd64 linux/arm/v7/x linux//v7; do
		refused 2 --oci "--platform=$platform" img
	done
	mkdir empty
	refused 1 --oci empty
	refused 1 empty
}

# bats test_tags=kernel
@test "--oci-config keeps the configuration, byte for byte" {
	require_mount
	image img --kind docker "app@=$layers"
	config=$(tar -tf img | grep 'json$' | grep -v manifest)
	tar -xOf img "$config" >config
	"$TAR2BTRFS" --oci --oci-config /etc/oci/config.json --mtime @5 -L "$(unique_label)" -o out img
	assert_check out
	look()
	{
		cmp config "$mnt/etc/oci/config.json"
		assert_equal "$(stat -c '%a %u %g %Y' "$mnt/etc/oci/config.json")" '644 0 0 5'
		assert_equal "$(stat -c '%a %u' "$mnt/etc")" '750 1'
	}
	with_mount out look
	"$TAR2BTRFS" --oci --oci-config config.json --root-becomes etc img >out2
	btrfs check --force --readonly out2 >log 2>&1
	refused 1 --oci --oci-config etc/keep/x img
	[[ $stderr == *etc/keep* ]]
	refused 1 --oci --oci-config ../x img
	refused 2 --oci --oci-config / img
}

# bats test_tags=slow
@test "memory and spool: as for a plain archive; a file is no reason to spool" {
	require_mount
	require_plain_build
	spec_tar noise.tar <<<'file noise size=100000000 seed=noise'
	image img "app@=noise.tar"
	mkdir small
	mount -t tmpfs -o size=2m none small
	/usr/bin/time -o kib -f %M "$TAR2BTRFS" --threads 2 --spool-dir small -o out --oci img
	[ "$(<kib)" -le $((64 * 1024 + 2 * 2048)) ]
	run -1 --separate-stderr "$TAR2BTRFS" --spool-dir small --oci - < <(cat img)
	[[ $stderr == *'cannot write the spool file'* ]]
	mount -o remount,size=110m small
	/usr/bin/time -o kib -f %M "$TAR2BTRFS" --threads 2 --spool-dir small -o out2 --oci - < <(cat img)
	[ "$(<kib)" -le $((64 * 1024 + 2 * 2048)) ]
	cmp out out2
	umount small
}
