"""Bodies packed with gzip, in and out. What comes in is unpacked up to the limit for a body and no further.

RFC 9110 8.4. A small body that would fill the memory is refused before it does.
"""

import re
import zlib
from collections.abc import AsyncIterator

from akson.kit.errors import Malformed, TooLarge, UnsupportedMedia

_WINDOW = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""What zlib is to expect: 31 is gzip, 15 is a zlib stream."""
_GZIP = re.compile(r"(?:^|,)\s*(?:gzip|x-gzip|\*)\s*(?:;\s*q\s*=\s*([0-9.]+)\s*)?(?=,|$)", re.IGNORECASE)
_PIECE = 1_000_000
"""Bytes that are unpacked at once."""
_LEVEL = 1
"""FHIR repeats itself: the first level takes a tenth of the time of the usual one and a third more bytes."""


def unpacked(raw: bytes, coding: str, limit: int) -> bytes:
    """The body as it was before it was packed. TooLarge when it passes the limit, UnsupportedMedia for other codings."""
    name = _coding(coding)
    if not name:
        return raw
    machine = zlib.decompressobj(_WINDOW[name])
    try:
        body = machine.decompress(raw, limit + 1)
    except zlib.error as error:
        raise Malformed(f"The body is not {name}, as its Content-Encoding says") from error
    if len(body) > limit:
        raise TooLarge(f"The body is larger than the limit of {limit} bytes when unpacked")
    if not machine.eof or machine.unused_data:
        raise Malformed(f"The body is not one whole {name} stream")
    return body


async def unpacked_stream(pieces: AsyncIterator[bytes], coding: str) -> AsyncIterator[bytes]:
    """A body of any size as it was before it was packed, in pieces that are no larger for being packed well.

    Several gzip files may follow each other. UnsupportedMedia for other codings; Malformed for what is not whole.
    """
    name = _coding(coding)
    if not name:
        async for piece in pieces:
            yield piece
        return
    machine, is_whole = zlib.decompressobj(_WINDOW[name]), False
    async for piece in pieces:
        left, made = piece, b""
        while left or (len(made) == _PIECE and not is_whole):
            try:
                made = machine.decompress(left, _PIECE)
            except zlib.error as error:
                raise Malformed(f"The body is not {name}, as its Content-Encoding says") from error
            if made:
                yield made
            left, is_whole = machine.unconsumed_tail, machine.eof
            if is_whole:
                left, machine = machine.unused_data, zlib.decompressobj(_WINDOW[name])
    if not is_whole:
        raise Malformed(f"The body ends in the middle of a {name} stream")


def _coding(said: str) -> str:
    """The name of a coding, empty where nothing is packed; UnsupportedMedia for one that is not taken."""
    name = said.strip().lower()
    if name in {"", "identity"}:
        return ""
    if name not in _WINDOW:
        raise UnsupportedMedia("A packed body is gzip or deflate, and packed once: Content-Encoding: gzip")
    return name


def takes_gzip(accept: str) -> bool:
    """Whether an Accept-Encoding header lets the answer be packed."""
    found = _GZIP.search(accept)
    return found is not None and (found[1] is None or found[1].strip("0.") != "")


def packed(body: bytes) -> bytes:
    machine = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW["gzip"])
    return machine.compress(body) + machine.flush()


async def packed_stream(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """A body in pieces, each of which can be unpacked when it comes."""
    machine = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW["gzip"])
    async for chunk in chunks:
        yield machine.compress(chunk) + machine.flush(zlib.Z_SYNC_FLUSH)
    yield machine.flush()
