"""What users of other servers miss in search, and find here: nothing is ignored, pages and totals hold, filters sort."""

import httpx
import pytest

from akson.kit.limits import Limits
from akson.rest.open import open_place, standalone
from tests.rest.making import issue, matches, observation, patient, stored

pytestmark = pytest.mark.store
BASE = "http://fhir.example"
SECRET = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}


@pytest.fixture
async def record(client):
    """Ids of seven patients in the order they were made; the last is restricted."""
    made = []
    for number in range(7):
        more = {"meta": {"security": [SECRET]}} if number == 6 else {}
        birth = {"birthDate": f"19{50 + number}-01-01"} if number % 3 else {}
        kept = await stored(client, patient(f"Familie{number % 2}", gender="female", **birth, **more))
        made.append(kept["id"])
    return made


async def followed(client, url):
    """Ids page by page, and the totals that the pages told."""
    seen, totals = [], set()
    while url:
        body = (await client.get(url)).json()
        seen += [entry["resource"]["id"] for entry in body.get("entry", [])]
        totals.add(body.get("total"))
        url = next((link["url"] for link in body["link"] if link["relation"] == "next"), None)
    return seen, totals


@pytest.mark.parametrize(
    "query",
    [
        "Patient?nmae=x",
        "Patient?name:exacct=x",
        "Patient?_securty=x",
        "Patient?gender=female&colour=x",
        "Patient?_sort=colour",
        "Patient?_include=Patient:colour",
        "Patient?_has:Observation:patient:colour=x",
        "Observation?patient.colour=x",
        "Patient?_query=x",
        "Patient?phonetic=x",
    ],
)
async def test_what_is_not_understood_is_refused_and_never_gives_everything(client, record, query):
    answer = await client.get(f"/{query}")
    assert (answer.status_code, issue(answer)["code"]) == (400, "not-supported")
    strict = await client.get(f"/{query}", headers={"prefer": "handling=strict"})
    assert strict.status_code == 400
    lenient = await client.get(f"/{query}", headers={"prefer": "handling=lenient"})
    body = lenient.json()
    assert body["entry"][-1]["resource"]["issue"][0]["severity"] == "warning"
    link = next(link["url"] for link in body["link"] if link["relation"] == "self")
    assert "colour" not in link
    assert "nmae" not in link


async def test_security_labels_are_searched_by_under_strict_handling(client, record):
    query = f"Patient?_security={SECRET['system']}|R"
    assert await matches(client, query) == [record[6]]
    answer = await client.get(f"/{query}", headers={"prefer": "handling=strict"})
    assert "_security=" in answer.json()["link"][0]["url"]


async def test_the_self_link_says_the_page_that_was_given(client, record):
    body = (await client.get("/Patient?_count=100000")).json()
    assert "_count=1000" in body["link"][0]["url"]
    assert "_count=100000" not in body["link"][0]["url"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("_count=2&_count=3", "_count=3"),
        ("_count=3&gender=female&_count=2000", "_count=1000&gender=female"),
        ("_sort=family&_sort=-birthdate", "_sort=family,-birthdate"),
        ("_sort=family,-_id&_count=5&_sort=birthdate", "_sort=family,-_id,birthdate&_count=5"),
        ("_elements=name&_elements=gender,name", "_elements=name,gender"),
        ("_total=none&_total=accurate", "_total=accurate"),
        ("_summary=true&_summary=false", "_summary=false"),
        ("_summary=count&_summary=false&_count=2", "_summary=false&_count=2"),
        ("_count=10&_summary=count", "_summary=count"),
        ("_summary=count&_total=none&_count=10", "_summary=count"),
        ("_count=0", "_count=0"),
        ("_count=5&_total=estimate&_count=0", "_count=0"),
        ("_include=Patient:organization&_include=Patient:organization", "_include=Patient:organization"),
        ("_include=Patient:organization&_include:iterate=Patient:organization",) * 2,
        ("gender=female&gender=female&active=true", "gender=female&gender=female&active=true"),
    ],
)
async def test_the_self_link_says_once_what_was_carried_out(client, record, asked, said):
    body = (await client.get(f"/Patient?{asked}")).json()
    link = next(link["url"] for link in body["link"] if link["relation"] == "self")
    assert link == f"{BASE}/fhir/Patient?{said}"
    again = (await client.get(link)).json()
    ids = [[entry["resource"]["id"] for entry in each.get("entry", [])] for each in (body, again)]
    assert ids[0] == ids[1]
    assert body.get("total") == again.get("total")


