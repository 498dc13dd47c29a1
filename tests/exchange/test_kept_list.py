"""The shared medicine list: an order of versions, each with who and why; nothing is sent unless the last read is the newest."""

import asyncio
import re

import pytest
from tests.exchange.asking import PIDS
from tests.exchange.forms import chart, submit
from tests.exchange.test_share import reach

from akson.exchange.declare import TAG_SYSTEM, kept_lists, service
from akson.exchange.edge.kept import Keeper, Move
from akson.exchange.edge.share import fetch, patient_reference
from akson.exchange.kept import Why, kind_of, steps
from akson.fhir.model import coding
from akson.fhir.strict_json import dumps, loads
from akson.kit.errors import VersionMismatch
from akson.kit.norwegian import token

pytestmark = pytest.mark.store
MEDICINES = service("legemidler-og-vaksiner")
INGRID = PIDS["ingrid"]
JSON = {"content-type": "application/fhir+json"}


def medicine(name, dose="1 tablett morgen", **more):
    return {
        "resourceType": "MedicationStatement", "meta": {"tag": [coding(TAG_SYSTEM, MEDICINES.slug)]}, "status": "active",
        "medicationCodeableConcept": {"text": name}, "dosage": [{"text": dose}], "subject": {"reference": patient_reference(INGRID)},
    } | more  # fmt: skip


async def keeper(world, node, person):
    found = await reach(world, node, person)
    return Keeper(found.platform(INGRID), found.actor, found.node, MEDICINES)


async def read(keeper):
    found = await fetch(keeper.platform, MEDICINES, INGRID)
    return found, int(found.listed["meta"]["versionId"]) if found.listed else None


async def change(keeper, *moves, reconciled=""):
    """One change from what stands now."""
    _, version = await read(keeper)
    await keeper.save(await keeper.opened(INGRID, version), moves, reconciled=reconciled)


def of(found, name):
    return next(each.resource for each in found.items if name in str(each.resource))


async def test_each_change_makes_the_next_version_and_says_who_and_why(world):
    nurse = await keeper(world, "journal", "hanne-lunde")
    doctor = await keeper(world, "sykehus", "ola-strand")
    before = len((await read(nurse))[0].told)
    start = (await read(nurse))[1] or 1
    await change(nurse, Move(medicine("Verapamil"), None, Why("startet", "Forkammerflimmer")))
    found, version = await read(doctor)
    assert version == start + 1
    verapamil = of(found, "Verapamil")
    more = verapamil | {"dosage": [{"text": "2 tabletter morgen"}]}
    await change(doctor, Move(more, 1, Why("dose", "Rask puls")))
    await change(doctor, reconciled="Gått gjennom ved innleggelse")
    found, version = await read(nurse)
    assert version == start + 3
    assert found.listed["source"]["display"].startswith("Ola Strand")
    assert [(each.version, each.kind, each.reason, each.who, each.name, each.item_version) for each in steps(MEDICINES, found.told)][:3] == [
        (start + 3, "samstemt", "Gått gjennom ved innleggelse", "Ola Strand", "", 0),
        (start + 2, "dose", "Rask puls", "Ola Strand", "Verapamil", 2),
        (start + 1, "startet", "Forkammerflimmer", "Hanne Lunde", "Verapamil", 1),
    ]  # fmt: skip
    assert len(found.told) == before + 3


async def test_a_change_from_an_older_version_of_the_list_writes_nothing(world):
    nurse = await keeper(world, "journal", "hanne-lunde")
    doctor = await keeper(world, "sykehus", "ola-strand")
    await change(nurse, Move(medicine("Furosemid"), None, Why("startet", "Hevelse")))
    _, old = await read(nurse)
    listed = await nurse.opened(INGRID, old)
    await change(doctor, Move(medicine("Ramipril"), None, Why("startet", "Høyt blodtrykk")))
    with pytest.raises(VersionMismatch):
        await nurse.opened(INGRID, old)
    with pytest.raises(VersionMismatch):  # also where it was read just before
        await nurse.save(listed, [Move(medicine("Spironolakton"), None, Why("startet", "Hevelse"))])
    found, version = await read(nurse)
    assert version == old + 1
    assert "Spironolakton" not in str(found)


async def test_many_who_write_at_once_lose_nothing_and_each_gets_a_version_of_its_own(world):
    writers = [await keeper(world, "journal", "hanne-lunde"), await keeper(world, "sykehus", "ola-strand")]
    names = [f"Legemiddel {number}" for number in range(6)]
    start = (await read(writers[0]))[1] or 1

    async def write(place, name):
        for _ in range(20):
            try:
                await change(writers[place % 2], Move(medicine(name), None, Why("startet", "Prøve")))
            except VersionMismatch:
                continue
            return
        raise AssertionError(f"{name} was never written")

    await asyncio.gather(*(write(place, name) for place, name in enumerate(names)))
    found, version = await read(writers[0])
    assert version == start + len(names)
    assert {each["item"]["display"] for each in found.listed["entry"]} >= set(names)
    made = [each.version for each in steps(MEDICINES, found.told) if each.name in names]
    assert sorted(made) == list(range(start + 1, start + 1 + len(names)))


