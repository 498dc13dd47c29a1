"""A letter as text for people, and as a document of the record: everything it says, in the order a doctor reads."""

import base64
from collections.abc import Iterator
from itertools import groupby

from akson.fhir.model import Resource
from akson.kit.clock import instant
from akson.kit.norwegian import volven
from akson.kit.text import text
from akson.messaging import times
from akson.messaging.laboratory import Report, Requisition
from akson.messaging.mapping import report_text
from akson.messaging.mapping.incoming import source_of
from akson.messaging.model import (
    Attachment,
    Code,
    Composed,
    Diagnosis,
    Epikrise,
    Fact,
    Kind,
    Letter,
    Referral,
    Result,
)

FORWARDED = "HENVISNING_VIDERE"
"""The one type of referral (V8279) that people must tell from the others."""
TEXT = "text/plain; charset=utf-8"
_DOCUMENT_TYPES = {
    Kind.EPIKRISE: ("A03-2", "Epikrise"),
    Kind.HENVISNING: ("I01-2", "Henvisninger"),
    Kind.DIALOG: ("I02-2", "Brev"),
    Kind.CARE: ("I02-2", "Brev"),
    Kind.REKVISISJON: ("I01-2", "Henvisninger"),
    Kind.ANMODNING: ("I01-2", "Henvisninger"),
}
"""V9602."""


def paragraphs(letter: Letter, language: str = "nb") -> Iterator[tuple[str, str]]:
    """Heading and text, one pair a part; empty parts are left out."""
    for heading, lines in _parts(letter, language):
        words = "\n".join(line for line in lines if line)
        if words:
            yield heading, words


def _parts(letter: Letter, language: str) -> Iterator[tuple[str, list[str]]]:
    def named(name: str) -> str:
        return text(f"messaging.{name}", language)

    yield from _first(letter, language)
    yield named("diagnoses"), [_diagnosis(d) for d in letter.diagnoses]
    for section in letter.sections:
        heading = section.heading.label or named("text")
        yield heading, [section.text, *(c.label for c in section.codes)]
    yield named("cave"), [_joined(c.code.label, c.text, c.comment) for c in letter.cave]
    yield named("precautions"), list(letter.precautions)
    yield (
        named("medicines"),
        [
            _joined(
                m.code.label,
                f"{m.dose.value} {m.dose.unit}".strip() if m.dose else "",
                m.directions,
                m.comment,
                m.status.label,
            )
            for m in letter.medicines
        ],
    )
    for heading in dict.fromkeys(statement.type.label for statement in letter.statements):
        told = [s for s in letter.statements if s.type.label == heading]
        yield heading, [_joined(s.code.label, s.text, s.comment) for s in told]
    yield named("results"), [_result(r) for r in letter.results]
    if isinstance(letter, Epikrise):
        yield named("procedures"), [_joined(_coded(p.code), p.text, p.comment) for p in letter.procedures]
    for name, told_of in groupby(letter.facts, key=lambda fact: fact.name):
        yield text(name, language), [line for fact in told_of for line in _fact(fact, language)]
    yield named("links"), list(dict.fromkeys(a.title for a in letter.attachments if a.is_link))
    yield (
        named("contacts"),
        [_joined(c.relation.label, c.person.full_name, c.person.ident("HPR")) for c in letter.contacts],
    )


def _first(letter: Letter, language: str) -> Iterator[tuple[str, list[str]]]:
    """What only some kinds of letters begin with."""

    def named(name: str) -> str:
        return text(f"messaging.{name}", language)

    if isinstance(letter, Referral):
        yield named("priority"), [letter.priority.label]
        yield named("wanted"), [letter.wanted, letter.wanted_by, letter.comment]
    if isinstance(letter, Requisition):
        yield from report_text.order_parts(letter, language)
    if isinstance(letter, Report):
        yield from report_text.parts(letter, language)
    if isinstance(letter, Composed) and letter.action.code not in ("", "N"):
        yield named("action"), [letter.action.label]
    if isinstance(letter, Epikrise):
        yield named("stay"), [" - ".join(p for p in (_day(s.start), _day(s.end)) if p) for s in letter.stays]


