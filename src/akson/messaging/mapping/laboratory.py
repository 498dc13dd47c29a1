"""From a report of a laboratory or radiology to the record: one DiagnosticReport, an Observation a result, Specimens.

What the laboratory sends again has the same identifiers, so that a change becomes a new version of what the record has,
and what is withdrawn stays in the record, marked as entered in error. Nothing is written here.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from akson.fhir.model import Resource, coding, reference
from akson.kit.clock import instant
from akson.kit.ids import new_id
from akson.messaging import codes, times
from akson.messaging.laboratory import (
    ADDITION,
    CANCELLATION,
    CHANGE,
    HISTORY,
    PRELIMINARY_REPORT,
    Finding,
    Report,
    Specimen,
)
from akson.messaging.mapping import terms
from akson.messaging.mapping.incoming import quantity, source_of
from akson.messaging.mapping.report_text import IMAGING
from akson.messaging.model import NOTHING, Letter, Quantity

_HL7 = "http://terminology.hl7.org/CodeSystem"
KINDS = ("Specimen", "Observation", "DiagnosticReport")
SUBJECTS, RESISTANCE = 8202, 8271
_SECTIONS = {
    "CLIN": "CH", "MBIO": "MB", "CYTO": "CP", "HIST": "SP", "OBD": "SP", "LAB": "LAB", "CT": "CT", "MR": "NMR",
    "RTG": "RAD", "MA": "RAD", "SCI": "NMS", "UL": "RUS",
}  # fmt: skip
"""V8202 to HL7 v2-0074."""
_RESULT_STATES = {
    "2": "preliminary", "10": "preliminary", "12": "preliminary", "15": "registered", "5": "registered",
    "6": "registered", "7": "registered", "8": "registered", "9": "registered", "1": "amended", "4": "amended",
    "13": "amended", "14": "entered-in-error",
}  # fmt: skip
"""V8245 to the status of an Observation; what is not here is final."""
_DEVIATIONS = {"1": "H", "2": "L", "3": "A"}
"""V8244."""
_COMPARATORS = {"LT": "<", "LE": "<=", "GE": ">=", "GT": ">"}
_PLAIN = frozenset({"", "EQ", *_COMPARATORS})
GROUP = "GR"
"""V8243."""
_WITHDRAWN = "entered-in-error"
_PARTIAL = re.compile(r"(1[89]|2[01])\d\d(-(0[1-9]|1[0-2]))?")
_NUMBER = r"(\d+(?:[.,]\d+)?)"
_BETWEEN = re.compile(rf"\s*{_NUMBER}\s*[-\u2013]\s*{_NUMBER}\s*")
_BELOW = re.compile(rf"\s*(?:<|<=|\u2264)\s*{_NUMBER}\s*")
_ABOVE = re.compile(rf"\s*(?:>|>=|\u2265)\s*{_NUMBER}\s*")


def identifier_system(letter: Letter) -> str:
    """The system of what the sender itself numbers."""
    return f"urn:her:{letter.header.sender.her_id}"


def known_of(letter: Letter, patient: str, existing: Sequence[Resource]) -> dict[str, Resource]:
    """What the record has of this patient by the sender's own numbers."""
    return {
        i["value"]: each
        for each in existing
        for i in each.get("identifier", ())
        if i.get("system") == identifier_system(letter)
        and each.get("subject", {}).get("reference") == patient
    }


def taken_in(
    report: Report, patient: str, existing: Sequence[Resource] = (), make_id: Callable[[], str] = new_id
) -> tuple[Resource, ...]:
    """The resources of a report about a patient (reference, Patient/x), the DiagnosticReport last.

    `existing` is what the record has with identifiers of this laboratory: its ids are kept. NotOfSchema when a time is
    none.
    """
    filing = _Filing(report, patient, known_of(report, patient, existing), make_id)
    return filing.cancelled() if report.cancels else filing.all()


