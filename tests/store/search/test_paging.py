"""Pages stay whole while others write: no match twice, none lost."""

import asyncio
import base64

import pytest

from akson.fhir.extract import extract
from akson.kit.errors import Malformed
from akson.store.record import resources
from akson.store.record.resources import Write
from akson.store.scope import NODE
from akson.store.search.statements import search
from tests.store.patients import query

NAMES = ("Åse", "Ærlig", "Østen", "Per", "Kari", "", "Ola")


def patient(number, prefix="a"):
    name = NAMES[number % len(NAMES)]
    return {"resourceType": "Patient", "id": f"{prefix}{number}"} | (
        {"name": [{"family": name}], "birthDate": f"19{number % 50 + 10}-01-01"} if name else {}
    )


async def write(tx, *found):
    await resources.write_many(tx, [Write("Patient", each["id"], each, extract(each)) for each in found])


@pytest.mark.parametrize(
    "sort",
    [
        "",
        "_sort=family",
        "_sort=-family,birthdate",
        "_sort=birthdate,-family",
        "_sort=_lastUpdated",
        "_sort=_id",
    ],
)
async def test_what_was_there_all_the_time_is_seen_once(database, sort):
    async with database.transaction() as tx:
        await write(tx, *(patient(number) for number in range(70)))
    stop = asyncio.Event()

    async def disturb():
        number = 0
        while not stop.is_set():
            number += 1
            async with database.transaction() as tx:
                await write(tx, patient(number, "new"))
            async with database.transaction() as tx:
                await resources.delete(tx, NODE, "Patient", f"new{number - 3}")

    writer = asyncio.create_task(disturb())
    seen, mark = [], None
    try:
        while True:
            async with database.transaction(read_only=True) as tx:
                pairs = [*([sort] if sort else []), "_count=9", *([f"_cursor={mark}"] if mark else [])]
                page = await search(tx, NODE, query("Patient", *pairs))
            seen += [match.id for match in page.matches]
            mark = page.next
            if mark is None:
                break
    finally:
        stop.set()
        await writer
    old = [identity for identity in seen if not identity.startswith("new")]
    assert sorted(old) == sorted(f"a{number}" for number in range(70))
    assert len(seen) == len(set(seen))


async def test_a_mark_holds_no_name(database):
    async with database.transaction() as tx:
        await write(tx, *(patient(number) for number in range(7)))
        page = await search(tx, NODE, query("Patient", "_sort=family", "_count=2"))
        assert page.next
        text = base64.urlsafe_b64decode(page.next + "=" * (-len(page.next) % 4)).lower()
        for name in (b"ase", b"aerlig", b"osten", b"per", b"kari"):
            assert name not in text
        with pytest.raises(Malformed):
            await search(
                tx, NODE, query("Patient", "_sort=family", "_count=2", f"_cursor={page.next[:-6]}AAAAAA")
            )
