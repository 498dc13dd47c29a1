"""A session that has ended stays so, and a role that was taken stays taken, whatever other requests of it do meanwhile."""

from dataclasses import replace
from datetime import timedelta

import pytest

from akson.security import sessions as module
from akson.security.caller import Caller, RoleChoice
from akson.security.sessions import Sessions
from akson.store.underway import keep

pytestmark = pytest.mark.store
NURSE = Caller("journal", pid="p", name="Hanne", surface="/journal", assurance=4)


@pytest.fixture
def sessions(database, monkeypatch):
    monkeypatch.setattr(module, "TOUCH", timedelta(seconds=-1))  # each look writes when it was
    return Sessions(database)


async def started(sessions):
    return await sessions.start(NURSE, id_token="t", refresh="r")


def meanwhile(monkeypatch, database, happens):
    """Something happens in another request, between reading a session and writing when it was seen."""
    read = keep.get

    async def get(tx, kind, key):
        found = await read(tx, kind, key)
        monkeypatch.setattr(keep, "get", read)
        await happens()
        return found

    monkeypatch.setattr(keep, "get", get)


async def test_a_sign_out_is_not_undone_by_a_request_that_is_under_way(sessions, database, monkeypatch):
    secret, session = await started(sessions)
    meanwhile(monkeypatch, database, lambda: sessions.end(session))
    await sessions.find(secret)
    assert await sessions.find(secret) is None


async def test_a_role_that_was_taken_stays_when_another_request_is_under_way(sessions, database, monkeypatch):
    secret, session = await started(sessions)
    taken = replace(session, caller=replace(NURSE, role="r2"), roles=(RoleChoice("r2", "Two"),))
    meanwhile(monkeypatch, database, lambda: sessions.change(taken))
    await sessions.find(secret)
    found = await sessions.find(secret)
    assert (found.caller.role, found.roles) == ("r2", taken.roles)


async def test_a_role_is_not_taken_in_a_session_that_has_ended(sessions):
    secret, session = await started(sessions)
    await sessions.end(session)
    await sessions.change(replace(session, caller=replace(NURSE, role="r2")))
    assert await sessions.find(secret) is None


async def test_a_session_ends_when_nobody_uses_it_and_after_its_life_whatever_happens(database, monkeypatch):
    monkeypatch.setattr(module, "TOUCH", timedelta(seconds=-1))
    idle = Sessions(database, idle=timedelta(seconds=-1))
    assert await idle.find((await started(idle))[0]) is None
    old = Sessions(database, life=timedelta(seconds=-1))
    assert await old.find((await started(old))[0]) is None
