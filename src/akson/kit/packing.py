"""One gzip stream made of pieces that were packed on their own, at other times and perhaps by other processes.

Members of a gzip file that follow each other would be simpler, but several HTTP clients read only the first. RFC 1951,
RFC 1952; the check sum of the whole follows from those of the pieces, as in zlib's crc32_combine.
"""

import struct
import zlib
from typing import NamedTuple

HEADER = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
LAST = b"\x03\0"
"""An empty block that says that it is the last."""
OVERHEAD = len(HEADER) + len(LAST) + 8
POLYNOMIAL = 0xEDB88320
ONE = 1 << 31


class Packed(NamedTuple):
    """Blocks of a deflate stream, and of what they hold the CRC-32 and the length."""

    body: bytes
    crc: int
    size: int


def pack(raw: bytes) -> Packed:
    """Pack a piece; it stands for itself and may be put between others."""
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    return Packed(packer.compress(raw) + packer.flush(zlib.Z_FULL_FLUSH), zlib.crc32(raw), len(raw))


def unpack(body: bytes) -> bytes:
    """What a packed piece holds."""
    return zlib.decompressobj(-15).decompress(body)


class Stream:
    """Makes one gzip stream: HEADER, the bodies of the pieces each told by `add`, and the `end`."""

    def __init__(self) -> None:
        self._crc = 0
        self._size = 0

    def add(self, piece: Packed) -> None:
        self._crc = _multiply(_power(piece.size), self._crc) ^ piece.crc
        self._size += piece.size

    def end(self) -> bytes:
        return LAST + struct.pack("<II", self._crc, self._size & 0xFFFFFFFF)


def _multiply(a: int, b: int) -> int:
    """Product of two polynomials modulo that of the CRC, lowest power in the highest bit."""
    product, bit = 0, ONE
    while bit:
        if a & bit:
            product ^= b
        b = (b >> 1) ^ POLYNOMIAL if b & 1 else b >> 1
        bit >>= 1
    return product


def _power(size: int) -> int:
    """X to the power of so many bytes: what the check sum of what came before is multiplied by."""
    result, square = ONE, 1 << 30
    for _ in range(3):
        square = _multiply(square, square)
    while size:
        if size & 1:
            result = _multiply(square, result)
        square = _multiply(square, square)
        size >>= 1
    return result
