"""MsgHead 1.2 (Hodemelding, HIS 80601): who sends what to whom about which patient, with the payload inside."""

import base64
import binascii

from lxml import etree

from akson.kit.value import named
from akson.messaging.kith import xml
from akson.messaging.kith.binding import Binding, NotOfSchema, Read, el, must
from akson.messaging.kith.common import CV, Address, HealthcareProfessional, Ident, Person, TeleCom
from akson.messaging.kith.xml import Written

NAMESPACE = "http://www.kith.no/xmlstds/msghead/2006-05-24"
VERSION = "v1.2 2006-05-24"
BASE64 = "http://www.kith.no/xmlstds/base64container"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
FK1 = "http://www.kith.no/xmlstds/felleskomponent1"


@named
class Organisation:
    """A unit; what it belongs to stands outside it, so the innermost is the one addressed."""

    organisation_name: str | None = el()
    type_organisation: CV | None = el()
    ident: tuple[Ident, ...] = el(many=True)
    address: Address | None = el()
    tele_com: tuple[TeleCom, ...] = el(many=True)
    organisation: "Organisation | None" = el()
    healthcare_professional: HealthcareProfessional | None = el()


@named
class Party:
    com_method: CV | None = el()
    organisation: Organisation = must()


@named
class OtherReceiver:
    com_method: CV | None = el()
    role_receiver: CV = must()
    organisation: Organisation | None = el()
    patient: Person | None = el()
    person: Person | None = el(inner="fk1")
    healthcare_professional: HealthcareProfessional | None = el()


@named
class ConversationRef:
    ref_to_parent: str = must()
    ref_to_conversation: str = must()


@named
class MsgInfo:
    type: CV = must()
    mig_version: str = must("MIGversion")
    gen_date: str = must()
    msg_id: str = must()
    processing_status: CV | None = el()
    requested_priority: CV | None = el()
    ack: CV | None = el()
    conversation_ref: ConversationRef | None = el()
    sender: Party = must()
    receiver: Party = must()
    other_receiver: tuple[OtherReceiver, ...] = el(many=True)
    patient: Person | None = el()


@named
class RefDoc:
    """A document. `content` is the canonical XML inside, a Base64Container for what is no XML."""

    issue_date: str | None = el(kind="value")
    msg_type: CV = must()
    id: str | None = el()
    mime_type: str | None = el()
    description: str | None = el()
    compression: CV | None = el()
    file_reference: str | None = el()
    content: str | None = el(kind="markup")


@named
class Document:
    document_connection: CV | None = el()
    content_type: CV | None = el()
    content_description: str | None = el()
    content_category: CV | None = el()
    consent: CV | None = el()
    annotation: str | None = el()
    from_date: str | None = el(kind="value")
    to_date: str | None = el(kind="value")
    oid_ref: str | None = el()
    enquiry_ref_id: str | None = el()
    ref_doc: RefDoc = must()


@named
class PatientReport:
    document_connection: CV | None = el()
    case_no: str = must()
    document: tuple[Document, ...] = el(many=True)
    patient: Person | None = el()


@named
class MsgHead:
    msg_info: MsgInfo = must()
    document: tuple[Document, ...] = el(many=True)
    patient_report: tuple[PatientReport, ...] = el(many=True)


BINDING = Binding(MsgHead, "MsgHead", NAMESPACE, {"fk1": FK1})
_CONTENT = f"{{{NAMESPACE}}}RefDoc/{{{NAMESPACE}}}Content"
_INFO = Binding(MsgInfo, "MsgInfo", NAMESPACE, {"fk1": FK1})


def read(root: etree._Element, aside: etree._Element | None = None) -> Read[MsgHead]:
    """The header and its documents. The signature is left to `messaging.sign`; content that is read by itself is left `aside`."""
    found = BINDING.read(root, aside)
    if not found.value.document and not found.value.patient_report:
        raise NotOfSchema("MsgHead lacks Document")
    if found.value.msg_info.mig_version != VERSION:
        raise NotOfSchema("MIGversion is not the one of MsgHead 1.2")
    return Read(found.value, tuple(path for path in found.unread if path != "MsgHead/Signature"))


def info(root: etree._Element) -> MsgInfo:
    """The header alone, for who does not look into the documents: they are most of a message."""
    names = {"m": NAMESPACE}
    found = root.find("m:MsgInfo", names)
    if found is None or (
        root.find("m:Document", names) is None and root.find("m:PatientReport", names) is None
    ):
        raise NotOfSchema("MsgHead lacks MsgInfo or Document")
    made = _INFO.read(found).value
    if made.mig_version != VERSION:
        raise NotOfSchema("MIGversion is not the one of MsgHead 1.2")
    return made


def body(root: etree._Element) -> etree._Element | None:
    """What the first document holds; None when that is no XML."""
    document = root.find(f"{{{NAMESPACE}}}Document")
    content = document.find(_CONTENT) if document is not None else None
    return next(content.iterchildren(etree.Element), None) if content is not None else None


def payload_namespace(root: etree._Element) -> str | None:
    """The namespace of `body`."""
    found = body(root)
    return etree.QName(found).namespace if found is not None else None


def parse(raw: bytes) -> MsgHead:
    """Bytes to value."""
    return read(xml.parse(raw)).value


def write(value: MsgHead) -> bytes:
    """Value to bytes, UTF-8 with an XML declaration."""
    return xml.document(BINDING.text(value))


def serialise(element: etree._Element) -> bytes:
    """A document as the message API wants it: UTF-8, declared in its first line."""
    return etree.tostring(element, xml_declaration=True, encoding="UTF-8")


def payload(document: Document) -> etree._Element | None:
    """The XML inside a document, or None when it holds none."""
    content = document.ref_doc.content
    return next(iter(xml.parse(f"<x>{content}</x>".encode())), None) if content and "<" in content else None


def packed(data: bytes) -> str:
    """Bytes as the content of a RefDoc."""
    content = base64.b64encode(data).decode()
    return Written(f'<Base64Container xmlns="{BASE64}">{content}</Base64Container>')


def unpacked(document: Document) -> bytes | None:
    """The bytes of a Base64Container inside a document, None when it holds something else."""
    element = payload(document)
    if element is None or element.tag != f"{{{BASE64}}}Base64Container":
        return None
    try:
        return base64.b64decode("".join((element.text or "").split()), validate=True)
    except binascii.Error as error:
        raise NotOfSchema("an attachment is not base64") from error
