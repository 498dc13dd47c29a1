"""Binary: content of any type goes in and comes out as it is; as a resource where FHIR is asked for."""

import base64

import pytest

from akson.fhir import xml
from tests.rest.conftest import JSON, LIMIT
from tests.rest.making import issue, patient

pytestmark = pytest.mark.store

PDF = b"%PDF-1.7\n\x00\xff\xfe binary"
FHIR = {"accept": "application/fhir+json"}


async def put_raw(client, key, content, media, **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.put(f"/Binary/{key}", content=content, headers={"content-type": media} | names)


async def test_content_is_stored_as_it_is_and_read_as_it_is(client):
    made = await client.post("/Binary", content=PDF, headers={"content-type": "application/pdf"})
    assert made.status_code == 201
    body = made.json()
    assert (body["contentType"], base64.b64decode(body["data"])) == ("application/pdf", PDF)
    for accept in (
        "application/pdf",
        "*/*",
        "application/*",
        "image/png;q=0.1, */*;q=0.5",
        "text/html,*/*;q=0.8",
    ):
        read = await client.get(f"/Binary/{body['id']}", headers={"accept": accept})
        assert (read.status_code, read.content) == (200, PDF)
        assert read.headers["content-type"] == "application/pdf"
        assert read.headers["x-content-type-options"] == "nosniff"
        assert read.headers["etag"] == 'W/"1"'
        assert "content-disposition" not in read.headers
    head = await client.head(f"/Binary/{body['id']}", headers={"accept": "*/*"})
    assert (head.content, head.headers["content-length"]) == (b"", str(len(PDF)))


async def test_as_fhir_it_is_a_resource(client):
    await put_raw(client, "a", PDF, "application/pdf")
    for headers, query in (
        (FHIR, ""),
        ({"accept": "application/json"}, ""),
        ({"accept": "*/*"}, "?_format=json"),
        ({"accept": "application/fhir+json, */*;q=0.1"}, ""),
    ):
        read = await client.get(f"/Binary/a{query}", headers=headers)
        assert read.json()["resourceType"] == "Binary"
        assert base64.b64decode(read.json()["data"]) == PDF
    read = await client.get("/Binary/a", headers={"accept": "application/fhir+xml"})
    assert base64.b64decode(xml.loads(read.content)["data"]) == PDF


async def test_a_type_it_is_not_is_406(client):
    await put_raw(client, "a", PDF, "application/pdf")
    for accept in ("image/png", "application/pdf;q=0", "application/pdf;q=0, image/*"):
        answer = await client.get("/Binary/a", headers={"accept": accept})
        assert (answer.status_code, issue(answer)["code"]) == (406, "not-supported")


async def test_json_and_xml_that_are_not_fhir_by_their_type_are_content(client):
    for media, content in (
        ("application/json", b'{"a":1}'),
        ("application/xml", b"<!DOCTYPE a><a/>"),
        ("text/xml", b"<a/>"),
    ):
        await put_raw(client, "a", content, media)
        read = await client.get("/Binary/a", headers={"accept": media})
        assert (read.content, read.headers["content-type"]) == (content, media)


async def test_as_fhir_the_body_is_the_resource(client):
    resource = {
        "resourceType": "Binary",
        "id": "a",
        "contentType": "text/plain; charset=utf-8",
        "data": "aGVp",
    }
    assert (await client.put("/Binary/a", json=resource, headers=JSON)).status_code == 201
    raw = await client.put(
        "/Binary/b",
        content=xml.dumps(resource | {"id": "b"}),
        headers={"content-type": "application/fhir+xml"},
    )
    assert raw.status_code == 201
    for key in ("a", "b"):
        read = await client.get(f"/Binary/{key}", headers={"accept": "text/plain"})
        assert (read.text, read.headers["content-type"]) == ("hei", "text/plain; charset=utf-8")
    wrong = await client.post("/Binary", content=PDF, headers=JSON)
    assert wrong.status_code == 400


@pytest.mark.parametrize(
    "media",
    ["text/html", "image/svg+xml", "application/xhtml+xml", "text/javascript", "x/y", "TEXT/HTML; a=b"],
)
async def test_what_a_browser_could_run_is_only_given_to_be_saved(client, media):
    await put_raw(client, "a", b"<script>alert(1)</script>", media)
    read = await client.get("/Binary/a", headers={"accept": "*/*"})
    assert read.headers["content-disposition"] == "attachment"
    assert read.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert read.headers["x-content-type-options"] == "nosniff"


async def test_a_type_that_is_none_never_becomes_a_header(client):
    answer = await put_raw(client, "a", b"x", "nonsense")
    assert (answer.status_code, issue(answer)["expression"]) == (400, ["Binary.contentType"])
    odd = {"resourceType": "Binary", "id": "a", "contentType": "text/html\r\nx-evil: 1", "data": "aGVp"}
    if (await client.put("/Binary/a", json=odd)).status_code == 201:
        read = await client.get("/Binary/a", headers={"accept": "*/*"})
        assert read.headers["content-type"] == "application/octet-stream"
        assert "x-evil" not in read.headers


async def test_data_that_is_no_base64_is_to_be_had_as_a_resource_only(client):
    odd = {"resourceType": "Binary", "id": "a", "contentType": "x/y", "data": "a"}
    if (await client.put("/Binary/a", json=odd)).status_code == 201:
        assert (await client.get("/Binary/a", headers={"accept": "*/*"})).status_code == 406
        assert (await client.get("/Binary/a", headers=FHIR)).json()["data"] == "a"


async def test_the_security_context_is_kept_and_told(client):
    await client.put("/Patient/p", json=patient(id="p"))
    made = await put_raw(client, "a", PDF, "application/pdf", x_security_context="Patient/p")
    assert made.json()["securityContext"] == {"reference": "Patient/p"}
    read = await client.get("/Binary/a", headers={"accept": "*/*"})
    assert read.headers["x-security-context"] == "Patient/p"
    wrong = await put_raw(client, "b", PDF, "application/pdf", x_security_context="nonsense")
    assert (wrong.status_code, issue(wrong)["expression"]) == (400, ["Binary.securityContext"])


async def test_versions_conditions_and_empty_content_work_as_for_any_resource(client):
    await put_raw(client, "a", b"one", "text/plain")
    await put_raw(client, "a", b"two", "text/plain")
    old = await client.get("/Binary/a/_history/1", headers={"accept": "text/plain"})
    assert old.text == "one"
    assert (await put_raw(client, "a", b"x", "text/plain", if_match='W/"1"')).status_code == 412
    same = await client.get("/Binary/a", headers={"accept": "*/*", "if-none-match": 'W/"2"'})
    assert same.status_code == 304
    assert (await put_raw(client, "e", b"", "text/plain")).status_code == 201
    empty = await client.get("/Binary/e", headers={"accept": "*/*"})
    assert (empty.status_code, empty.content) == (200, b"")
    assert (await client.get("/Binary/none", headers={"accept": "image/png"})).status_code == 404
    unsaid = await client.post("/Binary", content=b"x", headers={"content-type": ""})
    assert unsaid.json()["contentType"] == "application/octet-stream"
    assert (await put_raw(client, "big", b"x" * (LIMIT + 1), "text/plain")).status_code == 413
