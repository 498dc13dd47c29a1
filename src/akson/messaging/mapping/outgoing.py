"""From the record to a letter: what of a ServiceRequest and the resources around it a receiver gets to read."""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from akson.fhir.model import Resource
from akson.kit.text import text
from akson.messaging import codes, times
from akson.messaging.mapping import terms
from akson.messaging.model import (
    ATC,
    Attachment,
    Code,
    Diagnosis,
    Epikrise,
    Header,
    Medicine,
    Professional,
    Quantity,
    Referral,
    Result,
    Section,
    Statement,
    Stay,
    national,
)

PRIORITIES = {"routine": "N", "urgent": "3", "asap": "1", "stat": "0"}
"""ServiceRequest.priority to V8304."""
_AGREED = {"unconfirmed", "refuted", "confirmed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The resources that a letter is made of, chosen by the one who writes it."""

    conditions: Sequence[Resource] = ()
    medications: Sequence[Resource] = ()
    """MedicationStatements."""
    allergies: Sequence[Resource] = ()
    observations: Sequence[Resource] = ()
    procedures: Sequence[Resource] = ()
    attachments: Sequence[Attachment] = ()
    practitioner: Resource | None = None
    """Who writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a discharge summary says beyond the record: headings of V8311 with text, stay, and what it answers."""

    document_id: str
    title: str
    sections: Sequence[tuple[str, str]] = ()
    """Code of V8311 and text."""
    stay: Resource | None = None
    """The Encounter."""
    answers: Referral | None = None
    main: str = ""
    """Id of the Condition that was the main one; else the first is."""


def referral(header: Header, request: Resource, record: Record) -> Referral:
    """A ServiceRequest as a referral. The reasons of the request come first, the rest of the problems as statements."""
    reasons = [terms.code(c, *terms.DIAGNOSES) for c in request.get("reasonCode", [])]
    named = {r.get("reference", "") for r in request.get("reasonReference", [])}
    reasons += [_condition(c) for c in record.conditions if f"Condition/{c.get('id')}" in named]
    diagnoses = tuple(Diagnosis(r) for r in dict.fromkeys(reasons) if r.system in terms.DIAGNOSES)
    words = [r.label for r in reasons if r.system not in terms.DIAGNOSES]
    told = {d.code.code for d in diagnoses}
    others = [c for c in map(_condition, record.conditions) if c.code not in told]
    relation = national(codes.RELATIONS, "HHE", system=True)
    return Referral(
        header=header,
        document_id=request["id"],
        issued=_time(request.get("authoredOn", "")) or header.generated,
        diagnoses=diagnoses,
        medicines=tuple(medicine(m) for m in record.medications if m.get("status") in ("active", "intended")),
        cave=tuple(allergy(a, system=True) for a in record.allergies),
        results=tuple(result(o) for o in record.observations),
        statements=tuple(_other_condition(c) for c in others),
        sections=_reason_sections(words, request),
        contacts=_writer(record, relation),
        attachments=tuple(record.attachments),
        priority=national(codes.PRIORITIES, PRIORITIES.get(request.get("priority", "routine"), "N")),
        wanted=terms.text_of(request.get("code")),
    )


def _reason_sections(words: Sequence[str], request: Resource) -> tuple[Section, ...]:
    notes = [note.get("text", "") for note in request.get("note", [])]
    story = "\n\n".join(part for part in (*words, *notes) if part)
    found = [("PROB", story), ("IP", request.get("patientInstruction", ""))]
    return tuple(
        Section(national(codes.REFERRAL_HEADINGS, heading, system=True), told)
        for heading, told in found
        if told
    )


def epikrise(header: Header, summary: Summary, record: Record) -> Epikrise:
    """A discharge summary."""
    stay = summary.stay or {}
    period = stay.get("period", {})
    answered = summary.answers
    main = summary.main or next((c.get("id", "") for c in record.conditions), "")
    relation = national(codes.RELATIONS, "AHP")
    return Epikrise(
        header=header,
        document_id=summary.document_id,
        issued=header.generated,
        title=summary.title,
        answers=answered.document_id if answered else "",
        answers_issued=answered.issued if answered else "",
        referral_diagnoses=answered.diagnoses if answered else (),
        stays=(
            Stay(
                _time(period.get("start", "")) or header.generated,
                _time(period.get("end", "")),
                national(codes.STAY, "1" if stay.get("class", {}).get("code") == "IMP" else "5"),
            ),
        ),
        diagnoses=tuple(
            Diagnosis(_condition(c), "H" if c.get("id") == main else "B") for c in record.conditions
        ),
        medicines=tuple(map(medicine, record.medications)),
        cave=tuple(allergy(a, system=False) for a in record.allergies),
        results=tuple(result(o) for o in record.observations),
        procedures=tuple(_procedure(p) for p in record.procedures),
        sections=tuple(
            Section(national(codes.SUMMARY_HEADINGS, heading), words) for heading, words in summary.sections
        ),
        contacts=_writer(record, relation),
        attachments=tuple(record.attachments),
    )


def _writer(record: Record, relation: Code) -> tuple[Professional, ...]:
    return (terms.professional(record.practitioner, relation),) if record.practitioner else ()


def _condition(resource: Resource) -> Code:
    return terms.code(resource.get("code"), *terms.DIAGNOSES)


def _other_condition(value: Code) -> Statement:
    words = f"{value.code} {value.label}".strip()
    return Statement(national(codes.INFORMATION, "ART", system=True), words)


def medicine(resource: Resource) -> Medicine:
    """A MedicationStatement: ATC code first, directions in words, status of use by V7307."""
    dosage = terms.first(resource.get("dosage", []))
    dose = terms.first(dosage.get("doseAndRate", [])).get("doseQuantity")
    stopped = resource.get("status") in ("stopped", "completed", "not-taken")
    status = "4" if stopped else "5" if dosage.get("asNeededBoolean") else "6"
    period = resource.get("effectivePeriod", {})
    return Medicine(
        code=terms.code(resource.get("medicationCodeableConcept"), ATC),
        status=national(codes.DRUG_STATUS, status),
        dose=_quantity(dose),
        directions=dosage.get("text", ""),
        comment="; ".join(note.get("text", "") for note in resource.get("note", [])),
        start=_time(period.get("start", "")),
        end=_time(period.get("end", "")),
    )


def allergy(resource: Resource, *, system: bool) -> Statement:
    """An AllergyIntolerance as CAVE: what, how it showed, how sure."""
    what = terms.text_of(resource.get("code"))
    signs = [
        terms.text_of(sign) for reaction in resource.get("reaction", []) for sign in reaction["manifestation"]
    ]
    sure = next(
        (
            c["code"]
            for c in resource.get("verificationStatus", {}).get("coding", [])
            if c.get("code") in _AGREED
        ),
        "",
    )
    words = f"{what}: {', '.join(signs)}" if signs else what
    words += f" ({text(f'messaging.certainty_{sure}')})" if sure else ""
    return Statement(
        national(codes.INFORMATION, "CAVE", system=system),
        words,
        start=_time(resource.get("recordedDate", "")),
    )


def result(resource: Resource) -> Result:
    """An Observation: its quantity, or its value as text."""
    value = resource.get("valueQuantity")
    words = resource.get("valueString", "") or terms.text_of(resource.get("valueCodeableConcept"))
    if not value and not words:
        words = _components(resource.get("component", []))
    return Result(
        examination=terms.code(resource.get("code")),
        quantity=_quantity(value),
        text=words,
        taken=_time(resource.get("effectiveDateTime", "")),
    )


def _components(components: Iterable[Resource]) -> str:
    parts = []
    for component in components:
        value = component.get("valueQuantity", {})
        label = terms.text_of(component.get("code"))
        parts.append(f"{label} {value.get('value', '')} {value.get('unit', '')}".strip())
    return ", ".join(parts)


def _procedure(resource: Resource) -> Statement:
    value = terms.code(resource.get("code"))
    is_coded = bool(value.code)
    return Statement(
        national(codes.INFORMATION, "MPRS"),
        "" if is_coded else value.label,
        value if is_coded else Code(),
        start=_time(resource.get("performedDateTime", "")),
    )


def _quantity(value: Resource | None) -> Quantity | None:
    if not value or "value" not in value:
        return None
    return Quantity(str(value["value"]), value.get("unit") or value.get("code") or "")


def _time(fhir: str) -> str:
    """A FHIR time as messages have it: a date becomes midnight, a year or month alone is left out."""
    if len(fhir) < len("2026-11-23"):
        return ""
    return times.written(times.moment(fhir))


def attached(title: str, content_type: str, data: str) -> Attachment:
    """An attachment from a FHIR Attachment's or Binary's base64."""
    return Attachment(title, content_type.partition(";")[0].strip(), base64.b64decode(data))
