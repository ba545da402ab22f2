# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Functions for other scripts: fetch and unpack packages for other CPUs. Nothing is installed, no
# architecture is added to dpkg, and no root is needed.

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

# lists_for ARCH DIR - empty DIR and fetch the package lists for ARCH
lists_for()
{
	rm -rf "$2"
	mkdir -p "$2/apt/lists/partial" "$2/apt/cache/archives/partial" "$2/deb" "$2/root"
	: >"$2/apt/status"
	# A source without packages for ARCH is no failure: apt-get download will tell what is missing.
	apt_for "$1" "$2" apt-get update || :
}

# unpack_for ARCH DIR PACKAGE... - unpack the packages into DIR/root and remove the lists
unpack_for()
{
	wanted=$1
	into=$2
	shift 2
	(cd "$into/deb" && apt_for "$wanted" "$into" apt-get download "$@") || return
	for deb in "$into"/deb/*.deb; do dpkg-deb -x "$deb" "$into/root" || return; done
	rm -rf "$into/apt" "$into/deb"
}
