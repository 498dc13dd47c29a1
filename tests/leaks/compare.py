"""Whether two answers can be told apart, by anything but what is new in every answer: ids made now, times of now, sealed marks."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

_MADE = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_MARK = re.compile(rb"(_cursor|_page)=([A-Za-z0-9_-]+)")
_SECRET = re.compile(
    rb"(?:(?<![A-Za-z0-9_-])|(?<=%3A))[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])|(?<![0-9A-F-])(?:[0-9A-F]{1,4}-){5}[0-9A-F]{1,4}(?![0-9A-F-])"
)
"""What is drawn by lot for every session and request, and codes of an access log."""
_SESSION = re.compile(rb'(?:(?<=urn:akson:token:)|(?<=decision-ref-id","valueString":"))[0-9a-f]{32}')
"""By what a log tells which session it was, and which decision in it (ADR 0026): fingerprints of what was drawn for it."""
_TOOK = re.compile(rb"oppslag tar [^<]+? ms, 95 av 100 under [^<]+? ms")
"""How long looks at the node take, of all together."""
_CLOCK = re.compile(rb"kl\. \d\d:\d\d(?:\xe2\x80\x93\d\d:\d\d)?")
_CODES = re.compile(rb"<details(?:(?!</details>).)*?class=\"code\">secret<.*?</details>", re.DOTALL)
"""What each log was a moment ago, of those that have been countersigned by then."""
_ASKED = re.compile(rb'"(?:query|value)":"[A-Za-z0-9+/=]+"')
"""What a search asked for, packed: since when, among others."""
_LOOKS_FOUND = re.compile(rb'(?<="name":"AuditEvent","detail":\[\{"type":"count","valueString":)"\d+"')
"""How many looks a log held when it was read: what is found there is compared itself."""
_MOMENT_OF_PAPER = re.compile(
    rb"D:\d{14}Z|(?<=InstanceID>)[A-Za-z0-9+/]{22}==|(?<===\)\()[A-Za-z0-9+/]{22}==(?=\)\])"
)
"""When a PDF was made, and its number, which is another at each moment."""
SAYS_WHEN = frozenset({"date", "last-modified", "content-digest"})
"""Headers that are another in every answer; the digest is of the body, which is compared, with its ids."""
_NUMBERED = re.compile(rb"made-\d+")
_NOW = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)")


@dataclass(frozen=True, slots=True)
class Seen:
    """What a caller sees of an answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    sent: tuple[str, ...] = ()
    """Not seen, but felt: the statements behind the answer, which take their time."""


def seen(answer: httpx.Response, since: datetime, secret: str = "") -> Seen:
    """An answer without what differs between any two answers: of a mark its length counts, and `secret` is of the session."""
    drawn = _SECRET if secret else None
    content, timed = _TOOK.subn(b"took", answer.content)
    body = _plain(content, since, drawn)
    left_out = SAYS_WHEN | {"content-length"} if timed else SAYS_WHEN
    headers = sorted(
        (name, _plain(value.encode(), since, drawn).decode())
        for name, value in answer.headers.items()
        if name not in left_out
    )
    return Seen(answer.status_code, tuple(headers), body)


def pieces(found: Seen) -> Seen:
    """What it tells, in no order and each once, and without the time of day: for what tells of requests themselves."""
    body = _CODES.sub(b"", found.body)
    body = _LOOKS_FOUND.sub(b"some", body)
    body = _ASKED.sub(b"asked", _NUMBERED.sub(b"made", _CLOCK.sub(b"now", body)))
    parts = re.split(rb'(?=<li|\{"resource")|\n', body)
    told = b"\n".join(sorted({part.strip(b" ,]}") for part in parts}))
    return Seen(found.status, tuple(pair for pair in found.headers if pair[0] != "content-length"), told)


def _plain(raw: bytes, since: datetime, drawn: "re.Pattern[bytes] | None" = None) -> bytes:
    names: dict[bytes, bytes] = {}
    text = _MADE.sub(lambda found: names.setdefault(found[0], b"made-%d" % len(names)), raw)
    text = _MARK.sub(lambda found: b"%s=(%d)" % (found[1], len(found[2])), text)
    text = _SESSION.sub(b"session", drawn.sub(b"secret", text)) if drawn else text
    text = _MOMENT_OF_PAPER.sub(b"now", text)
    return _NOW.sub(lambda found: b"now" if _moment(found[0]) >= since else found[0], text)


def _moment(raw: bytes) -> datetime:
    return datetime.fromisoformat(raw.decode()).astimezone(UTC)
