"""Requests for services as FHIR messages, on the engine, states, receipts and signatures of all letters."""

import base64
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio

from akson.exchange.own_package import examples
from akson.fhir import strict_json
from akson.kit.clock import now
from akson.kit.ids import new_id
from akson.messaging import codec, inbox, msh, outbox, sign, times
from akson.messaging.answering import apprec
from akson.messaging.codec import UnknownFormat
from akson.messaging.envelope import envelope
from akson.messaging.fhir import codec as fhir
from akson.messaging.fhir import sealing, wire
from akson.messaging.inbox import Match, Why
from akson.messaging.kith.binding import NotOfSchema
from akson.messaging.kith.xml import NotWellFormed
from akson.messaging.model import Header, Receipt
from akson.messaging.outbox import Sending
from akson.messaging.receipts import ACCEPTED, rejection
from akson.messaging.sign import BadSignature
from akson.store.underway import messages
from akson.store.underway.messages import Wanted
from tests.messaging import makers
from tests.messaging.world import GP_HER, HOSPITAL_HER, world

PID = makers.PATIENT.national_id
EXAMPLE = examples()["anmodning-om-tjeneste-anmodning"]


def request(id_="", **changed):
    """A request of the surgery to the hospital."""
    id_ = id_ or new_id()
    head = Header(
        msg_id=id_, type=fhir.REQUEST, generated=times.current(), sender=makers.GP_ONE_NAME, receiver=makers.HOSPITAL,
        patient=makers.PATIENT, conversation=id_,
    )  # fmt: skip
    said = {
        **deepcopy(EXAMPLE),
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{new_id()}"}],
    }
    return fhir.asked(head, {name: value for name, value in (said | changed).items() if value is not None})


def bundle(letter):
    return strict_json.loads(codec.write(letter))


# --- the codec -------------------------------------------------------------------------------------------------


def test_what_is_written_is_read_again():
    letter = request()
    found = codec.read(codec.write(letter)).content
    assert (found.header.msg_id, found.document_id) == (letter.header.msg_id, letter.document_id)
    assert (found.header.sender.her_id, found.header.receiver.her_id) == (GP_HER, HOSPITAL_HER)
    assert found.header.patient.national_id == PID
    assert found.header.patient.full_name == makers.PATIENT.full_name
    assert found.request["code"] == EXAMPLE["code"]
    assert found.sections[0].heading.label == EXAMPLE["code"]["text"]
    assert found.sections[0].text == EXAMPLE["reasonCode"][0]["text"]
    outside = envelope(codec.parse(codec.write(letter)))
    assert (outside.type, outside.receivers, outside.is_receipt) == ("anmodning", (HOSPITAL_HER,), False)


@pytest.mark.parametrize(
    ("answer", "code", "issues"),
    [
        (ACCEPTED, "ok", []),
        (rejection("E35"), "fatal-error", [("E35", None)]),
        (rejection("T02", "ServiceRequest.code: must be there"), "fatal-error", [("T02", ["ServiceRequest.code"])]),
    ],
)  # fmt: skip
def test_a_receipt_is_a_response_with_an_outcome_that_names_the_element(answer, code, issues):
    letter = request()
    raw = apprec(codec.write(letter), HOSPITAL_HER, answer, new_id())
    made = strict_json.loads(raw)
    response = wire.resource_of(made, "MessageHeader")["response"]
    assert (response["identifier"], response["code"]) == (letter.header.msg_id, code)
    outcome = wire.resource_of(made, "OperationOutcome") or {"issue": []}
    assert [(e["details"]["coding"][0]["code"], e.get("expression")) for e in outcome["issue"]] == issues
    found = codec.read(raw).content
    assert isinstance(found, Receipt)
    assert (found.original_id, found.status) == (letter.header.msg_id, answer.status)
    assert [(e.code, e.text) for e in found.errors] == [(e.code, e.text) for e in answer.errors]
    assert envelope(codec.parse(raw)).is_receipt


def test_what_is_no_message_is_refused_with_its_element():
    with pytest.raises(NotWellFormed):
        codec.parse(b'{"resourceType": "Bundle"')
    with pytest.raises(NotOfSchema, match=r"Bundle\.type"):
        codec.parse(b'{"resourceType": "Bundle", "type": "batch"}')
    faulty = bundle(request())
    faulty["entry"][1]["resource"]["status"] = "open"
    with pytest.raises(NotOfSchema, match=r"Bundle\.entry\[1\]\.resource\.status"):
        codec.parse(strict_json.dumps(faulty))
    without = bundle(request())
    without["entry"][0]["resource"].pop("focus")
    with pytest.raises(NotOfSchema, match=r"MessageHeader\.focus"):
        codec.read(strict_json.dumps(without))
    other = bundle(request())
    other["entry"][0]["resource"]["eventCoding"]["code"] = "admit"
    with pytest.raises(UnknownFormat):
        codec.read(strict_json.dumps(other))


