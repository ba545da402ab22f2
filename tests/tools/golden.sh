#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# golden.sh write | check [NAME...] - SHA-256 sums of uncompressed images, and what dump-tree says of compressed ones.
#
# tests/golden/images.sha256   "layout N", then a sum and the options of each image
# tests/golden/*.dump          the filesystem tree of a compressed image: bytes of codecs change with their
#                              versions, so addresses and stored lengths are left out
# write runs btrfs check on each image before it writes its sum.
# check compares all images, or those made from the archives NAME. It fails if bytes have changed and
# the layout version has not, and if the version has changed and the sums are old.
set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
golden=$top/tests/golden
gen=$top/tests/gen
program=${TAR2BTRFS:-$top/tar2btrfs}
unset SOURCE_DATE_EPOCH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# everything at once: types, limits, collisions of names and of xattrs, extended references, holes
python3 "$gen/rich.py" >rich.spec
{
	python3 "$gen/names.py" 40 64 | sed 's|.*|file collisions/& text=x|'
	echo 'file extref/target text=x'
	python3 "$gen/names.py" 15 200 | sed 's|.*|link extref/& extref/target|'
	for i in $(seq 1 120); do printf 'link extref/%0200d extref/target\n' "$i"; done
	echo -n 'file xattr-collisions'
	python3 "$gen/names.py" 20 60 user. | sed 's|.*| x.&=&|' | tr -d '\n'
	echo
} >>rich.spec
python3 "$gen/archive.py" tar <rich.spec >rich.tar

# small samples of each kind of data for the codecs
cat >small.spec <<-END
	file text size=1000000
	file noise size=700000 seed=noise
	file mixed size=500000 hole=100000+100000 mtime=5.25
	file zeros size=300000 seed=zeros uid=7 gid=8 mode=04755
	file inline text=$(printf 'compress-me-%.0s' $(seq 1 200))
	file inline-noise size=3000 seed=noise x.user.a=1 x.user.b=2
	link linked text
	symlink s text
	char c 1,3
	dir d/e/f mtime=-1.5
END
python3 "$gen/archive.py" tar <small.spec >small.tar

# one line an image: NAME OPTIONS
images()
{
	local node csum
	for node in 4k 8k 16k 32k 64k; do
		for csum in crc32c xxhash sha256 blake2; do
			echo "rich --compress none -n $node --csum $csum"
		done
	done
	echo "rich --compress none -m dup"
	echo "rich --compress none -O ^free-space-tree"
	echo "rich --compress none -O block-group-tree"
	echo "rich --compress none --max-inline 0 -L label -U 12345678-1234-5678-9abc-123456789abc"
	echo "rich --compress none --mtime @1.5 -U clear"
	echo "rich --compress none --no-seed"
	echo "rich --compress none -u ro:links -u default:deep -u sizes/made --inode-flags nodatacow:sparse --property compression=lzo:types"
	echo "rich --compress none --keep-times --size 200m"
	echo "empty --compress none"
	echo "mirror --compress none"
	echo "chunks --compress none"
}

# only - filter lines that name an archive by the wanted archives; without wanted ones pass all
names=("${@:2}")
only()
{
	[ ${#names[@]} -gt 0 ] || { cat; return; }
	grep -E "(^|  )($(IFS='|'; echo "${names[*]}")) |^layout"
}

archive()
{
	case $1 in
	rich) cat rich.tar ;;
	empty) python3 "$gen/archive.py" tar </dev/null ;;
	mirror) python3 "$gen/stream.py" data 70m 3 ;;
	chunks) python3 "$gen/stream.py" data 1100m 2 ;;
	esac
}

# btrfs-progs of Debian 12 does not know the block group tree; tests/65-matrix.bats mounts such images
judge()
{
	case $* in *block-group-tree*) return ;; esac
	btrfs check --readonly --check-data-csum image.img >judged 2>&1 || {
		cat judged >&2
		exit 1
	}
}

# sums [judge] - one line an image, with judge after btrfs check
sums()
{
	local name options sum
	"$program" --version | sed -n 's/^image layout /layout /p'
	images | only | while read -r name options; do
		# shellcheck disable=SC2086 # words
		archive "$name" | "$program" $options >image.img
		# shellcheck disable=SC2086
		${1:-:} $options
		sum=$(sha256sum <image.img | cut -c1-64)
		echo "$sum  $name $options"
	done
}

dump()
{
	"$program" -o image.img --compress "$1" small.tar
	btrfs inspect-internal dump-tree -t 5 image.img | sed -n \
		-e '/^leaf\|^node\|^\tkey\|uuid\|^btrfs-progs/d' \
		-e 's/^\titem [0-9]* \(key .*\) itemoff.*/\1/' \
		-e 's/disk byte \([1-9][0-9]*\) nr [0-9]*/stored/' \
		-e 's/inline extent data size [0-9]*/inline/' \
		-e p
}

case ${1:-} in
write)
	sums judge >"$golden/images.sha256"
	for codec in zstd:3 zlib:3 lzo:1; do dump $codec >"$golden/${codec%:*}.dump"; done
	;;
check)
	sums >images.sha256
	for codec in zstd:3 zlib:3 lzo:1; do dump $codec >"${codec%:*}.dump"; done
	bad=0
	for f in images.sha256 zstd.dump zlib.dump lzo.dump; do
		if [ $f = images.sha256 ]; then only; else cat; fi <"$golden/$f" | diff - "$f" >difference && continue
		bad=1
		echo "$f changed:"
		head -n 40 difference
	done
	[ $bad = 0 ] && exit
	if [ "$(head -n 1 "$golden/images.sha256")" = "$(head -n 1 images.sha256)" ]; then
		echo "Images changed and LAYOUT_VERSION did not. If they must change: raise it, then 'make golden'."
	else
		echo "LAYOUT_VERSION changed: run 'make golden' and commit the sums with the change."
	fi
	exit 1
	;;
*)
	echo "usage: golden.sh write | check [NAME...]" >&2
	exit 2
	;;
esac
