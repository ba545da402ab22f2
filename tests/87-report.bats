#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What is said of a run beside the image: progress, figures, digests, the manifest.

# shellcheck disable=SC2016 # for the inner shell
load helpers

setup_file()
{
	cd "$BATS_FILE_TMPDIR" || return
	python3 "$GEN/rich.py" >spec
	# a name that comes twice, flags
	cat >>spec <<-'EOF'
		file types/file text=replaced
		file flags/append text=x pax.SCHILY.fflags=append
		file flags/several text=x pax.SCHILY.fflags=immutable,nodump,noatime
		file flags/nocow size=10000 pax.SCHILY.fflags=nocow
		dir flags/dirsync pax.SCHILY.fflags=dirsync,sync
	EOF
	spec_tar rich.tar <spec
	mkdir root
	seq 100000 >root/numbers
	head -c 3000000 /dev/urandom >root/noise
	ln -s numbers root/link
	ln root/noise root/also
	mkfifo root/fifo
	mkdir root/dir
	tar -C root -cf in.tar .
	head -c 2000000 in.tar >cut.tar
}

setup()
{
	IN=$BATS_FILE_TMPDIR/in.tar
	RICH=$BATS_FILE_TMPDIR/rich.tar
	mkdir "$BATS_TEST_TMPDIR/work"
	cd "$BATS_TEST_TMPDIR/work" || return
}

# ---- the digest ------------------------------------------------------------------

@test 'the digest is what sha256sum says' {
	local options

	for options in '' '-m dup' '--free 70m' '--compress none' '--no-seed -n 64k'; do
		# shellcheck disable=SC2086
		"$TAR2BTRFS" $options --digest=sum -o img "$IN"
		sha256sum -c sum
		# shellcheck disable=SC2086
		"$TAR2BTRFS" $options --digest "$IN" 2>err >img
		sha256sum <img | cmp - err
	done
	# more than goes through the buffer at once, room over the first mirror
	"$TAR2BTRFS" --digest=sum -o img "$RICH"
	sha256sum -c sum
}

@test 'the digest does not change the image, nor do figures and manifest' {
	"$TAR2BTRFS" "$IN" >plain
	"$TAR2BTRFS" --digest --stats --content-digest --manifest m --progress=always "$IN" 2>/dev/null | cmp - plain
	"$TAR2BTRFS" --threads 1 --digest=d --manifest m -o img "$IN"
	cmp img plain
}

@test 'names in digests are escaped as sha256sum does' {
	local name

	for name in 'with space' $'new\nline' 'back\slash' $'\\\n\\n'; do
		"$TAR2BTRFS" -o "$name" --digest=sum "$IN"
		sha256sum "$name" | cmp - sum
		sha256sum --status -c sum
	done
}

@test 'a digest goes to standard output where the image does not' {
	"$TAR2BTRFS" -o img --digest=- "$IN" >sum
	sha256sum -c sum
	"$TAR2BTRFS" -o img --digest=/dev/stdout "$IN" | cmp - sum
	refused 2 --digest=- "$IN"
	[[ $stderr == *--digest*-o* ]]
	refused 2 --manifest - "$IN"
	refused 2 --stats=json:- "$IN"
	refused 1 --digest=/dev/stdout "$IN"
	refused 1 -o /dev/stdout --digest=/dev/fd/1 "$IN"
}

# ---- files that reports go to ------------------------------------------------------

@test 'reports appear with the image or not at all' {
	local cut=$BATS_FILE_TMPDIR/cut.tar all=(-o img --digest=d --content-digest=c --manifest m --stats=json:s)

	refused 1 "${all[@]}" "$cut"
	[ -z "$(ls -A)" ]
	"$TAR2BTRFS" "${all[@]}" "$IN"
	[ "$(echo *)" = 'c d img m s' ]
	sha256sum -- * >sums
	refused 1 "${all[@]}" "$cut"
	sha256sum --quiet -c sums
	# the last of them cannot be written: nothing is
	refused 1 -o new --digest=new.sum --stats=json:no/such/file "$IN"
	[[ $stderr == *no/such/file* ]]
	[ ! -e new ] && [ ! -e new.sum ]
	refused 1 -o new --digest=/dev/full "$IN"
	[ ! -e new ]
	refused 1 -o new --manifest /dev/full "$IN"
	[ ! -e new ]
}

