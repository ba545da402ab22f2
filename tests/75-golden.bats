#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Images are what they were: a change of bytes needs another LAYOUT_VERSION, and new sums in the same commit.
# bats file_tags=slow

load helpers

@test "images and trees as written down in tests/golden" {
	require_tool btrfs
	[ -e "$TOP/tests/golden/images.sha256" ]
	bash "$TOP/tests/tools/golden.sh" check
}
