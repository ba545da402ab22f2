#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# draw.sh [TAR2BTRFS] > layout.svg - the drawing in layout.md: a real image of a small, made-up system, not compressed,
# so that it is the same everywhere.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
{
	i=0
	while [ $i -lt 900 ]; do
		echo "file usr/share/doc/page-$i size=$((i * 7 % 3000))"
		i=$((i + 1))
	done
	i=0
	while [ $i -lt 40 ]; do
		echo "file usr/lib/library-$i size=$((60000 + i * 3000))"
		echo "file home/photo-$i size=20000 seed=noise$i"
		i=$((i + 1))
	done
} | python3 "$top/tests/gen/archive.py" tar | "${1:-$top/tar2btrfs}" --compress none -u home >"$work/img"
licence=$(sed -n '2s/^# //p' "$0")
python3 "$top/contrib/layout-svg.py" "$work/img" | sed "1a <!-- $licence -->"
