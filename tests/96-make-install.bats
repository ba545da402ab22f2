#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# make install and uninstall, and the Debian package.

load helpers

setup_file()
{
	export MAKEFLAGS=
}

setup()
{
	cd "$TOP" || return
	ROOT=$BATS_TEST_TMPDIR/root
	mkdir "$ROOT"
}

# files below $ROOT
files()
{
	(cd "$ROOT" && find . -type f | LC_ALL=C sort)
}

# the program of the tree is installed, whatever is tested
make_install()
{
	make -s "$@" DESTDIR="$ROOT"
}

@test 'what is installed is in its place, and goes again' {
	require_plain_build
	make_install install PREFIX=/usr
	files | diff - <(cat <<-'EOF'
		./usr/bin/btrfs2tar
		./usr/bin/tar2btrfs
		./usr/bin/tar2btrfs-boot-oci
		./usr/bin/tar2btrfs-sprout-install
		./usr/share/bash-completion/completions/btrfs2tar
		./usr/share/bash-completion/completions/tar2btrfs
		./usr/share/doc/tar2btrfs/CHANGELOG.md
		./usr/share/doc/tar2btrfs/HACKING.md
		./usr/share/doc/tar2btrfs/README.md
		./usr/share/doc/tar2btrfs/SECURITY.md
		./usr/share/doc/tar2btrfs/contrib/boot-oci
		./usr/share/doc/tar2btrfs/contrib/buildroot/README.md
		./usr/share/doc/tar2btrfs/contrib/layout-svg.py
		./usr/share/doc/tar2btrfs/contrib/recipes/README.md
		./usr/share/doc/tar2btrfs/contrib/recipes/genimage.cfg
		./usr/share/doc/tar2btrfs/contrib/recipes/mkosi.postoutput
		./usr/share/doc/tar2btrfs/contrib/sprout-install
		./usr/share/doc/tar2btrfs/contrib/yocto/README.md
		./usr/share/doc/tar2btrfs/docs/benchmark/README.md
		./usr/share/doc/tar2btrfs/docs/benchmark/bytes.svg
		./usr/share/doc/tar2btrfs/docs/benchmark/entries.svg
		./usr/share/doc/tar2btrfs/docs/benchmark/read.svg
		./usr/share/doc/tar2btrfs/docs/benchmark/rootfs.svg
		./usr/share/doc/tar2btrfs/docs/decisions.md
		./usr/share/doc/tar2btrfs/docs/faq.md
		./usr/share/doc/tar2btrfs/docs/layout.md
		./usr/share/doc/tar2btrfs/docs/layout.svg
		./usr/share/doc/tar2btrfs/docs/reading.md
		./usr/share/doc/tar2btrfs/docs/reproducible.md
		./usr/share/doc/tar2btrfs/docs/speed.md
		./usr/share/doc/tar2btrfs/docs/sprout.svg
		./usr/share/doc/tar2btrfs/docs/sprouts.md
		./usr/share/doc/tar2btrfs/docs/updates.md
		./usr/share/doc/tar2btrfs/docs/verity.md
		./usr/share/fish/vendor_completions.d/btrfs2tar.fish
		./usr/share/fish/vendor_completions.d/tar2btrfs.fish
		./usr/share/man/man1/btrfs2tar.1
		./usr/share/man/man1/tar2btrfs-boot-oci.1
		./usr/share/man/man1/tar2btrfs-sprout-install.1
		./usr/share/man/man1/tar2btrfs.1
		./usr/share/zsh/vendor-completions/_btrfs2tar
		./usr/share/zsh/vendor-completions/_tar2btrfs
	EOF
	)
	"$ROOT/usr/bin/tar2btrfs" --version | cmp - <("$TOP/tar2btrfs" --version)
	"$ROOT/usr/bin/btrfs2tar" --version | cmp - <("$TOP/btrfs2tar" --version)
	# its helpers say how they are used
	run -0 "$ROOT/usr/bin/tar2btrfs-boot-oci" -h
	[[ $output == 'boot-oci [-k KERNEL]'* ]]
	run -0 "$ROOT/usr/bin/tar2btrfs-sprout-install" --help
	[[ $output == 'sprout-install [--force]'*'installs no boot loader.' ]]
	# pages lead to each other, and name scripts, as in the source tree
	python3 "$TOP/tests/tools/links.py" "$ROOT/usr/share/doc/tar2btrfs"
	touch "$ROOT/usr/bin/other"
	make_install uninstall PREFIX=/usr
	[ "$(files)" = ./usr/bin/other ]
}

