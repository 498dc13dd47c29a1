"""Changes in the shared registers reach the nodes of those who treat, each once and in order, whatever happens on the way."""

import asyncio
import time

import pytest
from tests.exchange.asking import PIDS, ask, side
from tests.exchange.forms import chart, submit
from tests.patience import in_time
from tests.services.checks import filled

from akson.exchange.declare import TAG_SYSTEM, service
from akson.exchange.edge.changes import FOREVER, MARK, OWN
from akson.fhir.model import coding
from akson.kit.errors import PeerSilent
from akson.record import gate
from akson.record.context import NODE_ITSELF, opened
from akson.store.access import restored
from akson.store.database.reader import NODE as READER
from akson.store.underway import keep

pytestmark = pytest.mark.store
SCOPE = "akson:samhandling/hendelser"
SERVICE, PART = "planer", "maal"
URL = "{}/samhandling/hendelser/registre"


@pytest.fixture
def followers_wait(monkeypatch):
    """No node follows by itself: it is away, until the test asks for it."""

    async def away(_self):
        await asyncio.Event().wait()

    monkeypatch.setattr("akson.exchange.edge.changes.ChangeFollower.run", away)


async def told(world, node, after, wait=0.0):
    answer = await ask(
        world, node, URL.format(world.base), SCOPE, "POST", json={"after": after, "wait": wait}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def goal(patient, name, words):
    return {
        "resourceType": "Goal", "id": name, "lifecycleStatus": "active", "subject": {"reference": f"Patient/{patient}"},
        "meta": {"tag": [coding(TAG_SYSTEM, SERVICE)]}, "description": {"text": words},
    }  # fmt: skip


async def here(world, node, person):
    """Id of the Patient on a node."""
    each = side(world, node)
    async with each.place.database.transaction(read_only=True, reader=READER) as tx:
        return (await each.people.patient(tx, PIDS[person]))["id"]


async def written(world, *goals):
    async with opened(side(world, "samhandling").place, NODE_ITSELF) as ctx:
        for each in goals:
            await gate.update(ctx, each)


async def kept(world, node):
    """What a node knows of changes, by reference."""
    async with side(world, node).place.database.transaction(read_only=True, reader=READER) as tx:
        return dict(
            await tx.fetch("select reference, version from shared_change where service = %s", [SERVICE])
        )


@pytest.mark.usefixtures("followers_wait")
async def test_a_slow_writer_is_neither_jumped_over_nor_told_twice(world):
    hub, ingrid = side(world, "samhandling"), await here(world, "samhandling", "ingrid")
    after = (await told(world, "sykehus", None))["after"]
    numbers = []
    async with opened(hub.place, NODE_ITSELF) as slow:
        await gate.update(slow, goal(ingrid, "slow", "begun first"))
        await written(world, goal(ingrid, "quick", "committed first"))
        meanwhile = await told(world, "sykehus", after)
        numbers += [each["reference"] for each in meanwhile["changes"]]
    for _ in range(3):
        more = await told(world, "sykehus", meanwhile["after"])
        numbers += [each["reference"] for each in more["changes"]]
        meanwhile = more
    assert numbers == ["Goal/slow", "Goal/quick"]


@pytest.mark.usefixtures("followers_wait")
async def test_many_writers_at_once_are_told_each_once_and_in_the_order_of_the_versions(world):
    ingrid = await here(world, "samhandling", "ingrid")
    after = (await told(world, "sykehus", None))["after"]
    done = asyncio.Event()

    async def write(name):
        for number in range(8):
            await written(world, goal(ingrid, name, f"try {number}"))

    async def follow():
        found, mark = [], after
        while True:
            is_last = done.is_set()
            answer = await told(world, "sykehus", mark, 0.3)
            found += answer["changes"]
            mark = answer["after"]
            if is_last and not answer["changes"]:
                return found

    reading = asyncio.create_task(follow())
    await asyncio.gather(*(write(f"goal-{number}") for number in range(5)))
    done.set()
    found = await reading
    assert len(found) == len({each["number"] for each in found}) == 40
    for number in range(5):
        versions = [each["version"] for each in found if each["reference"] == f"Goal/goal-{number}"]
        assert versions == list(range(1, 9))
    assert {each["service"] for each in found} == {SERVICE}


@pytest.mark.usefixtures("followers_wait")
async def test_a_node_that_was_away_catches_up_and_what_it_hears_again_changes_nothing(world):
    follower, ingrid = side(world, "sykehus").changes, await here(world, "samhandling", "ingrid")
    await follower.once(0)
    async with side(world, "sykehus").place.database.transaction(read_only=True, reader=READER) as tx:
        before = await keep.get(tx, MARK, OWN)
    await written(world, goal(ingrid, "one", "first"), goal(ingrid, "two", "second"))
    world.silent.add("samhandling")
    with pytest.raises(PeerSilent):
        await follower.once(0)
    world.silent.clear()
    await written(world, goal(ingrid, "one", "changed"))
    assert await follower.once(0) == 3
    assert await kept(world, "sykehus") == {"Goal/one": 2, "Goal/two": 1}
    assert await follower.once(0) == 0
    # Its database is put back to before: it hears all again, and stands where it stood.
    async with side(world, "sykehus").place.database.transaction(reader=READER) as tx:
        await keep.put(tx, MARK, OWN, before, FOREVER)
    assert await follower.once(0) == 3
    assert await kept(world, "sykehus") == {"Goal/one": 2, "Goal/two": 1}


@pytest.mark.usefixtures("followers_wait")
async def test_when_the_platform_was_put_back_a_node_begins_anew_and_says_that_lists_may_have_changed(world):
    follower, ingrid = side(world, "sykehus").changes, await here(world, "samhandling", "ingrid")
    doctor = await world.sign_in("sykehus", "ola-strand")
    there = await chart(doctor, "sykehus", "Ingrid Haugen")
    await doctor.get(f"{there}/tjenester/{SERVICE}")
    await follower.once(0)
    await written(world, goal(ingrid, "lost", "after the backup"))
    assert await follower.once(0) == 1
    async with side(world, "samhandling").place.database.transaction(reader=READER) as tx:
        await restored.end(tx)
    assert await follower.once(0) == 0
    assert await kept(world, "sykehus") == {f"List/{SERVICE}": 0}
    assert "1 endret" in (await doctor.get(f"{there}/tjenester")).text
    await written(world, goal(ingrid, "later", "after the restore"))
    assert await follower.once(0) == 1


@pytest.mark.usefixtures("followers_wait")
async def test_a_node_is_told_of_its_own_patients_alone_and_nobody_else_is_told(world):
    after = {node: (await told(world, node, None))["after"] for node in ("sykehus", "fjellheim")}
    noted = await here(world, "samhandling", "ingrid")
    await written(world, goal(noted, "hers", "to go home"))
    assert [each["patient"] for each in (await told(world, "sykehus", after["sykehus"]))["changes"]] == [
        PIDS["ingrid"]
    ]
    assert (await told(world, "fjellheim", after["fjellheim"]))["changes"] == []
    for scope, body, status in (
        ("akson:samhandling/fhir", {"after": None}, 403),
        (SCOPE, {"after": "yesterday"}, 400),
        (SCOPE, {"after": 7}, 400),
        (SCOPE, {"after": None, "wait": "long"}, 400),
        (SCOPE, [], 400),
    ):
        answer = await ask(world, "sykehus", URL.format(world.base), scope, "POST", json=body)
        assert answer.status_code == status, answer.text


async def test_what_a_nurse_changes_is_marked_at_the_hospital_within_two_seconds_until_it_is_read(world):
    doctor = await world.sign_in("sykehus", "ola-strand")
    there = await chart(doctor, "sykehus", "Ingrid Haugen")
    page = await doctor.get(f"{there}/tjenester/{SERVICE}")
    assert "Nytt siden sist" not in page.text
    nurse = await world.sign_in("journal", "hanne-lunde")
    home = await chart(nurse, "journal", "Ingrid Haugen")
    form, words = filled(service(SERVICE).part(PART), "Gå til butikken")
    saved = await submit(nurse, f"{home}/tjenester/{SERVICE}/{PART}/ny", form)
    assert saved.status_code == 200, saved.text
    began = time.monotonic()
    while "1 endret" not in (await doctor.get(f"{there}/tjenester")).text:
        assert in_time(time.monotonic() - began, 2.0)
        await asyncio.sleep(0.05)
    page = await doctor.get(f"{there}/tjenester/{SERVICE}")
    assert words in page.text
    assert "Nytt siden sist" in page.text
    assert "endret" not in (await doctor.get(f"{there}/tjenester")).text
    assert "Nytt siden sist" not in (await doctor.get(f"{there}/tjenester/{SERVICE}")).text
    # Who wrote it has read it.
    assert "1 endret" not in (await nurse.get(f"{home}/tjenester")).text
