#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""sweep.py ARCHIVE VALUES [OPTIONS] - many images of archives that differ in one number, each examined.

ARCHIVE is a call of tests/gen/stream.py with @ for the number ("files @ 100 50"); VALUES is a list of numbers and
ranges FROM-TO or FROM-TO/STEP, parted by commas; OPTIONS are the program's. Each image must keep the rules of
chunks.py and pass btrfs check without a warning. Prints the last image's chunks. A sanitizer build, which is slow and
looks at the code, not at borders, makes every fourth.
"""
import io
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), 'gen')]
import chunks
import stream

COMPLAINT = re.compile(r'warning|error|mismatch|bad |unaligned', re.I)
# what btrfs check --force says on an account that may not see loop devices of others, and what it says in the end
NO_COMPLAINT = re.compile('.*cannot check mount status.*|no error found')


def values(text):
    for part in text.split(','):
        m = re.fullmatch(r'(\d+)(?:-(\d+)(?:/(\d+))?)?', part)
        first, last, step = int(m.group(1)), int(m.group(2) or m.group(1)), int(m.group(3) or 1)
        yield from range(first, last + 1, step)


def archive(call):
    stream.out = io.BytesIO()
    stream.main(call.split())
    return stream.out.getbuffer()


def one(call, options, image):
    with open(image, 'wb') as f:
        p = subprocess.run([os.environ['TAR2BTRFS']] + options, input=archive(call), stdout=f, stderr=subprocess.PIPE)
    if p.returncode: return 'status %d: %s' % (p.returncode, p.stderr.decode())
    try: text = chunks.examine(image)
    except chunks.Broken as e: return str(e)
    p = subprocess.run(['btrfs', 'check', '--force', '--readonly', image], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if p.returncode or COMPLAINT.search(NO_COMPLAINT.sub('', p.stdout)): return text + '\n' + p.stdout
    one.chunks = text
    return None


def room():
    """a directory in memory if there is enough: a disk is slow while other tests write gigabytes"""
    try:
        fs = os.statvfs('/dev/shm')
        return '/dev/shm' if fs.f_bavail * fs.f_frsize > 2 << 30 else None
    except OSError:
        return None


def main():
    call, numbers, options = sys.argv[1], list(values(sys.argv[2])), sys.argv[3:]
    if os.environ.get('SANITIZER'): numbers = numbers[::4]
    bad = 0
    with tempfile.TemporaryDirectory(dir=room()) as d:
        for n in numbers:
            what = call.replace('@', str(n))
            trouble = one(what, options, d + '/img')
            if trouble:
                print('stream.py %s | tar2btrfs %s\n%s' % (what, ' '.join(options), trouble))
                bad += 1
                if bad == 3: break
    if bad: sys.exit(1)
    print('%d images of %s; the last:\n%s' % (len(numbers), call, one.chunks))


if __name__ == '__main__':
    main()
