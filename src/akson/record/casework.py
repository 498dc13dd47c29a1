"""The state machine of cases (rows I13-I16), which holds for whoever writes a Task through the one door.

A case is a Task with a code of KIND. Its state is FHIR's own (http://hl7.org/fhir/R4/task.html#statemachine):

    requested ─ received ─┬─ accepted ─ in-progress ─ completed
                 │  │     └─ rejected
                 │  └─ on-hold (more is wanted of the asker) ─ received
                 └─ cancelled (the asker takes it back, from every state that is not final)

The one who performs (`owner`) decides its state; the asker (`requester`) takes it back and answers what it was asked. The node
itself writes what the other side has told, which may have passed states that nobody told of.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum

from akson.fhir.model import Resource, reference, split_reference
from akson.fhir.strict_json import loads
from akson.kit.errors import BrokenRule
from akson.kit.norwegian import volven
from akson.record.change import Change
from akson.record.context import Context
from akson.security.actor import Action, Actor, Kind
from akson.security.rules.partner_case import label
from akson.store.record import resources
from akson.store.scope import NODE

TYPE = "Task"
KIND = "https://akson.example/fhir/CodeSystem/sakstype"
SPECIALIST = volven(8668)
"""The list of services of the specialist health service: its code on a unit means that it is one."""


class CaseKind(StrEnum):
    """What a case is about."""

    ORDER = "bestilling"
    REFERRAL = "henvisning"
    REQUEST = "anmodning"


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


class Side(StrEnum):
    """Who makes a move."""

    ASKER = "asker"
    PERFORMER = "performer"


FINAL = frozenset({State.COMPLETED, State.REJECTED, State.CANCELLED})
FIRST = frozenset({State.REQUESTED, State.RECEIVED})
"""In which a case begins: what is sent has been asked for, what was written or told in person has come to the performer."""
_PERFORMER: Mapping[State, frozenset[State]] = {
    State.REQUESTED: frozenset({State.RECEIVED, State.ACCEPTED, State.REJECTED}),
    State.RECEIVED: frozenset({State.ON_HOLD, State.ACCEPTED, State.REJECTED, State.IN_PROGRESS, State.COMPLETED}),
    State.ON_HOLD: frozenset({State.RECEIVED, State.ACCEPTED, State.REJECTED}),
    State.ACCEPTED: frozenset({State.IN_PROGRESS, State.COMPLETED, State.REJECTED}),
    State.IN_PROGRESS: frozenset({State.COMPLETED, State.REJECTED}),
}  # fmt: skip
_STANDS = ("basedOn", "focus", "for", "requester", "owner")
"""What a case is about and whose it is: never changed by a move."""
_EITHER = frozenset(Side)


def follows(before: State, side: Side) -> frozenset[State]:
    """The states that a side may bring a case to from the one that it is in."""
    if before in FINAL:
        return frozenset()
    if side is Side.PERFORMER:
        return _PERFORMER[before]
    return frozenset({State.CANCELLED} | ({State.RECEIVED} if before is State.ON_HOLD else set()))


def told(before: State) -> frozenset[State]:
    """The states that the other side may tell of a case. What is final stays, and nothing goes back to received but what
    waited for more.
    """
    if before in FINAL:
        return frozenset()
    late = set() if before in (State.REQUESTED, State.ON_HOLD) else {State.RECEIVED}
    return frozenset(set(State) - {before, State.REQUESTED} - late)


def needs_words(before: State, to: State) -> bool:
    """Whether a move must say why: a refusal, a question, the answer to it, and a withdrawal."""
    answers = before is State.ON_HOLD and to is State.RECEIVED
    return answers or to in (State.REJECTED, State.ON_HOLD, State.CANCELLED)


def needs_date(kind: CaseKind, owner: Resource | None, to: State) -> bool:
    """Whether the law gives the patient a last day for care to begin: a referral that a unit (Organization) of the specialist
    health service takes on (pasient- og brukerrettighetsloven 2-1 b and 2-2).
    """
    return kind is CaseKind.REFERRAL and to is State.ACCEPTED and is_specialist(owner or {})


def is_specialist(unit: Resource) -> bool:
    """Whether a unit (Organization) is of the specialist health service."""
    kinds = (c for kind in unit.get("type", ()) for c in kind.get("coding", ()))
    return any(c.get("system") == SPECIALIST for c in kinds)


def kind_of(task: Resource) -> CaseKind | None:
    """What a Task is a case of; None for a piece of work on somebody's list."""
    codings = task.get("code", {}).get("coding", ())
    codes = (c.get("code") for c in codings if c.get("system") == KIND)
    return next((CaseKind(each) for each in codes if each in set(CaseKind)), None)


def is_case(task: Resource) -> bool:
    """Whether a Task is a case."""
    return kind_of(task) is not None


def due(case: Resource) -> str:
    """When the next step is due: a FHIR date, empty where none was set."""
    return str(case.get("restriction", {}).get("period", {}).get("end", ""))


