"""$everything of a patient, of all patients and of an encounter."""

import asyncio

import orjson
import pytest

from akson.fhir import strict_json, xml
from akson.rest.open import open_place, standalone
from tests.rest.conftest import BASE, LIMIT
from tests.rest.making import bundle, issue, observation, patient, post, put, stored
from tests.rest.raw import ask

pytestmark = pytest.mark.store


def everyone():
    """Two patients; a role at an organisation below another; a device that nobody uses."""
    return bundle(
        "transaction",
        put({"resourceType": "Organization", "id": "top", "name": "Top"}),
        put({"resourceType": "Organization", "id": "unit", "partOf": {"reference": "Organization/top"}}),
        put({"resourceType": "Organization", "id": "other", "name": "Nobody's"}),
        put({"resourceType": "PractitionerRole", "id": "role", "organization": {"reference": "Organization/unit"}}),
        put(patient("A", id="a", managingOrganization={"reference": "Organization/unit"})),
        put(patient("B", id="b")),
        put({"resourceType": "Encounter", "id": "e", "status": "finished", "class": {"code": "AMB"},
             "subject": {"reference": "Patient/a"}, "period": {"start": "2020-03-01"},
             "participant": [{"individual": {"reference": "PractitionerRole/role"}}]}),
        put(observation("Patient/a", id="o1", effectiveDateTime="2020-03-01", encounter={"reference": "Encounter/e"})),
        put(observation("Patient/a", id="o2", effectiveDateTime="2022-01-01")),
        put(observation("Patient/b", id="o3", performer=[{"reference": "Patient/a"}])),
        put(observation("Patient/b", id="o4")),
        put({"resourceType": "AllergyIntolerance", "id": "al", "patient": {"reference": "Patient/a"}}),
    )  # fmt: skip


@pytest.fixture
async def record(client):
    answer = await client.post("/", json=everyone())
    assert answer.status_code == 200, answer.text
    return client


def found(body, mode="match"):
    return [
        f"{e['resource']['resourceType']}/{e['resource']['id']}"
        for e in body.get("entry", ())
        if e["search"]["mode"] == mode
    ]


async def everything(client, url):
    answer = await client.get(url)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_patient_comes_with_the_record_and_with_what_it_refers_to(record):
    body = await everything(record, "/Patient/a/$everything")
    assert (body["resourceType"], body["type"]) == ("Bundle", "searchset")
    assert found(body)[0] == "Patient/a"
    assert set(found(body)) == {
        "Patient/a", "Encounter/e", "Observation/o1", "Observation/o2", "Observation/o3", "AllergyIntolerance/al",
    }  # fmt: skip
    assert sorted(found(body, "include")) == [
        "Organization/top",
        "Organization/unit",
        "PractitionerRole/role",
    ]
    assert body["link"] == [{"relation": "self", "url": f"{BASE}/fhir/Patient/a/$everything"}]
    posted = await record.post("/Patient/a/$everything", json={"resourceType": "Parameters"})
    assert found(posted.json()) == found(body)


async def test_care_dates_types_and_changes_narrow_it(record):
    early = await everything(record, "/Patient/a/$everything?start=2020&end=2020-12")
    assert set(found(early)) == {
        "Patient/a", "Encounter/e", "Observation/o1", "Observation/o3", "AllergyIntolerance/al",
    }  # fmt: skip
    late = await everything(record, "/Patient/a/$everything?start=2021-06-01")
    assert "Observation/o2" in found(late)
    assert "Observation/o1" not in found(late)
    typed = await everything(record, "/Patient/a/$everything?_type=Observation,Organization")
    assert set(found(typed)) == {"Observation/o1", "Observation/o2", "Observation/o3"}
    assert set(found(typed, "include")) == {"Organization/top", "Organization/unit"}
    assert "entry" not in await everything(record, "/Patient/a/$everything?_since=2999-01-01T00:00:00Z")
    short = await everything(record, "/Patient/a/$everything?_type=Patient&_elements=birthDate")
    assert set(short["entry"][0]["resource"]) == {"resourceType", "id", "meta"}


