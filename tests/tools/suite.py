#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""suite.py [--quick | --long] [--jobs N] [NAME...] - run unit tests and bats files, count their TAP lines.

NAME is "unit", "fuzz" (corpora replayed) or the start of a bats file's name in tests/ ("30" or "30-xattrs"); default: all.
--quick leaves out bats tests tagged kernel or slow; only --long runs those tagged long, and no others. Several files run at once; each test in them runs alone.
The output of a failing test is shown, a skipped one says why. The end is a list of the ten slowest files and the line
"N passed, N failed", with ", N skipped" if there were any. With CI=true a skip counts as a failure unless its reason starts with "not for"
(a test that makes no sense under a sanitizer). Exit status 1 if something failed.
Environment: BUILD (directory of the unit tests' binaries), TAR2BTRFS (the program).
"""
import argparse
import concurrent.futures as futures
import glob
import os
import re
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOP = os.path.dirname(HERE)
# The slowest files start first, so that no slow file runs alone at the end.
SLOW_FIRST = ['71-', '65-', '95-', '80-', '70-', '90-']
LINE = re.compile(r'(not )?ok\s+\d+\s*(?:- )?(.*)')
SKIP = re.compile(r'\s# skip\b\s*(.*)', re.I)


class Result:
    def __init__(self, name):
        self.name, self.seconds = name, 0.0
        self.passed, self.failed, self.skipped, self.notes = 0, [], [], []


def parse_tap(result, lines):
    """count TAP lines; comment lines after a failure belong to it; other comment lines are figures to show"""
    plan, seen, current = None, 0, None
    for line in lines:
        m = LINE.match(line)
        if m:
            seen += 1
            current = None
            what, skip = m.group(2), SKIP.search(' ' + line)
            if m.group(1):
                current = [what]
                result.failed.append(current)
            elif skip:
                reason = skip.group(1).strip('() ') or 'no reason'
                result.skipped.append((what.split(' # skip')[0], reason))
            else:
                result.passed += 1
        elif re.match(r'1\.\.\d+', line):
            plan = int(line[3:].split()[0])
        elif current is not None:
            current.append(line)
        elif line.startswith('# '):
            result.notes.append(line[2:])
    return plan, seen


def run_one(name, command):
    result = Result(name)
    start = time.monotonic()
    p = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       cwd=TOP, errors='backslashreplace')
    result.seconds = time.monotonic() - start
    lines = p.stdout.split('\n')
    plan, seen = parse_tap(result, lines)
    if plan is None or seen < plan:
        result.failed.append(['stopped after %d of %s tests, status %d' % (seen, plan, p.returncode)] + lines[-30:])
    elif p.returncode and not result.failed:
        result.failed.append(['status %d though no test failed' % p.returncode] + lines[-30:])
    return result


def jobs_of(args):
    build = os.environ.get('BUILD', 'build')
    wanted = lambda n: not args.names or any(n.startswith(w) for w in args.names)
    jobs = []
    if not args.long and (not args.names or 'unit' in args.names):
        for source in sorted(glob.glob(HERE + '/unit/test_*.c')):
            name = os.path.basename(source)[:-2]
            jobs.append(('unit/' + name, [os.path.join(build, 'unit', name)]))
    if not args.long and (not args.names or 'fuzz' in args.names):
        for source in sorted(glob.glob(HERE + '/fuzz/fuzz_*.c')):
            name = os.path.basename(source)[len('fuzz_'):-2]
            jobs.append(('fuzz/' + name, [os.path.join(build, 'fuzz', name), HERE + '/fuzz/corpus/' + name]))
    files = [f for f in sorted(glob.glob(HERE + '/*.bats')) if wanted(os.path.basename(f))]
    rank = lambda f: next((i for i, s in enumerate(SLOW_FIRST) if os.path.basename(f).startswith(s)), 99)
    for f in sorted(files, key=rank):
        command = ['bats', '--tap']
        command += ['--filter-tags', 'long' if args.long else '!kernel,!slow,!long' if args.quick else '!long']
        jobs.append((os.path.basename(f)[:-5], command + [f]))
    return jobs


def report(result):
    if not (result.passed or result.failed or result.skipped):
        return
    bad = 'FAILED' if result.failed else 'ok'
    print('%-8s %-22s %4d passed%s%s  %.0f s' % (
        bad, result.name, result.passed, ', %d failed' % len(result.failed) if result.failed else '',
        ', %d skipped' % len(result.skipped) if result.skipped else '', result.seconds))
    for note in result.notes:
        print('    ' + note)
    for what, reason in result.skipped:
        print('    skipped: %s: %s' % (what, reason))
    for lines in result.failed:
        print('    FAILED: ' + lines[0])
        for line in lines[1:80]:
            if line.strip():
                print('        ' + line)
    sys.stdout.flush()


def main():
    ap = argparse.ArgumentParser(usage=__doc__)
    ap.add_argument('--quick', action='store_true')
    ap.add_argument('--long', action='store_true')
    ap.add_argument('--jobs', type=int, default=len(os.sched_getaffinity(0)))
    ap.add_argument('names', nargs='*')
    args = ap.parse_args()
    if shutil.which('ps'):  # bats uses it to find the children to kill
        # seconds: a test that hangs is a failure
        os.environ.setdefault('BATS_TEST_TIMEOUT', '3600' if args.long else '900')
    ci = os.environ.get('CI') == 'true'
    jobs = jobs_of(args)
    if not jobs:
        sys.exit('suite.py: no such test: ' + ' '.join(args.names))
    results = []
    with futures.ThreadPoolExecutor(max_workers=max(1, args.jobs)) as pool:
        for f in futures.as_completed([pool.submit(run_one, n, c) for n, c in jobs]):
            r = f.result()
            if ci:
                forbidden = [s for s in r.skipped if not s[1].startswith('not for')]
                r.failed += [[what, 'skipped where nothing may be: ' + why] for what, why in forbidden]
                r.skipped = [s for s in r.skipped if s not in forbidden]
            results.append(r)
            report(r)
    print('# slowest:')
    for r in sorted(results, key=lambda r: -r.seconds)[:10]:
        print('#   %5.0f s  %s' % (r.seconds, r.name))
    passed = sum(r.passed for r in results)
    failed = sum(len(r.failed) for r in results)
    skipped = sum(len(r.skipped) for r in results)
    if failed:
        print('failed:')
        for r in results:
            for lines in r.failed:
                print('    %s: %s' % (r.name, lines[0]))
    print('%d passed, %d failed%s' % (passed, failed, ', %d skipped' % skipped if skipped else ''))
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
