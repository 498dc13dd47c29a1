"""What an order to a laboratory or radiology and its report say, whichever version carried it. Frozen values, no XML.

Codes and times are as in `messaging.model`.
"""

from collections.abc import Iterator

from akson.kit.value import named, value
from akson.messaging.kith.rekvisisjon import Message as OrderMessage
from akson.messaging.kith.svarrapport import Message
from akson.messaging.model import FINAL, NOTHING, Code, Diagnosis, Kind, Letter, Professional, Quantity

ADDITION, CANCELLATION, CHANGE, HISTORY = "A", "C", "M", "H"
"""V7309: what has happened to a report or a result."""
PRELIMINARY_REPORT = "P"
"""V7306."""


@value
class Order:
    """The order that a report answers."""

    id: str
    issued: str = ""
    received: str = ""
    laboratory_id: str = ""
    reasons: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()


@value
class Specimen:
    """A sample, or another object that was looked at. `id` is the laboratory's and what results refer to."""

    id: str
    type: Code = NOTHING
    taken: str = ""
    requester_id: str = ""
    origin: str = ""
    """Where in the body it comes from."""
    method: Code = NOTHING
    comments: tuple[str, ...] = ()


@value
class Finding:
    """One result, or a heading with results below it (`parts`)."""

    id: str = ""
    about: str = ""
    """Id of the result that this one tells more of, e.g. the bacterium whose resistance was tested."""
    action: Code = NOTHING
    """V7309: N new, M changed, C withdrawn, H from an earlier report."""
    status: Code = NOTHING
    """V8245: 2 preliminary, 3 final, 11 signed ..."""
    examinations: tuple[Code, ...] = ()
    """Code of the examination (NLK V7280, LOINC, NORAKO ...), with further codes of the same where given."""
    specifications: tuple[Code, ...] = ()
    heading: Code = NOTHING
    """V8243."""
    quantity: Quantity | None = None
    comparator: str = ""
    """V8239: EQ, LT, LE, GE, GT ..."""
    low: Quantity | None = None
    high: Quantity | None = None
    date: str = ""
    text: str = ""
    unit: str = ""
    """Unit of a result that is text."""
    codes: tuple[Code, ...] = ()
    reference: tuple[str, ...] = ()
    """Reference ranges, as text."""
    deviation: Code = NOTHING
    """V8244: 1 above, 2 below, 3 outside the reference range."""
    examined: str = ""
    changed: str = ""
    validated: str = ""
    comment: str = ""
    specimens: tuple[str, ...] = ()
    accredited: str = ""
    """true or false."""
    diagnosis: Diagnosis | None = None
    details: tuple[str, ...] = ()
    """Further information of a type, as text."""
    people: tuple[Professional, ...] = ()
    parts: "tuple[Finding, ...]" = ()

    @property
    def name(self) -> Code:
        """What was examined: the examination, else the heading."""
        return self.examinations[0] if self.examinations else self.heading


@named
class Report(Letter):
    """Svarrapport 1.3 or 1.4. `document_id` is the laboratory's id of the report: changes of it have the same.

    `body` is the message as the standard has it, header and all, and what is written; the rest is a view of it.
    """

    body: Message
    subject: Code = NOTHING
    """V8202: clinical chemistry, microbiology, histology, radiology ..."""
    status: Code = FINAL
    """V7306: F final, P preliminary, A addition."""
    cancellation: Code = NOTHING
    approved: str = ""
    comment: str = ""
    comments: tuple[Code, ...] = ()
    orders: tuple[Order, ...] = ()
    specimens: tuple[Specimen, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def kind(self) -> Kind:
        return Kind.SVARRAPPORT


@value
class Wanted:
    """What is ordered of one kind: examinations, and the samples that they are of."""

    action: Code = NOTHING
    """V7309: N new, A addition, C taken back, H from an earlier order."""
    examinations: tuple[Code, ...] = ()
    comments: tuple[str, ...] = ()
    purpose: Code = NOTHING
    priority: Code = NOTHING
    date: str = ""
    specimens: tuple[Specimen, ...] = ()


@named
class Requisition(Letter):
    """Rekvisisjon 1.5 or 1.6. `document_id` is the requester's id of the order.

    `body` is the message as the standard has it, header and all, and what is written; the rest is a view of it.
    """

    body: OrderMessage
    subject: Code = NOTHING
    """V8202."""
    priority: Code = NOTHING
    comment: str = ""
    wanted: tuple[Wanted, ...] = ()

    @property
    def kind(self) -> Kind:
        return Kind.REKVISISJON

    @property
    def introduces(self) -> bool:
        return True


def flat(findings: tuple[Finding, ...]) -> Iterator[Finding]:
    """All findings, each before its parts."""
    for finding in findings:
        yield finding
        yield from flat(finding.parts)
