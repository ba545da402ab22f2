# SPDX-License-Identifier: GPL-2.0-or-later
# The core layer builds jansson for targets and for the build host; the SDK's tar2btrfs also needs it.
BBCLASSEXTEND:append = " nativesdk"
