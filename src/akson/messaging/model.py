"""What a referral, a summary or another letter says, whichever message and version carried it. Frozen values, no XML.

Codes carry the OID of their list. Times are aware; a KITH time without an offset is Norwegian time.
"""

from abc import ABC, abstractmethod
from dataclasses import field
from datetime import datetime
from enum import StrEnum

from akson.fhir.model import Resource
from akson.kit.value import named, value
from akson.messaging import codes
from akson.messaging.kith.dialog import Dialogmelding
from akson.messaging.kith.plo import HealthInformation, PatientLogistics, Profile

ICPC2 = "2.16.578.1.12.4.1.1.7170"
ICD10 = "2.16.578.1.12.4.1.1.7110"
ATC = "2.16.578.1.12.4.1.1.7180"
LOINC = "2.16.840.1.113883.6.1"
SNOMED = "2.16.840.1.113883.6.96"


class Kind(StrEnum):
    """What a message is about."""

    HENVISNING = "henvisning"
    EPIKRISE = "epikrise"
    DIALOG = "dialog"
    CARE = "care"
    SVARRAPPORT = "svarrapport"
    REKVISISJON = "rekvisisjon"
    ANMODNING = "anmodning"
    APPREC = "apprec"


@value
class Code:
    """A code of a list (OID without prefix), with its display name, or the text alone where there is no code."""

    code: str = ""
    system: str = ""
    display: str = ""
    text: str = ""

    @property
    def label(self) -> str:
        """What a person reads."""
        return self.display or self.text or self.code


def national(number: int, code: str, *, system: bool = False) -> Code:
    """A code of a national list with its name; with the list's OID only where the message carries it."""
    return Code(code, codes.oid(number) if system else "", codes.display(number, code))


NOTHING = Code()
NEW = national(codes.ACTIONS, "N")
ASSESS_AND_TREAT = national(codes.CONTENT, "10", system=True)
ELECTIVE = national(codes.PRIORITIES, "N")
FINAL = national(codes.REPORT_STATUS, "F")


@value
class Ident:
    """An identifier and its type: FNR, DNR, HPR, HER, ENH ... (V8116, V9051)."""

    id: str
    type: str


@value
class Address:
    use: str = ""
    """Code of V3401: H home, WP work, TMP temporary ..."""
    line: str = ""
    postal_code: str = ""
    city: str = ""
    box: str = ""
    telecom: tuple[str, ...] = ()
    """As URLs: tel:, mailto: ..."""


@value
class Person:
    """A patient, relative or contact. `name` is the whole name where the message has it in one piece."""

    family: str = ""
    given: str = ""
    middle: str = ""
    name: str = ""
    idents: tuple[Ident, ...] = ()
    born: str = ""
    """Date, YYYY-MM-DD."""
    sex: str = ""
    """Code of V3101: 1 male, 2 female, 0 not known, 9 not specified."""
    address: Address = Address()

    @property
    def full_name(self) -> str:
        """Given, middle, family; or the name in one piece, turned from `Family, Given`."""
        if self.family or self.given:
            return " ".join(part for part in (self.given, self.middle, self.family) if part)
        family, comma, given = self.name.partition(",")
        return f"{given.strip()} {family.strip()}" if comma else self.name

    def ident(self, *types: str) -> str:
        """The first identifier of one of the types, or nothing."""
        return next((i.id for kind in types for i in self.idents if i.type == kind), "")

    @property
    def national_id(self) -> str:
        """Fødselsnummer or D-number."""
        return self.ident("FNR", "DNR")


@value
class Professional:
    """Health personnel, with profession (V9060) and relation to the patient or the message (V8254, V9034)."""

    person: Person
    profession: str = ""
    relation: Code = Code()


@value
class Unit:
    """An organisation or a part of one."""

    name: str = ""
    idents: tuple[Ident, ...] = ()
    address: Address = Address()

    @property
    def her_id(self) -> str:
        return next((i.id for i in self.idents if i.type == "HER"), "")