async def test_what_another_system_sends_past_the_list_is_refused_by_name(world):
    nurse = await keeper(world, "journal", "hanne-lunde")
    await change(nurse, Move(medicine("Warfarin"), None, Why("startet", "Blodpropp")))
    found, version = await read(nurse)
    warfarin, listed = of(found, "Warfarin"), found.listed
    stopped = warfarin | {"status": "stopped"}
    target = [{"reference": f"MedicationStatement/{warfarin['id']}"}]
    activity = kind_of(MEDICINES, "avsluttet")
    provenance = {
        "resourceType": "Provenance", "target": target, "recorded": "2026-11-23T10:00:00Z",
        "agent": [{"who": {"display": "Noen"}}], "activity": activity, "reason": [{"text": "Blødning"}],
    }  # fmt: skip
    item = {
        "request": {"method": "PUT", "url": target[0]["reference"], "ifMatch": 'W/"1"'},
        "resource": stopped,
    }
    dated = listed | {"entry": [each | {"date": "2026-11-23T10:00:00Z"} for each in listed["entry"]]}
    put = {
        "request": {"method": "PUT", "url": f"List/{listed['id']}", "ifMatch": f'W/"{version}"'},
        "resource": dated,
    }
    told = {"request": {"method": "POST", "url": "Provenance"}, "resource": provenance}
    base, ask = nurse.platform.base, nurse.platform.ask

    async def sent(*entries):
        body = {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}
        answer = await ask("POST", base, content=dumps(body), headers=JSON)
        return answer.status_code, loads(answer.content)

    def without(given, **changes):
        return given | {"resource": {k: v for k, v in (given["resource"] | changes).items() if v is not None}}

    loose = {"method": "PUT", "url": f"List/{listed['id']}"}
    for entries, status, named in (
        ([item, told], 422, "List.entry.item"),
        ([item, put], 422, "Provenance.reason"),
        ([item, put, without(told, reason=None)], 422, "Provenance.reason"),
        ([item, put, without(told, activity=None)], 422, "Provenance.reason"),
        ([item, put | {"request": loose}, told], 422, "ifMatch"),
        ([item, without(put, entry=listed["entry"][:-1] or None), told], 422, "List.entry"),
        ([item, put | {"resource": listed}, told], 422, "List.entry.date"),
        ([without(item, meta=None), put, told], 422, "meta.tag"),
        ([item, without(put, meta=None), told], 422, "meta.tag"),
        ([item, put | {"request": loose | {"ifMatch": 'W/"77"'}}, told], 412, ""),
    ):
        code, answer = await sent(*entries)
        assert code == status, answer
        assert named in str(answer), (named, answer)
    alone = await ask("PUT", f"{base}/{target[0]['reference']}", content=dumps(stopped), headers=JSON)
    assert alone.status_code == 422
    other = await ask("POST", f"{base}/List", content=dumps(new_list(listed)), headers=JSON)
    assert other.status_code == 409
    assert (await read(nurse))[1] == version
    code, answer = await sent(item, put, told)
    assert code == 200, answer
    about = f"_tag={TAG_SYSTEM}|{MEDICINES.slug}&patient.identifier={token(INGRID)}"
    (whole,) = await nurse.platform.batch([f"List?{about}&_include=List:item&_revinclude=Provenance:target"])
    kinds = [each["resource"]["resourceType"] for each in whole["entry"]]
    assert kinds.count("List") == 1
    assert {"MedicationStatement", "Provenance"} <= set(kinds)
    assert of((await read(nurse))[0], "Warfarin")["status"] == "stopped"


def new_list(listed):
    return {name: value for name, value in listed.items() if name not in {"id", "entry"}}


def test_the_medicine_list_is_kept_in_an_order():
    (kept,) = kept_lists()
    assert kept.tag == (TAG_SYSTEM, MEDICINES.slug)
    assert kept.types == {"MedicationStatement"}


PAGE = f"tjenester/{MEDICINES.slug}"
NEW = {
    "name": "Digoksin",
    "anyway": "Vurdert",
    "dose": "1 tablett morgen",
    "status": "active",
    "change": "startet",
    "change_why": "Rask puls",
}


def value_of(name, page):
    return re.search(rf'name="{name}" value="([^"]*)"', page)[1]


