"""Work beside the requests: jobs are done, loops are kept up, several processes share, and all of it ends."""

import asyncio

import pytest

from akson.rest import background
from akson.rest.open import open_place
from akson.store.underway import jobs
from akson.store.underway.jobs import Later

pytestmark = pytest.mark.store


async def until(condition):
    async with asyncio.timeout(20):
        while not await condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def put(database, *numbers):
    async with database.transaction() as tx:
        for number in numbers:
            await jobs.enqueue(tx, "count", {"n": number})


async def none_waiting(database):
    async with database.transaction() as tx:
        return await jobs.waiting(tx) == []


async def test_several_workers_share_the_jobs_and_each_step_is_done_once(database):
    seen = []

    async def count(place, job):
        seen.append(job.payload["n"])
        assert place.node.name == "fhir"
        assert place.database is not database
        return Later(payload={"n": job.payload["n"] + 100}) if job.payload["n"] < 100 else None

    place = open_place(database, "http://fhir.example")
    await put(database, *range(20))
    workers = [asyncio.create_task(background.run(place, {"count": count}, ())) for _ in range(2)]
    await until(lambda: none_waiting(database))
    await background.ended(workers)
    assert sorted(seen) == sorted([*range(20), *range(100, 120)])


async def test_a_loop_that_fails_is_begun_again_and_disturbs_no_other(database, monkeypatch):
    monkeypatch.setattr(background, "PAUSE", 0.01)
    begun = []

    async def fails(place):
        begun.append("fails")
        raise ValueError

    async def lasts(place):
        begun.append("lasts")
        await asyncio.sleep(60)

    async def enough():
        return len(begun) >= 4

    worker = asyncio.create_task(background.run(open_place(database, "http://x.example"), {}, (fails, lasts)))
    await until(enough)
    await background.ended([worker])
    assert worker.cancelled()
    assert begun.count("lasts") == 1


async def test_it_ends_with_the_block_and_what_was_under_way_waits_for_the_next(database, monkeypatch):
    begun = asyncio.Event()

    async def slow(place, job):
        begun.set()
        await asyncio.sleep(60)

    monkeypatch.setattr(background, "HANDLERS", {"count": slow})
    await put(database, 1)
    async with background.beside(open_place(database, "http://x.example")):
        await asyncio.wait_for(begun.wait(), 20)
    seen = []

    async def quick(database, job):
        seen.append(job.attempts)

    assert await jobs.run_due(database, {"count": quick}) == 1
    assert seen == [1]
