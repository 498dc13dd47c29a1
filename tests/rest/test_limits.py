"""What asks for more than one request may is refused by name: which limit, how large, which setting. Nothing is written."""

import json

import httpx
import pytest

from akson.kit.errors import Unavailable
from akson.kit.limits import Limits
from akson.rest.open import open_place, standalone
from akson.store.database.pool import Database
from akson.store.database.reader import OWNER
from tests.rest.making import issue, patient

pytestmark = pytest.mark.store

BASE = "http://fhir.example"
SMALL = Limits(
    json_depth=8,
    bundle_entries=3,
    search_values=4,
    search_ranges=2,
    search_links=3,
    search_depth=2,
    search_includes=2,
    search_page=5,
)
BODY = 20_000


@pytest.fixture
async def small(database):
    """A client of a server whose limits are small."""
    app = standalone(open_place(database, BASE, limits=SMALL), limit=BODY)
    headers = {"content-type": "application/fhir+json"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url=f"{BASE}/fhir", headers=headers
    ) as client:
        yield client


async def rows(database):
    """How many rows each table has."""
    async with database.transaction() as tx:
        names = await tx.fetch(
            "select format('select %L, count(*) from %I', relname, relname) from pg_class"
            " where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition"
        )
        return await tx.fetch(" union all ".join(name for (name,) in names))


def nested(levels):
    inner = {"url": "urn:x", "valueString": "x"}
    for _ in range(levels):
        inner = {"url": "urn:x", "extension": [inner]}
    return patient() | {"extension": [inner]}


def bundle(kind, entries):
    entry = {"resource": patient(), "request": {"method": "POST", "url": "Patient"}}
    return {"resourceType": "Bundle", "type": kind, "entry": [entry] * entries}


def json_patch(operations):
    return [{"op": "remove", "path": "/a"}] * operations


