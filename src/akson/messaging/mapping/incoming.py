"""From a received letter to the record: each item as a proposed resource that a person accepts or leaves.

Nothing is written here. A proposal carries where it came from in `meta.source`; `provenance` tells who took what in.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from akson.fhir.model import Resource, coding, concept
from akson.fhir.strict_json import Number
from akson.kit.clock import instant
from akson.kit.errors import Malformed
from akson.messaging import times
from akson.messaging.mapping import care_items, terms
from akson.messaging.model import (
    ATC,
    Asked,
    Care,
    Diagnosis,
    Epikrise,
    Letter,
    Medicine,
    Person,
    Quantity,
    Referral,
    Result,
    Statement,
)

ORDER_KIND = "https://akson.example/fhir/CodeSystem/bestilling"
_HL7 = "http://terminology.hl7.org/CodeSystem"
PRIORITIES = {
    "0": "stat",
    "1": "asap",
    "1H": "stat",
    "2H": "stat",
    "4H": "asap",
    "8H": "asap",
    "3": "urgent",
}
_STOPPED = "4"
OF_THE_SENDER = frozenset(
    {"id", "meta", "text", "contained", "basedOn", "replaces", "encounter", "supportingInfo"}
)
"""Elements that lead to what the sender has, and this record has not."""
_DECIMAL = re.compile(r"-?(0|[1-9]\d{0,14})\.\d{1,15}")
_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


@dataclass(frozen=True, slots=True)
class Proposal:
    """One item of a letter as the resource that it would become."""

    key: str
    """Stable within the letter, e.g. medicine-2: what a form sends back."""
    title: str
    """What a person reads."""
    resource: Resource
    """Without id and version; with them where something that the record has is to be changed."""
    same_as: str = ""
    """Reference of what the record has already; then there is nothing to take in."""
    differs: bool = False
    """The record has the same medicine, problem or allergy, but says something else of it."""


def proposals(letter: Letter, patient: str, existing: Sequence[Resource] = ()) -> tuple[Proposal, ...]:
    """The items of a letter for a patient (reference, Patient/x), matched against what the record has.

    `existing` are the patient's resources of the types in MATCHED.
    """
    source = {"meta": {"source": source_of(letter)}}
    about = {"subject": {"reference": patient}}
    moment = instant(times.moment(letter.issued))
    found: list[Proposal] = []
    more = care_items.items(letter, moment, existing) if isinstance(letter, Care) else ()
    for key, title, resource in (*_items(letter, moment), *more):
        if not title.strip():
            continue
        if "id" in resource:
            found.append(Proposal(key, title, resource))
            continue
        who: Resource = {"patient": about["subject"]} if resource["resourceType"] in _OF_PATIENT else about
        if resource["resourceType"] == "Appointment":
            comes = {"actor": about["subject"], "status": "accepted"}
            who = {"participant": [comes, *resource["participant"]]}
        found.append(_matched(Proposal(key, title, resource | source | who), existing))
    return tuple(found)


def source_of(letter: Letter) -> str:
    """Where a resource came from: the message, by sender's address and MsgId."""
    return f"urn:her:{letter.header.sender.her_id}#{letter.header.msg_id}"


def _items(letter: Letter, moment: str) -> Iterator[tuple[str, str, Resource]]:
    for number, diagnosis in enumerate(letter.diagnoses, 1):
        yield f"diagnosis-{number}", _named(diagnosis), _condition(diagnosis, moment)
    for number, warning in enumerate(letter.cave, 1):
        yield f"allergy-{number}", warning.text or warning.code.label, _allergy(warning, moment)
    for number, medicine in enumerate(letter.medicines, 1):
        title = " ".join(part for part in (medicine.code.label, medicine.directions) if part)
        yield f"medicine-{number}", title, _medication(medicine, moment)
    for number, result in enumerate(letter.results, 1):
        yield f"result-{number}", _result_title(result), _observation(result, moment)
    for number, words in enumerate(letter.precautions, 1):
        yield f"precaution-{number}", words, _flag(words)
    if isinstance(letter, Epikrise):
        for number, procedure in enumerate(letter.procedures, 1):
            title = procedure.code.label or procedure.text
            yield f"procedure-{number}", title, _procedure(procedure, moment)


def _named(diagnosis: Diagnosis) -> str:
    return f"{diagnosis.code.code} {diagnosis.code.label}".strip()


def _status(kind: str, code: str) -> Resource:
    return {"coding": [coding(f"{_HL7}/{kind}", code)]}


def _condition(diagnosis: Diagnosis, moment: str) -> Resource:
    return {
        "resourceType": "Condition",
        "clinicalStatus": _status("condition-clinical", "active"),
        "verificationStatus": _status("condition-ver-status", "confirmed"),
        "category": [_status("condition-category", "problem-list-item")],
        "code": terms.concept(diagnosis.code),
        "recordedDate": moment,
    }


