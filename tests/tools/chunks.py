#!/usr/bin/env python3
"""chunks.py IMAGE - does the layout keep the rules of chunks? Prints the chunks; exit status 1 and a reason if not.

Logical = physical of the first copy; starts and ends on 64 KiB; SYSTEM, METADATA, DATA in this order; at most 1 GiB
each; none over a superblock copy; the file as long as the device says and not longer than needed.
"""
import os
import re
import subprocess
import sys

K, M, G = 1 << 10, 1 << 20, 1 << 30
MIRRORS = [64 * K, 64 * M, 256 * G]
ORDER = ['SYSTEM', 'METADATA', 'DATA']


def chunks(image):
    text = subprocess.run(['btrfs', 'inspect-internal', 'dump-tree', '-t', 'chunk', image], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    for item in re.split(r'\n\titem ', text)[1:]:
        m = re.search(r'CHUNK_ITEM (\d+)\).*?length (\d+).*? type (\w+)', item, re.S)
        if m:
            stripes = [int(s) for s in re.findall(r'stripe \d+ devid 1 offset (\d+)', item)]
            yield int(m.group(1)), int(m.group(2)), m.group(3), stripes


def main(image):
    last, order, end = M, 0, M
    for logical, length, kind, stripes in chunks(image):
        print('%-8s %12d + %10d at %s' % (kind, logical, length, stripes))
        assert stripes[0] == logical, 'physical is not logical'
        assert logical % (64 * K) == 0 and length % (64 * K) == 0, 'not on 64 KiB'
        assert length <= G, 'longer than 1 GiB'
        assert ORDER.index(kind) >= order, 'kinds out of order'
        order = ORDER.index(kind)
        assert logical >= last, 'overlap'
        last = logical + length
        for s in stripes:
            assert s >= end, 'copies overlap'
            end = s + length
            for m in MIRRORS:
                assert end <= m or s >= m + 4 * K, 'over the superblock at %d' % m
    total = int(re.search(r'\ntotal_bytes\s+(\d+)', subprocess.run(
        ['btrfs', 'inspect-internal', 'dump-super', image], check=True, text=True, stdout=subprocess.PIPE).stdout).group(1))
    assert os.path.getsize(image) == total, 'file is %d bytes, the device %d' % (os.path.getsize(image), total)
    assert total % (4 * K) == 0 and end <= total
    print('%-8s %12d' % ('total', total))
    for i, m in enumerate(MIRRORS):
        if total < m + 4 * K: continue
        text = subprocess.run(['btrfs', 'inspect-internal', 'dump-super', '-s', str(i), image], text=True,
                              stdout=subprocess.PIPE).stdout
        assert '[match]' in text and re.search(r'\nbytenr\s+%d\n' % m, text), 'no superblock at %d' % m


if __name__ == '__main__':
    try:
        main(sys.argv[1])
    except AssertionError as e:
        sys.exit('chunks.py: %s: %s' % (sys.argv[1], e))