# bats test_tags=kernel
@test 'each report has a file of its own' {
	refused 2 -o img --digest=img "$IN"
	refused 2 -o img --manifest img "$IN"
	refused 2 -o img --manifest x --content-digest=x "$IN"
	[[ $stderr == *--content-digest*--manifest* || $stderr == *--manifest*--content-digest* ]]
	cp "$IN" copy.tar
	refused 1 -o img --digest=copy.tar copy.tar
	cmp copy.tar "$IN"
	refused 1 -o img --digest=. "$IN"
	refused 2 -o img --digest= "$IN"
	refused 2 -o img --content-digest= "$IN"
	refused 2 -o img --manifest '' "$IN"
	[ "$(ls -A)" = copy.tar ]
	require_root
	truncate -s 1m disk
	attach disk
	refused 1 -o img --digest="$dev" "$IN"
	cmp disk <(head -c 1M /dev/zero)
}

@test 'no report takes the place of the image or of another report, whatever it is called' {
	mkdir dir
	ln -s ../img dir/link
	echo old >img
	for other in ./img "$PWD/img" dir/../img dir/link; do
		refused 1 -o img --digest="$other" "$IN"
		[[ $stderr == *"$other is the same file as img, allowed: another file" ]]
		refused 1 -o new --manifest m --content-digest=img --stats=json:"$other" "$IN"
		[[ $stderr == *"$other is the same file as img"* ]]
	done
	refused 1 -o fresh --digest=./fresh "$IN"
	run -1 --separate-stderr bash -c '"$1" --digest=img "$2" >img' - "$TAR2BTRFS" "$IN"
	[[ $stderr == *'img is the same file as standard output'* ]]
	run -1 --separate-stderr bash -c '"$1" -o /dev/fd/3 --digest=/dev/fd/4 "$2" 3>img 4>&3' - "$TAR2BTRFS" "$IN"
	[ "$(find . -type f)" = ./img ]
	[ ! -s img ]
	# one name in two places is two files, and text may follow text
	"$TAR2BTRFS" -o img --digest=dir/img "$IN"
	sha256sum -c dir/img
	"$TAR2BTRFS" -o img --digest=- --content-digest=/dev/stdout --manifest - "$IN" >all
	[ "$(grep -c '^[0-9a-f]\{64\}  ' all)" -eq 2 ]
	"$TAR2BTRFS" -o img --digest=/dev/null --manifest - "$IN" >/dev/null
}

# ---- figures -----------------------------------------------------------------------

# json FILE EXPRESSION: of the object s
json()
{
	python3 -c 'import json, sys; s = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$@"
}

# bats test_tags=kernel
@test 'figures are those that others find' {
	local options size used

	# root, file or two, links and so on: what tar says
	"$TAR2BTRFS" --stats=json:s -o img "$IN"
	assert_equal "$(json s '[s["members"][k] for k in ("total", "files", "directories", "symlinks", "hard_links", "fifos")]')" \
		"[$(tar -tf "$IN" | wc -l), 2, 2, 1, 1, 1]"
	assert_equal "$(json s 's["data"]["bytes"]')" "$(cd "$BATS_FILE_TMPDIR/root" && cat numbers noise | wc -c)"
	assert_equal "$(json s 's["input"]["bytes"]')" "$(stat -c %s "$IN")"
	for options in '' '-m dup -O block-group-tree' '--compress none -n 4k' '-u dir -u ro:deep/level0 --free 1m'; do
		# shellcheck disable=SC2086
		"$TAR2BTRFS" -L "$(unique_label)" --stats=json:s $options -o img "$RICH"
		assert_equal "$(json s 's["image"]["bytes"]')" "$(stat -c %s img)"
		assert_equal "$(json s 's["image"]["fsid"]')" "$(super img fsid)"
		# each tree's blocks, as dump-tree shows them
		btrfs inspect-internal dump-tree img | awk '
			/^(leaf|node) [0-9]+ / { for (i = 1; i < NF; i++) if ($i == "owner") print $(i + 1) }' >owners
		size=$(super img nodesize)
		[[ $options != *dup* ]] || size=$((size * 2))
		assert_equal "$(json s 's["trees"]["bytes"]')" "$(($(wc -l <owners) * size))"
		assert_equal "$(json s 's["trees"]["fs"]')" "$(($(grep -c '^FS_TREE$' owners) * size))"
		assert_equal "$(json s 's["trees"]["checksum"]')" "$(($(grep -c '^CSUM_TREE$' owners) * size))"
		assert_equal "$(json s 's["trees"].get("subvolumes", 0)')" "$(($(grep -c '^[0-9]' owners) * size))"
		assert_equal "$(json s 'sum(v for k, v in s["trees"].items() if k != "bytes") - s["trees"]["bytes"]')" 0
		# what is used of the image: trees once, and data
		used=$(super img bytes_used)
		assert_equal "$(json s 's["data"]["stored_bytes"]')" $((used - $(wc -l <owners) * $(super img nodesize)))
	done
	json s 's["run"]["wall_seconds"] > 0 and s["run"]["cpu_seconds"] > 0 and s["run"]["peak_memory_bytes"] > 1 << 20' | grep -qx True
}