def sides(actor: Actor, case: Resource) -> frozenset[Side]:
    """Whose part somebody has in a case. The open server knows nobody, and lets everybody have both."""
    if actor.kind is Kind.ANYONE:
        return _EITHER
    patient = f"Patient/{actor.patient}" if actor.patient else ""
    own = actor.units | ({actor.practitioner, actor.role_reference, patient} - {""})
    numbers = actor.unit_numbers | ({actor.unit_number, actor.organization} - {""})

    def is_own(party: Resource) -> bool:
        return party.get("reference") in own or party.get("identifier", {}).get("value") in numbers

    if actor.kind is Kind.PARTNER:
        # At the platform a party is a legal entity, by label; its unit that is asked may be any of its own.
        held = {
            "|".join((str(each.get("system")), str(each.get("code"))))
            for each in case.get("meta", {}).get("security", ())
        }
        is_party = "|".join(label(actor.unit_number)) in held
        side = Side.ASKER if is_own(case.get("requester", {})) else Side.PERFORMER
        return frozenset({side}) if is_party else frozenset()
    pairs = ((Side.ASKER, "requester"), (Side.PERFORMER, "owner"))
    return frozenset(side for side, field in pairs if is_own(case.get(field, {})))


async def checked(ctx: Context, changes: Sequence[Change], named: Sequence[Resource]) -> None:
    """`named` are the resources of the changes as they will be written. BrokenRule, with the element, for a Task that is a case,
    or was one, and does not keep to the machine.
    """
    tasks = [pair for pair in zip(changes, named, strict=True) if pair[1]["resourceType"] == TYPE]
    # A thread that is an application has stages of its own, which the desk of the dialogue service keeps; it alone writes it.
    if not tasks or ctx.actor.talks is not None:
        return
    # Two who move a case at once: the second meets what the first has made of it.
    await resources.lock(ctx.tx, [f"case:{reference(task)}" for _, task in tasks])
    for change, task in tasks:
        before = await _stored(ctx, reference(task)) if change.action is Action.UPDATE else None
        with change.named():
            await _judged(ctx, before, task)


async def stands(ctx: Context, task_id: str) -> None:
    """BrokenRule for a case that somebody would delete: both sides and the patient go by it."""
    if ctx.actor.kind in (Kind.NODE, Kind.ANYONE):
        return
    task = await _stored(ctx, f"{TYPE}/{task_id}")
    if task and is_case(task) and sides(ctx.actor, task):
        raise BrokenRule("A case is not deleted: it is taken back, or refused", expression=("Task.status",))


async def _judged(ctx: Context, before: Resource | None, task: Resource) -> None:
    kind, was = kind_of(task), kind_of(before) if before else None
    if kind is None and was is None:
        return
    if was is not None and kind is not was:
        raise BrokenRule("A case stays what it is about", expression=("Task.code",))
    assert kind is not None  # noqa: S101 - one of the two is, and they are the same
    if task["status"] not in set(State):
        wanted = ", ".join(State)
        raise BrokenRule(f"The status of a case is one of {wanted}", expression=("Task.status",))
    if ctx.actor.kind is Kind.NODE:
        _heard(before if was else None, State(task["status"]))
    elif before is None or was is None:
        _opened(ctx, task)
    else:
        await _moved(ctx, kind, before, task)


def _heard(before: Resource | None, to: State) -> None:
    """What the node itself writes: a case may have come any way when it is first heard of."""
    if before is None or before["status"] == to:
        return
    if before["status"] in set(State) and to not in told(State(before["status"])):
        raise BrokenRule(
            f"A case that is {before['status']} does not become {to}", expression=("Task.status",)
        )


def _opened(ctx: Context, task: Resource) -> None:
    if task["status"] not in FIRST:
        raise BrokenRule("A case begins as requested or received", expression=("Task.status",))
    if not sides(ctx.actor, task):
        raise BrokenRule(
            "A case is opened by the one who asks (requester) or the one who is asked (owner)",
            expression=("Task.requester", "Task.owner"),
        )


async def _moved(ctx: Context, kind: CaseKind, before: Resource, task: Resource) -> None:
    for field in _STANDS:
        if _plain(before.get(field)) != _plain(task.get(field)):
            raise BrokenRule("A case keeps what it is about, and its parties", expression=(f"Task.{field}",))
    if before["status"] == task["status"]:
        return
    was, to = State(before["status"]), State(task["status"])
    mine = sides(ctx.actor, before)
    if not any(to in follows(was, side) for side in mine):
        who = next((side for side in Side if to in follows(was, side)), None)
        reason = f"that is its {who}'s to do" if who else "no state leads there"
        raise BrokenRule(f"A case that is {was} does not become {to}: {reason}", expression=("Task.status",))
    if needs_words(was, to) and not _said(task):
        raise BrokenRule(
            f"A case that becomes {to} says why (statusReason.text)",
            expression=("Task.statusReason", "Task.status"),
        )
    if kind is CaseKind.REFERRAL and to is State.ACCEPTED and not _is_date(due(task)):
        owner = task.get("owner", {}).get("reference", "")
        if needs_date(kind, await _stored(ctx, owner) if owner else None, to):
            raise BrokenRule(
                "A referral that is accepted says by when care begins (restriction.period.end)",
                expression=("Task.restriction.period.end", "Task.status"),
            )


def _plain(found: object) -> object:
    """References without what they are called, which anybody may write otherwise."""
    if isinstance(found, list):
        return [_plain(each) for each in found]
    return (
        {k: v for k, v in found.items() if k in ("reference", "identifier")}
        if isinstance(found, dict)
        else found
    )


def _said(task: Resource) -> str:
    return str(task.get("statusReason", {}).get("text", "")).strip()


def _is_date(words: str) -> bool:
    try:
        return bool(date.fromisoformat(words[:10]))
    except ValueError:
        return False


async def _stored(ctx: Context, what: str) -> Resource | None:
    """As it stands. What is outside the writer's scope is refused before this is asked."""
    if what.count("/") != 1:
        return None
    found = await resources.read(ctx.tx.as_node, NODE, *split_reference(what))
    return loads(found.body) if found and not found.deleted else None
