"""Packed bodies: gzip in and out, and small bodies that would fill the memory refused before they do."""

import gzip
import json
import zlib

import pytest

from akson.fhir import xml
from akson.rest.wire.packing import takes_gzip
from tests.rest.conftest import LIMIT
from tests.rest.making import issue, matches, observation, patient

pytestmark = pytest.mark.store


def zipped(raw):
    """The same bytes whenever it is done."""
    return gzip.compress(raw, mtime=0)


RAW = json.dumps(patient("Pakket")).encode()


@pytest.mark.parametrize(("coding", "body"), [("gzip", zipped(RAW)), ("x-gzip", zipped(RAW)), ("deflate", zlib.compress(RAW)), ("identity", RAW), ("GZIP", zipped(RAW))])  # fmt: skip
async def test_a_packed_body_is_taken(client, coding, body):
    answer = await client.post("/Patient", content=body, headers={"content-encoding": coding})
    assert answer.status_code == 201
    assert answer.json()["name"][0]["family"] == "Pakket"


@pytest.mark.parametrize(
    ("coding", "body", "status"),
    [
        ("br", RAW, 415),
        ("gzip, gzip", zipped(zipped(RAW)), 415),
        ("gzip", RAW, 400),
        ("gzip", zipped(RAW)[:-9], 400),
        ("gzip", zipped(RAW) + zipped(b" "), 400),
        ("gzip", b"", 400),
        ("gzip", zipped(b" " * (LIMIT + 1)), 413),
        ("gzip", zipped(b"\0" * 50_000_000), 413),
    ],
)
async def test_what_is_not_rightly_packed_is_refused(client, coding, body, status):
    answer = await client.post("/Patient", content=body, headers={"content-encoding": coding})
    assert answer.status_code == status
    assert issue(answer)["diagnostics"]
    assert await matches(client, "Patient") == []


async def test_a_large_answer_is_packed_for_who_takes_it(client):
    packed = await client.get("/metadata", headers={"accept-encoding": "gzip"})
    plain = await client.get("/metadata", headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) * 4 < int(plain.headers["content-length"])
    assert "content-encoding" not in plain.headers
    assert packed.json() == plain.json()
    small = await client.get("/Patient", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in small.headers


@pytest.mark.parametrize(
    ("accept", "takes"),
    [
        ("gzip", True),
        ("br, gzip;q=0.5", True),
        ("*", True),
        ("", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("gzipped", False),
    ],
)
def test_only_who_says_so_gets_it_packed(accept, takes):
    assert takes_gzip(accept) is takes


async def test_a_stream_is_packed_and_turned_into_xml(client):
    await client.put("/Patient/a", json=patient(id="a"))
    for number in range(120):
        await client.put(f"/Observation/o{number}", json=observation("Patient/a", id=f"o{number}"))
    packed = await client.get("/Patient/a/$everything", headers={"accept-encoding": "gzip"})
    plain = await client.get("/Patient/a/$everything", headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.json()["entry"] == plain.json()["entry"]
    assert len(plain.json()["entry"]) == 121
    as_xml = await client.get("/Patient/a/$everything?_format=xml")
    assert as_xml.headers["content-type"].startswith("application/fhir+xml")
    assert [entry["resource"]["id"] for entry in xml.loads(as_xml.content)["entry"]] == [
        entry["resource"]["id"] for entry in plain.json()["entry"]
    ]
    pretty = await client.get("/Patient/a/$everything?_pretty=true")
    assert pretty.json()["entry"] == plain.json()["entry"]
