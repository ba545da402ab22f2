#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""matrix.py - pairwise cover of codec x checksum x node size x metadata profile: one image's options a line."""
import itertools

CODECS = ['none', 'zlib', 'lzo', 'zstd']
CSUMS = ['crc32c', 'xxhash', 'sha256', 'blake2']
NODES = ['4k', '8k', '16k', '32k', '64k']
PROFILES = ['single', 'dup']


def rows():
    for i, node in enumerate(NODES):
        for j, csum in enumerate(CSUMS):
            yield CODECS[(i + j) % 4], csum, node, PROFILES[(i // 2 + j) % 2]


def main():
    table = list(rows())
    columns = [CODECS, CSUMS, NODES, PROFILES]
    for a, b in itertools.combinations(range(4), 2):
        missing = set(itertools.product(columns[a], columns[b])) - {(r[a], r[b]) for r in table}
        assert not missing, missing
    for codec, csum, node, profile in table:
        print('--compress %s --csum %s -n %s -m %s' % (codec, csum, node, profile))


if __name__ == '__main__':
    main()
