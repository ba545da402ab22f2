#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""rich.py - the spec (see archive.py) of a tree with everything that GNU tar can store, and values close to each limit.

  rich.py | archive.py make DIR     the tree, as root, on a filesystem that holds it (btrfs)
"""
K, M = 1 << 10, 1 << 20
SIZES = [0, 1, 63, 64, 65, 2047, 2048, 2049, 3948, 3949, 3950, 4094, 4095, 4096, 4097, 8191, 8192, 8193, 12288, 65536,
         128 * K - 1, 128 * K, 128 * K + 1, 132 * K, 256 * K - 1, 256 * K, 256 * K + 1, M - 1, M, M + 1, 3 * M + 12345]
TIMES = ['0', '1', '0.000000001', '0.999999999', '1700000000.123456789', '2147483647.999999999', '4294967296.5',
         '-1', '-0.5', '-1.25', '-2147483648.75', '-5000000000.000000001']
CAPABILITY = 'hex:0100000200200000000000000000000000000000'
# version 2; user::rwx, user:1234:r--, group::r--, mask::r--, other::---
ACL_ACCESS = 'hex:02000000' '01000600ffffffff' '02000400d2040000' '04000400ffffffff' '10000400ffffffff' '20000000ffffffff'
ACL_DEFAULT = 'hex:02000000' '01000700ffffffff' '02000500d2040000' '04000500ffffffff' '10000500ffffffff' '20000000ffffffff'


def main():
    t = iter(range(10**9))
    def line(*words):
        if not any(w.startswith('mtime=') for w in words): words += ('mtime=%d.%09d' % (1600000000 + next(t), next(t) * 7919),)
        print(*words)

    for d in ('types', 'modes', 'owners', 'times', 'sizes', 'names', 'xattrs', 'sparse', 'links', 'deep', 'empty', 'links/one', 'links/two'):
        line('dir', d)
    line('file', 'types/file', 'text=hello%0a')
    line('symlink', 'types/relative', '../sizes/1')
    line('symlink', 'types/absolute', '/etc/passwd')
    line('symlink', 'types/dangling', 'no/such/thing')
    line('symlink', 'types/long', 'x' * 3000)
    for name, n in (('null', '1,3'), ('wide', '259,1048575'), ('tty', '5,0')):
        line('char', 'types/char-' + name, n, 'mode=0666')
        line('block', 'types/block-' + name, n, 'mode=0660', 'gid=6')
    line('fifo', 'types/fifo', 'mode=0600')
    for m in ('0000', '0111', '0400', '0666', '0777', '1777', '2755', '4755', '6711', '7777'):
        line('file', 'modes/f' + m, 'mode=' + m)
        line('dir', 'modes/d' + m, 'mode=' + m)
    for u in (0, 1, 65534, 65536, 2097152, 2147483648, 4294967294):
        line('file', 'owners/u%d' % u, 'uid=%d' % u, 'gid=%d' % (4294967294 - u))
    for when in TIMES:
        for kind, rest in (('file', ()), ('dir', ()), ('symlink', ('target',))):
            line(kind, 'times/%s%s' % (kind, when), *rest, 'mtime=' + when)
    for n in SIZES:
        line('file', 'sizes/%d' % n, 'size=%d' % n)
        line('file', 'sizes/noise-%d' % n, 'size=%d' % n, 'seed=noise%d' % n)
        line('file', 'sizes/zeros-%d' % n, 'size=%d' % n, 'seed=zeros')
    line('file', 'names/' + 'n' * 255, 'text=255')
    line('dir', 'names/' + 'd' * 255)
    line('file', 'names/%s/%s' % ('d' * 255, 'e' * 255), 'text=e')
    line('symlink', 'names/' + 's' * 255, 't')
    for b in range(1, 256):
        if b not in b'./': line('file', 'names/byte-%%%02x' % b, 'text=%d' % b)
    line('file', 'names/%c3%a4-utf8', 'text=1')
    line('file', 'names/%ff%fe%80-not', 'text=2')
    line('file', 'names/%0a%09%5c', 'text=3')
    line('file', 'xattrs/capability', 'text=x', 'mode=0755', 'x.security.capability=' + CAPABILITY)
    line('file', 'xattrs/user', 'text=x', 'x.user.one=1', 'x.user.empty=', 'x.user.bytes=hex:00ff0a3d')
    line('file', 'xattrs/large', 'x.user.large=rep:3800:value')
    line('file', 'xattrs/many', *('x.user.number-%d=%d' % (i, i) for i in range(100)))
    line('file', 'xattrs/trusted', 'x.trusted.t=rep:300:t')
    line('file', 'xattrs/acl', 'mode=0640', 'x.system.posix_acl_access=' + ACL_ACCESS)
    line('dir', 'xattrs/acl-dir', 'mode=0755', 'x.system.posix_acl_default=' + ACL_DEFAULT)
    line('symlink', 'xattrs/symlink', 't', 'x.trusted.on-link=1')
    line('char', 'xattrs/device', '1,3', 'x.trusted.on-device=1')
    for name, size, holes in (('head', 300000, ['0+131072']), ('tail', 300000, ['131072+168928']), ('all', 1048576, ['0+1048576']),
                              ('small', 20480, ['4096+12288']), ('middle', 4 * M, ['1048576+2097152']),
                              ('comb', 64 * 8192, ['%d+4096' % (i * 8192) for i in range(64)]),
                              ('ragged', 1234567, ['40960+8192', '131072+131072', '1048576+100000']),
                              ('huge', 1 << 40, ['65536+%d' % ((1 << 40) - 131072)])):
        line('file', 'sparse/' + name, 'size=%d' % size, 'seed=noise-' + name, *('hole=' + h for h in holes))
    line('file', 'links/target', 'size=5000', 'mode=0600', 'x.user.linked=1')
    for i in range(5): line('link', 'links/%s/%d' % (('one', 'two')[i % 2], i), 'links/target')
    line('symlink', 'links/symlink', 'target')
    line('link', 'links/same-symlink', 'links/symlink')
    line('fifo', 'links/fifo')
    line('link', 'links/same-fifo', 'links/fifo')
    line('file', 'deep/' + '/'.join('level%d' % i for i in range(60)) + '/bottom', 'text=deep')
    for i in range(1500): line('file', 'many/f%04d' % (i * 7919 % 1500), 'size=%d' % (i * 37 % 900))
    line('dir', 'many')


if __name__ == '__main__':
    main()
