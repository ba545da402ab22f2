#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# boot-mount.sh [options] IMAGE [shell-commands]
# Boots Debian's kernel in qemu (software emulation, about 7 s), mounts IMAGE (/dev/vda) on /mnt and runs
# the commands there (default: find .). Their output goes to stdout unchanged; the console and the
# kernel's messages go to stderr. The exit status is that of the commands, or 32: the mount failed,
# 124: no answer in time, 125: the guest died.
#  -o MOUNTOPTS (ro)   -d SCRATCH.img  a writable disk (/dev/vdb, ...), may be repeated   -D OTHER.img  a read-only one
#  -m MEGABYTES (512)  -t SECONDS (120)
mo=ro; mem=512; to=120; disks=()
while getopts o:d:D:m:t: c; do case $c in o) mo=$OPTARG;; d) disks+=("file=$OPTARG");; D) disks+=("readonly=on,file=$OPTARG");; m) mem=$OPTARG;; t) to=$OPTARG;; *) exit 2;; esac; done
shift $((OPTIND-1)); img=${1:-}; [ -r "$img" ] || { echo "usage: $0 [options] IMAGE [shell-commands]" >&2; exit 2; }
"$(dirname "$0")/boot-kernel.sh" || exit 2
K=${BOOT_CACHE:-$HOME/.cache/boot-mount}
T=$(mktemp -d); trap 'rm -rf "$T"' EXIT
printf 'FSTYPE=btrfs\nMOUNTOPTS=%q\n' "$mo" >"$T/job.env"; printf '%s\n' "${2:-find .}" >"$T/job.sh"
(cd "$T" && printf 'job.env\njob.sh\n' | cpio --quiet -o -H newc -R 0:0) >"$T/job.cpio"; cat "$K/initramfs.cpio" "$T/job.cpio" >"$T/initrd"
# shellcheck disable=SC2054 # commas belong to the words
args=(-accel tcg -cpu max -m "$mem" -smp 1 -no-reboot -nodefaults -display none -kernel "$K"/boot/vmlinuz-* -initrd "$T/initrd"
	-append "console=ttyS0 quiet loglevel=4 panic=-1 mitigations=off no_timer_check rdinit=/init" -serial "file:$T/serial" -serial "file:$T/stdout"
	-drive "file=$img,format=raw,if=none,id=d0,readonly=on" -device virtio-blk-pci,drive=d0)
i=1; for d in "${disks[@]}"; do args+=(-drive "$d,format=raw,if=none,id=d$i" -device "virtio-blk-pci,drive=d$i"); i=$((i+1)); done
timeout -k 5 "$to" qemu-system-x86_64 "${args[@]}" >"$T/qemu" 2>&1; q=$?
touch "$T/serial" "$T/stdout"; cat "$T/stdout"; tr -d '\r' <"$T/serial" | sed '/^@@/d' >&2
rc=$(tr -d '\r' <"$T/serial" | sed -n 's/^@@RC=\([0-9]*\).*/\1/p'); [ -n "$rc" ] && exit "$rc"
cat "$T/qemu" >&2; [ $q = 124 ] && exit 124; exit 125
