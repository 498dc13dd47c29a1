"""_elements and _summary wherever resources are read: alone, by version, in pages, in histories, from operations."""

import pytest

from akson.fhir import xml
from tests.rest.making import issue, observation, patient

pytestmark = pytest.mark.store

READS = (
    "/Patient/a",
    "/Patient/a/_history/1",
    "/Patient",
    "/Patient/_history",
    "/Patient/a/_history",
    "/Patient/a/$everything",
)


def subsetted(resource):
    return any(tag["code"] == "SUBSETTED" for tag in resource["meta"].get("tag", ()))


def first(body):
    return body["entry"][0]["resource"] if body["resourceType"] == "Bundle" else body


@pytest.fixture
async def record(client):
    div = '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'
    text = {"status": "generated", "div": div}
    await client.put(
        "/Patient/a", json=patient(id="a", gender="female", text=text, contact=[{"gender": "male"}])
    )
    await client.put(
        "/Observation/o", json=observation("Patient/a", id="o", issued="2024-01-01T00:00:00Z", text=text)
    )
    return client


@pytest.mark.parametrize("path", READS)
async def test_less_is_given_wherever_a_resource_is_read(record, path):
    for query, there, gone in (
        ("_elements=gender", {"gender"}, {"name", "text", "contact"}),
        ("_elements=Patient.gender", {"gender"}, {"name", "text", "contact"}),
        ("_elements=name.family", {"name"}, {"gender", "text"}),
        ("_summary=true", {"name", "gender"}, {"text", "contact"}),
        ("_summary=text", {"text"}, {"name", "gender", "contact"}),
        ("_summary=data", {"name", "gender", "contact"}, {"text"}),
    ):
        answer = await record.get(f"{path}?{query}")
        assert answer.status_code == 200, answer.text
        found = first(answer.json())
        assert there <= found.keys(), query
        assert not gone & found.keys(), query
        assert subsetted(found)
        assert found["meta"]["versionId"] == "1"
    for query in ("_summary=false", ""):
        assert not subsetted(first((await record.get(f"{path}?{query}")).json()))
    as_xml = xml.loads((await record.get(f"{path}?_elements=name.family&_format=xml")).content)
    assert first(as_xml)["name"] == [{"family": "Hansen"}]


@pytest.mark.parametrize("path", READS)
async def test_what_is_no_element_and_no_summary_is_refused(record, path):
    for query in ("_elements=nonsense", "_elements=name.nonsense", "_summary=maybe"):
        answer = await record.get(f"{path}?{query}")
        assert answer.status_code == 400
        assert query.partition("=")[0] in issue(answer)["diagnostics"]


async def test_a_count_is_for_searches(record):
    assert (await record.get("/Patient?_summary=count")).json()["total"] == 1
    for path in ("/Patient/a", "/Patient/a/_history/1", "/Patient/a/$meta"):
        answer = await record.get(f"{path}?_summary=count")
        assert (answer.status_code, issue(answer)["code"]) == (400, "not-supported")


async def test_names_say_nothing_of_what_is_only_included_unless_with_its_type(record):
    found = (await record.get("/Observation?_include=Observation:subject&_elements=subject")).json()["entry"]
    assert [subsetted(entry["resource"]) for entry in found] == [True, False]
    found = (await record.get("/Observation?_include=Observation:subject&_elements=Patient.gender")).json()[
        "entry"
    ]
    assert [subsetted(entry["resource"]) for entry in found] == [False, True]
    assert "name" not in found[1]["resource"]
    found = (await record.get("/Observation?_include=Observation:subject&_summary=true")).json()["entry"]
    assert [subsetted(entry["resource"]) for entry in found] == [True, True]


async def test_a_summary_of_texts_goes_with_no_includes(record):
    answer = await record.get("/Observation?_include=Observation:subject&_summary=text")
    assert answer.status_code == 400
    assert "_summary=text" in issue(answer)["diagnostics"]


async def test_a_search_of_all_types_takes_the_elements_of_any(record):
    found = (await record.get("/?_elements=gender")).json()["entry"]
    by_type = {entry["resource"]["resourceType"]: entry["resource"] for entry in found}
    assert by_type["Patient"]["gender"] == "female"
    assert by_type["Observation"].keys() == {"resourceType", "id", "meta", "status", "code"}
    assert (await record.get("/?_elements=nonsense")).status_code == 400


async def test_the_capability_statement_and_the_answer_of_an_operation_can_be_had_in_part(record):
    some = (await record.get("/metadata?_elements=software,rest.mode")).json()
    assert some["rest"] == [{"mode": "server"}]
    assert {"status", "date", "kind", "fhirVersion", "format", "software"} <= some.keys()
    meta = (await record.get("/Patient/a/$meta?_summary=data")).json()
    assert subsetted(meta)


async def test_a_version_that_the_client_has_is_not_sent_again(record):
    for path in ("/Patient/a", "/Patient/a/_history/1"):
        for name, value in (
            ("if-none-match", 'W/"1"'),
            ("if-modified-since", (await record.get(path)).headers["last-modified"]),
        ):
            answer = await record.get(path, headers={name: value})
            assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", 'W/"1"')
        assert (await record.get(path, headers={"if-none-match": 'W/"2"'})).status_code == 200