@test 'the table has the figures of the JSON text' {
	run -0 --separate-stderr "$TAR2BTRFS" --stats -o img "$IN"
	[ -z "$output" ]
	grep -qxE "input +$(stat -c %s "$IN") bytes" <<<"$stderr"
	grep -qxE "image +$(stat -c %s img) bytes" <<<"$stderr"
	grep -qxE 'members +7' <<<"$stderr"
	grep -qxE "fsid +$(super img fsid)" <<<"$stderr"
	grep -qxE 'memory at most +[0-9]+ bytes' <<<"$stderr"
	grep -qxE 'spool at most +[0-9]+ bytes' <<<"$stderr"
}

@test 'other forms of figures are refused' {
	local form

	for form in '' xml json: JSON json,x; do
		refused 2 --stats="$form" -o img "$IN"
		[[ $stderr == *--stats*"'$form'"*json:FILE* ]]
	done
	# the last one counts
	"$TAR2BTRFS" --stats=json:s --stats=json -o img "$IN" 2>err
	[ ! -e s ]
	python3 -m json.tool err >/dev/null
}

# ---- progress ------------------------------------------------------------------------

bars_seen()
{
	tr '\r' '\n' <seen | grep -ac reading
}

# await_bar: until the terminal, which writes to ./seen, has one bar more; how long that takes is the machine's matter
await_bar()
{
	local had
	had=$(bars_seen)
	for _ in {1..400}; do
		[ "$(bars_seen)" -eq "$had" ] || return 0
		sleep 0.05
	done
	echo 'no bar in 20 seconds' >&2
	return 1
}

# slowly FILE: a tenth for each bar
slowly()
{
	local i size
	size=$(($(stat -c %s "$1") / 10 + 1))
	for i in {0..9}; do
		dd if="$1" bs=$size skip="$i" count=1 status=none
		await_bar
	done
}

# on_terminal COMMAND: what a terminal gets on standard error
on_terminal()
{
	# dash, which script(1) takes where SHELL is not set, drops exported functions
	SHELL=$BASH script -qec "$1" /dev/null </dev/null
}

@test 'a bar on a terminal: at most ten times a second, and gone in the end' {
	local begin tenths
	export -f slowly await_bar bars_seen
	export IN
	begin=${EPOCHREALTIME/./}
	on_terminal 'bash -c "slowly $IN" | "$TAR2BTRFS" --progress --input-size '"$(stat -c %s "$IN")"' -o img' >seen
	tenths=$(((${EPOCHREALTIME/./} - begin) / 100000))
	cat -v seen
	tr '\r' '\n' <seen | grep -aE 'reading  \[#+ +\] +[0-9]+%  [0-9.]+ [KM]iB  [0-9]+ members  [0-9.]+ [KM]iB/s  [0-9]+:[0-9]{2}( of reading)? left' >bars
	[ "$(wc -l <bars)" -ge 5 ]
	[ "$(tr '\r' '\n' <seen | grep -ac reading)" -le "$tenths" ]
	[ "$(tail -c 4 seen | cat -v)" = $'^M^[[K' ]
	"$TAR2BTRFS" -o other "$IN"
	cmp img other
}

