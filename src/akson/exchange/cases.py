"""A request as a case in motion (rows I13-I16): one state machine for orders, referrals and requests, whoever looks.

A case is a Task about the ServiceRequests that were asked for (`basedOn`; the first is the `focus`). Its state is FHIR's own
(http://hl7.org/fhir/R4/task.html#statemachine). Asker and performer may each have the case in a record of their own; both
have the same number, and the one who performs decides its state:

    requested ─ received ─┬─ accepted ─ in-progress ─ completed
                 │  │     └─ rejected
                 │  └─ on-hold (more is wanted of the asker) ─ received
                 └─ cancelled (the asker takes it back, from every state that is not final)

`open_case` and `move` go through the one door, in the caller's transaction. Who asks and who performs is the caller's to know;
`move` knows which of the two may make a move.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from akson.exchange.finding import find
from akson.fhir.model import Resource, concept, reference, split_reference
from akson.fhir.strict_json import loads
from akson.kit.clock import instant, now
from akson.kit.errors import Conflict
from akson.kit.ids import new_id
from akson.record import gate
from akson.record.change import Change
from akson.record.context import Context
from akson.security.actor import Action

KIND = "https://akson.example/fhir/CodeSystem/sakstype"
NUMBER = "urn:ietf:rfc:3986"
"""System of the number that asker and performer both know the case by: urn:uuid:<id of the request or letter>."""


class Kind(StrEnum):
    """What a case is about."""

    ORDER = "bestilling"
    REFERRAL = "henvisning"
    REQUEST = "anmodning"


_KINDS = {Kind.ORDER: "Bestilling", Kind.REFERRAL: "Henvisning", Kind.REQUEST: "Anmodning"}
CODES = ",".join(f"{KIND}|{kind}" for kind in Kind)
"""Search value for cases of all kinds."""


class State(StrEnum):
    """How far a case has come, in FHIR's words. The text for people is `case.state_<value>`."""

    REQUESTED = "requested"
    RECEIVED = "received"
    ON_HOLD = "on-hold"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


FINAL = frozenset({State.COMPLETED, State.REJECTED, State.CANCELLED})
OPEN = ",".join(each for each in State if each not in FINAL)
"""Search value for what is under way."""
_PERFORMER: Mapping[State, frozenset[State]] = {
    State.REQUESTED: frozenset({State.RECEIVED, State.ACCEPTED, State.REJECTED}),
    State.RECEIVED: frozenset({State.ON_HOLD, State.ACCEPTED, State.REJECTED, State.IN_PROGRESS, State.COMPLETED}),
    State.ON_HOLD: frozenset({State.RECEIVED, State.ACCEPTED, State.REJECTED}),
    State.ACCEPTED: frozenset({State.IN_PROGRESS, State.COMPLETED, State.REJECTED}),
    State.IN_PROGRESS: frozenset({State.COMPLETED, State.REJECTED}),
}  # fmt: skip
_REQUEST_STATUS = {
    State.ON_HOLD: "on-hold",
    State.COMPLETED: "completed",
    State.REJECTED: "revoked",
    State.CANCELLED: "revoked",
}
"""The status of a ServiceRequest whose case is in a state; all others are active."""


class Side(StrEnum):
    """Who makes a move."""

    ASKER = "asker"
    PERFORMER = "performer"


def follows(before: State, side: Side) -> frozenset[State]:
    """The states that a side may bring a case to from the one that it is in."""
    if before in FINAL:
        return frozenset()
    if side is Side.PERFORMER:
        return _PERFORMER[before]
    return frozenset({State.CANCELLED} | ({State.RECEIVED} if before is State.ON_HOLD else set()))


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


def due(case: Resource) -> str:
    """When the next step is due: a FHIR date, empty where none was set."""
    return str(case.get("restriction", {}).get("period", {}).get("end", ""))


def said(case: Resource) -> str:
    """What was said last with a move; empty when nothing was."""
    return str(case.get("statusReason", {}).get("text", ""))


def is_case(task: Resource) -> bool:
    """Whether a Task is a case, and not a piece of work on somebody's list."""
    codings = task.get("code", {}).get("coding", ())
    return any(c.get("system") == KIND and c.get("code") in set(Kind) for c in codings)


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
    until = step.until or (due(case) if step.to in (State.RECEIVED, State.ON_HOLD) else "")
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
    is_late = step.to is State.RECEIVED and before not in (State.REQUESTED, State.ON_HOLD)
    if before in FINAL or before is step.to or is_late:
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
