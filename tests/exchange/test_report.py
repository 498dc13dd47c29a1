"""Vaccinations reach the register by themselves, through the platform over HTTP: told, corrected, withdrawn, refused, sent again."""

import asyncio
from datetime import timedelta
from html import unescape
from uuid import UUID

import pytest
from tests.exchange.test_send import at, side, someone, worker
from tests.exchange.test_send_pages import post, until

from akson.exchange.edge.report import FOREVER, MARK, NOW, OWN, Reporter, again
from akson.exchange.reports import wire
from akson.exchange.reports.catalogue import HELFO, SYSVAK
from akson.exchange.reports.claims import CO_PAYMENT, TARIFFS
from akson.exchange.reports.vaccinations import DELETED, REGISTERED
from akson.fhir.model import concept
from akson.fhir.strict_json import loads
from akson.kit.clock import now
from akson.kit.errors import Conflict
from akson.kit.norwegian import ICPC2, volven
from akson.kit.text import of_kept
from akson.messaging.outbox import ACKNOWLEDGED, FAILED, OPEN, REJECTED
from akson.record import gate
from akson.store.access import blocks
from akson.store.database.reader import NODE, OWNER
from akson.store.scope_holds import Block
from akson.store.underway import keep, messages, reports
from akson.store.underway.messages import Wanted

pytestmark = pytest.mark.store
PAGE = "/journal/rapportering"
LOT = "PRØVE-17"


def given(patient, **said):
    """An Immunization as somebody writes it."""
    return {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": concept(volven(9501), "INF09", "Influensa (inaktivert, splittvirus)"),
        "patient": {"reference": f"Patient/{patient}"},
        "occurrenceDateTime": (now() - timedelta(days=1)).date().isoformat(),
        "primarySource": True,
        "lotNumber": LOT,
    } | said


@pytest.fixture
async def scene(world):
    """The GP's record system, reporting from now on, a doctor there, and a patient of the doctor's."""
    gp = side(world, "journal")
    await gp.mailroom.learn_own()
    await Reporter(gp.mailroom).note()
    doctor = await worker(gp, "fastlege")
    return gp, doctor, await someone(gp, doctor)


async def write(gp, doctor, resource):
    async with at(gp, doctor) as ctx:
        stored = (await gate.create(ctx, resource)).stored
    return loads(stored.body)


async def change(gp, doctor, resource, **said):
    async with at(gp, doctor) as ctx:
        await gate.update(ctx, resource | said, if_match=None)


async def noted(gp, *resources, register=HELFO):
    """Wait until all of these are noted: what is written is seen once no older transaction is open."""
    for _ in range(200):
        await Reporter(gp.mailroom).once()
        async with gp.place.database.transaction(reader=NODE) as tx:
            held = [
                await keep.get(tx, register.kept, f"{each['resourceType']}/{each['id']}")
                for each in resources
            ]
        if all(held):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("not noted")


async def told(gp, resource, number, register=SYSVAK):
    """So many reports about a resource, the oldest first, with what they say, once nothing is under way or to be told."""
    reference = f"{resource['resourceType']}/{resource['id']}"
    for _ in range(200):
        async with gp.place.database.transaction(reader=NODE) as tx:
            await keep.put(tx, NOW, register.slug, {}, FOREVER)
        await Reporter(gp.mailroom).once()
        await gp.mailroom.engine().tick()
        async with gp.place.database.transaction(reader=NODE) as tx:
            found = await reports.told(tx, reference, register.messages)
            waits = await keep.get(tx, register.kept, reference)
            if len(found) >= number and waits is None and not any(each.state in OPEN for each in found):
                raw = [await messages.payload(tx, each.message.id) for each in found]
                said = [wire.read_own(register, m.message.type, it) for m, it in zip(found, raw, strict=True)]
                return [(m, it[m.place] if it else None) for m, it in zip(found, said, strict=True)][::-1]
    raise AssertionError(f"never settled: {found}, {waits}")


def steps(reports_):
    return [
        (m.state, report.event.vaccination.action, report.event.vaccination.batch) for m, report in reports_
    ]


