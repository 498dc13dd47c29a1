"""A request for a service from the surgery to another node as a FHIR message: profiles, case and receipt, over HTTP."""

from dataclasses import replace

import pytest
from tests.exchange.test_send import at, hospital_doctor, settle, side, someone, worker

from akson.exchange import cases
from akson.exchange.edge import requests, send
from akson.exchange.edge.mailroom import PROFILE, register_patient
from akson.exchange.edge.requests import Request
from akson.exchange.finding import find
from akson.kit.errors import Unprocessable
from akson.messaging import codec, outbox
from akson.messaging.outbox import Sending
from akson.record.context import NODE_ITSELF, opened
from akson.store.database.reader import OWNER
from akson.store.underway import messages

pytestmark = pytest.mark.store
HOSPITAL = "9000211"


@pytest.fixture
async def scene(world):
    gp, hospital = side(world, "journal"), side(world, "sykehus")
    await gp.mailroom.learn_own()
    await hospital.mailroom.learn_own()
    doctor = await worker(gp, "fastlege")
    return gp, hospital, doctor, await someone(gp, doctor)


async def ask(gp, doctor, patient, **changed):
    asked = {
        "patient": patient,
        "kind": "hjelpemiddel",
        "to": HOSPITAL,
        "what": "Rullestol",
        "why": "Går dårlig",
    }
    async with at(gp, doctor) as ctx:
        return await requests.send_request(ctx, gp.mailroom, Request(**(asked | changed)))


async def test_a_request_becomes_a_case_at_both_nodes(scene):
    gp, hospital, doctor, patient = scene
    assert HOSPITAL in {entry.her_id for entry in await requests.receivers(gp.mailroom)}
    sent = await ask(gp, doctor, patient)
    await settle(gp, hospital)
    async with at(gp, doctor) as ctx:
        (message,) = [each for each in await send.sent_about(ctx, patient) if each.id == sent.id]
        assert (message.state, message.type) == ("acknowledged", "anmodning"), message.detail
        mine = await cases.case_about(ctx, message.reference)
        assert cases.state(mine) == "received"

    actor = await hospital_doctor(hospital)
    async with at(hospital, actor) as ctx:
        (entry,) = await send.inbox_of(ctx, hospital.mailroom)
        if not entry.patient:
            await register_patient(ctx, hospital.mailroom, entry.id)
    async with at(hospital, actor) as ctx:
        read = await send.opened(ctx, hospital.mailroom, entry.id)
        assert read.letter.sections[0].text == "Går dårlig"
    async with opened(hospital.place, NODE_ITSELF) as ctx:
        theirs = await cases.case_numbered(ctx, cases.number(mine).removeprefix("urn:uuid:"))
        assert (cases.state(theirs), theirs["description"]) == ("received", "Rullestol")
        (request,) = await find(
            ctx, "ServiceRequest", ("_id", theirs["focus"]["reference"].partition("/")[2])
        )
        assert PROFILE in request["meta"]["profile"]
        assert request["category"][0]["coding"][0]["code"] == "hjelpemiddel"
        assert "legesenter" in request["requester"]["display"]
        tasks = await find(ctx, "Task", ("focus", theirs["focus"]["reference"]))
        assert "Vurder anmodning" in {each["code"]["text"] for each in tasks}


async def test_one_that_the_profile_does_not_allow_is_refused_and_becomes_the_senders_task(scene):
    gp, hospital, doctor, patient = scene
    await ask(gp, doctor, patient)
    async with gp.place.database.transaction(reader=OWNER) as tx:
        good = codec.read(await messages.payload(tx, (await messages.find(tx, "out"))[0].id)).content
        head = replace(good.header, msg_id="0e8f0b6e-0000-4000-8000-000000000001")
        wrong = replace(
            good, header=head, request={k: v for k, v in good.request.items() if k != "authoredOn"}
        )
        sent = await outbox.enqueue(tx.as_node, wrong, Sending(patient=patient), gp.mailroom.signer)
    await settle(gp, hospital)
    async with gp.place.database.transaction(reader=OWNER) as tx:
        refused = await messages.get(tx, sent.id)
    assert refused.state == "rejected", refused.detail
    assert "ServiceRequest.authoredOn" in refused.detail
    async with opened(gp.place, NODE_ITSELF) as ctx:
        tasks = await find(ctx, "Task", ("patient", f"Patient/{patient}"), ("_count", "100"))
    assert any("ServiceRequest.authoredOn" in each.get("description", "") for each in tasks)


@pytest.mark.parametrize("changed", [{"to": "9999999"}, {"kind": "annet"}, {"what": " "}])
async def test_what_cannot_be_asked_is_said_before_anything_is_written(scene, changed):
    gp, _, doctor, patient = scene
    with pytest.raises(Unprocessable):
        await ask(gp, doctor, patient, **changed)
    async with gp.place.database.transaction(reader=OWNER) as tx:
        assert await messages.find(tx, "out") == []
