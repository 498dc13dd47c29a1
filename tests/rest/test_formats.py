"""JSON and XML, in and out, by Accept, _format and content type; laid out for people by _pretty."""

import httpx
import pytest

from akson.fhir import strict_json, xml
from akson.rest.wire.incoming import ID
from tests.fhir.xml.test_round_trip import same
from tests.rest.conftest import JSON
from tests.rest.making import ask, bundle, issue, matches, observation, patient, post, put
from tests.shared import shared

pytestmark = pytest.mark.store

XML = {"content-type": "application/fhir+xml", "accept": "application/fhir+xml"}
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


def is_xml(answer: httpx.Response) -> bool:
    """Whether the answer is FHIR XML, by its own word and in fact."""
    if answer.headers["content-type"] != "application/fhir+xml; charset=utf-8":
        return False
    xml.loads(answer.content)
    return True


@pytest.mark.parametrize(
    ("accept", "query", "expected"),
    [
        ("application/fhir+xml", "", "xml"),
        ("application/xml", "", "xml"),
        ("text/xml; charset=utf-8", "", "xml"),
        ("application/fhir+xml; fhirVersion=4.0", "", "xml"),
        ("application/fhir+json;q=0.5, application/fhir+xml", "", "xml"),
        ("application/fhir+json;q=0.5, application/fhir+xml;q=0.4", "", "json"),
        ("application/fhir+json;q=0, application/fhir+xml", "", "xml"),
        ("application/fhir+json;q=0, */*", "", "xml"),
        ("*/*, application/fhir+xml", "", "xml"),
        ("application/fhir+json, application/fhir+xml", "", "json"),
        ("application/fhir+xml, application/fhir+json", "", "xml"),
        ("application/json; fhirVersion=4.0", "", "json"),
        ("application/*", "", "json"),
        ("", "", "json"),
        (BROWSER, "", "json"),
        ("text/html", "", 406),
        ("application/fhir+turtle", "", 406),
        ("application/fhir+json;q=0", "", 406),
        ("application/fhir+json; fhirVersion=3.0", "", 406),
        ("application/fhir+json; fhirVersion=5.0, application/fhir+xml; fhirVersion=4.0", "", "xml"),
        ("application/fhir+json; charset=iso-8859-1", "", 406),
        ("*/*", "?_format=xml", "xml"),
        ("*/*", "?_format=text/xml", "xml"),
        ("*/*", "?_format=application/xml", "xml"),
        ("*/*", "?_format=application/fhir+xml", "xml"),
        ("*/*", "?_format=application/fhir%2Bxml", "xml"),
        ("*/*", "?_format=application/fhir%2Bxml;%20fhirVersion=4.0", "xml"),
        ("application/fhir+xml", "?_format=json", "json"),
        ("application/fhir+turtle", "?_format=json", "json"),
        ("*/*", "?_format=ttl", 406),
        ("*/*", "?_format=html", 406),
        ("*/*", "?_format=", 406),
        ("*/*", "?_format=application/fhir%2Bjson;fhirVersion=3.0", 406),
    ],
)
async def test_the_client_gets_the_format_it_asks_for(client, accept, query, expected):
    await client.put("/Patient/a", json=patient(id="a"))
    for path in (
        "/Patient/a",
        "/Patient",
        "/metadata",
        "/Patient/_history",
        "/Patient/a/_history/1",
        "/Patient/a/$meta",
    ):
        answer = await client.get(path + query, headers={"accept": accept})
        if expected == 406:
            assert (answer.status_code, issue(answer)["code"]) == (406, "not-supported")
            continue
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(f"application/fhir+{expected};")
        read = xml.loads if expected == "xml" else strict_json.loads
        assert read(answer.content)["resourceType"]


async def test_a_client_that_names_the_version_is_told_the_version(client):
    for name in ("json", "xml"):
        answer = await client.get(
            "/metadata", headers={"accept": f"application/fhir+{name}; fhirVersion=4.0"}
        )
        assert answer.headers["content-type"] == f"application/fhir+{name}; fhirVersion=4.0; charset=utf-8"