@dataclass(slots=True)
class _Filing:
    report: Report
    patient: str
    known: Mapping[str, Resource]
    make_id: Callable[[], str]
    made: dict[str, Resource] = field(default_factory=dict)
    """By the value of their identifier."""
    repeated: set[str] = field(default_factory=set)
    """Identifiers of results that the record has, and that are only repeated."""
    specimens: dict[str, Resource] = field(default_factory=dict)
    """By the laboratory's id."""

    def all(self) -> tuple[Resource, ...]:
        for number, specimen in enumerate(self.report.specimens, 1):
            self._specimen(specimen, number)
        top = self._findings(self.report.findings, "")
        self._join()
        withdrawn = tuple(self._no_longer())
        return (*self.specimens.values(), *self.made.values(), *withdrawn, self._report(top))

    def cancelled(self) -> tuple[Resource, ...]:
        """The whole report is withdrawn: whatever the record has of it, and the report with the reason."""
        own = (r for r in self._own() if r["resourceType"] == "Observation")
        results = tuple(r | {"status": _WITHDRAWN} for r in own)
        before = self.known.get(self.report.document_id, {})
        return (*results, self._report(()) | ({"result": before["result"]} if before.get("result") else {}))

    def _own(self) -> Iterator[Resource]:
        """What the record has of this report."""
        prefix = f"{self.report.document_id}#"
        yield from (each for value, each in self.known.items() if value.startswith(prefix))

    def _base(self, kind: str, value: str) -> Resource:
        """What every resource of the report has; the id is the one that it has in the record already."""
        before = self.known.get(value)
        return {
            "resourceType": kind,
            "id": before["id"] if before else self.make_id(),
            "meta": {"source": source_of(self.report)},
            "identifier": [{"system": identifier_system(self.report), "value": value}],
        }

    def _specimen(self, specimen: Specimen, number: int) -> None:
        said = [specimen.origin] if specimen.origin else []
        collection: Resource = {"collectedDateTime": _when(specimen.taken)} if specimen.taken else {}
        if specimen.method != NOTHING:
            collection["method"] = terms.concept(specimen.method)
        notes = [{"text": words} for words in (*said, *specimen.comments)]
        self.specimens[specimen.id] = self._base("Specimen", f"{self.report.document_id}#s{number}") | {
            "subject": {"reference": self.patient},
            **({"accessionIdentifier": {"value": specimen.id}} if specimen.id.strip() else {}),
            **({"type": terms.concept(specimen.type)} if specimen.type.label else {}),
            **({"collection": collection} if collection else {}),
            **({"note": notes} if notes else {}),
        }

    def _findings(self, findings: tuple[Finding, ...], above: str) -> list[Resource]:
        """An Observation for each finding, and for the parts that are findings of their own."""
        found: list[Resource] = []
        for finding, key in _keyed(findings, above):
            own = tuple(p for p in finding.parts if not _is_component(p))
            members = self._findings(own, key)
            if not (members or finding.name.label):
                continue
            value = f"{self.report.document_id}#{key}"
            if finding.action.code == HISTORY and value in self.known:
                # Repeated from an earlier report, for the reader: it stands as it was.
                self.repeated.add(value)
                found.append(self.known[value])
                continue
            observation = self._observation(finding, value)
            if members:
                observation["hasMember"] = [{"reference": reference(m)} for m in members]
            self.made[value] = observation
            found.append(observation)
        return found

    def _observation(self, finding: Finding, value: str) -> Resource:
        base = self._base("Observation", value)
        before = self.known.get(value)
        if before and finding.action.code == CANCELLATION:
            # What was said before stays readable, marked as wrong.
            notes = [*before.get("note", ()), *_notes(finding)]
            return before | {"status": _WITHDRAWN, "meta": base["meta"]} | ({"note": notes} if notes else {})
        kind = "imaging" if self.report.subject.code in IMAGING else "laboratory"
        components = [_component(p) for p in finding.parts if _is_component(p)]
        specimen = next((self.specimens[i] for i in finding.specimens if i in self.specimens), None)
        return base | {
            "status": self._state(finding),
            "category": [{"coding": [coding(f"{_HL7}/observation-category", kind)]}],
            "code": _name(finding),
            "subject": {"reference": self.patient},
            "effectiveDateTime": self._effective(finding, specimen),
            "issued": instant(times.moment(finding.validated or self.report.approved or self.report.issued)),
            "performer": self._performers(finding),
            **_said(finding),
            **({"note": _notes(finding)} if _notes(finding) else {}),
            **({"specimen": {"reference": reference(specimen)}} if specimen else {}),
            **({"component": components} if components else {}),
        }

    def _state(self, finding: Finding) -> str:
        if finding.action.code == CANCELLATION:
            return _WITHDRAWN
        state = _RESULT_STATES.get(finding.status.code, "final")
        if not finding.status.code and self.report.status.code == PRELIMINARY_REPORT:
            state = "preliminary"
        return "corrected" if finding.action.code == CHANGE and state in ("final", "amended") else state

    def _effective(self, finding: Finding, specimen: Resource | None) -> str:
        """When the sample was taken, else when it was examined, else when the report was made."""
        taken = specimen.get("collection", {}).get("collectedDateTime", "") if specimen else ""
        return str(taken or _when(finding.examined or self.report.issued))

    def _performers(self, finding: Finding | None = None) -> list[Resource]:
        sender = self.report.header.sender
        people = (p.person.full_name for p in finding.people) if finding else ()
        names = (sender.name or f"HER-id {sender.her_id}", *people)
        return [{"display": name} for name in dict.fromkeys(names) if name]

    def _join(self) -> None:
        """A result that tells more of another becomes its member, e.g. resistance of a bacterium."""
        place = f"{self.report.document_id}#"
        for finding, key in _keyed(self.report.findings, ""):
            main, member = self.made.get(f"{place}r{finding.about}"), self.made.get(place + key)
            if finding.about and main and member and main is not member:
                main["hasMember"] = [*main.get("hasMember", ()), {"reference": reference(member)}]

    def _no_longer(self) -> Iterator[Resource]:
        """Results without a number of their own that a changed report no longer has: it could not withdraw them."""
        if self.report.action.code != CHANGE:
            return
        start = f"{self.report.document_id}#p"
        said = self.made.keys() | self.repeated
        for value, each in self.known.items():
            if value.startswith(start) and value not in said and each.get("status") != _WITHDRAWN:
                yield each | {"status": _WITHDRAWN}

    def _report(self, top: Sequence[Resource]) -> Resource:
        report = self.report
        before = self.known.get(report.document_id, {})
        new = [reference(each) for each in top]
        # A withdrawn result stays among them, so that who reads the report sees that it was withdrawn.
        kept = [r["reference"] for r in before.get("result", ()) if r["reference"] not in new]
        results = [{"reference": each} for each in (*new, *kept)]
        subject = (
            replace(report.subject, system=codes.oid(SUBJECTS)) if report.subject.code else report.subject
        )
        section = _SECTIONS.get(report.subject.code, "OTH")
        words = [report.comment, *(c.label for c in report.comments), report.cancellation.label]
        conclusion = "\n".join(w for w in words if w)
        orders = [{"type": "ServiceRequest", "identifier": {"value": o.id}} for o in report.orders if o.id]
        specimens = [{"reference": reference(s)} for s in self.specimens.values()]
        return self._base("DiagnosticReport", report.document_id) | {
            "status": _report_state(report),
            "category": [{"coding": [coding(f"{_HL7}/v2-0074", section)]}],
            "code": terms.concept(subject),
            "subject": {"reference": self.patient},
            "effectiveDateTime": self._collected(),
            "issued": instant(times.moment(report.approved or report.issued)),
            "performer": self._performers(),
            **({"basedOn": orders} if orders else {}),
            **({"specimen": specimens} if specimens else {}),
            **({"result": results} if results else {}),
            **({"conclusion": conclusion} if conclusion else {}),
        }

    def _collected(self) -> str:
        taken = [_when(s.taken) for s in self.report.specimens if s.taken]
        return min(taken, default=_when(self.report.issued))


