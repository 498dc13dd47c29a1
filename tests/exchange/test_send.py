"""A referral from the municipality's record to the hospital's and the summary back, through the platform over HTTP."""

from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from akson.demo.roles import ROLES
from akson.exchange.edge import answer, send
from akson.exchange.edge.mailroom import register_patient
from akson.exchange.edge.send import Order
from akson.exchange.finding import find
from akson.fhir.strict_json import loads
from akson.kit import norwegian
from akson.kit.errors import NotFound, Unprocessable
from akson.kit.ids import new_id
from akson.messaging.mapping.outgoing import Summary
from akson.record.context import NODE_ITSELF, opened
from akson.record.refused import Refused
from akson.security.actor import Actor, Kind
from akson.security.roles import ROLE_SYSTEM
from akson.store.database.reader import OWNER
from akson.store.underway import messages

pytestmark = pytest.mark.store


def side(world, name):
    return next(each for each in world.app.state.hosted if each.node.name == name)


async def worker(each, role):
    """Somebody who has this role on the node, as signing in would make the actor."""
    async with opened(each.place, NODE_ITSELF) as ctx:
        roles = await find(ctx, "PractitionerRole", ("role", f"{ROLE_SYSTEM}|{role}"), ("_count", "50"))
        chosen = roles[0]
        practitioner = chosen["practitioner"]["reference"]
    return Actor(
        Kind.PERSONNEL,
        name=chosen["practitioner"].get("display", ""),
        practitioner=practitioner,
        role=role,
        role_reference=f"PractitionerRole/{chosen['id']}",
        units=frozenset({chosen["organization"]["reference"]}),
        organization=each.node.organization,
        authorization=ROLES[role].category,
        assurance=4,
    )


@asynccontextmanager
async def at(each, actor):
    async with opened(each.place, actor) as ctx:
        yield ctx


async def settle(*sides):
    for _ in range(4):
        for each in sides:
            if not each.mailroom.own:
                await each.mailroom.learn_own()
            await each.mailroom.engine().tick()


async def someone(each, actor):
    """A patient whom the actor treats, with a problem and a medicine."""
    async with at(each, actor) as ctx:
        for condition in await find(ctx, "Condition", ("_count", "200")):
            patient = condition["subject"]["reference"].partition("/")[2]
            if await find(ctx, "MedicationStatement", ("patient", f"Patient/{patient}")):
                return patient
    raise AssertionError("the demo has nobody to refer")


@pytest.fixture
async def scene(world):
    gp, hospital = side(world, "journal"), side(world, "sykehus")
    await gp.mailroom.learn_own()
    await hospital.mailroom.learn_own()
    doctor = await worker(gp, "fastlege")
    return gp, hospital, doctor, await someone(gp, doctor)


async def refer(gp, doctor, patient, **values):
    known = {
        "patient": patient,
        "to": "9000211",
        "wanted": "Vurdering",
        "story": "Tungpust.",
        "priority": "urgent",
    }
    async with at(gp, doctor) as ctx:
        return await send.send_referral(ctx, gp.mailroom, Order(**{**known, **values}))


async def hospital_doctor(hospital):
    actor = await worker(hospital, "sykehuslege")
    async with opened(hospital.place, NODE_ITSELF) as ctx:
        units = await find(ctx, "Organization", ("identifier", f"{norwegian.HER}|9000211"))
    return replace(actor, units=frozenset({f"Organization/{units[0]['id']}"}))


async def only_entry(hospital, actor):
    async with at(hospital, actor) as ctx:
        entries = await send.inbox_of(ctx, hospital.mailroom)
        assert len(entries) == 1
        return entries[0]


