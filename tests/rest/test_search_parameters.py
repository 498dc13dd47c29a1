"""Search parameters added to a running server: refused when wrong, searchable once indexed, followed by every process."""

import asyncio

import httpx
import pytest

from akson.record import reindexing
from akson.rest.background import run
from akson.rest.open import open_place, standalone
from akson.store.database.pool import Database
from akson.store.database.reader import OWNER
from akson.store.operations.reindex import BATCH
from akson.store.underway import jobs
from tests.rest.making import bundle, issue, matches, observation, patient, put, stored

pytestmark = pytest.mark.store
EYES = "http://example.org/eyes"
BASE = "http://fhir.example"


def parameter(code="eye-colour", **more):
    return {
        "resourceType": "SearchParameter",
        "id": code,
        "url": f"http://example.org/SearchParameter/{code}",
        "name": code,
        "status": "active",
        "description": "Colour of the eyes",
        "code": code,
        "base": ["Patient"],
        "type": "string",
        "expression": f"Patient.extension('{EYES}').value",
    } | more


def eyes(colour, **more):
    return patient(extension=[{"url": EYES, "valueString": colour}], **more)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Processes look at once, so that no test waits for another's second."""
    monkeypatch.setattr("akson.record.registry.LOOK", 0.0)
    monkeypatch.setattr(reindexing, "WAIT", 0.0)
    monkeypatch.setattr(reindexing, "AGAIN", 0.0)


@pytest.fixture
def place(database):
    return open_place(database, BASE)


@pytest.fixture
async def client(place):
    transport = httpx.ASGITransport(standalone(place, limit=200_000))
    async with httpx.AsyncClient(transport=transport, base_url=f"{BASE}/fhir") as opened:
        yield opened


async def worked(place):
    """Do all steps of all jobs."""

    async def handler(_database, job):
        return await reindexing.work(place, job)

    while await jobs.run_due(place.database, {reindexing.JOB: handler}):
        pass


async def add(client, resource):
    return await client.put(f"/SearchParameter/{resource['id']}", json=resource)


async def test_it_is_searched_by_when_all_is_indexed_and_says_so_until_then(client, place):
    blue = await stored(client, eyes("Blue"))
    await stored(client, eyes("Brown"))
    assert (await add(client, parameter())).status_code == 201
    green = await stored(client, eyes("Green"))
    early = await client.get("/Patient", params={"eye-colour": "blue"})
    assert early.status_code == 400
    assert "0 of 2 resources are indexed" in issue(early)["diagnostics"]
    chained = await client.get("/Observation", params={"subject:Patient.eye-colour": "blue"})
    assert "0 of 2" in issue(chained)["diagnostics"]
    await worked(place)
    assert await matches(client, "Patient?eye-colour=blue") == [blue["id"]]
    assert await matches(client, "Patient?eye-colour=green") == [green["id"]]
    assert await matches(client, "Patient?eye-colour:missing=true") == []
    assert len(await matches(client, "Patient?_sort=-eye-colour")) == 3
    seen = await stored(client, observation(f"Patient/{blue['id']}"))
    assert await matches(client, "Observation?subject:Patient.eye-colour:contains=LU") == [seen["id"]]
    assert await matches(client, 'Patient?_filter=eye-colour eq "blue"') == [blue["id"]]


async def test_versions_and_dates_of_what_is_indexed_stay(client, place):
    before = await stored(client, eyes("Blue"))
    await add(client, parameter())
    await worked(place)
    assert (await client.get(f"/Patient/{before['id']}")).json() == before
    assert await matches(client, "Patient?family=hansen&eye-colour=blue") == [before["id"]]


async def test_it_stands_in_the_capability_statement_while_it_can_be_used(client, place):
    async def named():
        listed = (await client.get("/metadata")).json()["rest"][0]["resource"]
        found = next(each for each in listed if each["type"] == "Patient")["searchParam"]
        return [each for each in found if each["name"] == "eye-colour"]

    assert await named() == []
    await add(client, parameter())
    await worked(place)
    url = "http://example.org/SearchParameter/eye-colour"
    assert await named() == [{"name": "eye-colour", "definition": url, "type": "string"}]
    await client.delete("/SearchParameter/eye-colour")
    assert await named() == []


@pytest.mark.parametrize("end", ["delete", "retire"])
async def test_it_is_gone_when_it_is_deleted_or_retired(client, place, end):
    await stored(client, eyes("Blue"))
    await add(client, parameter())
    await worked(place)
    if end == "delete":
        await client.delete("/SearchParameter/eye-colour")
    else:
        await add(client, parameter(status="retired"))
    refused = await client.get("/Patient", params={"eye-colour": "blue"})
    assert (refused.status_code, issue(refused)["code"]) == (400, "not-supported")


