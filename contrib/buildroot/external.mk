# SPDX-License-Identifier: GPL-2.0-or-later
include $(sort $(wildcard $(BR2_EXTERNAL_TAR2BTRFS_PATH)/package/*/*.mk))
include $(sort $(wildcard $(BR2_EXTERNAL_TAR2BTRFS_PATH)/fs/*/*.mk))
