"""Answers to a message: its receipt as a document, made from the message itself, and the registers' own kinds of answer."""

from akson.kit.errors import AksonError
from akson.messaging import codec, receipts, times
from akson.messaging.codec import head as heads
from akson.messaging.codes import MESSAGE_TYPES
from akson.messaging.envelope import header, outside
from akson.messaging.kith import msghead, vaccinations, xml
from akson.messaging.kith.binding import NotOfSchema
from akson.messaging.kith.common import CV
from akson.messaging.kith.vaccinations import REGISTERED, Finding, Outcome, Registered
from akson.messaging.model import Code, Header, Person, Receipt, national
from akson.messaging.receipts import Answer

SYSVAK_ANSWER = "HENDELSERESPONSE"
FAULT, WARNING = "Feil", "Advarsel"
"""ValideringsmeldingType: the message was not taken; it was, with a remark."""


def apprec(raw: bytes, her_id: str, answer: Answer, id_: str) -> bytes:
    """What one receiver (HER-id) answers to a message: addresses mirrored, in the version that its sender reads."""
    return written(raw, her_id, answer, id_)[1]


def written(raw: bytes, her_id: str, answer: Answer, id_: str) -> tuple[Receipt, bytes]:
    """As `apprec`, with what the document says."""
    found = outside(raw)
    head = found.header
    if head is None:
        raise NotOfSchema("a receipt is not answered")
    made = receipts.receipt(
        head,
        answer,
        own=receipts.own_party(head, her_id),
        primary=her_id == head.receiver.her_id,
        id_=id_,
        generated=times.current(),
    )
    receipt = receipts.in_version(made, found.answered_in) if found.answered_in else made
    return receipt, codec.write(receipt)


def of_register(raw: bytes) -> tuple[str, Answer] | None:
    """The MsgId that the answer of a register is to, and what it says; None for what is no such answer.

    SYSVAK answers with HendelseResponse in place of an AppRec: a fault means that nothing was registered.
    """
    # Looked for as bytes first, so that no other message is read twice.
    if vaccinations.REGISTERED.namespace.encode() not in raw:
        return None
    try:
        found = msghead.parse(raw)
        body = msghead.payload(found.document[0])
        said = REGISTERED.read(body).value if body is not None else None
    except AksonError:
        return None
    reference = found.msg_info.conversation_ref
    if said is None or reference is None:
        return None
    is_refused = said.outcome.has_error == "true"
    errors = tuple(_remark(each) for each in said.outcome.finding)
    if is_refused and not errors:
        errors = receipts.rejection("X99").errors
    return reference.ref_to_parent, Answer(receipts.REJECTED if is_refused else receipts.OK, errors)


def _remark(finding: Finding) -> Code:
    return Code(
        finding.cause.v or "X99", finding.cause.s or "", "", finding.cause.dn or finding.cause.ot or ""
    )


def sysvak(raw: bytes, answer: Answer, id_: str) -> bytes:
    """What SYSVAK answers to a HendelseRequest, addresses mirrored."""
    to = header(xml.parse(raw))
    is_refused = answer.status == receipts.REJECTED
    findings = tuple(
        Finding(
            cause=CV(v=each.code, s=each.system or None, dn=each.text or each.display),
            type=FAULT if is_refused else WARNING,
        )
        for each in answer.errors
    )
    outcome = Outcome(
        has_error=str(is_refused).lower(),
        has_warning=str(bool(findings) and not is_refused).lower(),
        has_information="false",
        finding=findings,
    )
    made = Header(
        msg_id=id_,
        type=national(MESSAGE_TYPES, SYSVAK_ANSWER),
        generated=times.current(),
        sender=to.receiver,
        receiver=to.sender,
        patient=Person(),
        parent=to.msg_id,
        conversation=to.conversation or to.msg_id,
    )
    return msghead.write(heads.to_kith(made, REGISTERED.text(Registered(outcome=outcome)), ()))
