# fish completion for btrfs2tar(1), made by generate.py from --help: see there
# SPDX-License-Identifier: GPL-2.0-or-later

complete -c btrfs2tar -s o -l output -r -F -d 'write to FILE, which appears complete or not at all'
complete -c btrfs2tar -s t -l list -d 'list what the archive would hold'
complete -c btrfs2tar -l cat -x -d 'write the bytes of one file'
complete -c btrfs2tar -l info -f -a 'text json' -d 'print what the image is, and the command line that makes it again'
complete -c btrfs2tar -l manifest -d 'write a canonical listing of the tree'
complete -c btrfs2tar -l content-digest -d 'print the SHA-256 of the manifest, to FILE or the output'
complete -c btrfs2tar -l subvol -x -d 'begin at this subvolume'
complete -c btrfs2tar -l all-subvols -d 'begin at the top level, above all subvolumes'
complete -c btrfs2tar -l keep-times -d 'write atime, ctime and birth time too'
complete -c btrfs2tar -l ignore-log -d 'read the state of the last commit, though a log says that more was synced since'
complete -c btrfs2tar -l degraded -d 'read a filesystem of which devices are missing, as far as the others have all'
complete -c btrfs2tar -l no-sandbox -d 'do not give up privileges before reading'
complete -c btrfs2tar -s q -l quiet -d 'print errors only'
complete -c btrfs2tar -s v -l verbose -d 'print more'
complete -c btrfs2tar -s V -l version -d 'print the versions of the program and the codec libraries'
complete -c btrfs2tar -s h -l help -d 'print this help'
