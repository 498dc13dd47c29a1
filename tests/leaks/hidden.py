"""What one of two programs holds and the other does not: things of a person whom those who ask must know nothing of.

Astrid is known in both; one of them has more of her, some of it naming those who ask. Nobody (`NOBODY`) is a patient of
that one alone, who has closed the whole record to everyone.
"""

import base64
from datetime import UTC, datetime, time, timedelta
from typing import Any

from akson.care import measuring
from akson.care.measuring import KINDS
from akson.demo.ids import demo_id, demo_reference
from akson.documents.dicom.part10 import read
from akson.documents.dicom.study import MEDIA, file_of, with_instances
from akson.exchange import cases, meetings, threads
from akson.exchange.declare import TAG_SYSTEM
from akson.fhir.extract import extract
from akson.fhir.model import Resource, concept
from akson.kit.clock import now
from akson.kit.norwegian import FNR, Sex, make
from akson.security.roles import RECORD
from akson.security.rules.dialogue import CITIZEN
from akson.store.access import audit, blocks, errands, openings
from akson.store.access.audit import AuditRow
from akson.store.access.blocks import Block
from akson.store.access.errands import Asking
from akson.store.access.openings import Opening
from akson.store.database.pool import Tx
from akson.store.database.reader import OWNER
from akson.store.index.hashing import patient_number, resource_key
from akson.store.record.bulk import write_many
from akson.store.record.writes import Write
from akson.store.underway import drafts, messages
from akson.store.underway.messages import Message
from tests.documents.dicom.files import file
from tests.exchange.asking import PIDS, side
from tests.leaks.filling import Filling
from tests.leaks.worlds import SECRET, kinds
from tests.world import Program

RECORDS = ("journal", "sykehus", "fjellheim")
NOBODY = "qvaz-patient"
NAME = "Qvazine Qvazdal"
NUMBER = make(datetime(1971, 4, 13, tzinfo=UTC).date(), Sex.FEMALE, 61)
UNIT = {"journal": "solvik-helsestasjon", "sykehus": "medisinsk", "fjellheim": "fjellheim-legevakt"}
"""Whose those are who ask without a care relation: some of the hidden names their unit."""
HER = {"journal": "9000113", "sykehus": "9000210", "fjellheim": "9000310"}
EVER = {"low": datetime(2020, 1, 1, tzinfo=UTC), "high": datetime(2099, 1, 1, tzinfo=UTC)}


def astrid(node: str) -> str:
    return demo_id(node, "Patient", "astrid")


def of(patient: str, kind: str) -> str:
    """Id of what a person has of a type in the one program."""
    return f"{SECRET}-{'n' if patient == NOBODY else 'a'}-{kind.lower()}"


async def hide(world: Program) -> None:
    """Make the program the one that holds what is hidden."""
    for name in (*RECORDS, "samhandling"):
        async with side(world, name).place.database.transaction(reader=OWNER) as tx:
            await _record(tx, name)
            if name in RECORDS:
                await _around(tx, name)


async def _record(tx: Tx, node: str) -> None:
    people: list[Resource] = []
    patients = [astrid(node)]
    if node in RECORDS:
        people = [_person()]
        patients.append(NOBODY)
        everyone = Block(frozenset(), **EVER, listed=False, holds_in_emergency=True)
        await blocks.replace(tx, "qvaz-whole", 1, NOBODY, [everyone])
    if node == "sykehus":
        people += _colleagues()
    found = [*people, *(each for patient in patients for each in resources(node, patient))]
    await write_many(tx, [_write(each) for each in found])


def _write(resource: Resource) -> Write:
    """As through the door; a Binary belongs to whom its security context names."""
    index = extract(resource)
    if resource["resourceType"] == "Binary":
        index.patient = resource["securityContext"]["reference"].removeprefix("Patient/")
    return Write(resource["resourceType"], resource["id"], resource, index)


