"""$expand over HTTP: how a value set is named, filters, pages, languages, versions, and what is refused."""

import pytest

from akson.store.terms import write
from tests.fhir.terminology.animals import URL, VALUE_SET, animals, concept, value_set, where
from tests.rest.making import issue, stored
from tests.rest.operations.terms import contained, parameters, read

pytestmark = pytest.mark.store
SOME = "http://example.org/ValueSet/some"
ALL = ["animal", "mammal", "cat", "whale", "mammoth", "swimmer", "fish"]


async def ask(client, query="", **more):
    return await client.get(f"/ValueSet/$expand?{query}", **more)


async def test_a_value_set_is_named_by_url_given_or_invoked_on(client):
    await stored(client, animals())
    chosen = value_set(where("concept", "is-a", "swimmer"))
    made = await stored(client, chosen)
    expected = ["whale", "swimmer", "fish"]
    assert contained(await ask(client, f"url={SOME}")) == expected
    assert contained(await client.get(f"/ValueSet/{made['id']}/$expand")) == expected
    assert contained(await client.post("/ValueSet/$expand", json=parameters(url=SOME))) == expected
    inline = value_set(where("concept", "descendent-of", "swimmer"))
    assert contained(await client.post("/ValueSet/$expand", json=parameters(valueSet=inline))) == [
        "whale",
        "fish",
    ]
    assert contained(await client.post("/ValueSet/$expand", json=inline)) == ["whale", "fish"]
    body = read(await ask(client, f"url={SOME}&includeDefinition=true"))
    assert body["compose"] == chosen["compose"]
    assert body["expansion"]["total"] == 3
    assert body["expansion"]["identifier"].startswith("urn:uuid:")
    assert {"name": "version", "valueUri": f"{URL}|1"} in body["expansion"]["parameter"]


async def test_words_find_and_pages_follow_each_other(client):
    await stored(client, animals())
    assert contained(await ask(client, f"url={VALUE_SET}&filter=kattep")) == ["cat"]
    assert contained(await ask(client, f"url={VALUE_SET}", params={"url": VALUE_SET, "filter": "blåhv"})) == [
        "whale"
    ]
    pages = [read(await ask(client, f"url={VALUE_SET}&count=3&offset={n}")) for n in (0, 3, 6)]
    assert [row["code"] for page in pages for row in page["expansion"]["contains"]] == ALL
    assert [page["expansion"]["total"] for page in pages] == [7, 7, 7]
    assert {"name": "count", "valueInteger": 3} in pages[0]["expansion"]["parameter"]
    size = read(await ask(client, f"url={VALUE_SET}&count=0"))["expansion"]
    assert ("contains" in size, size["total"]) == (False, 7)


async def test_displays_come_in_the_language_that_is_asked_for(client):
    await stored(client, animals())
    body = read(await ask(client, f"url={VALUE_SET}&filter=whale&displayLanguage=nb"))
    assert body["expansion"]["contains"][0]["display"] == "Blåhval"
    body = read(
        await ask(client, f"url={VALUE_SET}&filter=whale", headers={"accept-language": "no, en;q=0.5"})
    )
    assert body["expansion"]["contains"][0]["display"] == "Blåhval"
    body = read(
        await ask(client, f"url={VALUE_SET}&filter=whale&displayLanguage=se&includeDesignations=true")
    )
    row = body["expansion"]["contains"][0]
    assert (row["display"], row["designation"]) == ("Blue whale", [{"language": "nb", "value": "Blåhval"}])
    row = read(await ask(client, f"url={VALUE_SET}&filter=whale&designation=urn:ietf:bcp:47|en"))[
        "expansion"
    ]["contains"][0]
    assert "designation" not in row


async def test_what_a_set_says_itself_goes_before_what_the_system_says(client):
    await stored(client, animals())
    listed = {"code": "whale", "display": "Hval", "designation": [{"language": "en", "value": "Leviathan"}]}
    await stored(client, value_set({"system": URL, "concept": [listed, {"code": "cat"}]}))
    rows = read(await ask(client, f"url={SOME}&includeDesignations=true"))["expansion"]["contains"]
    assert [row["display"] for row in rows] == ["Hval", "House cat"]
    assert [each["value"] for each in rows[0]["designation"]] == ["Leviathan", "Blåhval"]


