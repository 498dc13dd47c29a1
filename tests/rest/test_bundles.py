"""transaction and batch."""

import asyncio

import pytest

from tests.rest.making import ask, bundle, issue, matches, observation, patient, post, put, stored

pytestmark = pytest.mark.store

ONE, TWO = "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a", "urn:uuid:88f151c0-a954-468a-88bd-5ae15c08e059"
SYSTEM = "http://example.org/ids"


async def test_a_transaction_resolves_its_own_names(client):
    note = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    note |= {
        "text": {
            "status": "generated",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><a href="{ONE}">K</a></div>',
        }
    }
    note |= {"hasMember": [{"reference": TWO}]}
    answer = await client.post(
        "/",
        json=bundle(
            "transaction",
            post(note | {"subject": {"reference": ONE}}),
            post(observation(ONE), TWO),
            post(patient(), ONE),
        ),
    )
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["type"] == "transaction-response"
    assert [e["response"]["status"] for e in body["entry"]] == ["201 Created"] * 3
    kinds = [e["response"]["location"].split("/")[0] for e in body["entry"]]
    assert kinds == ["Observation", "Observation", "Patient"]
    who = body["entry"][2]["response"]["location"].partition("/_history")[0]
    member = body["entry"][1]["response"]["location"].partition("/_history")[0]
    first = (await client.get("/" + body["entry"][0]["response"]["location"])).json()
    assert first["subject"]["reference"] == who
    assert first["hasMember"][0]["reference"] == member
    assert f'href="{who}"' in first["text"]["div"]
    assert len(await matches(client, f"Observation?subject={who}")) == 2


async def test_a_full_url_of_another_server_is_a_name_too(client):
    old = "http://old.example/fhir/Patient/1"
    entries = [post(patient(), old), post(observation("Patient/1")), post(observation(old))]
    body = (await client.post("/", json=bundle("transaction", *entries))).json()
    who = body["entry"][0]["response"]["location"].partition("/_history")[0]
    assert len(await matches(client, f"Observation?subject={who}")) == 2


async def test_references_that_lead_nowhere_are_refused_with_their_path(client):
    entries = [
        post(patient(), ONE),
        post(observation(TWO)),
        post(observation(ONE, performer=[{"reference": ONE}, {"reference": "Practitioner/nobody"}])),
    ]
    answer = await client.post("/", json=bundle("transaction", *entries))
    assert answer.status_code == 422
    assert [i["expression"] for i in answer.json()["issue"]] == [
        ["Bundle.entry[1].resource.subject.reference"],
        ["Bundle.entry[2].resource.performer[1].reference"],
    ]
    assert await matches(client, "Patient") == []
    assert await matches(client, "Observation") == []


async def test_references_to_what_is_there_and_elsewhere_are_taken(client):
    made = await stored(client, patient())
    entries = [
        post(observation(f"Patient/{made['id']}")),
        post(observation(f"http://fhir.example/fhir/Patient/{made['id']}")),
        post(observation("https://elsewhere.example/fhir/Patient/1")),
        post(observation("#p", contained=[patient(id="p")])),
    ]
    answer = await client.post("/", json=bundle("transaction", *entries))
    assert answer.status_code == 200, answer.text


async def test_a_conditional_reference_finds_exactly_one(client):
    who = await stored(client, patient(identifier=[{"system": SYSTEM, "value": "1"}]))
    wanted = f"Patient?identifier={SYSTEM}|1"
    body = (await client.post("/", json=bundle("transaction", post(observation(wanted))))).json()
    seen = (await client.get("/" + body["entry"][0]["response"]["location"])).json()
    assert seen["subject"]["reference"] == f"Patient/{who['id']}"
    none = await client.post("/", json=bundle("transaction", post(observation(wanted + "23"))))
    assert none.status_code == 422
    assert issue(none)["expression"] == ["Bundle.entry[0].resource.subject.reference"]
    await stored(client, patient(identifier=[{"system": SYSTEM, "value": "1"}]))
    many = await client.post("/", json=bundle("transaction", post(observation(wanted))))
    assert many.status_code == 412


