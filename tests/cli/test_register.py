"""`akson register`: whoever runs the platform changes what its registers say, and each change is an event."""

import asyncio

import pytest

from akson.cli.main import main
from akson.demo import registers as demo
from akson.demo.nodes import nodes
from akson.demo.register import organization
from akson.demo.units import BY_KEY
from akson.record import gate, registers
from akson.record.context import NODE_ITSELF, Place, opened
from akson.record.registers import Register
from akson.store.access import registers as store
from akson.store.database.pool import Database
from akson.store.database.reader import OWNER
from tests.world import TODAY

pytestmark = pytest.mark.store

NURSE, DOCTOR = "9100101", "9100302"
OFFICE = BY_KEY["fjellheim-legesenter"]


@pytest.fixture
def platform(new_database):
    """A platform with registers and one office; gives its URI, and what an entry says."""
    uri = new_database()
    node = next(each for each in nodes("http://localhost") if each.name == "samhandling")

    async def within(work):
        database = Database(uri, 2, reader=OWNER)
        await database.open()
        try:
            async with opened(Place(node, database), NODE_ITSELF) as ctx:
                return await work(ctx)
        finally:
            await database.close()

    async def fill(ctx):
        for register, entries in demo.entries(TODAY).items():
            await registers.fill(ctx, register, entries, "Registration")
        unit = organization("samhandling", OFFICE)
        await gate.create(ctx, {name: unit[name] for name in ("resourceType", "identifier", "name")})

    def said(register, entry_id):
        async def read(ctx):
            latest = await store.latest(ctx.tx, register)
            return (await store.by_ids(ctx.tx, register, [entry_id]))[0].body, latest.kind

        return asyncio.run(within(read))

    asyncio.run(within(fill))
    return uri, said


def test_each_change_is_made_and_told(platform, capsys):
    uri, said = platform
    run = lambda *words: main(["register", *words, "--database", uri])  # noqa: E731
    assert run("withdraw", NURSE) == 0
    body, kind = said(Register.PERSONNEL, NURSE)
    assert body["authorizations"][0]["validTo"]
    assert kind == "AuthorizationChanged"
    assert run("restore", NURSE) == 0
    assert said(Register.PERSONNEL, NURSE)[0]["authorizations"][0]["validTo"] is None
    assert run("restore", NURSE) == 0
    assert "it was so already" in capsys.readouterr().out

    kari = demo.person_id("kari")
    assert run("death", "Kari Nilsen", "2026-11-20") == 0
    assert said(Register.PERSON, kari)[0]["death"] == [{"dateOfDeath": "2026-11-20T00:00:00"}]
    assert run("protect", kari, "StrictlyConfidential") == 0
    assert run("doctor", kari, DOCTOR, OFFICE.organization_number, "--from", "2027-01-01") == 0
    before, after = said(Register.DOCTOR, kari)[0]["contracts"]
    assert before["validTo"] == after["validFrom"] == "2027-01-01T00:00:00"
    assert after["office"]["name"] == OFFICE.name
    assert run("list") == 0
    told = capsys.readouterr().out
    assert f"{kari}  Kari Nilsen  StrictlyConfidential  dead" in told
    assert run("death", kari) == 0
    assert said(Register.PERSON, kari)[0]["death"] == []


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("withdraw", "1"), "no such entry"),
        (("death", "Nobody Here", "2026-11-20"), "akson register list"),
        (("death", "Kari Nilsen", "yesterday"), "yyyy-mm-dd"),
        (("doctor", "Kari Nilsen", DOCTOR, "1"), "no such office"),
        (("doctor", "Kari Nilsen", "1", OFFICE.organization_number), "no such doctor"),
    ],
)
def test_what_is_not_there_is_said_and_changes_nothing(platform, capsys, words, why):
    uri, _ = platform
    assert main(["register", *words, "--database", uri]) == 1
    assert why in capsys.readouterr().err
