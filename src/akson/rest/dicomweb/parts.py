"""Several files in one body: multipart/related (RFC 2387), as PS3.18 8.6 has it."""

import re
from collections.abc import AsyncIterator
from secrets import token_hex

from akson.kit.errors import Malformed, UnsupportedMedia
from akson.rest.dicomweb.accept import DICOM, RELATED
from akson.rest.wire.http import Request

MOST = 1000
"""Files of one request."""
_BOUNDARY = re.compile(r'boundary\s*=\s*(?:"([ -~]{1,70}?)"|([^;\s"]{1,70}))', re.IGNORECASE)


def media(inner: str, boundary: str) -> str:
    """Content type of the whole."""
    return f'{RELATED}; type="{inner}"; boundary={boundary}'


def new_boundary() -> str:
    """What parts are told apart by."""
    return f"akson-{token_hex(16)}"


async def joined(files: AsyncIterator[tuple[str, bytes]], boundary: str) -> AsyncIterator[bytes]:
    """The body of files, each with its content type."""
    async for kind, data in files:
        yield f"--{boundary}\r\ncontent-type: {kind}\r\n\r\n".encode() + data + b"\r\n"
    yield f"--{boundary}--\r\n".encode()


def parted(request: Request, body: bytes) -> list[bytes]:
    """The files of a request: in parts, or one by itself. Malformed or UnsupportedMedia where there are none."""
    if request.media == DICOM:
        return [body]
    told = request.headers.get("content-type", "")
    found = _BOUNDARY.search(told)
    if request.media != RELATED or DICOM not in told.lower():
        raise UnsupportedMedia(f'Pictures come as {RELATED}; type="{DICOM}", or as {DICOM}')
    if found is None:
        raise Malformed("The content type names no boundary", expression=("Content-Type",))
    delimiter = b"\r\n--" + (found[1] or found[2]).encode("ascii")
    _, *pieces = (b"\r\n" + body).split(delimiter)
    if not pieces or not pieces[-1].startswith(b"--"):
        raise Malformed("The body ends before its last part")
    files = [_content(piece) for piece in pieces[:-1]]
    if not 0 < len(files) <= MOST:
        raise Malformed(f"A request holds 1 to {MOST} files")
    return files


def _content(piece: bytes) -> bytes:
    head, blank, data = piece.partition(b"\r\n\r\n")
    if not blank:
        raise Malformed("A part of the body has no headers")
    said = re.search(rb"content-type:\s*([!-~]+)", head, re.IGNORECASE)
    if said and said[1].split(b";")[0].lower() != DICOM.encode():
        raise UnsupportedMedia(f"Each part is {DICOM}")
    return data
