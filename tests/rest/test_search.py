"""search over HTTP: links, paging, includes, POST, totals."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.rest.making import bundle, issue, matches, observation, patient, put, stored

pytestmark = pytest.mark.store


async def walk(client, url, between=None):
    """Ids of all pages, following `next` as given; `between` runs after each page."""
    found = []
    while url:
        answer = await client.get(url)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        found.append([e["resource"]["id"] for e in body.get("entry", []) if e["search"]["mode"] == "match"])
        url = next((link["url"] for link in body["link"] if link["relation"] == "next"), None)
        if between:
            await between(len(found))
    return found


async def many(client, count, **more):
    entries = [put(patient(f"N{i:03}", id=f"p{i:03}", **more)) for i in range(count)]
    answer = await client.post("/", json=bundle("transaction", *entries))
    assert answer.status_code == 200, answer.text


async def test_a_searchset_has_full_urls_modes_and_a_self_link(client):
    made = await stored(client, patient())
    body = (await client.get("/Patient?family=hansen&_format=json&_total=accurate")).json()
    assert (body["resourceType"], body["type"], body["total"]) == ("Bundle", "searchset", 1)
    assert body["entry"] == [
        {
            "fullUrl": f"http://fhir.example/fhir/Patient/{made['id']}",
            "resource": made,
            "search": {"mode": "match"},
        }
    ]
    assert body["link"] == [
        {"relation": "self", "url": "http://fhir.example/fhir/Patient?family=hansen&_total=accurate"}
    ]


async def test_nothing_found_has_no_entry(client):
    body = (await client.get("/Patient?family=nobody")).json()
    assert "entry" not in body


async def test_pages_cover_everything_once(client):
    await many(client, 25)
    pages = await walk(client, "/Patient?_count=10&_sort=family")
    assert [len(page) for page in pages] == [10, 10, 5]
    assert [key for page in pages for key in page] == [f"p{i:03}" for i in range(25)]


async def test_pages_are_stable_while_others_write(client):
    await many(client, 30)

    async def write(page):
        await client.put(f"/Patient/new{page}", json=patient("N000", id=f"new{page}"))
        await client.put("/Patient/p001", json=patient(f"N001x{page}", id="p001"))
        await client.delete("/Patient/p002")

    for sort in ("&_sort=family", "&_sort=-_id", ""):
        pages = await walk(client, f"/Patient?_count=7{sort}", write)
        found = [key for page in pages for key in page]
        assert len(found) == len(set(found)), "no row twice"
        assert {f"p{i:03}" for i in range(3, 30)} <= set(found), "no row lost"


async def test_count_zero_and_summary_count_give_the_number_only(client):
    await many(client, 3)
    for query in ("_summary=count", "_count=0&_total=accurate"):
        body = (await client.get(f"/Patient?{query}")).json()
        assert body["total"] == 3
        assert "entry" not in body


async def test_a_posted_search_is_the_same_search(client):
    made = await stored(client, patient(gender="female"))
    await stored(client, patient(gender="male"))
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = await client.post("/Patient/_search", content="gender=female", headers=form)
    assert [e["resource"]["id"] for e in answer.json()["entry"]] == [made["id"]]
    both = await client.post("/Patient/_search?gender=female", content="family=Hansen", headers=form)
    assert [e["resource"]["id"] for e in both.json()["entry"]] == [made["id"]]
    assert (await client.post("/Patient/_search", content="{}")).status_code == 415
    empty = await client.post("/Patient/_search", content=b"")
    assert len(empty.json()["entry"]) == 2


async def test_includes_come_after_the_matches(client):
    made = await stored(client, patient())
    seen = await stored(client, observation(f"Patient/{made['id']}"))
    body = (await client.get("/Observation?code=8310-5&_include=Observation:subject")).json()
    assert [(e["search"]["mode"], e["resource"]["id"]) for e in body["entry"]] == [
        ("match", seen["id"]),
        ("include", made["id"]),
    ]
    back = (await client.get("/Patient?_revinclude=Observation:subject")).json()
    assert [(e["search"]["mode"], e["resource"]["id"]) for e in back["entry"]] == [
        ("match", made["id"]),
        ("include", seen["id"]),
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Observation?subject=Patient/p1", {"o1", "o2"}),
        ("Observation?patient=p1&code=http://loinc.org|8310-5", {"o1"}),
        ("Observation?subject=http://fhir.example/fhir/Patient/p1", {"o1", "o2"}),
        ("Observation?code=8310-5,8867-4&patient=p1", {"o1", "o2"}),
        ("Observation?date=ge2026-02-01", {"o2"}),
        ("Observation?date=2026-01", {"o1"}),
        ("Observation?value-quantity=gt38", {"o1"}),
        ("Observation?value-quantity=lt38||Cel", set()),
        ("Observation?value-quantity=39||Cel", {"o1"}),
        ("Observation?patient.family=Hansen", {"o1", "o2"}),
        ("Patient?_has:Observation:patient:code=8867-4", {"p1"}),
        ("Patient?birthdate=lt1960", {"p1"}),
        ("Patient?gender:not=female", {"p2"}),
        ("Patient?name:contains=anse", {"p1"}),
        ("Patient?_id=p1,p2", {"p1", "p2"}),
        ("Patient?_lastUpdated=gt2020", {"p1", "p2"}),
        ("?_id=p1", {"p1"}),
        ("?_type=Observation&_id=o1", {"o1"}),
        ("?_type=Patient&gender=female", {"p1"}),
        ("?_type=Patient&gender:not=female", {"p2"}),
        ("?_type=Patient,Practitioner&family=hans", {"p1"}),
        ("?_type=Observation,Condition&patient=p1&_count=5", {"o1", "o2"}),
        ("?_type=Observation&patient.family=Hansen&code=8867-4", {"o2"}),
        ("?_type=Patient&_has:Observation:patient:code=8867-4", {"p1"}),
        ("Observation?code-value-string=8867-4$beginning o", {"o2"}),
        ("Observation?code-value-string=8867-4$other,8867-4$BEGIN", {"o2"}),
        ("Observation?code-value-string=8310-5$beginning", set()),
    ],
)
async def test_parameters_of_every_kind_find_what_they_should(client, query, found):
    celsius = {"value": 39.0, "unit": "C", "system": "http://unitsofmeasure.org", "code": "Cel"}
    resources = [
        patient("Hansen", id="p1", gender="female", birthDate="1950-05-01"),
        patient("Olsen", id="p2", gender="male", birthDate="1980"),
        observation("Patient/p1", id="o1", effectiveDateTime="2026-01-05", valueQuantity=celsius),
        observation(
            "Patient/p1", "8867-4", id="o2", effectiveDateTime="2026-02-05", valueString="Beginning of"
        ),
    ]
    answer = await client.post("/", json=bundle("transaction", *map(put, resources)))
    assert answer.status_code == 200, answer.text
    assert set(await matches(client, query)) == found


def form(version, **more):
    return {
        "resourceType": "Questionnaire",
        "status": "active",
        "url": "http://forms.example/q",
        "version": version,
    } | more


def answered(canonical):
    return {"resourceType": "QuestionnaireResponse", "status": "completed", "questionnaire": canonical}


async def test_includes_follow_canonical_references(client):
    one, two = [(await stored(client, form(version)))["id"] for version in "12"]
    first = await stored(client, answered("http://forms.example/q|1"))
    both = await stored(client, answered("http://forms.example/q"))
    other = await stored(client, answered("http://forms.example/else"))

    async def found(query):
        body = (await client.get(f"/{query}")).json()
        return {e["resource"]["id"] for e in body.get("entry", ()) if e["search"]["mode"] == "include"}

    for value in (
        "QuestionnaireResponse:questionnaire",
        "QuestionnaireResponse:questionnaire:Questionnaire",
        "*",
    ):
        asked = f"QuestionnaireResponse?_include={value}"
        assert await found(f"{asked}&_id={first['id']}") == {one}
        assert await found(f"{asked}&_id={both['id']}") == {one, two}
        assert await found(f"{asked}&_id={other['id']}") == set()
    for back in ("_revinclude=QuestionnaireResponse:questionnaire", "_revinclude=*"):
        assert await found(f"Questionnaire?_id={one}&{back}") == {first["id"], both["id"]}
        assert await found(f"Questionnaire?_id={two}&{back}") == {both["id"]}


async def test_chains_and_has_follow_canonical_references(client):
    old = (await stored(client, form("1", title="Bodily pain")))["id"]
    new = (await stored(client, form("2", title="Bodily pain, short", status="draft")))["id"]
    first = (await stored(client, answered("http://forms.example/q|1")))["id"]
    any_ = (await stored(client, answered("http://forms.example/q")))["id"]
    await stored(client, answered("http://forms.example/else"))
    await stored(client, answered("http://forms.example/q|3"))
    here = (await stored(client, answered(f"http://fhir.example/fhir/Questionnaire/{old}")))["id"]
    for query, wanted in [
        ("QuestionnaireResponse?questionnaire.title=bodily", [first, any_]),
        ("QuestionnaireResponse?questionnaire.title:contains=short", [any_]),
        ("QuestionnaireResponse?questionnaire:Questionnaire.version=1", [first, any_]),
        ("QuestionnaireResponse?questionnaire.version=2&status=completed", [any_]),
        ("QuestionnaireResponse?questionnaire.title=nothing", []),
        ('QuestionnaireResponse?_filter=questionnaire.title co "short"', [any_]),
        (f"QuestionnaireResponse?questionnaire=Questionnaire/{old}", [here]),
        ("Questionnaire?_has:QuestionnaireResponse:questionnaire:status=completed", [old, new]),
        (f"Questionnaire?_has:QuestionnaireResponse:questionnaire:_id={first}", [old]),
        ("Questionnaire?_has:QuestionnaireResponse:questionnaire:status=amended", []),
    ]:
        assert await matches(client, query) == wanted, query
    await client.put(f"/Questionnaire/{new}", json=form("3", id=new, title="Bodily pain, long"))
    assert len(await matches(client, "QuestionnaireResponse?questionnaire.title:contains=long")) == 2
    assert await matches(client, "QuestionnaireResponse?questionnaire.title:contains=short") == []


@pytest.mark.parametrize(
    ("kind", "element", "param", "target"),
    [
        ("MeasureReport", "measure", "measure", "Measure"),
        ("CarePlan", "instantiatesCanonical", "instantiates-canonical", "PlanDefinition"),
        ("RequestGroup", "instantiatesCanonical", "instantiates-canonical", "PlanDefinition"),
        ("CodeSystem", "supplements", "supplements", "CodeSystem"),
        ("ConceptMap", "sourceCanonical", "source", "ValueSet"),
        ("StructureDefinition", "baseDefinition", "base", "StructureDefinition"),
    ],
)
async def test_each_kind_of_definition_is_reached_by_its_url(client, kind, element, param, target):
    base = {"url": "http://x.example/base", "status": "active"}
    made = {
        "Measure": {},
        "PlanDefinition": {},
        "ValueSet": {},
        "CodeSystem": {"content": "fragment"},
        "StructureDefinition": {"name": "X", "kind": "resource", "abstract": False, "type": "Patient"},
        "MeasureReport": {"type": "summary", "status": "complete", "period": {"start": "2026-01-01"}},
        "CarePlan": {"intent": "plan", "status": "active", "subject": {"reference": "Patient/p"}},
        "RequestGroup": {"intent": "plan", "status": "active", "subject": {"reference": "Patient/p"}},
        "ConceptMap": {"status": "active"},
    }
    named = await stored(client, {"resourceType": target} | base | made[target] | {"name": "Known"})
    canonical = [base["url"]] if element.startswith("instantiates") else base["url"]
    more = {"status": "active", "url": "http://x.example/other"} if kind in {target, "ConceptMap"} else {}
    naming = await stored(client, {"resourceType": kind, element: canonical} | more | made[kind])
    assert await matches(client, f"{kind}?{param}:{target}.name=known") == [naming["id"]]
    assert await matches(client, f"{target}?_has:{kind}:{param}:_id={naming['id']}") == [named["id"]]


async def test_what_the_types_of_a_search_have_not_in_common_is_refused(client):
    for query, name in [
        ("_type=Patient,Observation&gender=female", "gender"),
        ("_type=Observation,Encounter&status=final&_type=Nonsense", "Nonsense"),
        ("gender=female", "gender"),
    ]:
        answer = await client.get(f"/?{query}")
        assert answer.status_code == 400
        assert name in issue(answer)["diagnostics"]


async def test_elements_reduce_the_matches_and_say_so(client):
    await stored(client, patient(gender="female"))
    entry = (await client.get("/Patient?_elements=gender")).json()["entry"][0]
    assert set(entry["resource"]) == {"resourceType", "id", "meta", "gender"}
    assert entry["resource"]["meta"]["tag"][0]["code"] == "SUBSETTED"


async def test_the_next_link_keeps_the_search(client):
    await many(client, 3, gender="female")
    body = (await client.get("/Patient?gender=female&_count=2&_sort=-family")).json()
    following = next(link["url"] for link in body["link"] if link["relation"] == "next")
    kept = parse_qs(urlsplit(following).query)
    assert (kept["gender"], kept["_count"], kept["_sort"]) == (["female"], ["2"], ["-family"])


async def test_an_absolute_reference_to_this_server_is_found_as_a_local_one(client):
    person = await stored(client, patient())
    made = await stored(client, observation(f"http://fhir.example/fhir/Patient/{person['id']}"))
    elsewhere = await stored(client, observation(f"http://other.example/fhir/Patient/{person['id']}"))
    for asked in (f"Patient/{person['id']}", f"http://fhir.example/fhir/Patient/{person['id']}"):
        assert await matches(client, f"Observation?subject={asked}") == [made["id"]]
    by_url = await matches(client, f"Observation?subject={elsewhere['subject']['reference']}")
    assert by_url == [elsewhere["id"]]


async def test_a_chain_may_go_to_several_types(client):
    person = await stored(client, patient(identifier=[{"system": "urn:a", "value": "1"}]))
    device = await stored(
        client, {"resourceType": "Device", "identifier": [{"system": "urn:a", "value": "2"}]}
    )
    of_person = await stored(client, observation(f"Patient/{person['id']}"))
    of_device = await stored(client, observation(f"Device/{device['id']}"))
    for value, made in (("1", of_person), ("2", of_device)):
        assert await matches(client, f"Observation?subject.identifier=urn:a|{value}") == [made["id"]]


async def test_who_was_searched_for_by_post_stands_in_no_link(client):
    number = "13895212345"
    await many(client, 5, identifier=[{"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": number}])
    form = {"content-type": "application/x-www-form-urlencoded"}
    content = f"identifier={number}&_count=2&_sort=family&family=N"
    first = await client.post("/Patient/_search", content=content, headers=form)
    links = {link["relation"]: link["url"] for link in first.json()["link"]}
    assert number not in links["self"] + links["next"]
    assert links["self"] == "http://fhir.example/fhir/Patient?_count=2&_sort=family"
    assert "family=" not in links["next"]
    rest = await walk(client, links["next"])
    assert [len(page) for page in rest] == [2, 1]
    assert [key for page in rest for key in page] == ["p002", "p003", "p004"]
    assert (await client.get("/Patient?_page=guessed")).status_code == 404
    chained = await client.post("/Observation/_search", content=f"patient.identifier={number}", headers=form)
    assert number not in chained.json()["link"][0]["url"]


async def test_contained_resources_are_not_searched_and_the_statement_says_so(client):
    inner = patient("Haugen", id="p", gender="female")
    held = await stored(client, observation("#p", contained=[inner]))
    for query, found in [
        ("Observation?code=8310-5", [held["id"]]),
        ("Observation?subject:missing=false", [held["id"]]),
        ("Observation?subject:missing=true", []),
        ("Observation?subject:Patient.family=haugen", []),
        ("Patient?family=haugen", []),
        ("Patient?_has:Observation:subject:code=8310-5", []),
    ]:
        assert await matches(client, query) == found, query
    entries = (await client.get("/Observation?_include=Observation:subject")).json()["entry"]
    assert [entry["search"]["mode"] for entry in entries] == ["match"]
    for name in ("_contained=true", "_contained=both", "_containedType=contained"):
        answer = await client.get(f"/Patient?{name}")
        assert (answer.status_code, issue(answer)["code"]) == (400, "not-supported")
        assert "contained resources are not searched" in issue(answer)["diagnostics"]
    statement = (await client.get("/metadata")).json()
    assert "contained resources" in statement["rest"][0]["documentation"]
