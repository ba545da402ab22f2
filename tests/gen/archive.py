#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""archive.py - tar archives from a text, and the manifests of trees to compare with.

  archive.py tar [--format pax|gnu|ustar] [--shuffle SEED] < SPEC > ARCHIVE
  archive.py manifest < SPEC > MANIFEST          (for treecmp.py --manifest)
  archive.py make DIR < SPEC                     (the tree itself, as root)

SPEC has one member a line; # begins a comment, blanks separate words:

  dir PATH | file PATH [text=T | size=N [seed=N] | data=HEX] | link PATH TARGET | symlink PATH TARGET
  char PATH MAJOR,MINOR | block PATH MAJOR,MINOR | fifo PATH | socket PATH (manifest and make only)
  raw HEX                                        (bytes straight into the archive)
  followed by  mode=0644 uid=0 gid=0 mtime=SECONDS[.NS] x.NAME=VALUE pax.KEY=VALUE hole=OFFSET+BYTES ...

%XX in any word is that byte, and so a blank is %20; an xattr value that starts with "hex:" is hexadecimal, with
"rep:N:" the rest repeated to N bytes. A sparse file (hole=) is written in GNU.sparse 1.0 form. A size with a
seed is pseudo-random bytes that compress to about half; without, the seed is the path. Seeds that begin with
"noise" give bytes that do not compress, with "zeros" zeros (data, no hole).
Directories that only paths imply are in the manifest too, with mode 0755.
Everything is deterministic: the same text gives the same bytes.
"""
import hashlib
import json
import os
import random
import socket
import stat
import struct
import sys
from urllib.parse import unquote_to_bytes

BLOCK = 512
KINDS = {'file': b'0', 'link': b'1', 'symlink': b'2', 'char': b'3', 'block': b'4', 'dir': b'5', 'fifo': b'6'}
LETTER = {'file': 'f', 'symlink': 'l', 'char': 'c', 'block': 'b', 'dir': 'd', 'fifo': 'p', 'socket': 's'}


def pseudo_text(seed, size):
    """deterministic bytes: blocks of 64, every second one repeated from its neighbour"""
    r = random.Random('tar2btrfs:%s' % seed)
    if str(seed).startswith('zeros'): return bytes(size)
    if str(seed).startswith('noise'): return r.randbytes(size)
    out = bytearray()
    while len(out) < size:
        b = r.randbytes(min(64, size - len(out) + 64))
        out += b + b
    return bytes(out[:size])


class Member:
    def __init__(self, words):
        self.kind = words[0]
        self.path = unquote_to_bytes(words[1]) if len(words) > 1 else b''
        self.mode = {'dir': 0o755, 'symlink': 0o777}.get(self.kind, 0o644)
        self.uid = self.gid = 0
        self.mtime = '0'
        self.target, self.rdev = b'', (0, 0)
        self.x, self.pax, self.holes = {}, {}, []
        self.data, size, seed = b'', None, None
        rest = words[2:]
        if self.kind in ('link', 'symlink'):
            self.target = unquote_to_bytes(rest.pop(0))
        elif self.kind in ('char', 'block'):
            self.rdev = tuple(int(n) for n in rest.pop(0).split(','))
        for w in rest:
            key, _, value = w.partition('=')
            v = unquote_to_bytes(value)
            if key == 'text': self.data = v
            elif key == 'data': self.data = bytes.fromhex(value)
            elif key == 'size': size = int(value, 0)
            elif key == 'seed': seed = value
            elif key == 'mode': self.mode = int(value, 8)
            elif key == 'uid': self.uid = int(value)
            elif key == 'gid': self.gid = int(value)
            elif key == 'mtime': self.mtime = value
            elif key == 'hole': self.holes.append(tuple(int(n, 0) for n in value.split('+')))
            elif key.startswith('x.'): self.x[unquote_to_bytes(key[2:])] = xattr_value(v)
            elif key.startswith('pax.'): self.pax[unquote_to_bytes(key[4:])] = v
            else: sys.exit('archive.py: what is %r?' % w)
        self.size = len(self.data)
        if size is not None:
            self.size = size
            self.seed = seed if seed is not None else words[1]
            if size <= 1 << 28 and not self.holes:
                self.data = pseudo_text(self.seed, size)

    def pieces(self):
        """(offset, bytes) of each range of data; the whole file if it has no holes"""
        pos = 0
        for start, length in sorted(self.holes) + [(self.size, 0)]:
            if start > pos:
                yield pos, pseudo_text('%s:%d' % (self.seed, pos), start - pos) if self.holes else self.data
            pos = start + length

    def mtime_ns(self):
        sign = -1 if self.mtime.startswith('-') else 1
        sec, _, frac = self.mtime.lstrip('-').partition('.')
        return sign * (int(sec) * 10**9 + int((frac + '0' * 9)[:9]))


def xattr_value(v):
    if v.startswith(b'hex:'): return bytes.fromhex(v[4:].decode())
    if v.startswith(b'rep:'):
        n, _, what = v[4:].partition(b':')
        return (what * (int(n) // len(what) + 1))[:int(n)]
    return v


def octal(n, width):
    if 0 <= n < 8 ** (width - 1): return b'%0*o\0' % (width - 1, n)
    return (b'\x80' if n >= 0 else b'\xff') + (n & (1 << 8 * (width - 1)) - 1).to_bytes(width - 1, 'big')


def header(path, kind, mode, uid, gid, size, mtime, target=b'', rdev=(0, 0), gnu=False, prefix=b''):
    dev = (octal(rdev[0], 8), octal(rdev[1], 8))
    h = struct.pack('100s8s8s8s12s12s8s1s100s8s32s32s8s8s155s12x', path[:100], octal(mode, 8), octal(uid, 8), octal(gid, 8),
                    octal(size, 12), octal(mtime, 12), b' ' * 8, kind, target[:100],
                    b'ustar  \0' if gnu else b'ustar\x0000', b'', b'', *dev, prefix)
    return h[:148] + b'%06o\0 ' % sum(h) + h[156:]


def padded(data):
    return data + bytes(-len(data) % BLOCK)


def pax_record(key, value):
    n = len(key) + len(value) + 3
    size = n + len(str(n))
    size = n + len(str(size))
    return b'%d %s=%s\n' % (size, key, value)


def decimal(ns):
    """pax: a decimal fraction with a sign for the whole"""
    sign, ns = ('-', -ns) if ns < 0 else ('', ns)
    return ('%s%d.%09d' % (sign, ns // 10**9, ns % 10**9)).encode()


def member_bytes(m, form):
    ns = m.mtime_ns()
    sec = ns // 10**9
    data = m.data
    path = m.path + (b'/' if m.kind == 'dir' and not m.path.endswith(b'/') else b'')
    out = b''
    records = {}
    if form == 'pax':
        if len(path) > 100: records[b'path'] = path
        if len(m.target) > 100: records[b'linkpath'] = m.target
        if ns % 10**9 or not 0 <= sec < 8**11: records[b'mtime'] = decimal(ns)
        if m.uid >= 8**7: records[b'uid'] = b'%d' % m.uid
        if m.gid >= 8**7: records[b'gid'] = b'%d' % m.gid
        for name, value in m.x.items(): records[b'SCHILY.xattr.' + name] = value
    if m.holes:
        extents = [(o, len(d)) for o, d in m.pieces()]
        last = extents[-1][0] + extents[-1][1] if extents else 0
        if last < m.size: extents.append((m.size, 0))
        table = padded(b'%d\n' % len(extents) + b''.join(b'%d\n%d\n' % e for e in extents))
        data = table + b''.join(d for _, d in m.pieces())
        records.update({b'GNU.sparse.major': b'1', b'GNU.sparse.minor': b'0', b'GNU.sparse.name': m.path,
                        b'GNU.sparse.realsize': b'%d' % m.size})
    records.update(m.pax)
    if len(data) >= 8**11: records[b'size'] = b'%d' % len(data)
    if records:
        body = b''.join(pax_record(k, v) for k, v in records.items())
        out += header(b'PaxHeaders/' + path[:80], b'x', 0o644, 0, 0, len(body), 0) + padded(body)
    prefix = b''
    if form == 'gnu':
        for kind, text in ((b'K', m.target), (b'L', path)):
            if len(text) > 100:
                out += header(b'././@LongLink', kind, 0o644, 0, 0, len(text) + 1, 0, gnu=True) + padded(text + b'\0')
    elif form == 'ustar' and len(path) > 100:
        cut = path.find(b'/', len(path) - 101)
        if not 0 < cut <= 155 or len(path) - cut - 1 > 100: sys.exit('archive.py: path too long for ustar')
        prefix, path = path[:cut], path[cut + 1:]
    if form == 'pax':
        sec = sec if 0 <= sec < 8**11 else 0
        uid, gid = [n if n < 8**7 else 0 for n in (m.uid, m.gid)]
    else:
        uid, gid = m.uid, m.gid
    size = len(data) if m.kind in ('file', 'link') else 0
    out += header(path, KINDS[m.kind], m.mode, uid, gid, size, sec, m.target if m.kind != 'file' else b'', m.rdev,
                  gnu=form == 'gnu', prefix=prefix)
    return out + padded(data)


def read_spec(f):
    for line in f:
        words = line.split('#')[0].split() if '#' in line else line.split()
        if words: yield words


def tar(args):
    form = args[args.index('--format') + 1] if '--format' in args else 'pax'
    members = list(read_spec(sys.stdin))
    if '--shuffle' in args:
        random.Random(int(args[args.index('--shuffle') + 1])).shuffle(members)
    out = sys.stdout.buffer
    for words in members:
        if words[0] == 'raw': out.write(bytes.fromhex(words[1]))
        else: out.write(member_bytes(Member(words), form))
    out.write(bytes(2 * BLOCK))


def manifest():
    members, first = {}, {}
    for words in read_spec(sys.stdin):
        m = Member(words)
        p = m.path.strip(b'/')
        p = p[2:] if p.startswith(b'./') else b'' if p == b'.' else p
        members[p] = m
    groups = {}
    for p, m in members.items():
        if m.kind == 'link':
            target = m.target
            while members[target].kind == 'link': target = members[target].target
            groups.setdefault(target, {target}).add(p)
    for target, names in groups.items():
        for n in names: first[n] = (target, min(names))
    implied = {b''} | {p[:i] for p in members for i, c in enumerate(p) if c == 47}
    for p in sorted(implied - set(members)):
        print(json.dumps({'p': p.decode('latin-1'), 't': 'd', 'm': '0755', 'u': 0, 'g': 0}))
    for p in sorted(members):
        m = members[first[p][0]] if p in first else members[p]
        ns = m.mtime_ns()
        d = {'p': p.decode('latin-1'), 't': LETTER[m.kind], 'm': '%04o' % m.mode, 'u': m.uid, 'g': m.gid,
             'mt': '%d.%09d' % (ns // 10**9, ns % 10**9)}
        if m.kind == 'file':
            d['sz'] = m.size
            if m.size <= 1 << 28: d['sha'] = file_hash(m)
        if m.kind == 'symlink': d['tgt'] = m.target.decode('latin-1')
        if m.kind in ('char', 'block'): d['rdev'] = '%d:%d' % m.rdev
        if m.x: d['x'] = {k.decode('latin-1'): v.hex() for k, v in m.x.items()}
        if p in first: d['ln'] = first[p][1].decode('latin-1')
        print(json.dumps(d))


def file_hash(m):
    h = hashlib.sha256()
    pos = 0
    for o, d in list(m.pieces()) + [(m.size, b'')]:
        h.update(bytes(o - pos))
        h.update(d)
        pos = o + len(d)
    return h.hexdigest()


def make(top):
    later = []
    for words in read_spec(sys.stdin):
        m = Member(words)
        p = os.path.join(os.fsencode(top), m.path.strip(b'/'))
        os.makedirs(os.path.dirname(p), exist_ok=True)
        if m.kind == 'dir': os.makedirs(p, exist_ok=True)
        elif m.kind == 'symlink': os.symlink(m.target, p)
        elif m.kind == 'link': os.link(os.path.join(os.fsencode(top), m.target), p)
        elif m.kind == 'fifo': os.mkfifo(p)
        elif m.kind == 'socket': socket.socket(socket.AF_UNIX).bind(p)
        elif m.kind in ('char', 'block'):
            os.mknod(p, m.mode | (stat.S_IFCHR if m.kind == 'char' else stat.S_IFBLK), os.makedev(*m.rdev))
        elif m.kind == 'file':
            with open(p, 'wb') as f:
                for o, d in m.pieces():
                    f.seek(o)
                    f.write(d)
                f.truncate(m.size)
        if m.kind != 'link': later.append((p, m))
    for p, m in reversed(later):
        os.chown(p, m.uid, m.gid, follow_symlinks=False)
        if m.kind != 'symlink': os.chmod(p, m.mode)
        for k, v in m.x.items(): os.setxattr(p, k, v, follow_symlinks=False)
        os.utime(p, ns=(m.mtime_ns(), m.mtime_ns()), follow_symlinks=False)


if __name__ == '__main__':
    if sys.argv[1:2] == ['tar']: tar(sys.argv[2:])
    elif sys.argv[1:] == ['manifest']: manifest()
    elif sys.argv[1:2] == ['make'] and len(sys.argv) == 3: make(sys.argv[2])
    else: sys.exit(__doc__)
