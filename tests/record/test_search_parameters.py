"""Search parameters of a node with rules: for who administers it, and for nobody else."""

import pytest

from akson.fhir.search_parse import parse
from akson.record import gate, reindexing
from akson.record.context import NODE_ITSELF, opened
from akson.record.refused import Refused
from akson.security.actor import Actor, Kind
from akson.store.underway import jobs
from tests.record.making import ADMIN, NURSE, journal

pytestmark = pytest.mark.store

LANGUAGE = {
    "resourceType": "SearchParameter",
    "id": "speaks",
    "url": "http://example.org/speaks",
    "name": "speaks",
    "status": "active",
    "description": "Language",
    "code": "speaks",
    "base": ["Patient"],
    "type": "token",
    "expression": "Patient.communication.language",
}
INGRID = {
    "resourceType": "Patient",
    "id": "ingrid",
    "communication": [{"language": {"coding": [{"code": "se"}]}}],
}


@pytest.fixture
async def place(database, monkeypatch):
    monkeypatch.setattr("akson.record.registry.LOOK", 0.0)
    monkeypatch.setattr(reindexing, "WAIT", 0.0)
    monkeypatch.setattr(reindexing, "AGAIN", 0.0)
    made = journal(database)
    async with opened(made, NODE_ITSELF) as ctx:
        await gate.update(ctx, INGRID)
    return made


async def worked(place):
    async def handler(_database, job):
        return await reindexing.work(place, job)

    while await jobs.run_due(place.database, {reindexing.JOB: handler}):
        pass


async def found(place, actor):
    async with opened(place, actor) as ctx:
        known = await ctx.definitions()
        page = await gate.search(ctx, parse("Patient", [("speaks", "se")], base="", known=known))
        return [match.id for match in page.matches]


async def test_who_administers_adds_one_and_rules_still_say_who_sees_what(place):
    async with opened(place, ADMIN) as ctx:
        await gate.update(ctx, LANGUAGE)
    await worked(place)
    assert await found(place, NODE_ITSELF) == ["ingrid"]
    with pytest.raises(Refused):
        await found(place, ADMIN)
    assert await found(place, Actor(Kind.CITIZEN, patient="per", assurance=4)) == []
    async with place.database.transaction() as tx:
        rows = await tx.fetch("select action, client_id from audit where type = 'SearchParameter'")
    assert ("create", "ops") in rows


@pytest.mark.parametrize(
    "actor",
    [NURSE, Actor(Kind.SYSTEM, client_id="other"), Actor(Kind.CITIZEN, patient="ingrid", assurance=4)],
)
async def test_nobody_else_adds_changes_or_takes_one_away(place, actor):
    async with opened(place, ADMIN) as ctx:
        await gate.update(ctx, LANGUAGE)
    for attempt in (
        lambda ctx: gate.create(ctx, LANGUAGE | {"id": "mine", "code": "mine"}),
        lambda ctx: gate.update(ctx, LANGUAGE | {"status": "retired"}),
        lambda ctx: gate.delete(ctx, "SearchParameter", "speaks"),
    ):
        with pytest.raises(Refused):
            async with opened(place, actor) as ctx:
                await attempt(ctx)
    await worked(place)
    assert await found(place, NODE_ITSELF) == ["ingrid"]
