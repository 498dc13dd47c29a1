"""Whether two answers can be told apart, by anything but what is new in every answer: ids made now, times of now, sealed marks."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

_MADE = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_MARK = re.compile(rb"(_cursor|_page)=([A-Za-z0-9_-]+)")
_NOW = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)")


@dataclass(frozen=True, slots=True)
class Seen:
    """What a caller sees of an answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def seen(answer: httpx.Response, since: datetime) -> Seen:
    """An answer without what differs between any two answers. Of a mark its length counts."""
    body = _plain(answer.content, since)
    headers = sorted(
        (name, _plain(value.encode(), since).decode())
        for name, value in answer.headers.items()
        if name not in {"date", "last-modified"}
    )
    return Seen(answer.status_code, tuple(headers), body)


def _plain(raw: bytes, since: datetime) -> bytes:
    names: dict[bytes, bytes] = {}
    text = _MADE.sub(lambda found: names.setdefault(found[0], b"made-%d" % len(names)), raw)
    text = _MARK.sub(lambda found: b"%s=(%d)" % (found[1], len(found[2])), text)
    return _NOW.sub(lambda found: b"now" if _moment(found[0]) >= since else found[0], text)


def _moment(raw: bytes) -> datetime:
    return datetime.fromisoformat(raw.decode()).astimezone(UTC)