@pytest.mark.parametrize("encrypts", [False, True], ids=["EC", "RSA"])
def test_a_signature_covers_everything_but_itself(encrypts):
    signer = sign.self_made("Solvik legesenter", "983974880", encrypts=encrypts)
    signed = strict_json.loads(sealing.sign(codec.write(request()), signer))
    sealing.verify(signed, lambda each: each == signer.certificate, now())
    again = strict_json.loads(strict_json.dumps(dict(reversed(signed.items()))))
    sealing.verify(again, lambda each: each == signer.certificate, now())  # the order of names says nothing
    changed = deepcopy(signed)
    changed["entry"][1]["resource"]["code"]["text"] = "Noe annet"
    for wrong, trusted, at, code in (
        (changed, True, now(), "S01"),
        (signed, False, now(), "S02"),
        (signed, True, now() + timedelta(days=400), "S02"),
        (
            signed | {"signature": signed["signature"] | {"data": base64.b64encode(b"a.b").decode()}},
            True,
            now(),
            "S02",
        ),
    ):
        with pytest.raises(BadSignature) as refused:
            sealing.verify(wrong, lambda _, told=trusted: told, at)
        assert refused.value.error == code


# --- the engine ------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def w(new_database):
    async with world(new_database) as made:
        made.hospital.here.patients[PID] = Match("h-kari")
        yield made


async def send(w, letter, signer=None, **values):
    async with w.gp.database.transaction() as tx:
        return await outbox.enqueue(tx, letter, Sending(patient="g-kari", **values), signer)


async def after(w, message):
    async with w.gp.database.transaction() as tx:
        return await messages.get(tx, message.id)


@pytest.mark.store
async def test_a_request_is_sent_delivered_and_acknowledged(w):
    letter = request()
    message = await send(w, letter)
    await w.settle()
    assert (await after(w, message)).state == "acknowledged"
    ((arrived, content),) = w.hospital.here.arrivals
    assert (arrived.patient, arrived.type, content.document_id) == ("h-kari", "anmodning", letter.document_id)
    async with w.hub.transaction() as tx:
        held = await messages.find(tx, msh.RELAY, Wanted())
    assert {each.content_type for each in held} == {wire.TYPE}
    assert {each.type for each in held} == {"anmodning", "APPREC"}


@pytest.mark.store
async def test_the_same_message_twice_is_one_and_another_under_its_number_is_refused(w):
    letter = request()
    first = await send(w, letter)
    assert (await send(w, letter)).id == first.id
    await w.settle()
    raw = codec.write(replace(letter, request=letter.request | {"priority": "urgent"}))
    body = {"businessDocument": base64.b64encode(raw).decode(), "contentType": wire.TYPE, "contentTransferEncoding": "base64"}  # fmt: skip
    assert (await w.gp.wire("POST", "/Messages", body))[0] == 400
    assert (await w.gp.wire("POST", "/Messages", body | {"contentType": "application/xml"}))[0] == 400
    assert len(w.hospital.here.arrivals) == 1


@pytest.mark.store
async def test_one_that_does_not_keep_the_profile_is_refused_with_the_element(w):
    message = await send(w, request(authoredOn=None, category=[{"text": "Alarm"}]))
    await w.settle()
    refused = await after(w, message)
    assert refused.state == "rejected"
    assert "T02" in refused.detail
    assert "ServiceRequest.authoredOn" in refused.detail
    assert "ServiceRequest.category" in refused.detail
    assert w.hospital.here.arrivals == []
    assert w.gp.here.work_list == [(message.msg_id, Why.REJECTED)]
    async with w.hub.transaction() as tx:
        receipt = next(e for e in await messages.find(tx, msh.RELAY, Wanted()) if e.type == "APPREC")
        outcome = wire.resource_of(
            strict_json.loads(await messages.payload(tx, receipt.id)), "OperationOutcome"
        )
    assert {e["expression"][0] for e in outcome["issue"]} == {
        "ServiceRequest.authoredOn",
        "ServiceRequest.category",
    }


@pytest.mark.store
async def test_one_about_a_stranger_waits_for_a_person(w):
    w.hospital.here.patients.clear()
    message = await send(w, request())
    await w.settle()
    assert (await after(w, message)).state == "acknowledged"
    assert w.hospital.here.work_list == [(message.msg_id, Why.UNMATCHED)]
    async with w.hospital.database.transaction() as tx:
        (entry,) = await inbox.entries(tx, [HOSPITAL_HER])
    assert entry.patient == ""


@pytest.mark.store
async def test_one_without_a_national_number_is_refused(w):
    letter = request()
    message = await send(
        w, replace(letter, header=replace(letter.header, patient=replace(makers.PATIENT, idents=())))
    )
    await w.settle()
    assert (await after(w, message)).detail.startswith("E30")


@pytest.mark.store
async def test_a_late_receipt_is_still_good(w):
    message = await send(w, request())
    await w.gp.engine.tick()
    w.gp.engine.clock = lambda: now() + timedelta(hours=97)
    await w.gp.engine.tick()
    assert (await after(w, message)).state == "overdue"
    assert w.gp.here.work_list == [(message.msg_id, Why.OVERDUE)]
    await w.settle()
    assert (await after(w, message)).state == "acknowledged"


@pytest.mark.store
async def test_whoever_signs_is_held_to_it(w):
    signer = sign.self_made("Solvik legesenter", "983974880")
    w.hospital.here.trusted[GP_HER] = [signer.certificate]
    good = await send(w, request(), signer)
    unsigned = await send(w, request())
    foreign = await send(w, request(), sign.self_made("Andre", "974795833"))
    await w.settle()
    assert (await after(w, good)).state == "acknowledged"
    assert (await after(w, unsigned)).detail.startswith("S99")
    assert (await after(w, foreign)).detail.startswith("S02")
