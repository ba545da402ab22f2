#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The recipes in contrib/recipes, as they stand in its README, where Debian has the tool.
# bats file_tags=slow

load helpers

RECIPES=$TOP/contrib/recipes

setup_file()
{
	cd "$BATS_FILE_TMPDIR"
	mkdir bin
	ln -s "$TAR2BTRFS" bin/tar2btrfs
	# what containers and cpio keep: no xattrs, whole seconds
	python3 "$GEN/archive.py" tar >tar <<-'END'
		dir .
		dir etc
		file etc/secret text=s mode=0600 uid=1000 gid=1001 mtime=1500000000
		dir bin
		file bin/su text=x mode=4755 mtime=1500000001
		dir tmp mode=1777
		symlink lib usr/lib
		dir usr
		dir usr/lib
		file usr/lib/blob size=300000
		link usr/lib/link usr/lib/blob
	END
}

setup()
{
	require_plain_build
	cd "$BATS_TEST_TMPDIR"
	PATH=$BATS_FILE_TMPDIR/bin:$PATH
	TAR=$BATS_FILE_TMPDIR/tar
	mkdir root
}

# run_recipe HEADING - what stands below it; must say nothing of its own
run_recipe()
{
	awk -v h="## $1" '/^## / { on = $0 == h } on && sub(/^    /, "")' "$RECIPES/README.md" >recipe
	[ -s recipe ]
	bash -euo pipefail recipe 2>err || { cat err; return 1; }
}

# same_image [OPTIONS] - root.img is what the archive makes with these options
same_image()
{
	assert_check root.img
	"$TAR2BTRFS" "$@" "$TAR" | cmp - root.img
}

# extract DIR - the archive's tree, as root
extract()
{
	require_root
	tar -C "$1" -xpf "$TAR"
}

@test 'a directory' {
	extract root
	run_recipe 'A directory'
	same_image -L root
}

@test 'mmdebstrap' {
	require_root
	require_tool mmdebstrap
	# little of Debian is enough
	mkdir small
	cat >small/mmdebstrap <<-END
		#!/bin/sh
		exec $(command -v mmdebstrap) --variant=extract --include=base-files,netbase --mode=root --quiet "\$@"
	END
	chmod +x small/mmdebstrap
	export SOURCE_DATE_EPOCH=1700000000
	mmdebstrap --variant=extract --include=base-files --simulate --mode=root bookworm /dev/null >/dev/null 2>&1 ||
		skip 'not for machines where apt has no bookworm'
	PATH=$PWD/small:$PATH run_recipe mmdebstrap
	mv root.img first.img
	PATH=$PWD/small:$PATH run_recipe mmdebstrap
	cmp first.img root.img
	require_mount
	with_mount root.img debian_inside
	assert_check root.img
}

debian_inside()
{
	grep -q bookworm "$mnt/etc/os-release"
}

# podman with storage of its own
own_podman()
{
	mkdir -p own
	cat >own/podman <<-END
		#!/bin/sh
		exec $(command -v podman) --root $PWD/store --runroot $PWD/run --storage-driver vfs --cgroup-manager cgroupfs "\$@"
	END
	chmod +x own/podman
	PATH=$PWD/own:$PATH
}

@test 'podman export' {
	require_root
	require_tool podman
	own_podman
	podman import -q "$TAR" localhost/test >/dev/null
	CONTAINER=$(podman create --network none localhost/test /bin/su)
	export CONTAINER
	run_recipe 'docker and podman export'
	podman rm "$CONTAINER" >/dev/null
	podman rmi -f localhost/test >/dev/null
	# a container adds the places that its runtime mounts on
	require_mount
	with_mount root.img holds_the_tree
	assert_check root.img
}

# content_arrived - the archive's files are on $mnt
content_arrived()
{
	mkdir content
	tar -C content -xf "$TAR"
	(cd content && find . -type f | sort | xargs sha256sum) >sums
	(cd "$mnt" && sha256sum --quiet -c) <sums
}

holds_the_tree()
{
	content_arrived
	[ "$(stat -c '%a %u %g %Y' "$mnt/etc/secret")" = '600 1000 1001 1500000000' ]
	[ "$(stat -c '%a' "$mnt/bin/su")" = 4755 ]
}

@test 'an OCI image' {
	require_root
	require_tool umoci skopeo
	umoci init --layout oci
	umoci new --image oci:one
	umoci unpack --image oci:one start
	tar -C start/rootfs -xpf "$TAR"
	umoci repack --image oci:one start
	export OCI_LAYOUT=oci TAG=one
	skopeo inspect oci:oci:one >/dev/null
	run_recipe 'An OCI image'
	require_mount
	with_mount root.img holds_the_tree
	assert_check root.img
}

