#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""chunks.py IMAGE - check that the layout keeps the rules of chunks, and print the chunks. If not: exit status 1 and a reason.

Logical = physical of the first copy; starts and ends on 64 KiB; SYSTEM, METADATA, DATA in this order; at most 1 GiB
each; none over a superblock copy; the file as long as the device says; each superblock copy there and valid.
"""
import os
import struct
import subprocess
import sys

K, M, G = 1 << 10, 1 << 20, 1 << 30
MIRRORS = [64 * K, 64 * M, 256 * G]
ORDER = {2: 'SYSTEM', 4: 'METADATA', 1: 'DATA'}
CHUNK_ITEM = 228


class Broken(Exception):
    pass


def check(condition, message):
    if not condition: raise Broken(message)


def chunks(f, logical, nodesize):
    """(logical, length, kind, [physical]) of the chunk tree's block at a logical address"""
    f.seek(logical)
    block = f.read(nodesize)
    nr, level = struct.unpack_from('<IB', block, 96)
    for i in range(nr):
        if level:
            yield from chunks(f, struct.unpack_from('<Q', block, 101 + 33 * i + 17)[0], nodesize)
            continue
        _, kind, start, offset, _ = struct.unpack_from('<QBQII', block, 101 + 25 * i)
        if kind != CHUNK_ITEM: continue
        length, _, _, flags = struct.unpack_from('<4Q', block, 101 + offset)
        stripes, = struct.unpack_from('<H', block, 101 + offset + 44)
        yield start, length, ORDER[flags & 7], [struct.unpack_from('<Q', block, 101 + offset + 48 + 32 * s + 8)[0]
                                                for s in range(stripes)]


def examine(image):
    """the chunks as text; raises Broken"""
    out = []
    with open(image, 'rb') as f:
        f.seek(MIRRORS[0])
        sb = f.read(4096)
        chunk_root, = struct.unpack_from('<Q', sb, 88)
        total, = struct.unpack_from('<Q', sb, 112)
        nodesize, = struct.unpack_from('<I', sb, 148)
        order, last, end = 0, M, M
        for logical, length, kind, stripes in chunks(f, chunk_root, nodesize):
            out.append('%-8s %12d + %10d at %s' % (kind, logical, length, stripes))
            check(stripes[0] == logical, 'physical is not logical')
            check(logical % (64 * K) == 0 and length % (64 * K) == 0, 'not on 64 KiB')
            check(length <= G, 'longer than 1 GiB')
            check(list(ORDER.values()).index(kind) >= order, 'kinds out of order')
            order = list(ORDER.values()).index(kind)
            check(logical >= last, 'chunks overlap')
            last = logical + length
            for s in stripes:
                check(s >= end, 'copies overlap')
                end = s + length
                for m in MIRRORS: check(end <= m or s >= m + 4 * K, 'over the superblock at %d' % m)
        out.append('%-8s %12d' % ('total', total))
        check(os.path.getsize(image) == total, 'file is %d bytes, the device %d' % (os.path.getsize(image), total))
        check(total % (4 * K) == 0 and end <= total, 'the device ends too early')
        for i, m in enumerate(MIRRORS):
            if total < m + 4 * K: continue
            f.seek(m)
            copy = f.read(4096)
            check(copy[32:48] + copy[56:] == sb[32:48] + sb[56:] and struct.unpack_from('<Q', copy, 48)[0] == m,
                  'the superblock at %d is none' % m)
            text = subprocess.run(['btrfs', 'inspect-internal', 'dump-super', '-s', str(i), image], text=True,
                                  stdout=subprocess.PIPE).stdout if i else '[match]'
            check('[match]' in text, 'sum of the superblock at %d' % m)
    return '\n'.join(out)


if __name__ == '__main__':
    try:
        print(examine(sys.argv[1]))
    except Broken as e:
        sys.exit('chunks.py: %s: %s' % (sys.argv[1], e))
