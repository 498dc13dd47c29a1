"""Letters, streams and the notice of a chart keep to what the patient has closed, as resources do."""

from datetime import timedelta

import pytest

from akson.demo.nodes import nodes
from akson.kit.clock import now
from akson.record import closed
from akson.record.context import Place, opened
from akson.security.actor import Actor, Kind
from akson.store.access import blocks
from akson.store.index.hashing import resource_key
from akson.store.scope_holds import Block
from akson.store.underway.messages import Message

pytestmark = pytest.mark.store

NODE = nodes("http://akson.test")[0]
HANNE = Actor(Kind.PERSONNEL, hpr="9100101", organization="310000101")
JONAS = Actor(Kind.PERSONNEL, hpr="9100105", organization="310000101")
LETTER = Message("1", "in", "m1", "EPIKRISE", "new", "1", "2", patient="p1", reference="DocumentReference/d1")
REFERRAL = Message(
    "2", "out", "m2", "HENVISNING", "sent", "1", "2", patient="p1", reference="ServiceRequest/s1"
)
OTHER = Message("3", "in", "m3", "EPIKRISE", "new", "1", "2", patient="p2")
UNKNOWN = Message("4", "in", "m4", "EPIKRISE", "new", "1", "2")
ALL = [LETTER, REFERRAL, OTHER, UNKNOWN]


def block(**changes):
    moment = now()
    made = {
        "subjects": frozenset({"hpr:9100101"}),
        "low": moment - timedelta(1),
        "high": moment + timedelta(1),
    }
    return Block(**(made | changes))


async def look(database, actor, *rows):
    async with opened(Place(NODE, database), actor) as ctx:
        await blocks.replace(ctx.tx.as_node, "r", 1, "p1", rows)
        return [each.id for each in await closed.open_letters(ctx, ALL)], await closed.notice(ctx, "p1")


ONE = resource_key("ServiceRequest", "s1")
CASES = [
    ([], ["1", "2", "3", "4"], ""),
    ([block()], ["3", "4"], "chart.closed_some"),
    ([block(holds_in_emergency=True)], ["3", "4"], "chart.closed_to_you"),
    ([block(holds_in_emergency=True), block()], ["3", "4"], "chart.closed_some"),
    ([block(types=frozenset({"DocumentReference"}))], ["3", "4"], "chart.closed_some"),
    ([block(types=frozenset({"ServiceRequest"}))], ["1", "3", "4"], "chart.closed_some"),
    ([block(types=frozenset({"Condition"}))], ["1", "2", "3", "4"], "chart.closed_some"),
    ([block(key=ONE)], ["1", "3", "4"], "chart.closed_some"),
    ([block(high=now())], ["1", "2", "3", "4"], ""),
]


@pytest.mark.parametrize(("rows", "letters", "told"), CASES)
async def test_letters_are_closed_as_what_they_carry_and_the_chart_says_that_something_is(
    database, rows, letters, told
):
    assert await look(database, HANNE, *rows) == (letters, told)
    assert await look(database, JONAS, *rows) == (["1", "2", "3", "4"], "")


async def test_all_but_some_are_told_and_those_some_are_not(database):
    others = block(subjects=frozenset({"hpr:9100105"}), listed=False)
    assert await look(database, HANNE, others) == (["3", "4"], "chart.closed_some")
    assert await look(database, JONAS, others) == (["1", "2", "3", "4"], "")


@pytest.mark.parametrize("rule", [blocks.ENTRY, blocks.QUESTION])
async def test_what_others_closed_is_closed_and_the_chart_says_nothing_of_it(database, rule):
    """The patient is not who hid it, and knows nothing to be asked about."""
    async with opened(Place(NODE, database), HANNE) as ctx:
        await blocks.replace(ctx.tx.as_node, f"{rule}ServiceRequest/s1", 1, "p1", [block(key=ONE)])
        assert [each.id for each in await closed.open_letters(ctx, ALL)] == ["1", "3", "4"]
        assert await closed.notice(ctx, "p1") == ""


async def test_a_stream_is_silent_of_types_that_are_closed(database):
    async with opened(Place(NODE, database), HANNE) as ctx:
        await blocks.replace(ctx.tx.as_node, "r", 1, "p1", [block(types=frozenset({"AllergyIntolerance"}))])
        assert not await closed.is_open(ctx, "p1", "", "AllergyIntolerance/a")
        assert await closed.is_open(ctx, "p1", "", "Condition/c")
        assert await closed.is_open(ctx, "p2", "", "AllergyIntolerance/a")
    async with opened(Place(NODE, database), JONAS) as ctx:
        assert await closed.is_open(ctx, "p1", "", "AllergyIntolerance/a")


async def test_the_citizen_is_told_of_no_own_block(database):
    assert await look(database, Actor(Kind.CITIZEN, patient="p1"), block()) == (["1", "2", "3", "4"], "")
