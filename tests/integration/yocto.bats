#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# contrib/yocto in a real bitbake: OECORE is a checkout of openembedded-core, BITBAKE one of bitbake. As root, which runs
# bitbake on an account without privileges. No network: recipes of the core layer are left out and counted as provided by
# this machine, pseudo among them. So tar2btrfs-native is really built, and the image task really runs under pseudo.

load ../helpers

TIMESTAMP=1520598896

setup_file()
{
	[ -d "${OECORE:-}/meta" ] || skip "OECORE names no checkout of openembedded-core"
	[ -x "${BITBAKE:-}/bin/bitbake" ] || skip "BITBAKE names no checkout of bitbake"
	require_root
	require_mount
	require_tool pseudo chrpath diffstat gawk lz4 rpcgen file g++ git wget zstd pzstd pkg-config
	locale -a | grep -q en_US.utf8 || skip_or_fail "no locale; localedef -i en_US -f UTF-8 en_US.UTF-8 makes it"
	WORK=$(mktemp -d /var/tmp/tar2btrfs-yocto.XXXXXX)
	export WORK
	cd "$WORK"
	mkdir -p conf layer/conf layer/recipes-test/test
	configure
	recipes
	# everything that pseudo has to tell: owners, set-id bits, devices, capabilities and other xattrs
	python3 "$GEN/archive.py" tar >rootfs.tar <<-'END'
		file etc/secret text=s mode=0600 uid=1000 gid=1001 mtime=5
		file usr/bin/ping text=x mode=4755 x.security.capability=hex:0100000200200000000000000000000000000000
		file usr/bin/x text=x x.user.one=1
		char dev/null 1,3 mode=0666
		block dev/vda 254,0 mode=0660 gid=6
		fifo run/fifo
		file usr/lib/blob size=700000
		link usr/lib/link usr/lib/blob
		symlink bin/sh busybox
		file var/late text=l mtime=1800000000
	END
	chown -R 65534:65534 .
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

configure()
{
	cat >conf/bblayers.conf <<-END
		LCONF_VERSION = "7"
		BBPATH = "\${TOPDIR}"
		BBFILES ?= ""
		BBLAYERS = "$(realpath "$OECORE")/meta $TOP/contrib/yocto $WORK/layer"
	END
	cat >conf/local.conf <<-END
		MACHINE = "qemux86-64"
		DISTRO = "nodistro"
		PACKAGE_CLASSES = "package_ipk"
		INHERIT_DISTRO:remove = "create-spdx uninative"
		BB_NO_NETWORK = "1"
		REPRODUCIBLE_TIMESTAMP_ROOTFS = "$TIMESTAMP"
		IMAGE_CLASSES += "image_types_tar2btrfs"
		IMAGE_FSTYPES:forcevariable = "btrfs-seed btrfs-seed.sha256sum"

		FAKEROOTCMD = "$(command -v pseudo)"
		FAKEROOTBASEENV = "PSEUDO_PREFIX=/usr PSEUDO_DISABLED=1 PYTHONDONTWRITEBYTECODE=1"
		FAKEROOTENV = "PSEUDO_PREFIX=/usr PSEUDO_LOCALSTATEDIR=\${PSEUDO_LOCALSTATEDIR} PSEUDO_PASSWD=/ PSEUDO_NOSYMLINKEXP=1 PSEUDO_DISABLED=0"
		HOSTTOOLS += "pkg-config"
		PKG_CONFIG_LIBDIR:forcevariable = "$(dirname "$(find /usr/lib -name libzstd.pc)"):/usr/share/pkgconfig"
		BBMASK = "/meta/recipes-(?!extended/jansson/)"
		ASSUME_PROVIDED += "\\
			binutils-cross-x86_64 buildtools-tarball cross-localedef-native depmodwrapper-cross dwarfsrcfiles-native \\
			e2fsprogs-native jansson-native ldconfig-native libarchive-native libgcrypt-native lzo-native makedevs-native \\
			meta-extsdk-toolchain nativesdk-glibc-locale opkg-native opkg-utils-native patch-replacement-native \\
			pkgconf-native pkgconfig-native qemu-helper-native qemu-system-native quilt-native rpm-native \\
			tar-replacement-native update-rc.d-native util-linux-libuuid-native virtual/fakeroot-native virtual/kernel \\
			virtual/update-alternatives-native xxhash-native xz-native zlib-native zstd-native"
	END
}

# a layer with an image whose root filesystem is an archive
recipes()
{
	cat >layer/conf/layer.conf <<-END
		BBPATH .= ":\${LAYERDIR}"
		BBFILES += "\${LAYERDIR}/recipes-*/*/*.bb"
		BBFILE_COLLECTIONS += "test"
		BBFILE_PATTERN_test = "^\${LAYERDIR}/"
		$(grep -h '^LAYERSERIES_COMPAT_core' "$OECORE/meta/conf/layer.conf" | sed 's/_core/_test/')
	END
	cat >layer/recipes-test/test/seed-image.bb <<-'END'
		LICENSE = "MIT"
		PACKAGE_INSTALL = ""
		IMAGE_LINGUAS = ""
		inherit image
		fakeroot do_rootfs () {
			tar -C ${IMAGE_ROOTFS} --numeric-owner --xattrs --xattrs-include='*' -xpf ${TOPDIR}/rootfs.tar
		}
	END
	cat >layer/recipes-test/test/stub.bb <<-'END'
		LICENSE = "MIT"
		INHIBIT_DEFAULT_DEPS = "1"
		RPROVIDES:${PN} = "meta-environment-extsdk-${MACHINE} packagegroup-core-standalone-sdk-target \
			target-sdk-provides-dummy nativesdk-packagegroup-sdk-host packagegroup-cross-canadian-${MACHINE}"
	END
}

bb()
{
	setpriv --reuid=65534 --regid=65534 --clear-groups env -i HOME="$WORK" BBPATH="$WORK" BUILDDIR="$WORK" \
		PATH="$BITBAKE/bin:/usr/sbin:/usr/bin:/sbin:/bin" LC_ALL=en_US.UTF-8 bitbake "$@" >log 2>&1 3>&- || {
		grep -A 20 ERROR log | head -n 60
		return 1
	}
}

@test 'the layer is parsed, and the class says what bitbake expects of an image type' {
	bb -e seed-image
	run ! grep ^ERROR: log
	grep '^IMAGE_TYPES=.* btrfs-seed btrfs-seed.zst' log
	grep '^EXTRA_IMAGECMD:btrfs-seed="--compress zstd:15"' log
	grep -x '	oe_mkbtrfsseed --compress zstd:15' log
	grep "SOURCE_DATE_EPOCH=\"$TIMESTAMP\"" log
}

@test 'the SDK has the tool, and each library that it needs' {
	local library
	bb -e -b virtual:nativesdk:"$(echo "$TOP"/contrib/yocto/recipes-devtools/tar2btrfs/tar2btrfs_*.bb)"
	sed -n 's/^DEPENDS="\(.*\)"$/\1/p' log | tr ' ' '\n' | grep '^nativesdk-' >libraries
	grep -x nativesdk-jansson libraries
	while read -r library; do
		echo "$library"
		grep -rqE '^BBCLASSEXTEND.*nativesdk' --include="${library#nativesdk-}[_.]*.bb*" --include="${library#nativesdk-}.inc" \
			"$OECORE/meta" "$TOP/contrib/yocto"
	done <libraries
	# the one that the core layer does not make for the SDK
	bb -s
	grep '^nativesdk-jansson ' log
}

@test 'the image made under pseudo is that of a tree that root owns' {
	local deploy image native
	bb seed-image -c image_btrfs_seed
	deploy=$(echo tmp/work/*/seed-image/*/deploy-*)
	image=$(realpath "$deploy"/*.rootfs.btrfs-seed)
	(cd "$deploy" && sha256sum -c ./*.rootfs-*.sha256sum)
	run ! compgen -G "tmp/work/*/seed-image/*/btrfs-seed.tar"
	assert_check "$image"
	native=$(echo tmp/work/*/tar2btrfs-native/*/image"$WORK"/tmp/work/*/tar2btrfs-native/*/recipe-sysroot-native/usr/bin/tar2btrfs)

	mkdir copy mnt
	tar -C copy --numeric-owner --xattrs --xattrs-include='*' --warning=no-timestamp -xpf rootfs.tar
	find copy -exec touch -hd @$TIMESTAMP {} +
	tar -C copy --format=posix --xattrs --xattrs-include='*' -c . |
		SOURCE_DATE_EPOCH=$TIMESTAMP "$native" --compress zstd:15 | cmp - "$image"
	mount_image "$image" mnt
	assert_tree_equal copy mnt
	assert_scrub mnt
	detach "$WORK/mnt" "$dev"
}
