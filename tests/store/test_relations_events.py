"""Care relations follow their source; events come in order and none is lost to a slow transaction."""

import asyncio
from datetime import timedelta

import pytest

from akson.kit.clock import now
from akson.store.access import relations
from akson.store.access.relations import BEGINNING, END, Relation
from akson.store.index.hashing import patient_number
from akson.store.record import events
from akson.store.record.events import Mark

pytestmark = pytest.mark.store


async def test_relations_follow_their_source(database):
    async with database.transaction() as tx:
        first = [Relation("p", "Organization/a", "service"), Relation("p", "Organization/b", "service")]
        await relations.replace(tx, "EpisodeOfCare/1", first)
        await relations.replace(tx, "Encounter/1", [Relation("p", "Organization/c", "stay")])
        await relations.replace(tx, "EpisodeOfCare/1", [Relation("p", "Organization/a", "service")])
        assert [row.party for row in await relations.of_patient(tx, "p")] == [
            "Organization/a",
            "Organization/c",
        ]


async def test_what_a_source_takes_back_is_ended_and_kept(database):
    before = now()
    service, stay = Relation("p", "Organization/a", "service"), Relation("p", "Organization/b", "service")
    async with database.transaction() as tx:
        await relations.replace(tx, "EpisodeOfCare/1", [service, stay])
    async with database.transaction() as tx:
        both = (await tx.one("select now()"))[0]
        await relations.replace(tx, "EpisodeOfCare/1", [service])
        assert await relations.of_patient(tx, "p") == [
            Relation("p", "Organization/a", "service", BEGINNING, END)
        ]
        assert await relations.parties(tx, [patient_number("p"), 5]) == {
            patient_number("p"): frozenset({"Organization/a"})
        }
    async with database.transaction() as tx:
        await relations.replace(tx, "EpisodeOfCare/1", [service, stay])
        assert len(await relations.of_patient(tx, "p")) == 2
        assert await tx.one("select count(*) from care_relation") == (3,)
        moment = both - timedelta(microseconds=1)
        assert [(each.party, each.source) for each in await relations.at(tx, "p", moment)] == [
            ("Organization/a", "EpisodeOfCare/1"),
            ("Organization/b", "EpisodeOfCare/1"),
        ]
        assert [each.party for each in await relations.at(tx, "p", both)] == ["Organization/a"]
        assert await relations.at(tx, "p", before - timedelta(days=1)) == []  # not known then


async def test_the_same_again_writes_nothing(database):
    rows = [
        Relation("p", "Organization/a", "service"),
        Relation("p", "Organization/a", "service", None, now()),
    ]
    async with database.transaction() as tx:
        await relations.replace(tx, "EpisodeOfCare/1", rows[:1])
    async with database.transaction() as tx:
        await relations.replace(tx, "EpisodeOfCare/1", rows[:1])
        assert await tx.one("select count(*), count(ended) from care_relation") == (1, 0)
        await relations.replace(tx, "EpisodeOfCare/1", rows[1:])
        assert await tx.one("select count(*), count(ended) from care_relation") == (2, 1)


async def test_a_relation_that_is_over_opens_nothing(database):
    async with database.transaction() as tx:
        over = Relation("p", "Organization/a", "stay", None, now() - timedelta(seconds=1))
        await relations.replace(tx, "Encounter/1", [over])
        assert await relations.of_patient(tx, "p") == []


async def test_events_of_a_slow_transaction_are_not_lost(database):
    started, finish = asyncio.Event(), asyncio.Event()

    async def slow():
        async with database.transaction() as tx:
            await events.append(tx, "Flag.create", patient_number("p"), "Flag/slow")
            started.set()
            await finish.wait()

    task = asyncio.create_task(slow())
    await started.wait()
    async with database.transaction() as tx:
        await events.append(tx, "Flag.create", patient_number("p"), "Flag/quick")
    async with database.transaction() as tx:
        assert await events.after(tx, Mark()) == []
    finish.set()
    await task
    async with database.transaction() as tx:
        found = await events.after(tx, Mark())
        assert {each.reference for each in found} == {"Flag/slow", "Flag/quick"}
        assert await events.after(tx, found[-1].mark) == []
        assert await events.after(tx, Mark(), patients=["other"]) == []


async def test_one_starts_from_now(database):
    async with database.transaction() as tx:
        await events.append(tx, "Flag.create", patient_number("p"), "Flag/old")
    async with database.transaction() as tx:
        mark = await events.latest(tx)
    async with database.transaction() as tx:
        await events.append(tx, "Flag.create", patient_number("p"), "Flag/new")
    async with database.transaction() as tx:
        assert [each.reference for each in await events.after(tx, mark)] == ["Flag/new"]
