"""The rules of application receipts (HITS 1168), as plain functions: what to answer, and what an answer means.

A receipt is automatic, final and one for each own recipient. It comes within 96 hours of the message's GenDate, else the
sender counts it as negative; a late positive one is still good, unless a negative one was given.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from akson.kit import norwegian
from akson.kit.errors import AksonError, TooLarge
from akson.kit.value import value
from akson.messaging import attachments, codes
from akson.messaging.codec import UnknownFormat
from akson.messaging.kith.binding import NotOfSchema
from akson.messaging.kith.xml import NotWellFormed
from akson.messaging.model import Code, Header, Letter, Party, Person, Receipt, Unit, national
from akson.messaging.sign import BadSignature

ANSWER_WITHIN = timedelta(hours=96)
OK, REJECTED, PARTLY = "1", "2", "3"


@value
class Answer:
    """A decided receipt: V8258 status, and errors of V8221 with details in `text`."""

    status: str
    errors: tuple[Code, ...] = ()

    def as_json(self) -> tuple[dict[str, Any], ...]:
        """The errors as the message API has them."""
        return tuple(
            {
                "errorCode": e.code,
                "details": e.text,
                "description": e.display or None,
                "oid": e.system or None,
            }
            for e in self.errors
        )


ACCEPTED = Answer(OK)


def rejection(error: str, details: str = "") -> Answer:
    """A negative answer for one reason."""
    known = national(codes.RECEIPT_ERRORS, error, system=True)
    return Answer(REJECTED, (Code(known.code, known.system, known.display, details),))


def error_code(error: AksonError) -> str:
    """The code of V8221 that tells the sender what was wrong."""
    if isinstance(error, BadSignature):
        return error.error
    if isinstance(error, NotWellFormed):
        return "T01"
    if isinstance(error, NotOfSchema | TooLarge):
        return "T02"
    return "T10" if isinstance(error, UnknownFormat) else "X99"


def judge_person(who: Person) -> str:
    """What is wrong with how a message names its patient: a code of V8221, or nothing."""
    if not who.full_name:
        return "E32"
    if not who.family and not who.name:
        return "E33"
    if not who.given and not who.name:
        return "E34"
    number = who.national_id
    if not number:
        # Help numbers are given to those whose number is not known: emergencies, newborn, visitors.
        return "" if who.ident("FHN", "HNR", "DUF", "UID", "PNR") else "E30"
    return "" if norwegian.parse(number) else "E31"


def judge(letter: Letter, unread: tuple[str, ...]) -> Answer:
    """What a letter that could be read deserves, before the patient is looked up here."""
    if unread:
        return rejection("T02", f"unknown: {', '.join(unread[:3])}")
    fault = judge_person(letter.header.patient)
    if fault:
        return rejection(fault)
    for attachment in letter.attachments:
        reason = "" if attachment.is_link else attachments.fault(attachment)
        if reason:
            return rejection("X99", reason)
    return ACCEPTED


def receipt(
    header: Header, answer: Answer, *, own: Party, primary: bool, id_: str, generated: str
) -> Receipt:
    """The receipt for a message, AppRec 1.1: addresses mirrored, the receiver that answers is the sender."""
    return Receipt(
        id=id_,
        generated=generated,
        sender=own,
        receiver=header.sender,
        status=answer.status,
        original_id=header.msg_id,
        original_type=header.type,
        original_generated=header.generated,
        errors=answer.errors,
        sender_role="PRIM" if primary else "COP",
        version="1.1",
    )


def in_version(value: Receipt, version: str) -> Receipt:
    """The receipt in another version: AppRec 1.0 has no code for the primary receiver (V7301), who is not marked there."""
    role = "" if version == "1.0" and value.sender_role == "PRIM" else value.sender_role
    return replace(value, version=version, sender_role=role)


def own_party(header: Header, her_id: str) -> Party:
    """The receiver in a message that has this address; a bare unit when the message names it nowhere."""
    named = (header.receiver, *header.copies)
    return next((p for p in named if p.her_id == her_id), Party(Unit()))


def state_after(state: str, status: str) -> str:
    """The state of an own message when a receipt of its primary receiver comes in state `state`."""
    if state in ("acknowledged", "rejected"):
        return state
    return "rejected" if status == REJECTED else "acknowledged"


def deadline(generated: datetime, within: timedelta = ANSWER_WITHIN) -> datetime:
    """When a missing answer counts as negative."""
    return generated + within
