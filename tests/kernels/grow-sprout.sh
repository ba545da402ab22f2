#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# grow-sprout.sh - Debian's kernel, booted in qemu (software emulation), mounts pairs of a seed and a
# sprout that tar2btrfs made, read-write, at once; it writes, makes a snapshot, balances, counts quotas, scrubs, lets the
# seed go, and mounts and scrubs the sprout alone. The same with one update between both, with two, and with a writable
# update of a seed and of a chain. $BOOT_CACHE (default ~/.cache/boot-mount) keeps the kernel.
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

# what the seed of an update has, and an update before the last
sed '/many.29/d; s/noise3$/old3/; s/many.17 .*/many\/17 text=old/' spec >old.spec
echo 'file gone size=70000' >>old.spec
python3 "$top/tests/gen/archive.py" tar <old.spec >old.tar
sed 's/noise[57]$/middle/; s/many.23[0-9] .*/& mode=0600/' spec | python3 "$top/tests/gen/archive.py" tar >middle.tar

# boot-mount.sh mounts /dev/vda, which is none of the chain; its seeds are /dev/vdb and so on, then comes $top
: | tar -cf empty.tar -T -
"$tar2btrfs" -o other.img empty.tar
cat >job <<-'END'
	set -e
	mkdir /tmp/m
	# this kernel opens what device= names for writing in a mount that is not read-only
	mount -t btrfs -o "ro$others" "$top" /tmp/m
	mount -o remount,rw /tmp/m
	cd /tmp/m
	find . -type f | LC_ALL=C sort | xargs sha256sum
	dd if=/dev/urandom of=new bs=1M count=8 2>/dev/null
	btrfs subvolume snapshot . snapshot >/dev/null
	sync
	btrfs quota enable .
	btrfs quota rescan -W . >/dev/null # enable began it
	btrfs subvolume snapshot . counted >/dev/null
	echo more >>data/1
	sync
	btrfs qgroup show . | grep -q '^0/5 '
	# of this device alone: the kernel takes blocks of a seed for damaged ones
	btrfs scrub start -BrR "$top" >/tmp/scrub
	btrfs balance start --full-balance . >/dev/null
	cd /
	umount /tmp/m
	btrfs device scan $(echo "$others" | tr , '\n' | sed 's/device=//') "$top" >/dev/null
	mount -t btrfs "$top" /tmp/m
	for id in $seeds; do
		btrfs device remove "$id" /tmp/m
	done
	umount /tmp/m
	mount -t btrfs "$top" /tmp/m
	btrfs scrub start -BrR /tmp/m >>/tmp/scrub
	! grep -E '_errors: *[1-9]|aborted' /tmp/scrub || exit 1
	[ "$(grep -c 'data_bytes_scrubbed: *[1-9]' /tmp/scrub)" = 2 ]
	cd /tmp/m
	[ "$(tail -c 5 data/1)" = more ]
	cp counted/data/1 data/1
	find ./data ./many -type f | LC_ALL=C sort | xargs sha256sum
	[ "$(sha256sum <new)" = "$(sha256sum <snapshot/new)" ]
	cd /
	umount /tmp/m
END

failed=0

# grows TEXT SPROUT SEED... - whether Debian's kernel agrees
grows()
{
	local text=$1 new=$2 disks=() others='' seeds='' i=1 letters=abcdefg job
	: >checked
	shift 2
	for seed; do
		disks+=(-D "$seed")
		others+=,device=/dev/vd${letters:i:1}
		seeds+=" $((i++))"
	done
	job="top=/dev/vd${letters:i:1} others=$others seeds='$seeds'
$(cat job)"
	if bash "$top/tests/kernels/boot-mount.sh" -t 300 "${disks[@]}" -d "$new" other.img "$job" >found 2>messages &&
		cmp -s <(cat expected expected) found &&
		! grep -qE 'BTRFS (warning|error)|Call Trace' messages &&
		btrfs check --readonly --check-data-csum "$new" >checked 2>&1 &&
		grep -q 'checking quota groups$' checked && ! grep -qi 'rescan\|inconsistent' checked; then
		echo "ok      $text"
	else
		failed=1
		echo "FAILED  $text"
		diff <(cat expected expected) found | head -n 5 || :
		grep -E 'BTRFS (warning|error)|Call Trace' messages || tail -n 20 messages
		head -n 20 checked
	fi
}

while read -r options; do
	# shellcheck disable=SC2086 # words
	"$tar2btrfs" $options -o seed.img tree.tar
	"$tar2btrfs" --onto seed.img --sprout --size 512m -o sprout.img
	grows "a pair: ${options:-defaults}" sprout.img seed.img
done <<-'END'

	--compress none -n 4k --csum sha256 -m dup
	-n 64k --csum xxhash -O ^free-space-tree
	--pack-tails --csum blake2 -O block-group-tree
END

"$tar2btrfs" -o seed.img old.tar
"$tar2btrfs" --onto seed.img -o update.img tree.tar
"$tar2btrfs" --onto seed.img --onto update.img --sprout --size 512m -o sprout.img
grows "a sprout of an update" sprout.img seed.img update.img
"$tar2btrfs" --onto seed.img --no-seed --size 512m -o update.img tree.tar
grows "a writable update" update.img seed.img
"$tar2btrfs" --onto seed.img -o first.img middle.tar
"$tar2btrfs" --onto seed.img --onto first.img -o second.img tree.tar
"$tar2btrfs" --onto seed.img --onto first.img --onto second.img --sprout --size 512m -o sprout.img
grows "a sprout of a chain of three" sprout.img seed.img first.img second.img
"$tar2btrfs" --onto seed.img --onto first.img --no-seed --size 512m -o second.img tree.tar
grows "a writable update of a chain" second.img seed.img first.img
exit $failed