def _colleagues() -> list[Resource]:
    """A unit and somebody of the hospital, of whom those who administer another organisation see nothing (51)."""
    unit, one = f"{SECRET}-unit", f"{SECRET}-colleague"
    return [
        {"resourceType": "Organization", "id": unit, "name": SECRET, "active": True},
        {"resourceType": "Practitioner", "id": one, "active": True, "name": [{"family": SECRET}]},
        {
            "resourceType": "PractitionerRole", "id": one, "active": True, "organization": {"reference": f"Organization/{unit}"},
            "practitioner": {"reference": f"Practitioner/{one}", "display": SECRET},
        },
    ]  # fmt: skip


def _person() -> Resource:
    given, _, family = NAME.partition(" ")
    return {
        "resourceType": "Patient", "id": NOBODY, "name": [{"family": family, "given": [given]}], "birthDate": "1971-04-13",
        "gender": "female", "identifier": [{"system": FNR, "value": NUMBER}],
    }  # fmt: skip


def resources(node: str, patient: str) -> list[Resource]:
    """Something of every type, and what the pages show, in the forms in which they show it."""
    filling = Filling(patient, SECRET, 37)
    filled = [
        filling.resource(kind) | {"id": of(patient, kind)}
        for kind in kinds()
        if kind not in _shown({}, "", "")
    ]
    asker = {"reference": demo_reference(node, "Organization", UNIT.get(node, "plattform"))}
    shaped = _shown(asker, f"Patient/{patient}", of(patient, "Binary"))
    shown = [{"resourceType": kind, "id": of(patient, kind)} | body for kind, body in shaped.items() if body]
    return (
        filled
        + shown
        + (
            [*_thread(patient), *_met_and_measured(patient)]
            if node == "samhandling"
            else [_case(patient, asker), *_pictured(patient)]
        )
    )


def _case(patient: str, asker: dict[str, str]) -> Resource:
    """A request that is under way, of the unit of who asks."""
    return {
        "resourceType": "Task", "id": of(patient, "case"), "status": "requested", "intent": "order", "description": SECRET,
        "code": concept(cases.KIND, cases.Kind.REFERRAL.value, ""), "for": {"reference": f"Patient/{patient}", "display": NAME},
        "owner": asker, "requester": asker, "authoredOn": "2026-01-02", "restriction": {"period": {"end": "2026-01-03"}},
    }  # fmt: skip


def study(patient: str) -> str:
    """UID of her imaging study; its series and picture add a part each."""
    return f"2.25.{9001 if patient == NOBODY else 9002}"


def _pictured(patient: str) -> list[Resource]:
    """An imaging study with one picture."""
    uid, number = study(patient), NUMBER if patient == NOBODY else PIDS["astrid"]
    data = file(
        PatientID=number, PatientBirthDate="", StudyDescription=SECRET, StudyInstanceUID=uid, SeriesInstanceUID=f"{uid}.1",
        SOPInstanceUID=f"{uid}.1.1",
    )  # fmt: skip
    whose = {"reference": f"Patient/{patient}"}
    lies = file_of(data, of(patient, "picture"))
    made = with_instances({"resourceType": "ImagingStudy", "subject": whose}, [(read(data), lies)])
    return [
        made | {"id": of(patient, "study")},
        {"resourceType": "Binary", "id": lies.binary, "contentType": MEDIA, "securityContext": whose,
            "data": base64.b64encode(data).decode()},
    ]  # fmt: skip