@test 'podman save' {
	require_root
	require_tool podman
	own_podman
	podman import -q "$TAR" localhost/test >/dev/null
	export IMAGE=localhost/test
	run_recipe 'podman save, docker save'
	run_recipe "An image's layers"
	podman rmi -f localhost/test >/dev/null
	require_mount
	with_mount root.img holds_the_tree
	rm -r content
	with_mount layers.img holds_the_tree
	assert_check layers.img
}

@test 'genimage' {
	require_root
	require_tool genimage sfdisk setcap setfattr
	extract root
	setcap cap_net_raw+ep root/bin/su
	setfattr -n user.color -v red root/etc/secret
	ln -s "$RECIPES/genimage.cfg" .
	run_recipe genimage
	cp input/root.btrfs root.img
	assert_check root.img
	require_mount
	with_mount root.img xattrs_arrived
	# the same bytes in the partition
	start=$(sfdisk -J output/disk.img | python3 -c 'import json, sys; print(json.load(sys.stdin)["partitiontable"]["partitions"][0]["start"])')
	cmp -n "$(stat -c %s root.img)" root.img <(tail -c +$((start * 512 + 1)) output/disk.img)
}

xattrs_arrived()
{
	[[ $(getcap "$mnt/bin/su") == *cap_net_raw* ]]
	[ "$(getfattr --only-values -n user.color "$mnt/etc/secret")" = red ]
}

@test 'mkosi' {
	mkdir out
	cp "$TAR" out/image.tar
	zstd -q "$TAR" -o out/packed.tar.zst
	ln -s packed.tar.zst out/link.tar.zst
	OUTPUTDIR=out "$RECIPES/mkosi.postoutput"
	[ "$(cd out && echo *)" = 'image.btrfs image.tar link.tar.zst packed.btrfs packed.tar.zst' ]
	cmp out/image.btrfs out/packed.btrfs
	cp out/image.btrfs root.img
	same_image
	mkdir none
	OUTPUTDIR=none run -1 "$RECIPES/mkosi.postoutput"
	[[ $output == *'no archive there'* ]]
}

@test 'systemd-repart' {
	require_tool systemd-repart sfdisk
	cp "$TAR" root.tar
	run_recipe systemd-repart >log
	same_image -L root
	start=$(sfdisk -J disk.img | python3 -c 'import json, sys; print(json.load(sys.stdin)["partitiontable"]["partitions"][0]["start"])')
	cmp -n "$(stat -c %s root.img)" root.img <(tail -c +$((start * 512 + 1)) disk.img)
}

# extension DIR - a tree that systemd takes for an extension
extension()
{
	mkdir -p "$1/usr/lib/extension-release.d" "$1/usr/bin"
	grep -E '^(ID|VERSION_ID)=' /usr/lib/os-release >"$1/usr/lib/extension-release.d/extension-release.$1"
	printf '#!/bin/sh\necho from %s\n' "$1" >"$1/usr/bin/ext-$1"
	chmod +x "$1/usr/bin/ext-$1"
}

# of a root of its own, in a namespace of mounts of its own
@test 'systemd-sysext: two at once' {
	require_mount
	require_tool systemd-sysext unshare
	extension one
	extension two
	mkdir -p host/usr/lib host/etc host/var/lib/extensions
	cp /usr/lib/os-release host/usr/lib/os-release
	ln -s ../usr/lib/os-release host/etc/os-release
	cat >in-root <<-END
		#!/bin/sh
		exec $(command -v systemd-sysext) --root=$PWD/host "\$@"
	END
	chmod +x in-root
	sed "s|/var/lib/extensions|host&|; s|systemd-sysext merge|merge|" "$RECIPES/README.md" >README.md
	cat >merge <<-END
		#!/bin/bash
		set -e
		./in-root merge
		host/usr/bin/ext-one
		host/usr/bin/ext-two
		./in-root unmerge
		ls host/usr
	END
	chmod +x merge
	PATH=$PWD:$PATH
	export -f run_recipe
	# what systemd mounts is to be seen outside of its own namespace
	unshare -m bash -c "mount --make-rprivate / && mount --make-rshared / && mount --bind /run /run && mount --make-shared /run &&
		RECIPES=$PWD && run_recipe systemd-sysext" >said 2>errors || { cat said errors; return 1; }
	[ "$(cat said)" = $'from one\nfrom two\nlib' ]
	assert_check host/var/lib/extensions/one.raw
	! command -v systemd-dissect >/dev/null ||
		systemd-dissect host/var/lib/extensions/two.raw | grep -q '+ extension for system'
}

@test 'debos' {
	require_root
	require_tool debos setcap
	mkdir overlay
	tar -C overlay -xf "$TAR"
	cat >image.yaml <<-'END'
		architecture: amd64
		actions:
		- action: overlay
		  source: overlay
		- action: run
		  command: setcap cap_net_raw+ep "$ROOTDIR/bin/su" && chown 1000:1001 "$ROOTDIR/etc/secret"
	END
	awk '/^## / { on = $0 == "## debos" } on && sub(/^    /, "")' "$RECIPES/README.md" >>image.yaml
	grep -q tar2btrfs image.yaml
	debos --disable-fakemachine image.yaml
	assert_check root.img
	require_mount
	with_mount root.img debos_arrived
}

