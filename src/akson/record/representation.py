"""Whom somebody may act for now: children and wards by the register of persons, and those who have given a power of attorney.

Asked anew for every request, so that what has ended has ended: a birthday, a power that was taken back, an address that
became secret. The platform asks its own registers; a record system what it has taken from the register of persons, and
its mirror of the powers.
"""

from collections.abc import Sequence
from datetime import timedelta

from akson.kit.clock import today
from akson.security import representation as rule
from akson.security.actor import ActsFor
from akson.security.representation import Body, Claim
from akson.store.access import attorneys, registers
from akson.store.access.registers import Entry
from akson.store.database.pool import Tx

PERSON = "person"
TAKEN = "taken-person"
"""What a record system has taken from the register of persons, among its own entries."""
FRESH = timedelta(seconds=15)
"""A node that has heard no word of the platform for longer lets nobody act by a power of attorney."""


async def of(tx: Tx, pid: str) -> list[ActsFor]:
    """Whom the person with this identity number may act for, each once, as the platform's registers have it."""
    own = await registers.by_keys(tx, PERSON, [pid])
    if any(rule.is_secret(entry.body) for entry in own):
        return []
    found = [
        made
        for entry in await attorneys.charges(tx.as_node, pid)
        if (made := await _charge(tx, PERSON, pid, entry))
    ]
    powers = await attorneys.held(tx.as_node, pid)
    givers = {
        entry.keys[0]: entry.body for entry in await registers.by_keys(tx, PERSON, [p.giver for p in powers])
    }
    found += [
        ActsFor(power.giver, power.giver_name, rule.POWER, frozenset(power.areas))
        for power in powers
        if not rule.is_secret(givers.get(power.giver, {}))
    ]
    first: dict[str, ActsFor] = {}
    for each in found:
        first.setdefault(each.pid, each)
    return list(first.values())


async def claimed(tx: Tx, pid: str, claim: Claim, *, hub: bool) -> frozenset[str]:
    """What the person with this identity number may do by the right claimed; nothing where there is no such right.

    `hub`: the platform, which has the registers themselves.
    """
    if hub:
        held = (each for each in await of(tx, pid) if (each.pid, each.right) == (claim.pid, claim.right))
        return next((each.areas for each in held), frozenset())
    both = await registers.by_keys(tx, TAKEN, [pid, claim.pid])
    if any(rule.is_secret(entry.body) for entry in both):
        return frozenset()
    if claim.right == rule.POWER:
        return await attorneys.known(tx.as_node, claim.pid, pid, FRESH)
    other = next((entry for entry in both if claim.pid in entry.keys), None)
    # Whether the address of the one who acts is secret must be known here.
    if other is None or not any(pid in entry.keys for entry in both):
        return frozenset()
    found = await _charge(tx, TAKEN, pid, other)
    return found.areas if found and found.right == claim.right else frozenset()


async def _charge(tx: Tx, register: str, pid: str, entry: Entry) -> ActsFor | None:
    named = set(rule.responsible(entry.body))
    parents = await registers.by_keys(tx, register, sorted(named))
    # Whoever is not known here may have a secret address.
    known = named <= {key for each in parents for key in each.keys}
    of_child = rule.of_child(entry.body, pid, [each.body for each in parents], today())
    for right, areas in (
        (rule.PARENT, of_child if known else frozenset()),
        (rule.GUARDIAN, rule.of_ward(entry.body, pid)),
    ):
        if areas:
            return ActsFor(entry.keys[0], _name(entry.body), right, areas)
    return None


async def old_enough(tx: Tx, giver: str, holder: str) -> bool:
    """Whether the one is 16 and the other 18, as the register of persons has it; who is not in it is not."""
    return await may_give(tx, giver) and await _is(rule.OF_AGE, tx, holder)


async def may_give(tx: Tx, giver: str) -> bool:
    """Whether somebody is old enough to give a power of attorney."""
    return await _is(rule.ADULT, tx, giver)


async def _is(least: int, tx: Tx, pid: str) -> bool:
    found = await registers.by_keys(tx, PERSON, [pid])
    years = rule.age(found[0].body, today()) if found else None
    return years is not None and years >= least


async def ended(tx: Tx, entries: Sequence[Entry]) -> None:
    """Who has died, or got a secret address, has no power of attorney any more, neither given nor received."""
    gone = [key for entry in entries if rule.is_secret(entry.body) for key in entry.keys]
    if gone:
        await attorneys.end_all(tx.as_node, gone)


def _name(body: Body) -> str:
    name: Body = next(iter(body.get("name", [])), {})
    return " ".join(filter(None, (name.get("firstName"), name.get("middleName"), name.get("lastName"))))
