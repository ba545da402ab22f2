#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# boot-sprout.sh - boot Debian's kernel three times in qemu (software emulation): with a seed as the
# root, with the sprout and its seed, and with the sprout alone. The system in the seed sprouts itself;
# contrib/sprout-install removes the seed. $BOOT_CACHE (default ~/.cache/boot-mount) keeps the kernel.
set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
sh "$top/tests/deps.sh" build test kernels
bash "$top/tests/kernels/boot-kernel.sh"
cache=${BOOT_CACHE:-$HOME/.cache/boot-mount}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# a system of busybox, btrfs-progs and util-linux
mkdir -p root/{bin,sbin,dev,proc,sys,run,tmp}
cp /bin/busybox root/bin
for applet in sh cat echo id readlink sed grep tr wc head mktemp rmdir sync poweroff mount umount stat true; do
	ln -s busybox root/bin/$applet
done
# btrfs scrub calls pthread_cancel, which loads one more library
more=$(ldconfig -p | sed -n 's|.*libgcc_s.so.1 .* => ||p' | head -n 1)
for tool in btrfs findmnt blkid blockdev lsblk; do
	path=$(command -v $tool)
	cp -L "$path" root/bin
	for library in $(ldd "$path" | grep -oE '/[^ ]+\.so[^ ]*') $more; do
		mkdir -p "root$(dirname "$library")"
		cp -nL "$library" "root$library"
done
done
cp "$top/contrib/sprout-install" root/bin
echo 'of the seed' >root/base
# the kernel's command line selects the job of each boot
cat >root/sbin/init <<-'END'
	#!/bin/sh
	export PATH=/bin
	mount -t proc proc /proc
	mount -t sysfs sys /sys
	mount -t tmpfs tmp /tmp
	exec >/dev/ttyS1 2>&1
	set -e
	trap 'sync; poweroff -f' EXIT
	cat /base
	case $(sed 's/.*job=//' /proc/cmdline) in
	sprout*)
		btrfs device add /dev/vdb / >/dev/null
		mount -o remount,rw /
		echo 'of the first boot' >/note
		;;
	install*)
		cat /note
		grep -q '^/dev/vd. / btrfs rw' /proc/mounts
		echo 'of the second boot' >>/note
		sprout-install / /dev/vdb
		;;
	alone*)
		cat /note
		btrfs filesystem show -m / | grep -c devid
		;;
	esac
	echo finished
END
chmod +x root/sbin/init
tar -C root -c . | "${TAR2BTRFS:-$top/tar2btrfs}" --all-root -o seed.img
truncate -s 512m disk.img

# the initramfs: the modules of boot-kernel.sh and another init, which scans for btrfs as any initramfs does
mkdir initramfs
cat >initramfs/init <<-'END'
	#!/bin/sh
	export PATH=/bin
	mount -t devtmpfs dev /dev
	mount -t proc proc /proc
	mount -t sysfs sys /sys
	for m in $(cat /mods/order); do insmod "/mods/$m" 2>/dev/null; done
	[ -e /dev/vda ] || sleep 1
	btrfs device scan --all-devices >/dev/null
	root=$(sed 's/.*root=\([^ ]*\).*/\1/' /proc/cmdline)
	mount -t btrfs "$root" /mnt || poweroff -f
	mount --move /dev /mnt/dev
	umount /sys
	exec switch_root /mnt /sbin/init
END
chmod +x initramfs/init
cat "$cache/initramfs.cpio" <(cd initramfs && echo init | cpio --quiet -o -H newc -R 0:0) >initrd

# boot ROOT JOB DISK... - boot the system and print its output
boot()
{
	local root=$1 job=$2 disks=() disk
	shift 2
	for disk; do disks+=(-drive "file=$disk,format=raw,if=virtio"); done
	rm -f console said
	timeout 300 qemu-system-x86_64 -accel tcg -cpu max -m 512 -smp 1 -no-reboot -nodefaults -display none \
		-kernel "$cache"/boot/vmlinuz-* -initrd initrd "${disks[@]}" -serial file:console -serial file:said \
		-append "console=ttyS0 quiet panic=-1 mitigations=off rdinit=/init root=$root job=$job"
	tr -d '\r' <said | tee said.plain
	if ! grep -qx finished said.plain; then
		tail -n 20 console
		return 1
	fi
}

before=$(sha256sum <seed.img)
start=$SECONDS
boot /dev/vda sprout seed.img disk.img
boot /dev/vdb install seed.img disk.img
grep -q 'the copy is done' said.plain
boot /dev/vda alone disk.img
diff said.plain - <<-END
	of the seed
	of the first boot
	of the second boot
	1
	finished
END
[ "$before" = "$(sha256sum <seed.img)" ]
btrfs check --readonly --check-data-csum disk.img >/dev/null 2>&1
echo "ok      a system sprouts, boots as a sprout, and without its seed ($((SECONDS - start)) s)"
