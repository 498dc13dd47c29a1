"""What goes on for a system rests on what it has shown lately, and ends when it can show it no more."""

import asyncio
from datetime import timedelta

import pytest
import pytest_asyncio

from akson.fhir.strict_json import loads
from akson.kit.settings import Node, Role
from akson.record import gate, standing
from akson.record.bulk import export, exporter, own, steps
from akson.record.bulk.export import Wanted
from akson.record.bulk.steps import Kept
from akson.record.context import NODE_ITSELF, Place, opened
from akson.record.standing import Shown
from akson.rest.subscriptions import worker
from akson.security.actor import Actor, Kind
from akson.store.underway import jobs, transfers
from tests.record.making import ADMIN, BASE, INGRID
from tests.rest.subscriptions.conftest import until
from tests.rest.subscriptions.making import by_topic
from tests.rest.subscriptions.receiver import Receiver

pytestmark = pytest.mark.store
SYSTEM = Actor(Kind.SYSTEM, name="Operations", client_id="ops")


@pytest_asyncio.fixture
async def receiver():
    made = await Receiver().start()
    yield made
    await made.stop()


@pytest_asyncio.fixture
async def place(database, receiver):
    hooks = frozenset({f"http://127.0.0.1:{receiver.port}"})
    node = Node("journal", frozenset({Role.JOURNAL}), BASE, "Solvik", "999", "akson-journal", hooks=hooks)
    return Place(node, database, standing=timedelta(hours=1))


async def pass_by(place, client="ops", right=""):
    """The time passes for which what a system has shown stands."""
    async with place.database.transaction() as tx:
        done = await tx.execute(
            "update keep set expires = now() where kind = 'standing' and key like %s", [f"{client} {right}%"]
        )
        assert done > 0


async def test_each_right_stands_as_long_as_it_is_shown(place):
    async with place.database.transaction() as tx:
        assert await standing.standing(tx, ADMIN) is None
        assert await standing.standing(tx, INGRID) == INGRID
        await standing.shown(tx, place, ADMIN)
        assert await standing.standing(tx, ADMIN) == ADMIN
        (row,) = await tx.fetch("select distinct expires > now() + interval '59 minutes' from keep")
        assert row == (True,)
    await pass_by(place, right="admin")
    async with place.database.transaction() as tx:
        # A token without the right says nothing of whether the system still has it: it runs out by itself.
        await standing.shown(tx, place, SYSTEM)
        found = await standing.standing(tx, ADMIN)
        assert (found.client_id, found.administers) == ("ops", False)


async def test_who_calls_again_and_again_is_noted_now_and_then(place, monkeypatch):
    noted = []
    note = standing.shown

    async def counted(tx, at, actor):
        noted.append(actor)
        await note(tx, at, actor)

    monkeypatch.setattr(standing, "shown", counted)
    shown = Shown(place)
    for actor in (SYSTEM, SYSTEM, ADMIN, ADMIN, SYSTEM, INGRID):
        await shown.note(actor)
    assert noted == [SYSTEM, ADMIN]
    monkeypatch.setattr(standing, "EVERY", 0.0)
    await shown.note(SYSTEM)
    assert len(noted) == 3


async def test_notifications_stop_and_go_on_from_the_same_number(place, receiver):
    task = asyncio.create_task(worker.run(place))
    async with opened(place, SYSTEM) as ctx:
        topic = by_topic("urn:akson:topic:Organization", receiver.url)
        id_ = (await gate.create(ctx, topic)).stored.id

    async def stands():
        async with opened(place, SYSTEM) as ctx:
            return loads((await gate.read(ctx, "Subscription", id_)).body)

    async def is_(status):
        return (await stands())["status"] == status

    async def change():
        async with opened(place, NODE_ITSELF) as ctx:
            await gate.create(ctx, {"resourceType": "Organization", "name": "Ny enhet"})

    await until(lambda: is_("active"))
    await change()
    await until(lambda: receiver.numbers == [1])
    await pass_by(place)
    await change()
    await until(lambda: is_("error"))
    assert (await stands())["error"] == "whoever subscribed has shown no token for too long"
    heard = len(receiver.got)
    await asyncio.sleep(1.5)
    assert len(receiver.got) == heard
    await Shown(place).note(SYSTEM)
    await change()
    await until(lambda: receiver.numbers == [1, 2, 3])
    await until(lambda: is_("active"))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_new_subscription_whose_system_is_gone_is_not_even_greeted(place, receiver):
    async with opened(place, SYSTEM) as ctx:
        await gate.create(ctx, by_topic("urn:akson:topic:Organization", receiver.url))
    await pass_by(place)
    task = asyncio.create_task(worker.run(place))

    async def failed():
        async with place.database.transaction() as tx:
            return (await tx.one("select failures from subscription"))[0] > 0

    await until(failed)
    assert receiver.got == []
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("right", ["admin", ""])
async def test_an_export_ends_when_the_right_to_it_is_not_shown_any_more(place, monkeypatch, right):
    monkeypatch.setattr(exporter, "SETTLE", timedelta(0))
    monkeypatch.setattr(steps, "STEP", 0.0001)
    async with opened(place, NODE_ITSELF) as ctx:
        await gate.update(ctx, {"resourceType": "Patient", "id": "ingrid"})
    async with opened(place, ADMIN) as ctx:
        id_ = (await export.begin(ctx, "http://localhost/$export", Wanted())).id
    doing = exporter.Exporter(place, Kept(1000, timedelta(hours=1)), lambda _: bytes)
    job = jobs.Job(1, "export", "", {"transfer": id_}, 1, None)

    async def state():
        async with place.database.transaction() as tx:
            return await transfers.get(tx, id_)

    async with asyncio.timeout(20):
        while (await state()).state != "running":
            await doing.work(job)
    await pass_by(place, right=right)
    assert await doing.work(job) is None
    ended = await state()
    assert (ended.state, ended.error) == ("failed", "whoever asked for it may not any more")
    async with place.database.transaction() as tx:
        assert await own.still_granted(tx, place, ended) is None