@value
class Party:
    """Sender or receiver: the organisation, the service or department in it, the person in that."""

    organization: Unit
    department: Unit | None = None
    professional: Professional | None = None

    @property
    def her_id(self) -> str:
        """The address of the innermost level that has one: person, department, organisation (HIS 1153)."""
        person = self.professional.person.ident("HER") if self.professional else ""
        department = self.department.her_id if self.department else ""
        return person or department or self.organization.her_id

    @property
    def name(self) -> str:
        """Organisation and department, for people."""
        inner = self.department.name if self.department else ""
        # Many departments carry the name of their organisation already.
        names = [inner] if inner.startswith(self.organization.name) else [self.organization.name, inner]
        return ", ".join(name for name in names if name)


@value
class Header:
    """Who sends what to whom about which patient."""

    msg_id: str
    type: Code
    """V8279: HENVISNING_NYTILSTAND, EPIKRISE, APPREC ..."""
    generated: str
    """As written in the message: a receipt repeats it."""
    sender: Party
    receiver: Party
    copies: tuple[Party, ...] = ()
    patient: Person = Person()
    parent: str = ""
    """MsgId of the message that this one follows."""
    conversation: str = ""
    """MsgId of the first message of the conversation."""
    test: bool = False
    """Marked by the sender as a test message."""
    version: str = ""
    """MIGversion of the payload's standard."""


@value
class Modifier:
    """What a code is refined with, e.g. name S (asterisk code of ICD-10) and the code itself."""

    name: Code
    value: Code


@value
class Diagnosis:
    """A condition. `role` is H main or B other (V8233), empty for the reason of a referral."""

    code: Code
    role: str = ""
    modifiers: tuple[Modifier, ...] = ()


@value
class Quantity:
    value: str
    unit: str = ""


@value
class Medicine:
    """A medicine: code (ATC or product), status of use (V7307), dose and directions in words."""

    code: Code
    status: Code = Code()
    dose: Quantity | None = None
    amount: Quantity | None = None
    duration: Quantity | None = None
    directions: str = ""
    comment: str = ""
    form: Code = Code()
    route: Code = Code()
    start: str = ""
    end: str = ""


@value
class Result:
    """The result of an examination: a quantity (with EQ, LT ...), an interval, a date or a text."""

    examination: Code
    quantity: Quantity | None = None
    comparator: str = ""
    low: Quantity | None = None
    high: Quantity | None = None
    date: str = ""
    text: str = ""
    deviation: Code = Code()
    taken: str = ""
    comment: str = ""


@value
class Statement:
    """Clinical information as text: findings, history, CAVE, infection ... by type (V8233)."""

    type: Code
    text: str = ""
    code: Code = Code()
    comment: str = ""
    start: str = ""
    end: str = ""


@value
class Section:
    """A heading (V8231, V8311) with text and codes."""

    heading: Code
    text: str = ""
    codes: tuple[Code, ...] = ()


@value
class Fact:
    """What the message says beyond the rest of the model. `name` is a text key of the domain messaging."""

    name: str
    text: str
    flags: tuple[tuple[str, bool], ...] = ()
    """What is said by yes or no: text key and answer."""


SHARED = "application/fhir+json"
"""What a link to shared information leads to."""


@value
class Attachment:
    """A file in the message, or a reference to one outside it."""

    title: str
    mime: str
    data: bytes = b""
    reference: str = ""
    issued: str = ""

    @property
    def is_link(self) -> bool:
        """Does it lead to what both sides share, in place of a copy?"""
        return bool(self.reference) and self.mime == SHARED