async def test_errors_come_in_the_format_that_was_asked_for(client):
    for answer in (
        await client.get("/Patient/none", headers=XML),
        await client.get("/Patient?nonsense=1&_format=xml"),
        await client.get("/Nonsense", headers=XML),
        await client.patch("/metadata", headers=XML),
        await client.post("/Patient", content=b"<Patient", headers=XML),
        await client.post(
            "/Patient", json={"resourceType": "Patient", "active": 1}, headers=JSON | {"accept": "text/xml"}
        ),
    ):
        assert answer.status_code >= 400
        assert is_xml(answer)
        assert xml.loads(answer.content)["resourceType"] == "OperationOutcome"


async def test_an_error_nobody_foresaw_comes_in_the_format_that_was_asked_for_and_names_its_line(
    client, monkeypatch, caplog
):
    import akson.rest.interactions.read

    async def fails(*_):
        raise RuntimeError("Kari Hansen")

    monkeypatch.setattr(akson.rest.interactions.read.gate, "read", fails)
    with caplog.at_level("ERROR", logger="akson"):
        answer = await client.get("/Patient/a", headers=XML)
    assert answer.status_code == 500
    assert is_xml(answer)
    name = xml.loads(answer.content)["issue"][0]["diagnostics"].rsplit(" ", 1)[1]
    assert name in str([record.__dict__ for record in caplog.records])
    assert "Kari" not in answer.text


async def test_what_is_written_as_xml_is_read_as_json_and_the_other_way(client):
    one = patient("Ås", id="a", active=True, multipleBirthInteger=2)
    answer = await client.put("/Patient/a", content=xml.dumps(one), headers=XML)
    assert answer.status_code == 201
    assert is_xml(answer)
    assert xml.loads(answer.content)["multipleBirthInteger"] == 2
    assert (await client.get("/Patient/a")).json()["name"] == one["name"]
    raw = (
        b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.50}}'
    )
    made = await client.post("/Observation", content=raw)
    place = made.headers["location"].split("/fhir/")[1].partition("/_history")[0]
    assert b'<value value="1.50"/>' in (await client.get(f"/{place}", headers=XML)).content
    again = await client.put(
        f"/{place}",
        content=(await client.get(f"/{place}", headers=XML)).content,
        headers=JSON | {"content-type": "text/xml"},
    )
    assert again.status_code == 200
    assert b'"value":1.50' in again.content


async def test_bundles_operations_and_patches_are_taken_as_xml(client):
    await client.put("/Patient/a", json=patient(id="a"))
    transaction = bundle(
        "transaction",
        post(observation("urn:uuid:0c9ec4e7-1f0a-4d09-9f7c-6a3f2f2b8f01")),
        post(patient("Berg"), "urn:uuid:0c9ec4e7-1f0a-4d09-9f7c-6a3f2f2b8f01"),
        ask("GET", "Patient/a"),
    )
    for kind in ("transaction", "batch"):
        answer = await client.post("/", content=xml.dumps(transaction | {"type": kind}), headers=XML)
        assert answer.status_code == 200, answer.text
        assert is_xml(answer)
        entries = xml.loads(answer.content)["entry"]
        assert [entry["response"]["status"][:3] for entry in entries][1:] == ["201", "200"]
    given = {
        "resourceType": "Parameters",
        "parameter": [{"name": "meta", "valueMeta": {"tag": [{"code": "x"}]}}],
    }
    answer = await client.post("/Patient/a/$meta-add", content=xml.dumps(given), headers=XML)
    assert answer.status_code == 200
    assert xml.loads(answer.content)["parameter"][0]["valueMeta"]["tag"] == [{"code": "x"}]
    parts = [
        {"name": "type", "valueCode": "replace"},
        {"name": "path", "valueString": "Patient.active"},
        {"name": "value", "valueBoolean": False},
    ]
    await client.put("/Patient/a", json=patient(id="a", active=True))
    given = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}
    answer = await client.patch("/Patient/a", content=xml.dumps(given), headers=XML)
    assert answer.status_code == 200, answer.text
    assert xml.loads(answer.content)["active"] is False


