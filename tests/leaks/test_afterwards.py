"""What was open and is not any more: after a block, after a role, after signing out (31, 44, 46). Streams, too, end."""

import re

import pytest
import pytest_asyncio

from akson.fhir.strict_json import loads
from akson.kit.clock import now
from akson.record import gate
from akson.record.context import NODE_ITSELF, opened
from akson.security.roles import RECORD
from akson.store.access import blocks
from akson.store.access.blocks import Block
from akson.store.database.reader import OWNER
from akson.web import live
from tests.demo_world import start
from tests.exchange.asking import side
from tests.exchange.forms import chart, csrf
from tests.leaks.compare import seen
from tests.leaks.hidden import EVER
from tests.leaks.streams import Stream, change, until

pytestmark = [pytest.mark.store, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(demo):
    made = start(demo)
    async with made.app.router.lifespan_context(made.app):
        yield made


async def test_a_stream_is_silent_of_a_single_entry_that_is_closed_at_the_platform(world):
    entry = await change(world)
    ingrid = await world.sign_in("innbygger", "ingrid")
    form = {"post": f"samhandling/{entry}", "navn": "Egg", "hvem": "hpr:9100102:Amir Khan"}
    form |= {
        "csrf_token": csrf((await ingrid.get("/innbygger/personvern/skjul")).text),
        "lagre": "ja",
        "mener": "ja",
    }
    assert "Lagret" in (await ingrid.post("/innbygger/personvern/skjul", data=form)).text
    await side(world, "journal").follower.once(wait=0)
    browsers = [await world.sign_in("journal", key) for key in ("amir-khan", "jonas-berg")]
    path = await chart(browsers[1], "journal", "Ingrid Haugen")
    amir, jonas = [Stream(world, browser, f"{path}/strom") for browser in browsers]
    await until(lambda: amir.told and jonas.told)
    await change(world, entry)
    await until(lambda: jonas.changes == 1)
    await change(world)
    await until(lambda: jonas.changes == 2 and amir.changes)
    assert amir.changes == 1
    for each in (amir, jonas):
        await each.leave()


async def test_a_stream_tells_whom_it_may_and_ends_with_the_role_and_the_session(world, monkeypatch):
    monkeypatch.setattr(live, "BEAT", 0.3)
    askers = {
        key: await world.sign_in("journal", key)
        for key in ("hanne-lunde", "amir-khan", "jonas-berg", "silje-aune")
    }
    path = await chart(askers["hanne-lunde"], "journal", "Ingrid Haugen")
    streams = {key: Stream(world, browser, f"{path}/strom") for key, browser in askers.items()}
    hanne, amir, jonas, silje = streams.values()
    await until(lambda: all(each.told for each in streams.values()))
    await change(world)
    await until(lambda: hanne.changes and amir.changes and jonas.changes)
    # Nobody without a care relation is told that anything changes of somebody they have only looked up.
    assert silje.changes == 0
    async with side(world, "journal").place.database.transaction(reader=OWNER) as tx:
        closed = Block(frozenset({"hpr:9100105"}), **EVER, types=frozenset(RECORD))
        await blocks.replace(tx, "jonas", 1, path.rpartition("/")[2], [closed])
    page = await askers["amir-khan"].get(path)
    await askers["amir-khan"].post("/journal/logout", data={"csrf_token": csrf(page.text)})
    await until(amir.task.done)
    before = jonas.changes
    await change(world)
    await until(lambda: hanne.changes == 2)
    assert (jonas.changes, silje.changes, amir.changes) == (before, 0, 1)
    await end_role(world, "Hanne")
    await until(hanne.task.done)
    late = await askers["hanne-lunde"].get(path)
    assert "Ingrid" not in late.text
    refused = Stream(world, askers["hanne-lunde"], f"{path}/strom")
    await until(refused.task.done)
    assert refused.status == 401
    for each in streams.values():
        await each.leave()


async def end_role(world, given):
    """The post of somebody ends now, in the middle of the session."""
    each = side(world, "journal")
    async with opened(each.place, NODE_ITSELF) as ctx:
        rows = await ctx.tx.fetch(
            "select id, body from resource where type = 'PractitionerRole' and not deleted"
        )
        (role,) = [loads(bytes(body)) for _, body in rows if f'"{given} '.encode() in bytes(body)]
        await gate.update(ctx, role | {"period": {"end": now().date().replace(year=2025).isoformat()}})


async def test_the_address_of_an_attachment_is_good_for_those_who_may_see_it_alone(world):
    mina = await world.sign_in("journal", "mina-saether")
    silje = await world.sign_in("journal", "silje-aune")
    path = await chart(mina, "journal", "Olav Berg")
    page = (await mina.get(f"{path}/dokumenter")).text
    found = re.search(rf'href="({path}/dokumenter/[^"/]+)"', page) or re.search(
        rf'href="({path}/notater/[^"/]+)"', page
    )
    assert found, page
    address = found[1].replace("/notater/", "/dokumenter/") + "/innhold"
    id_ = address.split("/")[-2]
    absent = address.replace(id_, id_[::-1])
    shown = await mina.get(address)
    assert shown.status_code == 200
    assert shown.content
    assert "no-store" in shown.headers["cache-control"]
    assert "etag" not in shown.headers
    assert _told(await silje.get(address), id_) == _told(await silje.get(absent), id_[::-1])
    async with world.browser() as nobody:
        assert (await nobody.get(address, follow_redirects=False)).status_code == 303
    async with side(world, "journal").place.database.transaction(reader=OWNER) as tx:
        closed = Block(frozenset({"hpr:9100106"}), **EVER, types=frozenset({"DocumentReference"}))
        await blocks.replace(tx, "mina", 1, path.rpartition("/")[2], [closed])
    late = await mina.get(
        address, headers={"if-modified-since": "Thu, 01 Jan 2037 00:00:00 GMT", "if-none-match": "*"}
    )
    assert late.status_code == 404
    assert _told(late, id_) == _told(await mina.get(absent), id_[::-1])


def _told(answer, id_):
    found = seen(answer, now())
    return found.status, found.headers, found.body.replace(id_.encode(), b"id")