async def test_of_what_is_asked_twice_the_last_holds(client, record):
    assert await matches(client, "Patient?_count=3&_count=2") == record[:2]
    assert (await client.get("/Patient?_count=2&_count=0")).json()["total"] == 7
    assert "total" not in (await client.get("/Patient?_total=accurate&_total=none")).json()
    assert await matches(client, "Patient?_summary=count&_summary=false&_count=1") == record[:1]
    both = (await client.get("/Patient?_elements=gender&_elements=name&_count=1")).json()["entry"][0][
        "resource"
    ]
    assert {"gender", "name"} <= both.keys()
    for name in ("_sort:asc=family", "_count:max=3", "_total:x=none", "_summary:x=true", "_elements:x=name"):
        assert (await client.get(f"/Patient?{name}")).status_code == 400


@pytest.mark.parametrize("sort", ["", "&_sort=birthdate", "&_sort=-family,birthdate", "&_sort=gender,-_id"])
@pytest.mark.parametrize("count", [1, 2, 3, 7, 50])
async def test_every_page_tells_the_same_total_and_every_match_comes_once(client, record, sort, count):
    seen, totals = await followed(client, f"/Patient?gender=female{sort}&_total=accurate&_count={count}")
    assert sorted(seen) == sorted(record)
    assert totals == {7}
    assert (await followed(client, f"/Patient?gender=female{sort}&_count={count}"))[0] == seen


async def test_a_next_link_needs_no_memory_of_a_server(client, database, record):
    body = (await client.get("/Patient?_sort=birthdate&_count=3")).json()
    url = next(link["url"] for link in body["link"] if link["relation"] == "next")
    restarted = httpx.ASGITransport(standalone(open_place(database, BASE), limit=200_000))
    async with httpx.AsyncClient(transport=restarted, base_url=f"{BASE}/fhir") as other:
        rest, _ = await followed(other, url)
    assert sorted([entry["resource"]["id"] for entry in body["entry"]] + rest) == sorted(record)


async def test_sorting_keeps_the_filters(client, record):
    other = await stored(client, patient("Familie0", gender="male", birthDate="1900-01-01"))
    found = await matches(client, "Patient?gender=female&_sort=birthdate")
    assert other["id"] not in found
    dated = [number for number in range(7) if number % 3]
    assert found[: len(dated)] == [record[number] for number in dated]
    assert await matches(client, "Patient?family=familie0&gender=female&_sort=-birthdate") == [
        record[number] for number in (4, 2, 0, 6)
    ]


async def test_missing_works_through_references_and_a_type_narrows_one(client, record):
    first = await stored(client, observation(f"Patient/{record[0]}"))
    second = await stored(client, observation(f"Patient/{record[1]}"))
    assert await matches(client, "Observation?patient.birthdate:missing=true") == [first["id"]]
    assert await matches(client, "Observation?patient.birthdate:missing=false") == [second["id"]]
    assert await matches(client, f"Observation?subject:Patient={record[0]}") == [first["id"]]
    assert await matches(client, f"Observation?subject:Group={record[0]}") == []


@pytest.mark.parametrize("many", [113, 500])
async def test_a_long_list_of_values_is_answered(client, record, many):
    seen = [await stored(client, observation(f"Patient/{record[0]}", code="7000-7"))]
    seen.append(await stored(client, observation(f"Patient/{record[1]}", code="7000-8")))
    rest = [f"7-{number}" for number in range(many - 2)]
    codes = ",".join(["7000-7", *rest, "7000-8"])
    assert await matches(client, f"Observation?code={codes}") == [each["id"] for each in seen]
    assert await matches(client, f"Observation?code={codes}&patient={record[1]}") == [seen[1]["id"]]
    assert await matches(client, f"Patient?_has:Observation:patient:code={codes}") == record[:2]
    people = ",".join(["Patient/" + record[1], *(f"Patient/x{number}" for number in range(many - 1))])
    assert await matches(client, f"Observation?subject={people}") == [seen[1]["id"]]
    assert await matches(client, f"Patient?_id={people.replace('Patient/', '')}") == [record[1]]


async def test_a_longer_list_is_refused_by_the_name_of_the_setting(database, client, record):
    values = ",".join([*(f"x{number}" for number in range(500)), record[2]])
    refused = await client.get("/Patient", params={"_id": values})
    assert "AKSON_SEARCH_VALUES" in issue(refused)["diagnostics"]
    place = open_place(database, BASE, limits=Limits(search_values=1000))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(standalone(place, limit=200_000)), base_url=f"{BASE}/fhir"
    ) as other:
        assert await matches(other, f"Patient?_id={values}") == [record[2]]
