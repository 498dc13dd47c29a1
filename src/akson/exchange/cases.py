"""A request as a case in motion (rows I13-I16): one state machine for orders, referrals and requests, whoever looks.

A case is a Task about the ServiceRequests that were asked for (`basedOn`; the first is the `focus`). Its states, and who brings it
from one to another, are `record/casework.py`'s. Asker and performer may each have the case in a record of their own; both have the
same number, and the one who performs decides its state.

`open_case` and `move` go through the one door, in the caller's transaction. Who asks and who performs is the caller's to know;
`move` knows which of the two may make a move.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from akson.exchange.finding import find
from akson.fhir.model import Resource, concept, reference, split_reference
from akson.fhir.strict_json import loads
from akson.kit.clock import instant, now
from akson.kit.errors import Conflict
from akson.kit.ids import new_id
from akson.record import gate
from akson.record.casework import FINAL, KIND, Side, State, due, follows, is_case, kind_of, told
from akson.record.casework import CaseKind as Kind
from akson.record.change import Change
from akson.record.context import Context
from akson.security.actor import Action

__all__ = ["FINAL", "KIND", "Kind", "Side", "State", "due", "follows", "is_case"]
"""The machine's own words, for those who work with cases."""

NUMBER = "urn:ietf:rfc:3986"
"""System of the number that asker and performer both know the case by: urn:uuid:<id of the request or letter>."""
_KINDS = {Kind.ORDER: "Bestilling", Kind.REFERRAL: "Henvisning", Kind.REQUEST: "Anmodning"}
CODES = ",".join(f"{KIND}|{kind}" for kind in Kind)
"""Search value for cases of all kinds."""
OPEN = ",".join(each for each in State if each not in FINAL)
"""Search value for what is under way."""
_REQUEST_STATUS = {
    State.ON_HOLD: "on-hold",
    State.COMPLETED: "completed",
    State.REJECTED: "revoked",
    State.CANCELLED: "revoked",
}
"""The status of a ServiceRequest whose case is in a state; all others are active."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A move: to which state, and what is said with it."""

    to: State
    words: str = ""
    """Why, for the other side and the citizen to read."""
    until: str = ""
    """When the next step is due: a FHIR date; empty leaves none."""
    results: tuple[str, ...] = ()
    """References of what came of it: reports, summaries, decisions."""


def state(case: Resource) -> State:
    """The state of a case."""
    return State(case["status"])


def number(case: Resource) -> str:
    """What both sides know the case by; empty where it has none."""
    return next((i["value"] for i in case.get("identifier", ()) if i.get("system") == NUMBER), "")


def said(case: Resource) -> str:
    """What was said last with a move; empty when nothing was."""
    return str(case.get("statusReason", {}).get("text", ""))


def opening(kind: Kind, requests: Sequence[Resource], named: str, asker: Resource, step: Step) -> Resource:
    """The Task of a new case about ServiceRequests that stand, or are written together with it.

    `named` is its number without the scheme; `asker` a Reference to the unit or person that asks.
    """
    first = requests[0]
    words = [each.get("code", {}).get("text", "") for each in requests]
    made: Resource = {
        "resourceType": "Task",
        "id": new_id(),
        "identifier": [{"system": NUMBER, "value": f"urn:uuid:{named}"}],
        "basedOn": [{"reference": reference(each)} for each in requests],
        "status": step.to.value,
        "intent": "order",
        "priority": first.get("priority", "routine"),
        "code": concept(KIND, kind.value, _KINDS[kind]),
        "focus": {"reference": reference(first)},
        "for": first["subject"],
        "authoredOn": first.get("authoredOn") or instant(now()),
        "requester": asker,
        "owner": first["performer"][0],
    }
    if description := ", ".join(dict.fromkeys(filter(None, words))):
        made["description"] = description
    if source := first.get("meta", {}).get("source"):
        made["meta"] = {"source": source}
    return moved(made, step, {})


