"""A CodeSystem, ValueSet or ConceptMap that is stored over HTTP is terminology from the same moment."""

import pytest

from akson.store.terms import questions
from akson.store.terms.questions import Verdict
from tests.fhir.terminology.animals import URL, animals, concept, value_set
from tests.rest.making import bundle, issue, post, put, stored
from tests.rest.operations.test_expunge import what

pytestmark = pytest.mark.store
SOME = "http://example.org/ValueSet/some"


async def verdict(database, code):
    async with database.transaction(read_only=True) as tx:
        return (await questions.check_codes(tx, [(SOME, URL, code)]))[0]


async def test_stored_changed_and_deleted_it_is_followed(client, database):
    system = await stored(client, animals())
    chosen = await stored(client, value_set({"system": URL}))
    assert await verdict(database, "cat") is Verdict.IN
    changed = {**system, "concept": [concept("fish", "Fish")]}
    assert (await client.put(f"/CodeSystem/{system['id']}", json=changed)).status_code == 200
    assert await verdict(database, "cat") is Verdict.NOT_IN
    assert await verdict(database, "fish") is Verdict.IN
    assert (await client.delete(f"/CodeSystem/{system['id']}")).status_code == 204
    assert await verdict(database, "fish") is Verdict.UNKNOWN_SYSTEM
    assert (await client.delete(f"/ValueSet/{chosen['id']}")).status_code == 204
    assert await verdict(database, "fish") is Verdict.UNKNOWN_VALUE_SET


async def test_what_is_erased_is_no_terminology_any_more(client, database):
    made = await stored(client, animals())
    await stored(client, value_set({"system": URL}))
    erased = await client.post(f"/CodeSystem/{made['id']}/$expunge", json=what("instance"))
    assert erased.status_code == 200, erased.text
    assert await verdict(database, "cat") is Verdict.UNKNOWN_SYSTEM
    async with database.transaction(read_only=True) as tx:
        assert await tx.one("select count(*) from term_concept") == (0,)


async def test_a_transaction_brings_both_or_neither(client, database):
    system = {**animals(), "id": "animals"}
    broken = bundle("transaction", put(system), post(value_set({"system": URL}), ifNoneExist="nonsense=1"))
    assert (await client.post("", json=broken)).status_code == 400
    assert await verdict(database, "cat") is Verdict.UNKNOWN_VALUE_SET
    whole = bundle("transaction", put(system), post(value_set({"system": URL})))
    assert (await client.post("", json=whole)).status_code == 200
    assert await verdict(database, "cat") is Verdict.IN


async def test_a_code_system_that_contradicts_itself_is_refused_and_nothing_of_it_stored(client, database):
    for broken in (
        animals(concept=[concept("a", "A"), concept("a", "B")]),
        animals(caseSensitive=False, concept=[concept("a", "A"), concept("A", "B")]),
        animals(concept=[{"code": "a", "property": [{"code": "parent", "valueCode": "a"}]}]),
    ):
        answer = await client.post("/CodeSystem", json=broken)
        assert (answer.status_code, issue(answer)["code"]) == (422, "processing"), answer.text
    assert (await client.get(f"/CodeSystem?url={URL}")).json().get("entry") is None
    async with database.transaction(read_only=True) as tx:
        assert not await questions.known(tx, URL)
        assert await tx.one("select count(*) from term_concept") == (0,)


async def test_the_terminology_capabilities_name_every_system_that_can_be_asked(client):
    await stored(client, animals("1"))
    await stored(client, animals("2"))
    await stored(client, animals(url="urn:named", content="not-present", concept=[concept("x", "X")]))
    body = (await client.get("/metadata?mode=terminology")).json()
    assert body["resourceType"] == "TerminologyCapabilities"
    systems = {each["uri"]: [row["code"] for row in each.get("version", ())] for each in body["codeSystem"]}
    assert systems[URL] == ["2", "1"]
    assert systems["http://hl7.org/fhir/administrative-gender"] == ["4.0.1"]
    assert "urn:named" not in systems
    for name in [each["name"] for each in body["expansion"]["parameter"]]:
        answer = await client.get(f"/ValueSet/$expand?url=urn:x&{name}=1")
        assert issue(answer)["code"] != "not-supported", name
    assert (await client.get("/metadata")).json()["resourceType"] == "CapabilityStatement"
    answer = await client.post("/TerminologyCapabilities", json=body)
    assert answer.status_code == 201, answer.text
