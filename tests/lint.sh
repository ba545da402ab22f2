#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lint.sh [NAME...] - the rules of the house, each a function. Without names: all. Needs a build in build/.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

build=${BUILD:-build}
cppflags=(-Iinclude -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64)
read -ra found < <(pkg-config --cflags libarchive libzstd zlib lzo2 uuid libgcrypt libxxhash jansson)
plainflags=("${cppflags[@]}" "${found[@]}")
cppflags=("${plainflags[@]}" -DHAVE_SELINUX -DHAVE_SECCOMP)
mapfile -t sources < <(find src -name '*.c' | LC_ALL=C sort)
mapfile -t headers < <(find include src -name '*.h' | LC_ALL=C sort)
jobs=$(nproc)

# what clang-format would write
format()
{
	make -s format-check >"$work/format" 2>&1 && return
	sed -n 's/^\([^ :]*\):[0-9].*error: .*/\1/p' "$work/format" | uniq -c |
		awk '{ print $2 ": " $1 " places where clang-format would change something (make format)" }'
	return 1
}

# the floors of one file's includes, of our own headers
project_includes()
{
	sed -n 's|^#include "\([a-z]*\)/.*"$|\1|p' "$1"
}

# base <- disk <- {model <- {image, input, send}, read, tar} <- convert <- cli
floors()
{
	local file floor other allowed bad=0
	for file in "${sources[@]}" "${headers[@]}"; do
		floor=${file#*/} floor=${floor%%/*}
		case $floor in
		base) allowed='base' ;;
		disk) allowed='base disk' ;;
		model) allowed='base disk model' ;;
		image) allowed='base disk model image' ;;
		input) allowed='base disk model input' ;;
		send) allowed='base disk model send' ;;
		read) allowed='base disk read' ;;
		tar) allowed='base disk tar' ;;
		onto) allowed='base disk model image read onto' ;;
		convert) allowed='base disk model image input send read tar onto convert' ;;
		cli) allowed='base disk model image input send read tar onto convert cli' ;;
		*) echo "$file: no floor of that name"; bad=1; continue ;;
		esac
		for other in $(project_includes "$file"); do
			[[ " $allowed " == *" $other "* ]] || {
				echo "$file: $floor may not include $other/"
				bad=1
			}
		done
	done
	return $bad
}

# objects_of FLOOR - those that have a source: a build directory may hold older ones
objects_of()
{
	find "src/$1" -name '*.c' | sed "s|^src/|$build/|; s|c$|o|" | LC_ALL=C sort
}

