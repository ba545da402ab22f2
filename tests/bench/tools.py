# SPDX-License-Identifier: GPL-2.0-or-later
"""The tools, the cases that each can do, and the bars that tar2btrfs has to reach against them."""
import os
import shlex
import shutil

from inputs import TOP

PROGRAM = os.environ.get('TAR2BTRFS', os.path.join(TOP, 'tar2btrfs'))
OURS = shlex.quote(PROGRAM)
READER = os.path.join(os.path.dirname(PROGRAM), 'btrfs2tar')
OURS_BACK = shlex.quote(READER)
CHECK = 'btrfs check --readonly {out}'
LIST = 'unsquashfs -lc {out}'
EXTFS = 'e2fsck -fn {out}'
# A reader's output is counted, as GNU tar would not read what goes to /dev/null: no archive is smaller than its data.
COUNT = ' | wc -c >{out}'
WHOLE = 'test "$(cat {out})" -gt $(({kib} * 950))'


class Tool:
    """one way to make an image, or something to compare with"""
    def __init__(self, needs, command, check, against, cases=None, from_directory=False, needs_root=False):
        self.needs, self.command, self.check = needs, command, check
        self.against = against  # the way of tar2btrfs that its figures are divided by, or None
        self.cases = cases      # all if None
        self.from_directory = from_directory
        self.needs_root = needs_root

    def is_here(self):
        return shutil.which(self.needs) and (not self.needs_root or os.geteuid() == 0)


# -o waits until the disk has the image, as `cat, sync` does; the other tools do not, nor does tar2btrfs for them.
# {tar} {dir} {out} {threads} {kib} {entries}, and of IMAGES {btrfs} {sqfs}, are filled in; pieces and blocks have 128 KiB, zstd level 3
TREES = ('rootfs', 'kernel', 'modules')
TOOLS = {
    'tar2btrfs zstd': Tool(PROGRAM, OURS + ' --compress zstd:3 --threads {threads} {tar} >{out}', CHECK, None),
    'tar2btrfs none': Tool(PROGRAM, OURS + ' --compress none --threads {threads} {tar} >{out}', CHECK, None),
    'tar2btrfs none, -o': Tool(PROGRAM, OURS + ' --compress none --threads {threads} -o {out} {tar}', CHECK, None, ('rootfs',)),
    'tar2btrfs none, pipe': Tool(PROGRAM, 'cat {tar} | ' + OURS + ' --compress none --threads {threads} >{out}', CHECK, None, ('rootfs',)),
    'tar2sqfs': Tool('tar2sqfs', 'tar2sqfs -q -f -c zstd -X level=3 -b 131072 -j {threads} {out} <{tar}', LIST, 'tar2btrfs zstd'),
    # sqfstar is another name of mksquashfs; under that name it accepts no level in Debian 12
    'sqfstar': Tool('mksquashfs', 'mksquashfs - {out} -tar -quiet -no-progress -comp zstd -Xcompression-level 3 -b 128K '
                    '-processors {threads} <{tar}', LIST, 'tar2btrfs zstd'),
    'mkfs.btrfs': Tool('mkfs.btrfs', 'truncate -s $(({kib} * 2 + {entries} * 8 + 524288))k {out} && mkfs.btrfs -q -f --rootdir {dir} '
                       '--compress zstd:3 --shrink {out}', CHECK, 'tar2btrfs zstd', TREES, True),
    'mkfs.erofs': Tool('mkfs.erofs', 'mkfs.erofs --quiet --tar=f {out} {tar}', 'fsck.erofs {out}', 'tar2btrfs none', TREES + ('files-1000000',)),
    'mkfs.erofs, pipe': Tool('mkfs.erofs', 'cat {tar} | mkfs.erofs --quiet --tar=f {out}', 'fsck.erofs {out}', 'tar2btrfs none, pipe', ('rootfs',)),
    'mke2fs': Tool('mke2fs', 'mke2fs -q -F -t ext4 -N $(({entries} + 1000)) -d {dir} {out} $(({kib} * 5 / 4 + {entries} * 4 + 65536))k', EXTFS,
                   'tar2btrfs none', TREES, True),
    'genext2fs': Tool('genext2fs', 'genext2fs -B 4096 -N $(({entries} + 1000)) -b $(({kib} / 3 + {entries} + 16384)) -d {dir} {out}', EXTFS,
                      'tar2btrfs none', ('rootfs',), True),
    'cat, sync': Tool('cat', 'cat {tar} >{out} && sync {out}', 'cmp {tar} {out}', 'tar2btrfs none, -o', ('rootfs',)),
    'cat | cat': Tool('cat', 'cat {tar} | cat >{out}', 'cmp {tar} {out}', 'tar2btrfs none, pipe', ('rootfs',)),
    'zstd:9, 1 thread': Tool(PROGRAM, OURS + ' --compress zstd:9 --threads 1 {tar} >{out}', CHECK, 'zstd:9, 2 threads', ('text-512m',)),
    'zstd:9, 2 threads': Tool(PROGRAM, OURS + ' --compress zstd:9 --threads 2 {tar} >{out}', CHECK, None, ('text-512m',)),
    'btrfs2tar': Tool(READER, OURS_BACK + ' --threads {threads} {btrfs}' + COUNT, WHOLE, None, ('read',)),
    'btrfs2tar, 1 thread': Tool(READER, OURS_BACK + ' --threads 1 {btrfs}' + COUNT, WHOLE, None, ('read',)),
    'sqfs2tar': Tool('sqfs2tar', 'sqfs2tar {sqfs}' + COUNT, WHOLE, 'btrfs2tar', ('read',)),
    'mount, tar -c': Tool('tar', 'mkdir {dir} && mount -o loop,ro {btrfs} {dir} && tar -C {dir} --xattrs --acls -cf - .' + COUNT +
                          '; umount {dir} && rmdir {dir}', WHOLE, 'btrfs2tar', ('read',), needs_root=True),
    'btrfs2tar -t': Tool(READER, OURS_BACK + ' -t {btrfs}' + COUNT, 'test "$(cat {out})" -gt {entries}', None, ('list',)),
}
# What readers read: made once for a case, of its archive, by the first program.
IMAGES = {
    'btrfs': (PROGRAM, OURS + ' --compress zstd:3 {tar} >{image}'),
    'sqfs': ('tar2sqfs', 'tar2sqfs -q -f -c zstd -X level=3 -b 131072 {image} <{tar}'),
}
READ_CASES = {'read': 'rootfs', 'list': 'files-1000000'}  # and their archives

