"""Who can read a patient without a post here: people of other organisations by an attest, a supplier's people on an errand,
parents, guardians, who holds a power of attorney, and services that the citizen lets see something.

An attest opens for an hour and is known by what it opened: whoever came with one in the hour before stands here. Parents
and guardians are those of the register as it is now, on the day that is asked for; of powers of attorney a node knows no
names.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from akson.fhir.strict_json import loads
from akson.kit.clock import day_of
from akson.record.context import Context
from akson.record.identity import numbers
from akson.record.people import People
from akson.record.representation import TAKEN
from akson.record.who_can import HIGH, agreed_until, closed_of, readable
from akson.security import representation as rule
from akson.security.actor import Actor, Attested, Errand, Kind, Purpose, Share
from akson.security.representation import Body
from akson.security.roles import RECORD
from akson.security.rules.represented import OF_AREA
from akson.security.rules.supplier_errand import SUPPLIER, types_of
from akson.store.access import attorneys, audit, consents, errands, partners, registers
from akson.store.index.hashing import patient_number
from akson.store.record import resources
from akson.store.scope import NODE, OfTypes

ATTEST_LASTS = timedelta(hours=1)
"""An attest is refused after that (Tillitsrammeverk)."""


class Way(StrEnum):
    """Why somebody without a post here can read."""

    ATTEST = "attest"
    SUPPLIER = "supplier"
    PARENT = rule.PARENT
    GUARDIAN = rule.GUARDIAN
    POWER = rule.POWER
    PARTNER = "partner"


@dataclass(frozen=True, slots=True)
class Besides:
    """One who can read without a post here. Texts that nobody knows are empty."""

    way: Way
    types: frozenset[str]
    name: str = ""
    role: str = ""
    place: str = ""
    told: str = ""
    """Why, in the words of the one who asked for it."""
    until: datetime | None = None
    agreed: datetime | None = None
    """Until when the patient has opened to this one, by consent, what is closed."""


async def besides(ctx: Context, patient: str, at: datetime) -> list[Besides]:
    """Those who could read the record of a patient (id) at a moment without a post here."""
    found = [*await _attested(ctx, patient, at), *await _on_errands(ctx, patient, at)]
    return [*found, *await _acting(ctx, patient, at), *await _partners(ctx, patient, at)]


async def _partners(ctx: Context, patient: str, at: datetime) -> list[Besides]:
    """NAV, school, child welfare and others, by the consents as this node knows them; nobody reads here what it does not hold of them."""
    subject = await closed_of(ctx, patient, at, frozenset())
    made = []
    for agreed in await partners.of_patient(ctx.tx.as_node, patient, at):
        known = [ctx.place.services[slug] for slug in sorted(agreed.services) if slug in ctx.place.services]
        types = frozenset[str]().union(*(each.types for each in known))
        for whom in sorted(agreed.subjects):
            kind, _, number = whom.partition(":")
            share = Share(patient, agreed.services, OfTypes(types), types, agreed.high)
            actor = Actor(
                Kind.PARTNER,
                unit_number=number,
                unit_numbers=frozenset({number}),
                organization=number if kind == "org" else "",
                assurance=HIGH,
                shares=(share,),
            )
            unit = await People(ctx.place).unit(ctx.tx.as_node, number)
            name = str(unit["name"]) if unit else number
            made.append(Besides(Way.PARTNER, readable(ctx, actor, subject), name, until=agreed.high))
    return [each for each in made if each.types]


async def _attested(ctx: Context, patient: str, at: datetime) -> Iterable[Besides]:
    subject = await closed_of(ctx, patient, at, frozenset())
    agreed = await consents.at(ctx.tx.as_node, patient, at)
    made = []
    for row in await audit.attested(ctx.tx.as_node, patient_number(patient), at, ATTEST_LASTS):
        actor = Actor(
            Kind.PERSONNEL,
            name=row.actor_name,
            hpr=row.actor_id,
            role=row.role,
            unit_number=row.unit_number,
            authorization=row.profession,
            organization=row.organization,
            client_id=row.client_id,
            patient=patient,
            assurance=HIGH,
            care_relationship=Attested(Purpose.TREATMENT),
        )
        place = ", ".join(dict.fromkeys(filter(None, [row.unit, row.organization_name])))
        until = datetime.fromtimestamp(row.toa, at.tzinfo) + ATTEST_LASTS
        types = readable(ctx, actor, subject)
        told = (row.actor_name, row.role, place, row.decision_text, until, agreed_until(agreed, actor))
        made.append(Besides(Way.ATTEST, types, *told))
    return [each for each in made if each.types]


async def _on_errands(ctx: Context, patient: str, at: datetime) -> Iterable[Besides]:
    subject = await closed_of(ctx, patient, at, frozenset())
    made = []
    for each in await errands.of_patient(ctx.tx.as_node, patient, at):
        asked = each.asking
        errand = Errand(asked.ticket, asked.why, patient, types_of(asked.topics), each.high)
        actor = Actor(
            Kind.PERSONNEL,
            name=asked.name,
            practitioner=asked.practitioner,
            role=SUPPLIER,
            organization=ctx.node.organization,
            assurance=HIGH,
            errands=(errand,),
        )
        types = readable(ctx, actor, subject)
        told = f"{asked.ticket}: {asked.why}"
        made.append(Besides(Way.SUPPLIER, types, asked.name, SUPPLIER, asked.supplier, told, each.high))
    return [each for each in made if each.types]


async def _acting(ctx: Context, patient: str, at: datetime) -> list[Besides]:
    stored = await resources.read(ctx.tx.as_node, NODE, "Patient", patient)
    person = loads(stored.body) if stored and not stored.deleted else None
    made: list[Besides] = []
    for pid in numbers(person) if person else []:
        powers = await attorneys.of_giver(ctx.tx.as_node, pid, at)
        made += [Besides(Way.POWER, _read_by(each.areas), until=each.high) for each in powers]
        for entry in await registers.by_keys(ctx.tx.as_node, TAKEN, [pid]):
            made += await _of_register(ctx, entry.body, at)
    return [each for each in made if each.types]


async def _of_register(ctx: Context, body: Body, at: datetime) -> list[Besides]:
    """Parents and guardians who are known here, where no address is secret."""
    parents, guardians = rule.responsible(body), rule.guardians(body)
    known: Mapping[str, Body] = {
        key: entry.body
        for entry in await registers.by_keys(ctx.tx.as_node, TAKEN, [*parents, *guardians])
        for key in entry.keys
    }
    all_known = [known[pid] for pid in parents if pid in known]
    made = []
    for pid, way in [*((pid, Way.PARENT) for pid in parents), *((pid, Way.GUARDIAN) for pid in guardians)]:
        own = known.get(pid)
        if own is None or rule.is_secret(own) or (way is Way.PARENT and len(all_known) < len(set(parents))):
            continue
        if way is Way.PARENT:
            areas = rule.of_child(body, pid, all_known, day_of(at))
        else:
            areas = rule.of_ward(body, pid)
        made.append(Besides(way, _read_by(areas), _name(own)))
    return made


def _read_by(areas: Iterable[str]) -> frozenset[str]:
    return RECORD & frozenset().union(*(OF_AREA.get(area, frozenset()) for area in areas))


def _name(body: Body) -> str:
    name: Body = next(iter(body.get("name", [])), {})
    return " ".join(filter(None, (name.get("firstName"), name.get("middleName"), name.get("lastName"))))
