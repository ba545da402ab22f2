#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# check-verity.sh [ARCHIVE] - Debian's kernel, booted in qemu, judges fs-verity: what it makes itself is compared with
# ours byte for byte, it verifies every read, finds each kind of damage, and refuses a wrong signature.
# With ARCHIVE its files are measured and read, too: a whole root takes minutes. $BOOT_CACHE as for check-kernels.sh.
set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
archive=${1:+$(realpath "$1")}
sh "$top/tests/deps.sh" build test kernels
T=${TAR2BTRFS:-$top/tar2btrfs}
items=$top/tests/tools/verity_items.py
unset SOURCE_DATE_EPOCH
export LC_ALL=C
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
passed=0 failed=0

# judge NAME COMMAND... - count and print what a command found
judge()
{
	local name=$1
	shift
	if "$@" >judged 2>&1; then
		passed=$((passed + 1))
		echo "ok      $name"
	else
		failed=$((failed + 1))
		echo "FAILED  $name"
		tail -n 20 judged
		tail -n 20 messages || :
	fi
}

# guest COMMANDS BOOT-MOUNT-ARGUMENT... - run commands in the guest: stdout goes to found, the console to messages
guest()
{
	local commands=$1
	shift
	bash "$top/tests/kernels/boot-mount.sh" -t 1200 "$@" "export LC_ALL=C; $commands" >found 2>messages
}

# quiet - the kernel and fsverity complained of nothing
quiet()
{
	! grep -E 'BTRFS (warning|error)|Call Trace|ERROR|Missing crypto' messages | grep -v 'File exists' # a hard link
}

# ---- the tree -------------------------------------------------------------------

python3 "$top/tests/gen/verity.py" t large
tar -C t -S --sort=name --format=pax -cf tree.tar .
(cd t && find . -type f | sort | xargs fsverity digest) >measured
(cd t && find . -type f | sort | xargs sha256sum) >sums
# shellcheck disable=SC2016 # for the guest
look='find . -type f | sort | xargs fsverity measure; find . -type f | sort | xargs sha256sum'
# Files cannot be written to. Kernel messages of damage would follow.
# shellcheck disable=SC2016 # for the guest
write='for f in $(find . -type f | sort); do echo x 2>/dev/null >>$f && echo "written: $f"; done; :'

# ---- (a) and (c): what the kernel makes, and what it reads ------------------------

# like_kernel NAME 'ENABLE OPTIONS' TAR2BTRFS-OPTION... - fsverity enable on all files of an image without fs-verity
# gives the items that ours has
like_kernel()
{
	local name=$1 enable=$2
	shift 2
	"$T" "$@" -o img tree.tar
	"$T" --no-seed --free 256m -o plain.img tree.tar
	guest "mkdir /rw; mount /dev/vdb /rw; cd /rw && find . -type f | xargs -n 1 fsverity enable $enable; cd /; umount /rw" \
		-d plain.img img || :
	judge "$name: messages" quiet
	# Ours leave out the zeros that end the last block of a tree.
	for i in plain.img img; do
		rm -rf "$i.items"
		mkdir "$i.items"
		python3 "$items" dump "$i" "$i.items"
		find "$i.items" -name '*.tree' -exec truncate -s %4096 {} +
		python3 "$items" list "$i" | sort >"$i.list"
	done
	judge "$name: $(find img.items -type f | wc -l) descriptors and trees are the kernel's, byte for byte" diff -r plain.img.items img.items
	judge "$name: $(wc -l <img.list) items, whose keys the kernel has, too" \
		test -z "$(comm -13 <(cut -d' ' -f1-3 plain.img.list) <(cut -d' ' -f1-3 img.list))"
	judge "$name: $(comm -12 plain.img.list img.list | wc -l) of them are equal, the last of each tree may be shorter" \
		test -z "$(comm -13 plain.img.list img.list | awk '$2 != 37')"
	# the flag of inodes, and the feature
	for i in plain.img img; do
		btrfs inspect-internal dump-tree -t 5 "$i" | grep -c 'flags 0x100000000' || :
		btrfs inspect-internal dump-super "$i" | grep '^compat_ro_flags'
	done >flags
	judge "$name: flags" cmp <(head -n 2 flags) <(tail -n 2 flags)
}

