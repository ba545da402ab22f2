# bash completion for tar2btrfs(1)                         -*- shell-script -*-
# SPDX-License-Identifier: GPL-2.0-or-later

_tar2btrfs()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local words='' IFS=$' \t\n'

	COMPREPLY=()
	# readline divides --option=value and zstd:3 into several words
	if [[ $cur == '=' ]]; then
		cur=''
	elif [[ $prev == '=' ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	case $prev in
	--compress)
		words='zstd zlib lzo none'
		;;
	--csum)
		words='crc32c xxhash sha256 blake2'
		;;
	-U | --uuid)
		words='content clear random'
		;;
	-n | --nodesize)
		words='4k 8k 16k 32k 64k'
		;;
	-m | --metadata)
		words='dup single'
		;;
	-O | --features)
		words='free-space-tree ^free-space-tree block-group-tree ^block-group-tree list-all'
		;;
	--spool-dir)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	-L | --label | --device-uuid | --chunk-uuid | --mtime | --size | --free | \
		--threads | --max-inline)
		return
		;;
	-o | --output)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	*)
		if [[ $cur != -* ]]; then
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			return
		fi
		words='-o --output --compress --csum -L --label -U --uuid --device-uuid
			--chunk-uuid --mtime --keep-times --no-seed --size --free
			-n --nodesize -m --metadata -O --features --spool-dir --threads
			--max-inline --skip-unsupported -q --quiet -v --verbose
			-V --version -h --help'
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -o filenames -o bashdefault -F _tar2btrfs tar2btrfs
