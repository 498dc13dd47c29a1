"""Who has seen my record, for the citizen: the logs of all systems as one, by day and person.

Pasientjournalloven 18: who, from where, what, when and why. One person on one day is one line, from whichever systems it
is told: a nurse who opens a chart looks in the own record system and, through the platform, in others.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from functools import cache
from typing import Any, NamedTuple

from akson.exchange.declare import service
from akson.exchange.hub.access import Log
from akson.fhir.model import Resource
from akson.security.audit.agents import UNKNOWN
from akson.security.audit.codes import BASIS, DONE, OWNER, RIGHTS, ROLE_CLASS, RULE, SECURITY_ROLE, UNIT
from akson.security.once import digest
from akson.security.roles import ROLE_SYSTEM
from akson.security.topics import TOPIC_OF, TOPICS

CHANGES = frozenset({"C", "U", "D"})
CITIZEN = "datasubject"
PERSON = "humanuser"
CRITICAL = "critical"
UNTOLD = frozenset({"Provenance", "Binary"})
"""Come along with what they belong to; alone they would tell the citizen nothing."""
WEAKER = {
    "attested_care": {"care_relation", "consented"},
    "care_relation": {"consented"},
    "patient_lookup": {"care_relation", "attested_care", "emergency", "consented"},
}
"""Reasons that say nothing more beside these."""

CONSENTED = "consented"
TICKETS = frozenset({"supplier_errand", "supplier_approved", "supplier_ended"})
"""Reasons that have the ticket of a supplier's errand beside them."""

ORDER = [*TOPICS, "other"]
KEY = 12
"""Characters of a digest that tell those on one page apart."""


@dataclass(slots=True)
class Person:
    """What one person, or one system, did on one day. Lists are without repeats; texts that nobody told are empty."""

    name: str
    role: str
    """Role code."""
    unit: str
    organization: str
    kind: str
    """humanuser, datasubject (oneself), or empty for a system."""
    first: datetime
    last: datetime
    reasons: list[str] = field(default_factory=list)
    """Keys of the rules of access."""
    emergency: bool = False
    told: list[str] = field(default_factory=list)
    """Why it was an emergency, in the words of the one who opened; the ticket and errand of somebody of a supplier."""
    saw: list[str] = field(default_factory=list)
    """Topics, in the order of TOPICS."""
    changed: list[str] = field(default_factory=list)
    systems: list[str] = field(default_factory=list)
    """Titles of the systems that told of it."""
    bases: list[str] = field(default_factory=list)
    """National values of the basis of access: UNNTAK, SAMTYKKE, AKUTT, FORHOYET_SAMTYKKE."""
    events: list[tuple[str, str]] = field(default_factory=list)
    """Title of the system and id of the AuditEvent, for each of those that can be asked."""
    home: str = ""
    """Title of the system whose own people these are; empty when they looked from another."""

    @property
    def key(self) -> str:
        """Stands for the person in an address, which must not tell who it is."""
        return digest(f"{self.name}|{self.organization}")[:KEY]

    @property
    def asked(self) -> tuple[str, list[str]]:
        """Which system to ask about the looks, the own one where it has some, and their ids there; none to ask: ""."""
        title = self.home or next((title for title, _ in self.events), "")
        return title, [event for each, event in self.events if each == title]

    @property
    def place(self) -> str:
        """The unit, or the owner of a system that named none."""
        return self.unit or self.organization


People = dict[tuple[date, str, str, str, str], Person]
"""Those who looked, by day, kind, name, unit and organisation."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day and who looked on it, the latest first."""

    day: date
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What all systems told."""

    others: tuple[Day, ...]
    own: tuple[Day, ...]
    """One's own looks."""
    automatic: tuple[Day, ...]
    """What systems did by themselves."""
    refused: tuple[Day, ...]
    """Tries that were turned away: nothing was shown."""
    missing: tuple[str, ...]
    """Systems that did not answer."""
    cut: tuple[str, ...]
    """Systems that have more to tell of the period than is shown."""

    @property
    def persons(self) -> int:
        """How many other people looked."""
        return len({(each.name, each.organization) for day in self.others for each in day.people})


class Choice(NamedTuple):
    """Which looks of others to show; what is empty asks for all."""

    person: str = ""
    """`Person.key`."""
    place: str = ""
    """Digest of `Person.place`."""
    topic: str = ""
    basis: str = ""

    def fits(self, one: Person) -> bool:
        return (
            self.person in ("", one.key)
            and self.place in ("", place_key(one.place))
            and (not self.topic or self.topic in (*one.saw, *one.changed))
            and (not self.basis or self.basis in one.bases)
        )


def place_key(place: str) -> str:
    """Stands for a unit in an address."""
    return digest(place)[:KEY]


def choose(seen: Seen, choice: Choice) -> Seen:
    """What others did, cut down to the choice; refused tries too."""
    return replace(seen, others=_fitting(seen.others, choice), refused=_fitting(seen.refused, choice))


def _fitting(days: Sequence[Day], choice: Choice) -> tuple[Day, ...]:
    kept = (Day(each.day, tuple(one for one in each.people if choice.fits(one))) for each in days)
    return tuple(each for each in kept if each.people)