async def test_pages_hold_everything_once_while_others_write(record):
    seen, url = [], "/Patient/a/$everything?_count=2"
    while url:
        body = await everything(record, url)
        seen += found(body)
        await record.put(f"/Observation/new{len(seen)}", json=observation("Patient/b", id=f"new{len(seen)}"))
        url = next((link["url"] for link in body["link"] if link["relation"] == "next"), None)
    assert sorted(seen) == sorted(found(await everything(record, "/Patient/a/$everything")))
    bad = await record.get("/Patient/a/$everything?_count=2&_cursor=nonsense")
    assert bad.status_code == 400


async def test_each_page_holds_as_much_of_a_resource_as_was_asked_for(record):
    url, pages = "/Patient/a/$everything?_count=2&_elements=status", 0
    while url:
        body = await everything(record, url)
        url = next((link["url"] for link in body["link"] if link["relation"] == "next"), None)
        pages += 1
        for entry in body["entry"]:
            assert [tag["code"] for tag in entry["resource"]["meta"]["tag"]] == ["SUBSETTED"]
    assert pages > 2


async def test_an_encounter_comes_with_its_patient_and_what_was_done(record):
    body = await everything(record, "/Encounter/e/$everything")
    assert found(body) == ["Encounter/e", "Observation/o1"]
    assert set(found(body, "include")) == {
        "Patient/a",
        "PractitionerRole/role",
        "Organization/unit",
        "Organization/top",
    }


async def test_all_patients_come_in_pages(record):
    seen, url = [], "/Patient/$everything?_count=3"
    while url:
        body = await everything(record, url)
        seen += found(body)
        url = next((link["url"] for link in body["link"] if link["relation"] == "next"), None)
    assert len(seen) == len(set(seen)) == 8
    assert {"Patient/a", "Patient/b", "Observation/o4"} <= set(seen)


async def test_what_is_not_there_or_not_asked_for_rightly_is_refused(record):
    assert (await record.get("/Patient/none/$everything")).status_code == 404
    assert (await record.get("/Observation/o1/$everything")).status_code == 404
    for query in ("start=x", "_type=Nonsense", "_since=yesterday", "_count=x", "nonsense=1"):
        answer = await record.get(f"/Patient/a/$everything?{query}")
        assert answer.status_code == 400, query
        assert issue(answer)["expression"] == [f"Parameters.{query.partition('=')[0]}"]
    await record.delete("/Patient/b")
    assert (await record.get("/Patient/b/$everything")).status_code == 410


async def test_a_batch_can_ask_for_it(record):
    asked = {"request": {"method": "GET", "url": "Patient/a/$everything"}}
    body = (await record.post("/", json=bundle("batch", asked))).json()
    assert "Observation/o2" in found(body["entry"][0]["resource"])


async def test_a_long_record_leaves_in_bounded_pieces_before_it_is_read_to_its_end(client, database):
    """Nothing holds the whole answer: the first piece is sent while later ones are not yet asked for."""
    await stored(client, patient(id="x"))
    many = [post(observation("Patient/long", note=[{"text": "x" * 300}])) for _ in range(900)]
    for start in range(0, 900, 300):
        entries = [put(patient("L", id="long")), *many[start : start + 300]]
        assert (await client.post("/", json=bundle("transaction", *entries))).status_code == 200
    chunks, first = [], asyncio.Event()

    async def take(chunk):
        chunks.append(chunk)
        if len(chunks) == 2:
            await client.put("/Patient/long", json=patient("Later", id="long"))
            made = observation("Patient/long", id="late")
            assert (await client.put("/Observation/late", json=made)).status_code == 201
            first.set()

    await ask(
        standalone(open_place(database, BASE), limit=LIMIT), "/fhir/Patient/long/$everything", take=take
    )
    assert first.is_set()
    body = orjson.loads(b"".join(chunks))
    assert len(found(body)) == 902
    assert "Observation/late" in found(body)
    assert len(chunks) >= 6
    assert max(map(len, chunks)) < 250 * 1000


