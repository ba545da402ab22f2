# SPDX-License-Identifier: GPL-2.0-or-later
# The core layer has it for targets and for building; the SDK's tar2btrfs needs it too.
BBCLASSEXTEND:append = " nativesdk"
