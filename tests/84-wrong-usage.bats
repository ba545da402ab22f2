#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Wrong usage: what was typed, the status, and what the one line says. Each line names what was found and what to type
# instead. A row is STATUS | ARGUMENTS | TEXT; words are divided at blanks, @ alone is a good archive or image, and
# '' an empty word.

load helpers

setup_file()
{
	cd "$BATS_FILE_TMPDIR" || return
	echo hello >file
	seq 1000 >text
	tar -cf good file text
	"$TAR2BTRFS" -o image good
	mkdir dir oci
	echo '{}' >oci/oci-layout
	touch empty
}

# judge PROGRAM GOOD <ROWS - run each row
judge()
{
	local program=$1 good=$2 name=${1##*/} status words text args i out got failed=0 rows=0
	cd "$BATS_FILE_TMPDIR" || return
	while IFS='|' read -r status words text; do
		[ -n "$status" ] || continue
		read -ra args <<<"$words"
		for i in "${!args[@]}"; do
			[ "${args[i]}" != "''" ] || args[i]=
			[ "${args[i]}" != @ ] || args[i]=$good
		done
		got=0
		out=$("$program" "${args[@]}" 2>&1 </dev/null | head -c 500 | tr -c '[:print:]\n' '?'
			exit "${PIPESTATUS[0]}") || got=$?
		rows=$((rows + 1))
		text=${text# }
		if [ "$got" != "${status% }" ] || [[ $out == *$'\n'* || $out != "$name: "*"$text"* ]]; then
			echo "$name$words"
			echo "  found $got, $out"
			echo "  expected ${status% }, $text"
			failed=1
		fi
		printf '%s\n' "${args[@]}" >>typed
	done
	echo "$rows rows"
	return $failed
}

# all_typed PROGRAM [OPTION] - each long option of the help was typed above
all_typed()
{
	comm -23 <("$1" "${2:---help}" | grep -oE '^ +(-[A-Za-z], )?--[a-z-]+' | grep -oE -- '--[a-z-]+' | sort -u) \
		<(sed 's/=.*//' typed | sort -u) >left
	cat left
	[ ! -s left ]
}

@test 'tar2btrfs: each option, wrong' {
	: >"$BATS_FILE_TMPDIR/typed"
	judge "$TAR2BTRFS" good <<'ROWS'
2 | --output | --output: found no argument, allowed: FILE
2 | --output -x @ | --output: found '-x', allowed: FILE, with ./ in front if it begins with -
2 | -o '' @ | --output: found '', allowed: FILE
1 | -o dir @ | dir is a directory, allowed: a file, device or FIFO
1 | -o missing/img @ | cannot open the directory of missing/img: No such file or directory
1 | -o good @ | good
2 | --compress gzip @ | --compress: unknown algorithm 'gzip', allowed: zstd[:1..19], zlib[:1..9], lzo[:1|9], none
2 | --compress zstd:20 @ | --compress: zstd has no level '20', allowed: 1..19
2 | --compress zlib:0 @ | --compress: zlib has no level '0', allowed: 1..9
2 | --compress lzo:2 @ | --compress: lzo has no level '2', allowed: 1|9
2 | --compress none:1 @ | --compress: 'none' takes no level
2 | --compress zstd:boot @ | --compress: found 'zstd:boot', allowed: a level as a number, or a path that begins with / or ./
2 | --compress none:boot @ | --compress: found 'none:boot', allowed: a level as a number, or a path that begins with / or ./
2 | --csum md5 @ | --csum: found 'md5', allowed: crc32c, xxhash, sha256 or blake2
2 | --csum @ | --csum: found 'good', allowed: crc32c, xxhash, sha256 or blake2
2 | --label | --label: found no argument, allowed: TEXT
2 | --uuid 1234 @ | --uuid: found '1234', allowed: a UUID as 36 hex digits and dashes, content, clear or random
2 | --device-uuid x @ | --device-uuid: found 'x', allowed: a UUID as 36 hex digits and dashes
2 | --chunk-uuid random @ | --chunk-uuid: found 'random', allowed: a UUID as 36 hex digits and dashes
2 | --mtime yesterday @ | --mtime: found 'yesterday', allowed: @SECONDS[.FRACTION], YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ
2 | --mtime 1700000000 @ | --mtime: found '1700000000', allowed: @SECONDS
2 | --mtime 2023-02-29 @ | --mtime: found '2023-02-29', allowed: @SECONDS
2 | --mtime @1 --keep-times @ | found --mtime with --keep-times, allowed: one of them
2 | --keep-times=yes @ | --keep-times: found '--keep-times=yes', but it takes no argument
2 | --no-seed=1 @ | --no-seed: found '--no-seed=1', but it takes no argument
2 | --size 4097 @ | --size: found '4097', allowed: a multiple of 4096 from 4k to 4194304t, with suffix k, m, g or t
2 | --size 1GB @ | --size: found '1GB', allowed: 1G or 1GiB, of powers of 1024
2 | --size 1.5MB @ | --size: found '1.5MB', allowed: 1.5M or 1.5MiB, of powers of 1024
2 | --size 10% @ | --size: found '10%', allowed: a multiple of 4096
2 | --send-stream=3 @ | --send-stream: found '3', allowed: 1 to 2
2 | --send-stream --csum sha256 @ | found --csum with --send-stream, allowed: one of them
2 | --subvol-name a/b @ | --subvol-name: found 'a/b', allowed: a name of 1 to 255 bytes without a slash
2 | --subvol-name a @ | found --subvol-name without --send-stream
2 | --send-stream --parent '' @ | --parent: found '', allowed: 
2 | --parent @ @ | found --parent without --send-stream
2 | --send-stream --parent-name .. --parent @ @ | --parent-name: found '..', allowed: names of 1 to 255 bytes, with slashes between them
2 | --send-stream --parent-name a//b --parent @ @ | --parent-name: found 'a//b', allowed: names of
2 | --send-stream --parent-name a/ --parent @ @ | --parent-name: found 'a/', allowed: names of
2 | --send-stream --parent-name a @ | found --parent-name without --parent
2 | --send-stream --parent-uuid 1 --parent @ @ | --parent-uuid: found '1', allowed: 
1 | --size 4k @ | bytes, 4096 are allowed
2 | --size 1g --free 1m @ | found --size with --free or --shrink, allowed: one of them
2 | --free x @ | --free: found 'x', allowed: a multiple of 4096 from 0 to 4194304t
2 | --free -1m @ | --free: found '-1m', allowed: a multiple of 4096
2 | --nodesize 5k @ | --nodesize: found '5k', allowed: a power of two from 4k to 64k
2 | -n 4 @ | --nodesize: found '4', allowed: a power of two from 4k to 64k
2 | -n 16kB @ | --nodesize: found '16kB', allowed: 16k or 16kiB, of powers of 1024
2 | --metadata raid1 @ | --metadata: found 'raid1', allowed: dup or single
2 | --features quota @ | --features: found 'quota'; allowed are free-space-tree and block-group-tree
2 | -O ^no-holes @ | --features: found '^no-holes', but no-holes is always on; allowed are
2 | --onto good -n 4k @ | found --nodesize with --onto, allowed: what the seed has
2 | --onto good --csum sha256 @ | found --csum with --onto, allowed: what the seed has
2 | --onto good -m dup @ | found --metadata with --onto, allowed: what the seed has
2 | --onto good -O ^free-space-tree @ | found --features with --onto, allowed: what the seed has
2 | --onto good --layers=subvolumes @ | found --layers=subvolumes with --onto, allowed: one of them
2 | --onto good --send-stream @ | found --onto with --send-stream, allowed: one of them
2 | --onto - @ | --onto: found '-', allowed: an image or device by its name
2 | --onto -x --sprout --size 1g | --onto: found '-x', allowed: SEED, with ./ in front if it begins with -
2 | --onto '' --sprout --size 1g | --onto: found '', allowed: SEED
1 | --onto missing --sprout --size 1g | cannot open missing: No such file or directory
2 | --sprout --size 1g | found --sprout without --onto
2 | --sprout= --onto good --size 1g | --sprout: found '', allowed: --sprout or --sprout=NAME
2 | --onto good --sprout | found --sprout without --size
2 | --onto good --sprout --size 1g @ | found an archive with --sprout, allowed: none
2 | --onto good --sprout --size 1g -n 4k | found --nodesize with --sprout, allowed: one of them
2 | --onto good --sprout --size 1g --no-seed | found --no-seed with --sprout, allowed: one of them
2 | --onto good --sprout --size 1g -j 2 | found --threads with --sprout, allowed: one of them
2 | --subvol r:etc @ | --subvol: found 'r', allowed: the type rw, ro, default or default-ro, or ./ before a path with a colon
2 | --subvol ro: @ | --subvol: found 'ro:', allowed: [TYPE:]DIR
2 | -u default:a -u default:b @ | --subvol: found 'default:b', allowed: one default subvolume
2 | --subvol-uuid home @ | --subvol-uuid: found 'home', allowed: PATH=UUID
2 | --inode-flags nocow:a @ | --inode-flags: found 'nocow', allowed: nodatacow, nodatasum or both with a comma, then :PATH
2 | --inode-flags nodatacow @ | --inode-flags: found 'nodatacow', allowed: 
2 | --property compress=zstd:a @ | --property: found 'compress=zstd:a', allowed: compression=zstd, zlib, lzo or none, then :PATH
2 | --fs-verity sha512 @ | found '--fs-verity sha512', and no file sha512; allowed: --fs-verity=sha512
2 | --fs-verity=md5 @ | --fs-verity: found 'md5', allowed: sha256, sha512 or none, or :PATH
2 | --fs-verity=/usr @ | --fs-verity: found '/usr', allowed: sha256, sha512 or none, or :PATH
2 | --fs-verity= @ | --fs-verity: found '', allowed: sha256, sha512 or none, or :PATH
2 | --fs-verity=sha256: @ | --fs-verity: found 'sha256:', allowed: a path behind the colon
2 | --fs-verity --fs-verity-salt 0x12 @ | --fs-verity-salt: found '0x12', allowed: hex digits of 1 to 32 bytes
2 | --fs-verity-salt 12 @ | found --fs-verity-salt without --fs-verity
2 | --fs-verity --fs-verity-signatures -x @ | --fs-verity-signatures: found '-x', allowed: DIR, with ./ in front if it begins with -
1 | --fs-verity --fs-verity-signatures missing @ | cannot open the directory missing: No such file or directory
2 | --fs-verity --fs-verity-digests -x @ | --fs-verity-digests: found '-x', allowed: FILE, with ./ in front if it begins with -
2 | --all-root=0 @ | --all-root: found '--all-root=0', but it takes no argument
2 | --force-uid root @ | --force-uid: found 'root', allowed: 0 to 4294967294
2 | --force-gid 4294967295 @ | --force-gid: found '4294967295', allowed: 0 to 4294967294
2 | --uid-offset x @ | --uid-offset: found 'x', allowed: -4294967294 to -1, or 0 to 4294967294
2 | --gid-offset 1.5 @ | --gid-offset: found '1.5', allowed: -4294967294 to -1, or 0 to 4294967294
2 | --defaults owner=0 @ | --defaults: found 'owner=0', allowed: uid=, gid=, mode= and mtime=, with commas between
2 | --defaults mode=999 @ | --defaults: found 'mode=999', allowed: mode=0 to mode=7777, octal
2 | --defaults uid=root @ | --defaults: found 'uid=root', allowed: uid=0 to uid=4294967294
2 | --defaults mtime=now @ | --defaults: found 'mtime=now', allowed: mtime=[@]SECONDS
2 | --root-becomes ../a @ | --root-becomes: 
2 | --exclude-path . @ | --exclude-path: found '.', allowed: a path below the root, or a pattern of such paths
2 | --exclude-from missing @ | --exclude-from: cannot read missing: No such file or directory
2 | --exclude-from dir @ | --exclude-from: cannot read dir: Is a directory
2 | --exclude-from -x @ | --exclude-from: found '-x', allowed: FILE, with ./ in front if it begins with -
2 | --exclude-regex ( @ | --exclude-regex: found '(' (Unmatched ( or \(), allowed: a POSIX extended regular expression
2 | --exclude *.o @ | --exclude: allowed: --exclude-path PATTERN, from the root on, or --exclude-regex REGEX
2 | --no-xattr=user @ | --no-xattr: found '--no-xattr=user', but it takes no argument
2 | --xattrs-exclude '' @ | --xattrs-exclude: found '', allowed: a pattern with * ? and [] for names of xattrs
2 | --whiteouts=aufs @ | --whiteouts: found '--whiteouts=aufs', but it takes no argument
2 | --layers snapshots @ | --layers: found 'snapshots', allowed: merged or subvolumes
2 | --layers=subvolumes -u a @ | found --subvol with --layers=subvolumes, allowed: one of them
2 | --oci @ @ | found 2 archives with --oci, allowed: one
2 | --image app:1 @ | found --image without --oci
2 | --platform linux --oci @ | --platform: found 'linux', allowed: OS/ARCHITECTURE[/VARIANT], like linux/arm64/v8
2 | --platform linux/arm64 @ | found --platform without --oci
2 | --oci-config / --oci @ | --oci-config: found '/', allowed: the path of a file in the image
1 | --oci dir | dir: 
1 | oci | oci is a container image, allowed: --oci oci
2 | --hard-dereference=1 @ | --hard-dereference: found '--hard-dereference=1', but it takes no argument
2 | --detect-holes=4k @ | --detect-holes: found '--detect-holes=4k', but it takes no argument
2 | --plan -o @ | --plan: found '-o', allowed: FILE, with ./ in front if it begins with -
1 | --plan missing @ | missing: No such file or directory
2 | --selinux-contexts '' @ | --selinux-contexts: found '', allowed: 
1 | --selinux-contexts missing @ | missing
1 | --spool-dir missing @ | cannot create a spool file in 'missing': No such file or directory (see --spool-dir)
2 | --spool-dir -x @ | --spool-dir: found '-x', allowed: DIR, with ./ in front if it begins with -
2 | --max-entries 0 @ | --max-entries: found '0', allowed: 1 or more
1 | --max-entries 1 @ | (see --max-entries)
2 | --max-bytes lots @ | --max-bytes: found 'lots', allowed: 
1 | --max-bytes 1k @ | (see --max-bytes)
2 | --no-sandbox=1 @ | --no-sandbox: found '--no-sandbox=1', but it takes no argument
2 | --threads 0 @ | --threads: found '0', allowed: 1 to 1024
2 | --threads all @ | --threads: found 'all', allowed: 1 to 1024
2 | --max-inline 5k @ | --max-inline: found '5k', allowed: 0 to 4096, with suffix k, m, g or t
2 | --dedupe yes @ | --dedupe: found 'yes', allowed: on or off
2 | --pack-tails 64k @ | found '--pack-tails 64k', and no file 64k; allowed: --pack-tails=64k
2 | --pack-tails=1m @ | --pack-tails: found '1m', allowed: a multiple of 4096 from 8k to 128k
2 | --skip-unsupported=sockets @ | --skip-unsupported: found '--skip-unsupported=sockets', but it takes no argument
2 | --allow-missing-end=1 @ | --allow-missing-end: found '--allow-missing-end=1', but it takes no argument
2 | --ignore-zeros=1 @ | --ignore-zeros: found '--ignore-zeros=1', but it takes no argument
2 | --progress always @ | found '--progress always', and no file always; allowed: --progress=always
2 | --progress=often @ | --progress: found 'often', allowed: auto, always or never
2 | --input-size 0 @ | --input-size: found '0', allowed: 1 to 
2 | --stats json @ | found '--stats json', and no file json; allowed: --stats=json
2 | --stats=xml @ | --stats: found 'xml', allowed: json or json:FILE
1 | --digest text @ | text: not a tar or cpio archive; allowed: --digest=text
1 | -q --stats dir/../text | text: not a tar or cpio archive; allowed: --stats=dir/../text
2 | --digest out.sum @ | found '--digest out.sum', and no file out.sum; allowed: --digest=out.sum
2 | --digest= @ | --digest: found '', allowed: FILE
2 | --content-digest cd @ | found '--content-digest cd', and no file cd; allowed: --content-digest=cd
2 | --manifest -o image good | --manifest: found '-o', allowed: FILE, with ./ in front if it begins with -
2 | --manifest both -o both @ | both
2 | --quiet=1 @ | --quiet: found '--quiet=1', but it takes no argument
2 | --verbose=2 @ | --verbose: found '--verbose=2', but it takes no argument
2 | --version=1 | --version: found '--version=1', but it takes no argument
2 | --help=1 | --help: found '1', allowed: all
2 | --quite @ | found '--quite', which is no option; did you mean --quiet?
2 | --node-size 4k @ | found '--node-size', which is no option; did you mean --nodesize?
2 | --root-dir . | --rootdir: reads archives, no directories: tar -C DIR -c . | tar2btrfs -o IMAGE
2 | --bogus @ | found '--bogus', which is no option; see --help
2 | --exclude- x @ | found '--exclude-', which is short for several options, allowed: --exclude-path, --exclude-from, --exclude-regex
2 | -z @ | found '-z', which is no option; see --help
2 | -r dir | --rootdir: reads archives, no directories: tar -C DIR -c . | tar2btrfs -o IMAGE
2 | --rootdir=dir | --rootdir: reads archives, no directories: tar -C DIR -c . | tar2btrfs -o IMAGE
2 | -M @ | --mixed: data and metadata are never mixed; leave it out
2 | --reflink @ | --reflink: data is always copied; equal data is stored once without this option
2 | -d dup @ | --data: found 'dup', allowed: single
2 | -s 16k @ | --sectorsize: found '16k', allowed: 4096
2 | -b 1GB @ | --size: found '1GB', allowed: 1G or 1GiB, of powers of 1024
2 | -j 0 @ | --threads: found '0', allowed: 1 to 1024
2 | --checksum md5 @ | --csum: found 'md5', allowed: crc32c, xxhash, sha256 or blake2
2 | --shrink -b 1g @ | found --size with --free or --shrink, allowed: one of them
2 | - - | found '-' as 2 archives, allowed: one
1 | dir | dir is a directory, allowed: a tar or cpio archive: tar -C dir -c . | tar2btrfs -o IMAGE
1 | missing | cannot open missing: No such file or directory
1 | empty | empty: empty input, allowed: a tar or cpio archive
1 | text | text: 
1 | image | image: 
ROWS
	all_typed "$TAR2BTRFS" --help=all
}

@test 'btrfs2tar: each option, wrong' {
	: >"$BATS_FILE_TMPDIR/typed"
	judge "$BTRFS2TAR" image <<'ROWS'
2 | | found no IMAGE; see --help
2 | --output | --output: found no argument, allowed: FILE
2 | -o -t @ | --output: found '-t', allowed: FILE, with ./ in front if it begins with -
1 | -o image @ | image
2 | --list=long @ | --list: found '--list=long', but it takes no argument
2 | --list --cat file @ | found --list with --cat, allowed: one of them
2 | --cat | --cat: found no argument, allowed: PATH
1 | --cat missing @ | missing
2 | --subvol '' @ | --subvol: found '', allowed: PATH|ID
2 | --manifest out @ | found '--manifest out', and no file out; allowed: --manifest=out
2 | --content-digest= @ | --content-digest: found '', allowed: FILE
2 | --degraded=1 @ | --degraded: found '--degraded=1', but it takes no argument
2 | --info=xml @ | --info: found 'xml', allowed: text or json
2 | --info json @ | found '--info json', and no file json; allowed: --info=json
1 | --subvol 999 @ | 999
1 | --subvol home @ | home
2 | --subvol 5 --all-subvols @ | found --subvol with --all-subvols, allowed: one of them
2 | --all-subvols=1 @ | --all-subvols: found '--all-subvols=1', but it takes no argument
2 | --keep-times=1 @ | --keep-times: found '--keep-times=1', but it takes no argument
2 | --ignore-log=1 @ | --ignore-log: found '--ignore-log=1', but it takes no argument
2 | --no-sandbox=1 @ | --no-sandbox: found '--no-sandbox=1', but it takes no argument
2 | --threads 0 @ | --threads: found '0', allowed: 1 to 1024
2 | --quiet=1 @ | --quiet: found '--quiet=1', but it takes no argument
2 | --verbose=1 @ | --verbose: found '--verbose=1', but it takes no argument
2 | --version=1 | --version: found '--version=1', but it takes no argument
2 | --help=1 | --help: found '
2 | --lst @ | found '--lst', which is no option; did you mean --list?
2 | --bogus @ | found '--bogus', which is no option; see --help
2 | -x @ | found '-x', which is no option; see --help
1 | missing | cannot open missing: No such file or directory
1 | dir | dir is a directory, allowed: a btrfs image or device
1 | good | good
1 | empty | empty
1 | - | standard input
1 | @ nosuch | nosuch
ROWS
	all_typed "$BTRFS2TAR"
}

@test 'what users of mkfs.btrfs type and what means the same' {
	cd "$BATS_FILE_TMPDIR"
	"$TAR2BTRFS" --csum xxhash --size 8m --compress none -O block-group-tree good >wanted
	"$TAR2BTRFS" --checksum xxhash -b 8388608 --compress no -d single -s 4k -f -K -j 1 -R block-group-tree good |
		cmp - wanted
	"$TAR2BTRFS" --checksum=xxhash --byte-count 8MiB --compress=no --data=single --sectorsize=4096 --force \
		--nodiscard --jobs=3 --runtime-features=block-group-tree good | cmp - wanted
	"$TAR2BTRFS" --free 1m --shrink good | cmp - image
}