def _keyed(findings: tuple[Finding, ...], above: str) -> Iterator[tuple[Finding, str]]:
    """Each finding with what it is known by within its report, whatever its place.

    That is the laboratory's id, or where it has none what was examined and when, and for equal ones their number.
    """
    seen: dict[str, int] = {}
    for finding in findings:
        if finding.id:
            yield finding, f"r{finding.id}"
            continue
        group = finding.text if finding.heading.code == GROUP else ""
        parts = (above, *(c.code or c.label for c in finding.examinations), finding.heading.code, group)
        # Opaque, since it stands in identifiers and some of it is free text.
        key = hashlib.sha256("\x1f".join((*parts, finding.examined)).encode()).hexdigest()[:20]
        seen[key] = seen.get(key, 0) + 1
        yield finding, f"p{key}" if seen[key] == 1 else f"p{key}.{seen[key]}"


def _is_component(part: Finding) -> bool:
    """Is it but a part of what stands above, with nothing of its own below it?"""
    return not (part.id or part.parts or part.action.code) and bool(part.name.label)


def _is_group(finding: Finding) -> bool:
    """Is it but a heading over results, whose text is its name?"""
    return finding.heading.code == GROUP and not finding.examinations and bool(finding.text)


def _report_state(report: Report) -> str:
    if report.cancels:
        return _WITHDRAWN
    if report.status.code == PRELIMINARY_REPORT:
        return "preliminary"
    if ADDITION in (report.status.code, report.action.code):
        return "appended"
    return "amended" if report.action.code == CHANGE else "final"