@test 'no bar without a terminal, unless asked for' {
	run -0 --separate-stderr bash -c 'slowly() { cat "$1"; sleep 1.2; }; slowly "$1" | "$2" --progress -o img' - "$IN" "$TAR2BTRFS"
	[ -z "$stderr" ]
	# one line a second: the input ends after the first
	run -0 --separate-stderr bash -c '{ cat "$1"; until [ -s err ]; do sleep 0.05; done; } |
		"$2" --progress=always -o img 2>err' - "$IN" "$TAR2BTRFS"
	[[ $(head -n 1 err) == 'tar2btrfs: reading  '*' members  '* ]]
	run ! grep -v '^tar2btrfs: reading  ' err
	run ! grep ' left' err
	export IN
	on_terminal '{ cat "$IN"; sleep 0.5; } | "$TAR2BTRFS" -o img' >seen
	[ ! -s seen ]
	on_terminal '{ cat "$IN"; sleep 0.5; } | "$TAR2BTRFS" --progress=never -o img' >seen
	[ ! -s seen ]
}

@test 'messages and the bar do not mix' {
	export IN
	export -f await_bar bars_seen
	on_terminal '{ cat "$IN"; await_bar; echo more; } | "$TAR2BTRFS" --progress -o img
		{ head -c 2000000 "$IN"; await_bar; } | "$TAR2BTRFS" --progress -o img || :' >seen
	cat -v seen >lines
	cat lines
	grep -F '^M^[[Ktar2btrfs: warning: ' lines
	grep -F '^M^[[Ktar2btrfs: ' lines | grep -F 'cut'
}

@test 'wrong values of progress are refused' {
	refused 2 --progress=sometimes -o img "$IN"
	[[ $stderr == *--progress*sometimes*always* ]]
	refused 2 --progress= -o img "$IN"
	refused 2 --input-size 0 -o img "$IN"
	refused 2 --input-size many -o img "$IN"
	[[ $stderr == *--input-size*many* ]]
}

# ---- the manifest ----------------------------------------------------------------------

# made by others: from what the kernel shows of an image, by the manual's text
assert_kernel_manifest()
{
	local image=$1 manifest=$2
	shift 2
	mkdir -p mnt
	mount_image "$image" mnt "$@"
	python3 "$TOP/tests/tools/manifest.py" mnt >kernels
	detach mnt "$dev"
	cmp kernels "$manifest" || {
		diff kernels "$manifest" | cut -c1-400 | head -n 20
		return 1
	}
}

# bats test_tags=kernel
@test 'the manifest is what anyone makes of the mounted image' {
	require_mount
	"$TAR2BTRFS" -L "$(unique_label)" --manifest m -o img "$RICH"
	assert_kernel_manifest img m
	grep -q '^./types/file .* size=8 ' m
	grep -q '^./flags/several .* flags=schg,nodump,noatime$' m
	grep -q '^./flags/nocow .* sha256digest=[0-9a-f]*$' m
	grep -q '^./sparse/huge .* sha256blocks=' m
	grep -q '^./links/two/1 .* nlink=6 inode=' m
	grep -q '^./times/file-0.5 .* time=-1.500000000 ' m
	# of a file, as everyone knows it
	grep -q "^./sizes/65 .* sha256digest=$(tar -xOf "$RICH" sizes/65 | sha256sum | cut -c1-64)\$" m
}

@test 'the content digest does not depend on how the image is made' {
	"$TAR2BTRFS" --manifest m --content-digest=sum -o img "$RICH"
	sha256sum -c sum
	"$TAR2BTRFS" --content-digest=- -o img "$RICH" | cut -c1-64 >expected
	cut -c1-64 sum | cmp - expected
	local options
	for options in '-n 4k' '--compress zlib:9 --csum sha256 -m dup' '--compress none --max-inline 0 --threads 1' \
		'--no-seed -L other' '-U random -u sparse -u ro:links' '--pack-tails --detect-holes' '--dedupe off' \
		'--compress zlib:/sizes --compress none:/many --inode-flags nodatacow:/owners'; do
		# shellcheck disable=SC2086
		"$TAR2BTRFS" $options --content-digest=- -o img "$RICH" | cut -c1-64 | cmp - expected
	done
	spec_tar shuffled.tar --shuffle 7 <<<"$(head -n -5 "$BATS_FILE_TMPDIR/spec")"
	spec_tar straight.tar <<<"$(head -n -5 "$BATS_FILE_TMPDIR/spec")"
	"$TAR2BTRFS" --manifest m1 -o img straight.tar
	"$TAR2BTRFS" --manifest m2 -o img shuffled.tar
	cmp m1 m2
}

