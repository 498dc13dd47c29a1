"""Bulk data through a real server: killed in the middle and started again, and with contents that are very large."""

import base64
import json
import os

import httpx
import pytest

from tests.cli.served import Served

pytestmark = [pytest.mark.store, pytest.mark.slow]

ASYNC = {"prefer": "respond-async"}
MEGABYTE = 1_000_000


@pytest.fixture
def server(tmp_path):
    served = Served(tmp_path / "data", AKSON_BODY_LIMIT=str(60 * MEGABYTE))
    served.start()
    yield served
    served.stop()


def patients(count, start=0):
    return [
        {"resourceType": "Patient", "id": f"p{number}", "name": [{"family": f"Hansen {number}"}]}
        for number in range(start, start + count)
    ]


def put_all(base, resources):
    for start in range(0, len(resources), 500):
        entries = [
            {"resource": each, "request": {"method": "PUT", "url": f"{each['resourceType']}/{each['id']}"}}
            for each in resources[start : start + 500]
        ]
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        assert httpx.post(base, json=bundle, timeout=120).status_code == 200


def test_an_export_goes_on_after_the_server_was_killed_and_holds_each_resource_once(server):
    """Pain 5: an export that is stuck after a restart."""
    put_all(server.base, patients(6000))
    heavy = [
        {"resourceType": "Binary", "id": f"b{n}", "contentType": "text/plain", "data": noise(400_000)}
        for n in range(20)
    ]
    for each in heavy:
        assert httpx.put(f"{server.base}/Binary/{each['id']}", json=each, timeout=60).status_code == 201
    begun = httpx.get(f"{server.base}/$export", headers=ASYNC, timeout=60)
    where = begun.headers["content-location"]
    assert httpx.get(where, timeout=60).status_code == 202
    server.kill()
    server.start()
    server.until(where, done=1)
    server.kill()
    server.start()
    answer = server.until(where)
    assert answer.status_code == 200, answer.text
    found = [f"{each['resourceType']}/{each['id']}" for each in server.lines(answer.json())]
    assert len(found) == len(set(found)) == 6020


def noise(size):
    """Base64 that no compression makes small."""
    return base64.b64encode(os.urandom(size)).decode()


def test_very_large_contents_leave_the_memory_of_an_export_small(server):
    """Pain 5: out of memory on inline attachments, whatever the heap."""
    for number in range(4):
        content = {
            "resourceType": "Binary",
            "id": f"b{number}",
            "contentType": "image/tiff",
            "data": noise(30 * MEGABYTE),
        }
        answer = httpx.put(f"{server.base}/Binary/b{number}", content=json.dumps(content), timeout=120,
                           headers={"content-type": "application/fhir+json"})  # fmt: skip
        assert answer.status_code == 201, answer.text
    # What took the contents in has held them whole; what sends them out must not.
    server.stop()
    server.start()
    begun = httpx.get(f"{server.base}/$export", headers=ASYNC, timeout=60)
    answer = server.until(begun.headers["content-location"])
    assert answer.status_code == 200, answer.text
    (file,) = answer.json()["output"][:1]
    size = 0
    for each in answer.json()["output"]:
        with httpx.stream("GET", each["url"], timeout=120) as streamed:
            for piece in streamed.iter_bytes(MEGABYTE):
                size += len(piece)
    assert size > 4 * 40 * MEGABYTE
    assert file["type"] == "Binary"
    assert server.peak() < 300 * MEGABYTE


def test_an_import_goes_on_after_the_server_was_killed_and_takes_nothing_twice(server):
    """Pain 10: an import that says that it is done and cannot be searched, or begins anew after a restart."""
    raw = b"".join(json.dumps(each).encode() + b"\n" for each in patients(12_000))
    headers = ASYNC | {"content-type": "application/fhir+ndjson"}
    begun = httpx.post(f"{server.base}/$import", content=raw, headers=headers, timeout=60)
    where = begun.headers["content-location"]
    server.kill()
    server.start()
    server.until(where, done=1)
    server.kill()
    server.start()
    answer = server.until(where)
    assert answer.status_code == 200, answer.text
    (taken,) = answer.json()["output"]
    assert taken == {"type": "Patient", "count": 12_000, "created": 12_000, "updated": 0, "unchanged": 0}
    assert answer.json()["error"] == []
    found = httpx.get(f"{server.base}/Patient?_summary=count", timeout=60).json()["total"]
    named = httpx.get(f"{server.base}/Patient?family:exact=Hansen 11999", timeout=60).json()
    assert (found, named["entry"][0]["resource"]["id"]) == (12_000, "p11999")
