# SPDX-License-Identifier: GPL-2.0-or-later
SUMMARY = "Turns a tar or cpio stream into a btrfs seed image"
DESCRIPTION = "A filter that writes a minimal btrfs filesystem with the same bytes for the same tree, without root."
SECTION = "console/utils"
LICENSE = "GPL-2.0-or-later"
LIC_FILES_CHKSUM = "file://COPYING;md5=b234ee4d69f5fce4486a80fdaf4a4263"

# The source is the tree that this layer is part of.
FILESEXTRAPATHS:prepend := "${THISDIR}/../../../..:"
SRC_URI = "file://Makefile file://COPYING file://README.md file://CHANGELOG.md file://SECURITY.md file://HACKING.md \
           file://src file://include file://man file://docs file://contrib"
S = "${UNPACKDIR}"

DEPENDS = "libarchive zstd zlib lzo util-linux-libuuid libgcrypt xxhash jansson"

inherit pkgconfig bash-completion

# libselinux comes with meta-selinux; the sandbox is for archives from untrusted sources
PACKAGECONFIG ??= ""
PACKAGECONFIG[sandbox] = "SANDBOX=libseccomp,SANDBOX=,libseccomp"
PACKAGECONFIG[selinux] = "SELINUX=libselinux,SELINUX=,libselinux"
EXTRA_OEMAKE = "V=1 PREFIX=${prefix} ${PACKAGECONFIG_CONFARGS}"

do_compile() {
	oe_runmake
}

do_install() {
	oe_runmake install DESTDIR=${D}
}

FILES:${PN} += "${datadir}/fish ${datadir}/zsh"

BBCLASSEXTEND = "native nativesdk"