@test 'the content digest sees each change' {
	local line seen=

	digest()
	{
		spec_tar t.tar
		"$TAR2BTRFS" --content-digest=- -o img t.tar
	}
	while read -r line; do
		seen+=$(digest <<<"$line")$'\n'
	done <<-'EOF'
		file a text=1
		file a text=2
		file b text=1
		file a text=1 mode=0600
		file a text=1 uid=1
		file a text=1 gid=1
		file a text=1 mtime=0.000000001
		file a text=1 x.user.a=1
		file a text=1 x.user.a=2
		file a text=1 x.user.b=1
		file a text=1 pax.SCHILY.fflags=nodump
		symlink a 1
		dir a
		fifo a
		char a 1,3
		char a 1,4
		block a 1,3
	EOF
	seen+=$(printf '%s\n' 'file a text=1' 'file c text=1' | digest)$'\n'
	seen+=$(printf '%s\n' 'file a text=1' 'link c a' | digest)$'\n'
	[ "$(sort -u <<<"$seen" | grep -c .)" -eq 19 ]
}

# bats test_tags=kernel
@test 'holes of 8 EiB take no time, and holes are zeros' {
	require_mount
	local max=9223372036854775807
	# SEEK_HOLE of the kernel fails behind data so near to the end
	local near=$((max - (1 << 20)))
	spec_tar huge.tar <<-EOF
		file all size=$max hole=0+$max
		file some size=$near seed=noise hole=8192+4096 hole=1000000+$((near - 1000000 - 4097))
		file holes size=100000 seed=zeros hole=4096+8192
		file zeros size=100000 seed=zeros
	EOF
	timeout 20 "$TAR2BTRFS" -L "$(unique_label)" --manifest m -o img huge.tar
	assert_kernel_manifest img m
	assert_equal "$(grep -oE '^./holes .* sha.*' m | cut -d' ' -f6-)" "$(grep -oE '^./zeros .* sha.*' m | cut -d' ' -f6-)"
}

# bats test_tags=kernel
@test 'access, change and birth times are in the manifest if they are kept' {
	require_mount
	spec_tar t.tar <<-'EOF'
		file a text=1 mtime=5 pax.atime=7.5 pax.ctime=8 pax.LIBARCHIVE.creationtime=-3.25
		file b text=1 mtime=5
	EOF
	"$TAR2BTRFS" -L "$(unique_label)" --keep-times --manifest m -o img t.tar
	assert_kernel_manifest img m
	grep -q '^./a .* time=5.000000000 atime=7.500000000 ctime=8.000000000 btime=-4.750000000 ' m
	run ! grep -E '^./b .*atime' m
	"$TAR2BTRFS" --manifest m -o img t.tar
	run ! grep atime m
}

# bats test_tags=kernel
@test 'subvolumes are directories in the manifest' {
	require_mount
	spec_tar t.tar <<-'EOF'
		dir a mtime=3
		file a/x text=1
		link a/y a/x
		dir a/b
		file a/b/x text=2
		link a/b/y a/b/x
		file c text=3
		link d c
	EOF
	"$TAR2BTRFS" --manifest plain -o img t.tar
	"$TAR2BTRFS" -L "$(unique_label)" -u a -u ro:a/b --manifest m -o img t.tar
	cmp plain m
	assert_kernel_manifest img m
}

@test 'bsdtar reads the manifest' {
	require_tool bsdtar
	spec_tar t.tar <<-'EOF'
		dir d
		file d/a%20b text=1 mtime=1.5
		link d/c d/a%20b
		symlink d/l a%20b
		char d/n 1,3
		file d/%ff%23%3d text=x
	EOF
	"$TAR2BTRFS" --manifest m -o img t.tar
	bsdtar -tf m 2>err | sort >found
	cat err
	[ ! -s err ]
	cat found
	[ "$(wc -l <found)" -eq 7 ]
	bsdtar -tvf m | grep -E '^l.* \./d/l -> a b$'
}