async def test_a_conditional_reference_finds_what_its_own_transaction_writes(client):
    async def sent(*entries):
        return await client.post("/", json=bundle("transaction", *entries))

    def named(value, **more):
        return patient(identifier=[{"system": SYSTEM, "value": value}], **more)

    def asking(value):
        return post(observation(f"Patient?identifier={SYSTEM}|{value}"))

    answer = await sent(asking("1"), post(named("1")), put(named("2", id="two")), asking("2"))
    assert answer.status_code == 200, answer.text
    places = [e["response"]["location"].partition("/_history")[0] for e in answer.json()["entry"]]
    subjects = [(await client.get(f"/{places[i]}")).json()["subject"]["reference"] for i in (0, 3)]
    assert subjects == [places[1], "Patient/two"]
    several = await sent(asking("1"), post(named("1")))
    assert several.status_code == 412
    assert issue(several)["expression"] == ["Bundle.entry[0].resource.subject.reference"]
    changed = await sent(asking("2"), put(named("3", id="two")))
    assert changed.status_code == 422
    gone = await sent(asking("2"), ask("DELETE", "Patient/two"))
    assert gone.status_code == 422


async def test_a_conditional_create_does_not_find_what_its_own_transaction_deletes(client):
    first = await stored(client, patient(identifier=[{"system": SYSTEM, "value": "1"}]))
    condition = f"identifier={SYSTEM}|1"
    new = patient("Olsen", identifier=[{"system": SYSTEM, "value": "1"}])
    entries = [post(new, ONE, ifNoneExist=condition), post(observation(ONE))]
    for deletion in (f"Patient/{first['id']}", f"Patient?{condition}"):
        before = await matches(client, f"Patient?{condition}")
        answer = await client.post("/", json=bundle("transaction", *entries, ask("DELETE", deletion)))
        assert answer.status_code == 200, answer.text
        told = [entry["response"]["status"] for entry in answer.json()["entry"]]
        assert told == ["201 Created", "201 Created", "204 No Content"]
        (there,) = await matches(client, f"Patient?{condition}")
        assert there not in before
        seen = (await client.get("/" + answer.json()["entry"][1]["response"]["location"])).json()
        assert seen["subject"]["reference"] == f"Patient/{there}"


async def test_all_or_nothing(client):
    made = await stored(client, patient("Hansen", id="x"))
    entries = [
        put(patient("Olsen", id=made["id"])),
        post(patient("New")),
        put(patient("Late", id="late"), ifMatch='W/"4"'),
    ]
    answer = await client.post("/", json=bundle("transaction", *entries))
    assert answer.status_code == 412
    assert (await client.get(f"/Patient/{made['id']}")).json() == made
    assert await matches(client, "Patient") == [made["id"]]


async def test_the_order_is_delete_create_update_read(client):
    made = await stored(client, patient("Hansen", identifier=[{"system": SYSTEM, "value": "1"}]))
    entries = [
        ask("GET", "Patient?family=Ny"),
        put(patient("Ny", id="b")),
        post(patient("Ny")),
        ask("DELETE", f"Patient/{made['id']}"),
        ask("GET", "Patient/b"),
    ]
    body = (await client.post("/", json=bundle("transaction", *entries))).json()
    assert [e["response"]["status"] for e in body["entry"]] == [
        "200 OK", "201 Created", "201 Created", "204 No Content", "200 OK",
    ]  # fmt: skip
    assert len(body["entry"][0]["resource"]["entry"]) == 2
    assert body["entry"][4]["resource"]["name"][0]["family"] == "Ny"
    assert (await client.get(f"/Patient/{made['id']}")).status_code == 410


