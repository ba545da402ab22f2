#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# grow-sprout.sh - Debian's kernel, booted in qemu (software emulation), mounts pairs of a seed and a
# sprout that tar2btrfs made, read-write, at once; it writes, balances, lets the seed go, and mounts the
# sprout alone. $BOOT_CACHE (default ~/.cache/boot-mount) keeps the kernel.
set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
sh "$top/tests/deps.sh" build test kernels
tar2btrfs=${TAR2BTRFS:-$top/tar2btrfs}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

for i in $(seq 1 300); do echo "file many/$i size=$((i * 100))"; done >spec
for i in $(seq 1 10); do echo "file data/$i size=700000 seed=noise$i"; done >>spec
python3 "$top/tests/gen/archive.py" tar <spec >tree.tar
mkdir ref
tar -C ref -xf tree.tar
(cd ref && find . -type f | LC_ALL=C sort | xargs sha256sum) >expected

# boot-mount.sh mounts /dev/vda, which is none of the pair; the seed is /dev/vdb, the sprout is /dev/vdc
: | tar -cf empty.tar -T -
"$tar2btrfs" -o other.img empty.tar
cat >job <<-'END'
	set -e
	mkdir /tmp/m
	# this kernel opens what device= names for writing in a mount that is not read-only
	mount -t btrfs -o ro,device=/dev/vdb /dev/vdc /tmp/m
	mount -o remount,rw /tmp/m
	cd /tmp/m
	find . -type f | LC_ALL=C sort | xargs sha256sum
	dd if=/dev/urandom of=new bs=1M count=8 2>/dev/null
	btrfs subvolume snapshot . snapshot >/dev/null
	sync
	btrfs balance start --full-balance . >/dev/null
	cd /
	umount /tmp/m
	btrfs device scan /dev/vdb /dev/vdc >/dev/null
	mount -t btrfs /dev/vdc /tmp/m
	btrfs device remove 1 /tmp/m
	umount /tmp/m
	mount -t btrfs /dev/vdc /tmp/m
	cd /tmp/m
	find ./data ./many -type f | LC_ALL=C sort | xargs sha256sum
	[ "$(sha256sum <new)" = "$(sha256sum <snapshot/new)" ]
	cd /
	umount /tmp/m
END

failed=0
while read -r options; do
	# shellcheck disable=SC2086 # words
	"$tar2btrfs" $options -o seed.img tree.tar
	"$tar2btrfs" --onto seed.img --sprout --size 512m -o sprout.img
	if bash "$top/tests/kernels/boot-mount.sh" -t 300 -D seed.img -d sprout.img other.img "$(cat job)" >found 2>messages &&
		cmp -s <(cat expected expected) found &&
		! grep -qE 'BTRFS (warning|error)|Call Trace' messages &&
		btrfs check --readonly --check-data-csum sprout.img >/dev/null 2>&1; then
		echo "ok      a pair: ${options:-defaults}"
	else
		failed=1
		echo "FAILED  a pair: ${options:-defaults}"
		diff <(cat expected expected) found | head -n 5 || :
		tail -n 20 messages
	fi
done <<-'END'

	--compress none -n 4k --csum sha256 -m dup
	-n 64k --csum xxhash -O ^free-space-tree
	--pack-tails --csum blake2 -O block-group-tree
END
exit $failed
