"""Envelopes of ebXML (ebMS 2.0), read: who sends what to whom, and the payloads with their digests.

After HITS 1171 and HIS 1037. A message is SOAP with attachments (multipart/related): the first part is the envelope, each other
part a payload that the manifest names by its Content-ID. What is read is enough to pass a message on and to say what is
wrong with it. The digests of the payloads are held against the signature's references; whether the signature itself holds is
not checked here, so nothing of it may be taken into a record on the word of this envelope alone.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP

from lxml import etree

from akson.kit.errors import TooLarge, Unprocessable
from akson.messaging.kith import xml

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
EB = "http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
XLINK = "http://www.w3.org/1999/xlink"
DIGESTS = {
    f"{DSIG}sha1": "sha1",
    "http://www.w3.org/2001/04/xmlenc#sha256": "sha256",
    "http://www.w3.org/2001/04/xmlenc#sha512": "sha512",
}
UNDERSTOOD = frozenset(
    {
        f"{{{EB}}}{name}"
        for name in (
            "MessageHeader",
            "SyncReply",
            "AckRequested",
            "Acknowledgment",
            "ErrorList",
            "MessageOrder",
        )
    }
    | {f"{{{DSIG}}}Signature"}
)
PARTS = 20


class NotEbxml(Unprocessable):
    """A message that is no ebMS 2.0. `code` is the error code of the standard (4.2.3.4.1)."""

    def __init__(self, code: str, diagnostics: str) -> None:
        super().__init__(diagnostics)
        self.code_of_standard = code


@dataclass(frozen=True, slots=True)
class Role:
    """One of the two: its numbers by type (HER, ENH) and its role in the process."""

    ids: Mapping[str, str]
    role: str

    @property
    def her_id(self) -> str:
        return self.ids.get("HER", "")


@dataclass(frozen=True, slots=True)
class Payload:
    """What a message carries."""

    cid: str
    mime: str
    content: bytes
    description: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry of an ErrorList."""

    code: str
    severity: str
    text: str


@dataclass(frozen=True, slots=True)
class Ebxml:
    """An envelope with its payloads."""

    sender: Role
    receiver: Role
    cpa: str
    conversation: str
    service: str
    action: str
    message_id: str
    refers_to: str
    timestamp: str
    duplicates_go: bool
    """DuplicateElimination: the receiver is to ignore a second one with the same id."""
    wants_ack: bool
    wants_signed_ack: bool
    is_ack: bool
    """An Acknowledgment: that a message has come, not what became of it."""
    is_signed: bool
    problems: tuple[Problem, ...] = ()
    payloads: tuple[Payload, ...] = ()


def read(content_type: str, body: bytes) -> Ebxml:
    """A message as HTTP carries it. NotEbxml with the standard's code, NotWellFormed, TooLarge."""
    if len(body) > xml.SIZE_LIMIT * 2:
        raise TooLarge("the message is too large")
    envelope, parts = _parts(content_type, body)
    root = xml.parse(envelope)
    header = root.find(f"{{{SOAP}}}Header")
    if root.tag != f"{{{SOAP}}}Envelope" or header is None:
        raise NotEbxml("MimeProblem", "the first part is no SOAP envelope")
    head = header.find(f"{{{EB}}}MessageHeader")
    if head is None or head.get(f"{{{EB}}}version") != "2.0":
        raise NotEbxml("Inconsistent", "no MessageHeader of ebMS 2.0")
    for each in header:
        if (
            isinstance(each.tag, str)
            and each.get(f"{{{SOAP}}}mustUnderstand") in ("1", "true")
            and each.tag not in UNDERSTOOD
        ):
            raise NotEbxml("NotSupported", f"a header that must be understood: {etree.QName(each).localname}")
    asks = header.find(f"{{{EB}}}AckRequested")
    signature = header.find(f"{{{DSIG}}}Signature")
    payloads = _payloads(root, parts)
    if signature is not None:
        _hold(signature, payloads)
    return Ebxml(
        sender=_role(head, "From"),
        receiver=_role(head, "To"),
        cpa=_must(head, "CPAId"),
        conversation=_must(head, "ConversationId"),
        service=_must(head, "Service"),
        action=_must(head, "Action"),
        message_id=_must(head, "MessageData", "MessageId"),
        refers_to=_text(head, "MessageData", "RefToMessageId"),
        timestamp=_must(head, "MessageData", "Timestamp"),
        duplicates_go=head.find(f"{{{EB}}}DuplicateElimination") is not None,
        wants_ack=asks is not None,
        wants_signed_ack=asks is not None and asks.get(f"{{{EB}}}signed") in ("1", "true"),
        is_ack=header.find(f"{{{EB}}}Acknowledgment") is not None,
        is_signed=signature is not None,
        problems=tuple(_problem(each) for each in header.iterfind(f"{{{EB}}}ErrorList/{{{EB}}}Error")),
        payloads=payloads,
    )