# no object of a floor calls one that calls it, directly or through others
circles()
{
	local floor bad=0
	for floor in $(find src -name '*.c' | cut -d/ -f2 | sort -u); do
		# shellcheck disable=SC2046 # paths without spaces
		nm -A -g $(objects_of "$floor") | awk '
			{ object = $1; sub(/:.*/, "", object); sub(/.*\//, "", object) }
			$(NF - 1) == "U" { used[object, $NF]; next }
			{ home[$NF] = object }
			END {
				for (u in used) {
					split(u, part, SUBSEP)
					if (part[2] in home && home[part[2]] != part[1]) {
						calls[part[1], home[part[2]]] = calls[part[1], home[part[2]]] " " part[2]
						left++
					}
				}
				# take away calls from where nothing comes in and to where nothing goes out
				do {
					before = left
					left = 0
					delete caller
					delete called
					for (c in calls) { split(c, part, SUBSEP); caller[part[1]]; called[part[2]] }
					for (c in calls) {
						split(c, part, SUBSEP)
						if (part[1] in called && part[2] in caller)
							left++
						else
							delete calls[c]
					}
				} while (left != before)
				for (c in calls) {
					split(c, part, SUBSEP)
					print "'"$floor"': in a circle: " part[1] " calls" calls[c] " of " part[2]
				}
				exit left != 0
			}' || bad=1
	done
	return $bad
}

# Static functions that two files may both have: the same step of two parsers.
twins=' read_kind read_data read_member next_member '

# no two structs with one tag, no two objects with one name, no static function whose name is in another file
names()
{
	local bad=0 name
	for name in $(grep -hoE '^(static const )?struct [a-z0-9_]+ \{' "${sources[@]}" "${headers[@]}" | grep -oE '[a-z0-9_]+ \{' |
		cut -d' ' -f1 | sort | uniq -d); do
		echo "struct $name: $(grep -lE "^(static const )?struct $name \{" "${sources[@]}" "${headers[@]}" | tr '\n' ' ')"
		bad=1
	done
	for name in $(printf '%s\n' "${sources[@]}" | sed 's|.*/||' | sort | uniq -d); do
		echo "$name is in more than one folder"
		bad=1
	done
	# a definition is at the start of a line, and does not end there with a semicolon
	while read -r name files; do
		[[ $twins == *" $name "* ]] || {
			echo "static $name(): $files"
			bad=1
		}
	done < <(awk '/^(__attribute__.* )?static [^=;]*[ *][a-z0-9_]+\(/ && !/;$/ {
			name = $0
			sub(/^__attribute__.*static /, "static ", name)
			match(name, /[ *][a-z0-9_]+\(/)
			name = substr(name, RSTART + 1, RLENGTH - 2)
			if (!((name, FILENAME) in seen)) {
				seen[name, FILENAME]
				nr[name]++
				files[name] = files[name] " " FILENAME
			}
		}
		END { for (n in nr) if (nr[n] > 1) print n files[n] }' "${sources[@]}" | LC_ALL=C sort)
	return $bad
}

# messages below the program do not name its options: they may end with a hint (base/diag.h)
options_below_cli()
{
	local below
	mapfile -t below < <(printf '%s\n' "${sources[@]}" "${headers[@]}" | grep -vE '^(src|include)/(cli|convert)/')
	# options of other programs, in commands that a message recommends, are none of ours
	! grep -nE '"[^"]*(--[a-z%]|-n [0-9]+k)' "${below[@]}" | grep -vE '^[^:]*:[0-9]+:[[:space:]]*(/\*|\*)' |
		grep -vE '(dpkg-deb|zstd -dc) --[a-z-]+'
}

# only_in PATTERN PLACE - system headers that match are included below these paths only
only_in()
{
	local bad
	bad=$(grep -nE "^#include <($1)>" "${sources[@]}" "${headers[@]}" | grep -vE "^($2)")
	[ -z "$bad" ] || { echo "$bad"; return 1; }
}

# the libraries' headers stay where they belong
libraries()
{
	local bad=0
	only_in 'archive(_entry)?\.h' 'src/input/' || bad=1
	only_in 'zstd[a-z_]*\.h' 'src/disk/codec|src/input/unpack_zstd' || bad=1
	only_in 'lzo/.*' 'src/disk/codec' || bad=1
	only_in 'zlib\.h' 'src/disk/codec|src/input/' || bad=1
	only_in 'uuid/uuid\.h' 'src/cli/' || bad=1
	only_in 'seccomp\.h|linux/landlock\.h' 'src/cli/sandbox' || bad=1
	only_in 'selinux/.*' 'src/input/selinux' || bad=1
	only_in 'jansson\.h' 'src/input/oci_json' || bad=1
	only_in 'gcrypt\.h|xxhash\.h' 'src/disk/|src/image/' || bad=1
	return $bad
}

# each header compiles alone, twice
headers()
{
	local h bad=0
	for h in "${headers[@]}"; do
		printf '#include "%s"\n#include "%s"\n' "$PWD/$h" "$PWD/$h" |
			cc -std=gnu17 "${cppflags[@]}" -iquote src/"$(cut -d/ -f2 <<<"$h")" -Wall -Wextra -Werror -x c -fsyntax-only - || {
			echo "$h does not compile alone"
			bad=1
		}
	done
	return $bad
}

# what libseccomp and libselinux are for compiles without them (SANDBOX=, SELINUX=)
without_libraries()
{
	local file bad=0
	while read -r file; do
		cc -std=gnu17 -O1 "${plainflags[@]}" -Wall -Wextra -Werror -c -o /dev/null "$file" || bad=1
	done < <(grep -lw 'HAVE_[A-Z]*' "${sources[@]}")
	return $bad
}

# no variable that can be written, except in base/diag (message level and sink) and the list that a signal handler
# reads in cli/new_file.c
globals()
{
	local bad
	bad=$(nm -A "$build"/libtar2btrfs.a | grep -E ' [bBdDcCgGsS] ' | grep -vE ':diag\.o:|:new_file\.o:.* named_files$' |
		# tables of pointers are constant after relocation; nm calls .data.rel.ro "d" as well
		while IFS= read -r line; do
			object=$(cut -d: -f2 <<<"$line")
			symbol=${line##* }
			section=$(find "$build" -name "$object" -path "$build/*/*" -exec objdump -t {} + 2>/dev/null |
				awk -v s="$symbol" '$NF == s { for (i = 1; i <= NF; i++) if ($i ~ /^\./) { print $i; exit } }')
			case $section in
			.data.rel.ro*) ;;
			*) echo "$line ($section)" ;;
			esac
		done)
	[ -z "$bad" ] || { echo "writable globals:"; echo "$bad"; return 1; }
}

# malloc and its family only in base/mem.c
malloc()
{
	local bad
	bad=$(nm -A "$build"/libtar2btrfs.a | grep -E ' U (malloc|calloc|realloc|reallocarray|free|strdup|strndup|asprintf|vasprintf|posix_memalign|aligned_alloc)$' |
		grep -v ':mem\.o:')
	[ -z "$bad" ] || { echo "outside base/mem.c:"; echo "$bad"; return 1; }
}

# a global symbol that include/FLOOR/ declares begins with the name of its header or of its floor; what a folder keeps
# to itself need not. base is free: fail(), xmalloc(). The words of hashing are disk's.
symbols()
{
	local floor header name bad=0 prefixes
	for floor in disk model image input send read tar onto convert; do
		prefixes=$(find "include/$floor" -name '*.h' -printf '%f\n' | sed 's/\.h$//; s/s$//' | tr '\n' '|')
		[ $floor != disk ] || prefixes+='btrfs|crc32c|hash128|sha256|name_hash|extref_hash|seal|'
		while read -r name; do
			header=$(grep -lw "$name(" include/"$floor"/*.h | head -n 1)
			[ -n "$header" ] || continue
			[[ $name =~ ^(${prefixes}$floor)s?(_|$) ]] || {
				echo "$header: $name begins with no name of a header in include/$floor/"
				bad=1
			}
		done < <(nm --defined-only -g "$build/$floor"/*.o | awk 'NF == 3 { print $3 }')
	done
	return $bad
}

# functions have at most 60 lines, files 500
lengths()
{
	awk 'FNR == 1 { start = 0; if (file) check_file(); file = FILENAME }
		function check_file() { if (lines > 500) { print file ": " lines " lines"; bad = 1 } }
		{ lines = FNR }
		/^{/ { start = FNR }
		/^}/ && start {
			if (FNR - start - 1 > 60) { print FILENAME ":" start ": a function of " FNR - start - 1 " lines"; bad = 1 }
			start = 0
		}
		END { check_file(); exit bad }' "${sources[@]}" "${headers[@]}"
}

# no blank line after the declarations at the head of a function
declarations()
{
	awk '/^{/ { head = 1; next }
		head && /^$/ && last { print FILENAME ":" FNR ": a blank line after declarations"; bad = 1 }
		{ last = head = head && /^\t(const |static )*(struct |enum |union |unsigned )?[a-zA-Z_][a-zA-Z_0-9]* \**[a-zA-Z_0-9]+(\[.*\])*( = .*|, .*)?;( *\/\*.*)?$/ && !/^\t(return|goto) / }
		END { exit bad }' "${sources[@]}"
}

# idioms that a reader of English as a second language must look up, and verbs of place for references
words()
{
	! grep -niwE 'likewise|at hand|in a row|hangs? on|leads? to|whatever|of its own accord|so many' "${headers[@]}" HACKING.md
}

# no // comment but clang-format's, no TODO without a condition, SPDX line first
comments()
{
	local bad=0 f
	for f in "${sources[@]}" "${headers[@]}"; do
		head -n 1 "$f" | grep -q '^/\* SPDX-License-Identifier: GPL-2.0-or-later \*/$' || {
			echo "$f: no SPDX line"
			bad=1
		}
	done
	if grep -nE '(^|[[:space:]])//' "${sources[@]}" "${headers[@]}" | grep -vE '// clang-format (on|off)'; then bad=1; fi
	if grep -nwE 'XXX|FIXME' "${sources[@]}" "${headers[@]}"; then bad=1; fi
	return $bad
}

# each tracked file has a licence line at its top, or is named in REUSE.toml; the licence has the name that REUSE wants
spdx()
{
	local bad=0 file pattern listed=() tag=SPDX-License
	mapfile -t listed < <(sed -n 's/^\t"\(.*\)",$/\1/p' REUSE.toml)
	for pattern in "${listed[@]}"; do
		git ls-files --error-unmatch -- ":(glob)$pattern" >/dev/null 2>&1 || { echo "REUSE.toml: there is no $pattern"; bad=1; }
	done
	# shellcheck disable=SC2016 # for awk
	while read -r file; do
		echo "$file: no $tag-Identifier in its first five lines"
		bad=1
	done < <(git ls-files -z -- "${listed[@]/#/:(exclude,glob)}" ':(exclude)COPYING' ':(exclude)LICENSES' |
		xargs -0 awk -v "tag=$tag-Identifier: GPL-2.0-or-later" \
			'FNR == 1 { if (f) print f; f = FILENAME } FNR <= 5 && index($0, tag) { f = "" } END { if (f) print f }')
	cmp COPYING LICENSES/GPL-2.0-or-later.txt || bad=1
	return $bad
}

# src/cli/version.h has the version; what else names it agrees
version()
{
	local version bad=0 found place
	version=$(sed -n 's/^#define TAR2BTRFS_VERSION "\(.*\)"$/\1/p' src/cli/version.h)
	while read -r place found; do
		[ "$found" = "$version" ] || { echo "$place: version ${found:-unknown}, in src/cli/version.h $version"; bad=1; }
	done <<-END
		CHANGELOG.md $(sed -n 's/^## \([^ ]*\).*/\1/p' CHANGELOG.md | head -n 1)
		contrib/debian/changelog $(sed -n '1s/^tar2btrfs (\(.*\)-[^-]*).*/\1/p' contrib/debian/changelog)
		contrib/yocto $(find contrib/yocto -name 'tar2btrfs_*.bb' | sed 's/.*_\(.*\)\.bb/\1/')
	END
	return $bad
}

# clang warns of other things than gcc
clang_warnings()
{
	env -u MAKEFLAGS -u MAKEOVERRIDES -u MFLAGS make -s -j "$jobs" -k BUILD="$work/clang" CC=clang CFLAGS=-O1 WERROR=1 \
		all unit-tests >"$work/clang.log" 2>&1 && return
	grep -v '^  \(CC\|LD\)' "$work/clang.log"
	return 1
}

# gcc's analyser; leaks at exit through fail() are not its business
gcc_analyzer()
{
	# malloc wrappers never return NULL, and what the analyser makes of pthreads and unions is noise
	# shellcheck disable=SC2016 # for the inner shell
	printf '%s\n' "${sources[@]}" | xargs -P "$jobs" -I{} sh -c '
		gcc -std=gnu17 -O0 '"${cppflags[*]}"' -fanalyzer -Wno-analyzer-malloc-leak -Wno-analyzer-too-complex \
			-c -o /dev/null "$1" 2>"$0/$(echo "$1" | tr / _).analyzer" || echo "$1: does not compile"
		grep -A 8 "warning: .*Wanalyzer" "$0/$(echo "$1" | tr / _).analyzer"' "$work" {} >"$work/analyzer"
	[ ! -s "$work/analyzer" ] || { cat "$work/analyzer"; return 1; }
}

# clang's analyser, as it is
scan_build()
{
	env -u MAKEFLAGS -u MAKEOVERRIDES -u MFLAGS scan-build --status-bugs -o "$work/reports" --use-cc=clang \
		make -s -j "$jobs" BUILD="$work/scan" CFLAGS=-O1 all >"$work/scan.log" 2>&1 && return
	grep -A 6 'warning:\|error:' "$work/scan.log"
	return 1
}

clang_tidy()
{
	printf '%s\n' "${sources[@]}" | xargs -P "$jobs" -n 4 sh -c '
		clang-tidy --quiet "$@" -- -std=gnu17 '"${cppflags[*]}"' -pthread 2>/dev/null' sh >"$work/tidy"
	! grep -E 'warning:|error:' "$work/tidy" | sort -u
}

# uninitialised variables are left to clang's analyser, which looks into functions elsewhere
cppcheck_all()
{
	cppcheck -q -j "$jobs" --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
		--suppress=uninitvar --suppress=missingIncludeSystem --suppress=checkersReport --suppress=normalCheckLevelMaxBranches \
		-Iinclude -D_GNU_SOURCE "${sources[@]}"
}

# bats files: set -e makes cd safe, variables come from helpers.bash and from run
shell()
{
	local bad=0
	shellcheck -x tests/*.sh tests/*/*.sh tests/tools/under-valgrind .ci/run || bad=1
	shellcheck -e SC2030,SC2031,SC2094,SC2103,SC2119,SC2120,SC2129,SC2154,SC2164,SC2317 tests/helpers.bash tests/*.bats tests/*/*.bats || bad=1
	for f in contrib/*/*.bash contrib/boot-oci contrib/debian/build.sh contrib/debian/tests/convert contrib/sprout-install contrib/recipes/mkosi.postoutput docs/*.sh; do
		[ ! -e "$f" ] || shellcheck "$f" || bad=1
	done
	return $bad
}

python()
{
	local f bad=0
	for f in tests/*/*.py contrib/*.py; do
		python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$f" || bad=1
	done
	return $bad
}

# names of files in HACKING.md and README.md exist
documents()
{
	local doc name bad=0
	for doc in HACKING.md README.md docs/*.md; do
		[ -e "$doc" ] || { echo "$doc: not there"; bad=1; continue; }
		# words with a slash or a suffix of ours; placeholders and options are none
		while read -r name; do
			[[ $name != *NAME* ]] || continue
			compgen -G "$name" >/dev/null || compgen -G "src/$name" >/dev/null || compgen -G "include/$name" >/dev/null ||
				compgen -G "src/*/$name" >/dev/null || compgen -G "include/*/$name" >/dev/null ||
				compgen -G "tests/$name" >/dev/null || compgen -G "tests/*/$name" >/dev/null || {
				echo "$doc: there is no $name"
				bad=1
			}
		done < <(grep -oE '(^|[ `(])((src|include|tests|contrib|docs|man)/[A-Za-z0-9_./*-]+|[a-z][a-z0-9_]*\.(c|h|py|sh|bats|bash))' "$doc" |
			sed 's/^[ `(]//; s/[.,]$//' | sort -u)
	done
	return $bad
}

manual()
{
	! command -v mandoc >/dev/null || mandoc -T lint -W warning man/*.1
}

# nothing that git does not ignore is left by a build, no large file is tracked, at the top nothing that a test left
tree()
{
	local bad=0 name
	for name in $(git ls-files | cut -d/ -f1 | sort -u); do
		case $name in
		.ci | .clang-format | .clang-tidy | .github | .gitignore | Makefile | Containerfile | COPYING | LICENSES | REUSE.toml) ;;
		CHANGELOG.md | HACKING.md | README.md | SECURITY.md | contrib | docs | include | man | src | tests) ;;
		*) echo "$name: not known at the top"; bad=1 ;;
		esac
	done
	if git ls-files -z | xargs -0 -r du -k 2>/dev/null | awk '$1 > 1024 { print $2 ": " $1 " KiB"; bad = 1 } END { exit !bad }'; then bad=1; fi
	if grep -rn '\.\./shared' --include='*' src include tests Makefile ./*.md man contrib 2>/dev/null | grep -v '^tests/lint.sh'; then
		echo "the project refers to files outside of it"
		bad=1
	fi
	return $bad
}

all=(format floors circles names options_below_cli libraries without_libraries headers globals malloc symbols lengths declarations words comments
	spdx version shell python documents manual tree
	cppcheck_all clang_warnings gcc_analyzer clang_tidy scan_build)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
names=("$@")
[ $# -gt 0 ] || names=("${all[@]}")
for name in "${names[@]}"; do
	[[ " ${all[*]} " == *" $name "* ]] || { echo "lint.sh: no such rule: $name; there are: ${all[*]}" >&2; exit 2; }
	start=$SECONDS
	if output=$("$name" 2>&1); then
		passed=$((passed + 1))
		printf 'ok      %-14s %d s\n' "$name" $((SECONDS - start))
	else
		failed=$((failed + 1))
		printf 'FAILED  %-14s %d s\n' "$name" $((SECONDS - start))
	fi
	[ -z "$output" ] || printf '    %s\n' "${output//$'\n'/$'\n'    }"
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