@named
class Letter(ABC):
    """What referral and summary share."""

    header: Header
    document_id: str
    issued: str
    action: Code = NEW
    """V7309: N new, M changed, C cancelled, A addition."""
    diagnoses: tuple[Diagnosis, ...] = ()
    medicines: tuple[Medicine, ...] = ()
    cave: tuple[Statement, ...] = ()
    """Allergies and other warnings (CAVE)."""
    results: tuple[Result, ...] = ()
    statements: tuple[Statement, ...] = ()
    precautions: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    contacts: tuple[Professional, ...] = ()
    facts: tuple[Fact, ...] = ()
    attachments: tuple[Attachment, ...] = ()

    @property
    @abstractmethod
    def kind(self) -> Kind:
        """Which letter it is."""

    @property
    def introduces(self) -> bool:
        """Is it of the kind by which somebody becomes known? Then it is taken in about a stranger too."""
        return False

    @property
    def cancels(self) -> bool:
        """Does it take back an earlier message?"""
        return self.action.code == "C"


@named
class Referral(Letter):
    """Henvisning."""

    content: Code = ASSESS_AND_TREAT
    """V8455: what is asked for."""
    priority: Code = ELECTIVE
    """V8304."""
    wanted: str = ""
    """Comment on the wanted service."""
    wanted_by: str = ""
    """Date."""
    comment: str = ""

    @property
    def kind(self) -> Kind:
        return Kind.HENVISNING

    @property
    def introduces(self) -> bool:
        return True


@value
class Stay:
    """A stay or contact: from, to, category (V8240), outcome (V8272)."""

    start: str
    end: str = ""
    category: Code = Code()
    outcome: Code = Code()


@named
class Epikrise(Letter):
    """Epikrise: what was found and done, and what follows."""

    title: str = ""
    status: Code = FINAL
    """V7306."""
    approved: str = ""
    answers: str = ""
    """Document id of the referral that it answers."""
    answers_issued: str = ""
    referral_diagnoses: tuple[Diagnosis, ...] = ()
    stays: tuple[Stay, ...] = ()
    procedures: tuple[Statement, ...] = ()

    @property
    def kind(self) -> Kind:
        return Kind.EPIKRISE


@named
class Composed(Letter):
    """A letter whose `body` is kept as the standard has it, in the version that `header.version` names.

    The body is what is written. Sections, diagnoses, contacts and the like are a view of it for readers.
    """

    description: str = ""
    """Of the document, e.g. in lists."""
    consent: Code = NOTHING
    """V9064 or V3109: does the patient consent to that it is sent?"""


@named
class Dialog(Composed):
    """Dialogmelding 1.0 or 1.1: a question, an answer, a note or a deviation."""

    body: Dialogmelding

    @property
    def kind(self) -> Kind:
        return Kind.DIALOG


@named
class Care(Composed):
    """A care message (PLO) 1.5 or 1.6: notice, report, information or logistics between municipality, hospital and GP."""

    body: Profile

    @property
    def kind(self) -> Kind:
        return Kind.CARE

    @property
    def introduces(self) -> bool:
        if isinstance(self.body, PatientLogistics):
            return bool(self.body.admitted or self.body.ready)
        return isinstance(self.body, HealthInformation)


@named
class Asked(Letter):
    """A request for a service as a FHIR message: what no KITH message is made for."""

    request: Resource
    """The ServiceRequest as it was sent."""

    @property
    def kind(self) -> Kind:
        return Kind.ANMODNING

    @property
    def introduces(self) -> bool:
        return True


@value
class Receipt:
    """AppRec: what the receiving application did with a message."""

    id: str
    generated: str
    sender: Party
    receiver: Party
    status: str
    """V8258: 1 OK, 2 rejected, 3 OK with an error in a part."""
    original_id: str
    original_type: Code
    original_generated: str
    errors: tuple[Code, ...] = ()
    sender_role: str = ""
    """PRIM or COP (1.1), SPR, REQ or COP (1.0)."""
    version: str = ""

    @property
    def positive(self) -> bool:
        return self.status != "2"


@value
class Received:
    """A message as read: what it is, what it says, what in it was not understood, whether it was signed."""

    content: Letter | Receipt
    unread: tuple[str, ...] = ()
    signer: str = ""
    """Subject of the certificate that signed it; empty where the message carries no signature."""
    received: datetime | None = field(default=None, compare=False)