@pytest.mark.proves("I14", "L17")
async def test_a_referral_there_and_a_summary_back(scene):
    gp, hospital, doctor, patient = scene
    assert any(e.her_id == "9000211" for e in await send.receivers(gp.mailroom, "medisinsk"))
    request, message = await refer(gp, doctor, patient)
    assert request["performer"][0]["identifier"]["value"] == "9000211"
    await settle(gp, hospital)
    async with at(gp, doctor) as ctx:
        sent = (await send.sent_about(ctx, patient))[0]
        assert (sent.id, sent.state, sent.reference) == (
            message.id,
            "acknowledged",
            f"ServiceRequest/{request['id']}",
        )
        steps = [state for _, state, _ in await send.history_of(ctx, gp.mailroom, message.id)]
        assert steps[0] == "queued"
        assert steps[-1] == "acknowledged"

    actor = await hospital_doctor(hospital)
    entry = await only_entry(hospital, actor)
    if not entry.patient:
        async with at(hospital, actor) as ctx:
            await register_patient(ctx, hospital.mailroom, entry.id)
    async with at(hospital, actor) as ctx:
        opened_entry = await send.opened(ctx, hospital.mailroom, entry.id)
        letter, proposals = opened_entry.letter, opened_entry.proposals
        assert letter.document_id == request["id"]
        assert any(p.resource["resourceType"] == "MedicationStatement" for p in proposals)
        fresh = [p for p in proposals if not p.same_as]
        written = await send.take_in(ctx, hospital.mailroom, entry.id, {p.key for p in fresh[:2]})
        assert len(written) == len(fresh[:2])
        here = opened_entry.message.patient
        for reference in written:
            found = await find(ctx, "Provenance", ("target", reference))
            assert found[0]["entity"][0]["what"]["identifier"]["value"] == letter.header.msg_id
        requests = await find(ctx, "ServiceRequest", ("patient", f"Patient/{here}"), ("_count", "100"))
        assert any(r.get("meta", {}).get("source", "").endswith(letter.header.msg_id) for r in requests)
        assert await send.inbox_of(ctx, hospital.mailroom) == []
        record = await send.prefill(ctx, here)
        summary = Summary(
            document_id=new_id(), title="Epikrise medisinsk avdeling", sections=[("VU", "Bedre."), ("OP", "Kontroll.")],
            answers=letter,
        )  # fmt: skip
        await answer.send_epikrise(ctx, hospital.mailroom, entry.id, summary, record)
    await settle(hospital, gp)
    async with at(gp, doctor) as ctx:
        back = (await send.inbox_of(ctx, gp.mailroom))[0]
        assert (back.type, back.patient) == ("EPIKRISE", patient)
        found = await send.opened(ctx, gp.mailroom, back.id)
        assert found.letter.answers == request["id"]
        documents = await find(ctx, "DocumentReference", ("patient", f"Patient/{patient}"), ("_count", "100"))
        assert any(d.get("description") == "Epikrise medisinsk avdeling" for d in documents)
        tasks = await find(ctx, "Task", ("patient", f"Patient/{patient}"), ("_count", "100"))
        assert any(t["code"]["text"] == "Les epikrise" for t in tasks)
    async with hospital.place.database.transaction(reader=OWNER) as tx:
        (out,) = await messages.find(tx, "out")
    assert (out.state, out.answers) == ("acknowledged", entry.id)


async def test_the_signature_travels_and_is_checked(scene):
    gp, hospital, doctor, patient = scene
    assert await hospital.mailroom.certificates("9000111") == (gp.mailroom.signer.certificate,)
    gp.mailroom.signer = None
    _, message = await refer(gp, doctor, patient)
    await settle(gp, hospital)
    async with at(gp, doctor) as ctx:
        after = (await send.sent_about(ctx, patient))[0]
        assert (after.id, after.state) == (message.id, "rejected")
        assert after.detail.startswith("S99")
        tasks = await find(ctx, "Task", ("patient", f"Patient/{patient}"), ("_count", "100"))
        assert any(t.get("identifier", [{}])[0].get("value") == message.id for t in tasks)


async def test_an_address_that_takes_no_referral_is_refused_at_once(scene):
    gp, _, doctor, patient = scene
    with pytest.raises(Unprocessable):
        await refer(gp, doctor, patient, to="1234567")
    async with at(gp, doctor) as ctx:
        assert await send.sent_about(ctx, patient) == []


async def test_letters_are_for_those_of_the_unit(scene):
    gp, hospital, doctor, patient = scene
    await refer(gp, doctor, patient)
    await settle(gp, hospital)
    actor = await hospital_doctor(hospital)
    entry = await only_entry(hospital, actor)
    stranger = replace(actor, units=frozenset({"Organization/other"}))
    async with at(hospital, stranger) as ctx:
        assert await send.inbox_of(ctx, hospital.mailroom) == []
        with pytest.raises(NotFound):
            await send.opened(ctx, hospital.mailroom, entry.id)
        with pytest.raises(NotFound):
            await send.take_in(ctx, hospital.mailroom, entry.id, {"diagnosis-1"})


async def test_who_does_not_treat_the_patient_cannot_refer(scene):
    gp, _, doctor, patient = scene
    stranger = replace(doctor, units=frozenset({"Organization/other"}), practitioner="", role_reference="")
    with pytest.raises((NotFound, Refused, Unprocessable)):
        await refer(gp, stranger, patient)
    async with gp.place.database.transaction(reader=OWNER) as tx:
        assert await messages.find(tx, "out") == []


async def test_a_platform_that_is_down_keeps_the_letter_until_it_is_back(world, scene):
    gp, hospital, doctor, patient = scene
    await gp.mailroom.book.entry("9000211")
    world.silent.add("samhandling")
    _, message = await refer(gp, doctor, patient)
    await gp.mailroom.engine().tick()
    async with gp.place.database.transaction(reader=OWNER) as tx:
        assert (await messages.get(tx, message.id)).state == "queued"
        await messages.lease(tx, message.id, message.made or message.due)
    world.silent.clear()
    await settle(gp, hospital)
    async with gp.place.database.transaction(reader=OWNER) as tx:
        assert (await messages.get(tx, message.id)).state == "acknowledged"


async def test_a_system_without_addresses_may_send_for_nobody(scene, world):
    gp, *_ = scene
    url = f"{gp.node.platform}/msh/api/v2/Messages?ReceiverHerIds=9000211"
    other = await gp.peer.request("GET", url, scope="akson:samhandling/fhir")
    assert other.status_code == 403
    assert "insufficient_scope" in loads(other.content)["error"]
    answer = await gp.peer.request("GET", url, scope="akson:samhandling/msh")
    assert answer.status_code == 403
    assert loads(answer.content)["error"] == "Not authorized for HerId(s): 9000211"
    async with world.browser() as browser:
        assert (await browser.get(url)).status_code == 401
