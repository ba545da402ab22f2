#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# build.sh ARCH... - build a static tar2btrfs and the unit tests for each of Debian's ARCHs (arm64,
# s390x) in build-cross/ARCH/, and write "run" there, which runs the program under qemu.
# The libraries come from Debian's packages for ARCH, unpacked below build-cross.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/cross/apt.sh"
libraries="libarchive-dev libzstd-dev zlib1g-dev liblzo2-dev uuid-dev libgcrypt20-dev libgpg-error-dev libxxhash-dev libjansson-dev
	liblzma-dev liblz4-dev libbz2-dev nettle-dev libselinux1-dev libpcre2-dev libseccomp-dev"

# sysroot ARCH - fetch headers and static libraries in build-cross/ARCH/root
sysroot()
{
	dir=$top/build-cross/$1
	[ ! -e "$dir/ready" ] || return 0
	log=$(mktemp)
	# shellcheck disable=SC2086 # words
	{ lists_for "$1" "$dir" && unpack_for "$1" "$dir" $libraries; } >"$log" 2>&1 || {
		cat "$log" >&2
		rm -f "$log"
		echo "build.sh: no packages for $1: apt-get download failed" >&2
		return 75
	}
	rm -f "$log"
	touch "$dir/ready"
}

for architecture; do
	case $architecture in
	arm64) cpu=aarch64 ;;
	s390x) cpu=s390x ;;
	*) echo "build.sh: no such architecture: $architecture; there are: arm64 s390x" >&2; exit 2 ;;
	esac
	sysroot "$architecture" || exit
	triplet=$cpu-linux-gnu
	usr=$top/build-cross/$architecture/root/usr
	env -u MAKEFLAGS -u MAKEOVERRIDES -u MFLAGS make -s -C "$top" -j "$(nproc)" STATIC=1 BUILD="build-cross/$architecture" \
		CC="$triplet-gcc" AR="$triplet-ar" CPPFLAGS="-I$usr/include/$triplet -I$usr/include" LDFLAGS="-L$usr/lib/$triplet" \
		all unit-tests
	cat >"$top/build-cross/$architecture/run" <<-END
		#!/bin/sh
		exec qemu-$cpu-static "$top/build-cross/$architecture/tar2btrfs" "\$@"
	END
	chmod +x "$top/build-cross/$architecture/run"
done
