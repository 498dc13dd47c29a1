"""Dialog and Dialogmelding 1.0 or 1.1 in MsgHead 1.2, both ways."""

from collections.abc import Iterator
from dataclasses import dataclass

from akson.messaging.codec import facts, head, parts_in
from akson.messaging.kith import msghead, xml
from akson.messaging.kith.dialog import VERSIONS, Dialogmelding, Note, Person, Question, Role
from akson.messaging.kith.po import Organisation
from akson.messaging.model import Code, Dialog, Professional, Section


def from_kith(message: msghead.MsgHead, body: Dialogmelding, version: str) -> Dialog:
    """The header and payload as a dialog; documents after the first are attachments."""
    info = head.header(message.msg_info, version)
    first = message.document[0]
    return Dialog(
        header=info,
        document_id=info.msg_id,
        issued=first.ref_doc.issue_date or info.generated,
        sections=tuple(_sections(body)),
        contacts=tuple(_contacts(body)),
        facts=facts.facts(_Others(tuple(_others(body))), {"others": "messaging.fact_contact_person"}),
        attachments=tuple(parts_in.attachment(d.ref_doc) for d in message.document[1:]),
        description=first.content_description or "",
        consent=parts_in.code(first.consent),
        body=body,
    )


def to_kith(value: Dialog) -> msghead.MsgHead:
    """The dialog in the version that its header names. NotOfSchema when that version cannot say it."""
    payload = VERSIONS[value.header.version].text(value.body)
    return head.to_kith(value.header, payload, value.attachments, value)


@dataclass(frozen=True, slots=True)
class _Others:
    others: tuple[Person | Organisation, ...]
    """People and units of a dialog who are no health personnel."""


def _others(body: Dialogmelding) -> Iterator[Person | Organisation]:
    for role in _roles(body):
        if role.unit:
            yield role.unit.organisation
        for place in (role, role.unit):
            if place and place.person:
                yield place.person


def _roles(body: Dialogmelding) -> Iterator[Role]:
    for note in body.note:
        yield from note.role
        if note.question:
            yield from note.question.role
    for question in body.question:
        yield from question.role


def _contacts(body: Dialogmelding) -> Iterator[Professional]:
    for role in _roles(body):
        for who in (role, role.unit):
            if who and who.professional:
                yield parts_in.professional(who.professional, role.role_to_patient or role.role)


def _sections(body: Dialogmelding) -> Iterator[Section]:
    case = parts_in.code(body.case)
    if case != Code() or body.case_text:
        yield Section(case, body.case_text or "")
    for question in body.question:
        yield _question(question)
    for note in body.note:
        if note.question:
            yield _question(note.question)
        yield _note(note)


def _note(value: Note) -> Section:
    lines = (value.subject, xml.plain(value.text or ""), value.remark, value.date)
    return Section(parts_in.code(value.theme), "\n".join(line for line in lines if line))


def _question(value: Question) -> Section:
    period = " - ".join(day for day in (value.from_date, value.to_date) if day)
    lines = (value.subject, xml.plain(value.question or ""), value.reason, period)
    coded = (value.purpose, value.urgency, *value.type_of_information, value.coded_information)
    return Section(
        parts_in.code(value.type),
        "\n".join(line for line in lines if line),
        tuple(parts_in.code(c) for c in coded if c),
    )
