#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# check-kernels.sh - Debian's kernel, booted in qemu (software emulation), reads images that cover the
# pairs of codec, checksum and node size. The guest's hashes of all files are compared with GNU tar's.
# $BOOT_CACHE (default ~/.cache/boot-mount) keeps the kernel and its initramfs.
set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
sh "$top/tests/deps.sh" build test kernels
gen=$top/tests/gen
unset SOURCE_DATE_EPOCH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

for n in 0 1 2048 4095 4096 4097 131071 131072 131073 1048577; do
	echo "file sizes/text-$n size=$n"
	echo "file sizes/noise-$n size=$n seed=noise$n"
	echo "file sizes/zeros-$n size=$n seed=zeros"
done >spec
cat >>spec <<-END
	file holes size=4194304 hole=1048576+2097152
	symlink link sizes/text-1
	file names/%ff%c3%a4 text=raw
	link hard sizes/text-4097
END
for i in $(seq 1 500); do echo "file many/$i text=$i"; done >>spec
python3 "$gen/archive.py" tar <spec >tree.tar
# shellcheck disable=SC2016 # for the guest
list='find . -type f | sort | while read -r f; do sha256sum "$f"; done; find . -type l | sort | while read -r f; do readlink "$f"; done; stat -c "%n %a %u %g %s %h" $(find . -not -type d | sort)'
mkdir ref
tar -C ref -xf tree.tar
(cd ref && LC_ALL=C sh -c "$list") >expected

passed=0 failed=0
while read -r options; do
	# shellcheck disable=SC2086 # words
	"${TAR2BTRFS:-$top/tar2btrfs}" $options -o img tree.tar
	if bash "$top/tests/kernels/boot-mount.sh" -t 300 img "export LC_ALL=C; $list" >found 2>messages &&
		cmp -s found expected && ! grep -qE 'BTRFS (warning|error)|Call Trace' messages; then
		passed=$((passed + 1))
		echo "ok      $options"
	else
		failed=$((failed + 1))
		echo "FAILED  $options"
		diff found expected | head -n 5 || :
		tail -n 20 messages
	fi
done < <(python3 "$top/tests/tools/matrix.py")

# a container image, booted
mkdir -p root/bin root/proc root/dev upper/bin
cp "$(command -v busybox)" root/bin/
ln -s busybox root/bin/sh
echo old >root/bin/old
echo "it's new" >upper/hello
: >upper/bin/.wh.old
tar -C root -cf lower.tar .
tar -C upper -cf upper.tar hello bin/.wh.old
python3 "$gen/oci.py" image.tar --pack gzip app@linux/amd64=lower.tar,upper.tar
cache=${BOOT_CACHE:-$HOME/.cache/boot-mount}
status=0
TAR2BTRFS=${TAR2BTRFS:-$top/tar2btrfs} "$top/contrib/boot-oci" -t 300 -k "$cache"/boot/vmlinuz-* -d "$cache"/lib/modules/* image.tar \
	/bin/sh -c 'cd /; busybox ls -1 bin; busybox cat hello; busybox grep -c "^/dev/vda / btrfs ro" proc/mounts; exit 7' </dev/null >found || status=$?
printf 'busybox\nsh\nit'"'"'s new\n1\n' >expected
if [ $status = 7 ] && cmp -s found expected; then
	passed=$((passed + 1))
	echo "ok      contrib/boot-oci"
else
	failed=$((failed + 1))
	echo "FAILED  contrib/boot-oci: status $status"
	cat found
fi
echo "$passed passed, $failed failed"
[ $failed = 0 ]
