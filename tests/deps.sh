#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# deps.sh GROUP... - install the missing Debian packages of the groups.
# Groups: build, static, cross, machines, demo, test, lint, fuzz, package, kernels, bench.
# Without apt-get or without root it only names the missing packages. While another package manager holds a lock it waits,
# ten minutes at most.
set -eu

packages()
{
	case $1 in
	build) echo make gcc libc6-dev pkg-config libarchive-dev libzstd-dev zlib1g-dev liblzo2-dev \
		uuid-dev libgcrypt20-dev libxxhash-dev libjansson-dev libselinux1-dev libseccomp-dev ;;
	static) echo liblzma-dev liblz4-dev libbz2-dev nettle-dev libgpg-error-dev libpcre2-dev ;;
	cross) echo dpkg qemu-user-static gcc-aarch64-linux-gnu libc6-dev-arm64-cross \
		gcc-s390x-linux-gnu libc6-dev-s390x-cross ;;
	machines) echo dpkg qemu-system-misc qemu-system-arm cpio gzip ;;
	demo) echo btrfs-progs python3 mount util-linux ;;
	test) packages demo
		packages package
		packages static
		packages cross
		echo bats procps e2fsprogs grub-common attr acl cpio gzip bzip2 xz-utils zstd lz4 \
		libarchive-tools libcap2-bin kmod fdisk faketime clang time mandoc mtree-netbsd selinux-utils zsh fish \
		mmdebstrap genimage debos podman skopeo umoci buildah containerd valgrind git \
		fsverity libfsverity-dev openssl btrfs-compsize strace man-db ;;
	lint) echo clang clang-tools clang-format clang-tidy cppcheck shellcheck ;;
	fuzz) echo clang libclang-rt-dev time ;;
	package) echo build-essential debhelper dpkg-dev lintian python3 ;;
	bench) packages demo
		echo squashfs-tools-ng squashfs-tools erofs-utils e2fsprogs genext2fs mmdebstrap dpkg-dev xz-utils time gnuplot-nox ;;
	kernels) packages demo
		echo qemu-system-x86 busybox-static cpio kmod fsverity keyutils xxd openssl attr acl mmdebstrap ;;
	*) echo "deps.sh: no group $1" >&2; exit 2 ;;
	esac
}

command -v dpkg-query >/dev/null || exit 0
missing=
for group; do
	for p in $(packages "$group"); do
		case $(dpkg-query -W -f '${Status}' "$p" 2>/dev/null || :) in
		*' installed') ;;
		*) missing="$missing $p" ;;
		esac
	done
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
	echo "deps.sh: not installed (needs root and apt-get):$missing" >&2
	exit 0
fi
echo "installing:$missing" >&2
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
log=$(mktemp)
trap 'rm -f "$log"' EXIT
waited=0 # seconds, in both calls of apt_get together

# apt_get ARGUMENT... - apt-get, tried again while the error is a lock. DPkg::Lock::Timeout would wait in silence, and for
# the lock of /var/lib/dpkg only: the package lists and the archive cache have locks too.
apt_get()
{
	until apt-get -q -o DPkg::Lock::Timeout=0 "$@" >"$log" 2>&1; do
		lock=$(grep -E '^(E|dpkg): .*(Could not get lock|Unable to lock|Unable to acquire the dpkg|lock.* was locked)' "$log" |
			head -n 1)
		if [ -z "$lock" ]; then
			cat "$log" >&2
			exit 1
		fi
		if [ $waited -ge 600 ]; then
			echo "deps.sh: the package database is still locked after 10 minutes: $lock" >&2
			exit 1
		fi
		[ $((waited % 60)) != 0 ] ||
			echo "deps.sh: waiting for the package database, $((waited / 60)) of at most 10 minutes: $lock" >&2
		sleep 5
		waited=$((waited + 5))
	done
}

apt_get update
# shellcheck disable=SC2086 # a list of words
apt_get -y --no-install-recommends install $missing
