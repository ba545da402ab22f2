#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# boot-guests.sh - the recipes of contrib/recipes for guests, as they stand there, with a Debian system: two guests of one
# base run at the same time in qemu (software emulation), root logs in, and what each wrote is there after it boots again.
# systemd finds the device of a sprout with the rule of docs/sprouts.md.
# Needs Debian's mirror, as mmdebstrap does, and 1 GB in TMPDIR.
set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
sh "$top/tests/deps.sh" build test kernels
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || :; wait; rm -rf "$work"' EXIT
cd "$work"

# the programs that the recipes name; the machine is emulated
mkdir bin
ln -s "${TAR2BTRFS:-$top/tar2btrfs}" bin/tar2btrfs
ln -s "${BTRFS2TAR:-$top/btrfs2tar}" bin/btrfs2tar
cat >bin/qemu-system-x86_64 <<-END
	#!/bin/bash
	[ "\$1 \$2 \$3 \$4" = '-accel kvm -cpu host' ] || exit 2
	exec $(command -v qemu-system-x86_64) -accel tcg -cpu max "\${@:5}"
END
chmod +x bin/*
PATH=$work/bin:$PATH

# recipe HEADING - write what stands below it to standard output
recipe()
{
	awk -v h="## $1" '/^## / { on = $0 == h } on && sub(/^    /, "")' "$top/contrib/recipes/README.md"
}
recipe 'A base for guests' >base.sh
recipe 'A guest' >guest.sh
[ -s base.sh ] && [ -s guest.sh ]

# wait_for TEXT GUEST - until its console has the text
wait_for()
{
	for _ in $(seq 600); do
		! grep -qF "$1" "$2.console" || return 0
		sleep 2
	done
	echo "FAILED  $2: no '$1' on its console"
	tail -n 20 "$2.console"
	return 1
}

# session NAME COMMAND - root logs in, when both guests are up, and runs the command; what it says is in the file "said"
session()
{
	local machine keys
	mkfifo "$1.keys"
	GUEST=$1 timeout 2400 bash -euo pipefail guest.sh <"$1.keys" >"$1.console" 2>&1 &
	machine=$!
	trap 'kill $machine 2>/dev/null || :' EXIT
	exec {keys}>"$1.keys"
	wait_for 'login:' vm1
	wait_for 'login:' vm2
	printf 'root\n' >&"$keys"
	wait_for 'root@' "$1"
	printf '%s\n' "{ $2; } >said 2>&1; poweroff" >&"$keys"
	wait "$machine"
	exec {keys}>&-
}

# sessions COMMAND EXPECTED - in both guests at the same time; "@" is the guest's name
sessions()
{
	local first second name
	rm -f ./*.keys ./*.console
	touch vm1.console vm2.console
	session vm1 "${1//@/vm1}" &
	first=$!
	session vm2 "${1//@/vm2}" &
	second=$!
	wait $first
	wait $second
	for name in vm1 vm2; do
		btrfs2tar --cat root/said $name.img base.img | diff - <(echo "${2//@/$name}")
	done
}

start=$SECONDS
bash -euo pipefail base.sh 2>log || { cat log; exit 1; }
before=$(sha256sum <base.img)
# the mount, what the kernel says of it, and the name
common='findmnt -rno SOURCE,FSTYPE,OPTIONS / | cut -d, -f1; dmesg -l err,warn | grep -i btrfs; cat mine'
sessions "echo @ >mine; head -c 20M /dev/urandom >noise; sha256sum noise >sum; $common" $'/dev/vdb btrfs rw\n@'
# systemd finds the device with the rule of docs/sprouts.md, and not without it
rule=$(sed -n 's/^    \(SUBSYSTEM==.*\)/\1/p' "$top/docs/sprouts.md")
unit='systemctl is-active dev-vdb.device | sed s/^activating/inactive/'
reload="echo '$rule' >/etc/udev/rules.d/65-sprout.rules; udevadm control --reload; udevadm trigger --settle /dev/vdb"
sessions "sha256sum -c sum; $common; $unit; $reload; systemctl start dev-vdb.device; $unit" \
	$'noise: OK\n/dev/vdb btrfs rw\n@\ninactive\nactive'
[ "$before" = "$(sha256sum <base.img)" ]
for name in vm1 vm2; do
	btrfs2tar $name.img base.img root | tar -xO ./root/noise | sha256sum |
		cmp - <(btrfs2tar --cat root/sum $name.img base.img | sed 's/noise/-/')
	[ "$(du -m $name.img | cut -f1)" -lt 200 ]
done
echo "ok      two guests of one Debian base run at the same time, and keep what they write ($((SECONDS - start)) s)"
