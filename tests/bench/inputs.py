# SPDX-License-Identifier: GPL-2.0-or-later
"""Archives for measurements, and directories with their content. They are made once, in the cache."""
import os
import shlex
import shutil
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CACHE = os.environ.get('BENCH_CACHE', os.path.expanduser('~/.cache/tar2btrfs-bench'))
STREAM = 'python3 %s/tests/gen/stream.py' % shlex.quote(TOP)

# The files of a system's packages; package scripts do not run, so that the tree is the same each time.
UNPACKED = 'mmdebstrap --quiet --variant=extract %s bookworm {tar}.tar && mv {tar}.tar {tar}'
STANDARD = "--include='~prequired' --include='~pimportant' --include='~pstandard' "

# name: a shell command that runs in an empty directory and writes {tar}
ARCHIVES = {
    'rootfs': UNPACKED % (STANDARD + '--include=gcc,g++,git,python3,gdb,vim,perl-doc'),
    'kernel': 'apt-get -q download linux-source-6.1 && dpkg -x linux-source-6.1_*.deb x && '
              'xz -dc x/usr/src/*.tar.xz >{tar} && rm -rf x *.deb',
    'modules': UNPACKED % '--include=npm,webpack,eslint,node-typescript,node-rollup,node-lodash' +
               ' && mkdir x && tar -C x -xf {tar} ./usr/share/nodejs && tar -C x/usr/share/nodejs -cf {tar} . && rm -rf x',
}


def command_for(name):
    """of an archive by name, or of one that stream.py makes: files-N, names-N, text-BYTES"""
    kind, _, number = name.partition('-')
    if kind in ('files', 'names'):
        return '%s %s %s 100 >{tar}' % (STREAM, kind, number)
    if kind == 'text':
        return '%s text %s 8 >{tar}' % (STREAM, number)
    return ARCHIVES[name]


def archive(name):
    """the path of an archive"""
    folder = os.path.join(CACHE, name)
    path = os.path.join(folder, 'tar')
    if not os.path.exists(path):
        print('making the archive %s' % name, file=sys.stderr)
        work = folder + '.new'
        shutil.rmtree(work, ignore_errors=True)
        os.makedirs(work)
        subprocess.run(['sh', '-ec', command_for(name).format(tar='./tar')], cwd=work, check=True)
        shutil.rmtree(folder, ignore_errors=True)
        os.rename(work, folder)
    return path


def entries(path):
    """how many members an archive has"""
    listing = subprocess.Popen(['tar', '-tf', path], stdout=subprocess.PIPE)
    n = sum(block.count(b'\n') for block in iter(lambda: listing.stdout.read(1 << 20), b''))
    listing.wait()
    return n
