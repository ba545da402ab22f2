# SPDX-License-Identifier: GPL-2.0-or-later
################################################################################
#
# Build the root filesystem as a btrfs seed
#
################################################################################

ROOTFS_BTRFS_SEED_DEPENDENCIES = host-tar2btrfs $(BR2_TAR_HOST_DEPENDENCY)

ifeq ($(BR2_TARGET_ROOTFS_BTRFS_SEED_COMPRESS_ZSTD),y)
BTRFS_SEED_OPTS = --compress zstd:$(BR2_TARGET_ROOTFS_BTRFS_SEED_COMPRESS_ZSTD_LEVEL)
else ifeq ($(BR2_TARGET_ROOTFS_BTRFS_SEED_COMPRESS_ZLIB),y)
BTRFS_SEED_OPTS = --compress zlib:$(BR2_TARGET_ROOTFS_BTRFS_SEED_COMPRESS_ZLIB_LEVEL)
else ifeq ($(BR2_TARGET_ROOTFS_BTRFS_SEED_COMPRESS_LZO),y)
BTRFS_SEED_OPTS = --compress lzo
else
BTRFS_SEED_OPTS = --compress none
endif

# qstrip would make one blank of several
BTRFS_SEED_LABEL = $(subst ",,$(BR2_TARGET_ROOTFS_BTRFS_SEED_LABEL))
# ")
BTRFS_SEED_OPTS += \
	$(if $(BTRFS_SEED_LABEL),-L '$(BTRFS_SEED_LABEL)') \
	$(foreach s,$(call qstrip,$(BR2_TARGET_ROOTFS_BTRFS_SEED_SUBVOLUMES)),-u '$(s)') \
	$(call qstrip,$(BR2_TARGET_ROOTFS_BTRFS_SEED_EXTRA_ARGS))

# With BR2_REPRODUCIBLE, SOURCE_DATE_EPOCH is in the environment. The image depends on the mtimes of the
# archive, on no other of its times, and not on the order of its members.
define ROOTFS_BTRFS_SEED_CMD
	$(TAR) --format=posix --xattrs --xattrs-include='*' -cf $@.tar -C $(TARGET_DIR) .
	$(HOST_DIR)/bin/tar2btrfs $(BTRFS_SEED_OPTS) -o $@ $@.tar
	$(RM) $@.tar
endef

$(eval $(rootfs))
