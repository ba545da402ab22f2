#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# run.sh SECONDS HARNESS... - let the harnesses of build-fuzz search, SECONDS each, one after the other.
# New inputs are added to build-fuzz/corpus/HARNESS. An input that crashes is kept in build-fuzz/found and ends the run.
# Each run adds a line to build-fuzz/log: harness, executions, CPU seconds, edges covered, inputs in the corpus.
set -eu
cd "$(dirname "$0")/../.."
seconds=$1
shift
mkdir -p build-fuzz/found
for harness; do
	corpus=build-fuzz/corpus/$harness
	mkdir -p "$corpus"
	status=0
	# With a limit of memory in use libFuzzer has a second thread, which would slow down each munmap().
	ASAN_OPTIONS=quarantine_size_mb=4 command time -f '%U %S' -o build-fuzz/time \
		"build-fuzz/fuzz/$harness" -max_total_time="$seconds" -timeout=60 -rss_limit_mb=0 -malloc_limit_mb=512 \
		-max_len=16384 -len_control=0 -print_final_stats=1 -artifact_prefix="build-fuzz/found/$harness-" \
		"$corpus" "tests/fuzz/corpus/$harness" >build-fuzz/output 2>&1 || status=$?
	awk -v name="$harness" -v cpu="$(awk 'END { print $1 + $2 }' build-fuzz/time)" '
		/^stat::number_of_executed_units/ { executed = $2 }
		/cov: / { for (i = 1; i < NF; i++) { if ($i == "cov:") edges = $(i + 1); if ($i == "corp:") corpus = $(i + 1) } }
		END { printf "%s: %d executions, %d s of CPU, %d edges, corpus %s\n", name, executed, cpu, edges, corpus }' \
		build-fuzz/output | tee -a build-fuzz/log
	[ $status = 0 ] || { tail -n 60 build-fuzz/output; exit 1; }
done