def _met_and_measured(patient: str) -> list[Resource]:
    """A video meeting that the same unit called, and what she has measured at home."""
    hers = {"reference": f"Patient/{patient}", "display": NAME}
    labels = threads.labels({CITIZEN, "8000001"}, "8000001")
    people = [{"actor": each, "status": "accepted"} for each in (hers, threads.unit("8000001", SECRET))]
    measured = measuring.observation(KINDS["weight"], [61.0], "2026-01-02T07:08:09Z", patient, hers)
    return [
        {"resourceType": "Appointment", "id": of(patient, "meeting"), "meta": {"tag": [meetings.TAG], "security": labels},
            "status": "booked", "serviceType": [concept(meetings.KIND, "video", "Video")], "description": SECRET,
            "start": "2026-01-02T07:08:09Z", "end": "2026-01-02T08:08:09Z", "participant": people},
        measured | {"id": of(patient, "measurement")},
    ]  # fmt: skip


def _thread(patient: str) -> list[Resource]:
    """What she and a unit of nobody who asks write to each other, with a file."""
    hers = {"reference": f"Patient/{patient}", "display": NAME}
    labels = threads.labels({CITIZEN, "8000001"}, CITIZEN)
    task, binary = of(patient, "thread"), of(patient, "thread-file")
    file = {"contentType": "text/plain", "title": SECRET, "size": 4, "url": f"Binary/{binary}"}
    return [
        {"resourceType": "Task", "id": task, "meta": {"security": labels}, **threads.state(threads.State.WAITING), "intent": "order",
            "code": threads.DIALOGUE, "description": SECRET, "for": hers, "requester": hers, "authoredOn": "2026-01-02T07:08:09Z",
            "owner": threads.unit("8000001", SECRET), "restriction": {"period": {"end": "2026-01-03T07:08:09Z"}}},
        {"resourceType": "Communication", "id": of(patient, "thread-message"), "meta": {"security": labels}, "status": "completed",
            "partOf": [{"reference": f"Task/{task}"}], "subject": hers, "sender": hers, "sent": "2026-01-02T07:08:09Z",
            "recipient": [threads.unit("8000001", SECRET)], "payload": [{"contentString": SECRET}, {"contentAttachment": file}]},
        {"resourceType": "Binary", "id": binary, "meta": {"security": labels}, "contentType": "text/plain", "data": "cXZheg==",
            "securityContext": {"reference": hers["reference"]}},
    ]  # fmt: skip


