"""A referral goes out, a summary comes back, on real databases and through the message API's own routes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from akson.kit.clock import now
from akson.kit.ids import new_id
from akson.messaging import codec, inbox, outbox, sign, times
from akson.messaging.inbox import Match, Why
from akson.messaging.model import Attachment, Ident, Party, Person, Unit
from akson.messaging.outbox import Sending
from akson.store.underway import messages
from akson.store.underway.messages import Wanted
from tests.messaging import makers
from tests.messaging.world import COPY_HER, GP_HER, HOSPITAL_HER, world

pytestmark = pytest.mark.store
PID = makers.PATIENT.national_id


@pytest_asyncio.fixture
async def w(new_database):
    async with world(new_database) as made:
        made.hospital.here.patients[PID] = Match("h-kari")
        made.gp.here.patients[PID] = Match("g-kari")
        yield made


def fresh(**values):
    head = makers.header(new_id(), generated=times.current(), **values.pop("head", {}))
    return makers.referral(header=head, **values)


async def send(side, letter, signer=None, **values):
    async with side.database.transaction() as tx:
        return await outbox.enqueue(tx, letter, Sending(patient="g-kari", **values), signer)


async def state(side, message):
    async with side.database.transaction() as tx:
        return await messages.get(tx, message.id)


async def received(side, states=("new", "opened", "done", "refused")):
    async with side.database.transaction() as tx:
        return await messages.find(tx, "in", Wanted(states=states))


async def due_now(side):
    """Let every message be looked at at once."""
    async with side.database.transaction() as tx:
        for message in await messages.find(tx, "out"):
            if message.due:
                await messages.lease(tx, message.id, now())


async def test_a_referral_is_sent_delivered_and_acknowledged(w):
    letter = fresh()
    message = await send(w.gp, letter, reference="ServiceRequest/1")
    assert message.state == "queued"
    await w.gp.engine.tick()
    assert (await state(w.gp, message)).state == "sent"
    await w.hospital.engine.receive()
    await due_now(w.gp)
    await w.gp.engine.tick()
    assert (await state(w.gp, message)).state == "delivered"
    await w.hospital.engine.tick()
    await w.gp.engine.tick()
    assert (await state(w.gp, message)).state == "acknowledged"
    assert w.gp.here.states == [(letter.header.msg_id, s) for s in ("sent", "delivered", "acknowledged")]
    ((arrived, content),) = w.hospital.here.arrivals
    assert content == letter
    assert arrived.patient == "h-kari"
    async with w.hospital.database.transaction() as tx:
        (entry,) = await inbox.entries(tx, [HOSPITAL_HER])
        assert entry.id == arrived.id
        assert await inbox.letter(tx, entry.id) == letter
        assert [s for _, s, _ in await messages.steps(tx, entry.id)] == ["new"]
    assert w.gp.here.work_list == w.hospital.here.work_list == []


async def test_a_summary_answers_the_referral(w):
    letter = fresh()
    await send(w.gp, letter)
    await w.settle()
    async with w.hospital.database.transaction() as tx:
        (entry,) = await inbox.entries(tx, [HOSPITAL_HER])
        done = await inbox.move(tx, entry.id, inbox.DONE, reference="ServiceRequest/h1")
        assert (done.state, done.reference) == ("done", "ServiceRequest/h1")
        head = outbox.header("EPIKRISE", makers.HOSPITAL, makers.GP_ONE_NAME, makers.PATIENT, letter.header)
        summary = replace(makers.epikrise(header=head), answers=letter.document_id)
        await outbox.enqueue(tx, summary, Sending(patient="h-kari", answers=entry.id))
    await w.settle()
    ((_, content),) = w.gp.here.arrivals
    assert content.answers == letter.document_id
    async with w.hospital.database.transaction() as tx:
        (out,) = await messages.find(tx, "out")
    assert (out.state, out.answers) == ("acknowledged", entry.id)


async def test_a_signed_referral_is_checked_and_a_forged_one_is_rejected(w):
    signer = sign.self_made("Solvik legesenter", "983974880")
    w.hospital.here.trusted[GP_HER] = [signer.certificate]
    good = await send(w.gp, fresh(), signer)
    unsigned = await send(w.gp, fresh())
    foreign = await send(w.gp, fresh(), sign.self_made("Andre", "974795833"))
    await w.settle()
    assert (await state(w.gp, good)).state == "acknowledged"
    assert (await state(w.gp, unsigned)).detail.startswith("S99")
    assert (await state(w.gp, foreign)).detail.startswith("S02")
    assert len(w.hospital.here.arrivals) == 1
    assert {why for _, why in w.gp.here.work_list} == {Why.REJECTED}


@pytest.mark.parametrize(
    ("patient", "error"),
    [
        (replace(makers.PATIENT, idents=()), "E30"),
        (replace(makers.PATIENT, idents=(Ident(f"{int(PID) + 1}", "FNR"),)), "E31"),
        (Person(idents=makers.PATIENT.idents), "E32"),
        (replace(makers.PATIENT, family=""), "E33"),
        (replace(makers.PATIENT, given=""), "E34"),
    ],
)
async def test_what_is_wrong_with_the_patient_is_told(w, patient, error):
    message = await send(w.gp, fresh(head={"patient": patient}))
    await w.settle()
    after = await state(w.gp, message)
    assert after.state == "rejected"
    assert after.detail.startswith(error)
    assert w.gp.here.work_list == [(message.msg_id, Why.REJECTED)]
    assert w.hospital.here.arrivals == []
    assert [m.state for m in await received(w.hospital)] == ["refused"]


async def test_a_stranger_is_accepted_in_a_referral_and_not_in_a_summary(w):
    w.hospital.here.patients.clear()
    referral = await send(w.gp, fresh())
    await w.settle()
    assert (await state(w.gp, referral)).state == "acknowledged"
    assert w.hospital.here.work_list == [(referral.msg_id, Why.UNMATCHED)]
    w.gp.here.patients.clear()
    head = outbox.header("EPIKRISE", makers.HOSPITAL, makers.GP_ONE_NAME, makers.PATIENT)
    summary = await send(w.hospital, makers.epikrise(header=head))
    await w.settle()
    assert (await state(w.hospital, summary)).detail.startswith("E35")


async def test_two_who_match_go_to_a_person(w):
    w.hospital.here.patients[PID] = Match(several=True)
    message = await send(w.gp, fresh())
    await w.settle()
    assert (await state(w.gp, message)).state == "acknowledged"
    assert w.hospital.here.work_list == [(message.msg_id, Why.SEVERAL)]


async def test_an_attachment_nobody_can_open_is_rejected(w):
    odd = Attachment("program", "application/x-msdownload", b"MZ")
    message = await send(w.gp, fresh(attachments=(odd,)))
    await w.settle()
    assert (await state(w.gp, message)).detail.startswith("X99")


async def test_a_letter_too_large_for_the_platform_goes_to_a_person(w, monkeypatch):
    monkeypatch.setattr("akson.rest.platform.msh.BODY_LIMIT", 50_000)
    picture = Attachment("bilde", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(100_000))
    message = await send(w.gp, fresh(attachments=(picture,)))
    await w.settle()
    assert (await state(w.gp, message)).state == "failed"
    assert w.gp.here.work_list == [(message.msg_id, Why.FAILED)]


async def test_an_answer_in_a_conversation_that_nobody_knows_is_taken_as_it_is(w):
    """The other side may have what we never got: what it says is not thrown away for that."""
    head = replace(
        makers.dialog().header,
        msg_id=new_id(),
        generated=times.current(),
        conversation="unknown-1",
        parent="nothing",
    )
    message = await send(w.gp, replace(makers.dialog(), header=head))
    await w.settle()
    assert (await state(w.gp, message)).state == "acknowledged"
    ((arrived, letter),) = w.hospital.here.arrivals
    assert (arrived.conversation, letter.header.parent) == ("unknown-1", "nothing")


async def test_an_unknown_address_is_refused_with_the_reason(w):
    nobody = Party(Unit("Ingen", (Ident("9999999", "HER"),)))
    message = await send(w.gp, fresh(head={"receiver": nobody}))
    await w.settle()
    after = await state(w.gp, message)
    assert after.state == "failed"
    assert "Unknown HER-id: 9999999" in after.detail
    assert w.gp.here.work_list == [(message.msg_id, Why.FAILED)]


async def test_anothers_address_as_sender_is_refused(w):
    message = await send(w.gp, fresh(head={"sender": makers.HOSPITAL, "receiver": makers.HOSPITAL}))
    await w.settle()
    assert "Not authorized for HerId(s): 8000202" in (await state(w.gp, message)).detail


async def test_a_payload_that_does_not_fit_its_schema_gets_t02(w):
    letter = fresh()
    message = await send(w.gp, letter)
    raw = codec.write(letter).replace(b"<ReqServ>", b"<Odd/><ReqServ>")
    async with w.gp.database.transaction() as tx:
        await tx.execute("update message set payload = %s where id = %s", [raw, message.id])
    await w.settle()
    after = await state(w.gp, message)
    assert (after.state, after.detail[:3]) == ("rejected", "T02")


async def test_two_own_receivers_take_it_in_once_and_answer_each(w):
    copy = Party(makers.HOSPITAL.organization, Unit("Kirurgi", (Ident(COPY_HER, "HER"),)))
    message = await send(w.gp, fresh(head={"copies": (copy,)}))
    await w.settle()
    assert len(w.hospital.here.arrivals) == 1
    assert len(await received(w.hospital)) == 1
    async with w.gp.database.transaction() as tx:
        told = {r.her_id: (r.state, r.status) for r in await messages.receivers(tx, message.id)}
    assert told == {HOSPITAL_HER: ("delivered", "1"), COPY_HER: ("delivered", "1")}
    async with w.hub.transaction() as tx:
        held = [m.from_her for m in await messages.find(tx, "relay") if m.type == "APPREC"]
    assert sorted(held) == [HOSPITAL_HER, COPY_HER]


async def test_enqueuing_twice_is_one_message(w):
    letter = fresh()
    first = await send(w.gp, letter)
    assert (await send(w.gp, letter)).id == first.id
    await w.settle()
    assert len(w.hospital.here.arrivals) == 1


async def test_a_letter_rolled_back_is_never_sent(w):
    async def stopped():
        async with w.gp.database.transaction() as tx:
            await outbox.enqueue(tx, fresh(), Sending())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await stopped()
    await w.settle()
    assert not [path for method, path in w.gp.wire.calls if method == "POST"]


async def test_an_answer_that_does_not_come_in_time_goes_to_a_person_and_a_late_one_is_good(w):
    old = times.written(datetime.now(UTC) - timedelta(hours=97))
    letter = makers.referral(header=makers.header(new_id(), generated=old))
    message = await send(w.gp, letter, owner_role="fastlege")
    for _ in range(3):
        await w.gp.engine.tick()
    after = await state(w.gp, message)
    assert after.state == "overdue"
    assert after.owner_role == "fastlege"
    assert w.gp.here.work_list == [(message.msg_id, Why.OVERDUE)]
    await w.settle()
    assert (await state(w.gp, message)).state == "acknowledged"


async def test_a_platform_that_is_away_is_tried_again(w):
    w.gp.wire.fault = lambda method, path: "before"
    message = await send(w.gp, fresh())
    await w.gp.engine.tick()
    waiting = await state(w.gp, message)
    assert (waiting.state, waiting.attempts) == ("queued", 1)
    assert waiting.due > now()
    w.gp.wire.fault = lambda method, path: ""
    await due_now(w.gp)
    await w.settle()
    assert (await state(w.gp, message)).state == "acknowledged"


async def test_a_lost_answer_to_sending_makes_no_second_message(w):
    lost = iter(["after"])
    w.gp.wire.fault = lambda method, path: next(lost, "") if method == "POST" else ""
    message = await send(w.gp, fresh())
    await w.gp.engine.tick()
    assert (await state(w.gp, message)).state == "queued"
    await due_now(w.gp)
    await w.settle()
    assert (await state(w.gp, message)).state == "acknowledged"
    assert len(w.hospital.here.arrivals) == 1
    async with w.hub.transaction() as tx:
        assert len(await messages.find(tx, "relay")) == 2  # the letter and its receipt


async def test_a_lost_receipt_is_found_by_asking(w):
    message = await send(w.gp, fresh())
    await w.gp.engine.tick()
    await w.hospital.engine.tick()
    async with w.hub.transaction() as tx:
        await tx.execute("delete from message_receiver where her_id = %s", [GP_HER])
    await due_now(w.gp)
    await w.gp.engine.tick()
    assert (await state(w.gp, message)).state == "acknowledged"


async def test_a_lost_answer_to_a_receipt_makes_no_second_receipt(w):
    lost = iter(["after"])
    w.hospital.wire.fault = lambda method, path: next(lost, "") if "/apprec/" in path else ""
    message = await send(w.gp, fresh())
    await w.settle()
    assert (await state(w.gp, message)).state == "acknowledged"
    async with w.hub.transaction() as tx:
        assert sorted(m.type for m in await messages.find(tx, "relay")) == ["APPREC", "HENVISNING_NYTILSTAND"]


async def test_a_receipt_faster_than_the_answer_to_sending(w):
    """The sender stops between handing over and noting it; the receipt is there when it comes back."""
    message = await send(w.gp, fresh())
    async with w.gp.database.transaction() as tx:
        raw = await messages.payload(tx, message.id)
    await w.gp.engine.transport.send(raw)
    await w.hospital.engine.tick()
    await w.gp.engine.receive()
    assert (await state(w.gp, message)).state == "acknowledged"
    await w.settle()
    assert (await state(w.gp, message)).state == "acknowledged"
    assert len(w.hospital.here.arrivals) == 1


async def test_a_receiver_stopped_before_it_answered_goes_on(w):
    w.hospital.wire.fault = lambda method, path: "before" if "/apprec/" in path else ""
    message = await send(w.gp, fresh())
    await w.settle(2)
    assert (await state(w.gp, message)).state in ("sent", "delivered")
    w.hospital.wire.fault = lambda method, path: ""
    await w.settle(2)
    assert (await state(w.gp, message)).state == "acknowledged"
    assert len(w.hospital.here.arrivals) == 1


async def test_a_negative_answer_stays_negative(w):
    message = await send(w.gp, fresh(head={"patient": replace(makers.PATIENT, idents=())}))
    await w.settle()
    async with w.gp.database.transaction() as tx:
        held = await messages.get(tx, message.id, hold=True)
        after = await outbox.note(tx, held, outbox.Status(HOSPITAL_HER, delivered=True, status="1"), None)
    assert after.state == "rejected"


async def test_a_receipt_for_a_message_that_was_never_sent_changes_nothing(w):
    message = await send(w.gp, fresh())
    refused = outbox.Status(HOSPITAL_HER, delivered=True, status="2")
    await w.gp.engine._note([("no such message", refused)])
    await w.gp.engine._note([(message.msg_id, replace(refused, receiver="4711"))])
    assert (await state(w.gp, message)).state == "queued"


async def test_refused_entries_cannot_be_opened(w):
    await send(w.gp, fresh(head={"patient": replace(makers.PATIENT, idents=())}))
    await w.settle()
    (entry,) = await received(w.hospital)
    async with w.hospital.database.transaction() as tx:
        with pytest.raises(inbox.Conflict):
            await inbox.move(tx, entry.id, inbox.OPENED)
        with pytest.raises(inbox.NotFound):
            await inbox.move(tx, "nothing", inbox.OPENED)
        with pytest.raises(inbox.NotFound):
            await inbox.letter(tx, "nothing")
