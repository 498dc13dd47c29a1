"""Whom somebody may act for now: children and wards by the register of persons, and those who have given a power of attorney.

Asked anew for every request, so that what has ended has ended: a birthday, a power that was taken back, an address that
became secret.
"""

from akson.kit.clock import now
from akson.security import representation as rule
from akson.security.actor import ActsFor
from akson.security.representation import Body
from akson.store.access import attorneys, registers
from akson.store.access.registers import Entry
from akson.store.database.pool import Tx

PERSON = "person"


async def of(tx: Tx, pid: str) -> list[ActsFor]:
    """Whom the person with this identity number may act for, each once."""
    own = await registers.by_keys(tx, PERSON, [pid])
    if any(rule.is_secret(entry.body) for entry in own):
        return []
    found = [made for entry in await attorneys.charges(tx, pid) if (made := await _charge(tx, pid, entry))]
    powers = await attorneys.held(tx, pid)
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


async def _charge(tx: Tx, pid: str, entry: Entry) -> ActsFor | None:
    numbers = [str(each["responsible"]) for each in entry.body.get("parentalResponsibility", [])]
    parents = [each.body for each in await registers.by_keys(tx, PERSON, numbers)]
    today = now().date()
    for right, areas in (
        (rule.PARENT, rule.of_child(entry.body, pid, parents, today)),
        (rule.GUARDIAN, rule.of_ward(entry.body, pid)),
    ):
        if areas:
            return ActsFor(entry.keys[0], _name(entry.body), right, areas)
    return None


def _name(body: Body) -> str:
    name: Body = next(iter(body.get("name", [])), {})
    return " ".join(filter(None, (name.get("firstName"), name.get("middleName"), name.get("lastName"))))
