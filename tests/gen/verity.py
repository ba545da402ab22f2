#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""verity.py DIR [large] - files around the borders of blocks and Merkle tree levels, compressible and not, with holes and links

With `large` also around the border of the third level, some 64 MiB each.
"""
import os, random, sys

BLOCK = 4096
SIZES = [0, 1, 2048, BLOCK - 1, BLOCK, BLOCK + 1, 65536, 127 * BLOCK, 128 * BLOCK - 1, 128 * BLOCK, 128 * BLOCK + 1, 300001]
LARGE = [128 * 128 * BLOCK - 1, 128 * 128 * BLOCK, 128 * 128 * BLOCK + 1]


def text(size):
    return (b'hello, world\n' * (size // 13 + 1))[:size]


def noise(size):
    return random.Random(size).randbytes(size)


def write(path, *parts):
    """parts are bytes, or how many bytes of a hole"""
    with open(path, 'wb') as f:
        for part in parts:
            if isinstance(part, int):
                f.seek(part, os.SEEK_CUR)
            else:
                f.write(part)
        f.truncate()


os.makedirs(os.path.join(sys.argv[1], 'dir'))
os.chdir(sys.argv[1])
for n in SIZES:
    write('text-%d' % n, text(n))
    write('noise-%d' % n, noise(n))
for n in LARGE if sys.argv[2:] == ['large'] else []:
    write('text-%d' % n, text(n))
write('hole', 1000000)
write('zeros-behind', noise(4097), bytes(700000))
write('hole-behind', noise(4097), 700001 - 4097)
write('hole-before', 300000, b'end\n')
write('hole-inside', text(300001), 2000000 - 300001, noise(4097))
os.link('text-300001', 'dir/link')
write('dir/same', text(300001))