def _fact(fact: Fact, language: str) -> Iterator[str]:
    yield fact.text
    for key, said in fact.flags:
        yield f"{text(key, language)}: {text('messaging.yes' if said else 'messaging.no', language)}"


def _day(time: str) -> str:
    return times.moment(time).strftime("%d.%m.%Y") if time else ""


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _coded(code: Code) -> str:
    return f"{code.code} {code.label}".strip() if code.code else code.label


def _diagnosis(diagnosis: Diagnosis) -> str:
    refined = _joined(*(_coded(m.value) for m in diagnosis.modifiers))
    return f"{_coded(diagnosis.code)} ({refined})" if refined else _coded(diagnosis.code)


def _result(result: Result) -> str:
    value = f"{result.quantity.value} {result.quantity.unit}".strip() if result.quantity else ""
    ends = " - ".join(q.value for q in (result.low, result.high) if q)
    return _joined(
        f"{result.examination.label}: {value or ends or result.text or result.date}",
        result.deviation.label,
        _day(result.taken),
        result.comment,
    )


def plain_text(letter: Letter, language: str = "nb") -> str:
    """The whole letter as one text."""
    return "\n\n".join(f"{heading}\n{words}" for heading, words in paragraphs(letter, language))


def title(letter: Letter, language: str = "nb") -> str:
    """What the letter is called in lists."""
    if isinstance(letter, Epikrise) and letter.title:
        return letter.title
    if isinstance(letter, Report):
        return f"{text('messaging.kind_svarrapport', language)}: {letter.subject.label}"
    if (letter.header.type.code == FORWARDED or isinstance(letter, Composed)) and letter.header.type.label:
        return letter.header.type.label
    return text(f"messaging.kind_{letter.kind.value}", language)


def _type(letter: Letter) -> tuple[str, str]:
    return report_text.document_type(letter) if isinstance(letter, Report) else _DOCUMENT_TYPES[letter.kind]


def document(letter: Letter, patient: str, custodian: Resource, binary: str) -> tuple[Resource, Resource]:
    """The letter as Binary and DocumentReference. `binary` is the reference that the Binary gets, e.g. urn:uuid:..."""
    # A cancellation may say nothing else, and a document is never empty.
    body = (plain_text(letter) or title(letter)).encode()
    number, name = _type(letter)
    kind = {"coding": [{"system": volven(9602), "code": number, "display": name}], "text": name}
    return _document(letter, (patient, custodian, binary), Attachment(title(letter), TEXT, body), kind)


def attachment(
    letter: Letter, part: Attachment, patient: str, custodian: Resource, binary: str
) -> tuple[Resource, Resource]:
    """An attachment of a letter as Binary and DocumentReference."""
    number, name = _type(letter)
    kind = {"coding": [{"system": volven(9602), "code": number, "display": name}], "text": part.title or name}
    content, reference = _document(letter, (patient, custodian, binary), part, kind)
    # The master identifier is the letter's own.
    return content, {key: value for key, value in reference.items() if key != "masterIdentifier"}


def _document(
    letter: Letter, place: tuple[str, Resource, str], part: Attachment, kind: Resource
) -> tuple[Resource, Resource]:
    patient, custodian, binary = place
    sender = letter.header.sender
    author = sender.professional.person.full_name if sender.professional else sender.name
    unnamed = f"HER-id {sender.her_id}"
    issued = instant(times.moment(letter.issued))
    content = {
        "resourceType": "Binary",
        "contentType": part.mime,
        "securityContext": {"reference": patient},
        "data": base64.b64encode(part.data).decode(),
    }
    reference = {
        "resourceType": "DocumentReference",
        "meta": {"source": source_of(letter)},
        "masterIdentifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{letter.document_id}"},
        "status": "superseded" if letter.cancels else "current",
        "docStatus": "final",
        "type": kind,
        "subject": {"reference": patient},
        "date": issued,
        "author": [{"display": ", ".join(dict.fromkeys(n for n in (author, sender.name) if n)) or unnamed}],
        "custodian": custodian,
        "description": part.title,
        "content": [
            {
                "attachment": {
                    "contentType": part.mime,
                    "url": binary,
                    "size": len(part.data),
                    "title": part.title,
                    "creation": issued,
                }
            }
        ],
    }
    return content, reference
