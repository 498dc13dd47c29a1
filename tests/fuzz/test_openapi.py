"""Requests made from the OpenAPI description that the server publishes of itself, by schemathesis, over real HTTP."""

import time
from collections import Counter

import httpx
import pytest
import schemathesis
from bench.server import Served
from hypothesis import HealthCheck, given, settings

from tests.patience import in_time

pytestmark = [pytest.mark.store, pytest.mark.slow]

EACH = 15
"""Requests of each interaction and operation."""
SLOWEST = 5.0
"""Seconds on the clock, which other work of the machine may lengthen; the processor's two are held elsewhere."""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    server = Served(tmp_path_factory.mktemp("data"))
    yield server
    server.stop()


def attacked(operation, statuses):
    """Send requests of one operation, good ones and bad ones."""

    @settings(max_examples=EACH, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy())
    def run(case):
        began = time.perf_counter()
        answer = case.call()
        assert answer.status_code < 500, (case, answer.text)
        assert in_time(time.perf_counter() - began, SLOWEST), case
        if answer.status_code >= 400:
            assert b"OperationOutcome" in answer.content, (case, answer.text)
        statuses[answer.status_code] += 1

    run()


def test_every_operation_of_the_description_answers_whatever_it_is_asked(served):
    base = f"http://127.0.0.1:{served.port}/fhir"
    schema = schemathesis.openapi.from_url(f"{base}/openapi.json")
    statuses: Counter[int] = Counter()
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 80
    for operation in operations:
        attacked(operation, statuses)
    assert statuses.total() >= EACH * len(operations) // 2
    assert statuses[200] > 50
    assert httpx.get(f"{base}/metadata", timeout=10).status_code == 200
