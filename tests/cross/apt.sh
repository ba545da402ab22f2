# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Packages for other CPUs, unpacked: nothing is installed, and no architecture is added to dpkg. Fetching needs no root.
# To be read by other scripts.

# apt_for ARCH DIR TOOL ARGUMENT... - apt-get or apt-cache as on a machine of ARCH, with lists of its own in DIR/apt
apt_for()
{
	arch=$1
	state=$2/apt
	tool=$3
	shift 3
	"$tool" -q=2 -o APT::Architecture="$arch" -o APT::Architectures="$arch" -o Dir::State::Lists="$state/lists" \
		-o Dir::State::Status="$state/status" -o Dir::Cache="$state/cache" -o APT::Sandbox::User="$(id -un)" \
		-o Acquire::Languages=none "$@"
}

# lists_for ARCH DIR - begin DIR anew: lists of packages for ARCH
lists_for()
{
	rm -rf "$2"
	mkdir -p "$2/apt/lists/partial" "$2/apt/cache/archives/partial" "$2/deb" "$2/root"
	: >"$2/apt/status"
	# a source that has nothing for this architecture is no failure; what comes after tells
	apt_for "$1" "$2" apt-get update || :
}

# unpack_for ARCH DIR PACKAGE... - the packages' files in DIR/root; the lists go
unpack_for()
{
	wanted=$1
	into=$2
	shift 2
	(cd "$into/deb" && apt_for "$wanted" "$into" apt-get download "$@") || return
	for deb in "$into"/deb/*.deb; do dpkg-deb -x "$deb" "$into/root" || return; done
	rm -rf "$into/apt" "$into/deb"
}