def _parts(content_type: str, body: bytes) -> tuple[bytes, dict[str, Payload]]:
    """The envelope, and the other parts by Content-ID. A signal (receipt, error) may come as the envelope alone."""
    if content_type.partition(";")[0].strip().lower() in ("text/xml", "application/xml"):
        return body, {}
    head = f"Content-Type: {content_type}\r\nMIME-Version: 1.0\r\n\r\n"
    if "\r" in content_type or "\n" in content_type:
        raise NotEbxml("MimeProblem", "a header in two lines")
    message = BytesParser(policy=HTTP).parsebytes(head.encode("latin-1", "replace") + body)
    if message.get_content_type() != "multipart/related" or not message.is_multipart():
        raise NotEbxml("MimeProblem", "neither multipart/related nor an envelope")
    found = [part for part in message.iter_parts() if not part.is_multipart()]
    if not 1 <= len(found) <= PARTS or message.defects:
        raise NotEbxml("MimeProblem", "no parts, too many, or a boundary is missing")
    start = str(message.get_param("start", "", unquote=True) or "").strip("<>")
    made = []
    for part in found:
        content = part.get_payload(decode=True)
        cid = str(part.get("Content-ID", "")).strip().strip("<>")
        made.append(Payload(cid, part.get_content_type(), content if isinstance(content, bytes) else b""))
    first = next((each for each in made if start and each.cid == start), made[0])
    others = [each for each in made if each is not first]
    by_cid = {each.cid: each for each in others}
    if len(by_cid) < len(others) or "" in by_cid:
        raise NotEbxml("MimeProblem", "a part without a Content-ID of its own")
    return first.content, by_cid


def _payloads(root: etree._Element, parts: dict[str, Payload]) -> tuple[Payload, ...]:
    """The parts in the manifest's order. Each part is named there, and each that it names is there."""
    named = root.findall(f"{{{SOAP}}}Body/{{{EB}}}Manifest/{{{EB}}}Reference")
    found = []
    for each in named:
        cid = (each.get(f"{{{XLINK}}}href") or "").removeprefix("cid:")
        if cid not in parts:
            raise NotEbxml("MimeProblem", "the manifest names a payload that is not there")
        part = parts[cid]
        found.append(Payload(cid, part.mime, part.content, each.findtext(f"{{{EB}}}Description", "").strip()))
    if {each.cid for each in found} != parts.keys():
        raise NotEbxml("MimeProblem", "a payload that the manifest does not name")
    return tuple(found)


def _hold(signature: etree._Element, payloads: tuple[Payload, ...]) -> None:
    """Each payload has a reference in the signature and fits its digest."""
    told = {}
    for each in signature.iterfind(f"{{{DSIG}}}SignedInfo/{{{DSIG}}}Reference"):
        method = each.find(f"{{{DSIG}}}DigestMethod")
        name = DIGESTS.get(method.get("Algorithm", "") if method is not None else "", "")
        value = "".join(each.findtext(f"{{{DSIG}}}DigestValue", "").split())
        told[each.get("URI", "").removeprefix("cid:")] = (name, value)
    for payload in payloads:
        name, value = told.get(payload.cid, ("", ""))
        if not name:
            raise NotEbxml("SecurityFailure", "a payload that the signature does not cover")
        # SHA-1 only tells of accidents: who made it is said by the signature inside the payload.
        found = base64.b64encode(hashlib.new(name, payload.content, usedforsecurity=False).digest()).decode()
        if found != value:
            raise NotEbxml("SecurityFailure", "a payload that does not fit its digest")


def _role(head: etree._Element, name: str) -> Role:
    side = head.find(f"{{{EB}}}{name}")
    ids: dict[str, str] = {}
    for each in side.iterfind(f"{{{EB}}}PartyId") if side is not None else ():
        ids[each.get(f"{{{EB}}}type", "").rpartition(":")[2]] = (each.text or "").strip()
    if side is None or not ids:
        raise NotEbxml("Inconsistent", f"{name} has no PartyId")
    return Role(ids, _text(side, "Role"))


def _text(element: etree._Element, *path: str) -> str:
    found = element.find("/".join(f"{{{EB}}}{name}" for name in path))
    return (found.text or "").strip() if found is not None else ""


def _must(element: etree._Element, *path: str) -> str:
    found = _text(element, *path)
    if not found:
        raise NotEbxml("ValueNotRecognized", f"{path[-1]} is missing")
    return found


def _problem(error: etree._Element) -> Problem:
    words = _text(error, "Description")
    return Problem(error.get(f"{{{EB}}}errorCode", ""), error.get(f"{{{EB}}}severity", ""), words)
