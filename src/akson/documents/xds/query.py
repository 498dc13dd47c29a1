"""Registry Stored Query (ITI-18) over SOAP 1.2: FindDocuments of one patient, as a national register or a gateway asks a register. Pure.

A parameter that is not known is refused, never passed over: whoever narrows a search must not get more than they asked for.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lxml import etree

from akson.documents.xds import ebrim
from akson.documents.xds.entry import OID, Code, DocumentEntry, Id
from akson.record.identity import SYSTEMS

SOAP = "http://www.w3.org/2003/05/soap-envelope"
WSA = "http://www.w3.org/2005/08/addressing"
QUERY = "urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0"
RS = "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0"
FIND = "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d"
ACTION = "urn:ihe:iti:2007:RegistryStoredQueryResponse"
MEDIA = "application/soap+xml"
SUCCESS, FAILURE = (
    f"urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:{each}" for each in ("Success", "Failure")
)
PARTIAL = "urn:ihe:iti:2007:ResponseStatusType:PartialSuccess"
SEVERE = "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Error"
PREFIX = "$XDSDocumentEntry"
CODED = {
    "ClassCode": "class_code",
    "TypeCode": "type_code",
    "FormatCode": "format_code",
    "PracticeSettingCode": "practice",
    "HealthcareFacilityTypeCode": "facility",
    "ConfidentialityCode": "confidentiality",
}
TIMES = {"CreationTime": "creation", "ServiceStartTime": "start", "ServiceStopTime": "stop"}
_VALUE = re.compile(r"'((?:[^']|'')*)'")


class Refused(Exception):
    """A query that is answered by an error of XDS: its code, and what is wrong."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code, self.words = code, words


