"""patch of one resource, by criteria, and inside Bundles."""

import asyncio
import base64

import orjson
import pytest

from tests.rest.making import ask, bundle, issue, matches, observation, patient, post, put, stored

pytestmark = pytest.mark.store

SYSTEM = "http://example.org/ids"
PATCH = {"content-type": "application/json-patch+json"}
GENDER = [{"op": "add", "path": "/gender", "value": "female"}]


def fhirpath(kind, path, **more):
    parts = [{"name": "type", "valueCode": kind}, {"name": "path", "valueString": path}]
    if "name" in more:
        parts.append({"name": "name", "valueString": more.pop("name")})
    parts += [{"name": "value", **more}] if more else []
    return {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}


def binary(operations):
    data = base64.b64encode(orjson.dumps(operations)).decode()
    return {"resourceType": "Binary", "contentType": "application/json-patch+json", "data": data}


def entry(patch, url, **request):
    return {"resource": patch, "request": {"method": "PATCH", "url": url, **request}}


async def test_a_json_patch_makes_a_new_version_that_is_found(client):
    made = await stored(client, patient())
    place = f"/Patient/{made['id']}"
    answer = await client.patch(place, json=GENDER, headers=PATCH)
    assert (answer.status_code, answer.headers["etag"]) == (200, 'W/"2"')
    assert answer.json()["gender"] == "female"
    assert (await client.get(place)).json() == answer.json()
    assert (await client.get(f"{place}/_history/1")).json() == made
    assert await matches(client, "Patient?gender=female") == [made["id"]]
    again = await client.patch(place, json=GENDER, headers=PATCH)
    assert again.headers["etag"] == 'W/"2"'


