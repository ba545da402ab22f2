# bash completion for btrfs2tar(1), made by generate.py from --help: see there
# SPDX-License-Identifier: GPL-2.0-or-later

_btrfs2tar()
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
	--info=)
		words='text json'
		;;
	-o | --output | --output= | --manifest= | --content-digest=)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--cat | --cat= | --subvol | --subvol= | --threads | --threads=)
		return
		;;
	*)
		if [[ $cur != -* ]]; then
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			return
		fi
		words='-o --output -t --list --cat --info --manifest --content-digest --subvol
			--all-subvols --keep-times --ignore-log --degraded --threads --no-sandbox -q
			--quiet -v --verbose -V --version -h --help'
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -o filenames -o bashdefault -F _btrfs2tar btrfs2tar