async def test_a_changed_one_waits_for_a_new_run_and_forgets_what_it_was(client, place):
    await stored(client, eyes("Blue", gender="female"))
    await add(client, parameter())
    await worked(place)
    changed = parameter(expression="Patient.gender", type="token")
    assert (await add(client, changed)).status_code == 200
    assert (await client.get("/Patient?eye-colour=female")).status_code == 400
    await worked(place)
    assert len(await matches(client, "Patient?eye-colour=female")) == 1
    assert await matches(client, "Patient?eye-colour=blue") == []


async def test_another_process_notices(client, place):
    other = open_place(Database(place.database.uri, 2, reader=OWNER), BASE)
    await other.database.open()
    transport = httpx.ASGITransport(standalone(other, limit=200_000))
    async with httpx.AsyncClient(transport=transport, base_url=f"{BASE}/fhir") as elsewhere:
        await elsewhere.get("/Patient?family=x")
        await add(client, parameter())
        blue = await stored(elsewhere, eyes("Blue"))
        await worked(place)
        assert await matches(elsewhere, "Patient?eye-colour=blue") == [blue["id"]]
    await other.database.close()


async def test_kinds_of_every_type_and_composites_of_added_ones(client, place):
    parts = [
        {"definition": "http://hl7.org/fhir/SearchParameter/individual-gender", "expression": "gender"},
        {
            "definition": "http://example.org/SearchParameter/eye-colour",
            "expression": f"extension('{EYES}').value",
        },
    ]
    more = {
        "heights": {
            "type": "quantity",
            "expression": "Patient.extension('http://x/height').value.ofType(Quantity)",
        },
        "twins": {"type": "number", "expression": "Patient.multipleBirth.ofType(integer)"},
        "friend": {
            "type": "reference",
            "expression": "Patient.extension('http://x/friend').value.ofType(Reference)",
            "target": ["Patient"],
        },
        "nicknamed": {
            "type": "string",
            "expression": "Patient.name.where(use = 'nickname' and given.exists()).given",
        },
        "gender-and-eyes": {"type": "composite", "expression": "Patient", "component": parts},
        "labelled": {"type": "token", "base": ["Resource"], "expression": "Resource.meta.tag"},
    }
    for resource in [parameter(), *(parameter(code, **fields) for code, fields in more.items())]:
        made = await add(client, resource)
        assert made.status_code == 201, made.text
    one = await stored(client, eyes("Blue", gender="female", multipleBirthInteger=2))
    two = await stored(
        client,
        patient(
            name=[{"use": "nickname", "given": ["Bo"]}],
            meta={"tag": [{"code": "t"}]},
            extension=[
                {
                    "url": "http://x/height",
                    "valueQuantity": {"value": 1.8, "system": "http://unitsofmeasure.org", "code": "m"},
                },
                {"url": "http://x/friend", "valueReference": {"reference": f"Patient/{one['id']}"}},
            ],
        ),
    )
    await worked(place)
    assert await matches(client, "Patient?heights=gt170|http://unitsofmeasure.org|cm") == [two["id"]]
    assert await matches(client, "Patient?twins=2") == [one["id"]]
    assert await matches(client, "Patient?friend.eye-colour=blue") == [two["id"]]
    assert await matches(client, "Patient?_has:Patient:friend:labelled=t") == [one["id"]]
    assert await matches(client, "Patient?nicknamed=bo") == [two["id"]]
    assert await matches(client, "Patient?gender-and-eyes=female$blue") == [one["id"]]
    both = (await client.get("/Patient", params={"labelled": "t", "_include": "Patient:friend"})).json()
    assert [entry["resource"]["id"] for entry in both["entry"]] == [two["id"], one["id"]]


@pytest.mark.parametrize(
    ("fault", "element"),
    [
        ({"code": "eye.colour"}, "code"),
        ({"code": "_own"}, "code"),
        ({"code": "family"}, "code"),
        ({"type": "special"}, "type"),
        ({"expression": "Patient.extension("}, "expression"),
        ({"expression": "Patient.eyes.nose()"}, "expression"),
        ({"expression": "Patient.eyes"}, "expression"),
        ({"expression": "Patient.birthDate", "type": "quantity"}, "expression"),
        ({"expression": "Observation.status"}, "expression"),
        ({"expression": "Patient.name | " * 400 + "Patient.name"}, "expression"),
        ({"type": "composite"}, "component"),
        ({"type": "composite", "component": [{"definition": "http://x", "expression": "x"}]}, "component"),
    ],
)
async def test_a_wrong_one_is_refused_by_its_element_and_not_stored(client, fault, element):
    refused = await add(client, parameter(**{"id": "x"} | fault))
    assert refused.status_code == 422, refused.text
    assert element in issue(refused)["expression"][0]
    assert (await client.get("/SearchParameter/x")).status_code == 404
    posted = await client.post("/SearchParameter", json=parameter(**{"id": "x"} | fault))
    assert posted.status_code == 422
    assert await matches(client, "SearchParameter") == []


