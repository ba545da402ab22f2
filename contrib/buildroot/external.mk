include $(sort $(wildcard $(BR2_EXTERNAL_TAR2BTRFS_PATH)/package/*/*.mk))
include $(sort $(wildcard $(BR2_EXTERNAL_TAR2BTRFS_PATH)/fs/*/*.mk))
