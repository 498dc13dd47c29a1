"""Codes in value sets and along hierarchies, asked of real terminology through the real API."""

import pytest

from tests.rest.making import issue, matches, observation, patient, stored

pytestmark = pytest.mark.store
ZOO = "http://example.org/zoo"
SET = "http://example.org/ValueSet/cats"

SYSTEM = {
    "resourceType": "CodeSystem",
    "url": ZOO,
    "status": "active",
    "content": "complete",
    "hierarchyMeaning": "is-a",
    "concept": [
        {
            "code": "mammal",
            "concept": [
                {"code": "cat", "concept": [{"code": "lion"}, {"code": "lynx"}]},
                {"code": "dog"},
            ],
        },
        {"code": "bird"},
    ],
}
CATS = {
    "resourceType": "ValueSet",
    "id": "cats",
    "url": SET,
    "status": "active",
    "compose": {
        "include": [{"system": ZOO, "filter": [{"property": "concept", "op": "is-a", "value": "cat"}]}]
    },
}


@pytest.fixture
async def zoo(client):
    """Ids of an observation of each animal."""
    assert (await client.post("/CodeSystem", json=SYSTEM)).status_code == 201
    assert (await client.put("/ValueSet/cats", json=CATS)).status_code == 201
    subject = await stored(client, patient())
    found = {}
    for code in ("mammal", "cat", "lion", "dog", "bird"):
        found[code] = (await stored(client, seen(subject, ZOO, code)))["id"]
    found["other"] = (await stored(client, seen(subject, "http://elsewhere", "cat")))["id"]
    return found


def seen(subject, system, code):
    made = observation(f"Patient/{subject['id']}")
    return made | {"code": {"coding": [{"system": system, "code": code}]}}


CASES = [
    (f"code:in={SET}", ["cat", "lion"]),
    ("code:in=ValueSet/cats", ["cat", "lion"]),
    (f"code:not-in={SET}", ["mammal", "dog", "bird", "other"]),
    (f"code:below={ZOO}|cat", ["cat", "lion"]),
    (f"code:below={ZOO}|cat,{ZOO}|bird", ["cat", "lion", "bird"]),
    (f"code:above={ZOO}|lion", ["mammal", "cat", "lion"]),
    (f"code:above={ZOO}|unicorn", []),
    (f"_filter=code in {SET}", ["cat", "lion"]),
    (f"_filter=code ss {ZOO}|cat", ["cat", "lion"]),
    (f"_filter=code sb {ZOO}|lion", ["mammal", "cat", "lion"]),
    (f"_filter=code in {SET} or code eq bird", ["cat", "lion", "bird"]),
    (f"_filter=not (code in {SET})", ["mammal", "dog", "bird", "other"]),
]


async def test_codes_are_found_by_their_value_set_and_their_place(client, zoo):
    for query, expected in CASES:
        assert await matches(client, f"Observation?{query}") == [zoo[name] for name in expected], query


async def test_at_the_end_of_chains_too(client, zoo):
    assert len(await matches(client, f"Patient?_has:Observation:patient:code:in={SET}")) == 1
    assert len(await matches(client, f"Patient?_has:Observation:patient:code:below={ZOO}|lynx")) == 0
    whole = await client.get("/Observation", params={"code:in": SET, "_total": "accurate"})
    assert whole.json()["total"] == 2


async def test_r4s_own_value_sets_are_known(client):
    female = await stored(client, patient(gender="female"))
    await stored(client, patient())
    sexes = "http://hl7.org/fhir/ValueSet/administrative-gender"
    assert await matches(client, f"Patient?gender:in={sexes}") == [female["id"]]
    assert len(await matches(client, f"Patient?gender:not-in={sexes}")) == 1


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("code:in=http://example.org/ValueSet/none", "http://example.org/ValueSet/none"),
        ("code:in=ValueSet/none", "ValueSet/none"),
        ("code:not-in=http://example.org/ValueSet/none", "http://example.org/ValueSet/none"),
        ("code:below=http://example.org/none|x", "http://example.org/none"),
        ("code:below=x", "system|code"),
        ("_filter=code in http://example.org/ValueSet/none", "http://example.org/ValueSet/none"),
        ("patient.gender:in=http://example.org/ValueSet/none", "http://example.org/ValueSet/none"),
    ],
)
async def test_what_is_not_known_is_refused_by_name(client, query, said):
    answer = await client.get(f"/Observation?{query}")
    assert answer.status_code == 400
    assert said in issue(answer)["diagnostics"]
