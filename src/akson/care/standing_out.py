"""Which looks stand out and are to be followed up: pure judgement over who looked at whom.

Normen, log control, and Tillitsrammeverk 4.1.1: comparison with peers of the same unit. What stands out need not be wrong:
a person decides.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median

from akson.store.access.follow_up import Look, Relation

KINDS = ("own_record", "colleague", "same_surname", "neighbour", "no_relation", "outlier")
AFTER = timedelta(days=14)
"""How long after a look a care relation may begin and explain it."""
NEAR = 4
"""How far apart house numbers of neighbours are."""
PEERS, FACTOR, LEAST = 3, 3, 10
"""An outlier has at least LEAST patients, and FACTOR times as many as the middle one of at least PEERS others."""
_STREET = re.compile(r"(?P<street>\D+?)\s*(?P<number>\d+)")


@dataclass(frozen=True, slots=True)
class Someone:
    """What is compared of a person, at work or a patient. Empty where it is not known."""

    pid: str = ""
    family: str = ""
    street: str = ""
    """Street and number, as they are written."""
    postal_code: str = ""


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody at work here."""

    person: Someone
    parties: frozenset[str] = field(default=frozenset())
    """References that a care relation may name: the person, the roles, the units and those above them."""
    units: frozenset[str] = field(default=frozenset())
    """References of the units where one works."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One person's looks that stand out, for one reason."""

    kind: str
    look: Look
    patients: int = 1
    """How many patients, of an outlier."""
    usual: int = 0
    """How many the middle one of the peers has."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of those who looked and of those who were looked at."""

    workers: Mapping[str, Worker]
    """By reference of the Practitioner."""
    patients: Mapping[int, Someone]
    relations: Sequence[Relation]


def findings(looks: Sequence[Look], facts: Facts) -> list[Finding]:
    """All that stands out, the latest first; each pair for the first reason of KINDS that fits."""
    related: dict[int, list[Relation]] = defaultdict(list)
    for relation in facts.relations:
        related[relation.pat].append(relation)
    found = [Finding(kind, look) for look in looks if (kind := _kind(look, facts, related[look.pat]))]
    return sorted([*found, *outliers(looks)], key=lambda each: each.look.last, reverse=True)


def _kind(look: Look, facts: Facts, related: Iterable[Relation]) -> str:
    """Why a pair stands out; empty when it does not."""
    worker = facts.workers.get(look.practitioner, Worker(Someone()))
    patient = facts.patients.get(look.pat, Someone())
    here = worker.person
    if here.pid and here.pid == patient.pid:
        return "own_record"
    if patient.pid and patient.pid in _colleagues(worker, facts):
        return "colleague"
    if here.family and here.family.casefold() == patient.family.casefold():
        return "same_surname"
    if neighbours(here, patient):
        return "neighbour"
    explained = any(
        each.party in worker.parties and each.high > look.first and each.low <= look.last + AFTER
        for each in related
    )
    return "" if explained else "no_relation"


def _colleagues(worker: Worker, facts: Facts) -> frozenset[str]:
    return frozenset(
        each.person.pid for each in facts.workers.values() if each is not worker and each.units & worker.units
    )


def neighbours(one: Someone, other: Someone) -> bool:
    """Whether two live in the same street with numbers close to each other."""
    mine, theirs = _STREET.match(one.street), _STREET.match(other.street)
    if not mine or not theirs or not one.postal_code or one.postal_code != other.postal_code:
        return False
    same = mine["street"].casefold() == theirs["street"].casefold()
    return same and abs(int(mine["number"]) - int(theirs["number"])) <= NEAR


def outliers(looks: Sequence[Look]) -> list[Finding]:
    """Those who looked at far more patients than their peers of the same unit did."""
    of_unit: dict[str, dict[str, list[Look]]] = defaultdict(lambda: defaultdict(list))
    for look in looks:
        of_unit[look.unit][look.practitioner].append(look)
    found = []
    for people in of_unit.values():
        for name, own in people.items():
            peers = [len(theirs) for other, theirs in people.items() if other != name]
            usual = median(peers) if len(peers) >= PEERS else len(own)
            if len(own) >= LEAST and len(own) > FACTOR * usual:
                latest = max(own, key=lambda each: each.last)
                found.append(Finding("outlier", latest._replace(pat=0), len(own), round(usual)))
    return found
