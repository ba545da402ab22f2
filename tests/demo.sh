#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# demo.sh [DIRECTORY...] - make an image of directories of this machine, mount it, and compare it with
# the directories (default: /etc and parts of /usr). Without root nothing is mounted.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
program=$top/tar2btrfs
work=$(mktemp -d "${TMPDIR:-/var/tmp}/tar2btrfs-demo.XXXXXX")
device=
cleanup()
{
	mountpoint -q "$work/mnt" && umount "$work/mnt"
	[ -z "$device" ] || losetup -d "$device"
	rm -rf "$work"
}
trap cleanup EXIT
unset SOURCE_DATE_EPOCH

step()
{
	if [ -t 1 ]; then
		printf '\n\033[1m%s\033[0m\n' "$*"
	else
		printf '\n%s\n' "$*"
	fi
}

if [ $# -gt 0 ]; then
	directories=("${@#/}")
else
	directories=(etc usr/bin usr/include usr/share/doc usr/share/perl5)
fi
cd /
for i in "${!directories[@]}"; do
	[ -e "${directories[i]}" ] || unset "directories[i]"
done
pack()
{
	tar -C / --xattrs --xattrs-include='*' --acls -S --format=pax -c "${directories[@]}" 2>/dev/null
}
img=$work/image.btrfs

step "1. tar of ${directories[*]/#//}, piped into an image"
echo "  tar -c ... | tar2btrfs > image.btrfs"
start=$(date +%s.%N)
pack | "$program" >"$img"
seconds=$(awk "BEGIN { printf \"%.1f\", $(date +%s.%N) - $start }")
bytes=$(pack | wc -c)
size=$(stat -c %s "$img")
fsid=$(btrfs inspect-internal dump-super "$img" | awk '$1 == "fsid" { print $2 }')
printf '  archive  %s, %s entries\n' "$(numfmt --to=iec-i --suffix=B "$bytes")" "$(pack | tar -t | wc -l)"
printf '  image    %s (%d %%), made in %s s\n' "$(numfmt --to=iec-i --suffix=B "$size")" $((size * 100 / bytes)) "$seconds"
printf '  fsid     %s, which follows from the content\n' "$fsid"

step "2. The same bytes again"
first=$(sha256sum <"$img" | cut -c1-64)
second=$(pack | "$program" --threads 1 | sha256sum | cut -c1-64)
printf '  first    %s\n  second   %s (one thread)\n' "$first" "$second"
[ "$first" = "$second" ]

step "3. btrfs check --check-data-csum"
btrfs check --force --readonly --check-data-csum "$img" >"$work/check" 2>&1 || {
	cat "$work/check"
	exit 1
}
sed -n 's/^\(found .*\|total .*\)/  \1/p' "$work/check"

if [ "$(id -u)" = 0 ] && [ -e /dev/loop-control ] &&
	{ grep -qw btrfs /proc/filesystems || modprobe btrfs 2>/dev/null; }; then
	step "4. Mounted, and compared with what tar extracts"
	mkdir "$work/mnt" "$work/tree"
	device=$(losetup --find --show --read-only "$img")
	mount -t btrfs -o ro "$device" "$work/mnt"
	# of each file: type, mode, owner, time, size, device, target, links, attributes, content
	pack | tar -C "$work/tree" --xattrs --xattrs-include='*' --acls -xp
	printf '  '
	# tar creates parent directories that are no members with a mode and a time of its own
	parents=$(for d in "${directories[@]}"; do
		while d=$(dirname "$d"); [ "$d" != . ]; do echo -n ",attrs:$d"; done
	done)
	python3 "$top/tests/tools/treecmp.py" --ignore="root$parents" "$work/tree" "$work/mnt"
else
	step "4. Not mounted: that needs root, a loop device and btrfs in the kernel"
fi
printf '\nAll well.\n'
