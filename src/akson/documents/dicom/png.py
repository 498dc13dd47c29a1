"""Pictures in PNG (RFC 2083), eight bits a sample. Pure."""

import struct
import zlib

GREY, COLOUR = 0, 2
"""Colour types."""


def png(wide: int, high: int, samples: bytes, *, colour: bool = False, effort: int = 6) -> bytes:
    """The picture of these samples: row by row, one a point, or three (red, green, blue)."""
    width = wide * (3 if colour else 1)
    rows = b"".join(b"\0" + samples[at : at + width] for at in range(0, width * high, width))
    header = struct.pack(">IIBBBBB", wide, high, 8, COLOUR if colour else GREY, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, effort)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
