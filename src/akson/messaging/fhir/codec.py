"""FHIR messages to the model and back: a request for a service, and the response that is its receipt.

The response has the event of what it answers, `MessageHeader.response`, and for what was refused an OperationOutcome that names
code and element.
"""

import re
from typing import Any

from akson.fhir.model import Resource, coding
from akson.fhir.strict_json import dumps
from akson.kit.clock import instant
from akson.kit.ids import new_id
from akson.kit.norwegian import HER, volven
from akson.messaging import codes, times
from akson.messaging.codec.errors import UnknownFormat
from akson.messaging.fhir import wire
from akson.messaging.fhir.wire import EVENTS
from akson.messaging.kith.binding import NotOfSchema
from akson.messaging.mapping import terms
from akson.messaging.model import (
    Asked,
    Code,
    Header,
    Ident,
    Party,
    Receipt,
    Received,
    Section,
    Unit,
    national,
)

REQUEST = Code("anmodning", EVENTS, "Anmodning om tjeneste")
OK, FATAL = "ok", "fatal-error"
REJECTED, PARTLY = "2", "3"
STRUCTURE = "T02"
SLICE = re.compile(r":[^.\[\]]+")
"""The name of a slice in the path of an element, which is for readers alone."""


def read(bundle: Resource) -> Received:
    """What a parsed message says. UnknownFormat for an event that is not read, NotOfSchema for one that lacks its focus."""
    head = wire.resource_of(bundle, "MessageHeader") or {}
    if "response" in head:
        return Received(_receipt(bundle, head))
    event = head.get("eventCoding", {})
    if (event.get("system"), event.get("code")) != (EVENTS, REQUEST.code):
        raise UnknownFormat("a FHIR message of an event that is not read")
    request = next((wire.referred(bundle, each) for each in head.get("focus", ())), None)
    if request is None or request["resourceType"] != "ServiceRequest":
        raise NotOfSchema("MessageHeader.focus: must lead to a ServiceRequest of the message")
    patient = wire.referred(bundle, request.get("subject"))
    if patient is None or patient["resourceType"] != "Patient":
        raise NotOfSchema("ServiceRequest.subject: must lead to a Patient of the message")
    who = _header(bundle, head, REQUEST, patient)
    return Received(asked(who, request))


def asked(head: Header, request: Resource) -> Asked:
    """The letter of a request."""
    named = {"system": "urn:ietf:rfc:3986"} | next(iter(request.get("identifier", ())), {})
    why = [text for each in request.get("reasonCode", ()) if (text := terms.code(each).label)]
    words = [each["text"] for each in request.get("note", ()) if "text" in each]
    return Asked(
        header=head,
        document_id=str(named.get("value", "")).removeprefix("urn:uuid:") or head.msg_id,
        issued=str(request.get("authoredOn") or head.generated),
        sections=(Section(terms.code(request.get("code")), "\n".join([*why, *words])),),
        request=request,
    )


def _header(bundle: Resource, head: Resource, event: Code, patient: Resource | None) -> Header:
    number = str(head.get("id") or bundle.get("identifier", {}).get("value", "")).removeprefix("urn:uuid:")
    receivers = [_party(each.get("receiver")) for each in head.get("destination", ())] or [Party(Unit())]
    return Header(
        msg_id=number,
        type=event,
        generated=str(bundle.get("timestamp", "")),
        sender=_party(head.get("sender")),
        receiver=receivers[0],
        copies=tuple(receivers[1:]),
        patient=terms.person(patient or {}),
        conversation=number,
        version="4.0.1",
    )


def _party(reference: Any) -> Party:
    found = reference if isinstance(reference, dict) else {}
    identifier = found.get("identifier", {})
    her_id = str(identifier.get("value", "")) if identifier.get("system") == HER else ""
    return Party(Unit(str(found.get("display", "")), (Ident(her_id, "HER"),) if her_id else ()))


