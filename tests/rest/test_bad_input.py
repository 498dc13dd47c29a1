"""Bad input gets a clear, specific answer, an OperationOutcome, and leaves nothing behind."""

from datetime import date

import pytest

from akson.kit.norwegian import Sex, make
from tests.rest.conftest import LIMIT
from tests.rest.making import issue, matches, observation, patient

pytestmark = pytest.mark.store


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b'"Patient"',
        b'{"resourceType":"Patient"',
        b'{"resourceType":"Patient","gender":"male","gender":"female"}',
        b'{"resourceType":"Patient","multipleBirthInteger":NaN}',
        b'{"resourceType":"Patient","name":[{"family":"a\\u0000b"}]}',
        b'{"resourceType":"Patient","name":' + b"[" * 500 + b"]" * 500 + b"}",
        b"\xff\xfe{}",
    ],
)
async def test_what_is_not_json_is_malformed(client, raw):
    for answer in (await client.post("/Patient", content=raw), await client.post("/", content=raw)):
        assert answer.status_code in {400, 422}
        assert issue(answer)["severity"] == "error"
    assert await matches(client, "Patient") == []


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"resourceType": "Patient", "gender": "unknowable"}, "Patient.gender"),
        ({"resourceType": "Patient", "birthDate": 1980}, "Patient.birthDate"),
        ({"resourceType": "Patient", "birthDate": "1980-13-45"}, "Patient.birthDate"),
        ({"resourceType": "Patient", "name": {"family": "x"}}, "Patient.name"),
        ({"resourceType": "Patient", "nonsense": True}, "Patient.nonsense"),
        ({"resourceType": "Patient", "active": "true"}, "Patient.active"),
        ({"resourceType": "Patient", "contact": [{"nonsense": 1}]}, "Patient.contact[0].nonsense"),
    ],
)
async def test_wrong_types_and_unknown_elements_are_named_with_their_path(client, body, where):
    answer = await client.post("/Patient", json=body)
    assert answer.status_code in {400, 422}
    assert where in issue(answer)["expression"][0]
    assert await matches(client, "Patient") == []


@pytest.mark.parametrize("kind", [{}, [], 1, None, "collection"])
async def test_what_is_no_bundle_to_be_processed_is_refused(client, kind):
    answer = await client.post("/", json={"resourceType": "Bundle", "type": kind, "entry": []})
    assert (answer.status_code, issue(answer)["expression"]) == (400, ["Bundle.type"])


async def test_a_missing_required_element_is_named(client):
    answer = await client.post("/Observation", json={"resourceType": "Observation", "status": "final"})
    assert answer.status_code in {400, 422}
    assert "code" in answer.text


async def test_a_type_r4_does_not_have_is_not_found(client):
    for path in ("/Nonsense", "/Nonsense/1", "/patient", "/Resource", "/DomainResource"):
        answer = await client.get(path)
        assert (answer.status_code, issue(answer)["code"]) == (404, "not-supported")
    answer = await client.post("/Patient", json={"resourceType": "Nonsense"})
    assert answer.status_code == 400


async def test_the_type_of_the_body_must_be_that_of_the_url(client):
    assert (await client.post("/Observation", json=patient())).status_code == 400
    assert (await client.put("/Observation/a", json=patient(id="a"))).status_code == 400


@pytest.mark.parametrize("key", ["a_b", "æ", "x" * 65, "a b", "%00"])
async def test_what_is_no_id_is_refused(client, key):
    for answer in (
        await client.get(f"/Patient/{key}"),
        await client.put(f"/Patient/{key}", json=patient(id=key)),
        await client.delete(f"/Patient/{key}"),
    ):
        assert answer.status_code == 400
        issue(answer)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/Patient/a", "GET, PUT, PATCH, DELETE"),
        ("PUT", "/Patient/a/_history/1", "GET"),
        ("DELETE", "/", "GET, POST"),
        ("POST", "/metadata", "GET"),
        ("GET", "/Patient/_search", "POST"),
    ],
)
async def test_a_method_the_path_does_not_have_is_405_and_says_which_it_has(client, method, path, allowed):
    answer = await client.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["allow"] == allowed
    assert issue(answer)["code"] == "not-supported"