async def test_conditions_inside_a_transaction(client):
    made = await stored(client, patient("Hansen", identifier=[{"system": SYSTEM, "value": "1"}]))
    entries = [
        post(patient(), ONE, ifNoneExist=f"identifier={SYSTEM}|1"),
        post(observation(ONE)),
        put(patient("Berg", identifier=[{"system": SYSTEM, "value": "2"}]), f"Patient?identifier={SYSTEM}|2"),
        ask("DELETE", f"Patient?identifier={SYSTEM}|3"),
    ]
    body = (await client.post("/", json=bundle("transaction", *entries))).json()
    assert [e["response"]["status"] for e in body["entry"]] == [
        "200 OK", "201 Created", "201 Created", "204 No Content",
    ]  # fmt: skip
    assert len(await matches(client, f"Observation?subject=Patient/{made['id']}")) == 1
    again = (await client.post("/", json=bundle("transaction", *entries))).json()
    assert [e["response"]["status"] for e in again["entry"]][2] == "200 OK"
    assert len(await matches(client, "Patient")) == 2


@pytest.mark.parametrize(
    ("entry", "where"),
    [
        ({"resource": patient()}, "Bundle.entry[1]"),
        (ask("POST", "Patient"), "Bundle.entry[1]"),
        (post(patient()) | {"request": {"method": "POST", "url": "Nonsense"}}, "Bundle.entry[1]"),
        (put(patient(id="b"), "Patient/c"), "Bundle.entry[1].resource.id"),
        (put(patient(id="a")), "Bundle.entry[0]"),
        (put(patient(id="b"), "https://elsewhere.example/fhir/Patient/b"), "Bundle.entry[1].request.url"),
        (post(patient(gender="x")), "Bundle.entry[1].resource.gender"),
        (ask("DELETE", "Patient"), "Bundle.entry[1].request.url"),
        (ask("GET", "Patient?nonsense=1"), "Bundle.entry[1]"),
        (post(patient(), ifNoneExist="nonsense=1"), "Bundle.entry[1]"),
    ],
)
async def test_a_bad_entry_is_named_and_nothing_is_done(client, entry, where):
    answer = await client.post("/", json=bundle("transaction", put(patient(id="a")), entry))
    assert 400 <= answer.status_code < 500
    assert issue(answer)["expression"][0].startswith(where), answer.text
    assert await matches(client, "Patient") == []


@pytest.mark.parametrize("kind", ["collection", "searchset", None])
async def test_only_transactions_and_batches_are_processed(client, kind):
    answer = await client.post("/", json={"resourceType": "Bundle", "type": kind})
    assert answer.status_code == 400
    assert (await client.post("/", json=patient())).status_code == 400


async def test_each_entry_of_a_batch_has_its_own_outcome(client):
    entries = [
        put(patient(id="a")),
        put(patient(id="b", gender="x")),
        {"resource": patient()},
        ask("GET", "Patient/none"),
        ask("GET", "Patient/a"),
        ask("DELETE", "Patient/a", ifMatch='W/"9"'),
        post(patient("Olsen"), ifNoneExist="family=Hansen"),
    ]
    answer = await client.post("/", json=bundle("batch", *entries))
    assert answer.status_code == 200
    body = answer.json()
    assert body["type"] == "batch-response"
    assert [e["response"]["status"][:3] for e in body["entry"]] == [
        "201",
        "400",
        "400",
        "404",
        "200",
        "412",
        "200",
    ]
    bad = body["entry"][1]["response"]["outcome"]
    assert "gender" in bad["issue"][0]["expression"][0]
    assert body["entry"][4]["resource"]["id"] == "a"
    assert await matches(client, "Patient") == ["a"]


async def test_a_batch_of_plain_writes_is_one_block_and_one_bad_costs_no_other(client):
    good = [put(patient(id=f"p{i}")) for i in range(5)]
    body = (await client.post("/", json=bundle("batch", *good, post(patient())))).json()
    assert [e["response"]["status"] for e in body["entry"]] == ["201 Created"] * 6
    again = (await client.post("/", json=bundle("batch", *good))).json()
    assert [e["response"]["etag"] for e in again["entry"]] == ['W/"1"'] * 5
    assert all(
        e["response"]["outcome"]["issue"][0]["diagnostics"].startswith("Unchanged") for e in again["entry"]
    )
    mixed = [put(patient("Ny", id="p0")), put(patient(id="p1", gender="x")), put(patient("Ny", id="p2"))]
    body = (await client.post("/", json=bundle("batch", *mixed))).json()
    assert [e["response"]["status"][:3] for e in body["entry"]] == ["200", "400", "200"]
    assert sorted(await matches(client, "Patient?family=Ny")) == ["p0", "p2"]


