"""Where an import may read from: what the operator has named, and nothing else.

Names are compared as parsed origins and as resolved paths, never as the beginnings of texts; redirects are not followed and
proxies not asked, so that nothing leads anywhere else.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx

from akson.kit.errors import Unprocessable
from akson.kit.settings import Node, Role
from akson.record.bulk.steps import Hopeless, Troubled
from akson.record.subscriptions.endpoints import is_loopback, origin

PIECE = 1_000_000
"""Bytes that are read at once."""
WAIT = 60
"""Seconds without a byte after which a source counts as silent."""


class Unreadable(Hopeless):
    """A source cannot be read; the text says why, for the one who named it."""


class Silent(Troubled):
    """A source does not answer now."""


def check(node: Node, url: str, allowed: Iterable[str], element: str) -> None:
    """Unprocessable, naming the element, unless an import of this node may read from here."""
    parts = urlsplit(url)
    named = [each for each in allowed if each]
    if parts.scheme == "file":
        if _path(url) is not None and _inside(url, named):
            return
    elif parts.scheme in {"http", "https"} and parts.hostname and not parts.username:
        if origin(url) in {origin(each) for each in named if "://" in each}:
            return
        if Role.FHIR in node.roles and is_loopback(parts.hostname):
            return
    raise Unprocessable(
        "This source may not be read from: name its origin or folder in AKSON_IMPORT_FROM",
        expression=(element,),
    )


def path_of(url: str) -> Path | None:
    """The file that a file URL names; None for another URL."""
    return _path(url) if urlsplit(url).scheme == "file" else None


def _path(url: str) -> Path | None:
    parts = urlsplit(url)
    if parts.netloc not in {"", "localhost"}:
        return None
    return Path(unquote(parts.path)).resolve()


def _inside(url: str, named: Iterable[str]) -> bool:
    found = _path(url)
    folders = [
        Path(each.removeprefix("file://")).resolve() for each in named if each.startswith(("/", "file://"))
    ]
    return found is not None and any(found.is_relative_to(folder) for folder in folders)


@asynccontextmanager
async def reading(url: str, start: int = 0) -> AsyncIterator[AsyncIterator[bytes]]:
    """The content of a source from a byte on, piece by piece.

    Unreadable when there is no such source, Silent when it does not answer or breaks off.
    """
    headers = {"accept": "application/fhir+ndjson"}
    if start:  # a part can be asked for only of what is not packed
        headers |= {"range": f"bytes={start}-", "accept-encoding": "identity"}
    try:
        async with (
            httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=WAIT) as client,
            client.stream("GET", url, headers=headers) as answer,
        ):
            yield _from(answer, start)
    except httpx.HTTPError as error:
        raise Silent(f"the source does not answer ({type(error).__name__})") from error


async def _from(answer: httpx.Response, start: int) -> AsyncIterator[bytes]:
    status = answer.status_code
    if start and status == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
        return  # it has no more bytes than were read before
    if status >= httpx.codes.INTERNAL_SERVER_ERROR or status == httpx.codes.TOO_MANY_REQUESTS:
        raise Silent(f"the source answered {status}")
    begins = answer.headers.get("content-range", "").startswith(f"bytes {start}-")
    if status != httpx.codes.OK and not (status == httpx.codes.PARTIAL_CONTENT and start and begins):
        raise Unreadable(f"the source answered {status}")
    skip = start if status == httpx.codes.OK else 0
    async for piece in answer.aiter_bytes(PIECE):
        if skip < len(piece):
            yield piece[skip:]
        skip = max(skip - len(piece), 0)