async def test_what_r4_has_already_or_is_no_more_than_a_draft_is_stored_and_adds_nothing(client, place):
    same = parameter("family", expression="Patient.name.family", url="http://us.example/family")
    assert (await add(client, same)).status_code == 201
    assert (await add(client, parameter(status="draft"))).status_code == 201
    assert (await jobs_waiting(place)) == 0


async def jobs_waiting(place):
    async with place.database.transaction() as tx:
        return sum(each.number for each in await jobs.waiting(tx))


async def test_two_of_one_name_at_the_same_time_are_one(client):
    one, two = (
        parameter(),
        parameter(id="other", url="http://example.org/other", expression="Patient.language"),
    )
    answers = await asyncio.gather(add(client, one), add(client, two))
    assert sorted(answer.status_code for answer in answers) == [201, 422]


async def test_a_run_tells_how_far_it_is_and_goes_on_where_it_was(client, place, monkeypatch):
    number = BATCH + 20
    for start in range(0, number, 110):
        entries = [put(eyes("Blue", id=f"p{n}")) for n in range(start, start + 110)]
        assert (await client.post("/", json=bundle("transaction", *entries))).status_code == 200
    asked = await client.post("/Patient/$reindex")
    assert asked.status_code == 202
    status = asked.headers["content-location"]
    before = await client.get(status)
    assert (before.status_code, before.headers["x-progress"]) == (202, f"waiting: 0 of {number}")
    monkeypatch.setattr(reindexing, "STEP", 0.0)
    await one_step(place)
    monkeypatch.setattr(reindexing, "STEP", 0.000_001)
    await one_step(place)
    half = await client.get(status)
    assert half.headers["x-progress"] == f"running: {BATCH} of {number}"
    await client.delete("/Patient/p1")
    await client.put("/Patient/p219", json=eyes("Grey", id="p219"))
    monkeypatch.setattr(reindexing, "STEP", 5.0)
    await worked(place)
    done = await client.get(status)
    values = {each["name"]: each for each in done.json()["parameter"]}
    assert done.status_code == 200
    assert (values["done"]["valueUnsignedInt"], values["total"]["valueUnsignedInt"]) == (number, number)
    assert len(await matches(client, "Patient?family=hansen&_count=1000")) == number - 1
    assert (await client.get("/$reindex-status?id=none")).status_code == 404


async def one_step(place):
    async with place.database.transaction() as tx:
        (row,) = await tx.fetch("select id, kind, key, payload, attempts, made from job")
    job = jobs.Job(*row)
    await reindexing.work(place, job)


async def test_what_is_held_by_others_is_left_for_the_end_and_nobody_waits(client, place):
    for number in range(3):
        await client.put(f"/Patient/p{number}", json=eyes("Blue", id=f"p{number}"))
    await add(client, parameter())
    async with place.database.transaction() as tx:
        await tx.fetch("select 1 from resource where id = 'p1' for update")
        working = asyncio.create_task(worked(place))
        await asyncio.sleep(0.5)
        changed = await client.put("/Patient/p0", json=eyes("Green", id="p0"))
        assert changed.status_code == 200
        assert not working.done()
    await working
    assert await matches(client, "Patient?eye-colour=blue&_sort=_id") == ["p1", "p2"]
    assert await matches(client, "Patient?eye-colour=green") == ["p0"]


async def test_one_resource_is_indexed_at_once(client, place):
    await client.put("/Patient/p1", json=eyes("Blue", id="p1"))
    async with place.database.transaction() as tx:
        await tx.execute("delete from idx_string")
    assert await matches(client, "Patient?family=hansen") == []
    assert (await client.post("/Patient/p1/$reindex")).status_code == 200
    assert await matches(client, "Patient?family=hansen") == ["p1"]
    assert (await client.post("/Patient/none/$reindex")).status_code == 404
    unknown = {"resourceType": "Parameters", "parameter": [{"name": "type", "valueCode": "Patients"}]}
    assert (await client.post("/$reindex", json=unknown)).status_code == 400


async def test_the_work_beside_the_requests_does_it(client, place):
    await client.put("/Patient/p1", json=eyes("Blue", id="p1"))
    await add(client, parameter())
    task = asyncio.create_task(run(place))
    try:
        for _ in range(200):
            if (await client.get("/Patient?eye-colour=blue")).status_code == 200:
                break
            await asyncio.sleep(0.1)
    finally:
        task.cancel()
    assert await matches(client, "Patient?eye-colour=blue") == ["p1"]
