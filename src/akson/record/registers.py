"""The registers that access rests on, as they are served by the platform: read with a line in the access log, changed by
whoever runs them.

A reading of somebody's entry is in the citizen's own log, as any look is. Names of parts and values follow the national
interfaces; `exchange/edge/registers.py` is the client.
"""

from collections.abc import Callable, Collection, Sequence
from enum import StrEnum
from typing import Any

from akson.fhir.search_parse import parse
from akson.kit.errors import NotFound
from akson.kit.norwegian import token
from akson.record import representation, trail
from akson.record.context import Context
from akson.security.policy import Grant
from akson.store.access import registers
from akson.store.access.registers import Entry
from akson.store.index.hashing import patient_number
from akson.store.scope import NODE, Everything, Scope
from akson.store.search import statements

READING = Grant(Scope(Everything(), "reason.register"))
"""What a system may that has the scope of a register (national interfaces give all of it)."""


class Register(StrEnum):
    """What is served."""

    PERSON = "person"
    """Who people are: the population register."""
    PERSONNEL = "personnel"
    """Who is authorised as health personnel (Helsepersonellregisteret)."""
    DOCTOR = "doctor"
    """Who is whose regular general practitioner (Fastlegeregisteret)."""
    ADDRESS = "address"
    """Events alone: the addresses themselves are Organizations and Endpoints."""


OF_CITIZENS = {Register.PERSON: "Person", Register.DOCTOR: "CareTeam"}
"""Registers whose entries are about citizens, and the type of FHIR that their readings stand under in the log."""


async def by_ids(ctx: Context, register: Register, ids: Collection[str]) -> list[Entry]:
    """The entries with these ids; each reading is in the access log."""
    return await _told(ctx, register, await registers.by_ids(ctx.tx, register, ids))


async def by_keys(ctx: Context, register: Register, keys: Collection[str]) -> list[Entry]:
    """The entries of these numbers; each reading is in the access log."""
    return await _told(ctx, register, await registers.by_keys(ctx.tx, register, keys))


async def _told(ctx: Context, register: Register, found: list[Entry]) -> list[Entry]:
    kind = OF_CITIZENS.get(register)
    if kind and found:
        query = parse("Patient", [("identifier", ",".join(token(entry.keys[0]) for entry in found))], base="")
        page = await statements.search(ctx.tx.as_node, NODE, query)
        shown = {patient_number(stored.id): 1 for stored in page.matches}
        await trail.taken_out(ctx, READING, kind, shown or {0: len(found)})
    return found


async def change(
    ctx: Context,
    register: Register,
    entry_id: str,
    kind: str,
    make: Callable[[dict[str, Any]], dict[str, Any]],
) -> int:
    """Change an entry and tell those who follow; the number of the event, 0 when all stood so already. NotFound."""
    found = await registers.by_ids(ctx.tx, register, [entry_id])
    if not found:
        raise NotFound("the register has no such entry")
    entry = found[0]
    made = Entry(entry.id, entry.keys, make(entry.body))
    if not await registers.put(ctx.tx, register, made):
        return 0
    if register is Register.PERSON:
        await representation.ended(ctx.tx, [made])
    return await registers.tell(ctx.tx, register, entry.id, kind)


async def fill(ctx: Context, register: Register, entries: Sequence[Entry], kind: str) -> int:
    """Put entries in, with an event for each that is new or other than it was; how many."""
    changed = 0
    for entry in entries:
        if await registers.put(ctx.tx, register, entry):
            await registers.tell(ctx.tx, register, entry.id, kind)
            changed += 1
    if register is Register.PERSON:
        await representation.ended(ctx.tx, entries)
    return changed
