"""$document of a composition."""

import pytest

from akson.fhir.validate import structure
from tests.rest.making import bundle, issue, observation, patient, put

pytestmark = pytest.mark.store


@pytest.fixture
async def record(client):
    entries = [
        put({"resourceType": "Organization", "id": "top", "name": "Top"}),
        put({"resourceType": "Organization", "id": "unit", "partOf": {"reference": "Organization/top"}}),
        put({"resourceType": "Practitioner", "id": "d", "name": [{"family": "Lege"}]}),
        put(patient(id="p", managingOrganization={"reference": "http://fhir.example/fhir/Organization/unit"})),
        put(observation("Patient/p", id="o", hasMember=[{"reference": "Observation/member"}])),
        put(observation("Patient/p", id="member", derivedFrom=[{"reference": "Observation/o"}])),
        put(observation("Patient/p", id="apart")),
        put({"resourceType": "Composition", "id": "c", "status": "final", "type": {"text": "Epikrise"},
             "subject": {"reference": "Patient/p"}, "date": "2024-01-01", "title": "Epikrise",
             "author": [{"reference": "Practitioner/d"}],
             "section": [{"title": "Funn", "entry": [{"reference": "Observation/o"}],
                          "section": [{"title": "Gone", "entry": [{"reference": "https://elsewhere.example/fhir/Observation/1"}]}]}]}),
    ]  # fmt: skip
    answer = await client.post("/", json=bundle("transaction", *entries))
    assert answer.status_code == 200, answer.text
    return client


async def test_a_document_has_all_that_the_composition_leads_to_once(record):
    answer = await record.get("/Composition/c/$document")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert structure.check(body) == []
    assert (body["type"], body["identifier"]["system"]) == ("document", "urn:ietf:rfc:3986")
    assert body["timestamp"]
    urls = [entry["fullUrl"] for entry in body["entry"]]
    assert urls[0] == "http://fhir.example/fhir/Composition/c"
    assert sorted(url.removeprefix("http://fhir.example/fhir/") for url in urls[1:]) == [
        "Observation/member", "Observation/o", "Organization/top", "Organization/unit", "Patient/p", "Practitioner/d",
    ]  # fmt: skip
    by_id = await record.get("/Composition/$document?id=c")
    assert len(by_id.json()["entry"]) == 7
    for said in ("Composition/c", "http://fhir.example/fhir/Composition/c"):
        assert len((await record.get(f"/Composition/$document?id={said}")).json()["entry"]) == 7


async def test_a_document_is_kept_when_that_is_asked(record):
    answer = await record.post("/Composition/c/$document?persist=true")
    assert answer.status_code == 201, answer.text
    kept = await record.get(answer.headers["location"])
    assert kept.content == answer.content
    assert kept.json()["entry"][0]["resource"]["resourceType"] == "Composition"
    assert (await record.get("/Bundle?type=document")).json()["entry"][0]["resource"]["id"] == kept.json()[
        "id"
    ]


async def test_what_it_cannot_do_is_told(record):
    for url, status in (
        ("/Composition/none/$document", 404),
        ("/Composition/$document", 400),
        ("/Composition/$document?id=http://elsewhere.example/fhir/Composition/c", 400),
        ("/Composition/$document?id=Patient/p", 400),
        ("/Composition/c/$document?persist=true", 400),
        ("/Composition/c/$document?persist=maybe", 400),
        ("/Composition/c/$document?graph=http://x.example", 400),
        ("/Patient/p/$document", 404),
    ):
        answer = await record.get(url)
        assert answer.status_code == status, url
        assert issue(answer)["diagnostics"]
