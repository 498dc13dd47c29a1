"""Follows the registers: what changed there changes here within seconds, in one transaction with the mark of how far.

Only people whom this node knows are asked for. Of health personnel all changes are kept, since those of others come here
with an attest. Several processes of a node take turns; what fails is tried again from the same mark, and what fails for
one person alone is noted and tried again by itself.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from akson.exchange.edge import taken
from akson.exchange.edge.registers import Registers
from akson.fhir.model import Resource, reference
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.kit.clock import instant, now
from akson.kit.errors import AksonError
from akson.kit.log import Event, log
from akson.kit.norwegian import DNR, FNR, HPR, ORGANIZATION, token
from akson.record import erasing, gate
from akson.record.authorizations import TAKEN as TAKEN_PERSONNEL
from akson.record.context import NODE_ITSELF, Context, Place, opened
from akson.record.erasing import What
from akson.record.identity import numbers
from akson.record.registers import Register
from akson.record.representation import TAKEN as TAKEN_PERSON
from akson.security.representation import guardians, responsible
from akson.store.access import registers as store
from akson.store.access.registers import Entry
from akson.store.record import events, resources
from akson.store.record.events import Mark
from akson.store.scope import NODE
from akson.store.search import statements
from akson.store.underway import keep

TAKEN = {
    Register.PERSON: TAKEN_PERSON,
    Register.PERSONNEL: TAKEN_PERSONNEL,
    Register.DOCTOR: "taken-doctor",
}
"""What the node has taken, among its own entries."""
MARK, DUE = "register-mark", "register-due"
OWN = "own"
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
LONGEST = 30.0
"""Seconds between two rounds at most: with what a round takes, well within the minute that is promised."""
AGAIN = timedelta(minutes=1)
PEOPLE = frozenset({"Patient", "RelatedPerson"})

Take = Callable[[Context, Sequence[str]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class RegisterFollower:
    """The follower of one node."""

    place: Place
    registers: Registers
    seconds: float
    moved: Callable[[], None]
    """Called when an address changed: what was remembered of addresses is forgotten."""

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            await asyncio.sleep(min(self.seconds, LONGEST))
            await self.round()

    async def round(self) -> bool:
        """One look into all feeds; a register that does not answer is left for the next round.

        False when another process of the node was at it for a part of the round.
        """
        alone = True
        steps: list[Callable[[Context], Awaitable[None]]] = [
            *(_following(self, register) for register in Register),
            self._newcomers,
            self._due,
        ]
        for step in steps:
            try:
                async with opened(self.place, NODE_ITSELF) as ctx:
                    if mine := await store.take_turn(ctx.tx):
                        await step(ctx)
                    alone = alone and mine
            except AksonError as error:
                log(Event.JOB_FAILED, job="registers", error=type(error).__name__)
        return alone

    # What changed in a register

    async def follow(self, ctx: Context, register: Register) -> None:
        """Take all changes of one register since the mark, and move it."""
        kept = await keep.lock(ctx.tx, MARK, register.value)
        if kept is None:  # whoever is known already is asked for as a newcomer, after this
            first = await self.registers.latest(register) + 1
            await keep.put(ctx.tx, MARK, register.value, {"next": first}, FOREVER)
            return
        first = int(kept["next"])
        while changes := await self.registers.changes(register, first):
            await self._take(ctx, register, list(dict.fromkeys(change.id for change in changes)))
            first = changes[-1].sequence + 1
            await keep.put(ctx.tx, MARK, register.value, {"next": first}, FOREVER)

    async def _take(self, ctx: Context, register: Register, ids: Sequence[str]) -> None:
        if register is Register.ADDRESS:
            self.moved()
        elif register is Register.PERSONNEL:
            for found in await self.registers.personnel(ids):
                await self._each(ctx, register, str(found["hprNumber"]), found, self._personnel)
        elif known := [entry.id for entry in await store.by_ids(ctx.tx, TAKEN[Register.PERSON], ids)]:
            asked = self.registers.persons if register is Register.PERSON else self.registers.doctors
            take = self._person if register is Register.PERSON else self._doctor
            for found in await asked(known):
                await self._each(ctx, register, str(found["id"]), found, take)

    async def _each(
        self,
        ctx: Context,
        register: Register,
        entry_id: str,
        found: dict[str, Any],
        take: Callable[[Context, dict[str, Any]], Awaitable[None]],
    ) -> None:
        try:
            async with ctx.tx.savepoint():
                await take(ctx, found)
        except AksonError as error:
            log(Event.JOB_FAILED, job=f"registers.{register.value}", error=type(error).__name__)
            await _remind(ctx, register, entry_id, now() + AGAIN)

    # What an entry changes here

    async def _person(self, ctx: Context, found: dict[str, Any]) -> None:
        number = taken.number(found) or await _known_number(ctx, str(found["id"]))
        entry = Entry(str(found["id"]), (number,), taken.kept(found))
        await store.put(ctx.tx, TAKEN[Register.PERSON], entry)
        for kind in sorted(PEOPLE):
            for resource in await _find(ctx, kind, identifier=token(number)):
                if kind == "Patient":
                    await self._close(ctx, found)
                made = taken.person(resource, found)
                if await _update(ctx, resource, made) and taken.is_protected(found):
                    # Where somebody lived stands in the versions before.
                    await erasing.erase(ctx, What.VERSIONS, kind, resource["id"])

    async def _close(self, ctx: Context, found: dict[str, Any]) -> None:
        """Keep the entries of a patient's parents and guardians too: whether they may act rests on them."""
        numbers = close_to(found)
        known = await store.by_keys(ctx.tx, TAKEN[Register.PERSON], numbers)
        missing = numbers - {key for entry in known for key in entry.keys}
        for other in await self.registers.persons_of(sorted(missing)) if missing else ():
            entry = Entry(str(other["id"]), (taken.number(other),), taken.kept(other))
            await store.put(ctx.tx, TAKEN[Register.PERSON], entry)

    async def _doctor(self, ctx: Context, found: dict[str, Any]) -> None:
        number = await _known_number(ctx, str(found["id"]))
        at = now()
        contract = taken.contract(found, at)
        office = (
            await _find(
                ctx, "Organization", identifier=f"{ORGANIZATION}|{contract['office']['organizationNumber']}"
            )
            if contract
            else []
        )
        roles = await _roles(ctx, contract["generalPractitioner"]["hprNumber"], office) if contract else []
        doctors = taken.doctors(contract, roles, reference(office[0]) if office else "")
        for resource in await _find(ctx, "Patient", identifier=token(number)):
            whole = resource | {"generalPractitioner": doctors}
            await _update(ctx, resource, {name: value for name, value in whole.items() if value != []})
        if turn := taken.next_turn(found, at):
            await _remind(ctx, Register.DOCTOR, str(found["id"]), turn)

    async def _personnel(self, ctx: Context, found: dict[str, Any]) -> None:
        number = str(found["hprNumber"])
        await store.put(ctx.tx, TAKEN[Register.PERSONNEL], Entry(number, (number,), found))
        for resource in await _find(ctx, "Practitioner", identifier=f"{HPR}|{number}"):
            await _update(ctx, resource, taken.practitioner(resource, found))

    # Who is new here, and what was put off

    async def _newcomers(self, ctx: Context) -> None:
        """Ask for people whom the node has got to know since the last round; in the first round for all."""
        kept = await keep.lock(ctx.tx, MARK, OWN)
        mark = Mark(int(kept["xid"]), int(kept["sequence"])) if kept else None
        latest = await events.latest(ctx.tx)
        if mark is None:
            for kind in sorted(PEOPLE):
                await self._ask_for(ctx, await _unknown(ctx, await _all(ctx, kind)))
        else:
            latest = await self._since(ctx, mark) or mark
        await keep.put(ctx.tx, MARK, OWN, {"xid": str(latest.xid), "sequence": latest.sequence}, FOREVER)

    async def _since(self, ctx: Context, mark: Mark) -> Mark | None:
        last: Mark | None = None
        while found := await events.after(ctx.tx, last or mark):
            last = found[-1].mark
            met = {each.reference: each.topic for each in found if each.topic.partition(".")[0] in PEOPLE}
            people = [(one, topic) for name, topic in met.items() if (one := await _read(ctx, name))]
            # One whom we know already may be new here in another part: a relative who becomes a patient.
            new = {_number(one) for one, topic in people if topic.endswith(".create")}
            await self._ask_for(ctx, new | await _unknown(ctx, (one for one, _ in people)))
        return last

    async def _ask_for(self, ctx: Context, numbers: Collection[str]) -> None:
        ids = []
        for found in await self.registers.persons_of(sorted(filter(None, numbers))):
            ids.append(str(found["id"]))
            await self._each(ctx, Register.PERSON, ids[-1], found, self._person)
        await self._take(ctx, Register.DOCTOR, ids)

    async def _due(self, ctx: Context) -> None:
        """Take again what was put off to now: contracts that begin or end, and what failed."""
        for key, value in (await keep.find(ctx.tx, DUE)).items():
            if datetime.fromisoformat(value["at"]) <= now():
                await keep.delete(ctx.tx, DUE, key)
                register, _, entry_id = key.partition(":")
                await self._take(ctx, Register(register), [entry_id])


