#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# btrfs2tar on images that someone changed and whose checksums are right: it ends, with an archive or one clear line.

load helpers

@test 'changed tree blocks with good checksums' {
	local seed status failures=0
	cd "$BATS_TEST_TMPDIR"
	spec_tar in.tar <<-END
		file a/text size=300000
		file a/noise size=20000 seed=noise
		file a/sparse size=300000 hole=4096+200000
		file a/inline text=hello x.user.name=value x.user.empty=
		link a/hard a/text
		symlink a/link text
		char a/null 1,3
		dir a/b/c/d/e mtime=-1.5
		file s/x text=x
		file s/t/y size=5000
	END
	for i in $(seq 60); do echo "file many/$i size=$((i * 100))"; done | spec_tar many.tar
	"$TAR2BTRFS" -n 4k -u s -u s/t -o img in.tar many.tar
	python3 "$GEN/mutate.py" img mutated "${MUTATIONS:-60}"
	for seed in $(seq "${MUTATIONS:-60}"); do
		status=0
		timeout 20 "$BTRFS2TAR" -q --all-subvols -o out.tar "mutated$seed" 2>stderr || status=$?
		if [ "$status" = 0 ]; then
			tar -tf out.tar >/dev/null 2>&1 || status=99
		elif [ "$status" = 1 ]; then
			failures=$((failures + 1))
			[ "$(wc -l <stderr)" = 1 ] || status=98
		fi
		[ "$status" -le 1 ] || {
			echo "seed $seed: status $status"
			cat "mutated$seed.changes" stderr
			return 1
		}
		rm "mutated$seed"
	done
	echo "# $failures of ${MUTATIONS:-60} were refused" >&3
	[ "$failures" -gt $((${MUTATIONS:-60} / 3)) ]
}
