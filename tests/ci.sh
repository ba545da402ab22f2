#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# ci.sh NAME... - run the named jobs of CI: check, lint, asan. The last line is the sum,
# "N passed, N failed". A failed job does not stop the next one; the exit status is 1 if any job failed.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

passed=0 failed=0 skipped=0

# count COMMAND... - run it and add its last line of the form "N passed, N failed" to the sum; a command
# without such a line counts as one test
count()
{
	local log status=0 line
	log=$(mktemp)
	echo "== $*"
	local start=$SECONDS
	"$@" 2>&1 | tee "$log" || status=1
	echo "== $* took $((SECONDS - start)) s"
	line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
	rm -f "$log"
	if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)?$ ]]; then
		passed=$((passed + BASH_REMATCH[1]))
		failed=$((failed + BASH_REMATCH[2]))
		skipped=$((skipped + ${BASH_REMATCH[4]:-0}))
		[ $status = 0 ] || [ "${BASH_REMATCH[2]}" -gt 0 ] || failed=$((failed + 1))
	elif [ $status = 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
}

check()
{
	count make check WERROR=1
}

lint()
{
	count make lint WERROR=1
}

asan()
{
	count make asan
}

for name; do
	case $name in
	check | lint | asan) "$name" ;;
	*)
		echo "ci.sh: no such thing: $name" >&2
		exit 2
		;;
	esac
done
if [ $skipped -gt 0 ]; then
	echo "$passed passed, $failed failed, $skipped skipped"
else
	echo "$passed passed, $failed failed"
fi
[ $failed = 0 ]
