"""From a received order to the record of the one who is asked: a ServiceRequest for each examination."""

import hashlib
from collections.abc import Callable, Iterator, Sequence

from akson.fhir.model import Resource, concept
from akson.kit.clock import instant
from akson.kit.ids import new_id
from akson.messaging import times
from akson.messaging.laboratory import CANCELLATION, HISTORY, Requisition, Wanted
from akson.messaging.mapping import report_text, terms
from akson.messaging.mapping.incoming import ORDER_KIND, PRIORITIES, source_of
from akson.messaging.mapping.laboratory import identifier_system, known_of
from akson.messaging.model import Code


def requested(
    order: Requisition,
    patient: str,
    performer: Resource,
    existing: Sequence[Resource] = (),
    make_id: Callable[[], str] = new_id,
) -> tuple[Resource, ...]:
    """The ServiceRequests of an order about a patient (reference); `performer` is a Reference to the unit.

    `existing` are those that the record has with identifiers of this requester: the same examination of the same order
    keeps its id, and becomes `revoked` when it is taken back. NotOfSchema when a time is none.
    """
    known = known_of(order, patient, existing)
    found: dict[str, Resource] = {}
    for value, wanted, examination in _lines(order):
        before = known.get(value)
        if before and wanted.action.code == HISTORY and not order.cancels:
            continue
        identity = before["id"] if before else make_id()
        found[value] = _request(order, wanted, examination, performer) | {
            "id": identity,
            "identifier": [{"system": identifier_system(order), "value": value}],
            "subject": {"reference": patient},
        }
    if order.cancels:
        start = f"{order.document_id}#"
        left = (each for value, each in known.items() if value.startswith(start) and value not in found)
        return (*found.values(), *(each | {"status": "revoked"} for each in left))
    return tuple(found.values())


def _lines(order: Requisition) -> Iterator[tuple[str, Wanted, Code]]:
    """Each examination with what it is known by: the order, the examination, the sample, and for equal ones their number."""
    seen: dict[str, int] = {}
    for wanted in order.wanted:
        samples = ",".join(s.requester_id or s.id for s in wanted.specimens)
        for examination in wanted.examinations:
            words = "\x1f".join((examination.system, examination.code or examination.label, samples))
            key = hashlib.sha256(words.encode()).hexdigest()[:20]
            seen[key] = seen.get(key, 0) + 1
            number = "" if seen[key] == 1 else f".{seen[key]}"
            yield f"{order.document_id}#{key}{number}", wanted, examination


def _request(order: Requisition, wanted: Wanted, examination: Code, performer: Resource) -> Resource:
    is_picture = order.subject.code in report_text.IMAGING
    kind = ("radiologi", "Radiologi") if is_picture else ("laboratorium", "Laboratorium")  # standard: V8279
    who = order.header.sender
    names = (who.professional.person.full_name, who.organization.name) if who.professional else (who.name,)
    reasons = [s.text or s.codes[0].label for s in order.sections if s.text or s.codes]
    samples = (report_text.specimen(s) for s in wanted.specimens)
    notes = [{"text": words} for words in (order.comment, *wanted.comments, *samples) if words]
    withdrawn = order.cancels or wanted.action.code == CANCELLATION
    priority = wanted.priority.code or order.priority.code
    occurrence = {"occurrenceDateTime": instant(times.moment(wanted.date))} if wanted.date else {}
    return {
        "resourceType": "ServiceRequest",
        "meta": {"source": source_of(order)},
        "requisition": {"system": identifier_system(order), "value": order.document_id},
        "status": "revoked" if withdrawn else "active",
        "intent": "order",
        "category": [concept(ORDER_KIND, *kind)],
        "priority": PRIORITIES.get(priority, "routine"),
        "code": terms.concept(examination),
        "authoredOn": instant(times.moment(order.issued)),
        "requester": {"display": ", ".join(name for name in names if name) or f"HER-id {who.her_id}"},
        "performer": [performer],
        **occurrence,
        **({"reasonCode": [{"text": each} for each in reasons]} if reasons else {}),
        **({"note": notes} if notes else {}),
    }