def _shown(asker: dict[str, str], who: str, binary: str) -> dict[str, dict[str, Any]]:
    """By type, as the pages look for it: open, active, today, at the unit of who asks."""
    person = {"reference": who, "display": NAME}
    words = {"text": f"{SECRET} hemmelig"}
    noon = datetime.combine(now().date(), time(11), UTC)
    span = {"start": noon.isoformat(), "end": (noon + timedelta(hours=1)).isoformat()}
    code = {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]
    }
    pressure = [
        {
            "code": {"coding": [{"system": "http://loinc.org", "code": number}]},
            "valueQuantity": {"value": 150},
        }
        for number in ("8480-6", "8462-4")
    ]
    return {
        "Task": {"status": "requested", "intent": "order", "priority": "urgent", "for": person, "owner": asker, "code": words},
        "Appointment": {"status": "booked", "description": SECRET, **span, "participant": [
            {"actor": person, "status": "accepted"}, {"actor": asker, "status": "accepted"}]},
        "EpisodeOfCare": {"status": "active", "patient": person, "managingOrganization": asker},
        "Encounter": {"status": "in-progress", "class": {"code": "IMP"}, "subject": person, "serviceProvider": asker},
        "Condition": {"clinicalStatus": code, "code": words, "subject": person, "recordedDate": "2026-01-02"},
        "Flag": {"status": "active", "code": words, "subject": person},
        "AllergyIntolerance": {"clinicalStatus": code, "code": words, "patient": person, "criticality": "high",
            "meta": {"tag": [{"system": TAG_SYSTEM, "code": "kritisk-informasjon"}]}},
        "MedicationStatement": {"status": "active", "medicationCodeableConcept": words, "subject": person},
        "CarePlan": {"status": "active", "intent": "plan", "title": SECRET, "subject": person},
        "CareTeam": {"status": "active", "name": SECRET, "subject": person, "participant": [{"member": asker}]},
        "Observation": {"status": "final", "subject": person, "effectiveDateTime": "2026-01-02", "component": pressure,
            "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]}},
        "DiagnosticReport": {"status": "final", "code": words, "subject": person, "issued": "2026-01-02T07:08:09Z",
            "conclusion": SECRET, "performer": [asker]},
        "Communication": {"status": "completed", "subject": person, "payload": [{"contentString": SECRET}],
            "category": [{"coding": [{"code": "question"}]}], "meta": {"tag": [{"system": "urn:akson:question", "code": "look"}]}},
        "DocumentReference": {"status": "current", "description": SECRET, "subject": person, "author": [asker],
            "date": "2026-01-02T07:08:09Z", "content": [{"attachment": {"url": f"Binary/{binary}", "contentType": "text/plain"}}]},
        "Binary": {"contentType": "text/plain", "data": "cXZheg==", "securityContext": {"reference": who}},
    }  # fmt: skip


async def _around(tx: Tx, node: str) -> None:
    """What is about the two and no resource: letters, drafts, openings, errands of suppliers, looks."""
    for patient in (astrid(node), NOBODY):
        for direction in ("in", "out"):
            await messages.add(tx, letter(patient, direction, HER[node]), b"<qvaz/>")
        await drafts.save(tx, ("PractitionerRole/qvaz", "note", f"Patient/{patient}"), {"text": SECRET})
        told = (of(patient, "opening"), patient, "Practitioner/qvaz", NAME, "sykehuslege", "Qvazenhet", "1")
        await openings.add(tx, Opening(*told, "acute", SECRET, now(), now() + timedelta(hours=1)))
        asked = (of(patient, "errand"), "Practitioner/qvaz", NAME, "Qvazen AS", "1", "1", SECRET, "patient")
        await errands.add(tx, Asking(*asked, ("medicines",), now(), 2))
        await errands.decide(tx, asked[0], errands.APPROVED, ("Practitioner/qvaz", NAME), "", patient)
        await audit.append(tx, look(patient))


def letter(patient: str, direction: str, her: str) -> Message:
    """A letter about a person to or from a unit."""
    sender, receiver = (her, "8000001") if direction == "out" else ("8000001", her)
    named = of(patient, f"letter-{direction}")
    state = "acknowledged" if direction == "out" else "opened"
    reference = f"DocumentReference/{of(patient, 'DocumentReference')}"
    return Message(named, direction, named, "DIALOG_HELSEFAGLIG", state, sender, receiver, patient, reference)


def look(patient: str) -> AuditRow:
    """A look of another unit at the person."""
    told = {"actor_name": NAME, "unit": "Qvazenhet", "organization": "1", "role": "sykehuslege"}
    return AuditRow(now(), "personnel", "read", "TREAT", granted=True, reason="reason.care_relation",
                    pat=patient_number(patient), type="Condition", count=1, **told)  # fmt: skip


async def close(world: Program, subjects: frozenset[str], *, single: bool) -> None:
    """Astrid closes what is hidden to somebody who treats her, in either program: single entries, or whole types."""
    for node in (*RECORDS, "samhandling"):
        named = [(each["resourceType"], each["id"]) for each in resources(node, astrid(node))]
        closed = (
            [_entry(subjects, kind, id_) for kind, id_ in named]
            if single
            else [Block(subjects, **EVER, types=frozenset(RECORD | set(kinds())))]
        )
        async with side(world, node).place.database.transaction(reader=OWNER) as tx:
            await blocks.replace(tx, f"qvaz-{single}", 1, astrid(node), closed)


def _entry(subjects: frozenset[str], kind: str, id_: str) -> Block:
    return Block(subjects, **EVER, types=frozenset({kind}), key=resource_key(kind, id_))


__all__ = ["NAME", "NOBODY", "NUMBER", "PIDS", "RECORDS", "SECRET", "astrid", "close", "hide", "of"]
