#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""stream.py KIND ... - write a big archive to stdout, without a file on disk.

  files N [BYTES [PERDIR]]   N small files of BYTES (default 100), PERDIR (1000) to a directory
  names N [LENGTH]           N empty files with names of LENGTH bytes (200) in one directory
  links N [DIRS]             one file and N - 1 links to it, spread over DIRS directories (1)
  data BYTES [FILES]         pseudo-random bytes that do not compress, in FILES files (1)
  text BYTES [FILES]         the same, compressing to about a third
  change OFFSET VALUE        stdin to stdout with one byte changed (no archive; for identity tests)
Sizes take k, m, g.
"""
import random
import sys

BLOCK = 512
out = sys.stdout.buffer


def size_of(text):
    return int(text[:-1]) << {'k': 10, 'm': 20, 'g': 30}[text[-1]] if text[-1] in 'kmg' else int(text)


class Writer:
    """headers from one template: only name, size and sum are filled in; gathers small writes"""
    def __init__(self):
        self.parts, self.bytes = [], 0
        self.fixed = {}

    def put(self, data):
        self.parts.append(data)
        self.bytes += len(data)
        if self.bytes > 1 << 20: self.flush()

    def flush(self):
        out.write(b''.join(self.parts))
        self.parts, self.bytes = [], 0

    def header(self, name, kind, size, target=b''):
        key = (kind, size, target)
        if key not in self.fixed:
            size_field = b'%011o\0' % size if size < 8**11 else b'\x80' + size.to_bytes(11, 'big')
            mode = b'0000755\0' if kind == b'5' else b'0000644\0'
            tail = mode + b'0000000\0' * 2 + size_field + b'%011o\0' % 1700000000
            after = kind + target.ljust(100, b'\0') + b'ustar  \0' + bytes(BLOCK - 265)
            self.fixed[key] = (tail, after, sum(tail) + sum(after) + 8 * 32)
        tail, after, total = self.fixed[key]
        if len(name) > 100:
            self.header(b'././@LongLink', b'L', len(name) + 1)
            self.put(name + bytes(BLOCK - len(name) % BLOCK))
            name = name[:100]
        self.put(name.ljust(100, b'\0') + tail + b'%06o\0 ' % (total + sum(name)) + after)

    def file(self, name, data):
        self.header(name, b'0', len(data))
        self.put(data + bytes(-len(data) % BLOCK))

    def end(self):
        self.put(bytes(2 * BLOCK))
        self.flush()


def files(n, size=100, per_dir=1000):
    w = Writer()
    r = random.Random(n)
    for i in range(n):
        if i % per_dir == 0: w.header(b'd%06d/' % (i // per_dir), b'5', 0)
        w.file(b'd%06d/f%07d' % (i // per_dir, i), (b'%d:' % i + r.randbytes(8).hex().encode()).ljust(size, b'.')[:size])
    w.end()


def names(n, length=200):
    w = Writer()
    w.header(b'd/', b'5', 0)
    for i in range(n):
        w.header(b'd/' + (b'%07d-' % i).ljust(length, b'n'), b'0', 0)
    w.end()


def links(n, dirs=1):
    w = Writer()
    w.file(b'the-file', b'linked\n')
    for i in range(1, n):
        w.header(b'd%05d/link-%06d' % (i % dirs, i), b'1', 0, b'the-file')
    w.end()


def data(total, count=1, text=False):
    w = Writer()
    pool = random.Random(1).randbytes(8 << 20)
    if text:
        pool = b''.join(pool[i:i + 16] * 4 for i in range(0, 2 << 20, 16))
    step = 128 << 10
    for f in range(count):
        size = total // count
        w.header(b'data-%04d' % f, b'0', size)
        done = 0
        while done < size:
            # a number at the head of each piece makes it unique
            k = (done // step * 7 + f * 13) % (len(pool) // step)
            piece = (b'%020d%04d' % (done, f) + pool[k * step + 24:(k + 1) * step])[:size - done]
            w.put(piece)
            done += len(piece)
        w.put(bytes(-size % BLOCK))
    w.end()


def change(offset, value):
    source, pos = sys.stdin.buffer, 0
    while True:
        b = source.read(1 << 20)
        if not b: break
        if pos <= offset < pos + len(b):
            b = b[:offset - pos] + bytes([value]) + b[offset - pos + 1:]
        out.write(b)
        pos += len(b)


def main(words):
    if len(words) < 2: sys.exit(__doc__)
    kind, numbers = words[0], [size_of(a) for a in words[1:]]
    if kind == 'text': data(*numbers, text=True)
    elif kind in ('files', 'names', 'links', 'data', 'change'): globals()[kind](*numbers)
    else: sys.exit(__doc__)


if __name__ == '__main__':
    main(sys.argv[1:])
