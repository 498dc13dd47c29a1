"""Who can read a patient, and why: the rules asked the other way round, for everybody who had a post at a moment.

Posts, units, authorisations, care relations and records opened in an emergency are as they were known at that moment; what
patients have closed, and opened by consent, counts by its own times. Who reads without a post here is in `who_can_besides.py`.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
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
from akson.security.rules.blocks import subjects
from akson.security.rules.care_relation import parties_of
from akson.security.rules.emergency import may_open
from akson.store.access import blocks, consents, openings, relations
from akson.store.index.hashing import patient_number
from akson.store.record import resources
from akson.store.record.resources import HistoryOf
from akson.store.record.stored import Stored
from akson.store.scope import NODE
from akson.store.scope_holds import Row, holds

HIGH = 4
"""Records open at the highest level of e-ID alone; everybody here is thought to have it."""
PAGE = 10_000
REFERENCE = re.compile(rb'"reference": ?"([^"]+)"')
EMERGENCY = "emergency"
"""Why of a reader who has opened the record in an emergency."""
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
    """What makes the care relation: general_practitioner, service, stay, team, appointment, referral ...; emergency."""
    told: str = ""
    """Why the record was opened in an emergency, in the words of the one who opened."""
    until: datetime | None = None
    """When that ends."""
    agreed: datetime | None = None
    """Until when the patient has opened to this one, by consent, what is closed."""
    post: str = ""
    practitioner: str = ""
    """References of the PractitionerRole and the Practitioner."""


async def readers(ctx: Context, patient: str, at: datetime) -> list[Reader]:
    """Those who could read the record of a patient (id) at a moment, by unit and name."""
    held = await relations.at(ctx.tx.as_node, patient, at)
    kinds: defaultdict[str, set[str]] = defaultdict(set)
    for relation in held:
        kinds[relation.party].add(relation.kind)
    opened = {(each.practitioner, each.role): each for each in await openings.at(ctx.tx.as_node, patient, at)}
    subject = await closed_of(ctx, patient, at, frozenset(kinds))
    known = await _posts(ctx, at, {*kinds, *(practitioner for practitioner, _ in opened)})
    agreed = await consents.at(ctx.tx.as_node, patient, at)
    named = frozenset().union(*(each.subjects | each.excepted for each in subject.blocks))
    same: dict[Actor, frozenset[str]] = {}
    found: list[Reader] = []
    for post in known["PractitionerRole"].values():
        actor = _actor(ctx, post, known, at)
        if actor is None:
            continue
        opening = opened.get((actor.practitioner, actor.role))
        if opening:
            actor = replace(actor, opened=frozenset({patient}))
        why = {kind for party in parties_of(actor) for kind in kinds.get(party, ())}
        why |= {EMERGENCY} if opening and may_open(actor) else set()
        if not why:
            continue
        # Colleagues with the same post read the same, where neither relation nor block is about one of them.
        alike = _without_person(actor, {*kinds, *named})
        types = same[alike] if alike in same else same.setdefault(alike, readable(ctx, alike, subject))
        if types:
            made = Reader(actor.name, actor.role, actor.unit_name, types, tuple(sorted(why)))
            made = replace(made, agreed=agreed_until(agreed, actor))
            if opening and EMERGENCY in why:
                made = replace(made, told=opening.why, until=opening.high)
            found.append(replace(made, post=actor.role_reference, practitioner=actor.practitioner))
    return sorted(found, key=lambda each: (each.unit, each.name, each.role))


def agreed_until(agreed: Iterable[tuple[frozenset[str], datetime]], actor: Actor) -> datetime | None:
    """Until when one of the openings by consent, what lasts longest first, is for the actor."""
    mine = subjects(actor)
    return next((high for named, high in agreed if named & mine), None)


def _without_person(actor: Actor, named: AbstractSet[str]) -> Actor:
    """The actor with nothing of who it is, unless one of the names is of that person."""
    if {actor.practitioner, actor.role_reference, f"hpr:{actor.hpr}"} & named:
        return actor
    return replace(actor, name="", hpr="", practitioner="", role_reference="")


async def closed_of(ctx: Context, patient: str, at: datetime, parties: frozenset[str]) -> Row:
    """The record of a patient as the rules see it at a moment: who has a relation to it, and what is closed of it."""
    pat = patient_number(patient)
    closed = (await blocks.of_patients(ctx.tx.as_node, [pat])).get(pat, ())
    return Row(at, pat, "", 0, parties=parties, blocks=closed)


def readable(ctx: Context, actor: Actor, subject: Row) -> frozenset[str]:
    """The types of the record that an actor reads of `subject`."""
    rows = (replace(subject, type=each) for each in sorted(RECORD))
    return frozenset(row.type for row in rows if _reads(ctx, actor, row))


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


async def _posts(ctx: Context, at: datetime, wanted: set[str]) -> Mapping[str, Mapping[str, Resource]]:
    """Units, and the posts with their people that may have to do with these parties, as they were at a moment.

    Most posts of a large organisation have not: that is seen by the references in their text, before it is read.
    """
    units = await _then(ctx, HistoryOf("Organization", count=PAGE), at)
    reach = {each for each in units if wanted & {name for name, _ in _units(each, units)}}
    sought = frozenset(each.encode() for each in {*wanted, *reach})

    def concerns(stored: Stored) -> bool:
        own = f"{stored.type}/{stored.id}".encode()
        return own in sought or not sought.isdisjoint(REFERENCE.findall(stored.body))

    posts = await _then(ctx, HistoryOf("PractitionerRole", count=PAGE), at, concerns)
    people = {each.get("practitioner", {}).get("reference", "") for each in posts.values()}
    ids = sorted(each.removeprefix("Practitioner/") for each in people)
    found: dict[str, Resource] = {}
    for start in range(0, len(ids), PAGE):
        of = HistoryOf("Practitioner", ids=tuple(ids[start : start + PAGE]), count=PAGE)
        found |= await _then(ctx, of, at)
    return {"Organization": units, "PractitionerRole": posts, "Practitioner": found}


async def _then(
    ctx: Context, of: HistoryOf, at: datetime, concerns: Callable[[Stored], bool] = lambda _: True
) -> dict[str, Resource]:
    """Resources of a type as they were at a moment, by reference. They are no one's record: read as the sign-in reads."""
    moment = (at - EPOCH) // timedelta(microseconds=1)
    found: dict[str, Resource] = {}
    cursor: str | None = None
    while True:
        page = await resources.history(ctx.tx.as_node, NODE, replace(of, cursor=cursor, at=(moment, moment)))
        for stored in page.versions:
            if not stored.deleted and concerns(stored):
                found[f"{stored.type}/{stored.id}"] = loads(stored.body)
        cursor = page.next
        if cursor is None:
            return found
