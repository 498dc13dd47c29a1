"""What those who answer for the access log follow up: the looks that stand out, and what became of each.

Judged by `standing_out.py` over facts from the node's own register. The look at it is in the log itself.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from akson.care.standing_out import KINDS, Facts, Finding, Someone, Worker, findings
from akson.fhir.model import Resource
from akson.fhir.strict_json import loads
from akson.kit.errors import Malformed, NotAllowed, NotFound
from akson.kit.norwegian import FNR
from akson.record import gate, trail
from akson.record.context import Context
from akson.record.people import People
from akson.security.actor import Action
from akson.security.rules import access_log as rule
from akson.store.access import follow_up as store
from akson.store.access import judgments
from akson.store.access.judgments import Judgment

STATES = ("asked", "explained", "breach")
LONGEST = 1000
"""Characters of a note."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What becomes of something that stands out: a look of this person at this patient (a number), and why it stood out."""

    practitioner: str
    pat: int
    kind: str
    state: str
    note: str


@dataclass(frozen=True, slots=True)
class Case:
    """Something that stands out, whose record it was, and what was decided about it."""

    finding: Finding
    patient: str
    """Name of the patient; empty for an outlier."""
    judged: Sequence[Judgment]
    """All that was decided, the latest first."""
    is_own: bool = False
    """Whether they are the reader's own looks, which somebody else assesses."""


async def cases(ctx: Context, since: datetime) -> list[Case]:
    """What stands out since a moment among the looks that the reader answers for, what is undecided first.

    Refused for one who does not read the log.
    """
    grant = gate.granted(ctx, Action.SEARCH, rule.LOG)
    looks = await store.looks(ctx.tx, since, await _units(ctx))
    pats = sorted({look.pat for look in looks})
    known = {each.pat: loads(each.body) for each in await store.patients(ctx.tx, pats)}
    people = {pat: _someone(patient) for pat, patient in known.items()}
    workers = _workers([loads(body) for body in await store.staff(ctx.tx)], people.values())
    found = findings(looks, Facts(workers, people, await store.relations(ctx.tx.as_node, pats)))
    names = [store.case(each.look.practitioner, each.look.pat, each.kind) for each in found]
    judged = await judgments.of(ctx.tx, names)
    told = [
        Case(
            each,
            _name(known.get(each.look.pat, {})),
            judged.get(name, ()),
            each.look.practitioner == ctx.actor.practitioner,
        )
        for each, name in zip(found, names, strict=True)
    ]
    await trail.log_read(ctx, grant, Counter(each.finding.look.pat for each in told) or {0: 0})
    return sorted(told, key=lambda each: bool(each.judged))


async def decide(ctx: Context, since: datetime, made: Decided) -> None:
    """Keep what became of a case that the reader sees, beside what was kept before. Malformed for an unknown state or a long note, NotFound for others.

    NotAllowed for one's own looks.
    """
    if made.state not in STATES or made.kind not in KINDS or len(made.note) > LONGEST:
        raise Malformed("state is asked, explained or breach, and the note at most 1000 characters")
    if made.practitioner == ctx.actor.practitioner:
        raise NotAllowed("nobody assesses one's own looks")
    seen = {
        (c.finding.look.practitioner, c.finding.look.pat, c.finding.kind) for c in await cases(ctx, since)
    }
    if (made.practitioner, made.pat, made.kind) not in seen:
        raise NotFound("No such case")
    name = store.case(made.practitioner, made.pat, made.kind)
    await judgments.add(ctx.tx, name, made.pat, made.state, made.note, ctx.actor.name)


async def _units(ctx: Context) -> frozenset[str] | None:
    """Names of the units that the reader answers for; None for all."""
    seen = rule.view(ctx.actor)
    if seen is None or seen.patients is not None:
        return frozenset()
    return await People(ctx.place).unit_names(ctx.tx, ctx.actor.units) if seen.own_units else None


def _workers(staff: Iterable[Resource], patients: Iterable[Someone]) -> Mapping[str, Worker]:
    """Those at work, by reference; where one lives is known of those who are patients here too."""
    kinds: dict[str, list[Resource]] = defaultdict(list)
    for each in staff:
        kinds[each["resourceType"]].append(each)
    above = {_ref(unit): unit.get("partOf", {}).get("reference", "") for unit in kinds["Organization"]}
    roles: dict[str, list[Resource]] = defaultdict(list)
    for role in kinds["PractitionerRole"]:
        roles[role.get("practitioner", {}).get("reference", "")].append(role)
    homes = {person.pid: person for person in patients if person.pid}
    found = {}
    for practitioner in kinds["Practitioner"]:
        reference = _ref(practitioner)
        own = _someone(practitioner)
        units = frozenset(role.get("organization", {}).get("reference", "") for role in roles[reference]) - {
            ""
        }
        parties = {reference, *(_ref(role) for role in roles[reference]), *units}
        for unit in units:
            parties |= _chain(unit, above)
        found[reference] = Worker(homes.get(own.pid, own), frozenset(parties), units)
    return found


def _chain(unit: str, above: Mapping[str, str]) -> set[str]:
    """The units above a unit."""
    found: set[str] = set()
    while (unit := above.get(unit, "")) and unit not in found:
        found.add(unit)
    return found


def _someone(person: Resource) -> Someone:
    numbers = [each for each in person.get("identifier", []) if each.get("system") == FNR]
    name: Resource = next(iter(person.get("name", [])), {})
    home: Resource = next(iter(person.get("address", [])), {})
    return Someone(
        pid=str(numbers[0].get("value", "")) if numbers else "",
        family=str(name.get("family", "")),
        street=str(next(iter(home.get("line", [])), "")),
        postal_code=str(home.get("postalCode", "")),
    )


def _name(patient: Resource) -> str:
    name: Resource = next(iter(patient.get("name", [])), {})
    return str(name.get("text") or " ".join([*name.get("given", []), name.get("family", "")]))


def _ref(resource: Resource) -> str:
    return f"{resource['resourceType']}/{resource['id']}"
