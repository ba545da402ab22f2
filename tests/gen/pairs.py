#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""pairs.py - a random tree and what became of it, as two specs (see archive.py).

  pairs.py SEED OLD NEW

OLD and NEW are written. The changes: new, removed, moved, swapped and renamed names, cycles of renames, a file that
becomes a directory and the other way about, a directory that moves into another one, hard links made and cut, xattrs,
ACLs, capabilities, modes, owners and times, and content: grown, cut, overwritten, with holes made and filled.
"""
import random
import sys

K = 1 << 10
ACL_DEFAULT = 'hex:02000000' '01000700ffffffff' '02000500d2040000' '04000500ffffffff' '10000500ffffffff' '20000000ffffffff'
ACL_ACCESS = 'hex:02000000' '01000600ffffffff' '02000400d2040000' '04000400ffffffff' '10000400ffffffff' '20000000ffffffff'
CAPABILITY = 'hex:0100000200200000000000000000000000000000'


class Inode:
    """what names mean: a kind and attributes; for files the seeds of 4 KiB blocks, None for a hole"""
    def __init__(self, r, kind):
        self.kind, self.mode, self.uid, self.gid = kind, r.choice((0o644, 0o600, 0o755, 0o4755)), 0, 0
        if kind == 'dir': self.mode = r.choice((0o755, 0o700, 0o2775, 0o1777))
        if kind == 'symlink': self.mode = 0o777
        self.mtime = '%d.%09d' % (1600000000 + r.randrange(10**8), r.randrange(10**9))
        self.x, self.blocks, self.tail = {}, [], 0
        self.target = 'target%d' % r.randrange(5)
        self.rdev = '%d,%d' % (r.randrange(300), r.randrange(70000))
        self.names = {} if kind == 'dir' else None
        if kind == 'file': self.fill(r)
        if r.random() < 0.3: self.change_attributes(r)

    def fill(self, r):
        n = r.choice((0, 0, 1, 1, 2, 5, 33, 70, 100))
        self.blocks = [r.randrange(12) if r.random() < 0.9 else None for _ in range(n)]
        self.tail = r.choice((0, 0, 1, 100, 2000))
        if self.tail == 0 and self.blocks and self.blocks[-1] is None: self.blocks[-1] = 0

    def change_attributes(self, r):
        what = r.randrange(6)
        if what == 0: self.uid, self.gid = r.randrange(3), r.randrange(3)
        elif what == 1 and self.kind != 'symlink': self.mode ^= 0o011
        elif what == 2: self.mtime = '%d.5' % (1500000000 + r.randrange(10**8))
        elif what == 3 and self.kind in ('file', 'dir'):
            for name in ('user.one', 'user.two', 'trusted.t'):
                if r.random() < 0.5: self.x[name] = 'v%d' % r.randrange(9)
                else: self.x.pop(name, None)
        elif what == 4 and self.kind == 'dir':
            if self.x.pop('system.posix_acl_default', None) is None: self.x['system.posix_acl_default'] = ACL_DEFAULT
        elif self.kind == 'file':
            name, value = r.choice((('security.capability', CAPABILITY), ('system.posix_acl_access', ACL_ACCESS)))
            if self.x.pop(name, None) is None: self.x[name] = value
            if name != 'security.capability': self.mode = 0o640

    def change_data(self, r):
        b = self.blocks
        what = r.randrange(6)
        if what == 0: self.fill(r)
        elif what == 1 and b: b[r.randrange(len(b))] = r.randrange(12)
        elif what == 2: b.extend(r.randrange(12) for _ in range(r.choice((1, 3, 40))))
        elif what == 3 and b: del b[r.randrange(len(b)):]
        elif what == 4 and b: b[r.randrange(len(b))] = None
        else: self.tail = r.choice((0, 5, 3000))

    def line(self, path):
        words = [self.kind, path]
        if self.kind == 'symlink': words.append(self.target)
        if self.kind in ('char', 'block'): words.append(self.rdev)
        if self.kind == 'file':
            data = b''.join((b'%07d\n' % (s or 0) if s is not None else bytes(8)) * 512 for s in self.blocks)
            data += b'tail' * (self.tail // 4 + 1)
            if self.tail: data = data[:len(self.blocks) * 4096 + self.tail]
            else: data = data[:len(self.blocks) * 4096]
            words.append('data=' + data.hex() if data else 'size=0')
            if self.x.get('system.posix_acl_access'): self.mode = 0o640
        words += ['mode=%o' % self.mode, 'uid=%d' % self.uid, 'gid=%d' % self.gid, 'mtime=' + self.mtime]
        words += ['x.%s=%s' % kv for kv in sorted(self.x.items())]
        return ' '.join(words)


def directories(d, path=()):
    yield d
    for child in d.names.values():
        if child.kind == 'dir': yield from directories(child)


def holds(d, inode):
    return any(x is inode for x in directories(d)) if d.kind == 'dir' else False


def new_inode(r):
    return Inode(r, r.choice(('file',) * 5 + ('dir',) * 3 + ('symlink', 'fifo', 'char')))


def pick(r, root):
    places = [(d, n) for d in directories(root) for n in d.names]
    return r.choice(places) if places else None


def grow(r, root, n):
    for _ in range(n):
        d = r.choice(list(directories(root)))
        d.names.setdefault('n%d' % r.randrange(12), new_inode(r))


def change(r, root):
    what, place = r.randrange(10), pick(r, root)
    dirs = list(directories(root))
    if what == 0 or not place: return grow(r, root, 1)
    d, name = place
    inode = d.names[name]
    if what == 1: del d.names[name]
    elif what == 2: inode.change_attributes(r)
    elif what in (3, 4) and inode.kind == 'file': inode.change_data(r)
    elif what in (5, 6):                                     # move, over what may be there
        to = r.choice(dirs)
        if holds(inode, to): return
        del d.names[name]
        to.names[r.choice((name, 'n%d' % r.randrange(14)))] = inode
    elif what == 7:                                          # swap, or exchange in a cycle of three
        places = [place] + [pick(r, root) for _ in range(r.choice((1, 2)))]
        inodes = [x.names[n] for x, n in places]
        if len({(id(x), n) for x, n in places}) < len(places): return
        if any(holds(i, x) for i in inodes for x, _ in places): return
        for (x, n), i in zip(places, inodes[1:] + inodes[:1]): x.names[n] = i
    elif what == 8 and inode.kind != 'dir':                  # a link
        r.choice(dirs).names['l%d' % r.randrange(6)] = inode
    elif what == 9: d.names[name] = new_inode(r)             # another kind, maybe


def write(root, path):
    seen, lines = {}, []
    def walk(d, prefix):
        for name in sorted(d.names):
            inode, p = d.names[name], prefix + name
            if inode.kind != 'dir' and id(inode) in seen:
                lines.append('link %s %s' % (p, seen[id(inode)]))
                continue
            seen[id(inode)] = p
            lines.append(inode.line(p))
            if inode.kind == 'dir': walk(inode, p + '/')
    lines.append(root.line('.'))
    walk(root, '')
    with open(path, 'w') as f: f.write('\n'.join(lines) + '\n')


def main():
    r = random.Random('pair %s' % sys.argv[1])
    root = Inode(r, 'dir')
    grow(r, root, r.choice((3, 20, 40)))
    for _ in range(4):
        place = pick(r, root)
        if place and place[0].names[place[1]].kind != 'dir': root.names['l%d' % r.randrange(6)] = place[0].names[place[1]]
    write(root, sys.argv[2])
    for _ in range(r.choice((1, 3, 10, 25))): change(r, root)
    write(root, sys.argv[3])


if __name__ == '__main__':
    main()
