"""Messages as bytes to what they say, and back: every kind and version that Akson reads, the newest that it writes.

Errors of reading, each with its code of V8221 for the receipt: NotWellFormed (T01), NotOfSchema and TooLarge (T02),
UnknownFormat (T10).
"""

from collections.abc import Callable, Mapping
from typing import Any

from lxml import etree

from akson.messaging.codec import care, dialog, epikrise, receipt, referral, referral_old, report
from akson.messaging.codec.errors import UnknownFormat as UnknownFormat
from akson.messaging.kith import apprec, henvisning, henvisning_old, msghead, plo, svarrapport, xml
from akson.messaging.kith import dialog as kith_dialog
from akson.messaging.kith import epikrise as kith_epikrise
from akson.messaging.kith.binding import Binding
from akson.messaging.laboratory import Report
from akson.messaging.model import Care, Code, Dialog, Epikrise, Receipt, Received, Referral


def read(raw: bytes) -> Received:
    """What a message says."""
    return read_element(xml.parse(raw))


def read_element(root: etree._Element) -> Received:
    """What a parsed (and signature-checked) message says."""
    name = etree.QName(root)
    space = name.namespace or ""
    if name.localname == "MsgHead" and space == msghead.NAMESPACE:
        return _read_msghead(root)
    if name.localname == "Message" and space in kith_epikrise.VERSIONS:
        summary = kith_epikrise.read(root)
        return Received(epikrise.from_kith(summary.value), summary.unread)
    if name.localname == "Message" and space in henvisning_old.VERSIONS:
        older = henvisning_old.read(root)
        return Received(referral_old.from_kith(older.value), older.unread)
    if name.localname == "Message" and space in svarrapport.VERSIONS:
        answered = svarrapport.read(root)
        return Received(report.from_kith(answered.value), answered.unread)
    if name.localname == "AppRec" and space in apprec.VERSIONS:
        answer = apprec.read(root)
        return Received(receipt.from_kith(answer.value), answer.unread)
    raise UnknownFormat("a message of a kind or version that is not read")


def _read_msghead(root: etree._Element) -> Received:
    head = msghead.read(root)
    body = msghead.payload(head.value.document[0]) if head.value.document else None
    if body is None:
        raise UnknownFormat("the header has no payload that is XML")
    if body.tag == f"{{{henvisning.NAMESPACE}}}Henvisning":
        found = henvisning.read(body)
        return Received(referral.from_kith(head.value, found.value), (*head.unread, *found.unread))
    if body.tag not in _COMPOSED:
        raise UnknownFormat("the header's payload is of a kind or version that is not read")
    binding, from_kith, version = _COMPOSED[body.tag]
    said = binding.read(body)
    # Reports about patients beside the payload have no place in the model: the message is refused, not cut.
    beside = ("MsgHead/PatientReport",) if head.value.patient_report else ()
    return Received(from_kith(head.value, said.value, version), (*head.unread, *beside, *said.unread))


_COMPOSED: dict[str, tuple[Binding[Any], Callable[[msghead.MsgHead, Any, str], Dialog | Care], str]] = {
    **{b.tag: (b, dialog.from_kith, version) for version, b in kith_dialog.VERSIONS.items()},
    **{b.tag: (b, care.from_kith, version) for (_, version), b in plo.VERSIONS.items()},
}
"""How the payloads of a MsgHead are read, by root element."""


def write(content: Referral | Epikrise | Dialog | Care | Report | Receipt) -> bytes:
    """Henvisning 2.0 in MsgHead 1.2, Epikrise 1.2; all else in the version that it names. Unsigned."""
    if isinstance(content, Referral):
        return msghead.write(referral.to_kith(content))
    if isinstance(content, Epikrise):
        return kith_epikrise.write(epikrise.to_kith(content))
    if isinstance(content, Dialog):
        return msghead.write(dialog.to_kith(content))
    if isinstance(content, Care):
        return msghead.write(care.to_kith(content))
    if isinstance(content, Report):
        return svarrapport.write(report.to_kith(content))
    return apprec.write(receipt.to_kith(content))


def error_from_json(error: Mapping[str, Any]) -> Code:
    """An error of a receipt as the message API has it."""
    return Code(
        str(error.get("errorCode") or ""),
        str(error.get("oid") or ""),
        str(error.get("description") or ""),
        str(error.get("details") or ""),
    )
