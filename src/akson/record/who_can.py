"""Who can read a patient, and why: the rules asked the other way round, for everybody who had a post at a moment.

Posts, units, authorisations and care relations are as they were known at that moment; what patients have closed counts by
its own times. Emergency access is left out: it is open to all who may open it, and stands in the log when somebody did.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from akson.fhir.model import Resource
from akson.fhir.precision import covers
from akson.fhir.strict_json import loads
from akson.kit.norwegian import HER, HPR, ORGANIZATION
from akson.record import authorizations
from akson.record.context import Context
from akson.security.actor import Action, Actor, Kind, Purpose
from akson.security.policy import Grant
from akson.security.roles import RECORD, ROLE_SYSTEM
from akson.security.rules.care_relation import parties_of
from akson.store.access import blocks, relations
from akson.store.index.hashing import patient_number
from akson.store.record import resources
from akson.store.record.resources import HistoryOf
from akson.store.scope import NODE
from akson.store.scope_holds import Row, holds

HIGH = 4
"""Records open at the highest level of e-ID alone; everybody here is thought to have it."""
PAGE = 1000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DEEPEST = 10


@dataclass(frozen=True, slots=True)
class Reader:
    """One post whose holder can read, with what and why."""

    name: str
    role: str
    """Role code."""
    unit: str
    types: frozenset[str]
    """Resource types of the record."""
    kinds: tuple[str, ...]
    """What makes the care relation: general_practitioner, service, stay, team, appointment, referral ..."""


async def readers(ctx: Context, patient: str, at: datetime) -> list[Reader]:
    """Those who could read the record of a patient (id) at a moment, by unit and name."""
    held = await relations.at(ctx.tx, patient, at)
    kinds: defaultdict[str, set[str]] = defaultdict(set)
    for relation in held:
        kinds[relation.party].add(relation.kind)
    pat = patient_number(patient)
    closed = (await blocks.of_patients(ctx.tx, [pat])).get(pat, ())
    known = {
        kind: await _then(ctx, kind, at) for kind in ("Organization", "Practitioner", "PractitionerRole")
    }
    found: list[Reader] = []
    for post in known["PractitionerRole"].values():
        actor = _actor(ctx, post, known, at)
        mine = parties_of(actor) & set(kinds) if actor else frozenset()
        if actor is None or not mine:
            continue
        rows = (Row(at, pat, each, 0, parties=frozenset(kinds), blocks=closed) for each in sorted(RECORD))
        types = frozenset(row.type for row in rows if _reads(ctx, actor, row))
        if types:
            why = tuple(sorted({kind for party in mine for kind in kinds[party]}))
            found.append(Reader(actor.name, actor.role, actor.unit_name, types, why))
    return sorted(found, key=lambda each: (each.unit, each.name, each.role))


def _reads(ctx: Context, actor: Actor, row: Row) -> bool:
    decision = ctx.policy(actor, Action.READ, row.type, Purpose.TREATMENT)
    return isinstance(decision, Grant) and holds(decision.scope.predicate, row)


def _actor(
    ctx: Context, post: Resource, known: Mapping[str, Mapping[str, Resource]], at: datetime
) -> Actor | None:
    """The actor that somebody with this post was; None where post or person was not active."""
    person = known["Practitioner"].get(post.get("practitioner", {}).get("reference", ""))
    if post.get("active") is not True or not covers(post.get("period"), at):
        return None
    if person is None or person.get("active") is False:
        return None
    units = _units(post.get("organization", {}).get("reference", ""), known["Organization"])
    codings = [coding for concept in post.get("code", []) for coding in concept.get("coding", [])]
    numbers = [number for _, unit in units if (number := _value(unit, ORGANIZATION))]
    addresses = [number for _, unit in units if (number := _value(unit, HER))]
    return Actor(
        Kind.PERSONNEL,
        name=str(person.get("name", [{}])[0].get("text", "")),
        hpr=_value(person, HPR),
        practitioner=f"Practitioner/{person['id']}",
        role=next((each["code"] for each in codings if each.get("system") == ROLE_SYSTEM), ""),
        role_reference=f"PractitionerRole/{post['id']}",
        units=frozenset(name for name, _ in units[:1]),
        above=frozenset(name for name, _ in units[1:-1]),
        unit_name=units[0][1].get("name", "") if units else "",
        unit_number=numbers[0] if numbers else ctx.node.organization,
        unit_numbers=frozenset([*numbers, *addresses]),
        authorization=next(iter(authorizations.in_force(person, at)), ""),
        organization=ctx.node.organization,
        organization_name=ctx.node.title,
        assurance=HIGH,
    )


def _units(reference: str, known: Mapping[str, Resource]) -> list[tuple[str, Resource]]:
    """The unit and those above it, the unit first."""
    found: list[tuple[str, Resource]] = []
    while (unit := known.get(reference)) and len(found) < DEEPEST:
        found.append((reference, unit))
        reference = unit.get("partOf", {}).get("reference", "")
    return found


def _value(resource: Resource, system: str) -> str:
    found = [each["value"] for each in resource.get("identifier", []) if each.get("system") == system]
    return str(found[0]) if found else ""


async def _then(ctx: Context, kind: str, at: datetime) -> dict[str, Resource]:
    """All resources of a type as they were at a moment, by reference. They are no one's record: read as the sign-in reads."""
    moment = (at - EPOCH) // timedelta(microseconds=1)
    found: dict[str, Resource] = {}
    cursor: str | None = None
    while True:
        of = HistoryOf(kind, count=PAGE, cursor=cursor, at=(moment, moment))
        page = await resources.history(ctx.tx, NODE, of)
        for stored in page.versions:
            if not stored.deleted:
                found[f"{kind}/{stored.id}"] = loads(stored.body)
        cursor = page.next
        if cursor is None:
            return found
