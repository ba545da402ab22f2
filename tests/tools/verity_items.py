#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The fs-verity items of an image on one device: shown, or damaged with checksums that are right again.

    verity_items.py list IMAGE                   a line for each item: inode, type, offset, bytes, SHA-256
    verity_items.py dump IMAGE DIR               DIR/INO.desc and DIR/INO.tree
    verity_items.py damage IMAGE INO WHAT [AT [BITS]]   flip BITS (default 4) of byte AT (default 0) of WHAT:
        item        of the item that has size and reserved bytes of the descriptor
        desc, tree  of the descriptor with its signature, of the Merkle tree
        inline      of the bytes of an inline extent, behind its head
        data        of the stored bytes of the first extent
        hole        make the first extent a hole
"""

import hashlib
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "gen"))
from crc32c import crc32c

FS_TREE, CSUM_TREE = 5, 7
DESC, MERKLE, EXTENT_DATA, EXTENT_CSUM, ROOT_ITEM, CHUNK_ITEM = 36, 37, 108, 128, 132, 228
HEADER = 101


def packed_sum(data):
    return struct.pack("<I", crc32c(data))


class Image:
    def __init__(self, path, writable=False):
        self.file = open(path, "r+b" if writable else "rb")
        sb = self.read_at(65536, 4096)
        assert sb[64:72] == b"_BHRfS_M", "no btrfs"
        self.root, self.chunk_root = struct.unpack_from("<QQ", sb, 80)
        (self.nodesize,) = struct.unpack_from("<I", sb, 148)
        (array_bytes,) = struct.unpack_from("<I", sb, 160)
        self.chunks = []
        at, array = 0, sb[811 : 811 + array_bytes]
        while at < array_bytes:
            (logical,) = struct.unpack_from("<Q", array, at + 9)
            at = self.add_chunk(logical, array, at + 17)
        for key, leaf, off, _ in list(self.items(self.chunk_root)):
            if key[1] == CHUNK_ITEM:
                self.add_chunk(key[2], self.read(leaf, self.nodesize), off)

    def add_chunk(self, logical, raw, at):
        (length,) = struct.unpack_from("<Q", raw, at)
        (stripes,) = struct.unpack_from("<H", raw, at + 44)
        (physical,) = struct.unpack_from("<Q", raw, at + 48 + 8)
        self.chunks.append((logical, length, physical))
        return at + 48 + 32 * stripes

    def physical(self, logical):
        for start, length, physical in self.chunks:
            if start <= logical < start + length:
                return physical + logical - start
        raise ValueError("no chunk for %d" % logical)

    def read_at(self, offset, size):
        self.file.seek(offset)
        return self.file.read(size)

    def read(self, logical, size):
        return self.read_at(self.physical(logical), size)

    def items(self, block):
        """(key, address of the leaf, offset in it, size) of each item below a block"""
        raw = self.read(block, self.nodesize)
        count, level = struct.unpack_from("<IB", raw, 96)
        for i in range(count):
            if level:
                (child,) = struct.unpack_from("<Q", raw, HEADER + 33 * i + 17)
                yield from self.items(child)
                continue
            *key, off, size = struct.unpack_from("<QBQII", raw, HEADER + 25 * i)
            yield tuple(key), block, HEADER + off, size

    def tree(self, wanted):
        for key, leaf, off, _ in self.items(self.root):
            if key[:2] == (wanted, ROOT_ITEM):
                (block,) = struct.unpack_from("<Q", self.read(leaf, self.nodesize), off + 176)
                return self.items(block)
        raise ValueError("no tree %d" % wanted)

    def change_leaf(self, leaf, off, new):
        raw = bytearray(self.read(leaf, self.nodesize))
        raw[off : off + len(new)] = new
        raw[:4] = packed_sum(raw[32:])
        self.file.seek(self.physical(leaf))
        self.file.write(raw)

    def flip(self, leaf, off, bits):
        self.change_leaf(leaf, off, bytes([self.read(leaf, self.nodesize)[off] ^ bits]))

    def flip_data(self, logical, bits):
        """flip a bit of file data, and set the sum of its sector"""
        sector = bytearray(self.read(logical & ~4095, 4096))
        sector[logical & 4095] ^= bits
        self.file.seek(self.physical(logical & ~4095))
        self.file.write(sector)
        for key, leaf, off, size in self.tree(CSUM_TREE):
            nr = ((logical & ~4095) - key[2]) // 4096
            if key[1] == EXTENT_CSUM and 0 <= nr < size // 4:
                self.change_leaf(leaf, off + nr * 4, packed_sum(sector))
                return
        raise ValueError("no sum of %d" % logical)


def verity(image, ino=None):
    for key, leaf, off, size in image.tree(FS_TREE):
        if key[1] in (DESC, MERKLE) and ino in (None, key[0]):
            yield key, leaf, off, size


def damage(image, ino, what, at=0, bits=4):
    if what in ("item", "desc", "tree"):
        wanted = MERKLE if what == "tree" else DESC
        for key, leaf, off, size in verity(image, ino):
            begin = key[2] - (what == "desc")
            if key[1] == wanted and (wanted == MERKLE or (key[2] == 0) == (what == "item")) and begin <= at < begin + size:
                return image.flip(leaf, off + at - begin, bits)
    for key, leaf, off, _ in image.tree(FS_TREE):
        if key[:2] != (ino, EXTENT_DATA):
            continue
        if what == "inline":
            return image.flip(leaf, off + 21 + at, bits)
        if what == "hole":
            return image.change_leaf(leaf, off + 21, bytes(24))
        (logical,) = struct.unpack_from("<Q", image.read(leaf, image.nodesize), off + 21)
        return image.flip_data(logical + at, bits)
    raise ValueError("inode %d has no such byte" % ino)


def main():
    command, path, *rest = sys.argv[1:]
    image = Image(path, command == "damage")
    if command == "damage":
        damage(image, int(rest[0]), rest[1], *map(int, rest[2:]))
        return
    for key, leaf, off, size in verity(image):
        data = image.read(leaf, image.nodesize)[off : off + size]
        if command == "list":
            print(*key, size, hashlib.sha256(data).hexdigest())
        elif key[1] == MERKLE or key[2]:
            with open("%s/%d.%s" % (rest[0], key[0], "tree" if key[1] == MERKLE else "desc"), "ab") as out:
                out.write(data)


main()