async def test_a_form_made_from_an_older_list_shows_what_was_changed_and_saves_after_that(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    doctor = await world.sign_in("sykehus", "ola-strand")
    here, there = (
        await chart(nurse, "journal", "Ingrid Haugen"),
        await chart(doctor, "sykehus", "Ingrid Haugen"),
    )
    first = await submit(nurse, f"{here}/{PAGE}/legemiddel/ny", NEW)
    assert first.url.path == f"{here}/{PAGE}", first.text
    unsaid = await submit(nurse, f"{here}/{PAGE}/legemiddel/ny", NEW | {"change": "", "change_why": ""})
    assert unsaid.status_code == 422
    form = (await nurse.get(f"{here}/{PAGE}/legemiddel/ny")).text
    item = re.search(r"legemiddel/([\w-]+)/endre", (await doctor.get(f"{there}/{PAGE}")).text)[1]
    stopped = await submit(
        doctor, f"{there}/{PAGE}/legemiddel/{item}/endre", NEW | {"change": "avsluttet", "change_why": "Kvalme og lav puls"}
    )  # fmt: skip
    assert "Sluttet" in stopped.text or "Avsluttet" in stopped.text
    mine = (
        NEW | {"name": "Bisoprolol"} | {n: value_of(n, form) for n in ("csrf_token", "key", "list_version")}
    )
    stale = await nurse.post(f"{here}/{PAGE}/legemiddel/ny", data=mine)
    assert stale.status_code == 409
    for words in (
        "Listen er endret siden du leste den",
        "Avsluttet: Digoksin",
        "Kvalme og lav puls",
        "Ola Strand",
        "Bisoprolol",
    ):
        assert words in stale.text
    again = mine | {"list_version": value_of("list_version", stale.text)}
    saved = await nurse.post(f"{here}/{PAGE}/legemiddel/ny", data=again)
    assert saved.url.path == f"{here}/{PAGE}"
    assert "Bisoprolol" in saved.text
    history = (await nurse.get(f"{here}/{PAGE}/endringer")).text
    for words in (
        "Startet: Bisoprolol",
        "Avsluttet: Digoksin",
        "Kvalme og lav puls",
        "Ola Strand",
        "Hanne Lunde",
        "Fjordsykehuset",
    ):
        assert words in history


@pytest.mark.proves("I6")
async def test_going_through_the_list_confirms_changes_and_stops_and_says_who_and_when(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    doctor = await world.sign_in("sykehus", "ola-strand")
    citizen = await world.sign_in("innbygger", "ingrid")
    here, there = (
        await chart(nurse, "journal", "Ingrid Haugen"),
        await chart(doctor, "sykehus", "Ingrid Haugen"),
    )
    for name in ("Digoksin", "Furosemid", "Sobril"):
        await submit(nurse, f"{here}/{PAGE}/legemiddel/ny", NEW | {"name": name})
    address = f"{there}/{PAGE}/samstemming"
    page = (await doctor.get(address)).text
    rows = dict(re.findall(r'<fieldset class="card padded reconcile"[^>]*>\s*<legend><strong>([^<]+)</strong>.*?name="do-([\w-]+)"', page, re.DOTALL))  # fmt: skip
    form = {n: value_of(n, page) for n in ("csrf_token", "patient", "list_version")} | {
        "how": "Med Ingrid og datteren"
    }
    form |= {f"do-{key}": "utenfor" if key.startswith("own-") else "bekreft" for key in rows.values()}
    lacking = await doctor.post(address, data=form | {f"do-{rows['Furosemid']}": "dose"})
    assert lacking.status_code == 422
    assert "Skriv den nye doseringen" in lacking.text
    decided = form | {
        f"do-{rows['Furosemid']}": "dose", f"dose-{rows['Furosemid']}": "2 tabletter morgen", f"why-{rows['Furosemid']}": "Hevelse",
        f"do-{rows['Sobril']}": "avsluttet", f"why-{rows['Sobril']}": "Fall",
    }  # fmt: skip
    # Somebody else changes the list meanwhile: nothing is saved.
    await submit(nurse, f"{here}/{PAGE}/legemiddel/ny", NEW | {"name": "Ramipril"})
    stale = await doctor.post(address, data=decided)
    assert stale.status_code == 409
    assert "Startet: Ramipril" in stale.text
    newest = re.search(r'<strong>Ramipril</strong>.*?name="do-([\w-]+)"', stale.text, re.DOTALL)[1]
    done = await doctor.post(
        address,
        data=decided
        | {
            "list_version": value_of("list_version", stale.text),
            f"do-{newest}": "bekreft",
            "anyway": "To av samme",
        },
    )
    assert done.url.path == f"{there}/{PAGE}", done.text
    for browser, path in (
        (doctor, f"{there}/{PAGE}"),
        (nurse, f"{here}/{PAGE}"),
        (citizen, f"/innbygger/opplysninger/{MEDICINES.slug}"),
    ):
        seen = (await browser.get(path)).text
        assert "Sist samstemt av Ola Strand" in seen
        assert "2 tabletter morgen" in seen
    for browser, path in ((nurse, f"{here}/{PAGE}"), (citizen, f"/innbygger/opplysninger/{MEDICINES.slug}")):
        history = (await browser.get(f"{path}/endringer")).text
        for words in (
            "Med Ingrid og datteren",
            "Endret dosering: Furosemid",
            "Hevelse",
            "Avsluttet: Sobril",
            "Fall",
        ):
            assert words in history
        assert "1 tablett morgen</s> → 2 tabletter morgen" in history


async def test_what_does_not_go_well_is_said_when_the_list_is_gone_through_and_wants_a_reason(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    doctor = await world.sign_in("sykehus", "ola-strand")
    here = await chart(nurse, "journal", "Ingrid Haugen")
    there = await chart(doctor, "sykehus", "Ingrid Haugen")
    for name, dose in (
        ("Apiksaban tabletter 5 mg", "1 tablett morgen og 1 kveld"),
        ("Ibuprofen tabletter 400 mg", "1 tablett morgen"),
    ):
        await submit(nurse, f"{here}/{PAGE}/legemiddel/ny", NEW | {"name": name, "dose": dose})
    address = f"{there}/{PAGE}/samstemming"
    page = (await doctor.get(address)).text
    sets = {
        each[1]: each[0]
        for each in re.finditer(r"<fieldset.*?<strong>([^<]+)</strong>.*?</fieldset>", page, re.DOTALL)
    }
    keys = {
        name: value[1] for name, words in sets.items() if (value := re.search(r'name="do-([\w-]+)"', words))
    }
    ibuprofen = next(name for name in sets if name.startswith("Ibuprofen"))
    assert "Sammen med Apiksaban" in sets[ibuprofen]
    form = {n: value_of(n, page) for n in ("csrf_token", "patient", "list_version")} | {"how": "Med Ingrid"}
    rows = set(re.findall(r'name="do-([\w-]+)"', page))
    form |= {f"do-{key}": "utenfor" if key.startswith("own-") else "bekreft" for key in rows}
    stopped = {f"do-{keys[ibuprofen]}": "avsluttet", f"why-{keys[ibuprofen]}": "Blødningsfare"}
    # As it stands it wants a reason, also where a dose is made too high; where it is stopped it does not.
    refused = await doctor.post(address, data=form)
    assert (refused.status_code, "Hvorfor du likevel går videre" in refused.text) == (422, True)
    high = {
        f"do-{keys[ibuprofen]}": "dose",
        f"dose-{keys[ibuprofen]}": "10 tabletter morgen",
        f"why-{keys[ibuprofen]}": "Vondt",
    }
    refused = await doctor.post(address, data=form | high)
    assert (refused.status_code, "Dosen er høyere enn det meste" in refused.text) == (422, True)
    reasoned = await doctor.post(address, data=form | {"anyway": "Tre dager, med magevern"})
    assert reasoned.url.path == f"{there}/{PAGE}", reasoned.text
    history = (await nurse.get(f"{here}/{PAGE}/endringer")).text
    assert "Med Ingrid. Tre dager, med magevern" in history
    newest = {"list_version": value_of("list_version", (await doctor.get(address)).text)}
    done = await doctor.post(address, data=form | stopped | newest)
    assert not {"Sammen med Apiksaban", "Sammen med Ibuprofen"} & set(
        re.findall(r"Sammen med \w+", done.text)
    )


async def test_what_the_citizen_tells_stands_on_the_list_in_a_version_of_its_own(world):
    nurse = await keeper(world, "journal", "hanne-lunde")
    await change(nurse, Move(medicine("Verapamil"), None, Why("startet", "Forkammerflimmer")))
    _, version = await read(nurse)
    citizen = await world.sign_in("innbygger", "ingrid")
    address = f"/innbygger/opplysninger/{MEDICINES.slug}/uten-resept/ny"
    saved = await submit(citizen, address, {"name": "Johannesurt", "status": "active"})
    assert saved.status_code == 200, saved.text
    found, after = await read(nurse)
    assert after == version + 1
    newest = steps(MEDICINES, found.told)[0]
    assert (newest.kind, newest.name, newest.who) == (
        "opplyst",
        "Johannesurt",
        "Ingrid Haugen",
    )
    assert {each["item"]["display"] for each in found.listed["entry"]} >= {"Verapamil", "Johannesurt"}
