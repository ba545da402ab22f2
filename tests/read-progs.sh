#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# read-progs.sh DIR - read the damaged images of btrfs-progs, of which DIR is a checkout.
# btrfs2tar lists each image, archives it and tells what it is: it must end within a minute, with less memory than its
# manual promises, and with success or one line. The last line of the output is the sum.
set -uo pipefail
[ -d "${1:-}/tests" ] || { echo "usage: read-progs.sh DIR, a checkout of btrfs-progs" >&2; exit 2; }
btrfs2tar=${BTRFS2TAR:-$(dirname "$0")/../btrfs2tar}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
# KiB: of address space, beyond which memory cannot be had; and of memory in use
address_limit=$((1 << 20)) limit=$((64 << 10))

# is_dump FILE - whether btrfs-image wrote it
is_dump()
{
	[ "$(od -An -tx1 -N8 "$1" | tr -d ' ')" = 8b669572e2255cbd ]
}

# read_image NAME ARGUMENT... - one run; its first line on stderr, if any, is shown
read_image()
{
	local name=$1 status=0 memory lines message
	shift
	(
		ulimit -v $address_limit
		exec timeout 60 env time -q -f %M -o "$work/memory" "$btrfs2tar" -q "$@" "$work/img" >/dev/null 2>"$work/stderr"
	) || status=$?
	memory=$(tail -n 1 "$work/memory")
	lines=$(wc -l <"$work/stderr") message=$(head -n 1 "$work/stderr")
	message=${message//"$work/"/}
	if [ $status -le 1 ] && [ "$lines" = $status ] && [ "$memory" -le $limit ]; then
		passed=$((passed + 1))
		echo "$name: ${*:-archive}: ${message:-read}"
	else
		failed=$((failed + 1))
		echo "FAILED $name: ${*:-archive}: status $status, $lines lines, $memory KiB: $message"
	fi
}

# try_image NAME FILE - all runs on an image, or on what a dump becomes
try_image()
{
	rm -f "$work/img"
	if is_dump "$2"; then
		btrfs-image -r "$2" "$work/img" >/dev/null 2>&1 || { echo "$1: btrfs-image cannot restore it"; return; }
	else
		mv "$2" "$work/img"
	fi
	read_image "$1" -t
	read_image "$1"
	read_image "$1" --info
}

while read -r file; do
	name=${file#"$1/tests/"}
	rm -rf "$work/tar" "$work/file"
	case $file in
	*.tar.xz)
		mkdir "$work/tar"
		tar -xJf "$file" -C "$work/tar"
		for inside in "$work"/tar/*; do try_image "$name" "$inside"; done
		continue
		;;
	*.xz) xz -dc "$file" >"$work/file" ;;
	*) cp "$file" "$work/file" ;;
	esac
	try_image "$name" "$work/file"
done < <(find "$1/tests" -type f \( -name '*.img' -o -name '*.raw' -o -name '*.img.xz' -o -name '*.raw.xz' -o -name '*.tar.xz' \) | sort)
echo "$passed passed, $failed failed"
[ $failed = 0 ] && [ $passed -gt 0 ]