# case: tools that do not run in it
CASES = {
    'rootfs': (),
    'kernel': (),
    'modules': (),
    'files-1000000': (),
    'names-300000': (),
    'text-512m': ('tar2btrfs zstd', 'tar2btrfs none', 'tar2sqfs', 'sqfstar'),
    'read': (),
    'list': (),
}


def runs_in(name, case):
    """whether the tool takes part in the case"""
    tool = TOOLS[name]
    if tool.cases is None:
        return case not in READ_CASES and name not in CASES[case]
    return case in tool.cases and name not in CASES[case]


# case, what is measured, the tool compared with, at most so many times its figure, for the best of the rounds
BARS = [
    ('rootfs', 'wall', 'tar2sqfs', 0.85),
    ('rootfs', 'CPU', 'tar2sqfs', 0.95),
    ('rootfs', 'wall', 'sqfstar', 0.80),
    ('rootfs', 'wall', 'mkfs.btrfs', 0.35),
    ('kernel', 'wall', 'tar2sqfs', 0.80),
    ('modules', 'wall', 'tar2sqfs', 0.80),
    ('rootfs', 'wall', 'cat, sync', 2.0),
    ('rootfs', 'wall', 'mkfs.erofs', 0.45),
    ('rootfs', 'wall', 'mkfs.erofs, pipe', 0.6),
    ('rootfs', 'wall', 'cat | cat', 1.6),
    ('files-1000000', 'wall', 'tar2sqfs', 0.3),
    ('names-300000', 'wall', 'tar2sqfs', 0.03),
    ('text-512m', 'wall', 'zstd:9, 1 thread', 1 / 1.8),
    ('read', 'wall', 'sqfs2tar', 0.8),
    ('read', 'wall', 'mount, tar -c', 0.6),
]
# seconds of CPU a member
CPU_BARS = [
    ('files-1000000', 'tar2btrfs zstd', 6e-6),
    ('list', 'btrfs2tar -t', 4e-6),
]


def memory_bar(entries, threads, data_bytes):
    """KiB that a run of ours may have resident; every piece counts as a stored blob"""
    return 64 * 1024 + (entries * 250 + data_bytes // (128 << 10) * 100 >> 10) + threads * 2048