def moved(case: Resource, step: Step, author: Resource) -> Resource:
    """The case after a step that somebody (Reference, may be empty) made. Pure: whether it may be made is `move`'s."""
    moment = instant(now())
    kept = {k: v for k, v in case.items() if k not in ("restriction", "statusReason")}
    # What is due of the assessment stays due while one waits for more.
    # So does the day by which a request is to be answered, until it is.
    stays = step.to in (State.RECEIVED, State.ON_HOLD) or (
        kind_of(case) is Kind.REQUEST and step.to not in FINAL
    )
    until = step.until or (due(case) if stays else "")
    note: Resource = {"time": moment, "text": step.words} | ({"authorReference": author} if author else {})
    results = [
        {"type": {"text": split_reference(each)[0]}, "valueReference": {"reference": each}}
        for each in step.results
    ]
    return kept | {
        "status": step.to.value,
        "lastModified": moment,
        **({"restriction": {"period": {"end": until}}} if until else {}),
        **({"statusReason": {"text": step.words}} if step.words else {}),
        **({"note": [*case.get("note", ()), note]} if step.words else {}),
        **({"output": [*case.get("output", ()), *results]} if results else {}),
    }


async def open_case(
    ctx: Context, kind: Kind, requests: Sequence[Resource], named: str, asker: Resource, step: Step
) -> Resource:
    """Write a new case; see `opening`."""
    made = opening(kind, requests, named, asker, step)
    await gate.create(ctx, made)
    return made


async def move(ctx: Context, case: Resource, step: Step, side: Side) -> Resource:
    """Bring a case to its next state, and its requests along. Conflict when it cannot come there from where it is."""
    before = state(case)
    if step.to not in follows(before, side):
        raise Conflict(f"a case that is {before} does not become {step.to} by its {side}")
    return await _written(ctx, case, step)


async def mirror(ctx: Context, case: Resource, step: Step) -> Resource:
    """Follow what the performer's own system tells of a case. What is final stays, and nothing goes back to received
    but what waited for more.
    """
    before = state(case)
    if step.to not in told(before):
        return case
    return await _written(ctx, case, step)


async def _written(ctx: Context, case: Resource, step: Step) -> Resource:
    changed = moved(case, step, _author(ctx))
    version = int(case["meta"]["versionId"]) if case.get("meta", {}).get("versionId") else None
    changes = [Change(Action.UPDATE, changed, if_match=version)]
    status = _REQUEST_STATUS.get(step.to, "active")
    for each in case.get("basedOn", ()):
        request = loads((await gate.read(ctx, *split_reference(each["reference"]))).body)
        if request.get("status") not in (status, "revoked", "entered-in-error"):
            changes.append(Change(Action.UPDATE, request | {"status": status}))
    await gate.transact(ctx, changes)
    return changed


def _author(ctx: Context) -> Resource:
    who = ctx.actor.role_reference or ctx.actor.practitioner
    return {"reference": who, "display": ctx.actor.name} if who else {}


async def find_cases(ctx: Context, *pairs: tuple[str, str]) -> list[Resource]:
    """Cases that the context may see, the newest first."""
    return await find(ctx, "Task", ("code", CODES), *pairs, ("_sort", "-authored-on"))


async def case_about(ctx: Context, request: str) -> Resource | None:
    """The case that a request (reference) belongs to."""
    found = await find_cases(ctx, ("based-on", request))
    return found[0] if found else None


async def case_numbered(ctx: Context, named: str) -> Resource | None:
    """The case with a number (without its scheme)."""
    found = await find_cases(ctx, ("identifier", f"{NUMBER}|urn:uuid:{named}"))
    return found[0] if found else None


async def under_way(ctx: Context, units: Collection[str]) -> tuple[list[Resource], list[Resource]]:
    """What units (references) are asked for, and what they have asked others for, that is not at its end."""
    if not units:
        return [], []
    theirs = ",".join(sorted(units))
    pairs = (("status", OPEN), ("_count", "200"))
    return await find_cases(ctx, ("owner", theirs), *pairs), await find_cases(
        ctx, ("requester", theirs), *pairs
    )