@pytest.mark.parametrize(
    "path", ["/Patient/a/b/c/d", "/_nonsense", "/Patient/$nonsense", "/Patient/a/_history/1/x"]
)
async def test_a_path_that_means_nothing_is_404(client, path):
    answer = await client.get(path)
    assert answer.status_code == 404
    issue(answer)


@pytest.mark.parametrize(
    "media",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "",
        "application/fhir+json; charset=iso-8859-1",
        "application/fhir+json; fhirVersion=3.0",
        "application/fhir+turtle",
    ],
)
async def test_a_body_that_is_not_fhir_by_its_own_word_is_415(client, media):
    answer = await client.post("/Patient", content=b"<Patient/>", headers={"content-type": media})
    assert (answer.status_code, issue(answer)["code"]) == (415, "not-supported")


async def test_a_body_over_the_limit_is_413(client):
    big = patient("x" * LIMIT)
    for answer in (await client.post("/Patient", json=big), await client.put("/Patient/a", json=big)):
        assert (answer.status_code, issue(answer)["code"]) == (413, "too-long")

    async def endless():
        for _ in range(100):
            yield b" " * 10_000

    assert (await client.post("/Patient", content=endless())).status_code == 413
    assert await matches(client, "Patient") == []


async def test_unknown_parameters_are_refused_unless_asked_to_be_lenient(client):
    await client.put("/Patient/a", json=patient(id="a"))
    strict = await client.get("/Patient?nonsense=1&family=Hansen")
    assert (strict.status_code, issue(strict)["code"]) == (400, "not-supported")
    assert "nonsense" in issue(strict)["diagnostics"]
    for query in (
        "family:nonsense=x",
        "_sort=nonsense",
        "_include=Patient:nonsense",
        "birthdate=never",
        "_count=x",
    ):
        assert (await client.get(f"/Patient?{query}")).status_code == 400
    lenient = await client.get(
        "/Patient?nonsense=1&family=Hansen", headers={"prefer": "handling=lenient, return=minimal"}
    )
    assert lenient.status_code == 200
    body = lenient.json()
    assert [link["url"] for link in body["link"] if link["relation"] == "self"] == [
        "http://fhir.example/fhir/Patient?family=Hansen"
    ]
    modes = [entry["search"]["mode"] for entry in body["entry"]]
    assert modes == ["match", "outcome"]
    assert "nonsense" in body["entry"][1]["resource"]["issue"][0]["diagnostics"]


async def test_a_query_that_is_no_utf8_is_refused(client):
    assert (await client.get("/Patient?family=%ff")).status_code == 400


async def test_history_refuses_what_it_does_not_know(client):
    assert (await client.get("/Patient/_history?nonsense=1")).status_code == 400
    assert (await client.get("/Patient/_history?_since=yesterday")).status_code == 400
    assert (await client.get("/Patient/_history?_since=")).status_code == 400
    assert (await client.get("/Patient/_history?_count=x")).status_code == 400
    assert (await client.get("/Patient/_history?_cursor=x")).status_code == 400


async def test_an_error_nobody_foresaw_says_nothing_and_is_logged(client, monkeypatch, caplog):
    import akson.rest.interactions.read

    async def fails(*_):
        raise RuntimeError("Kari Hansen")

    monkeypatch.setattr(akson.rest.interactions.read.gate, "read", fails)
    with caplog.at_level("ERROR", logger="akson"):
        answer = await client.get("/Patient/a")
    assert answer.status_code == 500
    assert issue(answer)["code"] == "exception"
    assert "Kari" not in answer.text + caplog.text
    assert "request_failed" in caplog.text


