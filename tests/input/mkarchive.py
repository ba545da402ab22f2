#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""mkarchive.py - hostile and exotic tar and cpio archives, made by hand.

  mkarchive.py NAME > FILE     write one archive
  mkarchive.py --list bad      NAME<TAB>REGEX: must exit 1 with one line on stderr that the regex finds
  mkarchive.py --list good     NAME<TAB>GROUP: must succeed; archives of one group give the same image
  mkarchive.py --list warn     NAME<TAB>REGEX: must succeed with one line on stderr that the regex finds
  mkarchive.py --list skip     NAME<TAB>REGEX: refused; with --skip-unsupported a warning; the regex finds both
  mkarchive.py --all DIR       write all of them to DIR/NAME

Standard library only; the archives depend on nothing but this file.
"""
import base64, bz2, gzip, io, lzma, os, struct, sys

CASES = {}


def case(kind, name, want=''):
    def add(make):
        assert name not in CASES, name
        CASES[name] = (kind, want, make)
        return make
    return add


def bad(name, regex):
    return case('bad', name, regex)


def good(name, group=''):
    return case('good', name, group or name)


def warn(name, regex):
    return case('warn', name, regex)


def skip(name, regex):
    return case('skip', name, regex)


# ---- tar ---------------------------------------------------------------------

BLOCK = 512
END = bytes(2 * BLOCK)
USTAR, GNU, V7 = b'ustar\x0000', b'ustar  \0', bytes(8)


def pad(data, to=BLOCK):
    return data + bytes(-len(data) % to)


def octal(value, width):
    return b'%0*o\0' % (width - 1, value)


def base256(value, width):
    first = 0x80 if value >= 0 else 0xff
    body = (value & ((1 << 8 * (width - 1)) - 1)).to_bytes(width - 1, 'big')
    return bytes([first]) + body


def number(value, width):
    if isinstance(value, bytes):
        return value.ljust(width, b'\0')
    if 0 <= value < 8 ** (width - 1):
        return octal(value, width)
    return base256(value, width)


def seal(header, signed=False):
    header = bytearray(header)
    header[148:156] = b' ' * 8
    total = sum(b - 256 if signed and b > 127 else b for b in header)
    header[148:156] = b'%06o\0 ' % total
    return bytes(header)


def header(name=b'f', size=0, kind=b'0', mode=0o644, uid=0, gid=0, mtime=1, link=b'', magic=USTAR,
           major=0, minor=0, prefix=b'', tail=None, patch=(), sum_of='unsigned'):
    h = bytearray(BLOCK)
    h[0:len(name)] = name
    h[100:108] = number(mode, 8)
    h[108:116] = number(uid, 8)
    h[116:124] = number(gid, 8)
    h[124:136] = number(size, 12)
    h[136:148] = number(mtime, 12)
    h[156:157] = kind
    h[157:157 + len(link)] = link
    h[257:265] = magic
    h[329:337] = number(major, 8)
    h[337:345] = number(minor, 8)
    h[345:345 + len(prefix)] = prefix
    if tail is not None:
        h[345:345 + len(tail)] = tail
    for offset, data in patch:
        h[offset:offset + len(data)] = data
    return seal(h, sum_of == 'signed')


def file(name=b'f', data=b'', **fields):
    return header(name, fields.pop('size', len(data)), **fields) + pad(data)


def record(key, value):
    body = b' ' + key + b'=' + value + b'\n'
    n = len(body) + 1
    while len(str(n)) + len(body) != n:
        n = len(str(n)) + len(body)
    return str(n).encode() + body


def pax_raw(body, kind=b'x', size=None):
    return header(b'PaxHeaders/f', len(body) if size is None else size, kind) + pad(body)


def pax(*records, kind=b'x'):
    return pax_raw(b''.join(record(k, v) for k, v in records), kind)


def long_name(name, kind=b'L'):
    return header(b'././@LongLink', len(name) + 1, kind, magic=GNU) + pad(name + b'\0')


def gnu_sparse(name, segments, data, realsize, extended_by=0, stored=None):
    """old GNU format; @extended_by: pairs that go to extension headers"""
    first = segments[:4]
    rest = segments[4:]
    tail = bytearray(167)
    at = 386 - 345
    for off, n in first:
        tail[at:at + 24] = number(off, 12) + number(n, 12)
        at += 24
    tail[482 - 345] = 1 if rest else 0
    tail[483 - 345:495 - 345] = number(realsize, 12)
    out = header(name, len(data) if stored is None else stored, b'S', magic=GNU, tail=bytes(tail))
    while rest:
        block = bytearray(BLOCK)
        for i, (off, n) in enumerate(rest[:21]):
            block[24 * i:24 * i + 24] = number(off, 12) + number(n, 12)
        rest = rest[21:]
        block[504] = 1 if rest else 0
        out += bytes(block)
    return out + pad(data)


def sparse_00(name, segments, data, size, blocks=None):
    pairs = [(b'GNU.sparse.size', b'%d' % size),
             (b'GNU.sparse.numblocks', b'%d' % (len(segments) if blocks is None else blocks))]
    for off, n in segments:
        pairs += [(b'GNU.sparse.offset', b'%d' % off), (b'GNU.sparse.numbytes', b'%d' % n)]
    return pax(*pairs) + file(name, data)


def sparse_01(name, segments, data, size, text=None):
    text = text or b','.join(b'%d,%d' % s for s in segments)
    return pax((b'GNU.sparse.size', b'%d' % size), (b'GNU.sparse.numblocks', b'%d' % len(segments)),
               (b'GNU.sparse.map', text), (b'GNU.sparse.name', name)) + file(b'GNUSparseFile.0/f', data)


def sparse_10(name, segments, data, size, text=None):
    text = text or b'%d\n' % len(segments) + b''.join(b'%d\n%d\n' % s for s in segments)
    return pax((b'GNU.sparse.major', b'1'), (b'GNU.sparse.minor', b'0'), (b'GNU.sparse.name', name),
               (b'GNU.sparse.realsize', b'%d' % size)) + file(b'GNUSparseFile.0/f', pad(text) + data)


SEGMENTS = [(4096 * (3 * i + 1), 1000 if i % 2 else 4096) for i in range(30)]
SPARSE_DATA = b''.join(bytes([65 + i % 26]) * n for i, (_, n) in enumerate(SEGMENTS))
SPARSE_SIZE = 500000


@good('sparse-old', 'sparse')
def _():
    return gnu_sparse(b'f', SEGMENTS + [(SPARSE_SIZE, 0)], SPARSE_DATA, SPARSE_SIZE) + END


@good('sparse-00', 'sparse')
def _():
    return sparse_00(b'f', SEGMENTS + [(SPARSE_SIZE, 0)], SPARSE_DATA, SPARSE_SIZE) + END


@good('sparse-01', 'sparse')
def _():
    return sparse_01(b'f', SEGMENTS + [(SPARSE_SIZE, 0)], SPARSE_DATA, SPARSE_SIZE) + END


@good('sparse-10', 'sparse')
def _():
    return sparse_10(b'f', SEGMENTS + [(SPARSE_SIZE, 0)], SPARSE_DATA, SPARSE_SIZE) + END


@good('sparse-only-hole')
def _():
    return sparse_10(b'f', [(1 << 40, 0)], b'', 1 << 40) + END


@good('sparse-10-many-segments')
def _():
    n = 150000
    return sparse_10(b'f', [(8192 * i, 1) for i in range(n)], b'x' * n, 8192 * n) + END


# Solaris: all bytes are stored. The list has the ends of holes and data by turns, a hole first.
HOLES_ENDS = b''.join(b' %d %d' % (off, off + n) for off, n in SEGMENTS) + b' %d' % SPARSE_SIZE


def stored_holes(text, fill=b'\0'):
    data = bytearray(fill * SPARSE_SIZE)
    at = 0
    for off, n in SEGMENTS:
        data[off:off + n] = SPARSE_DATA[at:at + n]
        at += n
    return pax((b'SUN.holesdata', text)) + file(b'f', bytes(data)) + END


@good('sparse-solaris', 'sparse')
def _():
    return stored_holes(HOLES_ENDS)


@good('sparse-solaris-blank', 'sparse')
def _():
    return stored_holes(HOLES_ENDS + b' ')


for _i, _text in enumerate((HOLES_ENDS + b' 1', HOLES_ENDS + b' x', HOLES_ENDS + b'  ', HOLES_ENDS[1:], b' 4096 8192')):
    bad('sparse-solaris-%d' % _i, r'^tar2btrfs: f: its sparse map (is no list|does not end)')(lambda t=_text: stored_holes(t))


@bad('sparse-descending', r'^tar2btrfs: f: .*ascending')
def _():
    return sparse_10(b'f', [(8192, 512), (0, 512)], bytes(1024), 10000) + END


@bad('sparse-overlap', r'^tar2btrfs: f: .*ascending')
def _():
    return sparse_01(b'f', [(0, 512), (511, 512)], bytes(1024), 10000) + END


@bad('sparse-beyond-size', r'^tar2btrfs: f: .*beyond the file.s size of 1000 bytes')
def _():
    return sparse_00(b'f', [(0, 1024)], bytes(1024), 1000) + END


@bad('sparse-beyond-63-bits', r'^tar2btrfs: f: .*(63|ascending|beyond)')
def _():
    return sparse_10(b'f', [((1 << 63) - 1, 512)], bytes(512), (1 << 63) - 1) + END


@bad('sparse-more-in-map', r'^tar2btrfs: f: .*holds 2048 bytes, but 1024 are stored')
def _():
    return sparse_10(b'f', [(0, 2048)], bytes(1024), 4096) + END


@bad('sparse-less-in-map', r'^tar2btrfs: f: .*holds 512 bytes, but 1024 are stored')
def _():
    return sparse_10(b'f', [(0, 512)], bytes(1024), 4096) + END


@bad('sparse-old-less-in-map', r'^tar2btrfs: f: .*holds 512 bytes, but 1024 are stored')
def _():
    return gnu_sparse(b'f', [(0, 512)], bytes(1024), 4096) + END


@bad('sparse-10-text', r'^tar2btrfs: f: .*sparse map')
def _():
    return sparse_10(b'f', [], b'', 10, b'1\nx\n1\n') + END


@bad('sparse-10-claims-many', r'^tar2btrfs: f: .*1048576 segments')
def _():
    return sparse_10(b'f', [], b'', 10, b'999999999999\n') + END


@bad('sparse-10-map-cut', r'^tar2btrfs: f: .*sparse map')
def _():
    return sparse_10(b'f', [], b'', 10, b'5\n0\n1\n') + END


@bad('sparse-01-half-pair', r'^tar2btrfs: f: .*half a pair')
def _():
    return sparse_01(b'f', [], bytes(512), 1000, b'0,512,600') + END


@bad('sparse-01-text', r'^tar2btrfs: f: .*number')
def _():
    return sparse_01(b'f', [], bytes(512), 1000, b'0,512x') + END


@bad('sparse-00-half-pair', r'^tar2btrfs: f: .*half a pair')
def _():
    return pax((b'GNU.sparse.size', b'9'), (b'GNU.sparse.numblocks', b'1'),
               (b'GNU.sparse.offset', b'0')) + file(b'f') + END


@bad('sparse-directory', r'^tar2btrfs: d: .*GNU.sparse')
def _():
    return pax((b'GNU.sparse.major', b'1'), (b'GNU.sparse.minor', b'0')) + \
        header(b'd', 0, b'5') + END


@bad('sparse-version', r'^tar2btrfs: f: .*format 7.0')
def _():
    return pax((b'GNU.sparse.major', b'7'), (b'GNU.sparse.minor', b'0')) + file(b'f') + END


@bad('sparse-10-without-size', r'^tar2btrfs: f: a GNU sparse map without GNU.sparse.realsize')
def _():
    return pax((b'GNU.sparse.major', b'1'), (b'GNU.sparse.minor', b'0')) + file(b'f', pad(b'1\n0\n3\n') + b'abc') + END


@bad('sparse-10-and-01', r'^tar2btrfs: f: two GNU sparse maps for one file')
def _():
    return pax((b'GNU.sparse.major', b'1'), (b'GNU.sparse.minor', b'0'), (b'GNU.sparse.realsize', b'3'),
               (b'GNU.sparse.map', b'0,3')) + file(b'f', pad(b'1\n0\n3\n') + b'abc') + END


@bad('sparse-old-and-10', r'^tar2btrfs: f: GNU.sparse records for what is no file, or has another map')
def _():
    return pax((b'GNU.sparse.major', b'1'), (b'GNU.sparse.minor', b'0'), (b'GNU.sparse.realsize', b'3')) + \
        gnu_sparse(b'f', [(0, 3)], b'abc', 3) + END


def sparse_of_type(kind):
    return pax((b'GNU.sparse.major', b'1'), (b'GNU.sparse.minor', b'0'), (b'GNU.sparse.name', b'f'),
               (b'GNU.sparse.realsize', b'9000')) + file(b'GNUSparseFile.0/f', pad(b'1\n8192\n3\n') + b'abc', kind=kind) + END


for _kind in (b'0', b'7', b'\0'):
    good('sparse-of-type-%d' % _kind[0], 'sparse-of-types')(lambda k=_kind: sparse_of_type(k))


@good('sparse-01-with-version', 'sparse-01-with-version')
def _():
    return pax((b'GNU.sparse.major', b'0'), (b'GNU.sparse.minor', b'1'), (b'GNU.sparse.size', b'9000'),
               (b'GNU.sparse.map', b'4096,3')) + file(b'f', b'abc') + END


@good('sparse-01-without-version', 'sparse-01-with-version')
def _():
    return sparse_01(b'f', [(4096, 3)], b'abc', 9000) + END


@bad('sparse-realsize-alone', r'^tar2btrfs: f: 3 bytes are stored of a file of 70')
def _():
    return pax((b'SCHILY.realsize', b'70')) + file(b'f', b'abc') + END


@bad('sparse-star', r'^tar2btrfs: f: .*star')
def _():
    return header(b'f', 512, b'S') + bytes(512) + END


# ---- end, cuts, damage ----

WHOLE = file(b'f', b'hello')


@good('one-file', 'one-file')
def _():
    return WHOLE + END


@good('one-zero-block', 'one-file')
def _():
    return WHOLE + bytes(BLOCK)


@good('padded-to-10k', 'one-file')
def _():
    return pad(WHOLE + END, 10240)


@good('empty-archive', 'empty')
def _():
    return END


@good('empty-archive-one-block', 'empty')
def _():
    return bytes(BLOCK)


@good('only-global-header', 'empty')
def _():
    return pax((b'comment', b'deadbeef'), kind=b'g') + END


@good('only-volume-label', 'empty')
def _():
    return header(b'label', 0, b'V', magic=GNU) + END


@good('volume-label', 'one-file')
def _():
    return header(b'label', 0, b'V', magic=GNU) + WHOLE + END


# GNU tar applies what precedes a label to the label
@good('volume-label-with-records', 'one-file')
def _():
    return pax((b'path', b'other'), (b'mtime', b'77')) + header(b'label', 0, b'V', magic=GNU) + WHOLE + END


@good('volume-label-with-long-name', 'one-file')
def _():
    return long_name(b'n' * 120) + header(b'label', 0, b'V', magic=GNU) + WHOLE + END


@warn('bytes-behind-end', r'^tar2btrfs: warning: .*4 bytes behind the archive.s end marker')
def _():
    return WHOLE + END + b'junk'


@warn('two-tars', r'^tar2btrfs: warning: .*2048 bytes behind the archive.s end marker are ignored \(see --ignore-zeros\)')
def _():
    return WHOLE + END + WHOLE + END


@bad('zero-bytes', r'empty input')
def _():
    return b''


@bad('no-end-marker', r'cut.*without an end marker \(see --allow-missing-end\)')
def _():
    return WHOLE


@bad('cut-in-header', r'cut.*inside a header')
def _():
    return WHOLE + WHOLE[:300]


@bad('cut-in-data', r'^tar2btrfs: g: .*cut.*inside the data')
def _():
    return WHOLE + file(b'g', b'x' * 2000)[:1500]


@bad('cut-in-padding', r'^tar2btrfs: f: .*cut')
def _():
    return WHOLE[:600]


@bad('cut-before-padding', r'^tar2btrfs: f: .*cut')
def _():
    return WHOLE[:517]


@bad('cut-in-pax', r'cut.*special header')
def _():
    return pax((b'path', b'x' * 900))[:700]


@bad('cut-behind-pax', r'cut')
def _():
    return pax((b'path', b'x'))


@good('end-behind-pax', 'empty')
def _():
    return pax((b'path', b'x')) + END


@good('end-behind-pax-of-nothing', 'one-file')
def _():
    return WHOLE + pax((b'path', b'x')) + END


@bad('end-behind-long-name', r'cut.*between a special header and its member')
def _():
    return long_name(b'x' * 200) + END


@good('sum-digits-behind-nul', 'one-file')
def _():
    h = bytearray(WHOLE)
    h[148:156] = h[148:154] + b'\x0007'[:2]
    return bytes(h) + END


@bad('sum-wrong-before-nul', r'byte 512: its sum is wrong')
def _():
    h = bytearray(WHOLE)
    h[148:156] = b'007\0' + h[148:152]
    return file(b'a') + bytes(h) + END


@good('field-leading-nul', 'one-file')
def _():
    return file(b'f', b'hello', uid=b'\x00000000', gid=b'\0      0', mtime=b'\x0000000000001') + END


@bad('field-two-leading-nuls', r'^tar2btrfs: f: the uid field .* is no number')
def _():
    return file(b'f', b'hello', uid=b'\0\x0000001') + END


@good('device-letters-of-a-file', 'one-file')
def _():
    return file(b'f', b'hello', major=b'letters', minor=b'xyz') + END


@bad('device-letters', r'^tar2btrfs: f: the devmajor field .* is no number')
def _():
    return header(b'f', 0, b'3', major=b'letters') + END


@good('gnu-magic-with-prefix', 'one-file')
def _():
    return file(b'f', b'hello', magic=GNU, prefix=b'14000000000 14000000000 ') + END


@bad('cut-in-old-sparse-map', r'^tar2btrfs: f: .*sparse map is cut')
def _():
    return gnu_sparse(b'f', SEGMENTS, SPARSE_DATA, SPARSE_SIZE)[:700]


@bad('bad-sum-first', r'byte 0: its sum is wrong')
def _():
    return b'X' + WHOLE[1:] + END


@bad('bad-sum-second', r'byte 1024: its sum is wrong')
def _():
    return WHOLE + b'X' + WHOLE[1:] + END


@good('signed-sum')
def _():
    return file('\u00e9'.encode(), b'x', sum_of='signed') + END


@bad('text-file', r'not a tar or cpio archive')
def _():
    return b'just text\n' * 100


@bad('one-byte', r'not a tar or cpio archive')
def _():
    return b'x'


for _name, _magic, _said in (
        ('zip', b'PK\x03\x04', 'zip archive.*: bsdtar -cf - @file [|] tar2btrfs$'), ('7z', b'7z\xbc\xaf\x27\x1c', '7z archive'),
        ('ar', b'!<arch>\nfile', 'ar archive'), ('rar', b'Rar!\x1a\x07\x01\0', 'rar archive'),
        ('deb', b'!<arch>\ndebian-binary', 'deb package.*: dpkg-deb --fsys-tarfile file [|] tar2btrfs$'),
        ('xar', b'xar!', 'xar archive'), ('mtree', b'#mtree\n. type=dir\n', 'mtree specification'),
        ('rpm', b'\xed\xab\xee\xdb', 'rpm package.*: rpm2cpio file [|] tar2btrfs$'), ('xfs', b'XFSB', 'xfs image'),
        ('iso', bytes(32769) + b'CD001' + bytes(3000), 'iso image'), ('squashfs', b'hsqs', 'squashfs.*: sqfs2tar file [|]'),
        ('qcow2', b'QFI\xfb', 'qcow2 disk image'), ('ext4', bytes(1080) + b'\x53\xef\1\0', 'ext4 image'),
        ('btrfs', bytes(65600) + b'_BHRfS_M', 'btrfs image.*: btrfs2tar file [|] tar2btrfs$'), ('erofs', bytes(1024) + b'\xe2\xe1\xf5\xe0', 'erofs image'),
        ('gpt', bytes(510) + b'\x55\xaaEFI PART', 'disk image with a partition table'),
        ('mbr', bytes(510) + b'\x55\xaa', 'disk image with a boot sector'),
        ('swap', bytes(4086) + b'SWAPSPACE2', 'swap area')):
    bad('foreign-' + _name, _said if '|' in _said else _said + '.*: not supported, allowed: tar, cpio')(
        lambda m=_magic: m + bytes(600))
    bad('foreign-packed-' + _name, _said[:8] + '.*, packed with gzip: not supported')(lambda m=_magic: gz(m + bytes(600)))
for _name, _magic, _said in (
        ('lzop', b'\x89LZO\0\r\n\x1a\n', 'lzop'), ('lrzip', b'LRZI', 'lrzip'), ('lzip', b'LZIP\1', 'lzip'),
        ('compress', b'\x1f\x9d\x90', 'compress'), ('lzma', b'\x5d\0\0\x80\0', 'lzma')):
    bad('packed-' + _name, 'packed with ' + _said)(lambda m=_magic: m + bytes(600))

# ---- packed ----


def gz(data):
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode='wb', mtime=0) as f:
        f.write(data)
    return out.getvalue()


PLAIN = WHOLE + END


@good('gzip', 'one-file')
def _():
    return gz(PLAIN)


@good('gzip-members', 'one-file')
def _():
    return gz(PLAIN[:700]) + gz(b'') + gz(PLAIN[700:])


@good('gzip-zeros-behind', 'one-file')
def _():
    return gz(PLAIN) + bytes(5000)


@bad('gzip-crc', r'gzip data are damaged: incorrect data check')
def _():
    d = bytearray(gz(PLAIN))
    d[-8] ^= 1
    return bytes(d)


@bad('gzip-length', r'gzip data are damaged: incorrect length check')
def _():
    d = bytearray(gz(PLAIN))
    d[-4] ^= 1
    return bytes(d)


@bad('gzip-cut', r'gzip data are cut')
def _():
    return gz(PLAIN)[:-3]


@bad('gzip-garbage', r'other bytes behind the gzip data')
def _():
    return gz(PLAIN) + b'garbage'


@bad('gzip-of-nothing', r'empty input')
def _():
    return gz(b'')


@bad('gzip-twice', r'packed twice: gzip inside gzip')
def _():
    return gz(gz(PLAIN))


@bad('xz-in-gzip', r'packed twice: xz inside gzip')
def _():
    return gz(lzma.compress(PLAIN))


@good('xz', 'one-file')
def _():
    return lzma.compress(PLAIN)


bad('bzip2-of-13-bytes', r'bzip2 data are damaged or cut')(lambda: bz2.compress(PLAIN)[:13])
for _bytes in (4, 8, 13):
    bad('lz4-of-%d-bytes' % _bytes, r'lz4 data are damaged or cut')(
        lambda n=_bytes: (b'\x04\x22\x4d\x18\x64\x40\xa7\x20\0\0\0' + bytes(9))[:n])


@bad('xz-cut', r'xz data are damaged or cut')
def _():
    return lzma.compress(PLAIN)[:-5]


@bad('xz-flipped', r'xz data are damaged or cut')
def _():
    d = bytearray(lzma.compress(PLAIN))
    d[len(d) // 2] ^= 4
    return bytes(d)


@good('bzip2', 'one-file')
def _():
    return bz2.compress(PLAIN)


@bad('bzip2-cut', r'bzip2 data are damaged or cut')
def _():
    return bz2.compress(PLAIN)[:-5]


@bad('bzip2-garbage', r'other bytes behind the bzip2 data')
def _():
    return bz2.compress(PLAIN) + b'garbage and more of it'


@good('tar-named-like-bzip2')
def _():
    return file(b'BZh91AY&SY', b'x') + END


# ---- numbers ----

for _field, _value in (('size', b'12x4'), ('size', b'-1'), ('uid', b'9'), ('gid', b'7 7'), ('mode', b'rw-r--r'),
                       ('mtime', b'0x12'), ('size', b'\0\0junk')):
    bad('field-%s-%s' % (_field, ''.join(c if c.isalnum() else '_' for c in _value.decode())),
        r'^tar2btrfs: g: the %s field .* is no number' % _field)(
            lambda f=_field, v=_value: WHOLE + header(b'g', **{f: v}) + END)


@good('field-blank')
def _():
    return header(b'f', b' ' * 12, uid=b' ' * 8, gid=bytes(8), mtime=b' ' * 11 + b'\0') + END


@good('field-unterminated')
def _():
    return header(b'f', b'000000000000', mode=b'00000644', mtime=b'077777777777') + END


@bad('size-base256-negative', r'^tar2btrfs: g: .*size field is -1')
def _():
    return WHOLE + header(b'g', base256(-1, 12)) + END


@bad('size-base256-overflow', r'^tar2btrfs: g: .*size field .* is no number')
def _():
    return WHOLE + header(b'g', b'\x80' + b'\x01' + bytes(10)) + END


@bad('size-63-bits', r'^tar2btrfs: g: ')
def _():
    return WHOLE + header(b'g', base256((1 << 63) - 1, 12)) + END


@bad('size-claimed', r'^tar2btrfs: g: .*cut')
def _():
    return WHOLE + header(b'g', base256(1 << 50, 12)) + b'x' * 1000


@good('uid-base256')
def _():
    return header(b'f', uid=base256(4294967294, 8), gid=base256(3000000, 8)) + END


@good('mtime-base256-negative')
def _():
    return header(b'f', mtime=base256(-12345678901, 12)) + END


for _id, _what in ((1 << 32, '4294967296'), ((1 << 32) - 1, 'no id on Linux'), (1 << 40, '1099511627776')):
    bad('uid-%d' % _id, r'^tar2btrfs: f: uid .*' + _what)(
        lambda i=_id: header(b'f', uid=base256(i, 8)) + END)
    bad('pax-gid-%d' % _id, r'^tar2btrfs: f: gid .*' + _what)(
        lambda i=_id: pax((b'gid', b'%d' % i)) + header(b'f') + END)


@bad('uid-negative', r'^tar2btrfs: f: uid -2, allowed')
def _():
    return header(b'f', uid=base256(-2, 8)) + END


@bad('pax-uid-negative', r'^tar2btrfs: f: uid -2, allowed')
def _():
    return pax((b'uid', b'-2')) + header(b'f') + END


@good('earliest-time', 'earliest-time')
def _():
    return header(b'f', mtime=base256(-2**63, 12)) + END


@good('earliest-time-pax', 'earliest-time')
def _():
    return pax((b'mtime', b'-%d' % 2**63)) + header(b'f') + END


@bad('time-before-the-earliest', r'^tar2btrfs: f: pax record mtime has the value')
def _():
    return pax((b'mtime', b'-%d.1' % 2**63)) + header(b'f') + END


for _key, _value in (('uid', '--2'), ('uid', '-'), ('uid', 'root'), ('gid', '12 '), ('uid', '99999999999999999999999'), ('size', '-5'),
                     ('size', '9223372036854775808'), ('size', 'x'), ('mtime', 'now'), ('mtime', '1.5x'), ('mtime', '.5'),
                     ('mtime', '99999999999999999999'), ('atime', '1,5'), ('mtime', '--1'), ('SCHILY.devmajor', 'x'),
                     ('ctime', '1e9'), ('LIBARCHIVE.creationtime', 'x')):
    bad('pax-%s-%s' % (_key, ''.join(c if c.isalnum() else '_' for c in _value)),
        r'^tar2btrfs: f: pax record %s has the value' % _key)(
            lambda k=_key, v=_value: pax((k.encode(), v.encode())) + header(b'f') + END)


@good('pax-times')
def _():
    return b''.join(pax((b'mtime', t), (b'atime', b'1.5'), (b'ctime', b'-2.25')) + header(b'f%d' % i)
                    for i, t in enumerate((b'-0.5', b'-1', b'-1.000000001', b'12.3456789019', b'-3.9999999999', b'7.', b'0'))) + END


@good('pax-time-floor', 'floor')
def _():
    return pax((b'mtime', b'-1.0000000001')) + header(b'f') + END


@good('pax-time-floor-exact', 'floor')
def _():
    return pax((b'mtime', b'-1.000000001')) + header(b'f') + END


@good('pax-empty-values', 'one-file')
def _():
    return pax((b'path', b''), (b'mtime', b''), (b'uid', b''), (b'SCHILY.acl.access', b'')) + WHOLE + END


@good('pax-unknown-keys', 'one-file')
def _():
    return pax((b'comment', b'x'), (b'VENDOR.thing', b'\xff\0\n'), (b'uname', b'\xff'), (b'hdrcharset', b'BINARY'),
               (b'G', b'1'), (b'SCHILY.ino', b'77')) + WHOLE + END


@good('global-comment', 'one-file')
def _():
    return pax((b'comment', b'a' * 40), kind=b'g') + WHOLE + END


@good('global-applies', 'global')
def _():
    return pax((b'mtime', b'5.5'), (b'uid', b'7'), kind=b'g') + header(b'a') + header(b'b') + \
        pax((b'uid', b'8')) + header(b'c') + pax((b'mtime', b'')) + header(b'd') + \
        pax((b'uid', b''), kind=b'g') + header(b'e', uid=3) + END


@good('global-applied-by-hand', 'global')
def _():
    t = (b'mtime', b'5.5')
    return pax(t) + header(b'a', uid=7) + pax(t) + header(b'b', uid=7) + pax(t) + header(b'c', uid=8) + \
        header(b'd', uid=7) + pax(t) + header(b'e', uid=3) + END


@skip('global-path', r'pax record path in a global header')
def _():
    return pax((b'path', b'x'), kind=b'g') + WHOLE + END


for _i, _body in enumerate((b'12 path=x\n', b'x path=x\n', b'9 path=x', b'99999999 path=x\n', b'10 path=xyz\n', b'4 =\n',
                            b'8 pathx\n', b'9 path=x\njunk', b' 9 path=x\n', b'-9 path=x\n', b'0 path=x\n', b'9 =athpx\n')):
    bad('pax-malformed-%d' % _i, r'^tar2btrfs: [fx]: malformed pax record')(
        lambda b=_body: pax_raw(b) + header(b'f') + END)


@bad('pax-huge', r'pax header of .* bytes, at most 1048576')
def _():
    return header(b'p', 1 << 40, b'x') + END


@bad('pax-twice', r'two of a pax header')
def _():
    return pax((b'path', b'x')) + pax((b'path', b'y')) + WHOLE + END


@bad('too-many-specials', r'more than 16 special headers')
def _():
    return header(b'label', 0, b'V', magic=GNU) * 40 + WHOLE + END


@bad('pax-path-nul', r'pax record path has the value')
def _():
    return pax((b'path', b'a\0b')) + WHOLE + END


@bad('device-major', r'^tar2btrfs: f: device 4096:0, allowed')
def _():
    return header(b'f', 0, b'3', major=4096) + END


@bad('device-minor', r'^tar2btrfs: f: device 1:1048576, allowed')
def _():
    return header(b'f', 0, b'4', major=1, minor=1048576) + END


@bad('device-negative', r'^tar2btrfs: f: device -1:0, allowed')
def _():
    return header(b'f', 0, b'3', major=base256(-1, 8)) + END


@good('devices')
def _():
    return header(b'a', 0, b'3', major=4095, minor=1048575) + \
        pax((b'SCHILY.devmajor', b'259'), (b'SCHILY.devminor', b'70000')) + header(b'b', 0, b'4') + END


# ---- names ----


@good('name-full-field', 'name-100')
def _():
    return file(b'n' * 100, b'x') + END


@good('name-gnu-long', 'name-100')
def _():
    return long_name(b'n' * 100) + file(b'short', b'x', magic=GNU) + END


@good('name-pax', 'name-100')
def _():
    return pax((b'path', b'n' * 100)) + file(b'short', b'x') + END


@good('name-pax-beats-gnu', 'name-100')
def _():
    return pax((b'path', b'n' * 100)) + long_name(b'other') + file(b'short', b'x', magic=GNU) + END


@good('name-pax-beats-gnu-2', 'name-100')
def _():
    return long_name(b'other') + pax((b'path', b'n' * 100)) + file(b'short', b'x', magic=GNU) + END


@good('name-gnu-long-twice', 'name-100')
def _():
    return long_name(b'other' * 30) + long_name(b'n' * 100) + file(b'short', b'x', magic=GNU) + END


@good('name-prefix', 'name-prefix')
def _():
    return file(b'b' * 100, b'x', prefix=b'p' * 155) + END


@good('name-prefix-pax', 'name-prefix')
def _():
    return pax((b'path', b'p' * 155 + b'/' + b'b' * 100)) + file(b'x', b'x') + END


@good('link-full-field', 'link-100')
def _():
    return header(b'l', 0, b'2', link=b't' * 100) + END


@good('link-gnu-long-twice', 'link-100')
def _():
    return long_name(b'o' * 150, b'K') + long_name(b't' * 100, b'K') + header(b'l', 0, b'2', link=b'x', magic=GNU) + END


@good('link-gnu-long', 'link-100')
def _():
    return long_name(b't' * 100, b'K') + header(b'l', 0, b'2', link=b'x', magic=GNU) + END


RAW_NAMES = (b'inv\xff\xfe', 'n\u00e9fc'.encode(), 'ne\u0301fd'.encode(), b'ctl\x01\n', b'back\\slash', b'lat\xe91')


@good('raw-names-ustar', 'raw-names')
def _():
    return b''.join(file(n, b'x') + header(n + b'.l', 0, b'2', link=n) for n in RAW_NAMES) + END


@good('raw-names-v7', 'raw-names')
def _():
    return b''.join(file(n, b'x', magic=V7) + header(n + b'.l', 0, b'2', link=n, magic=V7) for n in RAW_NAMES) + END


@good('raw-names-gnu', 'raw-names')
def _():
    return b''.join(long_name(n) + file(b's', b'x', magic=GNU) + long_name(n + b'.l') + long_name(n, b'K') +
                    header(b's', 0, b'2', link=b's', magic=GNU) for n in RAW_NAMES) + END


@good('raw-names-pax', 'raw-names')
def _():
    return b''.join(pax((b'path', n)) + file(b's', b'x') + pax((b'path', n + b'.l'), (b'linkpath', n)) +
                    header(b's', 0, b'2', link=b's') for n in RAW_NAMES) + END


@good('raw-names-pax-binary', 'raw-names')
def _():
    b = (b'hdrcharset', b'BINARY')
    return b''.join(pax(b, (b'path', n)) + file(b's', b'x') + pax(b, (b'path', n + b'.l'), (b'linkpath', n)) +
                    header(b's', 0, b'2', link=b's') for n in RAW_NAMES) + END


@bad('empty-long-name', r'empty long name')
def _():
    return long_name(b'') + WHOLE + END


@good('slash-is-directory', 'slash')
def _():
    return header(b'd/', 0, b'0', mode=0o755) + header(b'\xffd/', 0, b'\0', mode=0o755, magic=V7) + END


@good('slash-is-directory-5', 'slash')
def _():
    return header(b'd', 0, b'5', mode=0o755) + pax((b'path', b'\xffd/')) + header(b'x', 0, b'0', mode=0o755) + END


@bad('slash-with-data', r'^tar2btrfs: d/: a directory \(by its slash\) with 512 bytes')
def _():
    return file(b'd/', b'x' * 512) + END


@bad('slash-with-pax-size', r'^tar2btrfs: d/: a directory \(by its slash\) with 512 bytes')
def _():
    return pax((b'size', b'512')) + header(b'd/', 512) + WHOLE + END


@good('slash-with-size-at-end', 'slash')
def _():
    return header(b'd/', 0, b'0', mode=0o755) + header(b'\xffd/', 3 * BLOCK, b'\0', mode=0o755, magic=V7) + END


@good('slash-with-size', 'dumpdir')
def _():
    return header(b'd/', 3 * BLOCK, b'\0', mode=0o755, magic=V7) + WHOLE + END


@good('root-entry', 'empty-root-mode')
def _():
    return header(b'./', 0, b'5', mode=0o700) + END


@good('root-entry-slash', 'empty-root-mode')
def _():
    return header(b'/', 0, b'5', mode=0o700) + END


@bad('dotdot', r"'\.\.' component")
def _():
    return file(b'a/../b', b'x') + END


@bad('dotdot-of-no-file', r"'\.\.' component")
def _():
    return file(b'a/../b', b'x', kind=b'Z') + END


# ---- types ----

for _type, _said in ((b'M', 'another volume'), (b'N', 'old GNU list'), (b'Z', 'unknown type'), (b'E', 'Solaris')):
    skip('type-%s' % _type.decode(), r': f: .*' + _said)(
        lambda t=_type: file(b'f', b'data', kind=t, magic=GNU if t in b'MN' else USTAR) + END)


@good('type-contiguous', 'one-file')
def _():
    return file(b'f', b'hello', kind=b'7') + END


@good('type-v7', 'one-file')
def _():
    return file(b'f', b'hello', kind=b'\0', magic=V7) + END


@good('type-dumpdir', 'dumpdir')
def _():
    return file(b'd/', b'Yfile\0\0', kind=b'D', magic=GNU, mode=0o755) + WHOLE + END


@good('type-dumpdir-plain', 'dumpdir')
def _():
    return header(b'd/', 0, b'5', mode=0o755) + WHOLE + END


@good('hard-link', 'hard-link')
def _():
    return WHOLE + header(b'l', 0, b'1', link=b'f') + END


@good('hard-link-first', 'hard-link')
def _():
    return header(b'l', 0, b'1', link=b'f') + WHOLE + END


@good('hard-link-with-size-no-data', 'hard-link')
def _():
    return WHOLE + header(b'l', 5, b'1', link=b'f') + END


@good('hard-link-with-size-no-data-pax', 'hard-link')
def _():
    # after any pax header libarchive takes it that a link of some size has data
    return pax((b'mtime', b'1')) + WHOLE + header(b'l', 5, b'1', link=b'f') + END


@good('hard-links-with-size', 'hard-links')
def _():
    return pax((b'mtime', b'1')) + WHOLE + header(b'l', 5, b'1', link=b'f') + header(b'm', 5, b'1', link=b'f') + \
        header(b'n', 5, b'1', link=b'f', magic=GNU) + file(b'o') + END


@good('hard-links-without-size', 'hard-links')
def _():
    return WHOLE + b''.join(header(n, 0, b'1', link=b'f') for n in (b'l', b'm', b'n')) + file(b'o') + END


@good('hard-link-with-data', 'hard-link')
def _():
    return pax((b'mtime', b'1')) + WHOLE + header(b'l', 5, b'1', link=b'f') + pad(b'hello') + END


@good('hard-link-with-data-pax', 'hard-link')
def _():
    return WHOLE + pax((b'size', b'5')) + header(b'l', 5, b'1', link=b'f') + pad(b'hello') + END


@bad('hard-link-with-other-data', r'^tar2btrfs: l: ')
def _():
    return WHOLE + pax((b'size', b'5')) + header(b'l', 5, b'1', link=b'f') + pad(b'HELLO') + END


@good('directory-with-size', 'dumpdir')
def _():
    return header(b'd/', 4096, b'5', mode=0o755) + WHOLE + END


DOUBTFUL = r'^tar2btrfs: l: a hard link with a size of %d bytes: what follows it can be its data or the next members'


@bad('hard-link-with-size-and-header', DOUBTFUL % 5)
def _():
    return WHOLE + pax((b'size', b'5')) + header(b'l', 5, b'1', link=b'f') + WHOLE + END


# What `pax -w -x ustar -o linkdata` writes for a link to a file that is itself a tar, a disk image, or zeros.
@bad('hard-link-with-tar-as-data', DOUBTFUL % 2048)
def _():
    inner = file(b'inner', b'hello') + END
    return file(b'f', inner) + header(b'l', len(inner), b'1', link=b'f') + inner + file(b'o') + END


@bad('hard-link-with-header-as-data', DOUBTFUL % 512)
def _():
    inner = header(b'inner', 0)
    return file(b'f', inner) + header(b'l', len(inner), b'1', link=b'f') + inner + file(b'o') + END


@bad('hard-link-with-header-as-data-last', DOUBTFUL % 512)
def _():
    inner = header(b'inner', 0)
    return file(b'f', inner) + header(b'l', len(inner), b'1', link=b'f') + inner + END


@bad('hard-link-with-zeros-first-in-data', DOUBTFUL % 3072)
def _():
    inner = bytes(1024) + b'x' * 2048
    return file(b'f', inner) + header(b'l', len(inner), b'1', link=b'f') + inner + file(b'o') + END


# One link shows that this archive has data behind its links.
@bad('hard-link-with-data-and-one-with-tar', DOUBTFUL % 1024)
def _():
    inner = header(b'inner', 0) + bytes(512)
    return WHOLE + header(b'k', 5, b'1', link=b'f') + pad(b'hello') + file(b't', inner) + \
        header(b'l', len(inner), b'1', link=b't') + inner + file(b'o') + END


# Sizes without data: headers that follow do not begin where the data would end, or what pads the data is not zero.
def links_without_data(size):
    return file(b'f', b'x' * 1536) + header(b'l', size, b'1', link=b'f') + file(b'big', b'y' * 3000) + \
        header(b'm', size, b'1', link=b'f') + header(b'd/', 0, b'5') + header(b'e/', 0, b'5') + file(b'o') + END


@good('hard-links-of-blocks', 'hard-links-of-blocks')
def _():
    return links_without_data(0)


@good('hard-links-of-blocks-with-size', 'hard-links-of-blocks')
def _():
    return links_without_data(1536)


@good('hard-links-first-blocks-with-size', 'hard-links-of-blocks')
def _():
    return links_without_data(700)


# The last member is a link with a size: the end follows, and nothing but zeros.
@good('hard-link-last', 'hard-link-last')
def _():
    return file(b'f', b'x' * 1536) + header(b'l', 0, b'1', link=b'f') + END


@good('hard-link-last-with-size', 'hard-link-last')
def _():
    return file(b'f', b'x' * 1536) + header(b'l', 1536, b'1', link=b'f') + END + bytes(8192)


# Members without data may have a size: it means nothing, and no byte after their header is skipped.
NO_DATA = ((b'2', {'link': b't'}), (b'3', {'major': 1, 'minor': 3}), (b'4', {'major': 7}), (b'5', {}), (b'6', {}))


def without_data(pax_size, size):
    return b''.join((pax((b'size', pax_size)) if pax_size else b'') + header(b'm' + kind, size, kind, **fields) +
                    header(b'd' + kind, 0, b'5') + file(b'f' + kind, b'hello') for kind, fields in NO_DATA) + END


@good('no-data', 'no-data')
def _():
    return without_data(None, 0)


@good('no-data-size', 'no-data')
def _():
    return without_data(None, 1024)


@good('no-data-pax-size', 'no-data')
def _():
    return without_data(b'512', 0)


@good('no-data-pax-size-of-all', 'no-data')
def _():
    return without_data(b'1000000', 1000000)


# ---- xattrs, ACLs, flags ----


def xattr(name, value):
    return (b'SCHILY.xattr.' + name, value)


def xattr64(name, value):
    return (b'LIBARCHIVE.xattr.' + name, base64.b64encode(value).rstrip(b'='))


NOCOW = pax((b'SCHILY.fflags', b'nocow')) + file(b't')
LINK_WITH_DATA = pax((b'size', b'5')) + header(b'l', 5, b'1', link=b't') + pad(b'hello')


@good('link-data-nocow')
def _():
    return NOCOW + LINK_WITH_DATA + END


@good('link-data-nocow-late', 'link-data-nocow')
def _():
    return LINK_WITH_DATA + NOCOW + END


@good('link-data-nocow-both', 'link-data-nocow')
def _():
    return pax((b'SCHILY.fflags', b'nocow')) + file(b't', b'hello') + LINK_WITH_DATA + END


@good('link-data-nocow-plain', 'link-data-nocow')
def _():
    return pax((b'SCHILY.fflags', b'nocow')) + file(b't', b'hello') + header(b'l', 0, b'1', link=b't') + END


@bad('link-data-nocow-other', '^tar2btrfs: l: a hard link with other data than its target')
def _():
    return pax((b'SCHILY.fflags', b'nocow')) + file(b't', b'HELLO') + LINK_WITH_DATA + END


@good('xattr-schily', 'xattr')
def _():
    return pax(xattr(b'user.a', bytes(range(256))), xattr(b'security.selinux', b'ctx'), xattr(b'user.e', b'')) + WHOLE + END


@good('xattr-libarchive', 'xattr')
def _():
    return pax(xattr64(b'user.%61', bytes(range(256))), (b'RHT.security.selinux', b'ctx'), xattr64(b'user.e', b'')) + WHOLE + END


@good('xattr-both', 'xattr')
def _():
    return pax((b'RHT.security.selinux', b'weaker'), xattr64(b'user.a', bytes(range(256))), xattr(b'user.a', bytes(range(256))),
               xattr(b'security.selinux', b'ctx'), xattr(b'user.e', b'')) + WHOLE + END


@good('xattr-name-raw', 'xattr-name')
def _():
    return pax(xattr('user.gr\u00f6\u00dfe'.encode(), b'2')) + WHOLE + END


@good('xattr-name-bsdtar', 'xattr-name')  # bsdtar encodes the name in both forms
def _():
    return pax(xattr64(b'user.gr%C3%B6%C3%9Fe', b'2'), xattr(b'user.gr%C3%B6%C3%9Fe', b'2')) + WHOLE + END


@bad('xattr-base64', r'^tar2btrfs: f: pax record LIBARCHIVE.xattr.user.a is malformed')
def _():
    return pax((b'LIBARCHIVE.xattr.user.a', b'a$b=')) + WHOLE + END


@bad('xattr-url', r'^tar2btrfs: f: pax record LIBARCHIVE.xattr.user.%zz is malformed')
def _():
    return pax((b'LIBARCHIVE.xattr.user.%zz', b'YQ')) + WHOLE + END


for _name in ('system.other', 'btrfs.compression', 'foo', 'user.', 'os2.x', 'com.apple.x', 'system.nfs4_acl'):
    skip('xattr-' + _name, r': f: xattr ' + _name)(
        lambda n=_name: pax(xattr(n.encode(), b'v')) + WHOLE + END)


@skip('xattr-long-name', r': f: xattr user.xxx.*255 bytes allowed')
def _():
    return pax(xattr(b'user.' + b'x' * 251, b'v')) + WHOLE + END


@skip('xattr-long-value', r': f: xattr user.a.*70006.*16228 .*nodes of 16384 bytes')
def _():
    return pax(xattr(b'user.a', b'v' * 70000)) + WHOLE + END


@skip('xattr-user-on-symlink', r': l: xattr user.a')
def _():
    return pax(xattr(b'user.a', b'v')) + header(b'l', 0, b'2', link=b't') + END


def acl_value(*entries):
    return struct.pack('<I', 2) + b''.join(struct.pack('<HHI', t, p, i) for t, p, i in entries)


NOID = 0xffffffff
ACL = acl_value((1, 6, NOID), (2, 4, 1000), (2, 7, 2000), (4, 5, NOID), (8, 1, 7), (16, 7, NOID), (32, 0, NOID))


@skip('acl-too-large', ': f: xattr system.posix_acl_access: name and value have 163[0-9]+ bytes, at most 16228 are allowed')
def _():
    users = [(2, 4, 1000 + i) for i in range(2040)]
    return pax(xattr(b'system.posix_acl_access', acl_value((1, 6, NOID), *users, (4, 5, NOID), (16, 7, NOID), (32, 0, NOID)))) + WHOLE + END


@bad('link-to-root', '^tar2btrfs: l: a hard link to the root')
def _():
    return header(b'l', 0, b'1', link=b'.') + END

TEXT = b'user::rw-,user:bob:rwx:2000,user:al:r--:1000,group::r-x,group:g:--x:7,mask::rwx,other::---'


def acl_file(*records, mode=0o644):
    return pax(*records) + file(b'f', b'hello', mode=mode) + END


@good('acl-binary', 'acl')
def _():
    return acl_file(xattr(b'system.posix_acl_access', ACL), mode=0o670)


@good('acl-text', 'acl')
def _():
    return acl_file((b'SCHILY.acl.access', TEXT))


@good('acl-text-numeric', 'acl')
def _():
    return acl_file((b'SCHILY.acl.access', b'u::rw-\nu:2000:rwx\nu:1000:r--\t#comment\ng::r-x\ng:7:--x\nm::rwx\no::---\n'))


@good('acl-both-binary-counts', 'acl')
def _():
    return acl_file((b'SCHILY.acl.access', b'user::rwx,user:noid:rwx,group::rwx,mask::rwx,other::rwx'),
                    xattr(b'system.posix_acl_access', ACL))


@good('acl-solaris', 'acl')
def _():
    body = b'1000007\0' + TEXT.replace(b'mask::', b'mask:').replace(b'other::', b'other:') + b'\0'
    return header(b'acl', len(body), b'A') + pad(body) + file(b'f', b'hello') + END


@good('acl-trivial', 'acl-none')
def _():
    return acl_file((b'SCHILY.acl.access', b'user::rw-,group::r--,other::---'), mode=0o777)


@good('acl-none', 'acl-none')
def _():
    return file(b'f', b'hello', mode=0o640) + END


@good('acl-default', 'acl-default')
def _():
    return pax((b'SCHILY.acl.default', b'user::rwx,user:5:r-x,group::r-x,mask::r-x,other::---')) + header(b'd', 0, b'5', mode=0o755) + END


@good('acl-default-binary', 'acl-default')
def _():
    return pax(xattr(b'system.posix_acl_default',
                     acl_value((1, 7, NOID), (2, 5, 5), (4, 5, NOID), (16, 5, NOID), (32, 0, NOID)))) + header(b'd', 0, b'5', mode=0o755) + END


for _name, _text, _said in (
        ('garbage', 'hello', 'entries like'), ('no-mask', 'user::rw-,user:5:r--,group::r--,other::---', 'no mask'),
        ('no-owner', 'group::r--,other::---', 'must be there'), ('twice', 'user::rw-,user::r--,group::r--,other::---', 'two entries'),
        ('same-id', 'user::rw-,user:a:r--:5,user:b:r--:5,group::r--,mask::r--,other::---', 'two entries for one id'),
        ('perms', 'user::rwz,group::r--,other::---', 'entries like'), ('id', 'user::rw-,user:a:r--:99999999999,group::r--,mask::r--,other::-', 'entries like'),
        ('id-as-name', 'user::rw-,user:4294967295:r--,group::r--,mask::r--,other::---', 'an id is too large, allowed are 0 to 4294967294'),
        ('id-1', 'user::rw-,user:a:r--:4294967295,group::r--,mask::r--,other::---', 'entries like')):
    bad('acl-text-' + _name, r'^tar2btrfs: f: malformed access ACL: .*' + _said)(
        lambda t=_text: acl_file((b'SCHILY.acl.access', t.encode())))


@bad('acl-binary-version', r'^tar2btrfs: f: malformed access ACL')
def _():
    return acl_file(xattr(b'system.posix_acl_access', b'\3\0\0\0' + ACL[4:]))


@bad('acl-binary-odd', r'^tar2btrfs: f: malformed access ACL')
def _():
    return acl_file(xattr(b'system.posix_acl_access', ACL + b'x'))


@bad('acl-binary-tag', r'^tar2btrfs: f: malformed access ACL')
def _():
    return acl_file(xattr(b'system.posix_acl_access', acl_value((1, 6, 0), (3, 6, 0), (4, 6, 0), (32, 6, 0))))


@skip('acl-name-without-id', r': f: .*without a numeric id')
def _():
    return acl_file((b'SCHILY.acl.access', b'user::rw-,user:bob:r--,group::r--,mask::r--,other::---'))


@skip('acl-nfs4', r': f: .*NFSv4')
def _():
    return acl_file((b'SCHILY.acl.ace', b'owner@:rwx----------:-------:allow'))


@skip('acl-default-on-file', r': f: a default ACL on what is no directory')
def _():
    return acl_file((b'SCHILY.acl.default', b'user::rw-,group::r--,other::---'))


@good('flags')
def _():
    return pax((b'SCHILY.fflags', b'schg,nodump,noatime')) + file(b'a', b'x') + pax((b'SCHILY.fflags', b'nocow,nosync')) + file(b'b', b'x') + \
        pax((b'SCHILY.fflags', b'sappnd,dirsync')) + header(b'd', 0, b'5') + END


@warn('flag-unknown', r'^tar2btrfs: warning: f: btrfs has no file flag .journal.')
def _():
    return pax((b'SCHILY.fflags', b'nodump,journal')) + WHOLE + END


# ---- cpio ----


def newc(name, data=b'', mode=0o100644, ino=1, nlink=1, uid=0, gid=0, mtime=1, dev=(0, 0), rdev=(0, 0), magic=b'070701',
         check=0, size=None, namesize=None, nul=b'\0'):
    fields = (ino, mode, uid, gid, nlink, mtime, len(data) if size is None else size, *dev, *rdev,
              len(name) + 1 if namesize is None else namesize, check)
    head = magic + b''.join(b'%08X' % f for f in fields) + name + nul
    return pad(head, 4) + pad(data, 4)


def trailer(**fields):
    return newc(b'TRAILER!!!', b'', 0, 0, mtime=0, **fields)


def odc(name, data=b'', mode=0o100644, ino=1, nlink=1, mtime=1, patch=()):
    h = bytearray(b'070707' + b''.join(b'%06o' % v for v in (0, ino, mode, 0, 0, nlink, 0)) + b'%011o%06o%011o' % (mtime, len(name) + 1, len(data)))
    for offset, text in patch:
        h[offset:offset + len(text)] = text
    return bytes(h) + name + b'\0' + data


def binary(name, data=b'', mode=0o100644, ino=1, nlink=1, mtime=1, order='<'):
    words = (0o70707, 0, ino, mode, 0, 0, nlink, 0, mtime >> 16, mtime & 0xffff, len(name) + 1, len(data) >> 16, len(data) & 0xffff)
    return pad(struct.pack(order + '13H', *words) + name + b'\0', 2) + pad(data, 2)


@good('cpio-newc', 'one-file')
def _():
    return newc(b'f', b'hello') + trailer()


for _zeros in (1, 4, 510, 512, 1024, 40000, 3000000):
    good('cpio-behind-%d-zeros' % _zeros, 'one-file')(lambda n=_zeros: bytes(n) + newc(b'f', b'hello') + trailer())
    good('cpio-gzip-behind-%d-zeros' % _zeros, 'one-file')(lambda n=_zeros: bytes(n) + gz(newc(b'f', b'hello') + trailer()))


@good('zeros-alone', 'empty')
def _():
    return bytes(3000000)


@bad('zeros-below-a-block', r'not a tar or cpio archive')
def _():
    return bytes(511)


@bad('tar-behind-zeros', r'an end marker is first, a tar follows at byte 512 \(see --ignore-zeros\)')
def _():
    return bytes(BLOCK) + WHOLE + END


@bad('packed-text', r'gzip data, but not a tar or cpio archive')
def _():
    return gz(b'just text' * 100)


@bad('text-behind-more-zeros', r'not a tar or cpio archive: 5000 zeros, then other bytes')
def _():
    return bytes(5000) + b'just text' * 100


@bad('text-behind-zeros', r'not a tar or cpio archive')
def _():
    return bytes(100) + b'just text' * 100


@good('cpio-crc', 'one-file')
def _():
    return newc(b'f', b'hello', magic=b'070702', check=sum(b'hello')) + trailer(magic=b'070702')


@good('cpio-odc', 'one-file')
def _():
    return odc(b'f', b'hello') + odc(b'TRAILER!!!', b'', 0)


@good('cpio-binary-le', 'one-file')
def _():
    return binary(b'f', b'hello') + binary(b'TRAILER!!!', b'', 0)


@good('cpio-binary-be', 'one-file')
def _():
    return binary(b'f', b'hello', order='>') + binary(b'TRAILER!!!', b'', 0, order='>')


for _name, _bytes in (('lzma', b'\x5d\0\0\x80\0' + b'\xff' * 8), ('lzop', b'\x89LZO\0\r\n\x1a\n')):
    bad('cpio-%s-behind' % _name, 'packed with %s: not supported, allowed: gzip, xz' % _name)(
        lambda b=_bytes: newc(b'f', b'hello') + trailer() + b + bytes(99))


@bad('tar-behind-gzip-cpio', r'there is a plain tar behind the gzip data')
def _():
    return gz(newc(b'f', b'hello') + trailer()) + PLAIN


@good('cpio-zeros-behind', 'one-file')
def _():
    return newc(b'f', b'hello') + trailer() + bytes(1000)


@good('cpio-back-to-back', 'one-file')
def _():
    return newc(b'f', b'first', nlink=2) + trailer() + newc(b'f', b'hello', nlink=2) + trailer()


@good('cpio-back-to-back-zeros', 'one-file')
def _():
    return newc(b'f', b'first') + trailer() + bytes(333) + newc(b'f', b'hello') + trailer() + bytes(3)


@good('cpio-then-gzip', 'one-file')
def _():
    return newc(b'f', b'first') + trailer() + bytes(40) + gz(newc(b'f', b'hello') + trailer())


@good('cpio-then-xz', 'one-file')
def _():
    return newc(b'f', b'first') + trailer() + lzma.compress(newc(b'f', b'hello') + trailer())


@good('cpio-in-gzip-members', 'one-file')
def _():
    return gz(newc(b'f', b'first') + trailer()) + gz(newc(b'f', b'hello') + trailer() + bytes(9))


@good('cpio-empty', 'empty')
def _():
    return trailer()


@good('cpio-hard-links-data-last', 'hard-link')
def _():
    return newc(b'f', b'', nlink=2) + newc(b'l', b'hello', nlink=2) + trailer()


@good('cpio-hard-links-data-first', 'hard-link')
def _():
    return newc(b'f', b'hello', nlink=2) + newc(b'l', b'', nlink=2) + trailer()


@good('cpio-hard-links-data-twice', 'hard-link')
def _():
    return odc(b'f', b'hello', nlink=2) + odc(b'l', b'hello', nlink=2) + odc(b'TRAILER!!!', b'', 0)


@good('cpio-many-directories')
def _():
    return b''.join(newc(b'd%d' % i, b'', 0o40755, ino=i, nlink=2) for i in range(50000)) + trailer()


@good('raw-names-cpio', 'raw-names')
def _():
    return b''.join(newc(n, b'x') + newc(n + b'.l', n, 0o120777) for n in RAW_NAMES) + trailer()


@good('cpio-name-padded', 'one-file')
def _():
    return newc(b'f' + bytes(400), b'hello') + trailer()


@good('cpio-target-with-nul', 'cpio-target')
def _():
    return newc(b'l', b'target\0', 0o120777) + trailer()


@good('cpio-target-without-nul', 'cpio-target')
def _():
    return newc(b'l', b'target', 0o120777) + trailer()


@bad('cpio-target-nul-inside', r'^tar2btrfs: l: ')
def _():
    return newc(b'l', b'tar\0get', 0o120777) + trailer()


@bad('cpio-sum', r'^tar2btrfs: f: the sum of its data is 00000214, its header says 00000215')
def _():
    return newc(b'f', b'hello', magic=b'070702', check=sum(b'hello') + 1) + trailer(magic=b'070702')


@bad('cpio-no-trailer', r'cut.*without a trailer \(see --allow-missing-end\)')
def _():
    return newc(b'f', b'hello')


@bad('cpio-cut-header', r'cut.*inside the header')
def _():
    return newc(b'f', b'hello') + newc(b'g')[:50]


@bad('cpio-cut-name', r'cut.*inside the header')
def _():
    return newc(b'f', b'hello') + newc(b'g' * 50)[:130]


@bad('cpio-cut-data', r'^tar2btrfs: g: .*cut')
def _():
    return newc(b'f', b'hello') + newc(b'g', b'x' * 50)[:130]


@bad('cpio-cut-padding', r'^tar2btrfs: g: .*cut')
def _():
    return newc(b'g', b'x' * 5)[:-2]


@bad('cpio-garbage-between', r'cpio header at byte 120: damaged, its magic is unknown')
def _():
    return newc(b'f', b'hello') + b'garbage!' + newc(b'g', b'hello') + trailer()


@bad('cpio-not-hex', r'cpio header at byte 120: damaged, a field is no number')
def _():
    return newc(b'f', b'hello') + newc(b'g').replace(b'000081A4', b'0000zz1A') + trailer()


@bad('cpio-not-octal', r'damaged, a field is no number')
def _():
    return odc(b'f', b'x', patch=((18, b'9'),)) + odc(b'TRAILER!!!', b'', 0)


@bad('cpio-name-too-long', r'a name of 4294967295 bytes')
def _():
    return newc(b'f', namesize=0xffffffff) + trailer()


@bad('cpio-name-zero', r'a name of 0 bytes')
def _():
    return newc(b'', namesize=0) + trailer()


@bad('cpio-name-unterminated', r'name is not as long')
def _():
    return newc(b'fffff', b'', nul=b'f') + trailer()


@bad('cpio-name-nul', r'name is not as long')
def _():
    return newc(b'f\0f') + trailer()


@bad('cpio-no-type', r'^tar2btrfs: f: its mode 644 names no file type')
def _():
    return newc(b'f', b'', 0o644) + trailer()


@bad('cpio-mode', r'^tar2btrfs: f: its mode is 700644, at most 177777 is allowed')
def _():
    return odc(b'f', b'x', 0o700644) + odc(b'TRAILER!!!', b'', 0)


@bad('cpio-mode-directory', r'^tar2btrfs: d: its mode is 20000040755, at most 177777 is allowed')
def _():
    return newc(b'd', b'', 0x80000000 | 0o40755) + trailer()


@skip('cpio-unknown-type', r': f: a member of unknown type')
def _():
    return newc(b'f', b'abc', 0o160644) + trailer()


@bad('cpio-junk-behind', r'behind the cpio trailer, at 124, are no cpio')
def _():
    return trailer() + b'junk'


@bad('cpio-uid', r'^tar2btrfs: f: uid 4294967295')
def _():
    return newc(b'f', uid=0xffffffff) + trailer()


@bad('cpio-device', r'^tar2btrfs: f: device 4096:0')
def _():
    return newc(b'f', b'', 0o20644, rdev=(4096, 0)) + trailer()


@bad('cpio-long-symlink', r'cpio header at byte 0: a symbolic link target of more than 1 MiB')
def _():
    return newc(b'f', b'', 0o120777, size=1 << 31) + trailer()


@bad('cpio-trailer-with-data', r'a trailer with data')
def _():
    return newc(b'TRAILER!!!', b'data', 0) + bytes(10)


@bad('cpio-afio', r'afio')
def _():
    return b'070727' + b'0' * 110


def main(args):
    if len(args) == 2 and args[0] == '--list':
        for name, (kind, want, _) in CASES.items():
            if kind == args[1]:
                print(name + '\t' + want)
        return 0
    if len(args) == 2 and args[0] == '--all':
        os.makedirs(args[1], exist_ok=True)
        for name, (_, _, make) in CASES.items():
            with open(os.path.join(args[1], name), 'wb') as out:
                out.write(make())
        return 0
    if len(args) == 1 and args[0] in CASES:
        sys.stdout.buffer.write(CASES[args[0]][2]())
        return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