def fhirpath_patch(path, count=1):
    part = [{"name": "type", "valueCode": "delete"}, {"name": "path", "valueString": path}]
    return {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": part}] * count}


def raw(value):
    return json.dumps(value).encode()


def subscription(criteria):
    channel = {"type": "websocket"}
    return {"resourceType": "Subscription", "status": "requested", "reason": "x", "criteria": criteria, "channel": channel}  # fmt: skip


def topic(criteria):
    name = "http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic."
    query = {"url": "queryCriteria", "extension": [{"url": "current", "valueString": criteria}]}
    trigger = [{"url": "resource", "valueUri": "Observation"}, query]
    coding = {"system": "http://hl7.org/fhir/fhir-types", "code": "SubscriptionTopic"}
    return {
        "resourceType": "Basic",
        "code": {"coding": [coding]},
        "extension": [
            {"url": f"{name}url", "valueUri": "http://topics.example/t"},
            {"url": f"{name}resourceTrigger", "extension": trigger},
        ],
    }


INCLUDES = [f"_include=Observation:{code}" for code in ("subject", "encounter", "performer")]
PATCH = {"content-type": "application/json-patch+json"}
BEYOND = {
    "body": ("POST", "/Patient", raw(patient("x" * BODY)), {}, 413, "20000 bytes (setting AKSON_BODY_LIMIT)"),
    "depth": ("POST", "/Patient", raw(nested(6)), {}, 400, "deeper than 8 levels (setting AKSON_JSON_DEPTH)"),
    "transaction": ("POST", "/", raw(bundle("transaction", 4)), {}, 422, "4, the limit is 3 (setting AKSON_BUNDLE_ENTRIES)"),
    "batch": ("POST", "/", raw(bundle("batch", 4)), {}, 422, "4, the limit is 3 (setting AKSON_BUNDLE_ENTRIES)"),
    "values": ("GET", "/Patient?gender=a,b,c,d,e", b"", {}, 422, "gender of which one must match: 5, the limit is 4 (setting AKSON_SEARCH_VALUES)"),
    "reference values": ("GET", "/Observation?subject=a,b,c,d,e", b"", {}, 422, "AKSON_SEARCH_VALUES"),
    "texts": ("GET", "/Patient?organization.name=a,b,c", b"", {}, 422, "name of which one must match: 3, the limit is 2 (setting AKSON_SEARCH_RANGES)"),
    "dates": ("GET", "/Patient?birthdate=2001,2002,2003", b"", {}, 422, "AKSON_SEARCH_RANGES"),
    "what codes are called": ("GET", "/Observation?code:text=a,b,c", b"", {}, 422, "AKSON_SEARCH_RANGES"),
    "posted values": ("POST", "/Patient/_search", b"gender=a,b,c,d,e", {"content-type": "application/x-www-form-urlencoded"}, 422, "AKSON_SEARCH_VALUES"),
    "chain": ("GET", "/Observation?patient.organization.partof.name=x", b"", {}, 422, "links of one chain: 3, the limit is 2 (setting AKSON_SEARCH_DEPTH)"),
    "links": ("GET", "/Observation?" + "&".join(["patient.name=x"] * 4), b"", {}, 422, "in one search: 4, the limit is 3 (setting AKSON_SEARCH_LINKS)"),
    "has": ("GET", "/Patient?" + "&".join(["_has:Observation:patient:code=x"] * 4), b"", {}, 422, "AKSON_SEARCH_LINKS"),
    "includes": ("GET", "/Observation?" + "&".join(INCLUDES), b"", {}, 422, "3, the limit is 2 (setting AKSON_SEARCH_INCLUDES)"),
    "condition": ("PUT", "/Patient?identifier=a,b,c,d,e", raw(patient()), {}, 422, "AKSON_SEARCH_VALUES"),
    "if-none-exist": ("POST", "/Patient", raw(patient()), {"if-none-exist": "identifier=a,b,c,d,e"}, 422, "AKSON_SEARCH_VALUES"),
    "conditional delete": ("DELETE", "/Patient?organization.partof.partof.name=x", b"", {}, 422, "AKSON_SEARCH_DEPTH"),
    "export": ("GET", "/$export?_typeFilter=Patient%3Fgender%3Da,b,c,d,e", b"", {"prefer": "respond-async"}, 422, "AKSON_SEARCH_VALUES"),
    "lastn": ("GET", "/Observation/$lastn?patient=a&status=a,b,c,d,e", b"", {}, 422, "AKSON_SEARCH_VALUES"),
    "subscription": ("POST", "/Subscription", raw(subscription("Observation?patient.organization.partof.name=x")), {}, 422, "AKSON_SEARCH_DEPTH"),
    "topic": ("POST", "/Basic", raw(topic("patient.organization.partof.name=x")), {}, 422, "Basic.extension[1]: links of one chain: 3, the limit is 2 (setting AKSON_SEARCH_DEPTH)"),
    "topic values": ("PUT", "/Basic/a", raw(topic("status=a,b,c,d,e") | {"id": "a"}), {}, 422, "AKSON_SEARCH_VALUES"),
    "sort": ("GET", "/Patient?_sort=" + ",".join(["family"] * 9), b"", {}, 400, "at most 8 keys"),
    "pairs": ("GET", "/Patient?" + "&".join(["active=true"] * 1001), b"", {}, 400, "too many"),
    "filter": ("GET", "/Patient?_filter=" + "%20and%20".join(["name%20eq%20a"] * 101), b"", {}, 400, "at most 100 tests"),
    "patch": ("PATCH", "/Patient/a", raw(json_patch(501)), PATCH, 400, "at most 500 operations"),
    "fhirpath patch": ("PATCH", "/Patient/a", raw(fhirpath_patch("'a'" + ".replace('a', 'aaaaaaaaaa')" * 20)), {}, 422, "a text of more than 5000000 characters"),
}  # fmt: skip


@pytest.mark.parametrize("name", BEYOND)
async def test_beyond_a_limit(small, database, name):
    method, path, content, headers, status, text = BEYOND[name]
    await small.put("/Patient/a", json=patient(id="a"))
    before = await rows(database)
    answer = await small.request(method, path, content=content, headers=headers)
    assert (answer.status_code, issue(answer)["severity"]) == (status, "error")
    assert text in issue(answer)["diagnostics"]
    assert await rows(database) == before


WITHIN = [
    ("POST", "/Patient", raw(nested(2))),
    ("POST", "/", raw(bundle("transaction", 3))),
    ("GET", "/Patient?gender=male,female,other,unknown", b""),
    ("GET", "/Patient?name=a,b&birthdate=2001,2002", b""),
    ("GET", "/Observation?code:not=a,b,c,d&subject=a,b,c,d", b""),
    ("GET", "/Observation?patient.organization.name=x", b""),
    ("GET", "/Observation?" + "&".join(["patient.name=x"] * 3), b""),
    ("GET", "/Observation?" + "&".join([*INCLUDES[:2], *INCLUDES[:2]]), b""),
]


@pytest.mark.parametrize(("method", "path", "content"), WITHIN)
async def test_at_a_limit(small, method, path, content):
    answer = await small.request(method, path, content=content)
    assert answer.status_code < 300, answer.text


async def test_a_page_larger_than_the_largest_is_the_largest_and_says_so(small):
    await small.post("/", json=bundle("transaction", 3))
    await small.post("/", json=bundle("transaction", 3))
    found = (await small.get("/Patient?_count=100")).json()
    assert len(found["entry"]) == 5
    assert [link["url"].partition("?")[2] for link in found["link"] if link["relation"] == "self"] == [
        "_count=5"
    ]


async def test_a_statement_that_takes_too_long_is_ended_by_name(new_database):
    database = Database(new_database(), 2, statement_timeout=1, reader=OWNER)
    await database.open()
    try:
        with pytest.raises(Unavailable, match="AKSON_STATEMENT_TIMEOUT"):
            async with database.transaction() as tx:
                await tx.fetch("select pg_sleep(5)")
    finally:
        await database.close()
