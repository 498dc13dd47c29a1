"""A record of ten thousand resources: it leaves as a stream that begins at once, in memory that does not grow with it, and
is erased in seconds.
"""

import time
import tracemalloc

import pytest

from akson.rest.open import open_place, standalone
from tests.patience import in_time
from tests.rest.conftest import BASE
from tests.rest.making import bundle, observation, patient, post, put
from tests.rest.raw import ask

pytestmark = [pytest.mark.store, pytest.mark.slow]
SIZE, PART = 10_000, 1_000


@pytest.fixture
async def app(database):
    return standalone(open_place(database, BASE), limit=50_000_000)


async def read(app, path, query=b""):
    """Ask without keeping the answer: status, seconds to the first byte and to the last, bytes, largest chunk."""
    sizes, moments = [], []

    async def take(chunk):
        moments.append(time.perf_counter())
        sizes.append(len(chunk))

    start = time.perf_counter()
    told = await ask(app, f"/fhir{path}", query=query, take=take)
    return told.status, moments[0] - start, moments[-1] - start, sum(sizes), max(sizes)


async def test_it_streams_in_bounded_memory_and_is_erased_in_seconds(app, client, database, record_property):
    text = {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{"ord " * 250}</div>'}
    for part in range(SIZE // PART):
        many = [
            post(
                observation(
                    "Patient/long", f"{number}-1", text=text, effectiveDateTime=f"20{part + 10}-01-01"
                )
            )
            for number in range(PART)
        ]
        for start in range(0, PART, 125):
            entries = [put(patient("L", id="long")), *many[start : start + 125]]
            answer = await client.post("/", json=bundle("transaction", *entries))
            assert answer.status_code == 200, answer.text
    async with database.transaction() as tx:
        await tx.execute("analyze")
    for form in (b"", b"_pretty=true", b"_format=xml", b"_format=xml&_pretty=true"):
        await read(app, "/Patient/long/$everything", b"_type=Patient&" + form)
        tracemalloc.start()
        status, _, _, size, largest = await read(app, "/Patient/long/$everything", form)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert status == 200, form
        assert size > 12_000_000, form
        assert largest < 1_000_000, form
        assert peak < size / 3, (form, peak, size)
        record_property(f"peak bytes {form.decode()}", peak)
    timed = [await read(app, "/Patient/long/$everything") for _ in range(3)]
    begin = time.perf_counter()
    body = {"resourceType": "Parameters", "parameter": [{"name": "what", "valueCode": "compartment"}]}
    erased = await client.post("/Patient/long/$expunge", json=body)
    took = time.perf_counter() - begin
    assert erased.status_code == 200, erased.text
    assert erased.json()["parameter"][0]["valueInteger"] == SIZE + 1
    record_property("first byte", min(each[1] for each in timed))
    record_property("whole", min(each[2] for each in timed))
    record_property("erased in", took)
    assert in_time(min(each[1] for each in timed), 0.1)
    assert in_time(took, 10)