async def test_what_is_wrong_in_xml_is_named_with_its_path_and_leaves_nothing(client):
    raw = b'<Patient xmlns="http://hl7.org/fhir"><name><given value="a"/><nonsense/></name><gender value="x"/></Patient>'
    answer = await client.post("/Patient", content=raw, headers={"content-type": "application/fhir+xml"})
    assert answer.status_code == 400
    assert issue(answer)["expression"] == ["Patient.name[0].nonsense"]
    raw = raw.replace(b"<nonsense/>", b"")
    answer = await client.post("/Patient", content=raw, headers={"content-type": "application/fhir+xml"})
    assert (answer.status_code, issue(answer)["expression"]) == (400, ["Patient.gender"])
    for raw in (
        b"",
        b"{}",
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Patient xmlns="http://hl7.org/fhir"/>',
    ):
        answer = await client.post("/Patient", content=raw, headers={"content-type": "application/fhir+xml"})
        assert answer.status_code == 400
        issue(answer)
    assert await matches(client, "Patient") == []


async def test_what_xml_cannot_hold_is_said_and_a_write_stays_done(client):
    odd = patient(text={"status": "generated", "div": "<div>&nbsp;</div>"})
    made = await client.post("/Patient", json=odd, headers=JSON | {"accept": "application/fhir+xml"})
    if made.status_code == 400:  # validation refuses such a narrative at the door
        return
    assert made.status_code == 201
    assert is_xml(made)
    told = xml.loads(made.content)["issue"][0]
    assert (told["severity"], told["expression"]) == ("warning", ["Patient.text.div"])
    place = made.headers["location"].split("/fhir/")[1].partition("/_history")[0]
    read = await client.get(f"/{place}", headers=XML)
    assert read.status_code == 406
    assert xml.loads(read.content)["issue"][0]["expression"] == ["Patient.text.div"]
    assert (await client.get(f"/{place}")).status_code == 200


async def test_a_posted_search_says_its_format_in_the_form_too(client):
    await client.put("/Patient/a", json=patient(id="a"))
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = await client.post(
        "/Patient/_search", content="family=Hansen&_format=xml&_pretty=true", headers=form
    )
    assert is_xml(answer)
    assert b"\n    <fullUrl" in answer.content
    assert xml.loads(answer.content)["entry"][0]["resource"]["id"] == "a"
    answer = await client.post("/Patient/_search", content="_format=ttl", headers=form)
    assert answer.status_code == 406


@pytest.mark.parametrize(
    "path", ["/Patient/a", "/Patient", "/Patient/_history", "/metadata", "/Patient/none", "/Patient/a/$meta"]
)
async def test_pretty_is_the_same_with_line_breaks(client, path):
    await client.put("/Patient/a", json=patient(id="a"))
    for format_, read in (("json", strict_json.loads), ("xml", xml.loads)):
        plain = await client.get(f"{path}?_format={format_}")
        pretty = await client.get(f"{path}?_format={format_}&_pretty=true")
        assert b"\n  " not in plain.content
        assert pretty.content.count(b"\n  ") > 2
        one, other = read(plain.content), read(pretty.content)
        for made in (one, other):
            for changing in ("id", "meta", "link", "date") if made["resourceType"] == "Bundle" else ():
                made.pop(changing, None)
        assert same(one, other)
    assert (await client.get(f"{path}?_pretty=maybe")).status_code == 400


async def test_a_browser_gets_json_laid_out_for_people(client):
    await client.put("/Patient/a", json=patient(id="a"))
    answer = await client.get("/Patient/a", headers={"accept": BROWSER})
    assert answer.content.startswith(b'{\n  "resourceType": "Patient"')
    answer = await client.get("/Patient/a?_pretty=false", headers={"accept": BROWSER})
    assert answer.content.startswith(b'{"resourceType":"Patient"')