async def test_a_vaccination_is_told_corrected_and_withdrawn(scene):
    gp, doctor, patient = scene
    made = await write(gp, doctor, given(patient))
    first = await told(gp, made, 1)
    assert steps(first) == [(ACKNOWLEDGED, REGISTERED, LOT)]
    assert first[0][1].event.vaccination.vaccine.v == "INF09"

    # What the register is not told of changes nothing there.
    await change(gp, doctor, made, note=[{"text": "Venstre arm"}])
    await change(gp, doctor, made, lotNumber="NY-18")
    corrected = [(ACKNOWLEDGED, DELETED, LOT), (ACKNOWLEDGED, REGISTERED, "NY-18")]
    assert steps(await told(gp, made, 3))[1:] == corrected

    await change(gp, doctor, made, status="entered-in-error", lotNumber="NY-18")
    assert steps(await told(gp, made, 4))[3:] == [(ACKNOWLEDGED, DELETED, "NY-18")]


async def test_what_the_register_refuses_is_somebodys_task_until_it_is_put_right(world, scene):
    gp, doctor, patient = scene
    tomorrow = (now() + timedelta(days=2)).date().isoformat()
    made = await write(gp, doctor, given(patient, occurrenceDateTime=tomorrow))
    ((refused, _),) = await told(gp, made, 1)
    assert refused.state == REJECTED
    assert "ikke kommet ennå" in refused.detail

    browser = await world.sign_in("journal", "jonas-berg")
    page = await until(browser, PAGE, "Registeret godtok ikke meldingen")
    assert "Grunn: Datoen vaksinen ble gitt, er ikke kommet ennå" in unescape(page.text)
    inbox = await browser.get("/journal/innboks/oppfolging")
    assert f"/journal/brev/{refused.message.id}" in inbox.text
    assert (await browser.get(f"/journal/brev/{refused.message.id}")).url.path == PAGE

    # Sent again as it was, it is refused again; put right, it goes by itself.
    sent = await post(browser, page, f"{PAGE}/{refused.id}")
    assert sent.url.path == PAGE
    assert [m.state for m, _ in await told(gp, made, 2)] == [REJECTED, REJECTED]
    await change(gp, doctor, made, occurrenceDateTime=now().date().isoformat())
    assert [m.state for m, _ in await told(gp, made, 3)] == [REJECTED, REJECTED, ACKNOWLEDGED]
    page = await browser.get(PAGE)
    assert "Registeret godtok ikke meldingen" not in unescape(page.text)
    assert (
        f"/journal/brev/{refused.message.id}" not in (await browser.get("/journal/innboks/oppfolging")).text
    )
    assert "Godtatt: 1" in unescape(page.text)
    async with at(gp, doctor) as ctx:
        with pytest.raises(Conflict):
            await again(ctx, gp.mailroom, (await told(gp, made, 3))[-1][0].id)


async def test_what_cannot_be_written_is_told_once_and_goes_when_it_is_filled_in(scene):
    gp, doctor, patient = scene
    made = await write(gp, doctor, given(patient, vaccineCode={"text": "Influensavaksine"}))
    ((failed, nothing),) = await told(gp, made, 1)
    assert (failed.state, of_kept(failed.detail), nothing) == (
        FAILED,
        "Vaksinen mangler kode fra vaksinelisten",
        None,
    )
    await change(gp, doctor, made, note=[{"text": "Venstre arm"}])
    await change(gp, doctor, made, vaccineCode=given(patient)["vaccineCode"])
    assert [m.state for m, _ in await told(gp, made, 2)] == [FAILED, ACKNOWLEDGED]


async def test_what_others_gave_is_not_told_and_a_killed_process_tells_nothing_twice(scene):
    gp, doctor, patient = scene
    others = await write(gp, doctor, given(patient, primarySource=False))
    made = await write(gp, doctor, given(patient))
    first = await told(gp, made, 1)
    async with gp.place.database.transaction(reader=NODE) as tx:
        assert await messages.find(tx, "out", Wanted(reference=f"Immunization/{others['id']}")) == []
        assert await reports.ready(tx, SYSVAK.kept, SYSVAK.messages, OPEN, 10) == {}
    # The mark as it was before: a process that was killed before its transaction ended begins there again.
    async with gp.place.database.transaction(reader=OWNER) as tx:
        mark = await keep.get(tx, MARK, OWN)
        await keep.note(tx, MARK, OWN, {"xid": "0", "sequence": 0})
    while await Reporter(gp.mailroom).once():
        pass
    assert [m.id for m, _ in await told(gp, made, 1)] == [m.id for m, _ in first]
    async with gp.place.database.transaction(reader=NODE) as tx:
        assert int((await keep.get(tx, MARK, OWN))["xid"]) >= int(mark["xid"])


