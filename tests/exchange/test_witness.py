"""Nodes are witnesses of each other's access logs, over HTTP: what only grew is countersigned, all else refused."""

from datetime import timedelta

import pytest
from tests.exchange.asking import side

from akson.asgi.program import witnessed
from akson.exchange.edge import witness as edge
from akson.exchange.hub import witness as hub
from akson.kit import clock
from akson.kit.errors import PeerFailed
from akson.kit.log import Event
from akson.record import gate, log_copy, sealing
from akson.record.context import NODE_ITSELF, opened
from akson.record.log_check import Check
from akson.security import notes
from akson.security.notes import PublicKey, Signer
from akson.store.access import checkpoints, leaves
from akson.store.database.reader import OWNER

pytestmark = pytest.mark.store


async def look(world, name="journal"):
    """Something that is in the access log, and a checkpoint over it."""
    node = side(world, name)
    async with opened(node.place, NODE_ITSELF) as ctx:
        await gate.create(ctx, {"resourceType": "Organization", "name": "Ny enhet"})
    return await sealing.seal(node.place.database, node.log_keys)


def to_platform(world, name="journal"):
    return witnessed(side(world, name), frozenset(), [])


def platform(world):
    return f"{world.base}/samhandling"


async def run(world, statement, name="journal"):
    async with side(world, name).place.database.transaction(reader=OWNER) as tx:
        await tx.execute(statement)


@pytest.mark.parametrize("name", ["journal", "sykehus", "iga", "samhandling"])
async def test_a_log_that_grew_is_countersigned_and_published_by_both(world, name):
    node = side(world, name)
    records = [side(world, "sykehus")]
    visits = witnessed(node, frozenset(), records)
    (base,) = visits.witnesses
    await look(world, name)
    assert await visits.visit(base)
    head = await look(world, name)
    assert await visits.visit(base)
    async with world.browser() as anyone:
        own = (await anyone.get(f"/{name}/sjekkpunkt")).json()
        theirs = (await anyone.get(f"{base}/vitne/{own['origin']}")).json()
        witness = PublicKey.read((await anyone.get(f"{base}/vitne")).json()["key"])
    for published in (own, theirs):
        note = notes.read(published["checkpoint"])
        assert (note.checkpoint.size, note.checkpoint.root) == (head.size, head.root)
        assert witness.signed(note)
        assert [PublicKey.read(key).signed(note) for key in published["keys"]] == [True]
        assert published["code"] == notes.code(note.checkpoint)


async def test_a_shorter_log_and_another_one_of_the_same_size_are_refused(world, monkeypatch):
    told = []
    monkeypatch.setattr(edge, "log", lambda event, **_: told.append(event))
    visits = to_platform(world)
    await look(world)
    await visits.visit(platform(world))
    # A backup of the moment before the next entries is put back, and the log goes on from there.
    before = await look(world)
    await look(world)
    assert await visits.visit(platform(world))
    await run(world, f"delete from audit_checkpoint where size > {before.size}")
    await run(
        world,
        f"delete from audit where number in (select number from audit_leaf where leaf >= {before.size})",
    )
    await run(world, f"delete from audit_leaf where leaf >= {before.size}")
    assert await visits.visit(platform(world)) is False
    await look(world)
    await run(world, "delete from audit_witness")
    assert await visits.visit(platform(world)) is False
    await look(world)
    assert await visits.visit(platform(world)) is False
    assert told == [Event.LOG_REFUSED] * 3


async def test_an_old_key_and_a_strangers_key_are_refused_and_a_rotated_one_is_learnt(world, monkeypatch):
    told = []
    monkeypatch.setattr(edge, "log", lambda event, **_: told.append(event))
    keys, visits = side(world, "journal").log_keys, to_platform(world)
    ring = keys.folder / "keys" / "journal-log.json"
    await look(world)
    assert await visits.visit(platform(world))
    old = ring.read_text()
    keys.rotate()
    await look(world)
    assert await visits.visit(platform(world))
    keys.retire()
    fresh = ring.read_text()
    await look(world)
    assert await visits.visit(platform(world))
    ring.write_text(old)
    await look(world)
    assert await visits.visit(platform(world)) is False
    ring.unlink()
    await look(world)
    assert await visits.visit(platform(world)) is False
    ring.write_text(fresh)
    await look(world)
    assert await visits.visit(platform(world))
    assert told == [Event.LOG_REFUSED] * 2


async def test_a_clock_that_is_wrong_is_refused(world, monkeypatch):
    visits = to_platform(world)
    await look(world)
    monkeypatch.setattr(hub, "now", lambda: clock.now() + timedelta(minutes=11))
    assert await visits.visit(platform(world)) is False
    monkeypatch.undo()
    assert await visits.visit(platform(world))


