#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""manifest.py DIR - the canonical listing of a mounted tree, as tar2btrfs(1) specifies it under MANIFEST.

Written from the manual alone, with what the kernel says: whoever mounts an image can make its manifest. Run as root.
"""
import base64, ctypes, fcntl, hashlib, os, stat, struct, sys

PLAIN_MAX = 8 << 30
BLOCK = 4096
TYPES = {stat.S_IFREG: 'file', stat.S_IFDIR: 'dir', stat.S_IFLNK: 'link', stat.S_IFCHR: 'char',
         stat.S_IFBLK: 'block', stat.S_IFIFO: 'fifo', stat.S_IFSOCK: 'socket'}
FS_IOC_GETFLAGS = 0x80086601
FLAGS = (('schg', 0x10), ('sappnd', 0x20), ('nodump', 0x40), ('noatime', 0x80), ('sync', 0x8),
         ('dirsync', 0x10000))
PLAIN = frozenset(b'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:@_')
libc = ctypes.CDLL(None, use_errno=True)


def escape(name):
    return ''.join(chr(c) if c in PLAIN else '\\%03o' % c for c in name)


def birth(path):
    """btime by statx(2), which Python does not know: (seconds, nanoseconds)"""
    buf = ctypes.create_string_buffer(256)
    if libc.statx(-100, path, 0x100, 0x800, buf) or not struct.unpack_from('=I', buf, 0)[0] & 0x800:
        raise OSError(ctypes.get_errno(), 'statx', path)
    return struct.unpack_from('=qI', buf, 80)


def time_text(ns):
    return '%d.%09d' % divmod(ns, 10**9)


def data_segments(fd, size):
    pos = 0
    while pos < size:
        try:
            start = os.lseek(fd, pos, os.SEEK_DATA)
        except OSError:
            return
        pos = min(os.lseek(fd, start, os.SEEK_HOLE), size)
        yield start, pos


def content(path, size):
    fd = os.open(path, os.O_RDONLY)
    sha = hashlib.sha256()
    if size <= PLAIN_MAX:
        while data := os.read(fd, 1 << 20):
            sha.update(data)
        word = 'sha256digest'
    else:
        for start, end in data_segments(fd, size):
            for off in range(start // BLOCK * BLOCK, end, BLOCK):
                block = os.pread(fd, BLOCK, off)
                if block.strip(b'\0'):
                    sha.update(struct.pack('<Q', off) + block.ljust(BLOCK, b'\0'))
        word = 'sha256blocks'
    os.close(fd)
    return ' %s=%s' % (word, sha.hexdigest())


def flags(path):
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    bits = struct.unpack('=I', fcntl.ioctl(fd, FS_IOC_GETFLAGS, struct.pack('=Q', 0))[:4])[0]
    os.close(fd)
    return ','.join(name for name, bit in FLAGS if bits & bit)


def entry(path, shown, groups):
    st = os.lstat(path)
    kind = stat.S_IFMT(st.st_mode)
    line = '%s type=%s mode=%04o uid=%d gid=%d time=%s' % (
        escape(shown), TYPES[kind], stat.S_IMODE(st.st_mode), st.st_uid, st.st_gid, time_text(st.st_mtime_ns))
    sec, nsec = birth(path)
    for word, ns in (('atime', st.st_atime_ns), ('ctime', st.st_ctime_ns), ('btime', sec * 10**9 + nsec)):
        if ns != st.st_mtime_ns:
            line += ' %s=%s' % (word, time_text(ns))
    if kind == stat.S_IFREG:
        line += ' size=%d' % st.st_size + content(path, st.st_size)
    elif kind == stat.S_IFLNK:
        line += ' link=' + escape(os.readlink(path))
    elif kind in (stat.S_IFCHR, stat.S_IFBLK):
        line += ' device=native,%d,%d' % (os.major(st.st_rdev), os.minor(st.st_rdev))
    if kind != stat.S_IFDIR and st.st_nlink > 1:
        line += ' nlink=%d inode=%d' % (st.st_nlink, groups.setdefault((st.st_dev, st.st_ino), len(groups) + 1))
    if kind in (stat.S_IFREG, stat.S_IFDIR):
        names = flags(path)
        if names:
            line += ' flags=' + names
    for name in sorted(os.fsencode(n) for n in os.listxattr(path, follow_symlinks=False)):
        if not name.startswith(b'btrfs.'):
            value = os.getxattr(path, name, follow_symlinks=False)
            line += ' xattr.%s=%s' % (escape(name), base64.b64encode(value).decode())
    return line


def walk(path, shown, groups):
    print(entry(path, shown, groups))
    if stat.S_ISDIR(os.lstat(path).st_mode):
        for name in sorted(os.listdir(path)):
            walk(path + b'/' + name, shown + b'/' + name, groups)


sys.setrecursionlimit(100000)
print('#mtree')
walk(os.fsencode(sys.argv[1]), b'.', {})