async def consultation(gp, doctor, patient, start=None, **said):
    """A Claim for a consultation with a diagnosis and two tariffs."""
    subject = {"reference": f"Patient/{patient}"}
    start = (start or now() - timedelta(hours=2)).isoformat(timespec="seconds")
    ambulatory = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}
    encounter = {"resourceType": "Encounter", "status": "finished", "class": ambulatory}
    met = await write(gp, doctor, encounter | {"subject": subject, "period": {"start": start}})
    condition = {"resourceType": "Condition", "code": concept(ICPC2, "R05", "Hoste"), "subject": subject}
    found = await write(gp, doctor, condition)
    item = {"encounter": [{"reference": f"Encounter/{met['id']}"}]}
    items = [
        item
        | {
            "sequence": n,
            "productOrService": concept(TARIFFS, code, code),
            "net": {"value": kr, "currency": "NOK"},
        }
        for n, (code, kr) in enumerate((("2ad", 176), ("701a", 65)), 1)
    ]
    claim = {
        "resourceType": "Claim", "status": "active", "use": "claim", "patient": subject, "created": start,
        "type": concept("http://terminology.hl7.org/CodeSystem/claim-type", "professional", "Professional"),
        "priority": concept("http://terminology.hl7.org/CodeSystem/processpriority", "normal", "Normal"),
        "provider": {"reference": doctor.practitioner}, "item": items,
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"display": "Folketrygden"}}],
        "diagnosis": [{"sequence": 1, "diagnosisReference": {"reference": f"Condition/{found['id']}"}}],
    }  # fmt: skip
    return await write(gp, doctor, claim | said)


def amount(bill):
    return bill.treatment.sum.refund.v


async def test_a_claim_is_sent_credited_when_it_changes_and_sent_anew(scene):
    gp, doctor, patient = scene
    made = await consultation(gp, doctor, patient)
    ((sent, bill),) = await told(gp, made, 1, HELFO)
    treatment = bill.treatment
    assert (sent.state, amount(bill)) == (ACKNOWLEDGED, "241.00")
    assert [(each.code, each.amount.v) for each in treatment.tariff] == [("2ad", "176.00"), ("701a", "65.00")]
    assert [each.v for each in treatment.diagnosis] == ["R05"]
    assert bill.id == f"{{{UUID(made['id'])}}}"

    await change(gp, doctor, made, item=made["item"][:1])
    _, (credit, credited), (anew, less) = await told(gp, made, 3, HELFO)
    assert (credit.state, credited.is_credit, amount(credited)) == (ACKNOWLEDGED, "true", "241.00")
    assert (anew.state, less.is_credit, amount(less)) == (ACKNOWLEDGED, None, "176.00")

    bare = {key: value for key, value in made["item"][0].items() if key != "net"}
    await change(gp, doctor, made, item=[bare])
    failed = (await told(gp, made, 4, HELFO))[-1][0]
    assert (failed.state, of_kept(failed.detail)) == (FAILED, "Kravet mangler takst eller beløp")
    await change(gp, doctor, made, status="cancelled")
    assert (await told(gp, made, 5, HELFO))[-1][1].is_credit == "true"


def paying(kroner, *, paid):
    """What a Claim says of the patient's own part."""
    amount_, is_paid = concept(CO_PAYMENT, "egenandel", "Egenandel"), concept(CO_PAYMENT, "betalt", "Betalt")
    return [
        {"sequence": 1, "category": amount_, "valueQuantity": {"value": kroner}},
        {"sequence": 2, "category": is_paid, "valueBoolean": paid},
    ]