async def test_a_fhirpath_patch_is_a_parameters_resource(client):
    made = await stored(client, patient())
    body = fhirpath("add", "Patient", name="gender", valueCode="female")
    answer = await client.patch(f"/Patient/{made['id']}", json=body, headers={"prefer": "return=minimal"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert (await client.get(f"/Patient/{made['id']}")).json()["gender"] == "female"


async def test_nothing_of_a_patch_is_done_when_part_of_it_fails(client):
    made = await stored(client, patient())
    place = f"/Patient/{made['id']}"
    failing = [*GENDER, {"op": "remove", "path": "/photo/0"}]
    answer = await client.patch(place, json=failing, headers=PATCH)
    assert (answer.status_code, answer.headers.get("etag")) == (422, None)
    assert issue(answer)["diagnostics"].startswith("operation 1 (remove /photo/0)")
    for patch in (
        [{"op": "replace", "path": "/id", "value": "other"}],
        [{"op": "remove", "path": "/id"}],
        [{"op": "replace", "path": "/resourceType", "value": "Group"}],
        [{"op": "add", "path": "/gender", "value": "nonsense"}],
        [{"op": "add", "path": "/nonsense", "value": 1}],
        [{"op": "add", "path": "", "value": {}}],
    ):
        answer = await client.patch(place, json=patch, headers=PATCH)
        assert answer.status_code == 422, answer.text
        assert issue(answer)["expression"][0].startswith("Patient.")
    assert (await client.get(place)).json() == made


async def test_what_is_no_patch_is_refused(client):
    made = await stored(client, patient())
    place = f"/Patient/{made['id']}"
    assert (await client.patch(place, json=GENDER[0], headers=PATCH)).status_code == 400
    assert (await client.patch(place, json=patient())).status_code == 400
    assert (await client.patch(place, json=binary(GENDER))).status_code == 400
    xml = await client.patch(place, content=b"<diff/>", headers={"content-type": "application/xml-patch+xml"})
    assert xml.status_code == 415
    assert (await client.patch("/Patient/none", json=GENDER, headers=PATCH)).status_code == 404
    await client.delete(place)
    assert (await client.patch(place, json=GENDER, headers=PATCH)).status_code == 410


async def test_if_match_guards_a_patch(client):
    made = await stored(client, patient())
    place = f"/Patient/{made['id']}"
    stale = await client.patch(place, json=GENDER, headers=PATCH | {"if-match": 'W/"7"'})
    assert (stale.status_code, issue(stale)["code"]) == (412, "conflict")
    assert (await client.patch(place, json=GENDER, headers=PATCH | {"if-match": 'W/"1"'})).status_code == 200


async def test_patches_at_the_same_time_all_count(client):
    made = await stored(client, patient())
    adds = [[{"op": "add", "path": "/name/0/given/-", "value": f"n{number}"}] for number in range(4)]
    answers = await asyncio.gather(
        *[client.patch(f"/Patient/{made['id']}", json=add, headers=PATCH) for add in adds]
    )
    assert {answer.status_code for answer in answers} == {200}
    now = (await client.get(f"/Patient/{made['id']}")).json()
    assert sorted(now["name"][0]["given"]) == ["Kari", "n0", "n1", "n2", "n3"]


async def test_a_conditional_patch_is_of_exactly_one(client):
    url = f"/Patient?identifier={SYSTEM}|1"
    assert (await client.patch(url, json=GENDER, headers=PATCH)).status_code == 404
    made = await stored(client, patient(identifier=[{"system": SYSTEM, "value": "1"}]))
    answer = await client.patch(url, json=GENDER, headers=PATCH)
    assert (answer.status_code, answer.json()["id"]) == (200, made["id"])
    await stored(client, patient(identifier=[{"system": SYSTEM, "value": "1"}]))
    assert (await client.patch(url, json=GENDER, headers=PATCH)).status_code == 412
    assert (await client.patch("/Patient", json=GENDER, headers=PATCH)).status_code == 422


async def test_a_transaction_patches_with_binary_and_parameters(client):
    one = await stored(client, patient(identifier=[{"system": SYSTEM, "value": "1"}]))
    two = await stored(client, observation(f"Patient/{one['id']}"))
    urn = "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a"
    performer = [{"op": "add", "path": "/performer", "value": [{"reference": urn}]}]
    doctor = {"resourceType": "Practitioner", "name": [{"family": "Lege"}]}
    entries = [
        entry(binary(performer), f"Observation/{two['id']}", ifMatch='W/"1"'),
        entry(
            fhirpath("add", "Patient", name="gender", valueCode="female"), f"Patient?identifier={SYSTEM}|1"
        ),
        post(doctor, urn),
    ]
    answer = await client.post("/", json=bundle("transaction", *entries))
    assert answer.status_code == 200, answer.text
    told = [(e["response"]["status"], e["response"]["etag"]) for e in answer.json()["entry"]]
    assert told == [("200 OK", 'W/"2"'), ("200 OK", 'W/"2"'), ("201 Created", 'W/"1"')]
    who = answer.json()["entry"][2]["response"]["location"].partition("/_history")[0]
    seen = (await client.get(f"/Observation/{two['id']}")).json()
    assert seen["performer"] == [{"reference": who}]
    assert await matches(client, f"Observation?performer={who}") == [two["id"]]


@pytest.mark.parametrize(
    ("bad", "status"),
    [
        (entry(binary(GENDER), "Patient/none"), 404),
        (entry(binary(GENDER), "Patient/a", ifMatch='W/"9"'), 412),
        (entry(binary([{"op": "remove", "path": "/photo"}]), "Patient/a"), 422),
        (entry(binary({}), "Patient/a"), 400),
        (entry(binary(GENDER) | {"contentType": "text/plain"}, "Patient/a"), 400),
        (entry(patient(), "Patient/a"), 400),
        (ask("PATCH", "Patient/a"), 400),
        (entry(binary(GENDER), "Patient"), 400),
        (entry(binary(GENDER), "Patient?_id=none"), 404),
        (entry(fhirpath("delete", "Patient.name.given.nonsense("), "Patient/a"), 422),
    ],
)
async def test_a_bad_patch_fails_its_transaction_and_is_named(client, bad, status):
    await client.put("/Patient/a", json=patient(id="a"))
    answer = await client.post("/", json=bundle("transaction", put(patient(id="b")), bad))
    assert answer.status_code == status, answer.text
    assert issue(answer)["expression"][0].startswith("Bundle.entry[1]")
    assert await matches(client, "Patient") == ["a"]


async def test_one_resource_is_not_both_patched_and_put(client):
    await client.put("/Patient/a", json=patient(id="a"))
    both = bundle("transaction", put(patient("B", id="a")), entry(binary(GENDER), "Patient/a"))
    answer = await client.post("/", json=both)
    assert (answer.status_code, issue(answer)["expression"]) == (400, ["Bundle.entry[0]", "Bundle.entry[1]"])


async def test_a_batch_patches_each_on_its_own(client):
    await client.put("/Patient/a", json=patient(id="a"))
    entries = [
        entry(binary(GENDER), "Patient/a"),
        entry(binary(GENDER), "Patient/none"),
        entry(fhirpath("delete", "Patient.name[0].given[0]"), "Patient/a"),
    ]
    body = (await client.post("/", json=bundle("batch", *entries))).json()
    assert [e["response"]["status"][:3] for e in body["entry"]] == ["200", "404", "200"]
    now = (await client.get("/Patient/a")).json()
    assert (now["gender"], now["name"]) == ("female", [{"family": "Hansen"}])


async def test_transactions_that_patch_the_same_resource_at_once_all_count(client):
    await client.put("/Patient/a", json=patient(id="a"))

    async def one(number):
        add = [{"op": "add", "path": "/name/0/given/-", "value": f"n{number}"}]
        return await client.post("/", json=bundle("transaction", entry(binary(add), "Patient/a")))

    answers = await asyncio.gather(*[one(number) for number in range(4)])
    assert {answer.status_code for answer in answers} == {200}
    assert len((await client.get("/Patient/a")).json()["name"][0]["given"]) == 5
