#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""names.py COUNT [LENGTH [PREFIX]] - COUNT names of LENGTH bytes (default 64) that all have one btrfs name hash.

btrfs hashes a name by crc32c without final inversion, seed 0xfffffffe. A CRC is linear over XOR, so names made of
"a" and "c" with the same hash are found by elimination instead of search. PREFIX (for example "user.") begins each.
The names collide under any seed, so they collide as extended references of one directory too.
"""
import sys

from crc32c import update


def name_hash(name, seed=0xfffffffe):
    return update(seed, name)


def colliding(count, length=64, prefix=b''):
    free = length - len(prefix)
    base = prefix + b'a' * free
    zero = name_hash(base)
    # column i: the change of the hash if the i-th "a" becomes a "c"
    rows, kernel = {}, []
    for i in range(free):
        p = len(prefix) + i
        vector, combination = name_hash(base[:p] + b'c' + base[p + 1:]) ^ zero, 1 << i
        while vector:
            top = vector.bit_length()
            if top not in rows:
                rows[top] = (vector, combination)
                break
            vector ^= rows[top][0]
            combination ^= rows[top][1]
        else:
            kernel.append(combination)
    if count > 1 << len(kernel):
        sys.exit('names.py: %d bytes give only %d names' % (length, 1 << len(kernel)))
    for n in range(count):
        bits = 0
        for k, vector in enumerate(kernel):
            if n >> k & 1: bits ^= vector
        name = prefix + bytes(b'ac'[bits >> i & 1] for i in range(free))
        assert name_hash(name) == zero
        yield name


if __name__ == '__main__':
    if not 2 <= len(sys.argv) <= 4: sys.exit(__doc__)
    for name in colliding(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 64,
                          sys.argv[3].encode() if len(sys.argv) > 3 else b''):
        print(name.decode())