async def begin(ctx: Context, entries: Mapping[Register, Sequence[Entry]]) -> None:
    """A node that was filled from the registers themselves has taken these entries, and follows from here."""
    known = {_number(one) for kind in sorted(PEOPLE) for one in await _all(ctx, kind)}
    patients = {_number(one) for one in await _all(ctx, "Patient")}
    for register, found in entries.items():
        if register is Register.PERSON:
            known |= {pid for entry in found if patients & set(entry.keys) for pid in close_to(entry.body)}
        await keep.put(ctx.tx, MARK, register.value, {"next": len(found) + 1}, FOREVER)
        if register is Register.PERSON:
            for entry in found:
                if known & set(entry.keys):
                    await store.put(ctx.tx, TAKEN[register], replace(entry, body=taken.kept(entry.body)))
    latest = await events.latest(ctx.tx)
    await keep.put(ctx.tx, MARK, OWN, {"xid": str(latest.xid), "sequence": latest.sequence}, FOREVER)


def close_to(person: dict[str, Any]) -> set[str]:
    """Identity numbers of those who may act for somebody by the register."""
    return {*responsible(person), *guardians(person)}


def _following(follower: RegisterFollower, register: Register) -> Callable[[Context], Awaitable[None]]:
    async def step(ctx: Context) -> None:
        await follower.follow(ctx, register)

    return step


