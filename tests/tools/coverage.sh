#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# coverage.sh BUILD - how many lines of src/ a --coverage build has reached, by file, the least first.
set -eu
cd "$(dirname "$0")/../.."
for object in "$1"/*/*.gcno; do
	gcov -n -o "${object%/*}" "$object" 2>/dev/null
done | awk '
	/^File / { file = substr($2, 2, length($2) - 2) }
	/^Lines executed:/ && file ~ /^src\/.*\.c$/ {
		split($0, part, /[:%]| of /)
		lines[file] = part[4]; percent[file] = part[2]
		file = ""
	}
	END {
		for (f in lines) {
			printf "%6.2f %% of %5d lines  %s\n", percent[f], lines[f], f | "sort -n"
			all += lines[f]; reached += lines[f] * percent[f] / 100
		}
		close("sort -n")
		printf "%6.2f %% of %5d lines in all\n", 100 * reached / all, all
	}'
