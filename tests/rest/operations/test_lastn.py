"""$lastn of observations."""

import pytest

from tests.rest.making import bundle, issue, observation, patient, put

pytestmark = pytest.mark.store
LAB = [
    {
        "coding": [
            {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}
        ]
    }
]


@pytest.fixture
async def record(client):
    entries = [put(patient(id="a")), put(patient(id="b"))]
    for code in ("1-1", "2-2"):
        for day in (1, 3, 2, 3):
            name = f"{code}-{day}-{len(entries)}"
            entries.append(
                put(
                    observation("Patient/a", code, id=name, effectiveDateTime=f"2024-01-0{day}", category=LAB)
                )
            )
    entries.append(put(observation("Patient/a", "2-2", id="undated")))
    entries.append(
        put(
            {
                "resourceType": "Observation",
                "id": "words",
                "status": "final",
                "code": {"text": "Puls"},
                "subject": {"reference": "Patient/a"},
                "effectivePeriod": {"start": "2020", "end": "2024-06"},
            }
        )
    )
    entries.append(put(observation("Patient/b", "1-1", id="other", effectiveDateTime="2025")))
    assert (await client.post("/", json=bundle("transaction", *entries))).status_code == 200
    return client


async def ids(client, query):
    answer = await client.get(f"/Observation/$lastn?{query}")
    assert answer.status_code == 200, answer.text
    return [entry["resource"]["id"] for entry in answer.json().get("entry", ())]


async def test_the_latest_of_each_code_with_all_of_the_same_time(record):
    found = await ids(record, "patient=Patient/a")
    assert {name[:5] for name in found if name != "words"} == {"1-1-3", "2-2-3"}
    assert len(found) == 5
    assert found[0][:3] == found[1][:3]
    assert await ids(record, "patient=nobody") == []


async def test_max_says_how_many_and_criteria_narrow_it(record):
    found = await ids(record, "subject=Patient/a&max=3&code=http://loinc.org|1-1")
    assert [name[4] for name in found] == ["3", "3", "2"]
    lab = await ids(record, "patient=Patient/a&category=laboratory&max=100")
    assert len(lab) == 8
    assert "other" not in await ids(record, "patient=Patient/a&max=100")
    early = await ids(record, "patient=Patient/a&date=le2024-01-02&code=1-1")
    assert [name[4] for name in early] == ["2"]


async def test_the_self_link_says_what_was_executed(record):
    asked = "patient=Patient/a&code=http://loinc.org|1-1"
    found = (await record.get(f"/Observation/$lastn?{asked}")).json()
    (link,) = found["link"]
    assert link["relation"] == "self"
    assert link["url"].endswith(f"/Observation/$lastn?{asked}&max=1")
    again = (await record.get(link["url"])).json()
    assert [each["fullUrl"] for each in again["entry"]] == [each["fullUrl"] for each in found["entry"]]


async def test_limits_of_searches_hold_here_too(record):
    many = ",".join(f"http://loinc.org|{number}" for number in range(5000))
    body = {"resourceType": "Parameters", "parameter": [
        {"name": "patient", "valueString": "Patient/a"},
        {"name": "code", "valueString": many},
    ]}  # fmt: skip
    refused = await record.post("/Observation/$lastn", json=body)
    assert 400 <= refused.status_code < 500
    assert issue(refused)["severity"] == "error"


async def test_it_can_be_posted(record):
    body = {"resourceType": "Parameters", "parameter": [
        {"name": "patient", "valueReference": {"reference": "Patient/a"}},
        {"name": "code", "valueCoding": {"system": "http://loinc.org", "code": "1-1"}},
        {"name": "max", "valuePositiveInt": 1},
    ]}  # fmt: skip
    answer = await record.post("/Observation/$lastn", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["total"] == 2


@pytest.mark.parametrize(
    "query",
    [
        "",
        "code=1-1",
        "patient=a&max=0",
        "patient=a&max=x",
        "patient=a&nonsense=1",
        "patient=a&_sort=date",
        "patient=a&max=101",
    ],
)
async def test_what_it_cannot_do_is_told(client, query):
    answer = await client.get(f"/Observation/$lastn?{query}")
    assert answer.status_code == 400
    assert issue(answer)["diagnostics"]


async def test_a_posted_wish_for_some_elements_is_heard(record):
    body = {"resourceType": "Parameters", "parameter": [
        {"name": "patient", "valueReference": {"reference": "Patient/a"}},
        {"name": "_elements", "valueString": "status"},
    ]}  # fmt: skip
    found = (await record.post("/Observation/$lastn", json=body)).json()
    assert found["entry"]
    for entry in found["entry"]:
        assert {"subject", "effectiveDateTime"}.isdisjoint(entry["resource"])
    assert "_elements=status" in found["link"][0]["url"]


async def test_what_it_does_not_do_is_named(client):
    answer = await client.get("/Observation/$lastn?patient=a&_sort=date")
    assert issue(answer)["expression"] == ["Parameters._sort"]
