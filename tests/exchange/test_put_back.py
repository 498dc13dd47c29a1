"""A node whose database is put back from a backup opens nothing that was closed since, by anyone (leak probe 52)."""

import asyncio
import time

import psycopg
import pytest
from psycopg import sql
from tests.demo_world import start
from tests.exchange.asking import side
from tests.exchange.forms import chart
from tests.exchange.test_emergency import FORM, IS_OPEN, submit
from tests.exchange.test_privacy import JONAS, TOLD, choose, within_limit
from tests.patience import in_time
from tests.world import program

from akson.record import tide
from akson.store.database.reader import OWNER

pytestmark = pytest.mark.store
NODE = "journal"


def copied(postgres, source, name):
    """The database as a backup has it."""
    with psycopg.connect(postgres.uri("postgres"), autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [source]
        )
        connection.execute(
            sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(source))
        )
    return postgres.uri(name)


def again(world, demo, uris):
    """The program begun anew on these databases, by the name of their node."""
    places = iter([uris[each.node.name] for each in world.app.state.hosted])
    made, _ = program(demo.data, lambda: next(places))
    return made


async def test_what_was_closed_after_the_backup_is_closed_after_the_restore(demo, postgres):
    world = start(demo)
    uris = {each.node.name: each.place.database.uri for each in world.app.state.hosted}
    name = psycopg.conninfo.conninfo_to_dict(uris[NODE])["dbname"]
    async with world.app.router.lifespan_context(world.app):
        gp = await world.sign_in(NODE, "jonas-berg")
        path = await chart(gp, NODE, "Ingrid Haugen")
        assert TOLD in (await gp.get(f"{path}/legemidler")).text
        nurse = await world.sign_in(NODE, "silje-aune")
        assert IS_OPEN in (await submit(nurse, f"{path}/nodapning", FORM)).text
        cookies = [dict(browser.cookies) for browser in (gp, nurse)]
    backup = copied(postgres, name, f"{name}_backup")

    world = again(world, demo, uris)
    async with world.app.router.lifespan_context(world.app):
        ingrid = await world.sign_in("innbygger", "ingrid")
        await choose(ingrid, hvem=JONAS, omfang="alt")
        gp = await world.sign_in(NODE, "jonas-berg")

        async def closed():
            return TOLD not in (await gp.get(f"{path}/legemidler")).text

        await within_limit(closed)
        journal = side(world, NODE)
        for _ in range(3):  # as every few seconds
            await tide.rise(journal.place.database, journal.settings.data, NODE)

    world = again(world, demo, uris | {NODE: backup})
    world.silent.add("samhandling")
    async with world.app.router.lifespan_context(world.app):
        for kept in cookies:  # sessions of before the backup have ended, with all that was opened in them
            late = world.browser()
            late.cookies.update(kept)
            answer = await late.get(path, follow_redirects=False)
            assert (answer.status_code, "login" in answer.headers.get("location", "")) == (303, True)
        gp = await world.sign_in(NODE, "jonas-berg")
        # The platform is away: nothing is opened by rules of before the backup.
        assert TOLD not in (await gp.get(f"{path}/legemidler")).text
        amir = await world.sign_in(NODE, "hanne-lunde")
        assert TOLD not in (await amir.get(f"{path}/legemidler")).text
        async with side(world, NODE).place.database.transaction(reader=OWNER) as tx:
            assert await tx.fetch("select 1 from opened_access where high > now()") == []
        world.silent.clear()
        began = time.monotonic()
        while TOLD not in (await amir.get(f"{path}/legemidler")).text:  # heard anew, and open to others
            assert in_time(time.monotonic() - began, 10.0)
            await asyncio.sleep(0.1)
        assert TOLD not in (await gp.get(f"{path}/legemidler")).text


async def test_a_database_that_went_on_is_not_taken_for_one_that_was_put_back(database, tmp_path):
    assert not await tide.checked(database, tmp_path, NODE)
    for _ in range(3):
        await tide.rise(database, tmp_path, NODE)
    assert not await tide.checked(database, tmp_path, NODE)
    # Begun without the note: who knows where it comes from.
    assert await tide.checked(database, tmp_path / "elsewhere", NODE)
    assert not await tide.checked(database, tmp_path / "elsewhere", NODE)
    async with database.transaction() as tx:
        await tx.execute("update keep set value = '{\"at\": 2}' where kind = 'tide'")
    assert await tide.checked(database, tmp_path, NODE)