def _allergy(statement: Statement, moment: str) -> Resource:
    named = terms.concept(statement.code) if statement.code.code else {"text": statement.text}
    note = {"note": [{"text": statement.comment}]} if statement.comment else {}
    return {
        "resourceType": "AllergyIntolerance",
        "clinicalStatus": _status("allergyintolerance-clinical", "active"),
        "verificationStatus": _status("allergyintolerance-verification", "unconfirmed"),
        "code": named,
        "recordedDate": moment,
    } | note


def _medication(medicine: Medicine, moment: str) -> Resource:
    dosage: Resource = {"text": medicine.directions} if medicine.directions else {}
    if medicine.dose and (dose := quantity(medicine.dose)):
        dosage["doseAndRate"] = [{"doseQuantity": dose}]
    if medicine.status.code == "5":
        dosage["asNeededBoolean"] = True
    period = {
        key: value for key, value in (("start", _time(medicine.start)), ("end", _time(medicine.end))) if value
    }
    return {
        "resourceType": "MedicationStatement",
        "status": "stopped" if medicine.status.code == _STOPPED else "active",
        "medicationCodeableConcept": terms.concept(medicine.code),
        "dateAsserted": moment,
        **({"effectivePeriod": period} if period else {}),
        **({"dosage": [dosage]} if dosage else {}),
        **({"note": [{"text": medicine.comment}]} if medicine.comment else {}),
    }


def _observation(result: Result, moment: str) -> Resource:
    value: Resource = {}
    number = quantity(result.quantity) if result.quantity else None
    if number:
        comparator = {"LT": "<", "LE": "<=", "GE": ">=", "GT": ">"}.get(result.comparator)
        value = {"valueQuantity": number | ({"comparator": comparator} if comparator else {})}
    elif result.quantity or result.text or result.date:
        words = f"{result.quantity.value} {result.quantity.unit}" if result.quantity else ""
        value = {"valueString": (words or result.text or result.date).strip()}
    elif result.low or result.high:
        ends = (("low", result.low), ("high", result.high))
        value = {"valueRange": {k: q for k, v in ends if v and (q := quantity(v))}}
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": terms.concept(result.examination),
        "effectiveDateTime": _time(result.taken) or moment,
        **value,
        **({"note": [{"text": result.comment}]} if result.comment else {}),
    }


def _result_title(result: Result) -> str:
    value = f"{result.quantity.value} {result.quantity.unit}".strip() if result.quantity else result.text
    return f"{result.examination.label}: {value or result.date}"


def _flag(words: str) -> Resource:
    return {"resourceType": "Flag", "status": "active", "code": {"text": words}}


def _procedure(statement: Statement, moment: str) -> Resource:
    named = terms.concept(statement.code) if statement.code.code else {"text": statement.text}
    return {
        "resourceType": "Procedure",
        "status": "completed",
        "code": named,
        "performedDateTime": _time(statement.start) or moment,
    }


def quantity(value: Quantity) -> Resource | None:
    """A quantity in FHIR, None when the message's value is no number. A unit of digits alone stands for none."""
    written = value.value.replace(",", ".")
    try:
        # 12.0 is more exact than 12.
        number = Number(written) if _DECIMAL.fullmatch(written) else float(written)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    whole = int(number) if number.is_integer() and not isinstance(number, Number) else number
    unit = "" if value.unit.isdigit() else value.unit
    return {"value": whole} | ({"unit": unit} if unit else {})


def _time(text: str) -> str:
    try:
        return instant(times.moment(text)) if text else ""
    except Malformed:
        return ""


MATCHED = (
    "Condition", "MedicationStatement", "AllergyIntolerance", "Procedure", "Flag", "EpisodeOfCare", "RelatedPerson", "Goal",
    "Encounter", "DeviceUseStatement", "Appointment",
)  # fmt: skip
"""Types that a letter's items are matched with; function is matched with the Observations of category survey."""
_OF_PATIENT = frozenset({"AllergyIntolerance", "EpisodeOfCare", "RelatedPerson"})
"""Types that name the patient in `patient`; all others in `subject`."""
SAID = {
    "MedicationStatement": ("status", "dosage"),
    "EpisodeOfCare": ("status", "period"),
    "RelatedPerson": ("telecom",),
    "DeviceUseStatement": ("status",),
}
"""What a letter may say otherwise of something that the record has; taken in, it changes what is there."""


def _matched(proposal: Proposal, existing: Sequence[Resource]) -> Proposal:
    """Find what the record has of it: the same code, or without one the same text."""
    kind = proposal.resource["resourceType"]
    wanted = _identity_of(proposal.resource)
    if not any(wanted):
        return proposal
    for resource in existing:
        if resource.get("resourceType") == kind and _identity_of(resource) == wanted:
            fields = (f for f in SAID.get(kind, ()) if f in proposal.resource)
            differs = any(_words(resource.get(f)) != _words(proposal.resource.get(f)) for f in fields)
            return Proposal(
                proposal.key, proposal.title, proposal.resource, f"{kind}/{resource['id']}", differs
            )
    return proposal


