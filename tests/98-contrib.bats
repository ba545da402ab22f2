#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What can be said of contrib/ and docs/ without the trees that they are for: see tests/integration for those.

load helpers

setup()
{
	cd "$BATS_TEST_TMPDIR"
}

version()
{
	"$TAR2BTRFS" --version | sed -n 's/^tar2btrfs //p'
}

@test 'the Yocto recipe is of this version, licence and place' {
	local f recipe
	recipe=$TOP/contrib/yocto/recipes-devtools/tar2btrfs/tar2btrfs_$(version).bb
	[ -e "$recipe" ]
	grep -q "COPYING;md5=$(md5sum <"$TOP/COPYING" | cut -c1-32)\"" "$recipe"
	# what it takes of the tree is what building and installing need
	while read -r f; do
		mkdir -p "source/$(dirname "$f")"
		cp -r "${recipe%/*}/../../../../$f" "source/$f"
	done < <(grep -oE 'file://[A-Za-z./]+' "$recipe" | cut -c8- | sort -u)
	[ -d source/src ]
	# what yocto-check-layer looks for
	for word in maintainer patch '[a-z0-9.]*@[a-z.]*'; do
		grep -qi "$word" "$TOP/contrib/yocto/README.md"
	done
	require_plain_build
	env -u MAKEFLAGS -u MAKEOVERRIDES -u MFLAGS make -s -C source BUILD=build CFLAGS=-O0 SELINUX= install \
		DESTDIR="$PWD/root" PREFIX=/usr >log 2>&1 || { grep -v '^  CC' log; return 1; }
	[ "$(root/usr/bin/tar2btrfs --version | head -n 1)" = "tar2btrfs $(version)" ]
}

@test "the image type's function, with variables as bitbake sets them" {
	python3 "$GEN/rich.py" | grep -v -e sparse/ -e names/ | python3 "$GEN/archive.py" tar >tar
	require_root
	mkdir rootfs deploy bin
	ln -s "$TAR2BTRFS" bin/tar2btrfs
	tar -C rootfs --xattrs --xattrs-include='*' --acls --warning=no-timestamp -xpf tar
	find rootfs -exec touch -hd @1600000000 {} +
	for timestamp in 1600000000 ''; do
		sed -n '/^oe_mkbtrfsseed/,/^}/p' "$TOP/contrib/yocto/classes-recipe/image_types_tar2btrfs.bbclass" |
			sed "s|\${IMAGE_ROOTFS}|$PWD/rootfs|g; s|\${IMGDEPLOYDIR}|deploy|g; s|\${IMAGE_NAME}|image|g
				s|\${WORKDIR}|.|g; s|\${REPRODUCIBLE_TIMESTAMP_ROOTFS}|$timestamp|g" >function
		run ! grep "[$]{[A-Z]" function
		echo 'oe_mkbtrfsseed --compress none -L yocto' >>function
		# the constant that bitbake gives image recipes is not to count
		SOURCE_DATE_EPOCH=1302044400 PATH=$PWD/bin:$PATH sh -e function
		[ ! -e btrfs-seed.tar ]
		tar -C rootfs --format=posix --xattrs --xattrs-include='*' -c . |
			SOURCE_DATE_EPOCH=1600000000 "$TAR2BTRFS" --compress none -L yocto | cmp - deploy/image.btrfs-seed
		rm deploy/image.btrfs-seed
	done
}

@test 'the drawing of the layout is of an image as it is made today' {
	sh "$TOP/docs/draw.sh" "$TAR2BTRFS" | diff - "$TOP/docs/layout.svg"
	python3 -c 'import sys, xml.dom.minidom as m; [m.parse(f) for f in sys.argv[1:]]' "$TOP"/docs/*.svg
}

@test 'the drawing says what btrfs-progs says' {
	for options in '-m single' '-m dup -n 4k' '-u a -u b --free 1m' '-O block-group-tree'; do
		# shellcheck disable=SC2086 # words
		printf 'file a/x size=300000\nfile b/y text=1\n' | python3 "$GEN/archive.py" tar | "$TAR2BTRFS" $options >img
		python3 "$TOP/contrib/layout-svg.py" img >svg
		# the bytes of tree blocks, by their owner
		python3 - <<-'END'
			import re, subprocess
			out = subprocess.run(['btrfs', 'inspect-internal', 'dump-tree', 'img'], capture_output=True, text=True).stdout
			blocks = len(re.findall(r'^(?:leaf|node) \d+ (?:items|level) ', out, re.M))
			drawn = sum(int(n) for n in re.findall(r'>(\d+) blocks?<', open('svg').read()))
			print(blocks, drawn)
			assert blocks == drawn > 5
		END
	done
	run -1 python3 "$TOP/contrib/layout-svg.py" "$TOP/README.md"
	[[ $output == *'not a btrfs image' ]]
}

@test 'boot-oci emulates the machine where KVM is there and refuses it, and uses KVM where it works' {
	require_tool cpio modprobe
	mkdir bin modules
	touch vmlinuz-none modules/modules.dep
	printf 'file a text=a\n' | spec_tar 1.tar
	python3 "$GEN/oci.py" image 'app@=1.tar'
	printf '#!/bin/sh\n' >bin/busybox
	cat >bin/qemu-system-x86_64 <<-'END'
		#!/bin/sh
		case $* in
		*'-accel kvm'*) [ -e kvm-works ] || { echo 'failed to set MSR 0x10a' >&2; exit 134; } ;;
		esac
		case $* in *'-append'*) echo "$*" >seen; echo 'boot-oci: status 7' ;; esac
	END
	chmod +x bin/*
	PATH=$PWD/bin:$PATH run -7 "$TOP/contrib/boot-oci" -k vmlinuz-none -d modules image
	grep -q 'accel tcg' seen
	[ -w /dev/kvm ] || return 0
	touch kvm-works
	PATH=$PWD/bin:$PATH run -7 "$TOP/contrib/boot-oci" -k vmlinuz-none -d modules image
	grep -q 'accel kvm' seen
}

@test 'what autopkgtest runs of the Debian package' {
	mkdir bin
	ln -s "$TAR2BTRFS" bin/tar2btrfs
	PATH=$PWD/bin:$PATH AUTOPKGTEST_TMP=$PWD sh "$TOP/contrib/debian/tests/convert" >log 2>&1 || {
		tail -n 20 log
		return 1
	}
	# the other test is bats files of this tree
	while read -r file; do [ -e "$TOP/$file" ]; done < <(grep -oE 'tests/[^ ]+\.bats' "$TOP/contrib/debian/tests/control")
}
