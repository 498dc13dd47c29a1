"""Messages that somebody broke, by accident or not: each gets a receipt's code, none stops the engine."""

import random

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from lxml import etree

from akson.fhir.validate.structure import check
from akson.kit.clock import now
from akson.kit.errors import AksonError
from akson.kit.ids import new_id
from akson.messaging import codec, times
from akson.messaging.inbox import Match, Why, judge
from akson.messaging.kith import rekvisisjon, svarrapport
from akson.messaging.laboratory import Report, Requisition
from akson.messaging.mapping import incoming, laboratory, ordering, reading
from akson.messaging.outbox import Sending, enqueue
from akson.messaging.receipts import ACCEPTED
from akson.store.underway import messages
from tests.messaging import makers, orders, reports
from tests.messaging.codec.test_care import letter as care_letter
from tests.messaging.world import world

QUIET = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MADE = (
    *(makers.referral(), makers.epikrise(), makers.dialog("1.0")),
    *(care_letter("notice"), care_letter("discharge")),
)
REPORT = svarrapport.write(reports.report(reports.POTASSIUM, reports.BACTERIUM, reports.RESISTANCE))
ORDER = rekvisisjon.write(orders.message(orders.TSH, orders.POTASSIUM))
LETTERS = [*map(codec.write, MADE), REPORT, ORDER]


async def nobody(_her_id):
    return []


async def judged(raw):
    return await judge(raw, nobody, now())


def broken_bytes(raw: bytes, chance: random.Random) -> bytes:
    data = bytearray(raw)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(data))
        match chance.randrange(4):
            case 0:
                data[place] = chance.randrange(256)
            case 1:
                del data[place : place + chance.randint(1, 40)]
            case 2:
                data[place:place] = bytes(chance.randrange(256) for _ in range(3))
            case _:
                data[place:place] = data[place : place + 30]
    return bytes(data)


def broken_tree(raw: bytes, chance: random.Random) -> bytes:
    root = etree.fromstring(raw)
    for _ in range(chance.randint(1, 3)):
        element = chance.choice([e for e in root.iter(etree.Element) if e is not root])
        parent = element.getparent()
        match chance.randrange(5):
            case 0:
                parent.remove(element)
            case 1:
                parent.append(etree.fromstring(etree.tostring(element, encoding="UTF-8")))
            case 2:
                element.text = chance.choice(["", "x", "-1", "9" * 400, "\u202e", "<&>"])
            case 3:
                for name in element.attrib:
                    element.set(name, chance.choice(["", "x", "2026-13-45", "9" * 400]))
            case _:
                element.tag = chance.choice(["{urn:x}Odd", "Odd"])
    return etree.tostring(root, encoding="UTF-8")


@pytest.mark.parametrize("seed", range(80))
async def test_whatever_is_broken_is_judged_and_never_a_surprise(seed):
    chance = random.Random(seed)
    raw = chance.choice([broken_bytes, broken_tree])(chance.choice(LETTERS), chance)
    found = await judged(raw)
    if found.answer == ACCEPTED:
        for proposal in incoming.proposals(found.content, "Patient/1"):
            assert check({**proposal.resource, "id": "x"}) == []
        binary, document = reading.document(
            found.content, "Patient/1", {"reference": "Organization/1"}, "Binary/1"
        )
        assert check({**binary, "id": "x"}) == check({**document, "id": "x"}) == []
        if isinstance(found.content, Report):
            assert [f for r in laboratory.taken_in(found.content, "Patient/1") for f in check(r)] == []
        if isinstance(found.content, Requisition):
            requested = ordering.requested(found.content, "Patient/1", {"reference": "Organization/1"})
            assert [f for r in requested for f in check(r)] == []
    else:
        assert found.answer.errors[0].code


@given(makers.REFERRALS)
@QUIET
def test_any_referral_becomes_valid_fhir(letter):
    resources = [p.resource for p in incoming.proposals(letter, "Patient/1")]
    resources.append(incoming.service_request(letter, "Patient/1", {"reference": "Organization/1"}))
    resources.append(incoming.new_patient(letter.header.patient))
    resources += reading.document(letter, "Patient/1", {"reference": "Organization/1"}, "Binary/1")
    assert [issue for r in resources for issue in check({**r, "id": "x"})] == []


@given(makers.SUMMARIES)
@QUIET
def test_any_summary_becomes_valid_fhir(letter):
    resources = [p.resource for p in incoming.proposals(letter, "Patient/1")]
    resources += reading.document(letter, "Patient/1", {"reference": "Organization/1"}, "Binary/1")
    assert [issue for r in resources for issue in check({**r, "id": "x"})] == []


async def test_a_time_that_is_none_is_found_before_the_letter_is_accepted():
    raw = codec.write(makers.referral()).replace(
        b"<IssueDate>2026-11-23T08:10:00+01:00", b"<IssueDate>yesterday"
    )
    assert (await judged(raw)).answer.errors[0].code == "T02"


async def test_a_receipt_where_a_letter_was_expected():
    raw = b'<AppRec xmlns="http://www.kith.no/xmlstds/apprec/2012-02-15"/>'
    assert (await judged(raw)).answer.errors[0].code in ("T02", "T10")


@pytest_asyncio.fixture
async def w(new_database):
    async with world(new_database) as made:
        made.hospital.here.patients[makers.NUMBER] = Match("h-kari")
        yield made


@pytest.mark.store
async def test_a_message_that_makes_us_fail_does_not_stop_the_next_and_is_refused_in_the_end(w):
    async def failing(tx, message, letter):
        if letter.wanted == "bad":
            raise RuntimeError("nobody foresaw this")

    w.hospital.here.arrived = failing
    ids = []
    for wanted in ("bad", "good"):
        letter = makers.referral(header=makers.header(new_id(), generated=times.current()), wanted=wanted)
        async with w.gp.database.transaction() as tx:
            ids.append((await enqueue(tx, letter, Sending())).id)
    await w.settle(2)
    async with w.gp.database.transaction() as tx:
        assert [(await messages.get(tx, i)).state for i in ids] == ["sent", "acknowledged"]
    await w.settle(5)
    async with w.gp.database.transaction() as tx:
        bad = await messages.get(tx, ids[0])
    assert (bad.state, bad.detail[:3]) == ("rejected", "X99")
    assert w.hospital.here.work_list == [(bad.msg_id, Why.UNREADABLE)]


def test_reading_raises_only_errors_that_have_a_code():
    for seed in range(100):
        chance = random.Random(1000 + seed)
        raw = broken_bytes(chance.choice(LETTERS), chance)
        try:
            codec.read(raw)
        except AksonError:
            continue
