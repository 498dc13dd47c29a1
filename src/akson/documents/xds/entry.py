"""DocumentEntry: what a register of documents knows of one (IHE ITI TF-3 4.2.3.2), in the Norwegian profile (HIS 1169). Pure."""

from dataclasses import dataclass, field

OID = "urn:oid:"
DOCUMENT_GROUPS = "2.16.578.1.12.4.1.1.9602"
"""Document groups: class (A00-1) and type (A03-2) of a document."""
HIDING = "2.16.578.1.12.4.1.1.9603"
"""Whether a document is blocked or refused: N, NORS, NORN_..."""
FORMATS = "1.3.6.1.4.1.19376.1.2.3"
NULL = "2.16.840.1.113883.5.1008"
APPROVED, DEPRECATED = (
    f"urn:oasis:names:tc:ebxml-regrep:StatusType:{each}" for each in ("Approved", "Deprecated")
)


@dataclass(frozen=True, slots=True)
class Code:
    """A coded value: its code, the OID or address of its list, and its name."""

    code: str
    system: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Id:
    """An identifier with the OID of who gives it."""

    value: str
    system: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """A person (XCN)."""

    family: str = ""
    given: str = ""
    id: Id | None = None


@dataclass(frozen=True, slots=True)
class Institution:
    """A unit (XON)."""

    name: str
    id: Id | None = None


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote it: a person, where, and as what."""

    person: Person | None = None
    institutions: tuple[Institution, ...] = ()
    roles: tuple[str, ...] = ()


NORMAL = Code("N", HIDING, "Normal")
UNKNOWN = Code("UNK", NULL, "Ukjent")
SUFFICIENT = Code("urn:ihe:iti:xds:2017:mimeTypeSufficient", FORMATS, "mimeType Sufficient")


@dataclass(frozen=True, slots=True)
class DocumentEntry:
    """The metadata of one document. Times are as XDS has them: digits, in UTC."""

    uuid: str
    """entryUUID, urn:uuid:..."""
    unique_id: str
    patient: Id
    mime: str
    status: str = APPROVED
    class_code: Code | None = None
    type_code: Code | None = None
    format_code: Code | None = None
    facility: Code | None = None
    practice: Code | None = None
    confidentiality: tuple[Code, ...] = ()
    events: tuple[Code, ...] = ()
    authors: tuple[Author, ...] = ()
    legal_authenticator: Person | None = None
    title: str = ""
    comments: str = ""
    creation: str = ""
    start: str = ""
    stop: str = ""
    language: str = ""
    hash: str = ""
    """SHA-1 in hexadecimal."""
    size: str = ""
    uri: str = ""
    source_patient: Id | None = None
    home: str = ""
    """homeCommunityId."""
    repository: str = ""
    """repositoryUniqueId."""
    others: tuple[tuple[str, tuple[str, ...]], ...] = field(default=())
    """Slots that are none of these."""


REQUIRED = {
    "class_code": "classCode",
    "type_code": "typeCode",
    "confidentiality": "confidentialityCode",
    "creation": "creationTime",
    "format_code": "formatCode",
    "facility": "healthcareFacilityTypeCode",
    "practice": "practiceSettingCode",
    "language": "languageCode",
    "mime": "mimeType",
    "unique_id": "uniqueId",
    "source_patient": "sourcePatientId",
    "repository": "repositoryUniqueId",
    "hash": "hash",
    "size": "size",
    "authors": "author",
}
"""What a register asks of a document that does not change (IHE ITI TF-3 table 4.3.1-3), by the field here."""


def missing(entry: DocumentEntry) -> list[str]:
    """What a register would miss, by its name in XDS."""
    return [name for field_, name in REQUIRED.items() if not getattr(entry, field_)]