async def test_another_system_cannot_speak_for_a_log(world):
    await look(world)
    assert await to_platform(world).visit(platform(world))
    async with side(world, "samhandling").place.database.transaction(reader=OWNER) as tx:
        seen = await checkpoints.watched(tx, side(world, "journal").log_keys.origin)
    answer = await side(world, "sykehus").peer.request(
        "POST",
        f"{platform(world)}/vitne/add-checkpoint",
        scope="akson:samhandling/vitne",
        content=f"old {seen.size}\n\n{seen.note}".encode(),
    )
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"old 1", 400),
        (b"old x\n\nnote", 400),
        (b"old 0\n!\n\nnote", 400),
        (b"\xff", 400),
        (b"x" * 30_000, 413),
    ],
)
async def test_what_is_no_checkpoint_is_refused(world, body, status):
    answer = await side(world, "journal").peer.request(
        "POST", f"{platform(world)}/vitne/add-checkpoint", scope="akson:samhandling/vitne", content=body
    )
    assert (answer.status_code, answer.json()["resourceType"]) == (status, "OperationOutcome")


async def test_the_right_to_ask_for_it_is_one_of_its_own(world):
    peer = side(world, "journal").peer
    url = f"{platform(world)}/vitne/add-checkpoint"
    assert (await peer.request("POST", url, scope="akson:samhandling/fhir", content=b"")).status_code == 403


async def test_without_a_token_nothing_is_countersigned_and_unknown_logs_are_not_there(world):
    async with world.browser() as anyone:
        assert (await anyone.post("/samhandling/vitne/add-checkpoint", content=b"")).status_code == 401
        assert (await anyone.get("/samhandling/vitne/other.example/journal")).status_code == 404
    head = await look(world)
    async with side(world, "journal").place.database.transaction(reader=OWNER) as tx:
        assert await leaves.head(tx) == head


async def kept(world, name="journal"):
    async with side(world, name).place.database.transaction(read_only=True) as tx:
        return await checkpoints.witnesses(tx)


async def test_a_countersignature_that_is_not_the_witnesss_is_not_kept(world, monkeypatch):
    visits = to_platform(world)
    await look(world)
    other = side(world, "sykehus").log_keys.signers()[0]

    async def forged(place, own, client_id, given):
        return Signer(own.origin, other.key).seen(given.note.text, clock.now())

    monkeypatch.setattr(hub, "countersign", forged)
    with pytest.raises(PeerFailed, match="not one of the witness"):
        await visits.visit(platform(world))
    assert await kept(world) == []
    monkeypatch.undo()
    assert await visits.visit(platform(world))
    (signed,) = await kept(world)
    assert PublicKey.read(signed.vkey) == side(world, "samhandling").log_keys.witness()


async def test_a_new_key_of_a_witness_is_known_by_the_one_before(world):
    visits, hub_side = to_platform(world), side(world, "samhandling")
    await look(world)
    assert await visits.visit(platform(world))
    (before,) = await kept(world)
    hub_side.log_keys.rotate()
    await look(world)
    await look(world, "samhandling")
    assert await visits.visit(platform(world))
    (after,) = await kept(world)
    assert after.vkey != before.vkey
    # Two rotations at once, or somebody else's key in its place: nobody has signed beside it.
    hub_side.log_keys.rotate()
    hub_side.log_keys.retire()
    await look(world)
    with pytest.raises(PeerFailed, match="another key"):
        await visits.visit(platform(world))
    assert await kept(world) == [after]


async def test_a_copy_with_a_countersignature_that_was_changed_is_found(world):
    visits, node = to_platform(world), side(world, "journal")
    await look(world)
    assert await visits.visit(platform(world))
    key = side(world, "samhandling").log_keys.witness()
    items = [item async for item in log_copy.of_database(node.place.database)]

    def checked(items, *keys):
        check = Check([], keys)
        for item in items:
            check.take(item)
        return check.end()

    assert checked(items).witnessed == checked(items, key).witnessed == {key.name: checked(items).last.size}
    for changed in ("line", "size", "vkey"):
        false = {
            "line": items_of(items)["line"][:-8] + "AAAAAAA=",
            "size": 1,
            "vkey": node.log_keys.witness().vkey,
        }
        tampered = [item | {changed: false[changed]} if item["kind"] == "witness" else item for item in items]
        assert {each.kind for each in checked(tampered).findings} == {"witness"}, changed
    without = [item for item in items if item["kind"] != "witness"]
    assert checked(without).found == 0
    assert [each.kind for each in checked(without, key).findings] == ["witness"]


def items_of(items):
    return next(item for item in items if item["kind"] == "witness")
