#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# boot.sh ARCH... - run the programs of build.sh (arm64, s390x) under Debian's kernel for their CPU, in
# a machine that qemu emulates, since the sandbox needs such a kernel. Their images must be equal to
# those of ./tar2btrfs, for each kind of input and output. The kernels are kept below build-cross;
# fetching them needs apt-get, but not root.
set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/cross/apt.sh"
program=${TAR2BTRFS:-$top/tar2btrfs}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# archives for all machines, of files of this source tree
tar -C "$top" -cf "$work/a.tar" src include tests/unit
gzip -k "$work/a.tar"

# kernel ARCH PACKAGE - fetch Debian's kernel and a shell for it into build-cross/ARCH/machine, once
kernel()
{
	local dir=$top/build-cross/$1/machine name
	[ ! -e "$dir/ready" ] || return 0
	lists_for "$1" "$dir" >/dev/null 2>&1
	name=$(apt_for "$1" "$dir" apt-cache depends "$2" | sed -n 's/^ *Depends: *\(linux-image-[0-9].*\)/\1/p' | head -n 1)
	unpack_for "$1" "$dir" "${name:-$2}" busybox-static
	rm -rf "$dir/root/lib/modules"
	touch "$dir/ready"
}

# run_in_machine ARCH QEMU-ARGUMENT... - boot the kernel with the script below as its first process; print the console
run_in_machine()
{
	local machine=$top/build-cross/$1/machine applet
	rm -rf "$work/root"
	mkdir -p "$work/root"/{bin,proc,dev,tmp,var/tmp}
	cp "$top/build-cross/$1/tar2btrfs" "$machine/root/bin/busybox" "$work/root/bin"
	cp "$work/a.tar" "$work/a.tar.gz" "$work/root"
	for applet in sh mount cat grep sha256sum sleep poweroff; do ln -s busybox "$work/root/bin/$applet"; done
	cat >"$work/root/init" <<-'END'
		#!/bin/sh
		export PATH=/bin
		mount -t devtmpfs dev /dev
		mount -t proc proc /proc
		mount -t tmpfs tmp /tmp
		mount -t tmpfs tmp /var/tmp
		cd /tmp
		tar2btrfs -v -o file /a.tar
		cat /a.tar | tar2btrfs --threads 3 >pipe
		tar2btrfs </a.tar.gz | cat >gzip
		tar2btrfs --compress none -o none /a.tar
		{ sleep 3; cat /a.tar; } | tar2btrfs --threads 3 >late &
		sleep 1
		cat /proc/$!/task/*/status | grep Seccomp:
		wait
		sha256sum file pipe gzip late none
		poweroff -f
	END
	chmod +x "$work/root/init"
	(cd "$work/root" && find . | cpio --quiet -o -H newc -R 0:0) >"$work/initrd"
	shift
	timeout -k 5 300 "$@" -accel tcg -m 1024 -smp 2 -nographic -no-reboot -kernel "$machine"/root/boot/vmlinuz-* \
		-initrd "$work/initrd" </dev/null 2>&1 | tr -d '\r'
}

for architecture; do
	append='quiet rdinit=/init panic=-1'
	case $architecture in
	arm64)
		kernel arm64 linux-image-cloud-arm64
		run_in_machine arm64 qemu-system-aarch64 -M virt -cpu cortex-a57 -append "console=ttyAMA0 $append" ;;
	s390x)
		kernel s390x linux-image-s390x
		run_in_machine s390x qemu-system-s390x -cpu max -append "console=ttysclp0 $append" ;;
	*) echo "boot.sh: no such architecture: $architecture; there are: arm64 s390x" >&2; exit 2 ;;
	esac >"$work/console"

	packed=$("$program" "$work/a.tar" | sha256sum)
	plain=$("$program" --compress none "$work/a.tar" | sha256sum)
	for way in file pipe gzip late none; do
		sum=$packed
		[ $way != none ] || sum=$plain
		grep -qx "${sum%-}$way" "$work/console" || { cat "$work/console"; echo "$architecture: $way: another image" >&2; exit 1; }
	done
	if grep -E 'no (sandbox|Landlock|seccomp)' "$work/console" ||
		[ "$(grep -c '^Seccomp:.2$' "$work/console")" -lt 2 ] || grep '^Seccomp:.[^2]' "$work/console"; then
		cat "$work/console"
		echo "$architecture: not in the sandbox" >&2
		exit 1
	fi
	echo "$architecture: 5 images are equal, in the sandbox of its own kernel"
done
