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
from akson.record.bulk.steps import Hopeless
from akson.record.subscriptions.endpoints import is_loopback, origin

WAIT = 60
"""Seconds without a byte after which a source counts as silent."""


class Unreadable(Hopeless):
    """A source cannot be read; the text says why, for the one who named it."""


def check(node: Node, url: str, allowed: Iterable[str]) -> None:
    """Unprocessable unless an import of this node may read from here."""
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
        expression=("Parameters.parameter",),
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
async def reading(url: str) -> AsyncIterator[AsyncIterator[bytes]]:
    """The content of a source piece by piece. Unreadable when it does not give it."""
    try:
        async with (
            httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=WAIT) as client,
            client.stream("GET", url, headers={"accept": "application/fhir+ndjson"}) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                raise Unreadable(f"the source answered {answer.status_code}")
            yield answer.aiter_bytes(1_000_000)
    except httpx.HTTPError as error:
        raise Unreadable(f"the source does not answer ({type(error).__name__})") from error
