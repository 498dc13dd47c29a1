"""Critical information, as the platform's register keeps it: one item and a Provenance that says who wrote it where."""

from typing import NamedTuple

from akson.care.critical import CATEGORY, NOTE_OF_FLAG
from akson.demo.book import Book, unit_reference
from akson.demo.make.clinical import split
from akson.demo.nodes import INSTALLATIONS
from akson.demo.personnel import BY_KEY_STAFF
from akson.demo.units import BY_KEY, owner
from akson.exchange.declare import TAG_SYSTEM
from akson.fhir.model import Resource, coding, concept
from akson.kit.norwegian import ICPC2, volven

TAG = {"meta": {"tag": [coding(TAG_SYSTEM, "kritisk-informasjon")]}}
CERTAINTY = {
    "1": ("unconfirmed", "Mistenkt"),
    "2": ("unconfirmed", "Sannsynlig"),
    "3": ("confirmed", "Bekreftet"),
}
"""V7521 to FHIR's verification status."""


class Written(NamedTuple):
    """Who wrote an item, how many days ago."""

    who: str
    ago: int


def _register(b: Book, kind: str, key: str, content: Resource, written: Written) -> Resource:
    staff = BY_KEY_STAFF[written.who]
    unit = BY_KEY[staff.posts[0].unit]
    target = b.add(kind, f"kritisk/{key}", TAG | content)
    place = unit_reference(b.node, owner(unit)) | {"display": f"{unit.name}, {owner(unit).name}"}
    provenance: Resource = {
        "target": [target],
        "recorded": b.moment(written.ago, "10:30"),
        "agent": [{"who": b.staff(written.who), "onBehalfOf": place}],
        "entity": [{"role": "source", "what": {"display": INSTALLATIONS[unit.node].title}}],
    }
    b.add("Provenance", f"kritisk/{kind}/{key}", provenance)
    return target


def hypersensitivity(b: Book, code: Resource, reaction: str, certainty: str, written: Written) -> Resource:
    """Something the person must not get: `code` by V7514 or ATC, reaction by V7497, certainty by V7521."""
    status, name = CERTAINTY[certainty]
    grave = split(reaction)[0] in {"1", "2", "3", "4", "9", "10", "18"}
    content: Resource = {
        "clinicalStatus": {
            "coding": [coding("http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "active")]
        },
        "verificationStatus": {
            "coding": [
                coding("http://terminology.hl7.org/CodeSystem/allergyintolerance-verification", status),
                coding(volven(7521), certainty, name),
            ],
            "text": name,
        },
        "type": "allergy",
        "criticality": "high" if grave else "low",
        "code": code,
        "patient": b.patient,
        "recordedDate": b.day(written.ago),
        "recorder": b.staff(written.who),
        "reaction": [{"manifestation": [concept(volven(7497), *split(reaction))]}],
    }
    return _register(b, "AllergyIntolerance", code["text"], content, written)


def critical_condition(
    b: Book, code: str, why: str, written: Written, category: str = "kritisk-tilstand"
) -> Resource:
    """A condition that changes how the person must be treated; `why` by V7513. Codes of infection are V7519's."""
    infection = category == "smitte"
    names = {"kritisk-tilstand": "Kritisk tilstand", "anestesikomplikasjon": "Komplikasjon ved anestesi"}
    content: Resource = {
        "clinicalStatus": {
            "coding": [coding("http://terminology.hl7.org/CodeSystem/condition-clinical", "active")]
        },
        "category": [concept(CATEGORY, category, names.get(category, "Smitte"))],
        "code": concept(volven(7519) if infection else ICPC2, *split(code)),
        "subject": b.patient,
        "recordedDate": b.day(written.ago),
        "recorder": b.staff(written.who),
    }
    reason = {"note": [{"text": why}]} if infection or category == "anestesikomplikasjon" else _reason(why)
    return _register(b, "Condition", code, content | reason, written)


def _reason(why: str) -> Resource:
    return {"evidence": [{"code": [concept(volven(7513), *split(why))]}]}


def treatment(b: Book, code: str, note: str, written: Written) -> Resource:
    """Treatment going on that others must know of (V7517)."""
    content: Resource = {
        "status": "in-progress",
        "category": concept(CATEGORY, "paagaaende-behandling", "Pågående behandling"),
        "code": concept(volven(7517), *split(code)),
        "subject": b.patient,
        "performedPeriod": {"start": b.day(written.ago)},
        "recorder": b.staff(written.who),
        "note": [{"text": note}],
    }
    return _register(b, "Procedure", code, content, written)


def implant(b: Book, code: str, note: str, since: int, written: Written) -> Resource:
    """Something in the body (V7518), since when."""
    kind = concept(volven(7518), *split(code))
    content: Resource = {
        "contained": [{"resourceType": "Device", "id": "device", "type": kind}],
        "status": "active",
        "subject": b.patient,
        "timingDateTime": b.day(since),
        "recordedOn": b.day(written.ago),
        "source": b.staff(written.who),
        "device": {"reference": "#device", "display": kind["text"]},
        "note": [{"text": note}],
    }
    return _register(b, "DeviceUseStatement", code, content, written)


def changed_procedure(b: Book, code: str, note: str, written: Written) -> Resource:
    """A usual procedure that must be done otherwise for this person (V7522)."""
    first, name = split(code)
    content: Resource = {
        "status": "active",
        "category": [concept(CATEGORY, "endret-prosedyre", "Endring i prosedyre")],
        "code": concept(volven(7522), first, name)
        | {"extension": [{"url": NOTE_OF_FLAG, "valueString": note}]},
        "subject": b.patient,
        "period": {"start": b.day(written.ago)},
        "author": b.staff(written.who),
    }
    return _register(b, "Flag", code, content, written)
