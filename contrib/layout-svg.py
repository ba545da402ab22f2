#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""layout-svg.py IMAGE > SVG - draws where things lie in a btrfs image on one device: chunks, trees, data, bytes of each.

Reads superblock, chunk tree and all trees of the image itself; needs no other program. The bar at the top is the image
to scale, the one below it the METADATA chunk, and the list names each part with its address and size.
"""
import html
import struct
import sys

K, M = 1 << 10, 1 << 20
SUPER, MIRRORS = 64 * K, (64 * M, 256 << 30)
ROOT_ITEM, EXTENT_ITEM, CHUNK_ITEM = 132, 168, 228
KINDS = {1: 'DATA', 2: 'SYSTEM', 4: 'METADATA'}
TREES = {1: 'root tree', 2: 'extent tree', 3: 'chunk tree', 4: 'device tree', 5: 'tree of files', 7: 'checksum tree',
         9: 'uuid tree', 10: 'free space tree', 11: 'block group tree', 2**64 - 9: 'relocation tree'}
COLOURS = {'reserved': '#d9d9d9', 'SYSTEM': '#b07aa1', 'DATA': '#59a14f', 'METADATA': '#4e79a7', 'free': '#f0f0f0',
           'root tree': '#f28e2b', 'extent tree': '#e15759', 'chunk tree': '#b07aa1', 'device tree': '#9c755f',
           'tree of files': '#4e79a7', 'checksum tree': '#76b7b2', 'uuid tree': '#ff9da7', 'free space tree': '#edc948',
           'block group tree': '#bab0ac', 'relocation tree': '#d37295',
           'superblock': '#333333', 'subvolume': '#a0cbe8'}
DARK_TEXT = ('reserved', 'free', 'unallocated', 'superblock copy')
WIDTH, LEFT, BAR, LINE = 960, 20, 44, 22


class Image:
    def __init__(self, f):
        self.f = f
        sb = self.read(SUPER, 4096)
        if sb[64:72] != b'_BHRfS_M': raise ValueError('not a btrfs image')
        self.root, self.chunk_root = struct.unpack_from('<QQ', sb, 80)
        self.total, = struct.unpack_from('<Q', sb, 112)
        self.nodesize, = struct.unpack_from('<I', sb, 148)
        self.seed = bool(sb[60] & 1)
        self.label = sb[299:555].split(b'\0')[0].decode(errors='replace')
        # until the chunk tree is read, what the superblock says of SYSTEM chunks
        n, = struct.unpack_from('<I', sb, 160)
        self.chunks, pos = [], 811
        while pos < 811 + n:
            self.chunks.append(self.chunk(struct.unpack_from('<Q', sb, pos + 9)[0], sb[pos + 17:]))
            pos += 17 + 48 + 32 * len(self.chunks[-1][3])
        self.chunks = sorted(self.chunk(key[2], item) for key, item in self.items(self.chunk_root) if key[1] == CHUNK_ITEM)

    def read(self, offset, length):
        self.f.seek(offset)
        return self.f.read(length)

    @staticmethod
    def chunk(logical, item):
        """(logical, length, kind, [physical of each copy])"""
        length, _, _, flags = struct.unpack_from('<4Q', item)
        copies, = struct.unpack_from('<H', item, 44)
        return logical, length, KINDS[flags & 7], [struct.unpack_from('<Q', item, 48 + 32 * i + 8)[0] for i in range(copies)]

    def block(self, logical):
        for start, length, _, copies in self.chunks:
            if start <= logical < start + length:
                return self.read(copies[0] + logical - start, self.nodesize)
        raise ValueError('no chunk holds block %d' % logical)

    def blocks(self, logical):
        """(address, block) of a tree, from its root"""
        block = self.block(logical)
        yield logical, block
        nr, level = struct.unpack_from('<IB', block, 96)
        for i in range(nr if level else 0):
            yield from self.blocks(struct.unpack_from('<Q', block, 101 + 33 * i + 17)[0])

    def items(self, logical):
        for _, block in self.blocks(logical):
            nr, level = struct.unpack_from('<IB', block, 96)
            for i in range(0 if level else nr):
                *key, offset, size = struct.unpack_from('<QBQII', block, 101 + 25 * i)
                yield key, block[101 + offset:101 + offset + size]

    def data(self):
        """(number, bytes) of data extents"""
        sizes = [key[2] for key, item in self.items(self.tree_roots()[2])
                 if key[1] == EXTENT_ITEM and struct.unpack_from('<Q', item, 16)[0] & 1]
        return len(sizes), sum(sizes)

    def tree_roots(self):
        """address of each tree's root, by tree"""
        roots = {1: self.root, 3: self.chunk_root}
        roots.update((key[0], struct.unpack_from('<Q', item, 176)[0]) for key, item in self.items(self.root) if key[1] == ROOT_ITEM)
        return roots

    def trees(self):
        """(name, [addresses of blocks])"""
        for number, root in self.tree_roots().items():
            name = TREES.get(number, 'subvolume %d' % number)
            yield name, sorted(address for address, _ in self.blocks(root))


def runs(addresses, step):
    """[start, end) of blocks that lie in a row"""
    out = []
    for a in addresses:
        if out and out[-1][1] == a: out[-1][1] += step
        else: out.append([a, a + step])
    return out


