"""Who sits at the platform's desk of the dialogue service: a citizen, who acts for one, or personnel whose record system says who they are.

Personnel come through their own system, which answers for who they are and which of its units they work for, as it does for a message
(Tillitsrammeverk: the trust lies in the organisation). What they reach are the threads of those units, and of these only what the
citizen has not closed to them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from akson.exchange import threads
from akson.fhir.extract import extract
from akson.fhir.model import Resource
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.kit.errors import Malformed, NotAllowed, NotFound
from akson.kit.norwegian import HER, HPR, ORGANIZATION
from akson.messaging.addresses import AddressBook, Entry
from akson.record.context import Context
from akson.record.people import People
from akson.security.actor import Actor, Kind, Talks
from akson.security.rules.assurance import HIGH
from akson.security.rules.dialogue import CITIZEN, INVITED, PARTY, may_meet, may_talk
from akson.store.scope import NODE
from akson.store.search import statements

MOST = "1000"
"""Threads of a unit that are looked through."""


@dataclass(frozen=True, slots=True)
class Who:
    """A person at work as the record system tells of: a member of each request."""

    name: str
    units: tuple[str, ...]
    """HER-ids of the units one works for."""
    role: str = ""
    hpr: str = ""
    practitioner: str = ""
    """Reference of the Practitioner in the system's own register."""
    authorization: str = ""

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "Who":
        """Malformed for what is none."""
        who = told.get("who")
        units = who.get("units") if isinstance(who, dict) else None
        if not isinstance(who, dict) or not isinstance(units, list) or not units:
            raise Malformed("who names a person and the units", expression=("who",))
        words = [str(who.get(name, "")) for name in ("name", "role", "hpr", "practitioner", "authorization")]
        if not words[0]:
            raise Malformed("who has a name", expression=("who.name",))
        return cls(words[0], tuple(map(str, units)), *words[1:])


@dataclass(frozen=True, slots=True)
class Desk:
    """One who takes part in threads."""

    ctx: Context
    sides: frozenset[str]
    """The sides one writes for: CITIZEN, or HER-ids of units."""
    sender: Resource
    """As a Reference."""
    name: str
    book: AddressBook
    patient: str = ""
    """Id of the Patient whom one has named, or oneself."""

    def side(self, thread: threads.Thread) -> str:
        """The side one has in a thread. NotAllowed in one that was passed on."""
        mine = self.sides & thread.active
        if not mine:
            raise NotAllowed("the thread was passed on to another unit")
        return thread.unit if thread.unit in mine else min(mine)


def addresses(ctx: Context) -> AddressBook:
    """The register of units, which is no one's record: read as the sign-in reads it."""

    async def search(type_: str, pairs: Sequence[tuple[str, str]]) -> Sequence[Resource]:
        query = parse(type_, list(pairs), base=ctx.node.fhir)
        return [loads(each.body) for each in (await statements.search(ctx.tx.as_node, NODE, query)).matches]

    return AddressBook(search)


def of_citizen(ctx: Context) -> Desk:
    """The desk of a citizen, or of who acts for one. NotAllowed for anyone else."""
    actor = ctx.actor
    if not may_talk(actor):
        raise NotAllowed("messages are for citizens, and for who acts for one in the record")
    seated = replace(actor, talks=Talks(patients=frozenset({actor.patient})))
    oneself = {"reference": f"Patient/{actor.patient}", "display": actor.name}
    # Who acts for another is no resource here: the name alone says who writes.
    sender = {"type": "RelatedPerson", "display": actor.name} if actor.acts_for else oneself
    return Desk(ctx.by(seated), frozenset({CITIZEN}), sender, actor.name, addresses(ctx), actor.patient)