async def _unknown(ctx: Context, people: Iterable[Resource]) -> set[str]:
    """The identity numbers of those that the register has not told of yet."""
    numbers = {number for one in people if (number := _number(one))}
    known = await store.by_keys(ctx.tx, TAKEN[Register.PERSON], numbers)
    return numbers - {key for entry in known for key in entry.keys}


async def _remind(ctx: Context, register: Register, entry_id: str, at: datetime) -> None:
    await keep.put(ctx.tx, DUE, f"{register.value}:{entry_id}", {"at": instant(at)}, FOREVER)


async def _known_number(ctx: Context, entry_id: str) -> str:
    found = await store.by_ids(ctx.tx, TAKEN[Register.PERSON], [entry_id])
    return found[0].keys[0] if found else ""


async def _roles(ctx: Context, number: str, office: Sequence[Resource]) -> list[str]:
    """The doctor's posts on this node at the office of the contract, else the doctor without one; none of a stranger."""
    people = await _find(ctx, "Practitioner", identifier=f"{HPR}|{number}")
    if not people:
        return []
    posts = await _find(ctx, "PractitionerRole", practitioner=reference(people[0]), active="true")
    at = {reference(each) for each in office}
    found = [reference(post) for post in posts if post.get("organization", {}).get("reference") in at]
    return found or [reference(people[0])]


async def _update(ctx: Context, before: Resource, after: Resource) -> bool:
    """Write where there is something to write; whether there was."""
    if _content(before) == _content(after):
        return False
    await gate.update(ctx, after, if_match=int(before["meta"]["versionId"]))
    return True


def _content(resource: Resource) -> tuple[Resource, object]:
    """The resource without what the store writes into its meta."""
    return {name: value for name, value in resource.items() if name != "meta"}, resource.get("meta", {}).get(
        "security"
    )


def _number(resource: Resource) -> str:
    return next(iter(numbers(resource)), "")


# The node's own people and personnel are read as the sign-in reads them; what is changed goes through the door.


async def _find(ctx: Context, resource_type: str, **params: str) -> list[Resource]:
    query = parse(resource_type, list(params.items()), base="")
    return [loads(stored.body) for stored in (await statements.search(ctx.tx, NODE, query)).matches]


async def _read(ctx: Context, name: str) -> Resource | None:
    stored = await resources.read(ctx.tx, NODE, *name.split("/", 1))
    return loads(stored.body) if stored and not stored.deleted else None


async def _all(ctx: Context, resource_type: str) -> list[Resource]:
    found: list[Resource] = []
    more: list[tuple[str, str]] | None = []
    while more is not None:
        query = parse(resource_type, [("identifier", f"{FNR}|,{DNR}|"), ("_count", "500"), *more], base="")
        page = await statements.search(ctx.tx, NODE, query)
        found += [loads(stored.body) for stored in page.matches]
        more = [("_cursor", page.next)] if page.next else None
    return found
