#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# build.sh DIR - build a Debian package of this source tree in DIR, which is emptied first. Files that
# git neither tracks nor ignores are part of the source; without git, all files are.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
dir=$1
version=$(sed -n '1s/.*(\(.*\)-.*).*/\1/p' "$top/contrib/debian/changelog")
source=$dir/tar2btrfs-$version

rm -rf "$dir"
mkdir -p "$source"
cd "$top"
if git rev-parse --git-dir >/dev/null 2>&1; then
	git ls-files -z --cached --others --exclude-standard | tar --null -T - -c
else
	tar --exclude=./build --exclude='./build-*' -c .
fi | tar -C "$source" -x
cp -R "$source/contrib/debian" "$source/debian"
cd "$source"
dpkg-buildpackage -b -us -uc
