"""The queue: done once in the good case, again after a failure, in order for each key, dead at last."""

import asyncio
from datetime import timedelta

import pytest

from akson.kit.clock import now
from akson.kit.errors import PeerSilent
from akson.store.underway import jobs
from akson.store.underway.jobs import Later


async def put(database, *payloads, **options):
    async with database.transaction() as tx:
        for payload in payloads:
            await jobs.enqueue(tx, "send", {"n": payload}, **options)


async def test_a_job_is_done_once_and_gone(database):
    seen = []

    async def handler(database, job):
        seen.append((job.kind, job.payload, job.attempts))

    await put(database, 1, 2)
    assert await jobs.run_due(database, {"send": handler}) == 2
    assert await jobs.run_due(database, {"send": handler}) == 0
    assert seen == [("send", {"n": 1}, 1), ("send", {"n": 2}, 1)]


async def test_a_job_of_a_transaction_that_failed_was_never_there(database):
    async def fails():
        async with database.transaction() as tx:
            await jobs.enqueue(tx, "send", {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fails()
    async with database.transaction() as tx:
        assert await jobs.waiting(tx) == []


async def test_kinds_without_a_handler_and_jobs_not_yet_due_wait(database):
    async def handler(database, job):
        raise AssertionError

    await put(database, 1, due=now() + timedelta(hours=1))
    async with database.transaction() as tx:
        await jobs.enqueue(tx, "other", {})
    assert await jobs.run_due(database, {"send": handler}) == 0


async def test_jobs_with_one_key_keep_their_order_past_a_failure(database):
    seen = []

    async def handler(database, job):
        if job.payload["n"] == 1 and job.attempts == 1:
            raise PeerSilent("no answer")
        seen.append((job.key, job.payload["n"]))

    await put(database, 1, 2, 3, key="a")
    await put(database, 1, key="")
    await jobs.run_due(database, {"send": handler})
    assert seen == []
    await make_due(database)
    await jobs.run_due(database, {"send": handler})
    assert [number for key, number in seen if key == "a"] == [1, 2, 3]


async def make_due(database):
    async with database.transaction() as tx:
        await tx.execute("update job set due = now()")


async def test_a_job_that_always_fails_is_dead_at_last_and_can_be_tried_again(database):
    async def handler(database, job):
        raise PeerSilent("the receiver does not answer")

    await put(database, 1)
    for _ in range(jobs.ATTEMPTS):
        await make_due(database)
        assert await jobs.run_due(database, {"send": handler}) == 1
    await make_due(database)
    assert await jobs.run_due(database, {"send": handler}) == 0
    async with database.transaction() as tx:
        (dead,) = await jobs.dead(tx)
        assert dead.error == "PeerSilent: the receiver does not answer"
        assert dead.attempts == jobs.ATTEMPTS
        assert await jobs.retry(tx, dead.id)
        assert not await jobs.retry(tx, dead.id)
    done = []

    async def good(database, job):
        done.append(job.id)

    await jobs.run_due(database, {"send": good})
    assert done == [dead.id]


async def test_the_error_of_an_unknown_exception_keeps_no_text(database):
    async def handler(database, job):
        raise ValueError("Kari Nordmann")

    await put(database, 1)
    await jobs.run_due(database, {"send": handler})
    async with database.transaction() as tx:
        assert (await tx.one("select error from job"))[0] == "ValueError"


async def test_a_job_of_a_worker_that_died_comes_back(database):
    await put(database, 1)
    async with database.transaction() as tx:
        assert len(await tx.fetch(jobs.CLAIM, [120.0, ["send"], 1])) == 1
        assert await tx.fetch(jobs.CLAIM, [120.0, ["send"], 1]) == []
        await tx.execute("update job set claimed_until = now() - interval '1 second'")
        assert len(await tx.fetch(jobs.CLAIM, [120.0, ["send"], 1])) == 1


async def test_several_workers_share_the_work_and_stop(database):
    seen = []
    stop = asyncio.Event()

    async def handler(database, job):
        await asyncio.sleep(0.001)
        seen.append(job.payload["n"])
        if len(seen) == 100:
            stop.set()

    await put(database, *range(100))
    async with asyncio.timeout(30):
        await asyncio.gather(*(jobs.run(database, {"send": handler}, stop) for _ in range(3)))
    assert sorted(seen) == list(range(100))
    async with database.transaction() as tx:
        assert await jobs.waiting(tx) == []


async def test_long_work_is_done_in_steps_and_each_step_may_fail_on_its_own(database):
    seen = []

    async def handler(database, job):
        seen.append((job.payload["n"], job.attempts))
        if job.payload["n"] == 2 and job.attempts == 1:
            raise PeerSilent("no answer")
        return Later(payload={"n": job.payload["n"] + 1}) if job.payload["n"] < 4 else None

    await put(database, 1)
    await jobs.run_due(database, {"send": handler})
    await make_due(database)
    await jobs.run_due(database, {"send": handler})
    assert seen == [(1, 1), (2, 1), (2, 2), (3, 1), (4, 1)]
    async with database.transaction() as tx:
        assert await jobs.waiting(tx) == []


async def test_a_worker_that_lost_its_claim_changes_nothing_any_more(database):
    await put(database, 1)
    async with database.transaction() as tx:
        (row,) = await tx.fetch(jobs.CLAIM, [-1.0, ["send"], 1])
        late = jobs.Job(*row)
        assert len(await tx.fetch(jobs.CLAIM, [120.0, ["send"], 1])) == 1
        assert await tx.execute(jobs.DONE, late.claim) == 0
        assert await tx.execute(jobs.RENEW, [120.0, *late.claim]) == 0


async def test_a_job_that_takes_longer_than_its_claim_is_not_given_to_another(database, monkeypatch):
    monkeypatch.setattr(jobs, "CLAIMED", 0.4)
    monkeypatch.setattr(jobs, "RENEWED", 0.1)
    tries = []

    async def handler(database, job):
        tries.append(job.attempts)
        await asyncio.sleep(1.2)

    await put(database, 1)
    stop = asyncio.Event()
    workers = [asyncio.create_task(jobs.run(database, {"send": handler}, stop)) for _ in range(2)]
    await asyncio.sleep(1.5)
    stop.set()
    await asyncio.gather(*workers)
    assert tries == [1]


async def test_a_worker_that_is_ended_gives_its_jobs_back(database):
    begun = asyncio.Event()

    async def handler(database, job):
        begun.set()
        await asyncio.sleep(60)

    await put(database, 1)
    worker = asyncio.create_task(jobs.run(database, {"send": handler}, asyncio.Event()))
    await begun.wait()
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    seen = []

    async def good(database, job):
        seen.append(job.attempts)

    assert await jobs.run_due(database, {"send": good}) == 1
    assert seen == [1]


def test_the_wait_grows_to_an_hour():
    waits = [jobs.wait(number) for number in range(1, 20)]
    assert 1.6 <= waits[0] <= 2.4
    assert all(2880 <= wait <= 4320 for wait in waits[11:])