async def of_meetings(ctx: Context) -> Desk:
    """The desk of a citizen, or of who acts for one where appointments are concerned, with the meetings one is invited to."""
    actor = ctx.actor
    if not may_meet(actor):
        raise NotAllowed("meetings are for citizens, and for who acts for one")
    patients = {actor.patient}
    if not actor.acts_for:
        asked = [("_security", f"{INVITED}|{actor.patient}"), ("_count", MOST)]
        query = parse("Appointment", asked, base=ctx.node.fhir)
        page = await statements.search(ctx.tx.as_node, NODE, query)
        patients |= {found for each in page.matches if (found := extract(loads(each.body)).patient)}
    seated = replace(actor, talks=Talks(patients=frozenset(patients)))
    sender = {"display": actor.name}
    return Desk(ctx.by(seated), frozenset({CITIZEN}), sender, actor.name, addresses(ctx), actor.patient)


async def of_personnel(ctx: Context, who: Who, pid: str = "") -> Desk:
    """The desk of somebody at work; `ctx` is that of the system. With `pid`, threads about that person can begin.

    NotAllowed for units that are not the system's, NotFound for a person who is not known here.
    """
    book = addresses(ctx)
    if ctx.actor.kind is not Kind.SYSTEM or not set(who.units) <= await book.owned_by(ctx.actor.organization):
        raise NotAllowed("A system speaks for its own units")
    known = [*await of_units(ctx, who.units), *await of_units(ctx, who.units, kind="Appointment")]
    patients = {patient for each in known if (patient := extract(each).patient)}
    named = await People(ctx.place).patient(ctx.tx.as_node, pid) if pid else None
    if pid and named is None:
        raise NotFound("Nobody by that number")
    about = str(named["id"]) if named else ""
    patients |= {about} - {""}
    entries = [each for unit in who.units if (each := await book.entry(unit))]
    talks = Talks(frozenset(who.units), frozenset(patients))
    seated = replace(_actor(ctx.actor, who, entries), talks=talks)
    name = ", ".join(filter(None, (who.name, entries[0].name if entries else "")))
    sender: Resource = {"type": "Practitioner", "display": name}
    if who.hpr:
        sender["identifier"] = {"system": HPR, "value": who.hpr}
    return Desk(ctx.by(seated), frozenset(who.units), sender, name, book, about)


async def of_units(
    ctx: Context, units: Sequence[str], *pairs: tuple[str, str], kind: str = "Task"
) -> list[Resource]:
    """The threads (Tasks) or meetings (Appointments) of units, as the node knows them: whom they are about must be known before it is asked who reads."""
    wanted = ",".join(f"{PARTY}|{unit}" for unit in units)
    asked = [("_security", wanted), *pairs, ("_sort", "-_lastUpdated"), ("_count", MOST)]
    page = await statements.search(ctx.tx.as_node, NODE, parse(kind, asked, base=ctx.node.fhir))
    return [loads(each.body) for each in page.matches]


def unit_actor(entry: Entry, **values: Any) -> Actor:
    """Somebody at a unit of the register, as blocks name the unit and those above it."""
    chain = (entry.organization, *entry.above)
    numbers = [each for unit in chain for each in unit.get("identifier", [])]
    own = [each["value"] for each in numbers if each.get("system") == ORGANIZATION]
    return Actor(
        Kind.PERSONNEL,
        unit_name=entry.name,
        unit_number=own[0] if own else "",
        unit_numbers=frozenset(
            each["value"] for each in numbers if each.get("system") in {ORGANIZATION, HER}
        ),
        organization=own[-1] if own else "",
        organization_name=str(chain[-1].get("name", "")),
        assurance=HIGH,
        **values,
    )


def _actor(system: Actor, who: Who, entries: Sequence[Entry]) -> Actor:
    values = {
        "name": who.name, "hpr": who.hpr, "practitioner": who.practitioner, "role": who.role,
        "authorization": who.authorization, "client_id": system.client_id, "token": system.token,
    }  # fmt: skip
    if not entries:
        raise NotFound("No such unit")
    made = unit_actor(entries[0], **values)
    every = frozenset().union(*(unit_actor(each).unit_numbers for each in entries))
    return replace(made, organization=system.organization, unit_numbers=every)
