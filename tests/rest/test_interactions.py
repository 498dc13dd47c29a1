"""read, vread, create, update and delete of one resource."""

import pytest

from tests.rest.making import issue, matches, patient, stored

pytestmark = pytest.mark.store


async def test_create_answers_where_it_stands_and_read_gives_the_same_bytes(client):
    answer = await client.post("/Patient", json=patient())
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["etag"] == 'W/"1"'
    assert answer.headers["location"] == f"http://fhir.example/fhir/Patient/{made['id']}/_history/1"
    assert answer.headers["last-modified"].endswith("GMT")
    assert made["meta"]["versionId"] == "1"
    read = await client.get(f"/Patient/{made['id']}")
    assert read.status_code == 200
    assert read.content == answer.content
    assert read.headers["content-type"].startswith("application/fhir+json")


async def test_create_ignores_the_id_of_the_body(client):
    made = await stored(client, patient(id="mine"))
    assert made["id"] != "mine"
    assert (await client.get("/Patient/mine")).status_code == 404


@pytest.mark.parametrize(
    ("wanted", "kind"),
    [("minimal", None), ("representation", "Patient"), ("OperationOutcome", "OperationOutcome")],
)
async def test_prefer_return_decides_on_the_body(client, wanted, kind):
    for answer in (
        await client.post("/Patient", json=patient(), headers={"prefer": f"return={wanted}"}),
        await client.put("/Patient/a", json=patient(id="a"), headers={"prefer": f"return={wanted}"}),
    ):
        assert answer.status_code == 201
        assert answer.headers["location"]
        assert (answer.json()["resourceType"] if answer.content else None) == kind


async def test_decimals_keep_their_digits(client):
    raw = (
        b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":37.10}}'
    )
    answer = await client.post("/Observation", content=raw)
    assert b'"value":37.10}' in (await client.get(answer.headers["location"])).content


async def test_update_makes_a_new_version_and_vread_gives_the_old(client):
    made = await stored(client, patient("Hansen"))
    answer = await client.put(f"/Patient/{made['id']}", json=made | patient("Olsen"))
    assert (answer.status_code, answer.headers["etag"]) == (200, 'W/"2"')
    old = await client.get(f"/Patient/{made['id']}/_history/1")
    assert old.json() == made
    assert old.headers["etag"] == 'W/"1"'
    for missing in ("3", "0", "abc", "99999999999999999999"):
        assert (await client.get(f"/Patient/{made['id']}/_history/{missing}")).status_code == 404


async def test_update_creates_under_the_id_the_client_chose(client):
    answer = await client.put("/Patient/p-1", json=patient(id="p-1"))
    assert (answer.status_code, answer.headers["etag"]) == (201, 'W/"1"')


async def test_an_update_that_changes_nothing_makes_no_version(client):
    made = await stored(client, patient())
    answer = await client.put(
        f"/Patient/{made['id']}", json=made, headers={"prefer": "return=OperationOutcome"}
    )
    assert (answer.status_code, answer.headers["etag"]) == (200, 'W/"1"')
    assert issue(answer)["diagnostics"].startswith("Unchanged")
    assert (await client.get(f"/Patient/{made['id']}")).json() == made


async def test_the_id_of_the_body_must_be_that_of_the_url(client):
    for body in (patient(id="b"), patient()):
        answer = await client.put("/Patient/a", json=body)
        assert answer.status_code == 400
        assert issue(answer)["expression"] == ["Patient.id"]


async def test_if_match_guards_an_update(client):
    made = await stored(client, patient("Hansen"))
    place = f"/Patient/{made['id']}"
    changed = made | patient("Olsen")
    for tag in ('W/"2"', 'W/"abc"', 'W/"-1"'):
        answer = await client.put(place, json=changed, headers={"if-match": tag})
        assert (answer.status_code, issue(answer)["code"]) == (412, "conflict")
    assert (await client.put(place, json=changed, headers={"if-match": "~~"})).status_code == 400
    assert (await client.put(place, json=changed, headers={"if-match": 'W/"1"'})).status_code == 200
    lost = await client.put(place, json=made | patient("Berg"), headers={"if-match": 'W/"1"'})
    assert lost.status_code == 412
    assert (await client.get(place)).json()["name"][0]["family"] == "Olsen"


async def test_if_none_match_star_makes_an_update_a_create(client):
    first = await client.put("/Patient/a", json=patient(id="a"), headers={"if-none-match": "*"})
    again = await client.put("/Patient/a", json=patient("Berg", id="a"), headers={"if-none-match": "*"})
    assert (first.status_code, again.status_code) == (201, 412)


async def test_a_client_that_has_the_version_gets_304(client):
    made = await stored(client, patient())
    place = f"/Patient/{made['id']}"
    answer = await client.get(place, headers={"if-none-match": 'W/"1"'})
    assert (answer.status_code, answer.content) == (304, b"")
    assert (await client.get(place, headers={"if-none-match": 'W/"9"'})).status_code == 200
    when = (await client.get(place)).headers["last-modified"]
    assert (await client.get(place, headers={"if-modified-since": when})).status_code == 304


async def test_a_deleted_resource_is_gone_and_can_come_back(client):
    made = await stored(client, patient())
    place = f"/Patient/{made['id']}"
    answer = await client.delete(place)
    assert (answer.status_code, answer.headers["etag"]) == (204, 'W/"2"')
    gone = await client.get(place)
    assert (gone.status_code, issue(gone)["code"]) == (410, "deleted")
    assert (await client.get(f"{place}/_history/1")).status_code == 200
    assert (await client.get(f"{place}/_history/2")).status_code == 410
    assert await matches(client, "Patient") == []
    assert (await client.delete(place)).status_code == 204
    back = await client.put(place, json=made)
    assert (back.status_code, back.headers["etag"]) == (201, 'W/"3"')


async def test_delete_of_what_never_was_is_no_error(client):
    assert (await client.delete("/Patient/never")).status_code == 204
    told = await client.delete("/Patient/never", headers={"prefer": "return=OperationOutcome"})
    assert (told.status_code, issue(told)["severity"]) == (200, "information")


async def test_if_match_guards_a_delete(client):
    made = await stored(client, patient())
    answer = await client.delete(f"/Patient/{made['id']}", headers={"if-match": 'W/"7"'})
    assert answer.status_code == 412
    assert (await client.get(f"/Patient/{made['id']}")).status_code == 200


async def test_head_is_a_read_without_its_body(client):
    made = await stored(client, patient())
    answer = await client.head(f"/Patient/{made['id']}")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["etag"] == 'W/"1"'


async def test_pretty_and_elements_and_summary(client):
    made = await stored(client, patient(gender="female", text={"status": "generated", "div": "<div>x</div>"}))
    place = f"/Patient/{made['id']}"
    pretty = await client.get(place, params={"_pretty": "true"})
    assert pretty.json() == made
    assert "\n  " in pretty.text
    some = (await client.get(place, params={"_elements": "gender"})).json()
    assert set(some) == {"resourceType", "id", "meta", "gender"}
    assert some["meta"]["tag"][0]["code"] == "SUBSETTED"
    text = (await client.get(place, params={"_summary": "text"})).json()
    assert set(text) == {"resourceType", "id", "meta", "text"}
    data = (await client.get(place, params={"_summary": "data"})).json()
    assert set(data) == {"resourceType", "id", "meta", "name", "gender"}
    summary = (await client.get(place, params={"_summary": "true"})).json()
    assert "text" not in summary
    assert summary["name"] == made["name"]
