"""From a care message (PLO) to the record: what it has beyond diagnoses, medicines and warnings, as proposed resources.

Function (IPLOS, V9111), services, aids, measures, appointments, relatives, goals, earlier illnesses, and where the patient is. A death is nobody's to take in:
the population register tells it, and the message is a task. Identity numbers of relatives are left out: one in the record
would give rights to somebody whom a letter merely names.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from akson.fhir.model import Resource, coding
from akson.kit.clock import instant, today
from akson.kit.errors import Malformed
from akson.kit.text import text
from akson.messaging import times
from akson.messaging.codec import parts_in
from akson.messaging.kith import care, nursing
from akson.messaging.kith.plo import DischargeReport, HealthInformation, PatientLogistics, parts
from akson.messaging.mapping import terms
from akson.messaging.model import Care

_HL7 = "http://terminology.hl7.org/CodeSystem"
INPATIENT = "IMP"
_ADMITTED = "1"
"""V9142, what an event of a stay is."""
AIDS = {"6": "active", "5": "active", "4": "completed"}
"""V7307, how an aid is used, to DeviceUseStatement.status."""
DAY = 24 * 60
Item = tuple[str, str, Resource]
"""Key, title and resource, without the patient."""


def items(letter: Care, moment: str, existing: Sequence[Resource]) -> Iterator[Item]:
    """The items of a message; `moment` is when it was written, `existing` what the record has of the patient."""
    found = list(parts(letter.body))
    yield from _functions(found, letter, moment)
    for number, each in enumerate((p for p in found if isinstance(p, care.Service)), 1):
        yield f"service-{number}", _service_title(each), _service(each, letter)
    for number, kin in enumerate(letter.body.next_of_kin, 1):
        yield f"relative-{number}", *_relative(kin)
    for number, goal in enumerate((p for p in found if isinstance(p, nursing.Goal)), 1):
        yield f"goal-{number}", _goal_title(goal), _goal(goal, moment)
    for number, illness in enumerate((p for p in found if isinstance(p, nursing.EarlierIllness)), 1):
        yield f"illness-{number}", illness.illness, _illness(illness, moment)
    yield from _care(found, letter, moment)
    yield from _stays(letter, existing)


def _care(found: list[object], letter: Care, moment: str) -> Iterator[Item]:
    """Aids in use, measures that were begun, and appointments that were booked. What is only advised, applied for or thought of
    stays text: nothing of it has happened yet.
    """
    aids = (p for p in found if isinstance(p, care.AidStatus) and (p.status.v or "") in AIDS)
    for number, aid in enumerate(aids, 1):
        yield f"aid-{number}", aid.aid.name, _aid(aid, moment)
    sheet = getattr(letter.body, "nursing", None)
    for number, info in enumerate(sheet.measure if sheet else (), 1):
        title = info.measure.description or ", ".join(parts_in.code(c).label for c in info.measure.code)
        yield f"measure-{number}", title, _measure(info.measure, title)
    booked = (p for p in found if isinstance(p, care.Appointment) and p.booked in ("true", "1"))
    for number, each in enumerate(booked, 1):
        if made := _appointment(each, letter):
            place = each.place or letter.header.sender.name
            when = times.moment(each.time or "").strftime("%d.%m.%Y %H:%M")
            yield f"appointment-{number}", text("messaging.item_appointment", when=when, place=place), made


def _aid(status: care.AidStatus, moment: str) -> Resource:
    return {
        "resourceType": "DeviceUseStatement",
        "status": AIDS[status.status.v or ""],
        "recordedOn": moment,
        "device": {"display": status.aid.name},
    }


def _measure(measure: nursing.Measure, title: str) -> Resource:
    code = parts_in.code(measure.code[0]) if measure.code else None
    done = [at for each in measure.done if (at := _time(each.date))]
    start = _time(measure.plan.start) if measure.plan else ""
    begun = min(done, default=start)
    return {
        "resourceType": "Procedure",
        "status": "in-progress",
        "code": (terms.concept(code) if code and code.code else {}) | {"text": title},
        **({"performedPeriod": {"start": begun}} if begun else {}),
        **({"note": [{"text": measure.note}]} if measure.note else {}),
    }


def _appointment(booked: care.Appointment, letter: Care) -> Resource | None:
    """One whose beginning and length are told: R4 asks for both (app-2)."""
    minutes = booked.duration or ""
    if not _time(booked.time) or not minutes.isdecimal() or not 0 < int(minutes) < DAY:
        return None
    start = times.moment(booked.time or "")
    place = booked.place or letter.header.sender.name
    return {
        "resourceType": "Appointment",
        "status": "booked",
        "description": place,
        "start": instant(start),
        "end": instant(start + timedelta(minutes=int(minutes))),
        "participant": [{"actor": {"display": place}, "status": "accepted"}],
    }


def _functions(found: list[object], letter: Care, moment: str) -> Iterator[Item]:
    sheets = [each for each in found if isinstance(each, nursing.FunctionInfo)]
    number = 0
    for sheet in sheets:
        at = _time(sheet.responsible.time) if sheet.responsible else ""
        for score in sheet.score:
            number += 1
            named = parts_in.code(score.variable)
            value = (score.score or "").strip()
            yield (
                f"function-{number}",
                f"{named.label}: {value}".strip(": "),
                {
                    "resourceType": "Observation",
                    "status": "final",
                    "category": [{"coding": [coding(f"{_HL7}/observation-category", "survey")]}],
                    "code": terms.concept(named),
                    "effectiveDateTime": at or moment,
                    "performer": [{"display": letter.header.sender.name}],
                    **({"valueInteger": int(value)} if value.isdecimal() and len(value) < 5 else {}),
                    **({"valueString": value} if value and not value.isdecimal() else {}),
                    **({"note": [{"text": score.note}]} if score.note else {}),
                },
            )


def _service_title(service: care.Service) -> str:
    named = service.name or parts_in.code(service.type).label
    return " ".join(filter(None, (named, service.amount, service.unit)))


def _service(service: care.Service, letter: Care) -> Resource:
    kind = terms.concept(parts_in.code(service.type)) if service.type else {}
    start, end = (service.start or "")[:10], (service.end or "")[:10]
    day = today().isoformat()
    status = "finished" if end and end < day else "planned" if start > day else "active"
    return {
        "resourceType": "EpisodeOfCare",
        "status": status,
        "type": [kind | {"text": service.name or kind.get("text", "")}],
        "managingOrganization": {"display": service.given_by or letter.header.sender.name},
        **({"period": {k: v for k, v in (("start", start), ("end", end)) if v}} if start or end else {}),
    }


def _relative(kin: care.NextOfKin) -> tuple[str, Resource]:
    who = parts_in.person(kin.person)
    roles = [parts_in.code(each).label for each in (kin.relationship, kin.care_function) if each]
    phones = [
        link.partition(":")[2] or link for link in who.address.telecom if link.startswith(("tel:", "+"))
    ]
    named = {"family": who.family, "text": who.full_name}
    return ", ".join(filter(None, (who.full_name, *roles))), {
        "resourceType": "RelatedPerson",
        "name": [{k: v for k, v in named.items() if v} | ({"given": who.given.split()} if who.given else {})],
        **({"relationship": [{"text": each} for each in roles]} if roles else {}),
        **({"telecom": [{"system": "phone", "value": each} for each in phones]} if phones else {}),
    }


def _goal_title(goal: nursing.Goal) -> str:
    return goal.description or parts_in.code(goal.goal).label


def _goal(goal: nursing.Goal, moment: str) -> Resource:
    start, due = _date(goal.from_date) or moment[:10], _date(goal.expected)
    return {
        "resourceType": "Goal",
        "lifecycleStatus": "active",
        "description": {"text": _goal_title(goal)},
        "startDate": start,
        **({"target": [{"dueDate": due}]} if due else {}),
    }


def _illness(illness: nursing.EarlierIllness, moment: str) -> Resource:
    is_chronic = illness.chronic in ("true", "1")
    code = parts_in.code(illness.code)
    return {
        "resourceType": "Condition",
        "clinicalStatus": {
            "coding": [coding(f"{_HL7}/condition-clinical", "active" if is_chronic else "inactive")]
        },
        "verificationStatus": {"coding": [coding(f"{_HL7}/condition-ver-status", "confirmed")]},
        "category": [{"coding": [coding(f"{_HL7}/condition-category", "problem-list-item")]}],
        "code": terms.concept(code) if code.code else {"text": illness.illness},
        "recordedDate": moment,
    }


def _stays(letter: Care, existing: Sequence[Resource]) -> Iterator[Item]:
    """Where the patient is: admitted, ready to leave, not ready after all, discharged."""
    body, by = letter.body, letter.header.sender.name
    if isinstance(body, PatientLogistics):
        if body.admitted:
            yield _admission(body.admitted.event, by)
        if body.discharged:
            yield _discharge(body.discharged.event, by, existing)
        if body.ready:
            yield _ready(body.ready.event[0], by)
        if body.not_ready:
            yield from _not_ready(existing)
    elif isinstance(body, HealthInformation | DischargeReport):
        admitted = (s.event for s in body.stay if parts_in.code(s.event.code).code == _ADMITTED)
        for event in list(admitted)[:1]:
            yield _admission(event, by)


def _admission(event: care.Event, by: str) -> Item:
    at = _time(event.time)
    title = text("messaging.item_admitted", place=by, when=_day(at))
    return "stay-1", title, _encounter("in-progress", by) | {"period": {"start": at} if at else {}}


def _discharge(event: care.Event, by: str, existing: Sequence[Resource]) -> Item:
    """The stay that the record knows ends; without one a stay that has ended."""
    at = _time(event.time)
    stays = (e for e in existing if e.get("resourceType") == "Encounter" and e.get("status") == "in-progress")
    known = next((e for e in stays if e.get("serviceProvider", {}).get("display") == by), None)
    made = known or _encounter("finished", by)
    period = made.get("period", {}) | ({"end": at} if at else {})
    return (
        "stay-1",
        text("messaging.item_discharged", place=by, when=_day(at)),
        made | {"status": "finished", "period": period},
    )


def _encounter(status: str, by: str) -> Resource:
    return {
        "resourceType": "Encounter",
        "status": status,
        "class": coding(f"{_HL7}/v3-ActCode", INPATIENT, "inpatient encounter"),
        "serviceProvider": {"display": by},
    }


READY = {"coding": [coding("https://akson.example/fhir/CodeSystem/opphold", "utskrivningsklar")]}


def _ready(event: care.Event, by: str) -> Item:
    at = _time(event.time)
    title = text("messaging.item_ready", place=by, when=_day(at))
    return (
        "stay-1",
        title,
        {
            "resourceType": "Flag",
            "status": "active",
            "code": READY | {"text": title},
            **({"period": {"start": at}} if at else {}),
        },
    )


def _not_ready(existing: Sequence[Resource]) -> Iterator[Item]:
    for number, each in enumerate(existing, 1):
        codings = each.get("code", {}).get("coding", []) if each.get("resourceType") == "Flag" else []
        if each.get("status") == "active" and READY["coding"][0] in codings:
            yield f"stay-{number}", text("messaging.item_not_ready"), each | {"status": "inactive"}


def _time(words: str | None) -> str:
    try:
        return instant(times.moment(words)) if words else ""
    except Malformed:
        return ""


def _date(words: str | None) -> str:
    found = _time(words)
    return (words or "")[:10] if found else ""


def _day(at: str) -> str:
    return ".".join(reversed(at[:10].split("-"))) if at else ""
