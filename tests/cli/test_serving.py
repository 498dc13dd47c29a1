"""`akson fhir serve` as a program: it starts at once, holds little memory, and streams what is large."""

import os
import time

import httpx
import pytest
from bench.server import Served

from tests.patience import in_time

pytestmark = [pytest.mark.store, pytest.mark.slow]

RECORD = 11_000
CHUNK = 1_000


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The folder of a database that was used before."""
    folder = tmp_path_factory.mktemp("data")
    Served(folder).stop()
    return folder


def test_it_starts_within_two_seconds_and_holds_little_memory(data):
    """The quickest of three. On a machine that has other work, what its own process took stands for the time."""
    times, sizes = [], []
    busy = os.getloadavg()[0] > 1
    for _ in range(3):
        server = Served(data)
        times.append(server.cpu_seconds()[0] if busy else server.ready)
        sizes.append(server.worker_megabytes)
        server.stop()
    assert in_time(min(times), 2)
    assert min(sizes) < 150


def observation(number):
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8310-5"}], "text": "x" * 500},
        "subject": {"reference": "Patient/long"},
        "effectiveDateTime": f"2024-05-{1 + number % 28:02}",
    }


def test_a_long_record_and_large_pages_take_constant_memory_and_go_at_once(data):
    server = Served(data)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{server.port}/fhir", timeout=120) as client:
            client.put("/Patient/long", json={"resourceType": "Patient", "id": "long"}).raise_for_status()
            for start in range(0, RECORD, CHUNK):
                entry = [
                    {"resource": observation(start + n), "request": {"method": "POST", "url": "Observation"}}
                    for n in range(CHUNK)
                ]
                body = {"resourceType": "Bundle", "type": "transaction", "entry": entry}
                client.post("/", json=body, headers={"prefer": "return=minimal"}).raise_for_status()
            read(client, "/Patient/long/$everything")
            client.get("/Observation?_count=1000").raise_for_status()
            before = server.worker_megabytes
            peak = before
            for _ in range(3):
                size, first = read(client, "/Patient/long/$everything")
                assert size > RECORD * 600
                assert in_time(first, 1)  # a tenth on an idle machine; the whole answer takes longer by far
                for _ in range(5):
                    client.get("/Observation?_count=1000").raise_for_status()
                peak = max(peak, server.worker_megabytes)
            assert peak - before < 30
            began = time.perf_counter()
            what = {"name": "what", "valueCode": "compartment"}
            erased = client.post(
                "/Patient/long/$expunge", json={"resourceType": "Parameters", "parameter": [what]}
            )
            assert erased.status_code == 200, erased.text
            assert in_time(time.perf_counter() - began, 20)
            assert client.get("/Observation?_summary=count").json()["total"] == 0
    finally:
        server.stop()


def read(client, path):
    """How many bytes came, and after how many seconds the first."""
    began, first, size = time.perf_counter(), None, 0
    with client.stream("GET", path) as answer:
        assert answer.status_code == 200
        for chunk in answer.iter_bytes(65_536):
            first = first or time.perf_counter() - began
            size += len(chunk)
    return size, first