debos_arrived()
{
	content_arrived
	[[ $(getcap "$mnt/bin/su") == *cap_net_raw* ]]
	[ "$(stat -c '%a %u %g' "$mnt/etc/secret")" = '600 1000 1001' ]
}

label_arrived()
{
	[ "$(getfattr --only-values -n security.selinux "$mnt/etc/secret" | tr -d '\0')" = system_u:object_r:etc_t:s0 ]
}

@test 'SELinux labels of the running system' {
	require_mount
	require_tool setfattr
	extract root
	setfattr -n security.selinux -v system_u:object_r:etc_t:s0 root/etc/secret || skip 'no labels here'
	run_recipe 'SELinux labels of the running system'
	with_mount root.img label_arrived
	assert_check root.img
}

@test 'a hash without an image, and two trees compared' {
	cp "$TAR" root.tar
	run_recipe 'A hash without an image' >sums
	"$TAR2BTRFS" "$TAR" | sha256sum | cut -c1-64 >image
	"$TAR2BTRFS" -o /dev/null --manifest list "$TAR"
	sha256sum <list | cut -c1-64 | cat image - | sort | diff - <(cut -c1-64 sums | sort)
	# the line can be checked: with a file's name, or from standard input
	"$TAR2BTRFS" -o /dev/null --content-digest=tree.sum "$TAR"
	"$TAR2BTRFS" -o /dev/null --manifest /dev/stdout "$TAR" | sha256sum --quiet -c tree.sum
	"$TAR2BTRFS" -o /dev/null --content-digest=tree.sum --manifest list "$TAR"
	sha256sum --quiet -c tree.sum
	cp "$TAR" old.tar
	cp "$TAR" new.tar
	tar -rf new.tar -C "$BATS_FILE_TMPDIR" bin/tar2btrfs
	run_recipe 'Two trees compared'
	[ "$(grep -c '^> ./bin/tar2btrfs ' difference)" = 1 ]
	run ! grep '^<' difference
}

@test 'an initramfs' {
	require_root
	extract root
	mkdir -p early/kernel
	echo microcode >early/kernel/x
	{
		(cd early && find . | cpio --quiet -o -H newc)
		(cd root && find . | cpio --quiet -o -H newc) | gzip
	} >initrd.img
	run_recipe 'An initramfs'
	require_mount
	with_mount initramfs.img microcode_and_tree
}

microcode_and_tree()
{
	[ "$(cat "$mnt/kernel/x")" = microcode ]
	content_arrived
}

@test 'a disk' {
	require_root
	require_mount
	truncate -s 64m disk
	attach disk
	sed "s|/dev/disk/by-partlabel/seed|$dev|; s|root.tar|$TAR|" "$RECIPES/README.md" >README.md
	RECIPES=$PWD run_recipe 'A disk'
	losetup -d "$dev"
	"$TAR2BTRFS" "$TAR" >reference
	cmp -n "$(stat -c %s reference)" reference disk
}

# the tree at each mount is compared
@test 'an update as a stacked seed' {
	require_mount
	local v
	for v in v1 v2 v3; do
		cat >spec <<-END
			file version text=$v
			file $v text=$v
			file unique text=$(unique_label | tr -c 'a-zA-Z0-9\n' -)
			file large size=3000000 seed=noise1
		END
		spec_tar $v.tar <spec
		python3 "$GEN/archive.py" manifest <spec >$v.manifest
	done
	mkdir mnt own
	# the mount, again while others look at the devices; then what is there
	cat >own/mount <<-END
		#!/bin/bash
		. $TOP/tests/helpers.bash
		cd $PWD
		m=$PWD/mnt
		mount() { $(command -v mount) "\$@"; }
		[ "\$1" = -o ] && [ "\$4" = "\$m" ] || exit 2
		mount_devices "\$3" "\$2" || exit
		v=\$(cat mnt/version)
		python3 $TOP/tests/tools/treecmp.py --quiet --manifest "\$v.manifest" mnt >/dev/null && echo "\$v \$(findmnt -no OPTIONS mnt | cut -d, -f1)" >>mounted
	END
	chmod +x own/mount
	sed "s|/mnt|$PWD/mnt|" "$RECIPES/README.md" >README.md
	RECIPES=$PWD PATH=$PWD/own:$PATH run_recipe 'An update as a stacked seed' >said
	diff - said <<<$'v2.img: OK\nv3.img: OK'
	cat mounted
	diff - mounted <<<$'v3 ro\nv2 ro\nv1 ro\nv3 rw'
	echo mine >mnt/version
	umount mnt
	# updates hold what changed
	[ "$(du -k v1.img | cut -f1)" -ge 3000 ]
	[ "$(du -k v2.img v3.img vm1.img | sort -n | tail -n 1 | cut -f1)" -le 300 ]
}
