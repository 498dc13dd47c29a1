"""Requests between those who give health care and other services, and for services between those who give health care: what can be asked, on which basis, and how it is written. Pure.

A request is a ServiceRequest with its case (`exchange/cases.py`) in the platform's register. Its parties are two organisations, each
with a label that the platform sets; each sees and moves it by its own pages or its own system, and the citizen reads it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from akson.documents.harmless import File
from akson.exchange import cases, codelists, reported
from akson.exchange.cases import Side, State
from akson.fhir.model import Resource, coding, concept
from akson.kit.clock import instant, now, today
from akson.kit.ids import new_id
from akson.kit.norwegian import ORGANIZATION
from akson.security.rules.partner_case import label

ORDER = "https://akson.example/fhir/CodeSystem/bestilling"
PROVISION = "https://akson.example/fhir/CodeSystem/hjemmel"
CONSENT = "samtykke"
LONGEST = 4000
"""Characters of what is asked or answered."""


class Category(StrEnum):
    """What is asked for; codes of `bestilling`."""

    SERVICE = "tjeneste"
    AID = "hjelpemiddel"
    BENEFIT = "ytelse"
    INFORMATION = "opplysninger"
    REPORT = "rapport"
    """Sends a report: nothing is asked but to read it."""
    CONCERN = "bekymring"
    """Bekymringsmelding to child welfare."""


class Provision(NamedTuple):
    """On what a request rests: which kinds of services may name it when they ask ("" those who give health care), and whom they ask."""

    askers: frozenset[str]
    asked: frozenset[str] = frozenset()
    """Kinds of those who can be asked; empty: everyone."""


PARTNERS = frozenset({"nav", "skole", "ppt", "barnevern", "statsforvalter"})
PROVISIONS: Mapping[str, Provision] = {
    CONSENT: Provision(PARTNERS | {""}),
    "ftrl-21-4": Provision(frozenset({"nav"})),
    "bvl-13-4": Provision(frozenset({"barnevern"})),
    "hpl-25": Provision(frozenset({""}), frozenset({""})),
    "hpl-30": Provision(frozenset({"statsforvalter"})),
    "hpl-33": Provision(frozenset({""}), frozenset({"barnevern"})),
}
"""By code of `hjemmel`: the citizen's consent; folketrygdloven 21-4; barnevernsloven 13-4; helsepersonelloven 25, 30 and 33."""
BETWEEN_CARE = frozenset({Category.SERVICE, Category.AID})
"""What one who gives health care asks another one for, as when a hospital asks a municipality for home nursing. To have somebody
assessed or examined it refers and orders; what it wants to know it asks in the dialogue."""


def provisions(asker: str, asked: str | None = None) -> list[str]:
    """What a kind of service may rest a request on; of those whom it asks, where that is known."""
    return [
        code
        for code, each in PROVISIONS.items()
        if asker in each.askers and (asked is None or not each.asked or asked in each.asked)
    ]


@dataclass(frozen=True, slots=True)
class Party:
    """One who asks or is asked: whose it is by law, and which unit."""

    number: str
    """Organisation number by which it sees its cases: a partner's own, of health care that of the legal entity."""
    unit: str
    """Organisation number of the unit."""
    name: str

    @property
    def reference(self) -> Resource:
        return {
            "type": "Organization",
            "identifier": {"system": ORGANIZATION, "value": self.unit},
            "display": self.name,
        }


@dataclass(frozen=True, slots=True)
class Asking:
    """A request as somebody fills it in."""

    pid: str
    to: str
    """Organisation number of the unit that is asked."""
    category: str
    what: str
    why: str
    basis: str
    told: str = ""
    """What is reported, of a report."""
    files: Sequence[File] = ()
    until: str = ""
    """The last day for an answer: a date, empty where none is asked for."""

    def faults(self) -> list[str]:
        """The fields that say nothing that can be asked."""
        wrong = [] if self.category in set(Category) else ["category"]
        wrong += [] if 0 < len(self.what.strip()) <= LONGEST else ["what"]
        wrong += [] if len(self.why) <= LONGEST else ["why"]
        wrong += [] if len(self.files) <= reported.MOST_FILES else ["files"]
        wrong += [] if not self.until or is_coming(self.until) else ["until"]
        is_report, says = self.category == Category.REPORT, bool(self.told.strip() or self.files)
        is_told = says if is_report else not self.told
        wrong += [] if len(self.told) <= reported.LONGEST and is_told else ["told"]
        return wrong + ([] if self.basis in PROVISIONS else ["basis"])


def request(asking: Asking, patient: str, asker: Party, asked: Party, who: str) -> Resource:
    """The ServiceRequest about a Patient (id) of the platform; `who` asks, in words."""
    made: Resource = {
        "resourceType": "ServiceRequest",
        "id": new_id(),
        "meta": {"security": labels(asker, asked)},
        "status": "active",
        "intent": "order",
        "category": [_named(ORDER, asking.category), _named(PROVISION, asking.basis)],
        "code": {"text": asking.what.strip()},
        "subject": {"reference": f"Patient/{patient}"},
        "authoredOn": instant(now()),
        "requester": asker.reference | {"display": ", ".join(filter(None, [who, asker.name]))},
        "performer": [asked.reference],
    }
    made |= {"occurrencePeriod": {"end": asking.until}} if asking.until else {}
    return made | ({"reasonCode": [{"text": asking.why.strip()}]} if asking.why.strip() else {})


def is_coming(words: str) -> bool:
    """Whether words are a day (YYYY-MM-DD) that is not over."""
    try:
        return date.fromisoformat(words).isoformat() == words >= today().isoformat()
    except ValueError:
        return False


def wanted_by(request: Resource) -> str:
    """The last day for an answer that a request asks for: a date, or empty."""
    return str(request.get("occurrencePeriod", {}).get("end", ""))[:10]


def _named(system: str, code: str) -> Resource:
    return concept(system, code, codelists.display(system, code) or "")


def labels(*parties: Party) -> list[Resource]:
    """The labels of a case's parties."""
    return [coding(*label(each.number)) for each in parties]


def code_of(resource: Resource, system: str) -> str:
    """The code of a system among the categories of a request."""
    found: Sequence[Resource] = [c for each in resource.get("category", []) for c in each.get("coding", [])]
    return next((str(each["code"]) for each in found if each.get("system") == system), "")


def number_of(reference: Resource) -> str:
    """The organisation number of a unit that a case names."""
    return str(reference.get("identifier", {}).get("value", ""))


@dataclass(frozen=True, slots=True)
class Cooperating:
    """One request with its case, as a party sees it."""

    case: Resource
    request: Resource
    patient: Resource
    answers: tuple[Resource, ...]
    side: Side
    moves: tuple[State, ...]


def seen(
    case: Resource, request: Resource, patient: Resource, answers: Sequence[Resource], own: str
) -> Cooperating:
    """A request as the party with an organisation number sees it."""
    side = Side.ASKER if number_of(case["requester"]) == own else Side.PERFORMER
    follows = cases.follows(cases.state(case), side)
    moves = tuple(each for each in State if each in follows)
    return Cooperating(case, request, patient, tuple(answers), side, moves)
