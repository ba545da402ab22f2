#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The Makefile's help and its message about missing libraries; tests/deps.sh with a package manager made of scripts.

load helpers

setup()
{
	cd "$BATS_TEST_TMPDIR"
}

# plain_make ARGUMENT... - make in the source tree, with nothing inherited from the make that runs the tests
plain_make()
{
	env -u MAKEFLAGS -u MAKEOVERRIDES -u MFLAGS make -s -C "$TOP" "$@"
}

# command_script NAME <SCRIPT - a command of that name, first in the PATH of deps
command_script()
{
	mkdir -p bin
	{ echo '#!/bin/sh'; cat; } >"bin/$1"
	chmod +x "bin/$1"
}

# fake_apt LOCKED - an apt-get whose first LOCKED calls find the lock held; no package is installed, and nobody sleeps
fake_apt()
{
	: >calls
	command_script id <<<'echo 0'
	command_script dpkg-query <<<'exit 1'
	# shellcheck disable=SC2016 # for the script
	command_script sleep <<<'echo "sleep $1" >>calls'
	command_script apt-get <<-END
		echo "\$*" >>calls
		[ \$(grep -vc '^sleep' calls) -gt $1 ] || {
			echo 'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 12 (apt)'
			exit 100
		}
	END
}

deps()
{
	PATH=$PWD/bin:$PATH sh "$TOP/tests/deps.sh" "$@"
}

@test 'help lists each documented target once, in groups, in one column' {
	plain_make help >help
	run -0 grep -x '[A-Z].*:' help
	assert_equal "$output" $'Build:\nTest:\nSlow test:\nInstall and package:\nUpkeep:'
	run ! grep -vE '^$|^[A-Z].*:$|^  [a-z-]{1,17} +[^ ]' help
	assert_equal "$(grep -E '^  ' help | cut -c20 | sort -u)" ' '
	assert_equal "$(grep -E '^  ' help | awk '{ print $1 }' | sort)" \
		"$(sed -n 's/^\([a-z-]*\):.*## .*/\1/p' "$TOP/Makefile" | sort)"
}

@test 'missing libraries are named, and how to install them on Debian' {
	require_plain_build
	PKG_CONFIG_LIBDIR=$PWD run ! plain_make BUILD="$PWD/build"
	[[ $output == *"by their names for pkg-config: libarchive libzstd zlib lzo2 uuid libgcrypt libxxhash jansson libseccomp"* ]]
	[[ $output == *"make deps-build"* ]]
	run ! plain_make BUILD="$PWD/build" PKG_CONFIG=no-pkg-config
	[[ $output == *"no-pkg-config is missing"* ]]
}

@test 'a locked package database is waited for, and that is said each minute' {
	fake_apt 14
	run -0 deps package
	assert_equal "$(grep -c 'waiting for the package database' <<<"$output")" 2
	[[ $output == *"1 of at most 10 minutes: E: Could not get lock /var/lib/dpkg/lock-frontend"* ]]
	grep -q ' install .*debhelper' calls
}

@test 'after ten minutes a locked package database is a failure' {
	fake_apt 1000
	run -1 deps package
	assert_equal "$(grep -c 'waiting for the package database' <<<"$output")" 10
	[[ ${lines[-1]} == "deps.sh: the package database is still locked after 10 minutes: E: Could not get lock"* ]]
	assert_equal "$(grep -c '^sleep 5$' calls)" 120
	run ! grep ' install ' calls
}

@test 'another error of the package manager is shown at once' {
	fake_apt 0
	command_script apt-get <<<'echo "E: Unable to locate package"; exit 100'
	run -1 deps package
	assert_equal "${lines[1]}" 'E: Unable to locate package'
	[ ! -s calls ]
}

@test 'without root the missing packages are named' {
	fake_apt 0
	command_script id <<<'echo 1000'
	run -0 deps package
	[[ $output == *'needs root and apt-get): build-essential debhelper'* ]]
	[ ! -s calls ]
}