async def test_prefer_representation_gives_the_resources_back(client):
    headers = {"prefer": "return=representation"}
    body = (await client.post("/", json=bundle("transaction", post(patient())), headers=headers)).json()
    assert body["entry"][0]["resource"]["name"][0]["family"] == "Hansen"


async def test_transactions_that_write_the_same_new_resource_at_once_all_succeed(client):
    async def one(number):
        shared = [put(patient("Felles", id=f"shared{i}")) for i in (number % 3, 3, 4)]
        entries = [*shared, post(observation("Patient/shared3"))]
        return await client.post("/", json=bundle("transaction", *entries))

    answers = await asyncio.gather(*[one(number) for number in range(8)])
    assert [a.status_code for a in answers] == [200] * 8, [a.text for a in answers if a.status_code != 200]
    assert len(await matches(client, "Patient")) == 5
    assert len(await matches(client, "Observation")) == 8


async def test_the_same_conditional_create_twice_makes_one(client):
    condition = f"identifier={SYSTEM}|5"
    who = patient(identifier=[{"system": SYSTEM, "value": "5"}])
    entries = [
        post(who, ONE, ifNoneExist=condition),
        post(who, TWO, ifNoneExist=condition),
        post(observation(ONE)),
        post(observation(TWO)),
    ]
    for statuses in (["201 Created", "200 OK"], ["200 OK", "200 OK"]):
        body = (await client.post("/", json=bundle("transaction", *entries))).json()
        assert [e["response"]["status"] for e in body["entry"]][:2] == statuses
        assert len({e["response"]["location"] for e in body["entry"][:2]}) == 1
    (found,) = await matches(client, "Patient")
    assert len(await matches(client, f"Observation?subject=Patient/{found}")) == 4


async def test_entries_that_meet_in_one_resource_are_refused_also_by_condition(client):
    who = patient(identifier=[{"system": SYSTEM, "value": "1"}])
    made = await stored(client, who)
    url = f"Patient?identifier={SYSTEM}|1"
    other = f"Patient?identifier={SYSTEM}|2"
    for one, two in (
        (put(who, url), put(who | {"id": made["id"]})),
        (put(who, url), ask("DELETE", f"Patient/{made['id']}")),
        (ask("DELETE", url), put(who | {"id": made["id"]})),
        (put(patient("X"), other), put(patient("Y"), other)),
    ):
        answer = await client.post("/", json=bundle("transaction", one, two))
        assert (answer.status_code, issue(answer)["expression"]) == (
            400,
            ["Bundle.entry[0]", "Bundle.entry[1]"],
        )
    assert await matches(client, "Patient") == [made["id"]]


@pytest.mark.parametrize("request_", [{"ifMatch": 'W/"1"'}, {"ifMatch": "*"}])
async def test_a_version_that_is_not_there_names_the_entry(client, request_):
    answer = await client.post(
        "/", json=bundle("transaction", put(patient(id="b")), put(patient(id="a"), **request_))
    )
    assert (answer.status_code, issue(answer)["expression"]) == (412, ["Bundle.entry[1]"])
    assert await matches(client, "Patient") == []


async def test_if_none_match_any_is_a_condition_of_an_entry(client):
    await client.put("/Patient/a", json=patient(id="a"))
    entries = [put(patient(id="b"), ifNoneMatch="*"), put(patient("B", id="a"), ifNoneMatch="*")]
    answer = await client.post("/", json=bundle("transaction", *entries))
    assert (answer.status_code, issue(answer)["expression"]) == (412, ["Bundle.entry[1]"])
    assert await matches(client, "Patient") == ["a"]
    body = (await client.post("/", json=bundle("batch", *entries))).json()
    assert [e["response"]["status"][:3] for e in body["entry"]] == ["201", "412"]