like_kernel sha256 '' --fs-verity
for options in '' '--compress none' '--compress zlib' '--compress lzo' '--max-inline 0' --pack-tails '-n 4k' '-n 64k'; do
	# shellcheck disable=SC2086 # words
	"$T" --fs-verity $options -o img tree.tar
	guest "$look; cd /; mount -o remount,ro /mnt; cd /mnt; $write" img || :
	judge "measured and read${options:+: $options}" diff found <(cat measured sums)
	judge "messages" quiet
done
like_kernel sha512 --hash-alg=sha512 --fs-verity=sha512
like_kernel salt '--salt=0123456789abcdef0123456789abcdef01' --fs-verity --fs-verity-salt 0123456789abcdef0123456789abcdef01

# ---- (b): a whole root ------------------------------------------------------------

if [ -n "$archive" ]; then
	mkdir root
	tar -C root -xf "$archive"
	(cd root && find . -type f | sort | tr '\n' '\0' | xargs -0 fsverity digest) >measured.root
	# busybox: no name is escaped, as in the guest
	(cd root && find . -type f | sort | tr '\n' '\0' | xargs -0 busybox sha256sum) >sums.root
	"$T" --fs-verity -o img "$archive"
	guest "find . -type f | sort | tr '\n' '\0' | xargs -0 fsverity measure; find . -type f | sort | tr '\n' '\0' | xargs -0 sha256sum" \
		-m 1024 img || :
	judge "$(wc -l <measured.root) files of $(basename "$archive")" diff found <(cat measured.root sums.root)
fi

# ---- (d): damage --------------------------------------------------------------------

# Each damaged image is a disk: its one file is opened and read. The kernel says which step failed, and why.
mkdir d
cp t/noise-300001 d/f
tar -C d -cf plain.tar f
printf 'a small text in the tree\n' >d/f
tar -C d -cf inline.tar f
cat t/noise-4097 t/hole >d/f
truncate -s 300001 d/f
tar -C d -S -cf sparse.tar f
disks=() expected=
# damaged ERROR ARCHIVE WHAT [AT]
damaged()
{
	local error=$1 archive=$2
	shift 2
	"$T" --fs-verity --compress none -L "case-${#disks[@]}" -o "d${#disks[@]}" "$archive"
	[ "$1" = nothing ] || python3 "$items" damage "d${#disks[@]}" 257 "$@"
	disks+=(-D "d${#disks[@]}")
	expected+="$error"$'\n'
}
# guests show letters of disks: a to z, two words a disk here
damaged ok plain.tar nothing
damaged EIO plain.tar data 0
damaged EIO plain.tar data 300000
damaged EIO plain.tar hole
damaged EIO inline.tar inline 3
damaged EIO plain.tar tree 0
damaged EIO plain.tar tree 2100
damaged EIO plain.tar desc 16
damaged EINVAL plain.tar desc 0
damaged EINVAL plain.tar desc 8
damaged EINVAL plain.tar desc 200
damaged EUCLEAN plain.tar item 9
damaged EIO sparse.tar tree 100
damaged ok sparse.tar nothing
# shellcheck disable=SC2016 # for the guest
guest 'mkdir /m
	for d in /dev/vd[b-z]; do
		mount -o ro $d /m || { echo "no mount"; continue; }
		if error=$(cat /m/f 2>&1 >/dev/null); then echo ok
		else case $error in *"Invalid argument"*) echo EINVAL;; *"Input/output error"*) echo EIO;;
			*"Structure needs cleaning"*) echo EUCLEAN;; *) echo "$error";; esac
		fi
		umount /m
	done' "${disks[@]}" img || :
judge "$((${#disks[@]} / 2)) images, damaged with checksums that are right" diff found <(printf %s "$expected")

# ---- (e): a sprout ------------------------------------------------------------------

"$T" --fs-verity -o img tree.tar
truncate -s 1g sprout
# shellcheck disable=SC2016 # for the guest
guest "mount -o remount,ro /mnt; btrfs device add -f /dev/vdb /mnt >/dev/null && mount -o remount,rw /mnt && cd /mnt || exit
	echo new >new; cp text-4097 copy; mv text-1 moved && mv moved text-1; chmod 600 text-0
	$write
	rm new copy noise-65536
	cd /; btrfs device remove /dev/vda /mnt && echo removed" -d sprout img || :
judge "a sprout lets go of its seed; its own files and a copy can be written to, others cannot" \
	diff found <(printf "%s\n" "written: ./copy" "written: ./new" removed)
