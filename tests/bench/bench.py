#!/usr/bin/env python3
"""bench.py [--rounds N] [--threads N] [CASE...] - tar2btrfs against the tools that do a like job, in turns.

Each round runs every tool once on the same archive with the same codec, level and number of threads, so that
a machine that slows down slows all of them. Images are checked before their time counts. Printed: medians, the median
of the ratios tar2btrfs / tool of each round (below 1: tar2btrfs is faster), peak memory and image size.

Cases: rootfs (a Debian root file system), kernel (a source tree), million (small files), names (300,000 in one directory).
Archives are made once, from Debian's packages and generators, in $BENCH_CACHE (default ~/.cache/tar2btrfs-bench).
"""
import argparse
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CACHE = os.environ.get('BENCH_CACHE', os.path.expanduser('~/.cache/tar2btrfs-bench'))
PROGRAM = os.environ.get('TAR2BTRFS', os.path.join(TOP, 'tar2btrfs'))
STREAM = 'python3 %s/tests/gen/stream.py' % shlex.quote(TOP)

# name: how to make its archive, a shell command that runs in an empty directory and writes ./tar
CASES = {
    'rootfs': 'mmdebstrap --quiet --variant=standard --include=gcc,git,python3 bookworm tar.tmp.tar && mv tar.tmp.tar tar',
    'kernel': 'apt-get -q download linux-source-6.1 && dpkg -x linux-source-6.1_*.deb x && xz -dc x/usr/src/*.tar.xz >tar && rm -rf x *.deb',
    'million': STREAM + ' files 1000000 100 1000 >tar',
    'names': STREAM + ' names 300000 100 >tar',
}

# name: (needs, command, check); {tar} {out} {threads} are filled in, and so is zstd level 3 at 128 KiB
TOOLS = {
    'tar2btrfs': (PROGRAM, '{program} --compress zstd:3 --threads {threads} -o {out} {tar}', 'btrfs check --readonly {out}'),
    'tar2sqfs': ('tar2sqfs', 'tar2sqfs -q -f -c zstd -X level=3 -b 131072 -j {threads} {out} <{tar}', 'unsquashfs -s {out}'),
    # sqfstar itself, in Debian 12, takes no level
    'mksquashfs -tar': ('mksquashfs', 'mksquashfs - {out} -tar -quiet -no-progress -comp zstd -Xcompression-level 3 -b 128K '
                        '-processors {threads} <{tar}', 'unsquashfs -s {out}'),
    'tar2btrfs none': (PROGRAM, '{program} --compress none --threads {threads} -o {out} {tar}', 'btrfs check --readonly {out}'),
    'mkfs.erofs none': ('mkfs.erofs', 'mkfs.erofs --quiet --tar=f {out} {tar}', 'fsck.erofs {out}'),
    'cat, sync': ('cat', 'cat {tar} >{out} && sync {out}', 'cmp {tar} {out}'),
}
BASE = {'tar2sqfs': 'tar2btrfs', 'mksquashfs -tar': 'tar2btrfs', 'mkfs.erofs none': 'tar2btrfs none', 'cat, sync': 'tar2btrfs none'}


class Failed(Exception):
    """a tool did not do the work"""


def archive(case):
    path = os.path.join(CACHE, case, 'tar')
    if not os.path.exists(path):
        print('making the archive %s' % path, file=sys.stderr)
        work = os.path.join(CACHE, case + '.new')
        shutil.rmtree(work, ignore_errors=True)
        os.makedirs(work)
        subprocess.run(['sh', '-ec', CASES[case]], cwd=work, check=True)
        shutil.rmtree(os.path.dirname(path), ignore_errors=True)
        os.rename(work, os.path.dirname(path))
    return path


def run(command):
    """wall and CPU seconds, peak memory in KiB (of the largest process)"""
    start = time.monotonic()
    p = subprocess.Popen(['sh', '-c', command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = p.stderr.read()
    _, status, usage = os.wait4(p.pid, 0)
    p.returncode = os.waitstatus_to_exitcode(status)
    if p.returncode:
        raise Failed('%s: exit status %d: %s' % (command, p.returncode, errors.decode(errors='replace').split('\n')[0]))
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def bench(case, tools, rounds, threads):
    tar, out = archive(case), os.path.join(CACHE, 'out')
    figures, sizes = {t: [] for t in tools}, {}
    for turn in range(rounds + 1):
        for t in list(tools):
            _, command, check = TOOLS[t]
            names = {'program': shlex.quote(PROGRAM), 'tar': shlex.quote(tar), 'out': shlex.quote(out), 'threads': threads}
            if os.path.exists(out):
                os.unlink(out)
            try:
                found = run(command.format(**names))
            except Failed as e:
                if turn or t.startswith('tar2btrfs'):
                    raise
                print('left out: %s' % e)  # another version of the tool, for example
                tools.remove(t)
                continue
            if turn == 0:  # warms the caches; its image is checked
                subprocess.run(['sh', '-c', check.format(**names)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                sizes[t] = os.path.getsize(out)
            else:
                figures[t].append(found)
    os.unlink(out)
    print('%s: %d MB, %d threads, %d rounds' % (case, os.path.getsize(tar) // 10**6, threads, rounds))
    print('  %-18s %8s %8s %10s %10s %9s %9s' % ('', 'wall s', 'CPU s', 'wall ratio', 'CPU ratio', 'MiB', 'image MB'))
    for t in tools:
        wall, cpu, rss = (statistics.median(f[i] for f in figures[t]) for i in range(3))
        base = BASE.get(t)
        ratio = [statistics.median(b[i] / f[i] for b, f in zip(figures[base], figures[t])) for i in range(2)] if base in figures else None
        print('  %-18s %8.2f %8.2f %10s %10s %9.0f %9.0f' % (
            t, wall, cpu, '%.2f' % ratio[0] if ratio else '', '%.2f' % ratio[1] if ratio else '', rss / 1024, sizes[t] / 10**6))


def main():
    ap = argparse.ArgumentParser(usage=__doc__)
    ap.add_argument('--rounds', type=int, default=5)
    ap.add_argument('--threads', type=int, default=len(os.sched_getaffinity(0)))
    ap.add_argument('cases', nargs='*')
    args = ap.parse_args()
    for case in args.cases or CASES:
        if case not in CASES:
            sys.exit('bench.py: no case %s, there are: %s' % (case, ' '.join(CASES)))
        tools = [t for t, (needs, _, _) in TOOLS.items() if shutil.which(needs)]
        for t in sorted(set(TOOLS) - set(tools)):
            print('not here: %s' % t)
        bench(case, tools, args.rounds, args.threads)


if __name__ == '__main__':
    main()
