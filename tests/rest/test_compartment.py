"""Search inside compartments."""

import pytest

from tests.rest.making import bundle, issue, observation, patient, put

pytestmark = pytest.mark.store


@pytest.fixture
async def record(client):
    entries = [
        put(patient("A", id="a", link=[{"other": {"reference": "Patient/old"}, "type": "replaces"}])),
        put(patient("Old", id="old")),
        put(patient("B", id="b")),
        put({"resourceType": "Practitioner", "id": "d"}),
        put({"resourceType": "Device", "id": "v", "patient": {"reference": "Patient/a"}}),
        put({"resourceType": "RelatedPerson", "id": "r", "patient": {"reference": "Patient/a"}}),
        put({"resourceType": "Encounter", "id": "e", "status": "finished", "class": {"code": "AMB"},
             "subject": {"reference": "Patient/a"}}),
        put(observation("Patient/a", id="o1", encounter={"reference": "Encounter/e"}, performer=[{"reference": "Practitioner/d"}])),
        put(observation("Patient/a", "1-8", id="o2", device={"reference": "Device/v"})),
        put(observation("Patient/b", id="o3", performer=[{"reference": "Patient/a"}])),
        put(observation("Patient/b", id="o4", performer=[{"reference": "RelatedPerson/r"}])),
    ]  # fmt: skip
    answer = await client.post("/", json=bundle("transaction", *entries))
    assert answer.status_code == 200, answer.text
    return client


async def inside(client, url):
    answer = await client.get(f"/{url}")
    assert answer.status_code == 200, answer.text
    return {f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in answer.json().get("entry", ())}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("Patient/a/Observation", {"Observation/o1", "Observation/o2", "Observation/o3"}),
        ("Patient/a/Observation?code=8310-5", {"Observation/o1", "Observation/o3"}),
        ("Patient/a/Observation?subject=Patient/a&code=8310-5", {"Observation/o1"}),
        ("Patient/old/Patient", {"Patient/a", "Patient/old"}),
        ("Patient/b/*", {"Patient/b", "Observation/o3", "Observation/o4"}),
        ("Patient/b/*?_type=Observation", {"Observation/o3", "Observation/o4"}),
        ("Encounter/e/*", {"Encounter/e", "Observation/o1"}),
        ("Encounter/e/Observation", {"Observation/o1"}),
        ("Practitioner/d/Observation", {"Observation/o1"}),
        ("RelatedPerson/r/Observation", {"Observation/o4"}),
        ("Device/v/Observation", {"Observation/o2"}),
        ("Patient/nobody/Observation", set()),
    ],
)
async def test_a_compartment_holds_what_refers_to_its_resource(record, url, expected):
    assert await inside(record, url) == expected


async def test_pages_and_links_stay_inside(record):
    body = (await record.get("/Patient/a/Observation?_count=1&_total=accurate")).json()
    assert body["total"] == 3
    links = {link["relation"]: link["url"] for link in body["link"]}
    assert links["self"] == "http://fhir.example/fhir/Patient/a/Observation?_count=1&_total=accurate"
    seen = [body["entry"][0]["resource"]["id"]]
    while "next" in links:
        body = (await record.get(links["next"])).json()
        seen.append(body["entry"][0]["resource"]["id"])
        links = {link["relation"]: link["url"] for link in body["link"]}
    assert seen == ["o1", "o2", "o3"]
    every = (await record.get("/Patient/a/*")).json()
    assert every["link"][0]["url"] == "http://fhir.example/fhir/Patient/a/*"


async def test_it_can_be_posted(record):
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = await record.post("/Patient/a/Observation/_search", content="code=1-8", headers=form)
    assert [e["resource"]["id"] for e in answer.json()["entry"]] == ["o2"]


async def test_what_is_no_compartment_is_told(record):
    for url, why in (
        ("Observation/o1/Patient", "There is no Observation compartment"),
        ("Encounter/e/Organization", "The Encounter compartment holds no Organization"),
        ("Patient/a/Nonsense", "no resource type"),
        ("Patient/a/Observation/o1", "No interaction"),
    ):
        answer = await record.get(f"/{url}")
        assert answer.status_code == 404, url
        assert why in issue(answer)["diagnostics"]
    assert (await record.get("/Patient/a/Observation?nonsense=1")).status_code == 400
    assert (await record.post("/Patient/a/Observation", json=observation("Patient/a"))).status_code == 405
