"""Nobody can tell whether a hidden fact is there: probes are asked in twin worlds, and the answers compared byte by byte.

Here a part of the probes, another for each who asks; `make soak` asks all of them.
"""

import os
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
import pytest_asyncio

from akson.security.actor import Actor, Attested, Errand, Kind, Purpose
from akson.security.roles import RECORD
from akson.store.database.pool import Database
from akson.store.database.reader import OWNER
from tests.leaks.compare import seen
from tests.leaks.probes import reads, references, searches, whole, writes
from tests.leaks.statements import lasting, noting, statements
from tests.leaks.worlds import World
from tests.record.making import INGRID, NURSE

__all__ = ["noting"]
pytestmark = [pytest.mark.store]
ATTESTED = Actor(
    Kind.PERSONNEL, client_id="sykehus", hpr="1", patient="ingrid", at_register=True,
    care_relationship=Attested(Purpose.TREATMENT),
)  # fmt: skip
SOME = 14
_asked = os.environ.get("AKSON_LEAKS", "")
EVERY = 1 if _asked == "all" else int(_asked or SOME)
"""One probe of so many is asked: all, as many as AKSON_LEAKS says, or one of fourteen."""
LEAST = 1000 // EVERY
"""Pairs of answers that are compared by each test: all of them together more than a thousand, or ten thousand."""
SUPPLIER = Actor(
    Kind.PERSONNEL, role="leverandoeransatt", practitioner="Practitioner/s", assurance=4,
    errands=(Errand("2026-1", "to find a fault", "ingrid", RECORD),),
)  # fmt: skip
ASKERS = {"nurse": NURSE, "attested": ATTESTED, "citizen": INGRID, "supplier": SUPPLIER}
SHOWN = 12
FAILED = 500
CHECKED = 36


@pytest_asyncio.fixture
async def twins(new_database):
    """A world with the secret and one without."""
    async with AsyncExitStack() as stack:
        made = []
        for with_secret in (True, False):
            database = Database(new_database(), 2, reader=OWNER)
            await database.open()
            stack.push_async_callback(database.close)
            made.append(await World(database).fill(with_secret=with_secret))
        yield made


def some(probes, asker="nurse"):
    """Every so manieth probe, begun elsewhere for each who asks."""
    return islice(probes, 3 * list(ASKERS).index(asker) % EVERY, None, EVERY)


async def told_apart(twins, actor, probes):
    """How many pairs were compared, and the probes whose answers differ."""
    since = datetime.now(UTC) - timedelta(minutes=10)
    compared, found = Counter(), []
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(world.asked_by(actor)) for world in twins]
        for probe in probes:
            one, other = [await _ask(client, probe, since) for client in clients]
            compared[probe.number] += 1
            # An answer that fails tells nothing, and hides what the probe would have found.
            if one != other or one.status == FAILED:
                found.append((probe, one, other))
    return compared, found


async def _ask(client, probe, since):
    with statements() as sent:
        answer = await _answer(client, probe)
    if probe.number == CHECKED:  # value sets are read once, whoever has something checked
        return seen(answer, since)
    return replace(seen(answer, since), sent=lasting(sent))


async def _answer(client, probe):
    plain = {"accept-encoding": "identity"} | probe.headers
    headers = {"content-type": "application/fhir+json"} | plain
    path, _, query = probe.path.partition("?")
    url = f"/{path}" + (f"?{query}" if query else "")
    if probe.body is None:
        return await client.request(probe.method, url, headers=plain)
    return await client.request(probe.method, url, headers=headers, json=probe.body)


def told(found):
    """The first differences, for who has to mend them."""
    lines = Counter((probe.number, probe.method) for probe, _, _ in found)
    shown = [
        f"{probe.number} {probe.method} {probe.path}: {one.status} {one.body[:300]} | {other.status} {other.body[:300]}"
        f" {[each[:200] for each in one.sent if each not in other.sent]} | {[each[:200] for each in other.sent if each not in one.sent]}"
        for probe, one, other in found[:SHOWN]
    ]
    return "\n".join([str(dict(lines)), *shown])


@pytest.mark.parametrize("asker", ASKERS)
async def test_no_search_tells_what_is_hidden(twins, asker):
    compared, found = await told_apart(twins, ASKERS[asker], some(searches(), asker))
    assert not found, told(found)
    assert compared.total() >= LEAST


@pytest.mark.parametrize("asker", ASKERS)
async def test_no_reference_tells_what_is_hidden(twins, asker):
    compared, found = await told_apart(twins, ASKERS[asker], some(references(), asker))
    assert not found, told(found)
    assert compared.total() >= LEAST


@pytest.mark.parametrize("asker", ASKERS)
async def test_no_read_tells_what_is_hidden(twins, asker):
    compared, found = await told_apart(twins, ASKERS[asker], some(reads(), asker))
    assert not found, told(found)
    assert compared.total() >= LEAST


async def test_no_write_tells_what_is_hidden(twins):
    compared, found = await told_apart(twins, NURSE, some(writes()))
    assert not found, told(found)
    assert compared.total() >= LEAST // 2


@pytest.mark.parametrize("asker", ASKERS)
async def test_nothing_that_is_asked_of_all_tells_what_is_hidden(twins, asker):
    compared, found = await told_apart(
        twins, ASKERS[asker], [each for each in whole() if each.path != "AuditEvent"]
    )
    assert not found, told(found)
    assert compared.total() > 20


async def test_the_comparison_finds_what_is_not_hidden(twins):
    everything = Actor(Kind.NODE)
    compared, found = await told_apart(twins, everything, some(searches()))
    assert len(found) > compared.total() / 2
