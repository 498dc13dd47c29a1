"""$validate-code over HTTP, of code systems and of value sets."""

import pytest

from tests.fhir.terminology.animals import URL, animals, value_set, where
from tests.rest.making import issue, stored
from tests.rest.operations.terms import out, parameters

pytestmark = pytest.mark.store
SOME = "http://example.org/ValueSet/some"
GENDER = "http://hl7.org/fhir/ValueSet/administrative-gender"


async def test_a_code_is_in_a_code_system_or_not(client):
    made = await stored(client, animals())
    for place in (f"/CodeSystem/$validate-code?url={URL}&", f"/CodeSystem/{made['id']}/$validate-code?"):
        assert out(await client.get(f"{place}code=cat")) == {"result": True, "display": "House cat"}
        found = out(await client.get(f"{place}code=unicorn"))
        assert found["result"] is False
        assert "unicorn" in found["message"]
    inline = {key: value for key, value in animals().items() if key != "url"}
    given = parameters(codeSystem=inline, code="fish")
    assert out(await client.post("/CodeSystem/$validate-code", json=given))["result"] is True


async def test_a_display_may_be_any_of_the_concepts_own_and_no_other(client):
    await stored(client, animals())
    place = f"/CodeSystem/$validate-code?url={URL}&code=cat&display="
    assert out(await client.get(f"{place}House cat"))["result"] is True
    assert out(await client.get(f"{place}huskatt"))["result"] is True
    found = out(await client.get(f"{place}Dog"))
    assert (found["result"], found["display"]) == (False, "House cat")
    assert "House cat" in found["message"]
    found = out(await client.get(f"{place}House cat&displayLanguage=nb"))
    assert (found["result"], found["display"]) == (True, "Huskatt")


async def test_a_coding_or_a_codeable_concept_is_in_a_value_set(client):
    await stored(client, animals())
    made = await stored(client, value_set(where("concept", "is-a", "swimmer")))
    place = "/ValueSet/$validate-code"
    whale, cat = {"system": URL, "code": "whale"}, {"system": URL, "code": "cat"}
    assert out(await client.post(place, json=parameters(url=SOME, coding=whale)))["result"] is True
    assert out(await client.post(place, json=parameters(url=SOME, coding=cat)))["result"] is False
    both = {"coding": [cat, whale]}
    assert (
        out(await client.post(place, json=parameters(url=SOME, codeableConcept=both)))["display"]
        == "Blue whale"
    )
    found = out(await client.post(place, json=parameters(url=SOME, codeableConcept={"coding": [cat]})))
    assert found["result"] is False
    query = f"system={URL}&code=fish"
    assert out(await client.get(f"/ValueSet/{made['id']}/$validate-code?{query}"))["result"] is True
    assert out(await client.get(f"{place}?url={SOME}&code=fish"))["result"] is True
    assert out(await client.get(f"{place}?url={GENDER}&code=female"))["display"] == "Female"
    inline = value_set({"system": URL, "concept": [{"code": "cat", "display": "Pus"}]})
    named = parameters(valueSet=inline, coding={**cat, "display": "pus"})
    assert out(await client.post(place, json=named)) == {"result": True, "display": "Pus"}


async def test_abstract_codes_may_be_refused(client):
    await stored(client, animals())
    place = f"/CodeSystem/$validate-code?url={URL}&code=animal"
    assert out(await client.get(place))["result"] is True
    assert out(await client.get(f"{place}&abstract=true"))["result"] is True
    assert out(await client.get(f"{place}&abstract=false"))["result"] is False


@pytest.mark.parametrize(
    ("place", "status", "code"),
    [
        ("CodeSystem/$validate-code?url=urn:nowhere&code=x", 404, "not-found"),
        ("ValueSet/$validate-code?url=urn:nowhere&code=x", 404, "not-found"),
        (f"ValueSet/$validate-code?url={SOME}&system=urn:nobody&code=x", 404, "not-found"),
        (f"ValueSet/$validate-code?url={GENDER}", 400, "structure"),
        (f"ValueSet/$validate-code?url={GENDER}&code=male&coding=x", 400, "structure"),
        ("ValueSet/$validate-code?code=male", 400, "structure"),
        (f"ValueSet/$validate-code?url={GENDER}&code=male&nonsense=1", 400, "not-supported"),
    ],
)
async def test_where_nothing_can_be_said_it_is_an_error_and_no_false(client, place, status, code):
    await stored(client, value_set({"system": "urn:nobody"}))
    answer = await client.get(f"/{place}")
    assert (answer.status_code, issue(answer)["code"]) == (status, code), answer.text
