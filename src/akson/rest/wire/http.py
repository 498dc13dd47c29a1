"""A request and an answer, as thin as the hot path needs: raw ASGI in, bytes out.

Starlette mounts what stands here; its own Request and Response cost about as much as the database does.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, quote

from akson.fhir.model import Resource
from akson.fhir.strict_json import DEEPEST
from akson.kit.errors import Malformed, TooLarge, UnsupportedMedia
from akson.rest.wire.packing import unpacked, unpacked_stream

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Pairs = list[tuple[str, str]]

FHIR_JSON = "application/fhir+json"
FHIR_XML = "application/fhir+xml"
FORM = "application/x-www-form-urlencoded"
JSON_TYPES = frozenset({FHIR_JSON, "application/json", "text/json"})
_ANSWER_TYPE = (b"content-type", b"application/fhir+json; charset=utf-8")
_VARY = (b"vary", b"accept, accept-encoding")
_MAX_PAIRS = 1000


@dataclass(frozen=True, slots=True)
class Wanted:
    """How the client wants the answer written."""

    xml: bool = False
    pretty: bool = False
    """Laid out for people."""
    version: bool = False
    """The content type names the version of FHIR, since the client's did."""
    raw: bool = False
    """What a Binary holds, not the Binary."""


USUAL = Wanted()
"""JSON as it is stored."""


@dataclass(frozen=True, slots=True)
class Growing:
    """A Bundle whose entries come in batches while they are read."""

    head: Resource
    """All but the entries."""
    entries: AsyncIterator[Sequence[bytes]]
    """Each entry as JSON."""


@dataclass(slots=True)
class Answer:
    """What goes back: status, headers (lower-case names) and the whole body."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    note: str = ""
    """What the outcome of a Bundle's entry says of it."""
    stream: AsyncIterator[bytes] | None = None
    """The body in pieces, where it is written while it is read; `body` is then empty."""
    bundle: Growing | None = None
    """A Bundle that the edge makes a stream of, in the format that the client wants."""
    media: str = ""
    """Content type of the body; empty for FHIR JSON, which the edge may turn into what the client wants."""

    async def send(self, send: Send, *, head: bool = False) -> None:
        """Give the answer to the server; without the body for HEAD."""
        raw = [(name.encode(), value.encode("latin-1")) for name, value in self.headers.items()]
        if self.body or self.stream is not None:
            raw.append((b"content-type", self.media.encode("latin-1")) if self.media else _ANSWER_TYPE)
            raw.append(_VARY)
        if self.status != 204 and self.stream is None:
            raw.append((b"content-length", str(len(self.body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": raw})
        if self.stream is not None and not head:
            async for chunk in self.stream:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"" if head else self.body})


Told = Mapping[tuple[str, ...], Callable[["Request"], Awaitable[Answer]]]
"""By path: what the server says of itself, to anyone."""


class Request:
    """One HTTP request below the FHIR base. `path` is what follows the base, cut at the slashes."""

    def __init__(self, scope: Scope, receive: Receive, base: str, limit: int) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.base = base
        self.limit = limit
        self.depth = DEEPEST
        self._receive = receive
        self._body: bytes | None = None
        self.path = _segments(scope)
        self.headers: Mapping[str, str] = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        self.resource: Resource | None = None
        """The body where it is decoded and checked already: an entry of a batch."""
        self.inside = False
        """Whether it is an entry of a batch or transaction, whose answer is part of another."""
        self.wanted = USUAL
        self.told: Told = {}
        """What the server says of itself; empty where another surface takes requests."""

    def inner(
        self, method: str, url: str, headers: Mapping[str, str], resource: Resource | None = None
    ) -> "Request":
        """An entry of a batch or transaction, as a request of its own. `url` is relative to the base."""
        path, _, query = url.partition("?")
        made = Request(
            {
                "method": method,
                "path": path,
                "query_string": quote(query, safe="=&%+:/|,.-_~$!*'()@;").encode("ascii"),
                "headers": [
                    (name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()
                ],
            },
            self._receive,
            self.base,
            self.limit,
        )
        made.resource = resource
        made.inside = True
        made.told = self.told
        made._body = b""
        return made

    def post_query(self) -> None:
        """Make the query the form that a search is posted as: what is posted stays out of the addresses of its pages."""
        self.become(self.scope["query_string"], FORM)
        self.scope["query_string"] = b""

    @cached_property
    def pairs(self) -> Pairs:
        """The query string as name and value, in its order, blanks kept."""
        return pairs_of(self.scope["query_string"])

    def parameter(self, name: str) -> str | None:
        """The last value of a query parameter."""
        if not self.scope["query_string"]:
            return None
        return next((value for key, value in reversed(self.pairs) if key == name), None)

    @cached_property
    def prefer(self) -> dict[str, str]:
        """The Prefer header, e.g. {"return": "minimal", "handling": "lenient"}."""
        found: dict[str, str] = {}
        for part in self.headers.get("prefer", "").replace(";", ",").split(","):
            name, _, value = part.partition("=")
            if name.strip():
                found.setdefault(name.strip().lower(), value.strip().strip('"'))
        return found

    @property
    def media(self) -> str:
        """The media type of the body without its parameters; empty when not said."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    async def body(self) -> bytes:
        """The whole body, read once. The edge reads it before it opens a transaction: a slow client holds no
        connection to the database.
        """
        if self._body is None:
            self._body = await self._read_body()
        return self._body

    def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes, unpacked, whatever its size, for what keeps none of it. Malformed when the client leaves."""
        return unpacked_stream(self._pieces(), self.headers.get("content-encoding", ""))

    async def _pieces(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Malformed("The client left before the body was complete")
            more = message.get("more_body", False)
            if message.get("body"):
                yield message["body"]

    def become(self, body: bytes, media: str) -> None:
        """The body in another shape, made of it at the edge."""
        self._body = body
        self.headers = {**self.headers, "content-type": media}

    async def _read_body(self) -> bytes:
        """TooLarge once it passes the limit. What follows is read and thrown away unless it is endless, so that a
        client that is still sending gets to read why.
        """
        chunks: list[bytes] = []
        size = 0
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Malformed("The client left before the body was complete")
            chunk = message.get("body", b"")
            size += len(chunk)
            if size <= self.limit:
                chunks.append(chunk)
            else:
                chunks.clear()
            more = message.get("more_body", False) and size < 4 * self.limit
        if size > self.limit:
            raise TooLarge(
                f"The body is larger than the limit of {self.limit} bytes (setting AKSON_BODY_LIMIT)"
            )
        raw = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        packed = self.headers.get("content-encoding")
        return raw if packed is None else unpacked(raw, packed, self.limit)

    async def form(self) -> Pairs:
        """The pairs of an application/x-www-form-urlencoded body. An empty body needs no content type."""
        raw = await self.body()
        if raw and self.media != FORM:
            raise UnsupportedMedia(f"A search is posted as {FORM}")
        return pairs_of(raw)


def pairs_of(raw: bytes) -> Pairs:
    """Decode url-encoded pairs; Malformed when they are not UTF-8 or too many."""
    if not raw:
        return []
    if b"%00" in raw or b"\0" in raw:
        raise Malformed("The parameters hold the character U+0000")
    try:
        return parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MAX_PAIRS
        )
    except (UnicodeDecodeError, ValueError) as error:
        raise Malformed("The parameters are not url-encoded UTF-8, or there are too many") from error


def _segments(scope: Scope) -> tuple[str, ...]:
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    if root and path.startswith(root):
        path = path[len(root) :]
    return tuple(path.strip("/").split("/")) if path.strip("/") else ()