async def test_a_stream_that_cannot_go_on_breaks_off_and_does_not_look_whole(client, database):
    entries = [put(patient("L", id="long")), *[post(observation("Patient/long")) for _ in range(120)]]
    assert (await client.post("/", json=bundle("transaction", *entries))).status_code == 200
    chunks = []

    async def take(chunk):
        chunks.append(chunk)
        if len(chunks) == 2:
            async with database.transaction() as tx:
                await tx.execute("alter table idx_ref rename to idx_ref_away")

    app = standalone(open_place(database, BASE), limit=LIMIT)
    try:
        with pytest.raises(Exception, match="idx_ref"):
            await ask(app, "/fhir/Patient/long/$everything", take=take)
    finally:
        async with database.transaction() as tx:
            await tx.execute("alter table idx_ref_away rename to idx_ref")
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(b"".join(chunks))


FORMATS = ["", "_pretty=true", "_format=xml", "_format=xml&_pretty=true"]


async def many(client, count, **more):
    """A record of so many observations, in the order of their numbers."""
    for start in range(0, count, 100):
        numbers = range(start, min(count, start + 100))
        entries = [put(observation("Patient/long", id=f"o{number:04}", **more)) for number in numbers]
        answer = await client.post("/", json=bundle("transaction", put(patient("L", id="long")), *entries))
        assert answer.status_code == 200, answer.text


def decoded(answer):
    """A Bundle in any format, without what is new each time."""
    read = xml.loads if "xml" in answer.headers["content-type"] else strict_json.loads
    return {name: value for name, value in read(answer.content).items() if name not in {"id", "meta", "link"}}


async def test_every_format_holds_the_same(client):
    await many(client, 320, note=[{"text": "\u00c5 \\n <&> \n  'x'"}], valueQuantity={"value": 1.50})
    url = "/Patient/long/$everything"
    first, *others = [decoded(await client.get(f"{url}?{form}")) for form in FORMATS]
    assert len(first["entry"]) == 321
    assert others == [first] * 3
    for form in ("_pretty=true", "_format=xml&_pretty=true"):
        text = (await client.get(f"{url}?{form}")).text
        read, write = (xml.loads, xml.dumps) if "xml" in form else (strict_json.loads, strict_json.dumps)
        assert write(read(text.encode()), pretty=True).decode() == text


@pytest.mark.parametrize("form", FORMATS)
async def test_an_empty_record_is_a_bundle_in_every_format(client, form):
    await client.put("/Patient/x", json=patient(id="x"))
    answer = await client.get(f"/Patient/x/$everything?_type=Device&{form}")
    assert answer.status_code == 200
    assert decoded(answer) == {"resourceType": "Bundle", "type": "searchset"}
    head = await client.head(f"/Patient/x/$everything?{form}")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == answer.headers["content-type"]


@pytest.mark.parametrize("form", FORMATS)
async def test_each_format_leaves_in_bounded_pieces(client, database, form):
    await many(client, 600, note=[{"text": "x" * 1000}])
    chunks = []

    async def take(chunk):
        chunks.append(len(chunk))

    app = standalone(open_place(database, BASE), limit=LIMIT)
    path, query = "/fhir/Patient/long/$everything", form.encode()
    plain = {b"accept-encoding": b"identity"}
    assert (await ask(app, path, query=query, headers=plain, take=take)).status == 200
    assert sum(chunks) > 600 * 1000
    assert max(chunks) < 300 * 1000


async def test_what_xml_cannot_hold_is_refused_and_later_breaks_the_stream_off_with_its_reason(
    client, database
):
    await many(client, 300)
    bad = observation("Patient/long", id="o0200", note=[{"text": "\u0001"}])
    assert (await client.put("/Observation/o0200", json=bad)).status_code == 200
    app = standalone(open_place(database, BASE), limit=LIMIT)
    text = bytearray()

    async def take(chunk):
        text.extend(chunk)

    with pytest.raises(xml.CannotWrite):
        await ask(app, "/fhir/Patient/long/$everything", query=b"_format=xml", take=take)
    last = text.decode().rpartition("<entry>")[2]
    assert "note[0].text: holds the character U+0001" in last
    assert '<mode value="outcome"/>' in last
    assert "</Bundle>" not in last
    await client.put("/Observation/o0000", json=bad | {"id": "o0000"})
    refused = await client.get("/Patient/long/$everything?_format=xml")
    assert refused.status_code == 406
    assert "U+0001" in xml.loads(refused.content)["issue"][0]["diagnostics"]
    assert (await client.get("/Patient/long/$everything")).status_code == 200
