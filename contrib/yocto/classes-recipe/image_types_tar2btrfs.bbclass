#
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The image type btrfs-seed: the root filesystem as a btrfs seed, of the size that its content needs.
#
#   IMAGE_CLASSES += "image_types_tar2btrfs"
#   IMAGE_FSTYPES += "btrfs-seed"
#
# Options of tar2btrfs go into EXTRA_IMAGECMD:btrfs-seed; conversions (btrfs-seed.zst, .bmap, .sha256sum) work as for
# other types. IMAGE_ROOTFS_SIZE and related variables have no effect: a seed needs no free space.

EXTRA_IMAGECMD:btrfs-seed ?= "--compress zstd:15"

# tar runs under pseudo, so it archives pseudo's owners, devices and xattrs (with ACLs and capabilities).
# tar has no --sparse, since holes depend on the build filesystem; --detect-holes turns zeros into holes
# anywhere. Times are clamped to that of the root filesystem, REPRODUCIBLE_TIMESTAMP_ROOTFS; the
# SOURCE_DATE_EPOCH of an image recipe is a constant without meaning.
oe_mkbtrfsseed () {
	image=${IMGDEPLOYDIR}/${IMAGE_NAME}.btrfs-seed
	archive=${WORKDIR}/btrfs-seed.tar
	SOURCE_DATE_EPOCH="${REPRODUCIBLE_TIMESTAMP_ROOTFS}"
	if [ -z "$SOURCE_DATE_EPOCH" ]; then
		SOURCE_DATE_EPOCH=$(stat -c %Y ${IMAGE_ROOTFS})
	fi
	export SOURCE_DATE_EPOCH
	# 1 is "file changed as we read it": other image tasks may make hard links to it, as IMAGE_CMD:tar knows
	tar --format=posix --xattrs --xattrs-include='*' -C ${IMAGE_ROOTFS} -cf $archive . || [ $? -eq 1 ]
	tar2btrfs "$@" -o $image $archive
	rm $archive
}

IMAGE_CMD:btrfs-seed = "oe_mkbtrfsseed ${EXTRA_IMAGECMD}"
do_image_btrfs_seed[depends] += "tar2btrfs-native:do_populate_sysroot tar-replacement-native:do_populate_sysroot"
EXTRANATIVEPATH += "${@'tar-native' if 'btrfs-seed' in d.getVar('IMAGE_FSTYPES') else ''}"

IMAGE_TYPES += "btrfs-seed btrfs-seed.zst"