async def test_one_bad_resource_of_a_type_costs_no_other(client):
    assert (
        await client.post("/Observation", json=observation("Patient/a") | {"status": "x"})
    ).status_code == 400
    assert (await client.post("/Observation", json=observation("Patient/a"))).status_code == 201


async def test_a_number_where_a_text_must_be_is_named_also_when_it_keeps_its_digits(client):
    raw = b'{"resourceType":"Observation","status":1.50,"code":{"text":"x"}}'
    answer = await client.post("/Observation", content=raw)
    assert (answer.status_code, issue(answer)["expression"]) == (400, ["Observation.status"])


@pytest.mark.parametrize(
    ("entry", "where"),
    [
        ({"request": {"method": "POST", "url": ["Patient"]}}, "request.url"),
        ({"request": {"method": ["POST"], "url": "Patient"}}, "request.method"),
        ({"request": {"method": "POST", "url": "Patient"}, "resource": [patient()]}, "resource"),
        ({"request": {"method": "PUT", "url": "Patient/a"}, "resource": "Patient"}, "resource"),
        (
            {"request": {"method": "POST", "url": "Patient", "ifNoneExist": {}}, "resource": patient()},
            "request.ifNoneExist",
        ),
        ({"request": {"method": "GET", "url": "Patient"}, "fullUrl": 1}, "fullUrl"),
    ],
)
async def test_an_entry_of_a_batch_that_is_of_the_wrong_kind_costs_no_other(client, entry, where):
    good = {"resource": patient(), "request": {"method": "POST", "url": "Patient"}}
    body = {"resourceType": "Bundle", "type": "batch", "entry": [entry, good]}
    first, second = [each["response"] for each in (await client.post("/", json=body)).json()["entry"]]
    assert (first["status"], second["status"][:3]) == ("400", "201")
    assert first["outcome"]["issue"][0]["expression"] == [f"Bundle.entry[0].{where}"]


async def test_the_character_nul_in_a_query_is_refused(client):
    for path in ("/Patient?family=%00", "/ValueSet?_list=%00", "/Observation?value-string=a%00b"):
        answer = await client.get(path)
        assert answer.status_code == 400
        assert "U+0000" in issue(answer)["diagnostics"]


@pytest.mark.parametrize(
    "body",
    [
        {"resourceType": ["Parameters"], "parameter": []},
        {"resourceType": "Parameters", "parameter": [{"name": ["mode"], "valueCode": "create"}]},
        {
            "resourceType": "Parameters",
            "parameter": [{"name": "resource", "resource": patient()}, {"name": {}}],
        },
    ],
)
async def test_parameters_of_the_wrong_kind_are_no_error_of_the_server(client, body):
    assert (await client.post("/Patient/$validate", json=body)).status_code < 500


async def test_an_answer_does_not_repeat_a_question_without_end(client):
    answer = await client.get(f"/Patient?_include={'x' * 5000}")
    assert answer.status_code == 400
    assert len(issue(answer)["diagnostics"]) < 600


@pytest.mark.parametrize("text", ["-" * 60, "- " * 60, "a" + " -" * 60 + "b"])
async def test_a_row_of_minus_signs_is_no_error_of_the_database(client, text):
    for name in ("_text", "_content"):
        assert (await client.get("/Patient", params={name: text})).status_code == 200


@pytest.mark.parametrize(
    "path", ["/Patient?birthdate={}", "/Patient?{}=1", "/{}/1", "/Patient/_history?{}=1", "/Patient?_sort={}"]
)
async def test_an_identity_number_in_the_wrong_place_is_not_told_again(client, path):
    number = make(date(1991, 3, 2), Sex.FEMALE)
    answer = await client.get(path.format(number), headers={"prefer": "handling=strict"})
    assert answer.status_code in {400, 404}
    assert issue(answer)["diagnostics"]
    assert number not in answer.text