guest "$look" sprout || :
judge "the sprout without its seed, measured and read" diff found <(cat measured sums | grep -v noise-65536)
judge "btrfs check of it" bash -c '! btrfs check --check-data-csum sprout 2>&1 | grep -iE "error|warning" | grep -v "no error"'

# ---- a writable image: Linux moves and rewrites what such files have --------------------

"$T" --fs-verity --no-seed --free 256m -o rw.img tree.tar
truncate -s 1g second
# scrub of the guest needs a library to end; the kernel's message has its result
# shellcheck disable=SC2016 # for the guest
guest 'mkdir /rw; mount /dev/vdb /rw && cd /rw || exit
	{
		btrfs filesystem defragment -r -f -czlib . && btrfs balance start --full-balance . &&
			btrfs device add -f /dev/vdc . && btrfs device remove /dev/vdb . || exit
		btrfs scrub start -B .
		btrfs subvolume snapshot -r . snap && mkdir in && btrfs send snap | btrfs receive in
	} >/dev/null 2>&1
	fsverity measure snap/text-4097
	fsverity measure in/snap/text-4097 2>/dev/null || echo "received without"
	cmp in/snap/hole hole
	btrfs subvolume delete in/snap snap >/dev/null
	rmdir in
	'"$look; cd /; umount /rw" -d rw.img -d second img || :
judge "defragmented, balanced, moved to another device, measured and read" \
	diff found <(grep text-4097 measured | sed 's,\./,snap/,'; echo "received without"; cat measured sums)
judge "messages" quiet
judge "scrub" grep -q 'scrub: finished on devid 2 with status: 0' messages
judge "btrfs check of it" bash -c '! btrfs check --check-data-csum second 2>&1 | grep -iE "error|warning" | grep -v "no error"'
judge "btrfs2tar reads it" cmp <("${BTRFS2TAR:-$top/btrfs2tar}" --manifest second | grep -c verity=) <(wc -l <measured)

# ---- (f): signatures ------------------------------------------------------------------

for name in good other; do
	openssl req -newkey rsa:2048 -nodes -keyout $name.pem -x509 -outform PEM -out $name.cert -subj "/CN=$name" -days 3 2>/dev/null
done
mkdir sig s
printf 'signed by the key' >s/good
printf 'signed by another key' >s/other
printf 'not signed' >s/none
printf 'signed for other bytes' >s/wrong
head -c 300000 t/noise-300001 >s/by-digest
tar -C s -cf s.tar .
digest() { fsverity digest --compact "s/$1"; }
fsverity sign s/good "sig/$(digest good).p7s" --key=good.pem --cert=good.cert >/dev/null
fsverity sign s/other "sig/$(digest other).p7s" --key=other.pem --cert=other.cert >/dev/null
cp "sig/$(digest good).p7s" "sig/$(digest wrong).p7s"
# as docs/verity.md has it, from the digest alone
"$T" --fs-verity=:by-digest --fs-verity-digests digests -o /dev/null s.tar
printf '465356657269747901002000%s' "$(sed 's/^sha256:\([0-9a-f]*\) .*/\1/' digests)" | xxd -r -p |
	openssl smime -sign -binary -noattr -nocerts -outform DER -inkey good.pem -signer good.cert -out "sig/$(digest by-digest).p7s"
"$T" --fs-verity --fs-verity-signatures sig -o img s.tar
openssl x509 -in good.cert -outform DER -out cert.der
mkdir c
cp cert.der c/
tar -C c -cf c.tar .
"$T" -o cert.img c.tar
# shellcheck disable=SC2016 # for the guest
guest 'mkdir /m; mount -o ro /dev/vdb /m; keyctl padd asymmetric "" %keyring:.fs-verity </m/cert.der >/dev/null || exit
	keyctl restrict_keyring %keyring:.fs-verity
	echo 1 >/proc/sys/fs/verity/require_signatures
	for f in by-digest good none other wrong; do
		if cat $f >/dev/null 2>&1; then echo $f opens; else echo $f does not; fi
	done' -D cert.img img || :
judge "signatures, required" diff found <(printf '%s\n' 'by-digest opens' 'good opens' 'none does not' 'other does not' 'wrong does not')

echo "$passed passed, $failed failed"
[ $failed = 0 ]
