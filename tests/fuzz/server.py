"""Generated requests against the whole server: the application in this process, PostgreSQL beside it."""

import gzip
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import orjson

from akson.fhir import strict_json
from akson.rest.operations import OPERATIONS
from akson.rest.wire.http import App
from akson.store.database.pool import Database
from tests.fuzz.corpus import resources
from tests.fuzz.layers import make_document, make_fhirpath_patch, make_json, make_patch
from tests.fuzz.mutate import ODD, bent, cut_up
from tests.fuzz.queries import make_query
from tests.patience import in_time
from tests.rest import raw
from tests.rest.raw import Told

HEADERS = {
    b"accept": [
        b"*/*",
        b"application/fhir+xml",
        b"text/html",
        b"application/fhir+json;fhirVersion=4.0",
        b";;q=x",
        b"\xff",
    ],
    b"prefer": [
        b"return=minimal",
        b"return=OperationOutcome",
        b"handling=lenient",
        b"respond-async",
        b"=,;=",
        b"\xe6",
    ],
    b"if-match": [b'W/"1"', b'"1"', b"*", b'W/"x"', b"9" * 40, b"", b"\xff"],
    b"if-none-match": [b'W/"1"', b"*", b"x"],
    b"if-modified-since": [b"Thu, 26 Nov 2026 10:00:00 GMT", b"yesterday", b"Thu, 99 Nov 2026", b"\xe6"],
    b"if-none-exist": [b"identifier=urn:x|1", b"name=a&_count=x", b"", b"nosuch=1", b"%ff", b"\xe6=\xe6"],
    b"accept-encoding": [b"gzip", b"gzip;q=0", b"br", b"gzip;q=x"],
    b"x-request-id": [b"a", b"\r\nx: y", b"x" * 200],
    b"x-provenance": [b"{}", b"x"],
}
MEDIA = [
    *[b"application/fhir+json"] * 6,
    *(
        b"application/json; charset=utf-8",
        b"application/fhir+xml",
        b"text/plain",
        b"",
        b"application/x-www-form-urlencoded",
    ),
    *(
        b"application/json-patch+json",
        b"multipart/form-data",
        b"application/fhir+json; fhirVersion=3.0",
        b"\xff/\xff",
    ),
]
IDS = ["p", "o", "b", "a-b.c", "æ", "x" * 65, "%00", "..", "$meta", "_history", "", "1"]
KINDS = [
    "Patient",
    "Observation",
    "Basic",
    "Binary",
    "SearchParameter",
    "ValueSet",
    "Questionnaire",
    "Nosuch",
    "patient",
]
LONG = frozenset({"expunge", "reindex", "export", "import"})
"""Operations that do the work of a whole server; they have tests of their own."""
NAMES = sorted({operation.code for operation in OPERATIONS} - LONG)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, as far as a server of HTTP would let it through."""

    method: str
    path: str
    query: bytes = b""
    headers: dict[bytes, bytes] = field(default_factory=dict)
    body: bytes = b""


async def ask(app: App, asked: Asked) -> Told:
    """The answer of the application."""
    return await raw.ask(
        app,
        asked.path,
        method=asked.method,
        query=asked.query,
        headers=asked.headers,
        body=asked.body,
    )


def make(rng: random.Random) -> Asked:
    """A request of any kind."""
    return rng.choice(_MAKERS)(rng)


def _headers(rng: random.Random, media: bytes | None = None) -> dict[bytes, bytes]:
    found = {name: rng.choice(values) for name, values in HEADERS.items() if rng.random() < 0.04}
    if media is not None:
        found[b"content-type"] = media
    return found


def _of_query(rng: random.Random) -> tuple[str, bytes]:
    kind, pairs = make_query(rng)
    text = "&".join(f"{quote(name, safe=':.')}={quote(value)}" for name, value in pairs)
    return kind, text.encode()


def _search(rng: random.Random) -> Asked:
    kind, query = _of_query(rng)
    if rng.random() < 0.15:
        query = cut_up(rng, query)
    if rng.random() < 0.2:
        return Asked(
            "POST", f"/fhir/{kind}/_search", b"", _headers(rng, rng.choice([MEDIA[10], *MEDIA])), query
        )
    place = rng.choice(["", "", "", "/_history", "/p/_history", "/p/Observation", "/p", "/p/*"])
    return Asked(rng.choice(["GET", "GET", "GET", "HEAD"]), f"/fhir/{kind}{place}", query, _headers(rng))


def _write(rng: random.Random) -> Asked:
    resource = rng.choice(resources())
    kind = resource["resourceType"] if rng.random() < 0.85 else rng.choice(KINDS)
    key = resource.get("id", "p") if rng.random() < 0.7 else rng.choice(IDS)
    match rng.randrange(4):
        case 0:
            body, media = strict_json.dumps(bent(rng, resource)), MEDIA[0]
        case 1:
            body, media = strict_json.dumps(resource), rng.choice(MEDIA)
        case 2:
            body, media = make_document(rng), b"application/fhir+xml"
        case _:
            body, media = make_json(rng), rng.choice(MEDIA)
    headers = _headers(rng, media)
    if rng.random() < 0.1:
        headers[b"content-encoding"] = rng.choice([b"gzip", b"br", b"gzip, gzip"])
        body = cut_up(rng, gzip.compress(body)) if rng.random() < 0.5 else gzip.compress(body)
    if rng.random() < 0.5:
        return Asked("POST", f"/fhir/{kind}", b"", headers, body)
    query = _of_query(rng)[1] if rng.random() < 0.2 else b""
    return Asked("PUT", f"/fhir/{kind}" if query else f"/fhir/{kind}/{key}", query, headers, body)


def _bundle(rng: random.Random) -> Asked:
    good = next(each for each in resources() if each["resourceType"] == "Bundle")
    kind = {"type": rng.choice(["transaction", "batch", "collection"])}
    return Asked("POST", "/fhir", b"", _headers(rng, MEDIA[0]), strict_json.dumps(bent(rng, good | kind)))


def _patch(rng: random.Random) -> Asked:
    if rng.random() < 0.5:
        body, media = strict_json.dumps(make_patch(rng)[1]), b"application/json-patch+json"
    else:
        body, media = strict_json.dumps(make_fhirpath_patch(rng)[1]), MEDIA[0]
    return Asked(
        "PATCH",
        f"/fhir/{rng.choice(['Patient/p', 'Observation/o', 'Patient'])}",
        b"name=a",
        _headers(rng, media),
        body,
    )


def _operation(rng: random.Random) -> Asked:
    place = rng.choice(
        [
            "",
            "/Patient",
            "/Patient/p",
            "/Observation",
            "/ValueSet",
            "/CodeSystem",
            "/ConceptMap",
            "/Encounter/e",
        ]
    )
    path = f"/fhir{place}/${rng.choice(NAMES)}"
    if rng.random() < 0.5:
        query = rng.choice(
            [
                b"",
                b"url=http://x",
                b"code=a&system=urn:x",
                b"_count=x",
                b"start=2024-13",
                b"resource=x",
                b"a=%ff",
            ]
        )
        return Asked("GET", path, query, _headers(rng))
    parameter = [
        {
            "name": rng.choice(["resource", "meta", "url", "code", "coding", "valueSet", "mode", "x"]),
            **rng.choice(_VALUES),
        }
        for _ in range(rng.randint(0, 3))
    ]
    body = {"resourceType": "Parameters", "parameter": parameter}
    return Asked(
        "POST",
        path,
        b"",
        _headers(rng, MEDIA[0]),
        strict_json.dumps(bent(rng, body) if rng.random() < 0.4 else body),
    )


_VALUES: list[dict[str, Any]] = [
    {"valueString": "a"},
    {"valueUri": "http://x"},
    {"valueCode": "validate"},
    {"valueCoding": {"system": "urn:x", "code": "a"}},
    {"valueMeta": {"tag": [{"code": "a"}]}},
    {"resource": {"resourceType": "Patient"}},
    {
        "resource": {
            "resourceType": "ValueSet",
            "status": "draft",
            "compose": {"include": [{"system": "urn:x"}]},
        }
    },
    {},
]


def _odd(rng: random.Random) -> Asked:
    parts = [
        str(rng.choice([*KINDS, *IDS, *(each for each in ODD if isinstance(each, str))]))[:400]
        for _ in range(rng.randint(0, 4))
    ]
    method = rng.choice(["GET", "PUT", "DELETE", "OPTIONS", "POST", "PATCH", "TRACE", "BREW", "HEAD"])
    return Asked(
        method,
        "/fhir/" + "/".join(parts),
        b"",
        _headers(rng, rng.choice(MEDIA)),
        rng.choice([b"", b"{}", b"x"]),
    )


def _delete(rng: random.Random) -> Asked:
    kind, query = _of_query(rng)
    return Asked("DELETE", f"/fhir/{kind or 'Patient'}{rng.choice(['', '/p', '/x'])}", query, _headers(rng))


_MAKERS: list[Callable[[random.Random], Asked]] = [
    *[_search] * 6,
    *[_write] * 5,
    *[_bundle] * 2,
    *[_patch] * 2,
    *[_operation] * 2,
    _odd,
    _delete,
]
_COUNTS = (
    "select string_agg(format('select %L, count(*) from %I', relname, relname), ' union all ' order by relname)"
    " from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
)


async def rows(database: Database) -> list[tuple[str, int]]:
    """How many rows each table has."""
    async with database.transaction() as tx:
        found = await tx.one(_COUNTS)
        return [(name, count) for name, count in await tx.fetch(found[0])] if found else []


def check(asked: Asked, told: Told, seconds: float, slowest: float) -> bool:
    """An answer of a kind that the specification has, in time. True where the request was accepted."""
    assert 200 <= told.status < 500, (told.status, told.body[:500])
    assert in_time(seconds, slowest), seconds
    if told.status < 400:
        return True
    if told.body and asked.path.startswith("/fhir") and b"<OperationOutcome" not in told.body:
        outcome = orjson.loads(told.body)
        assert outcome["resourceType"] == "OperationOutcome"
        assert all(issue["severity"] and issue["code"] for issue in outcome["issue"])
        assert b"Traceback" not in told.body
    return False


async def attack(
    app: App, database: Database, rng: random.Random, inputs: int, *, slowest: float
) -> dict[bool, int]:
    """So many requests one after the other; what is refused leaves no row behind. How many were accepted and refused."""
    counts = {True: 0, False: 0}
    before = await rows(database)
    for number in range(inputs):
        asked = make(rng)
        began = time.process_time()
        try:
            told = await ask(app, asked)
            accepted = check(asked, told, time.process_time() - began, slowest)
            counts[accepted] += 1
            if accepted:
                if asked.method not in {"GET", "HEAD", "OPTIONS"}:
                    before = await rows(database)
            elif rng.random() < 0.3:
                after = await rows(database)
                assert after == before, set(after) - set(before)
        except Exception as error:
            error.add_note(f"request {number}: {asked!r:.4000}")
            raise
    return counts
