"""Vaccinations reach the register by themselves, through the platform over HTTP: told, corrected, withdrawn, refused, sent again."""

from datetime import timedelta
from html import unescape

import pytest
from tests.exchange.test_send import at, side, someone, worker
from tests.exchange.test_send_pages import post, until

from akson.exchange.edge.report import MARK, OWN, Reporter, again
from akson.exchange.reports import wire
from akson.exchange.reports.catalogue import SYSVAK
from akson.exchange.reports.vaccinations import DELETED, REGISTERED
from akson.fhir.model import concept
from akson.fhir.strict_json import loads
from akson.kit.clock import now
from akson.kit.errors import Conflict
from akson.kit.norwegian import volven
from akson.messaging.outbox import ACKNOWLEDGED, FAILED, OPEN, REJECTED
from akson.record import gate
from akson.store.database.reader import NODE, OWNER
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


async def told(gp, resource, number):
    """So many reports about a resource, the oldest first, with what they say, once nothing is under way or to be told."""
    reference = f"Immunization/{resource['id']}"
    for _ in range(200):
        await Reporter(gp.mailroom).once()
        await gp.mailroom.engine().tick()
        async with gp.place.database.transaction(reader=NODE) as tx:
            found = await messages.find(tx, "out", Wanted(reference=reference))
            waits = await keep.get(tx, SYSVAK.kept, reference)
            if len(found) >= number and waits is None and not any(each.state in OPEN for each in found):
                raw = [await messages.payload(tx, each.id) for each in found]
                return [(m, wire.read_own(SYSVAK, bytes_)) for m, bytes_ in zip(found, raw, strict=True)][
                    ::-1
                ]
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
    assert "ikke kommet ennå" in unescape(page.text)
    inbox = await browser.get("/journal/innboks/oppfolging")
    assert f"/journal/brev/{refused.id}" in inbox.text
    assert (await browser.get(f"/journal/brev/{refused.id}")).url.path == PAGE

    # Sent again as it was, it is refused again; put right, it goes by itself.
    sent = await post(browser, page, f"{PAGE}/{refused.id}")
    assert sent.url.path == PAGE
    assert [m.state for m, _ in await told(gp, made, 2)] == [REJECTED, REJECTED]
    await change(gp, doctor, made, occurrenceDateTime=now().date().isoformat())
    assert [m.state for m, _ in await told(gp, made, 3)] == [REJECTED, REJECTED, ACKNOWLEDGED]
    page = await browser.get(PAGE)
    assert "Registeret godtok ikke meldingen" not in unescape(page.text)
    assert "Godtatt: 1" in unescape(page.text)
    async with at(gp, doctor) as ctx:
        with pytest.raises(Conflict):
            await again(ctx, gp.mailroom, (await told(gp, made, 3))[-1][0].id)


async def test_what_cannot_be_written_is_told_once_and_goes_when_it_is_filled_in(scene):
    gp, doctor, patient = scene
    made = await write(gp, doctor, given(patient, vaccineCode={"text": "Influensavaksine"}))
    ((failed, nothing),) = await told(gp, made, 1)
    assert (failed.state, failed.detail, nothing) == (FAILED, "Vaksinen mangler kode fra vaksinelisten", None)
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
        assert await reports.ready(tx, SYSVAK.kept, SYSVAK.message, OPEN, 10) == []
    # The mark as it was before: a process that was killed before its transaction ended begins there again.
    async with gp.place.database.transaction(reader=OWNER) as tx:
        mark = await keep.get(tx, MARK, OWN)
        await keep.note(tx, MARK, OWN, {"xid": "0", "sequence": 0})
    while await Reporter(gp.mailroom).once():
        pass
    assert [m.id for m, _ in await told(gp, made, 1)] == [m.id for m, _ in first]
    async with gp.place.database.transaction(reader=NODE) as tx:
        assert int((await keep.get(tx, MARK, OWN))["xid"]) >= int(mark["xid"])
