#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# contrib/buildroot in a real Buildroot: BUILDROOT is its checkout. No network: what would be downloaded is this machine's
# own, marked as installed. As root, which builds on an account without privileges and then looks at what fakeroot did.

load ../helpers

setup_file()
{
	[ -d "${BUILDROOT:-}/package" ] || skip "BUILDROOT names no checkout of buildroot"
	require_root
	require_mount
	require_tool fakeroot rsync patchelf file bc unzip wget g++ pkg-config
	WORK=$(mktemp -d /var/tmp/tar2btrfs-buildroot.XXXXXX)
	export WORK
	cd "$WORK"
	skeleton
	chown -R 65534:65534 "$WORK"
	build defconfig BR2_DEFCONFIG="$WORK/defconfig" BR2_EXTERNAL="$TOP/contrib/buildroot"
	provide_packages
}

setup()
{
	cd "$WORK"
}

teardown_file()
{
	undo_mounts "$WORK"
	rm -rf "$WORK"
}

# a target's tree, the devices and owners that a table adds, a configuration that needs no toolchain
skeleton()
{
	mkdir -p skeleton/{bin,dev,etc,lib,proc,root,run,sbin,tmp,usr/{bin,lib,sbin}} out
	echo 'root:x:0:0:root:/root:/bin/sh' >skeleton/etc/passwd
	echo 'root:x:0:' >skeleton/etc/group
	echo secret >skeleton/etc/secret
	ln -s busybox skeleton/bin/sh
	python3 "$GEN/archive.py" tar <<<'file blob size=700000' | tar -C skeleton/usr/lib -x
	cat >devices <<-'END'
		/dev/null c 666 0 0 1 3 0 0 -
		/etc/secret f 600 1000 1001 - - - - -
	END
	cat >defconfig <<-END
		BR2_x86_64=y
		BR2_TOOLCHAIN_EXTERNAL=y
		BR2_INIT_NONE=y
		BR2_ROOTFS_SKELETON_CUSTOM=y
		BR2_ROOTFS_SKELETON_CUSTOM_PATH="$WORK/skeleton"
		BR2_ROOTFS_DEVICE_TABLE="$WORK/devices"
		# BR2_PACKAGE_BUSYBOX is not set
		BR2_REPRODUCIBLE=y
		# BR2_TARGET_ROOTFS_TAR is not set
		BR2_TARGET_ROOTFS_BTRFS_SEED=y
		BR2_TARGET_ROOTFS_BTRFS_SEED_COMPRESS_ZLIB=y
		BR2_TARGET_ROOTFS_BTRFS_SEED_LABEL="a  label of buildroot"
		BR2_TARGET_ROOTFS_BTRFS_SEED_SUBVOLUMES="ro:usr root"
		BR2_TARGET_ROOTFS_BTRFS_SEED_EXTRA_ARGS="--csum sha256"
	END
}

build()
{
	setpriv --reuid=65534 --regid=65534 --clear-groups env -u MAKEFLAGS -u MAKEOVERRIDES -u MFLAGS HOME="$WORK" \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin SOURCE_DATE_EPOCH=1700000000 \
		make -C "$BUILDROOT" O="$WORK/out" "$@" >log 2>&1 || {
		tail -n 40 log
		return 1
	}
}

# what the configuration would download, but for what it takes of its own tree and of ours
provide_packages()
{
	local host=out/host
	mkdir -p $host/{bin,lib}
	ln -s /usr/bin/{fakeroot,tar,patchelf,pkg-config} $host/bin
	ln -s "$(dirname "$(find /usr/lib -name libzstd.pc)")" $host/lib/pkgconfig
	build -s --no-print-directory show-info
	python3 - <<-'END'
		import json, os
		ours = ('host-makedevs', 'host-tar2btrfs', 'host-skeleton', 'host-fakedate', 'skeleton', 'skeleton-custom')
		steps = ('downloaded actual_downloaded extracted rsynced patched configured built staging_installed '
		         'images_installed target_installed host_installed installed')
		text = open('log').read()
		for name, package in json.loads(text[text.index('{'):]).items():
		    if name in ours or not package.get('stamp_dir'):
		        continue
		    directory = 'out/' + package['stamp_dir']
		    os.makedirs(directory)
		    for step in steps.split():
		        stamp = directory + '/.stamp_' + step
		        open(stamp, 'w').close()
		        os.utime(stamp, (1e9, 1e9))
	END
	chown -R 65534:65534 out
}

@test 'the options are offered, and kept' {
	build savedefconfig BR2_DEFCONFIG="$WORK/saved"
	grep TAR2BTRFS out/.config
	grep -c BTRFS_SEED defconfig
	diff <(grep BTRFS_SEED defconfig) <(grep BTRFS_SEED saved)
}

@test 'what is downloaded is verified, and so is the licence' {
	build -s --no-print-directory printvars VARS='HOST_JANSSON_HASH_FILES HOST_TAR2BTRFS_HASH_FILES'
	local HOST_JANSSON_HASH_FILES HOST_TAR2BTRFS_HASH_FILES
	eval "$(grep '^HOST_' log)"
	grep 'jansson-.*tar' "$BUILDROOT/$HOST_JANSSON_HASH_FILES"
	(cd "$TOP" && sed -n 's/^sha256  *//p' "$HOST_TAR2BTRFS_HASH_FILES" | sha256sum -c)
}

@test 'the image is made, twice with the same bytes, as of a tree that root owns' {
	local image=out/images/rootfs.btrfs-seed
	build rootfs-btrfs-seed
	[ "$(ls out/images)" = rootfs.btrfs-seed ]
	assert_check $image
	cp $image first
	rm $image
	build rootfs-btrfs-seed
	cmp first $image

	# the same steps by hand, with real owners and devices
	rsync -a --exclude=/THIS_IS_NOT_YOUR_ROOT_FILESYSTEM out/target/ copy
	chown -hR 0:0 copy
	mknod -m 666 copy/dev/null c 1 3
	chown 1000:1001 copy/etc/secret
	chmod 600 copy/etc/secret
	find copy -exec touch -hd @1700000000 {} +
	tar -C copy -c . | SOURCE_DATE_EPOCH=1700000000 out/host/bin/tar2btrfs --compress zlib:9 -L 'a  label of buildroot' \
		-u ro:usr -u root --csum sha256 | cmp - $image
	mkdir mnt
	mount_image $image mnt
	assert_tree_equal copy mnt
	[ "$(btrfs subvolume list mnt | wc -l)" = 2 ]
	[ "$(btrfs filesystem label mnt)" = 'a  label of buildroot' ]
	detach "$WORK/mnt" "$dev"
}