def _receipt(bundle: Resource, head: Resource) -> Receipt:
    response = head["response"]
    outcome = wire.referred(bundle, response.get("details")) or {}
    errors = tuple(_error(each) for each in outcome.get("issue", ()))
    status = REJECTED if response.get("code") != OK else PARTLY if errors else "1"
    who = _header(bundle, head, REQUEST, None)
    return Receipt(
        id=who.msg_id,
        generated=who.generated,
        sender=who.sender,
        receiver=who.receiver,
        status=status,
        original_id=str(response.get("identifier", "")),
        original_type=Code(str(head.get("eventCoding", {}).get("code", "")), EVENTS),
        original_generated="",
        errors=errors,
        version=who.version,
    )


def _error(issue: Resource) -> Code:
    known = terms.code(issue.get("details"))
    return Code(known.code or "X99", known.system, known.display, str(issue.get("diagnostics", "")))


# --- written ---------------------------------------------------------------------------------------------------


def write(content: Asked | Receipt) -> bytes:
    """The message, unsigned."""
    return dumps(_request(content) if isinstance(content, Asked) else _response(content))


def _request(letter: Asked) -> Resource:
    from akson.messaging.mapping.incoming import new_patient

    patient, request = new_id(), new_id()
    about = {name: value for name, value in new_patient(letter.header.patient).items() if name != "meta"}
    head = _message_header(letter.header.msg_id, letter.header.type, letter.header.sender, letter.header)
    said = {name: value for name, value in letter.request.items() if name != "id"}
    said |= {
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{letter.document_id}"}],
        "subject": {"reference": f"urn:uuid:{patient}"},
        "requester": _reference(letter.header.sender),
        "performer": [_reference(letter.header.receiver)],
    }
    head["focus"] = [{"reference": f"urn:uuid:{request}"}]
    moment = instant(times.moment(letter.header.generated))
    return wire.bundle(
        letter.header.msg_id, moment, (letter.header.msg_id, head), (request, said), (patient, about)
    )


def _message_header(id_: str, event: Code, sender: Party, to: Header | Receipt) -> Resource:
    receivers = [to.receiver, *(to.copies if isinstance(to, Header) else ())]
    return {
        "resourceType": "MessageHeader",
        "id": id_,
        "eventCoding": coding(EVENTS, event.code, event.display or None),
        "destination": [
            {"endpoint": f"urn:her:{each.her_id}", "receiver": _reference(each)} for each in receivers
        ],
        "sender": _reference(sender),
        "source": {"name": sender.name or "Akson", "endpoint": f"urn:her:{sender.her_id}"},
    }


def _reference(party: Party) -> Resource:
    made: Resource = {"identifier": {"system": HER, "value": party.her_id}}
    return made | ({"display": party.name} if party.name else {})


def _response(receipt: Receipt) -> Resource:
    head = _message_header(receipt.id, receipt.original_type, receipt.sender, receipt)
    said = {"identifier": receipt.original_id, "code": FATAL if receipt.status == REJECTED else OK}
    head["response"] = said
    moment = instant(times.moment(receipt.generated))
    if not receipt.errors:
        return wire.bundle(receipt.id, moment, (receipt.id, head))
    told = new_id()
    said["details"] = {"reference": f"urn:uuid:{told}"}  # type: ignore[assignment]
    outcome = {"resourceType": "OperationOutcome", "issue": [_issue(each) for each in receipt.errors]}
    return wire.bundle(receipt.id, moment, (receipt.id, head), (told, outcome))


def _issue(error: Code) -> Resource:
    """One error, with the element that its words begin with where it is one of structure or profile."""
    name = error.display or national(codes.RECEIPT_ERRORS, error.code).display
    made: Resource = {
        "severity": "error",
        "code": "structure" if error.code == STRUCTURE else "processing",
        "details": {"coding": [coding(volven(8221), error.code, name or None)]},
    }
    where, colon, _ = error.text.partition(": ")
    if error.text:
        made["diagnostics"] = error.text
    if colon and error.code == STRUCTURE and " " not in where:
        made["expression"] = [SLICE.sub("", where)]
    return made
