"""Bulk data behind the door of a node: for systems with the right to administer it, in the log of each patient."""

import asyncio
import json

import pytest
from tests.exchange.asking import PIDS, READ, allow, ask, side

from akson.kit.errors import NotFound
from akson.record import gate
from akson.record.context import NODE_ITSELF, opened
from akson.security.entry_marks import MARK, WRITER
from akson.security.system import AnchorRefused
from akson.store.database.reader import OWNER

pytestmark = pytest.mark.store

ASYNC = {"prefer": "respond-async"}


async def rows(world, where):
    async with side(world, "samhandling").place.database.transaction(reader=OWNER) as tx:
        return await tx.fetch(
            f"select pat, count, action from audit where reason <> 'reason.node' and {where}"
        )


async def logged(world, action, granted):
    """How many resources of each patient the platform has logged so."""
    found = {}
    where = f"pat <> 0 and action = '{action}' and granted = {granted} and reason = 'reason.system_admin'"
    for pat, count, _ in await rows(world, where):
        found[pat] = found.get(pat, 0) + count
    return found


async def test_without_the_right_to_administer_there_is_no_export_and_the_try_is_logged(world):
    refused = await ask(world, "journal", "$export", READ, headers=ASYNC)
    assert refused.status_code == 403
    async with side(world, "samhandling").place.database.transaction(reader=OWNER) as tx:
        (row,) = await tx.fetch("select granted, client_id from audit where action = 'administer'")
    assert row == (False, side(world, "journal").node.client_id)


async def test_what_is_exported_belongs_to_the_system_that_asked_and_every_patient_sees_it(world):
    await allow(world, "journal", "sykehus")
    begun = await ask(world, "journal", "Patient/$export", headers=ASYNC)
    assert begun.status_code == 202, begun.text
    where = begun.headers["content-location"]
    manifest = (await finished(world, where)).json()
    assert manifest["requiresAccessToken"] is True
    patients = next(file for file in manifest["output"] if file["type"] == "Patient")
    assert (await ask(world, "sykehus", where)).status_code == 404
    assert (await ask(world, "sykehus", patients["url"])).status_code == 404
    assert (await ask(world, "journal", patients["url"], READ)).status_code == 403
    file = await ask(world, "journal", patients["url"])
    ids = [json.loads(line)["id"] for line in file.text.splitlines()]
    assert len(ids) == patients["count"] > 5
    whole = sum(file["count"] for file in manifest["output"])
    assert sum((await logged(world, "administer", granted=True)).values()) == whole
    # What was fetched is a look at each of these patients, and each time anew.
    fetched = await logged(world, "read", granted=True)
    assert fetched == dict.fromkeys(fetched, 1)
    assert len(fetched) == len(ids)
    for file in manifest["output"]:
        await ask(world, "journal", file["url"])
    assert sum((await logged(world, "read", granted=True)).values()) == whole + len(ids)
    # The two tries of the hospital at what is not its own.
    assert len(await rows(world, "reason = 'reason.outside_scope'")) == 2
    assert (await ask(world, "sykehus", where, method="DELETE")).status_code == 404
    assert (await ask(world, "journal", where, method="DELETE")).status_code == 202


async def finished(world, where):
    async with asyncio.timeout(90):
        while (answer := await ask(world, "journal", where)).status_code == 202:  # noqa: ASYNC110
            await asyncio.sleep(0.5)
    return answer


async def test_when_the_anchor_takes_the_right_away_nothing_more_is_given(world):
    await allow(world, "journal")
    begun = await ask(world, "journal", "Patient/$export", headers=ASYNC)
    where = begun.headers["content-location"]
    (file, *_) = (await finished(world, where)).json()["output"]
    await allow(world, "journal", is_allowed=False)
    side(world, "journal").peer._tokens.clear()  # as they run out within five minutes
    for url in (where, file["url"]):
        with pytest.raises(AnchorRefused):
            await ask(world, "journal", url)
        assert (await ask(world, "journal", url, READ)).status_code == 403


async def test_an_import_goes_no_further_when_its_system_has_not_been_heard_of_for_too_long(world):
    await allow(world, "journal")
    line = json.dumps({"resourceType": "Basic", "id": "late", "code": {"text": "x"}}).encode()
    headers = ASYNC | {"content-type": "application/fhir+ndjson"}
    begun = await ask(world, "journal", "$import", method="POST", headers=headers, content=line)
    assert begun.status_code == 202, begun.text
    place = side(world, "samhandling").place
    async with place.database.transaction(reader=OWNER) as tx:
        assert await tx.execute("update keep set expires = now() where kind = 'standing'") == 2
    ended = await finished(world, begun.headers["content-location"])
    assert ended.status_code == 500
    assert "whoever asked for it may not any more" in ended.text
    with pytest.raises(NotFound):
        async with opened(place, NODE_ITSELF) as ctx:
            await gate.read(ctx, "Basic", "late")


async def test_what_its_writer_does_not_share_is_closed_when_it_is_taken_in_in_bulk(world):
    await allow(world, "journal")
    place = side(world, "samhandling").place
    async with opened(place, NODE_ITSELF) as ctx:
        patient = (await side(world, "samhandling").people.patient(ctx.tx, PIDS["ingrid"]))["id"]
    labels = [{"system": MARK, "code": "self"}, {"system": WRITER, "code": "hpr:9100101"}]
    entry = {
        "resourceType": "Condition",
        "id": "kept",
        "meta": {"security": labels},
        "subject": {"reference": f"Patient/{patient}"},
        "code": {"text": "x"},
    }
    plain = entry | {"id": "shared", "meta": {}}
    lines = b"\n".join(json.dumps(each).encode() for each in (entry, plain))
    headers = ASYNC | {"content-type": "application/fhir+ndjson"}
    begun = await ask(world, "journal", "$import", method="POST", headers=headers, content=lines)
    assert begun.status_code == 202, begun.text
    ended = await finished(world, begun.headers["content-location"])
    assert ended.status_code == 200, ended.text
    async with place.database.transaction(reader=OWNER) as tx:
        rows = await tx.fetch("select rule, subjects, listed from access_block where rule like 'entry/%'")
    assert rows == [("entry/Condition/kept", ["hpr:9100101"], False)]
