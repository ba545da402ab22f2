#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""mutate.py IMAGE OUT NR - hostile images OUT1 to OUT<NR>: bytes of tree blocks changed, their checksums made right again

IMAGE has nodes of 4096 bytes, crc32c, and logical addresses that are physical ones, as tar2btrfs -n 4k makes it. The same
number gives the same image. What was changed is in OUT<number>.changes.
"""
import random, struct, sys

from crc32c import crc32c

NODE, SUPER = 4096, 65536


def seal(image, at):
    image[at:at + 32] = struct.pack('<I', crc32c(image[at + 32:at + NODE])) + bytes(28)


def blocks(image):
    fsid = image[SUPER + 32:SUPER + 48]
    return [at for at in range(1 << 20, len(image) - NODE + 1, NODE)
            if image[at + 32:at + 48] == fsid and struct.unpack_from('<Q', image, at + 48)[0] == at]


def interesting(r, image, at):
    """where bytes mean something: the header behind the ids, item headers, item data"""
    items = min(struct.unpack_from('<I', image, at + 96)[0], (NODE - 101) // 25)
    kind = r.randrange(8)
    if kind == 0:
        return r.randrange(48, 101)
    if kind < 4 and items:
        return 101 + r.randrange(25 * items)
    used = [i for i in range(101 + 25 * items, NODE) if image[at + i]]
    return r.choice(used) if used else 101


def mutate(image, places, r):
    changes = []
    for _ in range(r.choice((1, 1, 1, 2, 3))):
        at = SUPER if r.randrange(20) == 0 else r.choice(places)
        for _ in range(r.choice((1, 1, 2, 4))):
            where = r.randrange(48, 2900) if at == SUPER else interesting(r, image, at)
            value = r.choice((0, 1, 2, 255, 127, 128, r.randrange(256), image[at + where] ^ 1 << r.randrange(8)))
            changes.append('block %d byte %d: %d -> %d' % (at, where, image[at + where], value))
            image[at + where] = value
        seal(image, at)
    return changes


def main():
    image, out = open(sys.argv[1], 'rb').read(), sys.argv[2]
    places = blocks(image)
    for number in range(1, int(sys.argv[3]) + 1):
        mutated = bytearray(image)
        changes = mutate(mutated, places, random.Random(number))
        with open('%s%d' % (out, number), 'wb') as f:
            f.write(mutated)
        with open('%s%d.changes' % (out, number), 'w') as f:
            f.write('\n'.join(changes) + '\n')


main()
