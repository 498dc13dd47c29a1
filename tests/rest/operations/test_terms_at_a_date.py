"""The parameter date of $expand, $validate-code and $lookup: the versions of then, or a refusal that says why not."""

import pytest

from tests.fhir.terminology.animals import URL, VALUE_SET, animals, concept, value_set
from tests.rest.making import issue, stored
from tests.rest.operations.terms import contained, out, parameters, read

pytestmark = pytest.mark.store
SOME = "http://example.org/ValueSet/some"
GENDER = "http://hl7.org/fhir/administrative-gender"
SNOMED = "http://snomed.info/sct"
EDITION = f"{SNOMED}/51000202101"


@pytest.fixture
async def versions(client):
    """Three versions, the newest stored first."""
    for version, date, code in (("3", "2024-06-01", "fish"), ("1", "2022", "cat"), ("2", "2023-03", "whale")):
        await stored(client, animals(version, date=date, concept=[concept(code, code.title())]))
    await stored(client, value_set({"system": URL}, date="2020"))


@pytest.mark.parametrize(
    ("date", "code", "version"),
    [
        ("2022", "cat", "1"),
        ("2023-02-28", "cat", "1"),
        ("2023-03-01", "whale", "2"),
        ("2024-05-31T23:00:00Z", "whale", "2"),
        ("2024-06-01", "fish", "3"),
        ("2030", "fish", "3"),
    ],
)
async def test_the_version_of_that_date_is_meant(client, versions, date, code, version):
    body = read(await client.get(f"/ValueSet/$expand?url={SOME}&date={date}"))
    assert [row["code"] for row in body["expansion"]["contains"]] == [code]
    assert {"name": "version", "valueUri": f"{URL}|{version}"} in body["expansion"]["parameter"]
    assert {"name": "date", "valueDateTime": date} in body["expansion"]["parameter"]
    found = out(await client.get(f"/CodeSystem/$lookup?system={URL}&code={code}&date={date}"))
    assert found["version"] == version
    for each in ("cat", "whale", "fish"):
        for place in (
            f"/ValueSet/$validate-code?url={SOME}&system={URL}",
            f"/CodeSystem/$validate-code?url={URL}",
        ):
            given = out(await client.get(f"{place}&code={each}&date={date}"))
            assert given["result"] is (each == code), (place, each)


async def test_a_version_that_is_named_goes_before_a_date(client, versions):
    assert contained(await client.get(f"/ValueSet/$expand?url={SOME}&date=2030&system-version={URL}|1")) == [
        "cat"
    ]
    found = out(await client.get(f"/CodeSystem/$lookup?system={URL}&version=1&code=cat&date=2030"))
    assert found["version"] == "1"
    assert contained(await client.get(f"/ValueSet/$expand?url={VALUE_SET}|2&date=2030")) == ["whale"]


async def test_value_sets_and_those_inside_them_are_of_that_date_too(client, versions):
    for version, date, code in (("1", "2022-01-01", "cat"), ("2", "2024-07-01", "fish")):
        listed = {"system": URL, "concept": [{"code": code}]}
        await stored(client, value_set(listed, url="urn:inner", version=version, date=date))
    await stored(client, value_set({"valueSet": ["urn:inner"]}, url="urn:outer", date="2021"))
    for name in ("urn:inner", "urn:outer"):
        for date, code in (("2022-06", "cat"), ("2024-08", "fish")):
            body = parameters(url=name, date=date)
            assert contained(await client.post("/ValueSet/$expand", json=body)) == [code]


async def test_a_version_that_is_called_by_its_date_needs_no_other(client):
    for day, code in (("20240430", "cat"), ("20241031", "whale")):
        made = animals(f"{EDITION}/version/{day}", url=SNOMED, concept=[concept(code, code.title())])
        del made["valueSet"]
        await stored(client, made)
    for date, code in (("2024-05-01", "cat"), ("2024-11-01", "whale")):
        answer = await client.get(f"/ValueSet/$expand?url={SNOMED}?fhir_vs&date={date}")
        assert contained(answer) == [code]
        found = await client.get(
            f"/CodeSystem/$lookup?system={SNOMED}&version={EDITION}&code={code}&date={date}"
        )
        assert out(found)["display"] == code.title()


async def test_what_has_no_versions_is_the_same_at_every_date(client):
    bmi = parameters(url="http://unitsofmeasure.org", code="kg/m2", date="1999")
    assert out(await client.post("/CodeSystem/$validate-code", json=bmi))["result"] is True


@pytest.mark.parametrize(
    ("query", "status", "code", "said"),
    [
        (f"url={SOME}&date=2021", 422, "processing", "is of a later date"),
        ("url=urn:bare&date=2030", 422, "processing", "not every version here has a date"),
        (f"url={VALUE_SET.replace('animals', 'none')}&date=2030", 404, "not-found", "not known here"),
        ("url=http://hl7.org/fhir/ValueSet/administrative-gender&date=2010", 422, "processing", "later date"),
        (f"url={SOME}&date=yesterday", 400, "structure", "a date or a time"),
        (f"url={SOME}&date=2022&date=2023", 400, "structure", "may be given once"),
    ],
)
async def test_where_it_cannot_be_told_it_is_refused_with_the_reason(
    client, versions, query, status, code, said
):
    await stored(client, value_set({"system": "urn:undated"}, url="urn:bare", date="2020"))
    await stored(client, animals(url="urn:undated", valueSet="urn:all"))
    answer = await client.get(f"/ValueSet/$expand?{query}")
    assert (answer.status_code, issue(answer)["code"]) == (status, code), answer.text
    assert said in issue(answer)["diagnostics"]
    if status == 422:
        assert issue(answer)["expression"] == ["Parameters.date"]


async def test_r4s_own_systems_are_of_the_date_that_they_say(client):
    assert "male" in contained(
        await client.get(f"/ValueSet/$expand?url={GENDER.replace('fhir/', 'fhir/ValueSet/')}&date=2024")
    )
    refused = await client.get(f"/CodeSystem/$lookup?system={GENDER}&code=male&date=2001")
    assert (refused.status_code, issue(refused)["expression"]) == (422, ["Parameters.date"])
    assert (
        out(await client.get(f"/CodeSystem/$lookup?system={GENDER}&code=male&date=2024"))["display"] == "Male"
    )