def merge(logs: Sequence[Log], zone: tzinfo) -> Seen:
    """The logs of all systems as one; a day begins and ends in `zone`."""
    done: People = {}
    refused: People = {}
    for log in logs:
        for event in log.events:
            _count_in(done if event.get("outcome") == DONE else refused, event, log, zone)
    for person in (*done.values(), *refused.values()):
        _tidy(person)
    kinds = {PERSON: "others", CITIZEN: "own"}
    names = ("others", "own", "automatic", "refused")
    sorted_out: dict[str, dict[date, list[Person]]] = {name: {} for name in names}
    for (day, *_), person in done.items():
        sorted_out[kinds.get(person.kind, "automatic")].setdefault(day, []).append(person)
    for (day, *_), person in refused.items():
        if person.kind != CITIZEN:
            sorted_out["refused"].setdefault(day, []).append(person)
    return Seen(
        **{name: _days(days) for name, days in sorted_out.items()},
        missing=tuple(log.title for log in logs if log.silent),
        cut=tuple(log.title for log in logs if not log.whole),
    )


def _days(found: dict[date, list[Person]]) -> Any:
    newest_first = sorted(found.items(), reverse=True)
    return tuple(
        Day(day, tuple(sorted(those, key=lambda p: p.last, reverse=True))) for day, those in newest_first
    )


def _count_in(people: People, event: Resource, log: Log, zone: tzinfo) -> None:
    """Add one event to the line of its person and day."""
    one = person_of(event, log, zone)
    person = people.setdefault((one.last.date(), one.kind, one.name, one.unit, one.organization), one)
    if person is one:
        return
    person.first, person.last = min(person.first, one.first), max(person.last, one.last)
    person.emergency |= one.emergency
    person.role = person.role or one.role
    person.home = person.home or one.home
    for known, new in (
        (person.reasons, one.reasons),
        (person.saw, one.saw),
        (person.changed, one.changed),
        (person.systems, one.systems),
        (person.bases, one.bases),
        (person.told, one.told),
    ):
        _add(known, new)
    person.events += one.events


def person_of(event: Resource, log: Log, zone: tzinfo) -> Person:
    """What one event tells of the one who looked."""
    agents = event.get("agent", [])
    user: Resource = next((agent for agent in agents if agent.get("requestor")), {})
    kind = _code(user.get("type"), SECURITY_ROLE)
    moment = datetime.fromisoformat(str(event["recorded"])).astimezone(zone)
    topics = _topics(event, log)
    changed = event.get("action") in CHANGES
    reasons = [rule.removeprefix(RULE) for rule in user.get("policy", []) if rule.startswith(RULE)]
    asked = event.get("id")
    return Person(
        name=str(user.get("name", "")) or ("" if kind == PERSON or _is_unknown(user) else log.title),
        role=next((code for each in user.get("role", []) if (code := _role(each))), ""),
        unit=_named(agents, UNIT),
        organization=_named(agents, OWNER),
        kind=kind,
        first=moment,
        last=moment,
        reasons=reasons,
        emergency=_emergency(event),
        told=_told(event, reasons),
        saw=[] if changed else topics,
        changed=topics if changed else [],
        systems=[log.title],
        bases=[code for each in user.get("purposeOfUse", []) if (code := _code(each, BASIS))],
        events=[(log.title, str(event["id"]))] if asked else [],
        home=log.title if asked and _is_home(event) else "",
    )


def _role(concept: Resource) -> str:
    """The role at work, or the right by which one acts for another."""
    return _code(concept, ROLE_SYSTEM) or _code(concept, RIGHTS)


def _is_home(event: Resource) -> bool:
    """Whether those who looked belong to the owner of the system that tells of it."""
    node = event["source"]["observer"].get("identifier", {}).get("value")
    owners = [each for each in event.get("agent", []) if _code(each.get("type"), ROLE_CLASS) == OWNER]
    return any(each.get("who", {}).get("identifier", {}).get("value") == node for each in owners)


def _is_unknown(agent: Resource) -> bool:
    """Whether nobody has proven who asked."""
    return bool(agent.get("who", {}).get("identifier", {}).get("value") == UNKNOWN)


def _topics(event: Resource, log: Log) -> list[str]:
    """What the event is about, as topics; nothing for what only comes along."""
    kinds = [str(entity["name"]) for entity in event.get("entity", []) if entity.get("name")]
    return [
        CRITICAL if log.register and kind in _register() else TOPIC_OF.get(kind, "other")
        for kind in kinds
        if kind not in UNTOLD
    ]


@cache
def _register() -> frozenset[str]:
    """What the register of critical information consists of; there all of it is critical information."""
    return frozenset(part.type for part in service("kritisk-informasjon").parts)


def _tidy(person: Person) -> None:
    """Order the topics, and leave out reasons that a stronger one says already."""
    person.saw.sort(key=ORDER.index)
    person.changed.sort(key=ORDER.index)
    person.reasons[:] = [each for each in person.reasons if not WEAKER.get(each, set()) & set(person.reasons)]


def _emergency(event: Resource) -> bool:
    codings = [coding for each in event.get("purposeOfEvent", []) for coding in each.get("coding", [])]
    return any(coding.get("code") == "ETREAT" for coding in codings)


def _told(event: Resource, reasons: Iterable[str]) -> list[str]:
    """What was written when the record was opened, in an emergency, on a ticket or by consent: it follows the rule's own words."""
    written = str(event.get("outcomeDesc", "")).partition(": ")[2]
    is_told = _emergency(event) or not (TICKETS | {CONSENTED}).isdisjoint(reasons)
    return [written] if written and is_told else []


def _named(agents: Iterable[Resource], role_class: str) -> str:
    """The name of the unit or owner among the agents."""
    for agent in agents:
        if _code(agent.get("type"), ROLE_CLASS) == role_class:
            return str(agent.get("who", {}).get("display", ""))
    return ""


def _code(concept: Resource | None, system: str) -> str:
    codings = (concept or {}).get("coding", [])
    return next((str(each.get("code", "")) for each in codings if each.get("system") == system), "")


def _add(known: list[str], new: Iterable[str]) -> None:
    known += [each for each in dict.fromkeys(new) if each not in known]