async def test_a_conditional_update_to_an_id_in_use_names_the_entry(client):
    await client.put("/Patient/a", json=patient(id="a"))
    entry = put(patient(id="a"), f"Patient?identifier={SYSTEM}|7")
    answer = await client.post("/", json=bundle("transaction", entry))
    assert (answer.status_code, issue(answer)["code"]) == (409, "conflict")


async def test_reads_in_entries_keep_their_conditions(client):
    made = await client.put("/Patient/a", json=patient(id="a"))
    moment = made.json()["meta"]["lastUpdated"]
    entries = [
        ask("GET", "Patient/a", ifNoneMatch='W/"1"'),
        ask("GET", "Patient/a", ifModifiedSince=moment),
        ask("GET", "Patient/a", ifModifiedSince="2001-01-01T00:00:00Z"),
        ask("HEAD", "Patient/a"),
    ]
    for kind in ("batch", "transaction"):
        body = (await client.post("/", json=bundle(kind, *entries))).json()
        told = [e["response"]["status"] for e in body["entry"]]
        assert told == ["304 Not Modified", "304 Not Modified", "200 OK", "200 OK"]
        assert body["entry"][2]["response"]["lastModified"]
        assert ["resource" in e for e in body["entry"]] == [False, False, True, False]


@pytest.mark.parametrize(
    "since", ["abc", "2026-11-27", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
)
@pytest.mark.parametrize("kind", ["batch", "transaction"])
async def test_an_instant_that_is_none_is_told(client, kind, since):
    await client.put("/Patient/a", json=patient(id="a"))
    answer = await client.post("/", json=bundle(kind, ask("GET", "Patient/a", ifModifiedSince=since)))
    if kind == "transaction":
        told = answer.status_code, issue(answer)
    else:
        told = (
            int(answer.json()["entry"][0]["response"]["status"][:3]),
            answer.json()["entry"][0]["response"]["outcome"]["issue"][0],
        )
    assert told[0] == 400
    assert told[1]["expression"] == ["Bundle.entry[0].request.ifModifiedSince"]


async def test_operations_inside_bundles(client):
    await client.put("/Patient/a", json=patient(id="a"))
    meta = {
        "resourceType": "Parameters",
        "parameter": [{"name": "meta", "valueMeta": {"tag": [{"code": "x"}]}}],
    }
    entries = [
        {"resource": meta, "request": {"method": "POST", "url": "Patient/a/$meta-add"}},
        ask("GET", "Patient/a/$meta"),
        ask("POST", "Patient/a/$everything"),
        ask("GET", "Patient/$nonsense"),
    ]
    body = (await client.post("/", json=bundle("batch", *entries))).json()
    assert [e["response"]["status"][:3] for e in body["entry"]] == ["200", "200", "200", "404"]
    assert body["entry"][1]["resource"]["parameter"][0]["valueMeta"]["tag"] == [{"code": "x"}]
    reading = (await client.post("/", json=bundle("transaction", entries[1]))).json()
    assert reading["entry"][0]["response"]["status"] == "200 OK"
    changing = await client.post("/", json=bundle("transaction", entries[0]))
    assert (changing.status_code, issue(changing)["expression"]) == (400, ["Bundle.entry[0].request.url"])


async def test_own_names_are_renamed_in_uris_and_not_in_identifiers(client):
    plan = {
        "resourceType": "CarePlan", "status": "active", "intent": "plan", "subject": {"reference": ONE},
        "instantiatesUri": [TWO, "http://x.example"], "identifier": [{"system": "urn:ietf:rfc:3986", "value": TWO}],
    }  # fmt: skip
    paper = {
        "resourceType": "DocumentReference",
        "status": "current",
        "content": [{"attachment": {"url": TWO}}],
    }
    data = {"resourceType": "Binary", "contentType": "text/plain", "data": "aGVp"}
    entries = [post(plan), post(paper), post(data, TWO), post(patient(), ONE)]
    body = (await client.post("/", json=bundle("transaction", *entries))).json()
    places = [e["response"]["location"].partition("/_history")[0] for e in body["entry"]]
    made = (await client.get(f"/{places[0]}")).json()
    assert made["instantiatesUri"] == [places[2], "http://x.example"]
    assert made["identifier"][0]["value"] == TWO
    assert (await client.get(f"/{places[1]}")).json()["content"][0]["attachment"]["url"] == places[2]


@pytest.mark.parametrize("kind", ["transaction", "batch"])
async def test_what_the_server_says_of_itself_can_be_asked_inside_bundles(client, kind):
    asked = [ask("GET", "metadata"), ask("GET", "metadata?mode=terminology"), ask("HEAD", "metadata")]
    answer = await client.post("/", json=bundle(kind, *asked, ask("GET", "metadata?_elements=kind")))
    assert answer.status_code == 200, answer.text
    statement, terminology, head, reduced = answer.json()["entry"]
    assert statement["resource"] == (await client.get("/metadata")).json()
    assert terminology["resource"]["resourceType"] == "TerminologyCapabilities"
    assert [each["response"]["status"] for each in (statement, terminology, head)] == ["200 OK"] * 3
    assert "resource" not in head
    assert "software" not in reduced["resource"]


@pytest.mark.parametrize("kind", ["transaction", "batch"])
async def test_searches_are_posted_inside_bundles(client, kind):
    there = await stored(client, patient("Haugen"))
    found = [
        ask("POST", "Patient/_search?family=haugen"),
        post(patient("Haugen")),
        ask("POST", "_search?_type=Patient&_count=0"),
        ask("POST", f"Patient/{there['id']}/Observation/_search?status=final"),
        ask("POST", "Patient/_search"),
    ]
    answer = await client.post("/", json=bundle(kind, *found))
    assert answer.status_code == 200, answer.text
    by_name, _, counted, inside, all_ = [entry.get("resource") for entry in answer.json()["entry"]]
    # A transaction looks when all is written, a batch entry by entry.
    assert len(by_name["entry"]) == (2 if kind == "transaction" else 1)
    assert counted["total"] == 2
    assert inside["type"] == "searchset"
    assert len(all_["entry"]) == 2


async def test_what_is_posted_inside_a_bundle_stays_out_of_the_addresses_of_its_pages(client):
    for _ in range(3):
        await stored(
            client, patient("Hæugen & Sønn", identifier=[{"system": SYSTEM, "value": "12345678901"}])
        )
    search = ask("POST", "Patient/_search?family=hæugen%20%26&identifier=12345678901&_count=2")
    body = (await client.post("/", json=bundle("batch", search))).json()["entry"][0]["resource"]
    links = {link["relation"]: link["url"] for link in body["link"]}
    assert len(body["entry"]) == 2
    assert not any("gen" in url or "12345678901" in url for url in links.values())
    assert len((await client.get(links["next"])).json()["entry"]) == 1


@pytest.mark.parametrize("kind", ["transaction", "batch"])
@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (post(patient()) | {"request": {"method": "POST", "url": "Patient/_search"}}, 400),
        (ask("POST", "Patient/_search?colour=red"), 400),
        (ask("POST", "Nonsense/_search"), 404),
        (ask("POST", "metadata"), 404),
        (ask("DELETE", "metadata"), 400),
        (ask("GET", "openapi.json"), 404),
        (ask("GET", "Patient/_search"), 405),
    ],
)
async def test_what_cannot_be_asked_inside_bundles_is_refused_and_nothing_is_done(client, kind, entry, code):
    answer = await client.post("/", json=bundle(kind, post(patient("Haugen")), entry))
    if kind == "transaction":
        assert answer.status_code == code
        assert issue(answer)["expression"][0].startswith("Bundle.entry[1]")
    else:
        assert answer.json()["entry"][1]["response"]["status"] == str(code)
    assert len(await matches(client, "Patient?family=haugen")) == (kind == "batch")
