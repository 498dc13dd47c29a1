"""Messages as bytes to what they say, and back: every kind and version that Akson reads, the newest that it writes.

Errors of reading, each with its code of V8221 for the receipt: NotWellFormed (T01), NotOfSchema and TooLarge (T02),
UnknownFormat (T10).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from lxml import etree

from akson.messaging.codec import care, dialog, epikrise, receipt, referral, referral_old, report, requisition
from akson.messaging.codec.errors import UnknownFormat as UnknownFormat
from akson.messaging.fhir import codec as fhir_codec
from akson.messaging.fhir import wire
from akson.messaging.kith import (
    apprec,
    henvisning,
    henvisning_old,
    msghead,
    plo,
    rekvisisjon,
    svarrapport,
    xml,
)
from akson.messaging.kith import dialog as kith_dialog
from akson.messaging.kith import epikrise as kith_epikrise
from akson.messaging.kith.binding import Binding, Read
from akson.messaging.laboratory import Report, Requisition
from akson.messaging.model import Asked, Care, Code, Dialog, Epikrise, Letter, Receipt, Received, Referral

Document: TypeAlias = etree._Element | dict[str, Any]  # noqa: SLF001 - lxml has no other name for it
"""A message that was parsed: XML of the KITH family, or the Bundle of a FHIR message."""


def parse(raw: bytes) -> Document:
    """The document in some bytes, safely and strictly: NotWellFormed, NotOfSchema, TooLarge."""
    return wire.parse(raw) if wire.is_fhir(raw) else xml.parse(raw)


def read(raw: bytes) -> Received:
    """What a message says."""
    return read_element(parse(raw))


def read_element(root: Document) -> Received:
    """What a parsed (and signature-checked) message says."""
    if isinstance(root, dict):
        return fhir_codec.read(root)
    if root.tag == f"{{{msghead.NAMESPACE}}}MsgHead":
        return _read_msghead(root)
    known = _OWN_HEADER.get(str(root.tag))
    if known is None:
        raise UnknownFormat("a message of a kind or version that is not read")
    wire, from_kith = known
    found = wire(root)
    return Received(from_kith(found.value), found.unread)


def _of(
    name: str,
    versions: Iterable[str],
    wire: Callable[[etree._Element], Read[Any]],
    from_kith: Callable[[Any], Letter | Receipt],
) -> dict[str, tuple[Callable[[etree._Element], Read[Any]], Callable[[Any], Letter | Receipt]]]:
    return {f"{{{space}}}{name}": (wire, from_kith) for space in versions}


_OWN_HEADER = {
    **_of("Message", kith_epikrise.VERSIONS, kith_epikrise.read, epikrise.from_kith),
    **_of("Message", henvisning_old.VERSIONS, henvisning_old.read, referral_old.from_kith),
    **_of("Message", svarrapport.VERSIONS, svarrapport.read, report.from_kith),
    **_of("Message", rekvisisjon.VERSIONS, rekvisisjon.read, requisition.from_kith),
    **_of("AppRec", apprec.VERSIONS, apprec.read, receipt.from_kith),
}
"""How the messages without a MsgHead are read, by root element."""


def _read_msghead(root: etree._Element) -> Received:
    body = msghead.body(root)
    head = msghead.read(root, body.getparent() if body is not None else None)
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


def write(content: Referral | Epikrise | Dialog | Care | Report | Requisition | Asked | Receipt) -> bytes:
    """Henvisning 2.0 in MsgHead 1.2, Epikrise 1.2; all else in the version that it names. Unsigned."""
    if isinstance(content, Receipt) and content.original_type.system == wire.EVENTS:
        return fhir_codec.write(content)
    return _WRITERS[type(content)](content)


_WRITERS: dict[type, Callable[[Any], bytes]] = {
    Referral: lambda value: msghead.write(referral.to_kith(value)),
    Epikrise: lambda value: kith_epikrise.write(epikrise.to_kith(value)),
    Dialog: lambda value: msghead.write(dialog.to_kith(value)),
    Care: lambda value: msghead.write(care.to_kith(value)),
    Report: lambda value: svarrapport.write(report.to_kith(value)),
    Requisition: lambda value: rekvisisjon.write(requisition.to_kith(value)),
    Asked: fhir_codec.write,
    Receipt: lambda value: apprec.write(receipt.to_kith(value)),
}


def error_from_json(error: Mapping[str, Any]) -> Code:
    """An error of a receipt as the message API has it."""
    return Code(
        str(error.get("errorCode") or ""),
        str(error.get("oid") or ""),
        str(error.get("description") or ""),
        str(error.get("details") or ""),
    )
