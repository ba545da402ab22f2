# SPDX-License-Identifier: GPL-2.0-or-later
"""CRC-32C, the checksum of btrfs."""
TABLE = []
for n in range(256):
    for _ in range(8):
        n = n >> 1 ^ (0x82f63b78 if n & 1 else 0)
    TABLE.append(n)


def update(crc, data):
    """as crc32c() of Linux: no inversion at either end"""
    for byte in data:
        crc = TABLE[(crc ^ byte) & 255] ^ crc >> 8
    return crc


def crc32c(data):
    """the number that is stored"""
    return update(0xffffffff, data) ^ 0xffffffff
