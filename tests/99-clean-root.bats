#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Roots of Debian 12 and 13 with nothing in them but make: there the package is built by what README says, installed by
# apt into another one, run, and removed without a trace. Needs Debian's packages from the network.
# bats file_tags=long,slow

load helpers

setup()
{
	require_plain_build
	require_root
	require_tool mmdebstrap
	cd "$BATS_TEST_TMPDIR"
}

# in_root RELEASE PACKAGES HOOK... - a root that is gone again behind the last hook
in_root()
{
	local release=$1 packages=$2 hooks=()
	shift 2
	for hook; do hooks+=(--customize-hook="$hook"); done
	mmdebstrap --mode=root --variant=minbase --format=null ${packages:+--include="$packages"} "${hooks[@]}" \
		"$release" /dev/null >log 2>&1 || {
		tail -n 40 log
		return 1
	}
}

# files_script >FILE - prints the files of the root $1, without those of package managers, and caches
files_script()
{
	cat <<-'END'
		cd "$1" && find . -xdev ! -type d ! -path './var/lib/dpkg/*' ! -path './var/lib/apt/*' ! -path './var/cache/*' \
			! -path './var/log/*' ! -path './proc/*' ! -path './sys/*' ! -path './dev/*' ! -path './run/*' \
			! -path './tmp/*' ! -path './root/*' | LC_ALL=C sort
	END
}

# shellcheck disable=SC2016 # hooks expand $1, the root
built_and_installed()
{
	local release=$1 files="sh $PWD/files.sh"
	files_script >files.sh
	mmdebstrap --mode=root --variant=extract --include=base-files --simulate "$release" /dev/null >/dev/null 2>&1 ||
		skip "not for machines where apt has no $release"
	mkdir source built
	(cd "$TOP" && { git ls-files -z || find . -type f ! -path './build*' -print0; } | tar --null -T - -c) | tar -C source -x
	in_root "$release" make "copy-in source /root" 'chroot "$1" make -s -C /root/source deb >&2' \
		"chroot \"\$1\" sh -c 'lintian -IL +pedantic --no-tag-display-limit --allow-root /root/source/build/deb/*.changes' >$PWD/lintian" \
		"sync-out /root/source/build/deb built"
	grep -E '^[EWIPX]: ' lintian | grep -v initial-upload-closes-no-bugs >tags || :
	cat tags
	[ ! -s tags ]
	mv built/tar2btrfs_*.deb package.deb
	dpkg-deb -c package.deb | awk '{ print $1, $6 }' >list
	grep -q -- '^-rwxr-xr-x ./usr/bin/tar2btrfs-sprout-install$' list
	grep -q -- '^-rw-r--r-- ./usr/share/doc/tar2btrfs/contrib/recipes/genimage.cfg$' list

	cp "$TOP/contrib/debian/tests/convert" convert
	in_root "$release" btrfs-progs 'copy-in package.deb convert /root' "$files \"\$1\" >$PWD/before" \
		'chroot "$1" sh -c "apt-get -q update && apt-get -y --no-install-recommends install /root/package.deb" >&2' \
		'chroot "$1" sh -c "tar2btrfs --version && btrfs2tar --version && tar2btrfs-boot-oci -h && tar2btrfs-sprout-install --help" >'"$PWD/said" \
		'chroot "$1" sh /root/convert >&2' \
		'chroot "$1" sh -c "apt-get -y purge tar2btrfs && apt-get -y -o APT::AutoRemove::SuggestsImportant=false autoremove --purge" >&2' "$files \"\$1\" >$PWD/after"
	grep -q "^tar2btrfs $("$TAR2BTRFS" --version | sed -n 's/^tar2btrfs //p')$" said
	diff before after
}

@test 'the package on Debian 12' {
	built_and_installed bookworm
}

@test 'the package on Debian 13' {
	built_and_installed trixie
}
