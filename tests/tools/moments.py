#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""moments.py SIGNAL COUNT PROGRAM ARCHIVE FILE GOOD SPOOL - end the program at COUNT random moments.

The moments follow from a number that is printed; the variable SEED sets another one.

Before each run FILE is "old"; after it FILE is that or equal to GOOD, the exit status is the signal's or that of a
complete run, and neither SPOOL nor FILE's directory holds anything else. The moments spread over the time of a run,
and a bit beyond. Prints how many runs were ended before FILE was complete; status 1 at the first that is not right.
"""
import os
import random
import signal
import subprocess
import sys
import time


def seconds_of(command):
    start = time.monotonic()
    subprocess.run(command, check=True)
    return time.monotonic() - start


def main():
    name, count, program, archive, out, good, spool = sys.argv[1:]
    number = getattr(signal, 'SIG' + name)
    if number != signal.SIGKILL:
        signal.signal(number, signal.SIG_DFL)  # a shell's background job ignores SIGINT, and so would the program
    seed = os.environ.get('SEED', '1')
    r = random.Random('moments:%s:%s' % (name, seed))
    want = open(good, 'rb').read()
    command = [program, '--spool-dir', spool, '-o', out, archive]
    # The shortest of five runs: after a longer one most moments would be later than the end of the runs
    # that follow. If the machine gets slower, the moments are early in a run, which does no harm.
    whole = min(seconds_of(command) for _ in range(5))
    ended = 0
    for i in range(int(count)):
        with open(out, 'w') as f:
            f.write('old')
        p = subprocess.Popen(command, stderr=subprocess.PIPE)
        time.sleep(r.random() * whole * 1.1)
        p.send_signal(number)
        errors = p.stderr.read()
        status = p.wait()
        found = open(out, 'rb').read()
        left = os.listdir(spool) + [n for n in os.listdir(os.path.dirname(out)) if n != os.path.basename(out)]
        # SIGKILL between link and rename leaves a temporary name; remove it before the next run
        if number == signal.SIGKILL:
            for n in (n for n in left if n.startswith('.tar2btrfs-')):
                os.unlink(os.path.join(os.path.dirname(out), n))
                print('KILL: a name was left in run %d' % i)
            left = [n for n in left if not n.startswith('.tar2btrfs-')]
        if status not in (0, -number) or found not in (b'old', want) or left or errors:
            sys.exit('SEED=%s, run %d: status %d, FILE has %d bytes, left: %s, said: %s' %
                     (seed, i, status, len(found), left, errors))
        if status == 0 and found != want:
            sys.exit('SEED=%s, run %d: status 0, and FILE is the old one' % (seed, i))
        ended += found == b'old'
    print('%s: %d of %s runs ended before FILE was complete, SEED=%s' % (name, ended, count, seed))
    if not ended:
        sys.exit('no run was ended in time')


if __name__ == '__main__':
    main()