def parts_of(image):
    """(start, end, name) of the image in order: chunks, and what is between them"""
    parts, at = [], 0
    for logical, length, kind, copies in image.chunks:
        for n, physical in enumerate(copies):
            parts.append((physical, physical + length, kind + (' (copy)' if n else '')))
    out = []
    for start, end, name in sorted(parts):
        if start > at: out.append((at, start, 'reserved' if at == 0 else 'superblock copy'))
        out.append((start, end, name))
        at = end
    if image.total > at: out.append((at, image.total, 'unallocated'))
    return out


def metadata_parts(image):
    """(start, end, name) of tree blocks, and the free end of each METADATA chunk, in order"""
    parts = [(start, end, name) for name, addresses in image.trees() for start, end in runs(addresses, image.nodesize)]
    for logical, length, kind, _ in image.chunks:
        if kind != 'METADATA': continue
        last = max([end for _, end, _ in parts if logical < end <= logical + length], default=logical)
        if last < logical + length: parts.append((last, logical + length, 'free'))
    return sorted(parts)


def colour(name):
    """a subvolume's number and the mark of a copy do not count"""
    return COLOURS.get(name) or COLOURS.get(name.split()[0], COLOURS['free'])


def bar(y, parts, start, end, out):
    """a bar of parts to scale, those that are too narrow to see widened; returns the x of each part's edges"""
    scale, edges = (WIDTH - 2 * LEFT) / (end - start), []
    for a, b, name in parts:
        x, w = LEFT + (a - start) * scale, max((b - a) * scale, 1.5)
        out.append('<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s" stroke="#fff" stroke-width="0.5"><title>%s: %s bytes'
                   '</title></rect>' % (x, y, w, BAR, colour(name), name, format(b - a, ',')))
        if w > 8 * len(name):
            out.append('<text x="%.1f" y="%d" text-anchor="middle" fill="%s">%s</text>' % (
                x + w / 2, y + BAR // 2 + 5, '#333' if name in DARK_TEXT else '#fff', name))
        edges.append((x, x + w))
    return edges


def rows_of(image):
    """(depth, name, start, bytes, remark)"""
    trees = metadata_parts(image)
    extents, stored = image.data()
    remarks = {'reserved': 'zeros', 'SYSTEM': 'where all chunks lie',
               'DATA': '%d extents of %s bytes in all' % (extents, format(stored, ','))}
    for start, end, name in parts_of(image):
        yield 0, name, start, end - start, remarks.get(name, '')
        if name == 'reserved':
            yield 1, 'superblock', SUPER, 4 * K, 'roots of chunk tree and root tree, ids'
        for a, b, what in trees:
            if name in ('SYSTEM', 'METADATA') and start <= a < end:
                blocks = (b - a) // image.nodesize
                yield 1, what, a, b - a, '' if what == 'free' else '%d block%s' % (blocks, 's' if blocks > 1 else '')


def draw(image):
    rows = list(rows_of(image))
    height = 2 * BAR + 150 + LINE * len(rows)
    out = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" '
           'font-size="14">' % (WIDTH, height, WIDTH, height), '<rect width="100%" height="100%" fill="#fff"/>']
    title = '%s: %s bytes, node size %s' % ('A seed' if image.seed else 'A filesystem', format(image.total, ','), image.nodesize)
    out.append('<text x="%d" y="24" font-size="16" font-weight="bold">%s</text>' % (LEFT, html.escape(title)))
    parts, y = parts_of(image), 36
    edges = bar(y, parts, 0, image.total, out)
    zoom = next((i for i, p in enumerate(parts) if p[2] == 'METADATA'), None)
    if zoom is not None:
        start, end, _ = parts[zoom]
        y2 = y + BAR + 30
        out.append('<path d="M%.1f %d L%d %d M%.1f %d L%d %d" stroke="#999" fill="none"/>' % (
            edges[zoom][0], y + BAR, LEFT, y2, edges[zoom][1], y + BAR, WIDTH - LEFT, y2))
        bar(y2, [p for p in metadata_parts(image) if start <= p[0] < end], start, end, out)
        y = y2
    y += BAR + 36
    out.append('<g font-weight="bold"><text x="%d" y="%d">part</text><text x="430" y="%d" text-anchor="end">at byte</text>'
               '<text x="570" y="%d" text-anchor="end">bytes</text></g>' % (LEFT + 20, y, y, y))
    for depth, name, start, size, remark in rows:
        y += LINE
        out.append('<rect x="%d" y="%d" width="12" height="12" fill="%s"/>' % (
            LEFT + 20 * depth, y - 11, colour(name)))
        out.append('<text x="%d" y="%d">%s</text>' % (LEFT + 20 * depth + 20, y, name))
        out.append('<text x="430" y="%d" text-anchor="end">%s</text><text x="570" y="%d" text-anchor="end">%s</text>' % (
            y, format(start, ','), y, format(size, ',')))
        if remark: out.append('<text x="600" y="%d" fill="#666">%s</text>' % (y, remark))
    return '\n'.join(out + ['</svg>', ''])


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith('-'):
        sys.exit(__doc__.strip())
    try:
        with open(sys.argv[1], 'rb') as f:
            sys.stdout.write(draw(Image(f)))
    except (OSError, ValueError, struct.error, KeyError) as e:
        sys.exit('layout-svg.py: %s: %s' % (sys.argv[1], e))


if __name__ == '__main__':
    main()