@test 'the default is /usr/local' {
	require_plain_build
	make_install install
	[ -x "$ROOT/usr/local/bin/tar2btrfs" ]
	[ -e "$ROOT/usr/local/share/zsh/site-functions/_tar2btrfs" ]
	run ! grep -v '^\./usr/local/' <(files)
	make_install uninstall
	[ -z "$(files)" ]
}

# bats test_tags=slow
@test 'a Debian package builds, installs, runs and goes again' {
	require_plain_build
	require_root
	require_tool dpkg-buildpackage dh lintian dpkg
	local out=$BATS_TEST_TMPDIR/deb deb changes
	sh contrib/debian/build.sh "$out" >"$BATS_TEST_TMPDIR/log" 2>&1 || {
		tail -n 30 "$BATS_TEST_TMPDIR/log"
		return 1
	}
	deb=$(echo "$out"/tar2btrfs_*.deb)
	changes=$(echo "$out"/*.changes)
	run -0 lintian --fail-on error -IL +pedantic --no-tag-display-limit --allow-root "$changes"
	echo "$output"
	# it closes no bug: Debian does not have the package
	run ! grep -E '^[EWIPX]: ' <(grep -v initial-upload-closes-no-bugs <<<"$output")
	# of the version that the program has
	[ "$(dpkg-deb -f "$deb" Version | sed 's/-.*//')" = "$("$TOP/tar2btrfs" --version | sed -n 's/^tar2btrfs //p')" ]

	# into a root of its own; libraries are those of this machine
	mkdir -p "$ROOT"/var/lib/dpkg/{info,updates,triggers}
	touch "$ROOT"/var/lib/dpkg/{status,available}
	dpkg --root="$ROOT" --force-depends --log=/dev/null -i "$deb" >"$BATS_TEST_TMPDIR/log" 2>&1 || {
		cat "$BATS_TEST_TMPDIR/log"
		return 1
	}
	[ -e "$ROOT/usr/share/man/man1/tar2btrfs.1.gz" ]
	[ -e "$ROOT/usr/share/doc/tar2btrfs/changelog.gz" ]
	for script in usr/bin/tar2btrfs-boot-oci usr/bin/tar2btrfs-sprout-install usr/share/doc/tar2btrfs/contrib/{boot-oci,sprout-install} \
		usr/share/doc/tar2btrfs/contrib/layout-svg.py usr/share/doc/tar2btrfs/contrib/recipes/mkosi.postoutput; do
		[ -x "$ROOT/$script" ]
	done
	[ -e "$ROOT/usr/share/man/man1/tar2btrfs-sprout-install.1.gz" ]
	run -2 "$ROOT/usr/bin/tar2btrfs-sprout-install"
	tar -C "$TOP/man" -c . | "$ROOT/usr/bin/tar2btrfs" -o "$BATS_TEST_TMPDIR/img"
	assert_check "$BATS_TEST_TMPDIR/img"
	(cd "$ROOT" && sed 's|  |  ./|' var/lib/dpkg/info/tar2btrfs.md5sums | md5sum --quiet -c)
	dpkg --root="$ROOT" --log=/dev/null -P tar2btrfs >"$BATS_TEST_TMPDIR/log" 2>&1 || {
		cat "$BATS_TEST_TMPDIR/log"
		return 1
	}
	# dpkg keeps its own
	files | grep -v '^\./var/lib/dpkg/' >"$BATS_TEST_TMPDIR/left" || :
	[ ! -s "$BATS_TEST_TMPDIR/left" ]
}
