#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""bench.py [--rounds N] [--threads N] [CASE...] - measure tar2btrfs and tools for similar work, in turns.

Each round runs every tool once on the same archive with the same codec, level and number of threads, so that
a machine that slows down slows all of them. Each image is checked before its time counts. Tools are taken from PATH;
PEERS=DIR puts a directory before it. Archives are made once, from Debian's packages and generators, in $BENCH_CACHE
(default ~/.cache/tar2btrfs-bench).

Cases: rootfs (a Debian root file system), kernel (a source tree), modules (JavaScript), files-1000000, names-300000 (in one
directory), text-512m (one thread against two), scale (entries and bytes against time and memory), read (the rootfs from images back
to tar; with root also from a mount), list (a million names). Figures go to docs/benchmark/figures.json, where a run replaces those of
its cases; then the tables and plots there are made again.
The exit status is 1 if a bar is missed, or a figure in doubt. PEERS/NAME.built says in one line how the tool NAME was built.
"""
import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import time

import inputs
import report
from tools import CASES, IMAGES, PROGRAM, READ_CASES, TOOLS, runs_in

DOCS = os.path.join(inputs.TOP, 'docs', 'benchmark')
OUT = os.path.join(inputs.CACHE, 'out')
ONCE_SECONDS = 60  # a slower tool runs once
MOST_SECONDS = 200  # a slower run is stopped, and counts as this time


STOPPED = 124  # the exit status of timeout


class Failed(Exception):
    """a tool did not do the work"""


def run(command):
    """wall and CPU seconds, peak memory in KiB (of the largest process)"""
    figures = OUT + '.time'
    os.sync()
    start = time.monotonic()
    p = subprocess.run(['timeout', str(MOST_SECONDS), 'time', '-q', '-o', figures, '-f', '%U %S %M', 'sh', '-ec', command],
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors='replace')
    wall = time.monotonic() - start
    if p.returncode == STOPPED:
        return {'wall': wall, 'CPU': 0, 'KiB': 0, 'stopped': True}
    if p.returncode:
        raise Failed('%s: exit status %d: %s' % (command, p.returncode, p.stderr.strip().split('\n')[-1]))
    with open(figures) as f:
        user, system, kib = f.read().split()
    os.unlink(figures)
    return {'wall': wall, 'CPU': float(user) + float(system), 'KiB': int(kib)}


def remove(path):
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.exists(path):
        os.unlink(path)


def check(tool, names):
    p = subprocess.run(['sh', '-c', tool.check.format(**names)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace')
    if p.returncode:
        raise Failed('%s: its image is bad: %s' % (tool.needs, p.stdout.strip().split('\n')[-1]))


def measure(tool, names):
    remove(OUT)
    figures = run(tool.command.format(**names))
    if 'stopped' in figures:
        return dict(figures, bytes=0)
    check(tool, names)
    figures['bytes'] = os.path.getsize(OUT)
    return figures


def make_images(tar):
    """what the readers of a case read: {kind: quoted path}; without a kind whose program is not here"""
    images = {}
    for kind, (needs, command) in IMAGES.items():
        if shutil.which(needs):
            images[kind] = shlex.quote('%s.%s' % (OUT, kind))
            run(command.format(tar=shlex.quote(tar), image=images[kind]))
    return images


def present(case):
    found = []
    for name, tool in TOOLS.items():
        if not runs_in(name, case):
            continue
        if tool.is_here():
            found.append(name)
        else:
            print('not here: %s' % name)
    return found


def bench(case, rounds, threads):
    """figures of all tools of a case: {tool: [round...]}, and what the archive is"""
    tar = inputs.archive(READ_CASES.get(case, case))
    about = {'bytes': os.path.getsize(tar), 'entries': inputs.entries(tar), 'threads': threads, 'rounds': rounds}
    tools, folder = present(case), OUT + '.dir'
    names = {'tar': shlex.quote(tar), 'dir': shlex.quote(folder), 'out': shlex.quote(OUT), 'threads': threads,
             'kib': about['bytes'] >> 10, 'entries': about['entries']}
    images = make_images(tar) if case in READ_CASES else {}
    names.update(images)
    tools = [t for t in tools if all(kind in images or '{%s}' % kind not in TOOLS[t].command for kind in IMAGES)]
    runs = {t: [] for t in tools}
    extract = 'mkdir {dir} && tar -C {dir} --numeric-owner -xpf {tar}'.format(**names)
    for turn in range(rounds + 1):  # the first warms the caches
        if any(TOOLS[t].from_directory for t in tools):
            remove(folder)
            unpacked = run(extract)
            if turn:
                runs.setdefault('tar -x', []).append(dict(unpacked, bytes=0))
        for t in list(tools):
            if runs[t] and runs[t][0]['wall'] > ONCE_SECONDS:
                continue
            print('%s, round %d: %s' % (case, turn, t), file=sys.stderr)
            try:
                figures = measure(TOOLS[t], names)
            except Failed as e:
                if turn or TOOLS[t].needs == PROGRAM:
                    raise
                print('left out: %s' % e)  # another version of the tool, for example
                tools.remove(t)
                continue
            if turn or figures['wall'] > ONCE_SECONDS:
                runs[t].append(figures)
    for path in [OUT, folder] + ['%s.%s' % (OUT, kind) for kind in images]:
        remove(path)
    return {'about': about, 'runs': {t: r for t, r in runs.items() if r}}


SCALE = {
    'entries': ['files-%d' % n for n in (10000, 30000, 100000, 300000, 1000000)],
    'bytes': ['text-%dm' % n for n in (100, 300, 1000, 3000, 8000)],
}


def scale(threads):
    """one run each, after one that warms the caches: {what grows: {tool: [[number, wall, CPU, KiB]...]}}"""
    curves = {}
    for axis, cases in SCALE.items():
        curves[axis] = {t: [] for t in ('tar2btrfs zstd', 'tar2sqfs') if shutil.which(TOOLS[t].needs)}
        for case in cases:
            known = os.path.exists(os.path.join(inputs.CACHE, case))
            tar = inputs.archive(case)
            number = int(case.partition('-')[2].rstrip('m'))
            for turn in range(2):
                for t, curve in curves[axis].items():
                    f = measure(TOOLS[t], {'tar': shlex.quote(tar), 'out': shlex.quote(OUT), 'threads': threads})
                    if turn:
                        curve.append([number, f['wall'], f['CPU'], f['KiB']])
            if not known and case not in CASES:
                remove(os.path.dirname(tar))
    remove(OUT)
    return curves


def machine():
    with open('/proc/cpuinfo') as f:
        models = [line.partition(':')[2].strip() for line in f if line.startswith('model name')]
    return '%d CPUs (%s), Linux %s' % (len(os.sched_getaffinity(0)), (models or ['unknown'])[0], os.uname().release.split('-')[0])


def main():
    ap = argparse.ArgumentParser(usage=__doc__)
    ap.add_argument('--rounds', type=int, default=5)
    ap.add_argument('--threads', type=int, default=min(2, len(os.sched_getaffinity(0))))
    ap.add_argument('--report', action='store_true', help='draw table and plots from figures.json, measure nothing')
    ap.add_argument('cases', nargs='*')
    args = ap.parse_args()
    known = list(CASES) + ['scale']
    for case in args.cases:
        if case not in known:
            sys.exit('bench.py: no case %s, there are: %s' % (case, ' '.join(known)))
    if os.environ.get('PEERS'):
        os.environ['PATH'] = os.environ['PEERS'] + ':' + os.environ['PATH']
    os.makedirs(DOCS, exist_ok=True)
    os.makedirs(inputs.CACHE, exist_ok=True)
    path = os.path.join(DOCS, 'figures.json')
    figures = {}
    if os.path.exists(path):
        with open(path) as f:
            figures = json.load(f)
    for case in [] if args.report else args.cases or known:
        figures[case] = scale(args.threads) if case == 'scale' else bench(case, args.rounds, args.threads)
        figures['machine'] = machine()
        figures.setdefault('versions', {}).update(report.versions())
        with open(path + '.new', 'w') as f:
            json.dump(figures, f, indent=1, sort_keys=True)
            f.write('\n')
        os.rename(path + '.new', path)
        if case != 'scale':
            print(report.case_table(case, figures[case]))
    missed = report.write(DOCS, figures, args.cases or known)
    sys.exit(1 if missed else 0)


if __name__ == '__main__':
    main()