async def test_head_is_get_without_the_body_in_every_format(client):
    await client.put("/Patient/a", json=patient(id="a"))
    for path in (
        "/Patient/a",
        "/Patient/a/_history/1",
        "/metadata",
        "/Patient/a/_history",
        "/Patient/a/$meta",
        "/Patient/none",
    ):
        for headers in ({}, XML):
            got, head = await client.get(path, headers=headers), await client.head(path, headers=headers)
            assert head.status_code == got.status_code
            assert head.content == b""
            for name in ("content-type", "etag", "last-modified"):
                assert head.headers.get(name) == got.headers.get(name)


async def test_every_path_says_what_can_be_done_with_it(client):
    for path, allowed in (
        ("/Patient/a", {"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"}),
        ("/Patient", {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}),
        ("/", {"GET", "HEAD", "POST", "OPTIONS"}),
        ("/metadata", {"GET", "HEAD", "OPTIONS"}),
        ("/Patient/_search", {"POST", "OPTIONS"}),
        ("/Patient/a/$meta-add", {"POST", "OPTIONS"}),
    ):
        answer = await client.options(path)
        assert (answer.status_code, set(answer.headers["allow"].split(", "))) == (204, allowed)
    assert (await client.options("/Nonsense")).status_code == 404


async def test_a_browser_runs_nothing_of_xml(client):
    await client.put("/Patient/a", json=patient(id="a"))
    answer = await client.get("/Patient/a?_format=xml")
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("kind", ["transaction", "batch"])
async def test_prefer_decides_what_the_entries_of_a_bundle_bring(client, kind):
    for wanted, has, told in (
        ("minimal", False, False),
        ("representation", True, False),
        ("OperationOutcome", False, True),
    ):
        for entries in (
            [post(patient()), post(patient())],
            [put(patient(family=wanted, id="a")), ask("GET", "Patient/a")],
            [post(patient(), ifNoneExist="identifier=http://none|1"), ask("GET", "Patient/a")],
        ):
            answer = await client.post(
                "/", json=bundle(kind, *entries), headers={"prefer": f"return={wanted}"}
            )
            assert answer.status_code == 200, answer.text
            first = answer.json()["entry"][0]
            assert ("resource" in first, "outcome" in first["response"]) == (has, told), (wanted, entries)
            if told:
                assert "as version" in first["response"]["outcome"]["issue"][0]["diagnostics"]


async def test_the_request_id_comes_back(client):
    for path in ("/Patient", "/Patient/none", "/metadata"):
        answer = await client.get(path, headers={"x-request-id": "4b3e-9/a"})
        assert answer.headers["x-request-id"] == "4b3e-9/a"
    for bad in ("a b", "x" * 129, "æ".encode("latin-1")):
        assert "x-request-id" not in (await client.get("/metadata", headers={"x-request-id": bad})).headers


@pytest.mark.shared
@pytest.mark.slow
async def test_every_norwegian_xml_example_is_taken_and_given_back(client):
    taken = 0
    for file in sorted(shared("fhir/no-basis-xml-examples").rglob("*.xml")):
        resource = xml.loads(file.read_bytes())
        answer = await client.post(f"/{resource['resourceType']}", content=file.read_bytes(), headers=XML)
        if "id" in resource and not ID.fullmatch(resource["id"]):
            assert answer.status_code == 400
            continue
        assert answer.status_code == 201, file.name
        place = answer.headers["location"].split("/fhir/")[1]
        given = xml.loads((await client.get(f"/{place}", headers=XML)).content)
        given["id"] = resource.setdefault("id", "none")
        assert given.pop("meta") | resource.pop("meta", {})
        assert same(given, resource), file.name
        taken += 1
    assert taken >= 9


async def test_put_in_a_bundle_of_xml_keeps_digits(client):
    raw = strict_json.loads(
        b'{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"valueQuantity":{"value":0.10}}'
    )
    answer = await client.post("/", content=xml.dumps(bundle("transaction", put(raw))), headers=XML)
    assert answer.status_code == 200
    assert b'"value":0.10' in (await client.get("/Observation/o")).content
