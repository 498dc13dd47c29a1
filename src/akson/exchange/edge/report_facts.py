"""What reports are made from: which things a change in the record starts a report about, and what is read for one."""

from typing import Any

from akson.exchange.finding import find
from akson.exchange.reports.catalogue import REGISTERS, registers
from akson.exchange.reports.declare import Facts, Register
from akson.fhir.model import Resource, reference, split_reference
from akson.messaging.model import Party
from akson.record.context import Context
from akson.store.underway import reports

STARTS = frozenset(kind for each in REGISTERS for kind in each.starts | each.anew)


async def started(ctx: Context, changed: str) -> list[tuple[Register, str]]:
    """The reports (register, and reference of what it tells of) that a changed resource may make necessary."""
    kind = changed.partition("/")[0]
    if kind not in STARTS:
        return []
    found = [(register, changed) for register in registers() if kind in register.starts]
    for register in [each for each in registers() if kind in each.anew]:
        said = await resource(ctx, changed)
        if said and (whom := patient(said)):
            found += [(register, each) for each in await _of_patient(ctx, register, whom)]
    return found


async def _of_patient(ctx: Context, register: Register, whom: str) -> list[str]:
    """All that may be told to a register about a patient, or was."""
    about = ("patient", f"Patient/{whom}")
    now = [
        reference(one)
        for kind in sorted(register.starts)
        for one in await find(ctx, kind, about, *register.only)
    ]
    return list(dict.fromkeys([*now, *await reports.of_patient(ctx.tx, whom, register.messages)]))


async def resource(ctx: Context, what: str) -> Resource | None:
    """A resource by its reference; None where it is there no more."""
    return next(iter(await find(ctx, *_by_id(what))), None)


async def facts(ctx: Context, register: Register, said: Resource, unit: Party) -> Facts:
    """All that a report to a register is made from."""
    whom = patient(said)
    patients = await find(ctx, "Patient", ("_id", whom))
    named = [each for each in _references(said) if each.partition("/")[0] in register.related]
    related = {each: one for each in named for one in await find(ctx, *_by_id(each))}
    about = ("patient", f"Patient/{whom}")
    beside = {kind: await find(ctx, kind, about, *pairs) for kind, pairs in register.beside.items()}
    return Facts(said, patients[0] if patients else {}, unit, related, beside)


def patient(said: Resource) -> str:
    """Id of the Patient that a resource is about."""
    about = said.get("patient") or said.get("subject") or {}
    return str(about.get("reference", "")).removeprefix("Patient/")


async def units(ctx: Context, said: Resource) -> list[str]:
    """References of the units of those who did what a resource tells of."""
    actors = [each.get("actor", {}) for each in said.get("performer", [])]
    actors += [said.get("provider", {}), said.get("author", {})]
    return [unit for each in actors for unit in await _units(ctx, str(each.get("reference", "")))]


async def _units(ctx: Context, actor: str) -> list[str]:
    """References of the units that somebody is, or works in."""
    kind, _, id_ = actor.partition("/")
    if kind == "Organization":
        return [actor]
    named = {"PractitionerRole": ("_id", id_), "Practitioner": ("practitioner", actor)}.get(kind)
    roles = await find(ctx, "PractitionerRole", named) if named else []
    return [str(each.get("organization", {}).get("reference", "")) for each in roles]


def _by_id(what: str) -> tuple[str, tuple[str, str]]:
    kind, id_ = split_reference(what)
    return kind, ("_id", id_)


def _references(said: Any) -> list[str]:
    """All that a resource refers to, in its order."""
    if isinstance(said, list):
        return [found for each in said for found in _references(each)]
    if not isinstance(said, dict):
        return []
    own = [said["reference"]] if isinstance(said.get("reference"), str) else []
    return own + [found for each in said.values() for found in _references(each)]
