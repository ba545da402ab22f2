# SPDX-License-Identifier: GPL-2.0-or-later
################################################################################
#
# tar2btrfs
#
################################################################################

# the source is the tree that this br2-external is part of
TAR2BTRFS_SITE = $(BR2_EXTERNAL_TAR2BTRFS_PATH)/../..
TAR2BTRFS_SITE_METHOD = local
TAR2BTRFS_LICENSE = GPL-2.0+
TAR2BTRFS_LICENSE_FILES = COPYING

HOST_TAR2BTRFS_OVERRIDE_SRCDIR_RSYNC_EXCLUSIONS = --exclude=/build --exclude='/build-*' --exclude=/tar2btrfs
HOST_TAR2BTRFS_DEPENDENCIES = \
	host-jansson \
	host-libarchive \
	host-libgcrypt \
	host-lzo \
	host-pkgconf \
	host-util-linux \
	host-xxhash \
	host-zlib \
	host-zstd

# Buildroot builds jansson for targets only. The hashes of its source are in package/jansson.
ifndef HOST_JANSSON_NAME
$(eval $(call inner-autotools-package,host-jansson,HOST_JANSSON,JANSSON,host))
HOST_JANSSON_PKGDIR = package/jansson
endif

define HOST_TAR2BTRFS_BUILD_CMDS
	$(HOST_MAKE_ENV) $(HOST_CONFIGURE_OPTS) $(MAKE) -C $(@D) SELINUX= SANDBOX=
endef

define HOST_TAR2BTRFS_INSTALL_CMDS
	$(HOST_MAKE_ENV) $(HOST_CONFIGURE_OPTS) $(MAKE) -C $(@D) SELINUX= SANDBOX= PREFIX=$(HOST_DIR) install
endef

$(eval $(host-generic-package))
