# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# To be read by other scripts.

# apt_for ARCH STATE COMMAND... - apt-get (or $APT) as on a machine of ARCH, with lists of its own in the directory STATE
apt_for()
{
	arch=$1
	state=$2
	shift 2
	mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
	: >"$state/status"
	"${APT:-apt-get}" -q=2 -o APT::Architecture="$arch" -o APT::Architectures="$arch" -o Dir::State::Lists="$state/lists" \
		-o Dir::State::Status="$state/status" -o Dir::Cache="$state/cache" -o APT::Sandbox::User="$(id -un)" \
		-o Acquire::Languages=none "$@"
}