async def test_that_the_patient_has_paid_after_all_is_told_without_crediting_the_bill(scene):
    gp, doctor, patient = scene
    made = await consultation(gp, doctor, patient, supportingInfo=paying(179, paid=False))
    ((_, bill),) = await told(gp, made, 1, HELFO)
    assert (bill.treatment.sum.co_payment.v, bill.co_payment.is_paid) == ("179.00", "false")
    await change(gp, doctor, made, supportingInfo=paying(179, paid=True))
    _, (sent, corrected) = await told(gp, made, 2, HELFO)
    assert (sent.state, corrected.is_credit) == (ACKNOWLEDGED, None)
    assert (corrected.co_payment.corrects, corrected.co_payment.is_paid) == ("true", "true")
    # That it was not paid takes the whole bill back: the register knows one way only.
    await change(gp, doctor, made, supportingInfo=paying(179, paid=False))
    *_, (_, credit), (_, anew) = await told(gp, made, 4, HELFO)
    assert (credit.is_credit, anew.co_payment.is_paid) == ("true", "false")


async def test_many_claims_go_in_one_submission_and_what_is_refused_alone_goes_again(world, scene):
    gp, doctor, patient = scene
    good = [await consultation(gp, doctor, patient) for _ in range(3)]
    early = await consultation(gp, doctor, patient, start=now() + timedelta(days=2))
    await noted(gp, *good, early)
    told_of = [(await told(gp, each, 1, HELFO))[0] for each in [*good, early]]
    assert len({item.message.id for item, _ in told_of}) == 1
    assert [item.state for item, _ in told_of] == [ACKNOWLEDGED] * 3 + [REJECTED]
    refused = told_of[-1][0]
    assert refused.detail == "Konsultasjonen er ikke holdt ennå"
    assert refused.message.state == ACKNOWLEDGED

    browser = await world.sign_in("journal", "jonas-berg")
    page = unescape((await browser.get(PAGE)).text)
    assert "Godtatt: 3" in page
    assert "Ikke godtatt: 1" in page
    assert "4 meldinger i samme innsending" in page
    await post(browser, await browser.get(PAGE), f"{PAGE}/{refused.id}")
    again_, _ = (await told(gp, early, 2, HELFO))[-1]
    async with gp.place.database.transaction(reader=NODE) as tx:
        resent = await reports.items(tx, again_.message.id)
    assert [each.reference for each in resent] == [f"Claim/{early['id']}"]
    assert [len(await told(gp, each, 1, HELFO)) for each in good] == [1, 1, 1]


async def test_claims_wait_for_each_other_for_an_hour_unless_somebody_sends_them(world, scene):
    gp, doctor, patient = scene
    made = await consultation(gp, doctor, patient)
    await noted(gp, made)
    async with gp.place.database.transaction(reader=NODE) as tx:
        assert await reports.told(tx, f"Claim/{made['id']}", HELFO.messages) == []
    browser = await world.sign_in("journal", "jonas-berg")
    page = await browser.get(PAGE)
    assert "1 venter på å bli sendt" in unescape(page.text)
    sent = await post(browser, page, f"{PAGE}/register/helfo")
    assert sent.url.path == PAGE
    await Reporter(gp.mailroom).once()
    async with gp.place.database.transaction(reader=NODE) as tx:
        assert len(await reports.told(tx, f"Claim/{made['id']}", HELFO.messages)) == 1


async def test_what_a_patient_has_closed_to_the_reader_is_in_no_count_and_no_list(world, scene):
    gp, doctor, patient = scene
    await told(gp, await write(gp, doctor, given(patient)), 1)
    browser = await world.sign_in("journal", "jonas-berg")
    page = unescape((await browser.get(PAGE)).text)
    assert "Godtatt: 1" in page
    assert "Influensa" in page
    waits = await consultation(gp, doctor, patient)
    closed = Block(doctor.units | {"role:fastlege"}, now() - timedelta(days=1), now() + timedelta(days=9))
    async with gp.place.database.transaction(reader=NODE) as tx:
        await blocks.replace(tx, "rule", 1, patient, [closed])
    await noted(gp, waits)
    page = unescape((await browser.get(PAGE)).text)
    assert "Godtatt" not in page
    assert "Influensa" not in page
    assert "venter på å bli sendt" not in page
    # What must be told is told all the same.
    ((sent, _),) = await told(gp, waits, 1, HELFO)
    assert sent.state == ACKNOWLEDGED
    assert "Godtatt: 1" not in unescape((await browser.get(PAGE)).text)
