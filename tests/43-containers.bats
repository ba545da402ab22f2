#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Images of Debian's umoci, skopeo and buildah, the kernel's view of them against what umoci and containerd unpack.
# bats file_tags=kernel

# that an image comes through a pipe is the point
# shellcheck disable=SC2002
load helpers

setup_file()
{
	require_mount || return 0
	require_tool umoci skopeo buildah || return 0
	cd "$BATS_FILE_TMPDIR"
	scratch_btrfs "$BATS_FILE_TMPDIR/ref" 1g
	corners
	build
}

setup()
{
	skip_if_unmet
	cd "$BATS_TEST_TMPDIR"
	f=$BATS_FILE_TMPDIR
}

# Layers by hand, with every corner on whose meaning all readers agree: umoci goes by the order of members, so
# whiteouts stand before what takes the place of what they hide.
corners()
{
	spec_tar 1.tar <<-'SPEC'
		dir . mode=0711 mtime=100
		dir etc mode=0750 uid=1 mtime=200
		file etc/keep text=keep mode=04755 uid=5
		file etc/gone text=gone
		file etc/again text=old mode=0600
		file etc/become-dir text=x
		dir etc/become-file
		file etc/become-file/f text=f
		dir etc/dir mode=0700 uid=5 mtime=300
		dir etc/dir/deep
		file etc/dir/deep/f text=deep
		dir opaque mode=0701 uid=6 mtime=400 x.user.a=o
		file opaque/old text=old
		dir opaque/sub mode=0700 uid=8
		file opaque/sub/f text=f
		dir opaque2 mode=0700 uid=9
		file opaque2/old text=old
		dir usr
		dir usr/lib mode=0755 mtime=500
		file usr/lib/a text=a
		file usr/lib/b text=b x.security.capability=hex:0100000200200000000000000000000000000000
		symlink lib usr/lib
		symlink gonelink usr/lib
		file one text=shared mode=0640 uid=3 mtime=600
		link two one mode=0640 uid=3 mtime=600
		link three one mode=0640 uid=3 mtime=600
		file big size=600000 seed=noise
		file data size=300000
		char null 1,3
		fifo pipe
	SPEC
	spec_tar 2.tar <<-'SPEC'
		dir . mode=0711 mtime=101
		dir etc mode=0755 uid=1 mtime=201
		file etc/.wh.gone
		file etc/.wh.missing
		file etc/.wh.again
		file etc/again text=new mtime=9
		file etc/.wh.become-dir
		dir etc/become-dir mode=0700 mtime=10
		file etc/become-dir/f text=f
		file etc/.wh.become-file
		file etc/become-file text=file mtime=11
		file etc/.wh.dir
		dir etc/dir mode=0711 mtime=12
		file etc/dir/new text=new
		dir opaque mode=0705 mtime=13
		file opaque/.wh..wh..opq
		dir opaque/sub mode=0711 mtime=15
		file opaque/new text=new
		dir opaque2 mode=0770 uid=10 mtime=7
		file opaque2/.wh..wh..opq
		file .wh.gonelink
		file .wh.one
		link four two mode=0640 uid=3 mtime=600
		file .wh.big
		file .wh.pipe
		dir . mode=0711 mtime=102
		dir etc mode=0755 uid=1 mtime=202
		dir opaque mode=0705 mtime=13
		dir opaque2 mode=0770 uid=10 mtime=7
		dir etc/dir mode=0711 mtime=12
		dir etc/become-dir mode=0700 mtime=10
	SPEC
	spec_tar 3.tar <<-'SPEC'
		file .wh.three
		file big text=small
		file .wh.null
		symlink null /dev/null mtime=3
		dir etc/dir mode=0700 mtime=14
		dir . mode=0711 mtime=103
	SPEC
	umoci init --layout layout
	umoci new --image layout:t
	for n in 1 2 3; do
		umoci raw add-layer --image layout:t $n.tar
		umoci unpack --image layout:t "ref/corners$n"
	done
}

# as a build does it: a tree, changed in steps, each of which the tool compares with the one before
build()
{
	umoci new --image layout:built
	umoci unpack --image layout:built ref/work
	local root=ref/work/rootfs n
	tar -C /usr/share -c base-files zoneinfo/Europe zoneinfo/Asia | tar -xp -C "$root"
	mkdir -p "$root/a/b" "$root/many"
	for n in {1..300}; do echo "$n" >"$root/many/$n"; done
	head -c 3000000 /dev/urandom >"$root/a/random"
	ln "$root/a/random" "$root/a/b/random"
	umoci repack --image layout:built ref/work
	umoci unpack --image layout:built ref/work2
	root=ref/work2/rootfs
	rm -r "$root/a/b" "$root/many"/1*
	mkdir "$root/a/b"
	mv "$root/many" "$root/few"
	rm -r "$root/zoneinfo/Asia"
	echo "now a file" >"$root/zoneinfo/Asia"
	chmod 600 "$root/a/random"
	umoci repack --image layout:built ref/work2
	umoci unpack --image layout:built ref/built
}

@test "hand-made layers with the corners that all readers share" {
	"$TAR2BTRFS" --oci --image t -L "$(unique_label)" -o img "$f/layout"
	assert_image img "$f/ref/corners3/rootfs"
}

@test "each layer as a subvolume is what umoci unpacks of the layers up to it" {
	local n
	"$TAR2BTRFS" --oci --image t --layers=subvolumes -L "$(unique_label)" -o img "$f/layout"
	assert_check img lowmem
	mount_image img m ro,subvolid=5
	for n in 1 2 3; do
		assert_tree_equal "$f/ref/corners$n/rootfs" "$(echo m/00$n-*)"
	done
	assert_scrub m
	detach m "$dev"
}

