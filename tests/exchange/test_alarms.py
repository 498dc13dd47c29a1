"""A measurement at home beyond what is agreed is work at once for the unit that follows up, and tells nothing of what is closed."""

import asyncio
import re
import time

import pytest
from tests.exchange.asking import PIDS, side
from tests.exchange.forms import made_from
from tests.exchange.test_own_measurements import write
from tests.exchange.test_privacy import HANNE, choose
from tests.patience import in_time

from akson.care import measuring, zones
from akson.exchange.finding import find
from akson.record.context import NODE_ITSELF, opened
from akson.store.database.reader import NODE

pytestmark = pytest.mark.store
SAID = "Rød måling hjemme: Vekt"
LIMIT = 5.0
"""Seconds from the measurement until it is on the list."""


async def tasks(world, node="journal"):
    """The tasks that red measurements of Olav have made on a node."""
    each = side(world, node)
    async with each.place.database.transaction(read_only=True, reader=NODE) as tx:
        olav = (await each.people.patient(tx, PIDS["olav"]))["id"]
    async with opened(each.place, NODE_ITSELF) as ctx:
        return await find(
            ctx,
            "Task",
            ("patient", f"Patient/{olav}"),
            ("code", "https://akson.example/fhir/CodeSystem/hjemmemaaling|weight"),
        )


async def comes(browser, page="/journal/innboks"):
    """The page when the task has come to it."""
    began = time.monotonic()
    while SAID not in (found := (await browser.get(page)).text):
        assert in_time(time.monotonic() - began, LIMIT), "it did not come to the list"
        await asyncio.sleep(0.1)
    return found


async def comes_not(world, number):
    """A change that is told after it has come, and the number of tasks is as it was."""
    for _ in range(20):
        await asyncio.sleep(0.1)
        assert len(await tasks(world)) == number


async def test_a_red_measurement_is_on_the_list_of_who_follows_up_at_once(world):
    olav = await world.sign_in("innbygger", "olav")
    petter = await world.sign_in("journal", "petter-holm")
    before = (await petter.get("/journal/")).text
    assert SAID not in before
    said = await write(olav, "weight", value="90")
    assert "De som følger deg opp, får beskjed nå" in said.text
    inbox = await comes(petter)
    assert "Se målingen under Egne opplysninger" in inbox
    assert " 90" not in re.search(rf"{SAID}.*?</li>", inbox, re.DOTALL)[0], (
        "what was measured stays in the register"
    )
    assert count(await petter.get("/journal/")) == count_in(before) + 1
    (task,) = await tasks(world)
    assert (task["status"], task["priority"], task["owner"]["display"]) == (
        "requested",
        "urgent",
        "Solvik responssenter",
    )
    # No second one while somebody has the first; green and yellow are no work.
    for value in ("91", "84", "80"):
        await write(olav, "weight", value=value)
    await comes_not(world, 1)
    assert not await tasks(world, "sykehus"), "one unit has it, not every system"
    # When it is done, the next red one is work again.
    address = re.search(
        rf'{SAID}.*?action="([^"]+/oppgaver/{task["id"]})"',
        (await petter.get("/journal/innboks")).text,
        re.DOTALL,
    )[1]
    for do in ("claim", "complete"):
        page = (await petter.get("/journal/innboks")).text
        form = re.search(rf'action="{address}".*?</form>', page, re.DOTALL)[0]
        done = await petter.post(address, data=made_from(form) | {"do": do, "back": "/journal/innboks"})
        assert done.status_code == 200, done.text
    assert SAID not in done.text
    await write(olav, "weight", value="92")
    await comes(petter)


async def test_nothing_is_told_where_the_patient_has_closed_measurements_or_plans(world):
    olav = await world.sign_in("innbygger", "olav")
    await choose(olav, hvem=HANNE, omfang="deler", **{"del": "results"})
    await write(olav, "weight", value="90")
    await comes_not(world, 0)


def count(page):
    return count_in(page.text)


def count_in(html):
    """How much waits in the inbox, by the menu."""
    found = re.search(r'<span class="count" aria-hidden="true">(\d+)</span>', html)
    return int(found[1]) if found else 0


@pytest.mark.parametrize(
    ("value", "status", "kind"), [(90, "final", "weight"), (84, "final", ""), (90, "entered-in-error", "")]
)
def test_only_a_red_one_that_stands_is_an_alarm(value, status, kind):
    goal = {
        "lifecycleStatus": "active",
        "target": [
            {
                "measure": {"coding": [{"code": "weight"}]},
                "detailRange": {"low": {"value": 78}, "high": {"value": 83}},
                "extension": [{"valueRange": {"low": {"value": 76}, "high": {"value": 85}}}],
            }
        ],
        "description": {"text": "Ring"},
    }
    made = measuring.observation(
        measuring.KINDS["weight"], [value], "2026-11-27T08:00:00Z", "1", {"display": "Olav"}
    )
    assert zones.alarm(made | {"status": status}, [goal]) == kind
    assert not zones.alarm(made | {"status": status}, [goal | {"lifecycleStatus": "completed"}])