async def test_inactive_and_abstract_codes_are_marked_or_left_out(client):
    await stored(client, animals())
    rows = read(await ask(client, f"url={VALUE_SET}"))["expansion"]["contains"]
    assert [row["code"] for row in rows if row.get("inactive")] == ["mammoth"]
    assert [row["code"] for row in rows if row.get("abstract")] == ["animal"]
    assert contained(await ask(client, f"url={VALUE_SET}&activeOnly=true&excludeNotForUI=true")) == [
        code for code in ALL if code not in {"animal", "mammoth"}
    ]
    await stored(
        client, {**value_set({"system": URL}), "compose": {"inactive": False, "include": [{"system": URL}]}}
    )
    assert "mammoth" not in contained(await ask(client, f"url={SOME}"))


async def test_versions_are_chosen_forced_and_checked(client):
    await stored(client, animals("1"))
    await stored(client, animals("2", concept=[concept("fish", "Fish")]))
    await stored(client, value_set({"system": URL}))
    assert contained(await ask(client, f"url={SOME}")) == ["fish"]
    assert contained(await ask(client, f"url={SOME}&system-version={URL}|1")) == ALL
    await stored(client, value_set({"system": URL, "version": "2"}, url="urn:two"))
    assert contained(await ask(client, f"url=urn:two&system-version={URL}|1")) == ["fish"]
    assert contained(await ask(client, f"url=urn:two&force-system-version={URL}|1")) == ALL
    refused = await ask(client, f"url=urn:two&check-system-version={URL}|1")
    assert (refused.status_code, issue(refused)["code"]) == (422, "processing")
    assert contained(await ask(client, f"url={SOME}&exclude-system={URL}")) == []
    assert contained(await ask(client, f"url={VALUE_SET}|1")) == ALL


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("url=urn:nowhere", 404, "not-found"),
        ("", 400, "structure"),
        (f"url={SOME}", 404, "not-found"),
        ("url=http://hl7.org/fhir/ValueSet/mimetypes", 422, "processing"),
        ("url=http://hl7.org/fhir/ValueSet/administrative-gender&count=x", 400, "structure"),
        ("url=http://hl7.org/fhir/ValueSet/administrative-gender&nonsense=x", 400, "not-supported"),
        ("url=urn:x%00y", 400, "structure"),
        ("url=http://hl7.org/fhir/ValueSet/administrative-gender&filter=%00", 400, "structure"),
        ("url=urn:circle", 422, "processing"),
        ("url=urn:regex", 422, "processing"),
    ],
)
async def test_what_cannot_be_expanded_is_refused_with_its_reason(client, query, status, code):
    await stored(client, value_set({"system": "urn:nobody"}))
    await stored(client, value_set({"valueSet": ["urn:circle"]}, url="urn:circle"))
    await stored(client, animals())
    await stored(client, value_set(where("code", "regex", "("), url="urn:regex"))
    answer = await ask(client, query)
    assert (answer.status_code, issue(answer)["code"]) == (status, code), answer.text


async def test_too_many_codes_at_once_are_too_costly_and_pages_are_not(client, database):
    many = [concept(str(number), f"Number {number}") for number in range(10_001)]
    async with database.transaction() as tx:
        await write.add_resource(tx, animals(concept=many))
    answer = await ask(client, f"url={VALUE_SET}")
    assert (answer.status_code, issue(answer)["code"]) == (422, "too-costly")
    page = read(await ask(client, f"url={VALUE_SET}&count=2&offset=9999"))["expansion"]
    assert ([row["code"] for row in page["contains"]], page["total"]) == (["9999", "10000"], 10_001)
    assert read(await ask(client, f"url={VALUE_SET}&count=2"))["expansion"]["total"] == 10_001
    assert "total" not in read(await ask(client, f"url={VALUE_SET}&count=2&filter=number"))["expansion"]
    assert contained(await ask(client, f"url={VALUE_SET}&filter=number 1000")) == ["1000", "10000"]