@dataclass(frozen=True, slots=True)
class Query:
    """FindDocuments: whose documents, and which of them."""

    patient: Id
    statuses: frozenset[str]
    codes: dict[str, frozenset[tuple[str, str]]] = field(default_factory=dict)
    """By field of an entry: code and list, one of which it must have."""
    times: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By field of an entry: from and to, of digits; empty where open."""
    whole: bool = True
    """The entries are wanted, not only their ids."""

    def takes(self, entry: DocumentEntry) -> bool:
        """Whether a document is among those asked for."""
        return (
            entry.status in self.statuses
            and all(_has(getattr(entry, name), wanted) for name, wanted in self.codes.items())
            and all(_within(getattr(entry, name), *ends) for name, ends in self.times.items())
        )


def read(data: bytes) -> Query:
    """The query of a SOAP message. Malformed for what is no XML, Refused for what is not understood."""
    root = ebrim.parsed(data)
    asked = next(root.iter(f"{{{QUERY}}}AdhocQueryRequest"), None)
    query = None if asked is None else asked.find(f"{{{ebrim.RIM}}}AdhocQuery")
    if asked is None or query is None or root.tag != f"{{{SOAP}}}Envelope":
        raise Refused("XDSRegistryError", "The message is no registry stored query in SOAP 1.2")
    if query.get("id") != FIND:
        raise Refused("XDSUnknownStoredQuery", "FindDocuments is answered here, and no other query")
    option = asked.find(f"{{{QUERY}}}ResponseOption")
    slots = {
        str(each.get("name")): list(each.iter(f"{{{ebrim.RIM}}}Value"))
        for each in query.iter(f"{{{ebrim.RIM}}}Slot")
    }
    told = {
        name: [value for each in values for value in _told(each.text or "")] for name, values in slots.items()
    }
    patient = ebrim.cx(next(iter(told.pop(f"{PREFIX}PatientId", [])), ""))
    statuses = told.pop(f"{PREFIX}Status", [])
    if patient is None or not statuses:
        raise Refused("XDSStoredQueryMissingParam", f"{PREFIX}PatientId and {PREFIX}Status are needed")
    if f"{OID}{patient.system}" not in SYSTEMS:
        raise Refused("XDSUnknownPatientId", "The patient is named by a national identity number")
    return Query(
        patient,
        frozenset(statuses),
        dict(_codes(told)),
        _times(told),
        option is None or option.get("returnType") != "ObjectRef",
    )


def _told(text: str) -> list[str]:
    """The values of 'a', ('a','b') or 20261103."""
    found = [each.replace("''", "'") for each in _VALUE.findall(text)]
    return found or ([text.strip()] if text.strip() else [])


def _codes(told: dict[str, list[str]]) -> Iterable[tuple[str, frozenset[tuple[str, str]]]]:
    for name, entry in CODED.items():
        if values := told.get(f"{PREFIX}{name}"):
            parts = [[*each.split("^"), "", ""] for each in values]
            yield entry, frozenset((each[0], each[2]) for each in parts)


def _times(told: dict[str, list[str]]) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    known = {f"{PREFIX}{name}" for name in CODED}
    for slot, values in told.items():
        name = slot.removeprefix(PREFIX)
        end = name[-4:] if name.endswith("From") else name[-2:]
        entry = TIMES.get(name.removesuffix(end))
        if slot in known or (slot == f"{PREFIX}Type" and values == [ebrim.STABLE]):
            continue
        if entry is None or end not in {"From", "To"} or not all(each.isdecimal() for each in values):
            raise Refused("XDSStoredQueryParamNumber", f"The parameter {slot[:64]} is not understood here")
        start, stop = found.get(entry, ("", ""))
        found[entry] = (values[0], stop) if end == "From" else (start, values[0])
    return found


def _has(value: Code | tuple[Code, ...] | None, wanted: frozenset[tuple[str, str]]) -> bool:
    codes = value if isinstance(value, tuple) else (value,) if value else ()
    return any((each.code, each.system) in wanted or (each.code, "") in wanted for each in codes)


def _within(value: str, start: str, stop: str) -> bool:
    if not value:
        return False
    return (not start or value >= start.ljust(14, "0")) and (not stop or value < stop.ljust(14, "0"))


def answer(entries: Sequence[DocumentEntry], query: Query, silent: Sequence[str]) -> bytes:
    """The answer: the documents, and an error for each record system that did not answer."""
    errors = [("XDSUnavailableCommunity", f"{each} does not answer") for each in silent]
    status = SUCCESS if not errors else PARTIAL
    body = _response(status, errors)
    listed = etree.SubElement(body, f"{{{ebrim.RIM}}}RegistryObjectList")
    for entry in entries:
        if query.whole:
            listed.append(ebrim.write(entry))
        else:
            etree.SubElement(listed, f"{{{ebrim.RIM}}}ObjectRef", id=entry.uuid)
    return _enveloped(body)


def refusal(error: Refused) -> bytes:
    """The answer to a query that is not understood."""
    body = _response(FAILURE, [(error.code, error.words)])
    etree.SubElement(body, f"{{{ebrim.RIM}}}RegistryObjectList")
    return _enveloped(body)


def _response(status: str, errors: Sequence[tuple[str, str]]) -> etree._Element:
    body = etree.Element(f"{{{QUERY}}}AdhocQueryResponse", nsmap={"query": QUERY, "rs": RS, "rim": ebrim.RIM})
    body.set("status", status)
    if errors:
        listed = etree.SubElement(body, f"{{{RS}}}RegistryErrorList")
        for code, words in errors:
            etree.SubElement(
                listed, f"{{{RS}}}RegistryError", errorCode=code, codeContext=words, severity=SEVERE
            )
    return body


def _enveloped(body: etree._Element) -> bytes:
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"s": SOAP, "a": WSA})
    head = etree.SubElement(envelope, f"{{{SOAP}}}Header")
    etree.SubElement(head, f"{{{WSA}}}Action").text = ACTION
    etree.SubElement(envelope, f"{{{SOAP}}}Body").append(body)
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")
