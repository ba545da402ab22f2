#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# check-accepted.sh FROM TO - convert the generator's archives FROM..TO and the archives of the corpora.
# btrfs check must accept each image; as root, every 50th image is also mounted and read in full. The
# options rotate with the number. The last line is the sum. The first bad image is kept and ends the
# run with status 1.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
work=$(mktemp -d)
options=('' '-n 4k' '-m dup' '--compress none' '-n 64k --detect-holes' '-O ^free-space-tree' '-O block-group-tree --keep-times' '--compress zlib')
accepted=0 refused=0 mounted=0

bad()
{
	echo "$1: $2; the image is $work/img" >&2
	exit 1
}

read_all()
{
	mkdir -p "$work/mnt"
	mount -o loop,ro "$work/img" "$work/mnt" || bad "$1" "does not mount"
	local status=0
	# a file type without data is only looked at
	find "$work/mnt" -xdev -ls >/dev/null 2>"$work/errors" || status=1
	find "$work/mnt" -xdev -type f -size -64M -exec cat {} + >/dev/null 2>>"$work/errors" || status=1
	umount "$work/mnt"
	[ $status = 0 ] || { cat "$work/errors"; bad "$1" "is not readable"; }
	mounted=$((mounted + 1))
}

# check NAME NUMBER - the archive is $work/a
check()
{
	local status=0
	# shellcheck disable=SC2086 # words
	./tar2btrfs -q -L "$work $2" --skip-unsupported ${options[$2 % ${#options[@]}]} -o "$work/img" "$work/a" 2>"$work/stderr" || status=$?
	if [ $status = 1 ] && [ "$(wc -l <"$work/stderr")" = 1 ]; then
		refused=$((refused + 1))
		return
	fi
	[ $status = 0 ] || { cat "$work/stderr"; bad "$1" "exit status $status"; }
	accepted=$((accepted + 1))
	btrfs check --force --readonly --check-data-csum "$work/img" >"$work/check" 2>&1 || { head -n 20 "$work/check"; bad "$1" "is refused by btrfs check"; }
	[ $((accepted % 50)) != 0 ] || [ "$(id -u)" != 0 ] || read_all "$1"
}

for ((i = $1; i <= $2; i++)); do
	# three of four archives have mild faults; most of these are accepted
	if [ $((i % 4)) = 0 ]; then build/fuzz/generate "$i"; else build/fuzz/generate "$i" mild; fi >"$work/a"
	check "generate $i" "$i"
done
n=0
for f in tests/fuzz/corpus/archive/* build-fuzz/corpus/archive/*; do
	[ -e "$f" ] || continue
	tail -c +7 "$f" >"$work/a" # without the harness's options
	check "$f" $((n++))
done
rm -rf "$work"
echo "$accepted accepted and checked, $mounted of them mounted and read, $refused refused"
