# bash completion for tar2btrfs(1), made by generate.py from --help: see there
# SPDX-License-Identifier: GPL-2.0-or-later

_tar2btrfs()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local words='' IFS=$' \t\n'

	COMPREPLY=()
	# readline divides --option=value and zstd:3 into several words
	if [[ $cur == '=' ]]; then
		cur=''
		prev+='='
	elif [[ $prev == '=' ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}=
	fi
	case $prev in
	--compress | --compress=)
		words='zstd zlib lzo none'
		;;
	--csum | --csum=)
		words='crc32c xxhash sha256 blake2'
		;;
	--send-stream=)
		words='1 2'
		;;
	-U | --uuid | --uuid=)
		words='content clear random'
		;;
	-n | --nodesize | --nodesize=)
		words='4k 8k 16k 32k 64k'
		;;
	-m | --metadata | --metadata=)
		words='dup single'
		;;
	-O | --features | --features=)
		words='free-space-tree ^free-space-tree block-group-tree ^block-group-tree list-all'
		;;
	-u | --subvol | --subvol=)
		words='rw: ro: default: default-ro:'
		;;
	--inode-flags | --inode-flags=)
		words='nodatacow: nodatasum:'
		;;
	--property | --property=)
		words='compression=zstd: compression=zlib: compression=lzo: compression=none:'
		;;
	--layers | --layers=)
		words='merged subvolumes'
		;;
	--dedupe | --dedupe=)
		words='on off'
		;;
	--progress=)
		words='auto always never'
		;;
	--stats=)
		words='json'
		;;
	--help=)
		words='all'
		;;
	--fs-verity-signatures | --fs-verity-signatures= | --root-becomes | --root-becomes= | \
		--spool-dir | --spool-dir=)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	-o | --output | --output= | --parent | --parent= | --fs-verity-digests | \
		--fs-verity-digests= | --exclude-from | --exclude-from= | --plan | --plan= | \
		--selinux-contexts | --selinux-contexts= | --digest= | --content-digest= | --manifest | \
		--manifest=)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	-L | --label | --label= | --subvol-name | --subvol-name= | --parent-name | --parent-name= | \
		--parent-uuid | --parent-uuid= | --device-uuid | --device-uuid= | --chunk-uuid | \
		--chunk-uuid= | --mtime | --mtime= | --size | --size= | --free | --free= | --onto | --onto= | \
		--sprout= | --subvol-uuid | --subvol-uuid= | --fs-verity= | --fs-verity-salt | \
		--fs-verity-salt= | --force-uid | --force-uid= | --force-gid | --force-gid= | --uid-offset | \
		--uid-offset= | --gid-offset | --gid-offset= | --defaults | --defaults= | --exclude-path | \
		--exclude-path= | --exclude-regex | --exclude-regex= | --xattrs-exclude | \
		--xattrs-exclude= | --image | --image= | --platform | --platform= | --oci-config | \
		--oci-config= | --max-entries | --max-entries= | --max-bytes | --max-bytes= | --threads | \
		--threads= | --max-inline | --max-inline= | --pack-tails= | --input-size | --input-size=)
		return
		;;
	*)
		if [[ $cur != -* ]]; then
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			return
		fi
		words='-o --output --compress --csum -L --label --send-stream --subvol-name --parent
			--parent-name --parent-uuid -U --uuid --device-uuid --chunk-uuid --mtime
			--keep-times --no-seed --size --free -n --nodesize -m --metadata -O --features
			--onto --sprout -u --subvol --subvol-uuid --inode-flags --property --fs-verity
			--fs-verity-salt --fs-verity-signatures --fs-verity-digests --all-root
			--force-uid --force-gid --uid-offset --gid-offset --defaults --root-becomes
			--exclude-path --exclude-from --exclude-regex --no-xattr --xattrs-exclude
			--whiteouts --layers --oci --image --platform --oci-config --hard-dereference
			--detect-holes --plan --selinux-contexts --spool-dir --max-entries --max-bytes
			--no-sandbox --threads --max-inline --dedupe --pack-tails --skip-unsupported
			--allow-missing-end --ignore-zeros --progress --input-size --stats --digest
			--content-digest --manifest -q --quiet -v --verbose -V --version -h --help'
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -o filenames -o bashdefault -F _tar2btrfs tar2btrfs
