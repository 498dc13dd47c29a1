"""Bad input over real sockets to a server that runs as a program: it answers or hangs up, and goes on serving."""

import random
import socket
import time

import httpx
import pytest
from bench.server import Served

from tests.fuzz.mutate import cut_up
from tests.fuzz.server import Told, check, make

REQUESTS = 1_000
GARBAGE = 300
SLOWEST = 2.0
GROWTH = 60
"""Megabytes by which the process may grow: what it reads at the first use is not read again."""
PATIENT = b'{"resourceType":"Patient"}'
LINES = [
    b"GET /fhir/metadata HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"POST /fhir/Patient HTTP/1.1\r\nContent-Type: application/fhir+json\r\nContent-Length: 26\r\n\r\n"
    + PATIENT,
    b"POST /fhir HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    b"GET /fhir/Patient?name=\xff HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    server = Served(tmp_path_factory.mktemp("data"))
    yield server
    server.stop()


def sent(port, raw):
    """What comes back for bytes on a socket; nothing where the server hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=5 * SLOWEST) as connection:
        connection.settimeout(5 * SLOWEST)
        try:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            return connection.recv(65_536)
        except OSError:
            return b""


def alive(port):
    return httpx.get(f"http://127.0.0.1:{port}/health", timeout=10).status_code == 200


@pytest.mark.slow
@pytest.mark.store
def test_bytes_that_are_no_http_do_not_stop_the_server(served):
    rng = random.Random(1)
    for _ in range(GARBAGE):
        answer = sent(served.port, cut_up(rng, rng.choice(LINES)))
        assert not answer.startswith(b"HTTP/1.1 5"), answer
    assert alive(served.port)


@pytest.mark.slow
@pytest.mark.store
def test_generated_requests_over_http(served):
    rng = random.Random(2)
    statuses = set()
    with httpx.Client(base_url=f"http://127.0.0.1:{served.port}", timeout=20) as client:
        for number in range(2 * REQUESTS):
            if number == REQUESTS:
                before = served.worker_megabytes
            asked = make(rng)
            try:
                began = time.process_time()
                answer = client.request(
                    asked.method,
                    httpx.URL(path=asked.path, query=asked.query),
                    headers=[(k, v) for k, v in asked.headers.items() if b"\n" not in v and b"\r" not in v],
                    content=asked.body,
                )
            except (httpx.InvalidURL, httpx.LocalProtocolError, UnicodeError):
                continue  # the client itself refuses to send it
            statuses.add(answer.status_code)
            body = (
                answer.content
                if answer.headers.get("content-type", "").startswith("application/fhir+json")
                else b""
            )
            check(asked, Told(answer.status_code, [], body), time.process_time() - began, SLOWEST)
    assert {200, 201, 400, 404} <= statuses
    assert served.worker_megabytes - before < GROWTH
    assert alive(served.port)