def _identity_of(resource: Resource) -> tuple[str, ...]:
    """What tells that two resources of a type are about the same thing; nothing where that cannot be told."""
    kind = resource["resourceType"]
    if kind == "Observation":
        categories = {c.get("code") for each in resource.get("category", ()) for c in each.get("coding", ())}
        value = resource.get("valueInteger", resource.get("valueString", ""))
        day = str(resource.get("effectiveDateTime", ""))[:10]
        return (*_identity(resource["code"]), day, str(value)) if "survey" in categories else ()
    if kind in ("RelatedPerson", "DeviceUseStatement"):
        named = terms.first(resource.get("name", ())).get("text") or resource.get("device", {}).get("display")
        return (str(named or "").casefold().strip(),)
    if kind == "Encounter":
        day = str(resource.get("period", {}).get("start", ""))[:10]
        return (resource.get("class", {}).get("code", ""), day) if day else ()
    if kind == "Appointment":
        return (str(resource.get("start", ""))[:16],)
    if kind == "EpisodeOfCare":
        return _identity(terms.first(resource.get("type", ())))
    field = {"MedicationStatement": "medicationCodeableConcept", "Goal": "description"}.get(kind, "code")
    return _identity(resource.get(field, {}))


def _identity(value: Resource) -> tuple[str, str]:
    named = terms.code(value, *terms.DIAGNOSES, ATC)
    return (named.system, named.code.replace(" ", "")) if named.code else ("", named.label.casefold().strip())


def _words(value: object) -> object:
    """Directions compare by their words alone."""
    return [d.get("text", "") for d in value] if isinstance(value, list) else value


def service_request(letter: Referral, patient: str, performer: Resource) -> Resource:
    """A received referral as the receiver's own ServiceRequest; `performer` is a Reference to the unit."""
    who = letter.header.sender
    named = who.professional.person.full_name if who.professional else who.name
    reasons = [terms.concept(d.code) for d in letter.diagnoses]
    words = [s.text for s in letter.sections if s.heading.code == "PROB" and s.text]
    return {
        "resourceType": "ServiceRequest",
        "meta": {"source": source_of(letter)},
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{letter.document_id}"}],
        "status": "revoked" if letter.cancels else "active",
        "intent": "order",
        "category": [concept(ORDER_KIND, "henvisning", "Henvisning")],  # standard: V8279
        "priority": PRIORITIES.get(letter.priority.code, "routine"),
        "code": {"text": letter.wanted or letter.content.label},
        "subject": {"reference": patient},
        "authoredOn": instant(times.moment(letter.issued)),
        "requester": {"display": f"{named}, {who.organization.name}" if named != who.name else named},
        "performer": [performer],
        **({"reasonCode": reasons} if reasons else {}),
        **({"note": [{"text": "\n".join(words)}]} if words else {}),
    }


def request_for_service(letter: Asked, patient: str, performer: Resource) -> Resource:
    """A received request as the receiver's own ServiceRequest: who asks stays as it was said, who performs is the unit."""
    said = {name: value for name, value in letter.request.items() if name not in OF_THE_SENDER}
    meta = {"profile": letter.request.get("meta", {}).get("profile", []), "source": source_of(letter)}
    return said | {
        "meta": {name: value for name, value in meta.items() if value},
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{letter.document_id}"}],
        "status": "revoked" if letter.cancels else "active",
        "subject": {"reference": patient},
        "performer": [performer],
    }


def new_patient(person: Person) -> Resource:
    """A Patient for somebody that this record does not know, from what the message says."""
    genders = {"1": "male", "2": "female", "9": "other"}
    names = {"family": person.family, "given": person.given.split(), "text": person.full_name}
    identifiers = [found for i in person.idents if (found := terms.identifier(i))]
    place = {
        "line": person.address.line,
        "postalCode": person.address.postal_code,
        "city": person.address.city,
    }
    kept = {key: [value] if key == "line" else value for key, value in place.items() if value}
    return {
        "resourceType": "Patient",
        **({"identifier": identifiers} if identifiers else {}),
        "name": [{key: value for key, value in names.items() if value}],
        "gender": genders.get(person.sex, "unknown"),
        **({"birthDate": person.born} if _DATE.fullmatch(person.born) else {}),
        **({"address": [{"use": "home"} | kept]} if kept else {}),
    }


def provenance(letter: Letter, targets: Sequence[str], taker: Resource, at: datetime) -> Resource:
    """Who took these resources (references) in, from which message, by whom written."""
    sender = letter.header.sender
    author = {"display": sender.professional.person.full_name if sender.professional else sender.name}
    return {
        "resourceType": "Provenance",
        "target": [{"reference": target} for target in targets],
        "recorded": instant(at),
        "agent": [
            {"type": _status("provenance-participant-type", "author"), "who": author,
             "onBehalfOf": {"display": sender.name}},
            {"type": _status("provenance-participant-type", "enterer"), "who": taker},
        ],
        "entity": [
            {
                "role": "source",
                "what": {
                    "identifier": {"value": letter.header.msg_id},
                    "display": letter.header.type.label,
                },
            }
        ],
    }  # fmt: skip
