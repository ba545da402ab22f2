#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The command line, the environment, and where the image goes.

# shellcheck disable=SC2016 # for the inner shell
load helpers

setup_file()
{
	cd "$BATS_FILE_TMPDIR" || return
	mkdir root
	seq 100000 >root/numbers
	head -c 3000000 /dev/urandom >root/noise
	ln -s numbers root/link
	tar -C root -cf in.tar .
	head -c 2000000 in.tar >cut.tar
	"$TAR2BTRFS" in.tar >good.img
}

setup()
{
	IN=$BATS_FILE_TMPDIR/in.tar
	CUT=$BATS_FILE_TMPDIR/cut.tar
	GOOD=$BATS_FILE_TMPDIR/good.img
	# bats keeps files of its own in the directory above
	mkdir "$BATS_TEST_TMPDIR/work"
	cd "$BATS_TEST_TMPDIR/work" || return
	PID=
	OPEN_DIR=
	unset TMPDIR
}

teardown()
{
	[ -z "$PID" ] || kill -9 "$PID" 2>/dev/null || :
	cd /
	[ -z "$OPEN_DIR" ] || rm -r "$OPEN_DIR"
	undo_mounts "$BATS_TEST_TMPDIR"
}

# loop SIZE: $dev is a device of that size, backed by ./disk
loop()
{
	require_root
	require_tool losetup
	truncate -s "$1" disk
	attach "$PWD/disk"
}

# mount_at DIR ARG...: mount, until the test ends
mount_at()
{
	local dir=$1
	shift
	require_root
	mkdir -p "$dir"
	mount "$@" "$PWD/$dir"
}

# wait_until COMMAND...: for at most 10 seconds
wait_until()
{
	for _ in {1..100}; do
		! "$@" || return 0
		sleep 0.1
	done
	return 1
}

# Opened, but without a name: output and spools of process $PID.
has_unnamed_files()
{
	[ "$(find "/proc/$PID/fd" -lname '*(deleted)' | wc -l)" -ge "$1" ]
}

# has_temporary_name [NUMBER] - of which there are so many, or any
has_temporary_name()
{
	[ "$(compgen -G '.tar2btrfs-*' | wc -l)" -ge "${1:-1}" ]
}

# ---- help, version, and what describes the options --------------------------

help_names()
{
	"$TAR2BTRFS" --help=all | grep -oE '^ +(-[A-Za-z], )?--[a-z-]+' | grep -oE -- '--[a-z-]+'
}

@test 'help goes to stdout and fits on a terminal' {
	run -0 --separate-stderr "$TAR2BTRFS" --help
	[ -z "$stderr" ]
	[[ $output == 'Usage: tar2btrfs '* ]]
	[ "$output" = "$("$TAR2BTRFS" -h)" ]
	[ "${#lines[@]}" -lt 24 ]
	[ "$(grep -c '^  .*--' <<<"$output")" -eq 20 ]
	run ! grep -E '.{81}' <<<"$output"
	# all, in groups that fit, too
	run -0 --separate-stderr "$TAR2BTRFS" --help=all
	[ -z "$stderr" ]
	run ! grep -E '.{81}' <<<"$output"
	awk -v RS= 'split($0, lines, "\n") > 23 { print; bad = 1 } END { exit bad }' < <("$TAR2BTRFS" --help=all)
}

@test 'help shows the defaults that hold' {
	local image

	for image in '--compress zstd:3' '--csum crc32c' '--uuid content' '--free 0' '-n 16k' \
		'-m single' '-O free-space-tree' '--max-inline 4096'; do
		# shellcheck disable=SC2086
		"$TAR2BTRFS" $image "$IN" | cmp - "$GOOD"
		"$TAR2BTRFS" --help=all | tr -s ' \n' ' ' | grep -qF "(default: ${image#* })"
	done
}

