#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""bombs.py KIND [N [COUNT]] - write a small archive that asks for many resources to standard output; the format is tar by default.

  paths N COUNT    COUNT directories whose path has N components, all but the first of the same name
  xattrs N         a file with N attributes, in one pax header
  attributes N     N files with 60 attributes of 15,000 bytes each
  targets N        N symbolic links that are as long as they may be
  stretches N      N sparse files with 20,000 stretches of data each, all equal
  cpio N           N hard links whose names have a MiB each, in a cpio archive
  links N          N files below nested symbolic links that are as long as they may be
  sparse           a file of 8 EiB that is one hole
  zeros N          a file of N MiB of zeros
"""
import sys

out = sys.stdout.buffer


def header(name, size, kind, link=b''):
    h = bytearray(512)
    h[:len(name)] = name
    h[100:136] = b'0000644\0' + b'0000000\0' * 2 + b'%011o\0' % size
    h[136:148] = b'%011o\0' % 0
    h[156:157] = kind
    h[157:157 + len(link)] = link
    h[257:265] = b'ustar\x0000'
    h[148:156] = b' ' * 8
    h[148:156] = b'%06o\0 ' % sum(h)
    return bytes(h)


def extended(kind, body):
    return header(b'ext', len(body), kind) + body + bytes(-len(body) % 512)


def record(key, value):
    body = b' ' + key + b'=' + value + b'\n'
    n = len(body) + 1
    while len(str(n)) + len(body) != n:
        n += 1
    return b'%d' % n + body


def main():
    kind, numbers = sys.argv[1], [int(a) for a in sys.argv[2:]]
    if kind == 'paths':
        for i in range(numbers[1]):
            path = b'%d/' % i + b'd/' * (numbers[0] - 1)
            out.write(extended(b'x', record(b'path', path)) + header(b'd', 0, b'5'))
    elif kind == 'xattrs':
        out.write(extended(b'x', b''.join(record(b'SCHILY.xattr.user.%d' % i, b'') for i in range(numbers[0]))))
        out.write(header(b'f', 0, b'0'))
    elif kind == 'attributes':
        attributes = extended(b'x', b''.join(record(b'SCHILY.xattr.user.%d' % i, b'v' * 15000) for i in range(60)))
        for i in range(numbers[0]):
            out.write(attributes + header(b'f%d' % i, 0, b'0'))
    elif kind == 'targets':
        target = extended(b'x', record(b'linkpath', b't' * 4090))
        for i in range(numbers[0]):
            out.write(target + header(b's%d' % i, 0, b'2'))
    elif kind == 'stretches':
        nr = 20000
        sparse_map = b'%d\n' % nr + b''.join(b'%d\n1\n' % (i << 13) for i in range(nr))
        sparse_map += bytes(-len(sparse_map) % 512)
        for i in range(numbers[0]):
            out.write(extended(b'x', record(b'GNU.sparse.major', b'1') + record(b'GNU.sparse.minor', b'0') +
                               record(b'GNU.sparse.name', b's%d' % i) + record(b'GNU.sparse.realsize', b'%d' % (nr << 13))))
            out.write(header(b's', len(sparse_map) + nr, b'0') + sparse_map + b'd' * nr + bytes(-nr % 512))
    elif kind == 'cpio':
        name = b'./' * (1 << 19)
        for i in range(numbers[0]):
            path = name[:-8] + b'%07d' % i
            out.write(b'070701' + b'%08X' % (i + 1) + b'000081A4' + b'%08X' * 10 % (0, 0, 2, 1, 0, 0, 0, 0, 0, len(path) + 1) + b'%08X' % 0)
            out.write(path + bytes(-(110 + len(path)) % 4 or 4))
        out.write(b'070701' + b'0' * 88 + b'%08X' % 11 + b'0' * 8 + b'TRAILER!!!' + bytes(4))
        return
    elif kind == 'links':
        out.write(header(b'a', 0, b'5'))
        for i in range(39):
            target = (b's%d/' % (i + 1) if i < 38 else b'') + b'a/../' * 800 + b'a'
            out.write(extended(b'x', record(b'linkpath', target)) + header(b's%d' % i, 0, b'2'))
        for i in range(numbers[0]):
            out.write(header(b's0/%d' % i, 0, b'0'))
    elif kind == 'sparse':
        size = b'%d' % (2**63 - 1)
        out.write(extended(b'x', record(b'GNU.sparse.major', b'1') + record(b'GNU.sparse.minor', b'0') +
                           record(b'GNU.sparse.name', b's') + record(b'GNU.sparse.realsize', size)))
        out.write(header(b's', 512, b'0') + b'0\n' + bytes(510))
    elif kind == 'zeros':
        out.write(header(b'z', numbers[0] << 20, b'0'))
        for _ in range(numbers[0]):
            out.write(bytes(1 << 20))
    out.write(bytes(1024))


if __name__ == '__main__':
    try:
        main()
    except BrokenPipeError:
        sys.stderr.close()