# containerd_unpacks IMAGE - by a daemon of the test's own; its snapshots are $PWD/root/io.containerd.snapshotter.v1.native/snapshots/N
containerd_unpacks()
{
	local status=0 daemon
	cat >config.toml <<-END
		version = 2
		root = "$PWD/root"
		state = "$PWD/state"
		disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.btrfs",
			"io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.overlayfs"]
		[grpc]
		address = "$PWD/sock"
		[ttrpc]
		address = "$PWD/ttrpc"
	END
	timeout 120 containerd -c config.toml >containerd.log 2>&1 3>&- &
	daemon=$!
	for _ in {1..100}; do
		[ -S sock ] && break
		sleep 0.1
	done
	ctr -a "$PWD/sock" images import --snapshotter native --all-platforms "$1" || status=$?
	kill "$daemon"
	wait "$daemon" || true
	[ "$status" = 0 ] || cat containerd.log
	return "$status"
}

@test "each layer as a subvolume is what containerd makes of the layers up to it" {
	local n
	require_tool containerd ctr
	python3 "$GEN/oci.py" app "reg.example/app:1@linux/amd64=$f/1.tar,$f/2.tar,$f/3.tar"
	containerd_unpacks app
	"$TAR2BTRFS" --oci --layers=subvolumes -L "$(unique_label)" -o img app
	mount_image img m ro,subvolid=5
	# it takes no attributes of the root from layers, and lets a directory that comes again keep its old xattrs
	setfattr -x user.a root/io.containerd.snapshotter.v1.native/snapshots/{2,3}/opaque
	for n in 1 2 3; do
		assert_tree_equal "root/io.containerd.snapshotter.v1.native/snapshots/$n" "$(echo m/00$n-*)" --ignore=root,dirmtime
	done
	detach m "$dev"
}

@test "a tree that umoci packed in two steps" {
	"$TAR2BTRFS" --oci --image built -L "$(unique_label)" -o img "$f/layout"
	assert_image img "$f/ref/built/rootfs"
}

@test "skopeo's copies of an image, from file and pipe, packed or not, are one image" {
	local image wanted
	for image in t built; do
		wanted=$("$TAR2BTRFS" --oci --image $image "$f/layout" | sha256sum)
		skopeo copy -q "oci:$f/layout:$image" "oci-archive:$PWD/$image.oci:x"
		skopeo copy -q "oci:$f/layout:$image" "docker-archive:$PWD/$image.docker:x:y"
		skopeo copy -q --dest-compress-format zstd "oci:$f/layout:$image" "oci:$PWD/$image.zstd:x"
		skopeo copy -q --dest-decompress "oci:$f/layout:$image" "dir:$PWD/$image.dir"
		skopeo copy -q "docker-archive:$PWD/$image.docker:x:y" "oci:$PWD/$image.back:x"
		for from in "$image.oci" "$image.docker" "$image.zstd" "$image.back"; do
			assert_equal "$("$TAR2BTRFS" --oci "$from" | sha256sum)" "$wanted"
			[ -d "$from" ] || assert_equal "$(cat "$from" | "$TAR2BTRFS" --oci | sha256sum)" "$wanted"
		done
		# as in the manual
		assert_equal "$({ skopeo copy "oci:$f/layout:$image" docker-archive:/dev/fd/3 >&2; } 3>&1 2>/dev/null |
			"$TAR2BTRFS" --oci | sha256sum)" "$wanted"
	done
}

@test "buildah's commits, as both kinds of archive" {
	export CONTAINERS_STORAGE_CONF=$PWD/storage.conf BUILDAH_ISOLATION=chroot
	cat >storage.conf <<-END
		[storage]
		driver = "vfs"
		runroot = "$PWD/run"
		graphroot = "$PWD/store"
	END
	c=$(buildah from scratch)
	buildah add -q "$c" "$f/1.tar" / >/dev/null
	buildah config --env A=b --label l=m "$c"
	buildah commit -q "$c" first >/dev/null
	c=$(buildah from first)
	m=$(buildah mount "$c")
	rm -r "$m/etc/gone" "$m/opaque/sub" "$m/usr/lib/a"
	ln "$m/etc/keep" "$m/kept"
	echo x >"$m/new"
	buildah commit -q "$c" "oci-archive:$PWD/b.oci:second"
	buildah commit -q "$c" "docker-archive:$PWD/b.docker:second:1"
	"$TAR2BTRFS" --oci -L "$(unique_label)" -o img b.oci
	assert_check img
	# the tree as buildah has it; its archives have whole seconds, no root, and a new link to an old file as a copy
	# shellcheck disable=SC2016 # $mnt is set where it is evaluated
	with_mount img eval 'python3 "$TOP/tests/tools/treecmp.py" --ignore=mtime,root,links "$m" "$mnt"'
	"$TAR2BTRFS" --oci --oci-config config.json -L "$(unique_label)" -o img b.oci
	# shellcheck disable=SC2016
	with_mount img eval 'grep -q "\"A=b\"" "$mnt/config.json"'
	assert_equal "$("$TAR2BTRFS" --oci b.docker | sha256sum)" "$("$TAR2BTRFS" --oci b.oci | sha256sum)"
	buildah rm -a >/dev/null
	buildah rmi -a -f >/dev/null
}
