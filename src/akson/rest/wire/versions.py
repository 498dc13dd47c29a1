"""Versions and times in headers: ETag W/"3", If-Match, If-None-Match, Last-Modified (R4 http.html#concurrency)."""

import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache

from akson.kit.errors import Malformed
from akson.rest.wire.http import Answer, Request
from akson.store.record.resources import Stored

_TAG = re.compile(r'(?:W/)?"?([A-Za-z0-9\-.]{1,64})"?')


def etag(version: int) -> str:
    """The weak ETag of a version."""
    return f'W/"{version}"'


def headers(stored: Stored) -> dict[str, str]:
    """ETag and Last-Modified of a stored version."""
    return {"etag": etag(stored.version), "last-modified": _http_date(int(stored.updated.timestamp()))}


@lru_cache(maxsize=4096)
def _http_date(seconds: int) -> str:
    return format_datetime(datetime.fromtimestamp(seconds, UTC), usegmt=True)


def location(base: str, stored: Stored) -> str:
    """Where this version stands."""
    return f"{base}/{stored.type}/{stored.id}/_history/{stored.version}"


def expected(raw: str | None) -> int | None:
    """The version that If-Match names; None when there is no condition.

    A well-formed tag that can be no version of ours matches nothing: -1.
    """
    if raw is None or raw.strip() == "*":
        return None
    tag = _TAG.fullmatch(raw.strip())
    if not tag:
        raise Malformed('If-Match must be a version like W/"3"')
    return int(tag[1]) if tag[1].isdecimal() and len(tag[1]) < 10 else -1


def not_modified(request: Request, stored: Stored) -> Answer | None:
    """304 when the client has this version already (If-None-Match, else If-Modified-Since)."""
    tags = request.headers.get("if-none-match")
    if tags is not None:
        known = {tag.strip().removeprefix("W/").strip('"') for tag in tags.split(",")}
        fresh = "*" in known or str(stored.version) in known
    else:
        fresh = _unchanged_since(request.headers.get("if-modified-since"), stored.updated)
    return Answer(304, b"", headers(stored)) if fresh else None


def _unchanged_since(raw: str | None, updated: datetime) -> bool:
    if not raw:
        return False
    try:
        since = parsedate_to_datetime(raw)
    except ValueError:
        return False
    return since.tzinfo is not None and updated.replace(microsecond=0) <= since