def _name(finding: Finding) -> Resource:
    """All codes of the examination, named by the first."""
    if _is_group(finding):
        return {"text": finding.text}
    named = terms.concept(finding.name)
    others = (terms.concept(c) for c in (*finding.examinations[1:], *finding.specifications))
    codings = [c for each in (named, *others) for c in each.get("coding", ())]
    # A heading that says nothing still holds what stands below it.
    words = {} if named.get("text", "").strip() else {"text": finding.id.strip() or "-"}
    return named | ({"coding": codings} if codings else {}) | words


def _said(finding: Finding) -> Resource:
    """Value, interpretation and reference ranges."""
    values = _value(finding)
    interpretation = [
        {"coding": [coding(f"{_HL7}/v3-ObservationInterpretation", each)], "text": label}
        for each, label in _interpretations(finding)
    ]
    ranges = [_range(words, finding) for words in finding.reference if words.strip()]
    return values | {
        **({"interpretation": interpretation} if interpretation else {}),
        **({"referenceRange": ranges} if ranges else {}),
    }


def _interpretations(finding: Finding) -> Iterator[tuple[str, str]]:
    if finding.deviation.code in _DEVIATIONS:
        yield _DEVIATIONS[finding.deviation.code], finding.deviation.label
    for each in finding.codes:
        if each.system == codes.oid(RESISTANCE) and each.code in ("R", "S", "I"):
            yield each.code, each.label


def _value(finding: Finding) -> Resource:
    if finding.quantity:
        number = quantity(finding.quantity) if finding.comparator in _PLAIN else None
        if number:
            sign = _COMPARATORS.get(finding.comparator)
            return {"valueQuantity": number | ({"comparator": sign} if sign else {})}
        words = f"{finding.comparator} {finding.quantity.value} {finding.quantity.unit}".strip()
        return {"valueString": words} if words else {}
    ends = {k: q for k, v in (("low", finding.low), ("high", finding.high)) if v and (q := quantity(v))}
    if ends:
        return {"valueRange": ends}
    if finding.date:
        return {"valueDateTime": _when(finding.date)}
    return _words(finding)


def _words(finding: Finding) -> Resource:
    if _is_group(finding):
        return {}
    labels = [c.label for c in finding.codes if c.label]
    if not finding.text and len(labels) == 1:
        return {"valueCodeableConcept": terms.concept(next(c for c in finding.codes if c.label))}
    words = "\n".join(w for w in (f"{finding.text} {finding.unit}".strip(), *labels) if w)
    return {"valueString": words} if words else {}


def _range(words: str, finding: Finding) -> Resource:
    """A reference range: always as it was written, and as numbers where it is one of the usual forms."""
    unit = finding.quantity.unit if finding.quantity else ""
    ends: dict[str, str] = {}
    if match := _BETWEEN.fullmatch(words):
        ends = {"low": match[1], "high": match[2]}
    elif match := _BELOW.fullmatch(words):
        ends = {"high": match[1]}
    elif match := _ABOVE.fullmatch(words):
        ends = {"low": match[1]}
    numbers = {end: found for end, v in ends.items() if (found := quantity(Quantity(v, unit)))}
    return numbers | {"text": words.strip()}


def _notes(finding: Finding) -> list[Resource]:
    diagnosis = finding.diagnosis.code.label if finding.diagnosis else ""
    return [{"text": words} for words in (finding.comment, diagnosis, *finding.details) if words.strip()]


def _component(part: Finding) -> Resource:
    return {"code": _name(part)} | _said(part)


def _when(text: str) -> str:
    """A time of the message as FHIR has it, no more exact than it was."""
    if _PARTIAL.fullmatch(text):
        return text
    moment = times.moment(text)
    return text if len(text) == len("2026-01-31") else instant(moment)