@test 'the version names layout and codec libraries' {
	run -0 --separate-stderr "$TAR2BTRFS" -V
	[ -z "$stderr" ]
	[[ ${lines[0]} =~ ^tar2btrfs\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	[[ ${lines[1]} =~ ^image\ layout\ [0-9]+$ ]]
	grep -qE '^zstd [0-9.]+$' <<<"$output"
	grep -qE '^zlib [0-9.]+' <<<"$output"
	grep -qE '^lzo [0-9.]+$' <<<"$output"
}

@test 'the manual has the options of the help, in its order' {
	local manual=$BATS_TEST_DIRNAME/../man/tar2btrfs.1

	diff <(help_names) \
		<(sed -n 's/\\-/-/g; /^\.Sh OPTIONS/,/^\.Sh HABITS/p' "$manual" |
			grep -oE '^\.It Fl .*' | grep -oE ' --?[a-z][a-z-]+' |
			sed -E 's/^ -*/--/' | grep -E -- '--..')
}

@test 'the manual has the groups of the help, with the same options' {
	local manual=$BATS_TEST_DIRNAME/../man/tar2btrfs.1

	sed -n 's/\\-/-/g; /^\.Sh OPTIONS/,/^\.Sh HABITS/p' "$manual" >options
	diff <("$TAR2BTRFS" --help=all | grep -oE '^[A-Z][A-Za-z ]+:$|^ +(-[A-Za-z], )?--[a-z-]+' | sed 's/:$//; s/.*--/--/') \
		<(sed -nE 's/^\.Ss //p; s/^\.It Fl (. , Fl )?-([a-z-]+).*/--\2/p' options)
	diff <(sed -n 's/^\.Ss //p' options) <(sed -nE 's/^\.Sx ([A-Z][A-Za-z ]*)( [,.])?$/\1/p' options | head -13 | sed 's/ *[,.]*$//')
}

@test 'each option stands in the synopsis and in an example of the manual' {
	local manual=$BATS_TEST_DIRNAME/../man/tar2btrfs.1 name letter failed=0

	sed 's/\\-/-/g; s/\\&//g' "$manual" >plain
	sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESC/p' plain | sed 's/Fl qv/Fl q Fl v/; s/Fl /-/g' >synopsis
	awk '/^\.Bd -literal/ { inside = 1 } /^\.Ed/ { inside = 0 } inside || /^\.Dl/' plain >examples
	while read -r letter name; do
		[ -n "$name" ] || name=$letter
		for text in synopsis examples; do
			grep -qE -- "(^|[ .])(${letter%,}|$name)([ =]|\$)" "$text" || {
				echo "$text: no $name"
				failed=1
			}
		done
	done < <("$TAR2BTRFS" --help=all | grep -oE '^ +(-[A-Za-z], )?--[a-z-]+')
	[ "$failed" = 0 ]
}

# bats test_tags=long
@test 'an example of a manual is not broken inside a command at 80 columns' {
	require_tool man
	for manual in "$BATS_TEST_DIRNAME"/../man/*.1; do
		# each line stands in the page as it is in the source
		MANWIDTH=80 man -P cat "$manual" 2>/dev/null | col -b | expand | sed 's/^ *//' >page
		sed 's/\\-/-/g; s/\\&//g; s/\\e/\\/g' "$manual" | awk '/^\.Ed/ { inside = 0 } inside || sub(/^\.Dl /, "")
			/^\.Bd -literal/ { inside = 1 }' | sed 's/^[ \t]*//' | grep -vE '^$|^\.|^\./usr/bin/ping' >examples
		grep -vxFf page examples >broken || :
		cat broken
		[ ! -s broken ]
		# and ends there
		MANWIDTH=80 man -P cat "$manual" 2>/dev/null | col -b | expand | awk 'length > 80' | grep -Ff examples >wide || :
		cat wide
		[ ! -s wide ]
	done
}

@test 'the completions have the options of the help' {
	local dir=$BATS_TEST_DIRNAME/../contrib/completions

	help_names | sort >names
	diff names <(sed -n "/words='-o/,/'$/p" "$dir/tar2btrfs.bash" |
		grep -oE -- '--[a-z-]+' | sort -u)
	diff names <(grep -oE "^	'?(\([^)]*\))?[^[]*" "$dir/_tar2btrfs" | sed "s/([^)]*)//" |
		grep -oE -- '--[a-z-]+' | sort -u)
	diff names <(grep -oE -- '-l [a-z-]+' "$dir/tar2btrfs.fish" | sed 's/-l /--/' | sort -u)
}

@test 'the completions are those that the help gives' {
	local dir=$BATS_TEST_DIRNAME/../contrib/completions file

	python3 "$dir/generate.py" "$TAR2BTRFS" "$BTRFS2TAR" .
	for file in {tar2btrfs,btrfs2tar}.bash _{tar2btrfs,btrfs2tar} {tar2btrfs,btrfs2tar}.fish; do
		diff "$dir/$file" "$file" || {
			echo "run make completions"
			return 1
		}
	done
	bash -n tar2btrfs.bash
	bash -n btrfs2tar.bash
}

@test 'the bash completion completes' {
	# shellcheck source=/dev/null
	source "$BATS_TEST_DIRNAME/../contrib/completions/tar2btrfs.bash"
	COMP_WORDS=(tar2btrfs --csum '=' b)
	COMP_CWORD=3
	_tar2btrfs
	[ "${COMPREPLY[*]}" = blake2 ]
	COMP_WORDS=(tar2btrfs --progress '=' al)
	_tar2btrfs
	[ "${COMPREPLY[*]}" = always ]
	# what may be left out does not follow a blank
	touch alpha
	COMP_WORDS=(tar2btrfs --progress al)
	COMP_CWORD=2
	_tar2btrfs
	[ "${COMPREPLY[*]}" = alpha ]
	COMP_WORDS=(tar2btrfs -m '')
	_tar2btrfs
	[ "${COMPREPLY[*]}" = 'dup single' ]
	COMP_WORDS=(tar2btrfs --keep)
	COMP_CWORD=1
	_tar2btrfs
	[ "${COMPREPLY[*]}" = --keep-times ]
}

# what fish offers behind a line that begins so; fish 4 also offers words that contain the last one
fish_completes()
{
	fish -N -c 'source $argv[1]; complete -C $argv[2]' "$BATS_TEST_DIRNAME/../contrib/completions/tar2btrfs.fish" "$1" |
		cut -f1 | awk -v word="${1##* }" 'index($0, word) == 1' | sort | tr '\n' ' '
}

@test 'the fish completion completes' {
	require_tool fish
	touch alpha
	assert_equal "$(fish_completes 'tar2btrfs --cs')" '--csum '
	assert_equal "$(fish_completes 'tar2btrfs --csum ')" 'blake2 crc32c sha256 xxhash '
	assert_equal "$(fish_completes 'tar2btrfs -m ')" 'dup single '
	assert_equal "$(fish_completes 'tar2btrfs -u r')" 'ro: rw: '
	assert_equal "$(fish_completes 'tar2btrfs --plan al')" 'alpha '
	# what may be left out does not follow a blank
	assert_equal "$(fish_completes 'tar2btrfs --progress=')" '--progress=always --progress=auto --progress=never '
	assert_equal "$(fish_completes 'tar2btrfs --progress al')" 'alpha '
	assert_equal "$(fish_completes 'tar2btrfs --stats=')" '--stats=json '
	assert_equal "$(fish_completes 'tar2btrfs --digest=al')" '--digest=alpha '
}

# zsh_completes TEXT - what zsh lists behind it, on a terminal of its own
zsh_completes()
{
	python3 "$TOP/tests/tools/zsh-completes.py" "$BATS_TEST_DIRNAME/../contrib/completions" "$1" | tr '\n' ' '
}

@test 'the zsh completion completes' {
	require_tool zsh
	touch alpha
	assert_equal "$(zsh_completes 'tar2btrfs --csum ')" 'blake2 crc32c sha256 xxhash '
	assert_equal "$(zsh_completes 'tar2btrfs -m ')" 'dup single '
	assert_equal "$(zsh_completes 'tar2btrfs --progress=')" 'always auto never '
	assert_equal "$(zsh_completes 'tar2btrfs --keep')" '--keep-times '
	assert_equal "$(zsh_completes 'tar2btrfs -O ')" '^block-group-tree ^free-space-tree block-group-tree free-space-tree list-all '
	assert_equal "$(zsh_completes 'tar2btrfs --plan al')" 'alpha '
}

@test 'the manual is clean' {
	require_tool mandoc
	run -0 mandoc -T lint -W warning "$BATS_TEST_DIRNAME/../man/tar2btrfs.1"
}

@test 'help and version fail if stdout does' {
	local option

	for option in --help --version '-O list-all'; do
		# shellcheck disable=SC2086
		run -1 --separate-stderr bash -c '"$@" >/dev/full' - "$TAR2BTRFS" $option
		one_line
		# shellcheck disable=SC2086
		run -1 --separate-stderr bash -c '"$@" >&-' - "$TAR2BTRFS" $option
		one_line
	done
}

@test 'features are listed' {
	run -0 --separate-stderr "$TAR2BTRFS" -O list-all
	[ -z "$stderr" ]
	grep -q '^free-space-tree ' <<<"$output"
	grep -q '^block-group-tree ' <<<"$output"
}

# ---- values -----------------------------------------------------------------

@test 'wrong usage is status 2 and one line that names option, found and allowed' {
	refused 2 -n 5k "$IN"
	[[ $stderr == *--nodesize*5k*4k*64k* ]]
	refused 2 --compress zstd:20 "$IN"
	[[ $stderr == *--compress*20*1..19* ]]
	refused 2 --csum md5 "$IN"
	[[ $stderr == *--csum*md5*crc32c*blake2* ]]
	refused 2 -m raid1 "$IN"
	[[ $stderr == *--metadata*raid1*dup*single* ]]
	refused 2 --threads 0 "$IN"
	[[ $stderr == *--threads*0*1*1024* ]]
	refused 2 --size 4097 "$IN"
	[[ $stderr == *--size*4097*4096* ]]
	refused 2 --free x "$IN"
	[[ $stderr == *--free*x*4096* ]]
	refused 2 --max-inline 4097 "$IN"
	[[ $stderr == *--max-inline*4097*4096* ]]
	refused 2 -U 1234 "$IN"
	[[ $stderr == *--uuid*1234*content*clear*random* ]]
	refused 2 --mtime yesterday "$IN"
	[[ $stderr == *--mtime*yesterday*@SECONDS* ]]
	refused 2 -L "$(printf '%256s' x)" "$IN"
	[[ $stderr == *--label*255* ]]
	refused 2 --mtime @1 --keep-times "$IN"
	refused 2 --size 1g --free 1m "$IN"
	refused 2 --no-such-option "$IN"
	[[ $stderr == *--no-such-option* ]]
}

@test 'a word behind an option with an optional argument, and options in the place of files' {
	local option

	for option in digest=out.sum content-digest=out.sum stats=json progress=always pack-tails=64k; do
		refused 2 "--${option%=*}" "${option#*=}" "$IN"
		[[ $stderr == *"allowed: --$option" ]]
	done
	"$TAR2BTRFS" --digest "$IN" 2>sum | cmp - "$GOOD"
	for option in --manifest --plan --spool-dir -o; do
		refused 2 "$option" -x "$IN"
		[[ $stderr == *"found '-x'"*./* ]]
		[ ! -e ./-x ]
	done
	"$TAR2BTRFS" -o ./-x "$IN"
	cmp ./-x "$GOOD"
}

@test 'sizes and times as people write them' {
	local text seconds

	for text in 1.5g=1610612736 1GiB=1073741824 2.25MiB=2359296 512kib=524288; do
		"$TAR2BTRFS" --free "${text#*=}" "$IN" >bytes
		"$TAR2BTRFS" --free "${text%=*}" "$IN" | cmp - bytes
	done
	for text in 2024-01-02 2024-01-02T03:04:05Z 1969-07-20T20:17:40.5Z; do
		seconds=$(date -u -d "$text" +%s.%N)
		[[ $seconds != -14182940.5* ]] || seconds=-14182939.5
		"$TAR2BTRFS" --mtime "@$seconds" "$IN" >given
		"$TAR2BTRFS" --mtime "$text" "$IN" | cmp - given
	done
}

@test 'features that cannot be are refused by name' {
	local name

	for name in mixed-bg quota squota raid56 raid1c34 zoned raid-stripe-tree ^extref \
		^no-holes ^skinny-metadata bogus ''; do
		refused 2 -O "$name" "$IN"
		[[ $stderr == *"'$name'"*free-space-tree*block-group-tree* ]]
	done
	refused 2 -O ^free-space-tree,block-group-tree "$IN"
}

@test 'control bytes in a value do not reach the terminal' {
	refused 2 --csum $'a\nb\e[31m' "$IN"
}

@test 'the last of a repeated option wins' {
	"$TAR2BTRFS" -n 4k --csum blake2 --compress none --free 1m -n 16k --csum crc32c \
		--compress zstd:3 --free 0 "$IN" | cmp - "$GOOD"
}

@test 'a size that is too small names the least' {
	local least

	refused 1 --size 4k "$IN"
	least=$(grep -oE '[0-9]{6,}' <<<"$stderr" | tail -1)
	"$TAR2BTRFS" --size "$least" "$IN" >out
	[ "$(stat -c %s out)" -eq "$least" ]
}

@test 'size and free give the image its size' {
	"$TAR2BTRFS" --size 20m -o out "$IN"
	[ "$(stat -c %s out)" -eq $((20 << 20)) ]
	"$TAR2BTRFS" --free 20m -o out "$IN"
	[ "$(stat -c %s out)" -eq $(($(stat -c %s "$GOOD") + (20 << 20))) ]
	"$TAR2BTRFS" --no-seed -o out "$IN"
	[ "$(stat -c %s out)" -gt $((64 << 20)) ]
}

@test 'too little room without a seed is warned of' {
	run -0 --separate-stderr "$TAR2BTRFS" --no-seed --free 47m -o out "$IN"
	one_line
	[[ $stderr == *warning*48m* ]]
	run -0 --separate-stderr "$TAR2BTRFS" -q --no-seed --free 47m -o out "$IN"
	[ -z "$stderr" ]
}

# ---- environment ------------------------------------------------------------

@test 'SOURCE_DATE_EPOCH dates, limits, and must be readable' {
	local value

	for value in '' x 1.5 @1 ' 1' 99999999999999999999; do
		SOURCE_DATE_EPOCH=$value refused 1 "$IN"
		[[ $stderr == *SOURCE_DATE_EPOCH* ]]
		SOURCE_DATE_EPOCH=$value "$TAR2BTRFS" --mtime @1 "$IN" >given
	done
	"$TAR2BTRFS" --mtime @1 "$IN" | cmp - given
	# all members are later than that
	SOURCE_DATE_EPOCH=1 "$TAR2BTRFS" "$IN" | cmp - given
	SOURCE_DATE_EPOCH=4102444800 "$TAR2BTRFS" "$IN" >later
	run -1 cmp -s later given
}

@test 'what must not influence the image does not' {
	DETERMINISTIC_SEED=1 "$TAR2BTRFS" --threads 1 "$IN" | cmp - "$GOOD"
	LC_ALL=C.UTF-8 TZ=Asia/Tokyo "$TAR2BTRFS" --threads 5 <"$IN" | cmp - "$GOOD"
	TMPDIR=$PWD "$TAR2BTRFS" -v - <"$IN" | cmp - "$GOOD"
}

# ---- messages ---------------------------------------------------------------

@test 'quiet on success, a summary with -v, the last of -q and -v counts' {
	run -0 --separate-stderr "$TAR2BTRFS" -o out "$IN"
	[ -z "$output$stderr" ]
	run -0 --separate-stderr "$TAR2BTRFS" -v -q -o out "$IN"
	[ -z "$output$stderr" ]
	run -0 --separate-stderr "$TAR2BTRFS" -q -v -o out "$IN"
	[ -z "$output" ]
	grep -q '4 members' <<<"$stderr"
	grep -q "image of $(stat -c %s out) bytes" <<<"$stderr"
	grep -qE '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}' <<<"$stderr"
}

@test 'errors are printed with -q' {
	refused 1 -q "$CUT"
	refused 1 -q /nonexistent/archive
}

# ---- input ------------------------------------------------------------------

@test 'what is no archive is refused' {
	refused 1 /nonexistent/archive
	refused 1 .
	refused 1 /dev/null
	run -1 --separate-stderr "$TAR2BTRFS" <.
	one_line
	run -1 --separate-stderr bash -c '"$@" <&-' - "$TAR2BTRFS"
	one_line
	[[ $stderr == *'standard input is closed'* ]]
}

@test 'a terminal is refused as input' {
	run -1 script -qec "'$TAR2BTRFS' -o out" /dev/null </dev/null
	[[ $output == *'standard input is a terminal'* ]]
	[ ! -e out ]
}

# ---- standard output --------------------------------------------------------

@test 'a terminal is refused as output' {
	run -1 script -qec "'$TAR2BTRFS' '$IN'" /dev/null </dev/null
	[[ $output == *'standard output is a terminal'* ]]
	run -1 script -qec "'$TAR2BTRFS' -o /dev/tty '$IN'" /dev/null </dev/null
	[[ $output == *'is a terminal'* ]]
}

@test 'nothing is written after a bad archive' {
	"$TAR2BTRFS" "$CUT" >out 2>err || [ $? -eq 1 ]
	[ ! -s out ]
	[ "$(wc -l <err)" -eq 1 ]
}

@test 'standard output closed, full, or without reader' {
	run -1 --separate-stderr bash -c '"$@" >&-' - "$TAR2BTRFS" "$IN"
	one_line
	[[ $stderr == *'standard output is closed'* ]]
	run -1 --separate-stderr bash -c '"$@" >/dev/full' - "$TAR2BTRFS" "$IN"
	one_line
	[[ $stderr == *'No space left'* ]]
	run -1 --separate-stderr bash -c '"$@" | head -c 1 >/dev/null; exit "${PIPESTATUS[0]}"' - \
		"$TAR2BTRFS" "$IN"
	one_line
	[[ $stderr == *'Broken pipe'* ]]
	run -1 --separate-stderr bash -c 'ulimit -f 100; "$@" >out' - "$TAR2BTRFS" \
		--spool-dir /dev/shm "$IN"
	one_line
}

@test 'other standard descriptors may be closed' {
	"$TAR2BTRFS" "$IN" <&- | cmp - "$GOOD"
	"$TAR2BTRFS" "$IN" 2>&- | cmp - "$GOOD"
	"$TAR2BTRFS" -o out "$IN" <&- >&- 2>&-
	cmp out "$GOOD"
	# but not if they are to take a report
	for option in --digest --content-digest --stats; do
		run -1 bash -c '"$@" 2>&-' - "$TAR2BTRFS" $option -o out "$IN"
	done
}

@test 'the archive is not overwritten through standard output' {
	cp "$IN" copy.tar
	"$TAR2BTRFS" copy.tar >>copy.tar 2>err || [ $? -eq 1 ]
	[ "$(wc -l <err)" -eq 1 ]
	cmp copy.tar "$IN"
}

# ---- -o FILE ----------------------------------------------------------------

@test 'a file and a pipe get the same image' {
	"$TAR2BTRFS" -o out "$IN"
	cmp out "$GOOD"
	"$TAR2BTRFS" -o - <"$IN" | cmp - "$GOOD"
	[ ! -e - ]
	[ "$(find . -mindepth 1)" = ./out ]
}

@test 'zeros become holes in a file only' {
	"$TAR2BTRFS" --free 100m -o out "$IN"
	[ "$(du -k out | cut -f 1)" -lt 20000 ]
	"$TAR2BTRFS" --free 100m "$IN" | cmp - out
}

@test 'a new file has the mode of the umask, an old one keeps its own' {
	(umask 027 && "$TAR2BTRFS" -o out "$IN")
	[ "$(stat -c %a out)" = 640 ]
	chmod 604 out
	(umask 077 && "$TAR2BTRFS" -o out "$IN")
	[ "$(stat -c %a out)" = 604 ]
}

@test 'an old file stays until the new one is complete' {
	echo old >out
	ln out hardlink
	refused 1 -o out "$CUT"
	[ "$(cat out)" = old ]
	"$TAR2BTRFS" -o out "$IN"
	cmp out "$GOOD"
	[ "$(cat hardlink)" = old ]
	[ "$(find . -mindepth 1 | wc -l)" -eq 2 ]
}

@test 'a failure makes no file' {
	refused 1 -o out "$CUT"
	[ -z "$(find . -mindepth 1)" ]
}

@test 'a symlink is followed, also a dangling one' {
	mkdir dir
	ln -s dir/b a
	ln -s c dir/b
	"$TAR2BTRFS" -o a "$IN"
	[ -L a ] && [ -L dir/b ] && [ ! -L dir/c ]
	cmp dir/c "$GOOD"
	echo old >dir/c
	"$TAR2BTRFS" -o "$PWD/a" "$IN"
	[ -L a ] && [ -L dir/b ]
	cmp dir/c "$GOOD"
	ln -s loop loop
	refused 1 -o loop "$IN"
	ln -s nowhere/file dangling
	refused 1 -o dangling "$IN"
}

@test 'the names of descriptors mean these' {
	"$TAR2BTRFS" -o /dev/stdout "$IN" | cmp - "$GOOD"
	# not opened anew: what stands in front stays
	(echo front && "$TAR2BTRFS" -o /dev/stdout "$IN") >out
	cmp out <(echo front && cat "$GOOD")
	"$TAR2BTRFS" -o /dev/fd/9 "$IN" 9>out
	cmp out "$GOOD"
	"$TAR2BTRFS" -o /proc/self/fd/9 "$IN" 9>out
	cmp out "$GOOD"
	ln -s /dev/stdout name
	"$TAR2BTRFS" -o name "$IN" | cmp - "$GOOD"
	[ -L name ]
	refused 1 -o /dev/fd/99 "$IN"
	run -1 --separate-stderr bash -c '"$@" >&-' - "$TAR2BTRFS" -o /dev/stdout "$IN"
	one_line
	run -1 --separate-stderr bash -c '"$@" 9<"$0"' "$IN" "$TAR2BTRFS" -o /dev/fd/9 "$IN"
	one_line
}

@test 'a FIFO is written in place' {
	mkfifo pipe
	cat pipe >out 3>&- &
	"$TAR2BTRFS" -o pipe "$IN"
	wait $!
	[ -p pipe ]
	cmp out "$GOOD"
}

@test 'a character device is written in place' {
	"$TAR2BTRFS" -o /dev/null "$IN"
	[ -c /dev/null ]
	refused 1 -o /dev/full "$IN"
	[ -c /dev/full ]
}

@test 'what is no place for an image is refused' {
	mkdir dir
	refused 1 -o dir "$IN"
	refused 1 -o dir/ "$IN"
	refused 1 -o new/ "$IN"
	refused 1 -o . "$IN"
	refused 1 -o nowhere/file "$IN"
	refused 1 -o "$IN/file" "$IN"
	refused 1 -o "$(printf '%0256d' 0)" "$IN"
	refused 1 -o "$(printf '%05000d' 0)" "$IN"
	refused 2 -o '' "$IN"
}

@test 'the archive is not overwritten' {
	cp "$IN" copy.tar
	ln copy.tar hardlink
	ln -s copy.tar symlink
	refused 1 -o copy.tar copy.tar
	refused 1 -o hardlink copy.tar
	refused 1 -o symlink copy.tar
	refused 1 -o copy.tar symlink
	run -1 --separate-stderr "$TAR2BTRFS" -o copy.tar <copy.tar
	one_line
	cmp copy.tar "$IN"
}

@test 'a file that may not be written is refused' {
	require_root
	[ "${SANITIZER:-}" != coverage ] || skip "another user cannot write a coverage build's figures"
	# the directories of bats are closed to others
	OPEN_DIR=$(mktemp -d)
	chmod 777 "$OPEN_DIR"
	cp "$TAR2BTRFS" "$IN" "$OPEN_DIR"
	echo old >"$OPEN_DIR/out"
	cd "$OPEN_DIR"
	TAR2BTRFS=setpriv refused 1 --reuid=65534 --regid=65534 --clear-groups \
		"$OPEN_DIR/tar2btrfs" -o out in.tar
	[ "$(cat out)" = old ]
	chmod 755 .
	TAR2BTRFS=setpriv refused 1 --reuid=65534 --regid=65534 --clear-groups \
		"$OPEN_DIR/tar2btrfs" -o new in.tar
}

@test 'a full disk leaves the old file' {
	mount_at small -t tmpfs -o size=2m tmpfs
	echo old >small/out
	refused 1 -o small/out "$IN"
	[[ $stderr == *"small/out needs "*" bytes, its filesystem has room for $(((2 << 20) - 4096))" ]]
	[ "$(cat small/out)" = old ]
	[ "$(find small -mindepth 1)" = small/out ]
}

# ---- devices ----------------------------------------------------------------

@test 'the room that an image needs is known before it is written' {
	local needs option

	for option in '' '-m dup -n 64k' '--compress none --digest=sum --free 10m' --no-seed; do
		mount_at small -t tmpfs -o size=100m tmpfs
		# shellcheck disable=SC2086
		"$TAR2BTRFS" $option -o small/out "$IN"
		needs=$(du -B1 small/out | cut -f1)
		rm small/out
		mount -o "remount,size=$needs" "$PWD/small"
		# shellcheck disable=SC2086
		"$TAR2BTRFS" $option -o small/out "$IN"
		rm small/out
		mount -o "remount,size=$((needs - 4096))" "$PWD/small"
		# shellcheck disable=SC2086
		refused 1 $option -o small/out "$IN"
		[[ $stderr == *"small/out needs $needs bytes, its filesystem has room for $((needs - 4096))" ]]
		umount small
	done
	# what fails nevertheless names the file
	refused 1 -o /dev/full "$IN"
	[[ $stderr == *'cannot write /dev/full at byte '*': No space left on device' ]]
}

@test 'a device is written in place' {
	loop 8m
	"$TAR2BTRFS" -o "$dev" "$IN"
	[ -b "$dev" ]
	cmp -n "$(stat -c %s "$GOOD")" disk "$GOOD"
}

@test 'a device that is too small is refused before the first byte' {
	loop 1m
	refused 1 -o "$dev" "$IN"
	cmp disk <(head -c 1M /dev/zero)
	run -1 --separate-stderr bash -c '"$@" >"$0"' "$dev" "$TAR2BTRFS" "$IN"
	one_line
	cmp disk <(head -c 1M /dev/zero)
}

# plant POSITION BYTES: a superblock's magic there in ./disk
plant()
{
	printf '_BHRfS_M' | dd of=disk bs=1 seek=$(($1 + 64)) conv=notrunc status=none
}

magic_at()
{
	dd if=disk bs=1 skip=$(($1 + 64)) count=8 status=none | tr -d '\0'
}

@test 'stale superblock copies behind the image are erased, and nothing else' {
	local first=$((64 << 20)) second=$((256 << 30))

	truncate -s 257g disk
	plant $first
	plant $second
	plant $((128 << 20))
	loop 257g
	"$TAR2BTRFS" -o "$dev" "$IN"
	[ "$(magic_at 65536)" = _BHRfS_M ]
	[ -z "$(magic_at $first)" ]
	[ -z "$(magic_at $second)" ]
	[ "$(magic_at $((128 << 20)))" = _BHRfS_M ]

	printf 'precious' | dd of="$dev" bs=1 seek=$((first + 8)) conv=notrunc status=none
	plant $second
	blockdev --flushbufs "$dev"
	"$TAR2BTRFS" "$IN" >"$dev"
	blockdev --flushbufs "$dev"
	[ "$(dd if=disk bs=1 skip=$((first + 8)) count=8 status=none)" = precious ]
	[ -z "$(magic_at $second)" ]
}

@test 'a device in use and the archive as device are refused' {
	loop 8m
	"$TAR2BTRFS" -o "$dev" "$IN"
	mount_at here -o ro "$dev"
	refused 1 -o "$dev" "$IN"
	[[ $stderr == *busy* ]]
	cmp -n "$(stat -c %s "$GOOD")" disk "$GOOD"
	umount here
	refused 1 -o "$dev" "$dev"
	[[ $stderr == *'the archive itself'* ]]
}

# ---- ends by force ----------------------------------------------------------

@test 'nothing stays behind a kill' {
	mkfifo pipe
	mkdir spool
	echo old >out
	"$TAR2BTRFS" --spool-dir spool -o out pipe 3>&- &
	PID=$!
	exec 8<>pipe
	head -c 1000000 "$IN" >&8
	wait_until has_unnamed_files 3
	[ -z "$(find spool -mindepth 1)" ]
	[ "$(find . -mindepth 1 | sort | tr '\n' ' ')" = './out ./pipe ./spool ' ]
	kill -9 $PID
	wait $PID || [ $? -eq 137 ]
	exec 8>&-
	[ -z "$(find spool -mindepth 1)" ]
	[ "$(find . -mindepth 1 | sort | tr '\n' ' ')" = './out ./pipe ./spool ' ]
	[ "$(cat out)" = old ]
}

require_unshare()
{
	unshare -m true 2>/dev/null || skip_or_fail "mounts cannot be unshared"
}

# without /proc, an unnamed file could not get its name
without_proc()
{
	exec unshare -m sh -c 'umount -l /proc && exec "$@"' - "$@"
}

@test 'signals end the program, and remove a temporary name' {
	require_root
	require_unshare
	local signal

	mkfifo pipe
	echo old >out
	for signal in INT TERM HUP; do
		# bash ignores INT for what runs in the background, nohup HUP
		(trap - INT && without_proc env --default-signal=INT,TERM,HUP \
			"$TAR2BTRFS" -o out --digest=sum --manifest m pipe) 3>&- &
		PID=$!
		exec 8<>pipe
		wait_until has_temporary_name 3
		kill -s $signal $PID
		local status=0
		wait $PID || status=$?
		[ "$status" -eq $((128 + $(kill -l $signal))) ]
		exec 8>&-
		run ! has_temporary_name
		[ "$(cat out)" = old ]
	done
}

@test 'a temporary name ends as the file or not at all' {
	require_root
	require_unshare
	# which could not look for leaks without /proc
	require_plain_build
	chmod 755 .
	(umask 026 && without_proc "$TAR2BTRFS" -o new "$IN")
	cmp new "$GOOD"
	[ "$(stat -c %a new)" = 640 ]
	echo old >old
	chmod 604 old
	(without_proc "$TAR2BTRFS" -o old "$IN")
	cmp old "$GOOD"
	[ "$(stat -c %a old)" = 604 ]
	(without_proc "$TAR2BTRFS" -q -o old "$CUT") || [ $? -eq 1 ]
	cmp old "$GOOD"
	run ! has_temporary_name
}

@test 'an ignored signal stays ignored' {
	mkfifo pipe
	(trap '' HUP && exec "$TAR2BTRFS" -o out pipe) 3>&- &
	PID=$!
	exec 8<>pipe
	wait_until has_unnamed_files 3
	kill -s HUP $PID
	cat "$IN" >&8
	exec 8>&-
	wait $PID
	cmp out "$GOOD"
}

# ---- the spool --------------------------------------------------------------

@test 'a spool directory that is missing, no directory, or read-only is refused' {
	refused 1 --spool-dir nowhere "$IN"
	[[ $stderr == *nowhere* ]]
	refused 1 --spool-dir "$IN" "$IN"
	TMPDIR=nowhere refused 1 "$IN"
	TMPDIR=nowhere "$TAR2BTRFS" --spool-dir . "$IN" | cmp - "$GOOD"
	mount_at ro -t tmpfs -o ro tmpfs
	refused 1 --spool-dir ro "$IN"
}

@test 'the spool fits into what --stats says of it, and into no less' {
	local most

	"$TAR2BTRFS" --compress none --stats=json:s -o img < <(cat "$IN")
	most=$(grep -oE '"peak_spool_bytes": [0-9]+' s | grep -oE '[0-9]+')
	# two files of pages
	mount_at spool -t tmpfs -o "size=$((most + 8192))" tmpfs
	"$TAR2BTRFS" --compress none --spool-dir spool -o out < <(cat "$IN")
	cmp out img
	mount -o "remount,size=$((most - 8192))" "$PWD/spool"
	refused 1 --compress none --spool-dir spool -o none < <(cat "$IN")
	[[ $stderr == *"cannot write the spool file in 'spool' after "*'No space left on device (see --spool-dir)' ]]
}

@test 'a full spool is one error, and nothing stays in it' {
	mount_at spool -t tmpfs -o size=1m tmpfs
	refused 1 --spool-dir spool --compress none -o out < <(cat "$IN")
	[[ $stderr == *'No space left'* ]]
	[ ! -e out ]
	[ -z "$(find spool -mindepth 1)" ]
	[ "$(df --output=used spool | tail -1)" -eq 0 ]
}
