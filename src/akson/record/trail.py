"""What a request leaves behind: audit rows (who saw or did what, why).

They are written in the transaction of the request: no audit, no answer. One audit row for each patient that a search
shows (IHE BALP), so that each citizen's log stands on its own. Rows of looks outlive an error (`context.opened`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from akson.kit.clock import now
from akson.kit.errors import AksonError
from akson.kit.norwegian import parse
from akson.record.context import Context
from akson.record.decided import decision_of, decision_whoever
from akson.record.refused import Refused
from akson.security.actor import Action, Actor, Purpose
from akson.security.door_log import of_actor
from akson.security.policy import Grant
from akson.security.rules.rule import Basis
from akson.security.rules.supplier_errand import is_supplier
from akson.security.topics import PRIVACY
from akson.store.access import admission, audit
from akson.store.access.audit import About, AuditRow, Look, Why
from akson.store.index.hashing import patient_number
from akson.store.record.resources import Stored

EMERGENCY: dict[str, Any] = {
    "reason": "reason.emergency",
    "basis": Basis.AKUTT.value,
    "purpose": Purpose.EMERGENCY.value,
    "user_selected": True,
}
"""How the log tells of what was looked at in an emergency."""
_LOOKS = frozenset({Action.READ.value, Action.SEARCH.value, Action.HISTORY.value})


async def seen(
    ctx: Context, grant: Grant, action: Action, found: Iterable[Stored], resource_type: str, query: str = ""
) -> None:
    """Audit rows for what was shown, one for each patient; a search that found nothing leaves one row about nobody."""
    if not grant.audited:
        return
    shown: dict[int, list[Stored]] = {}
    for stored in found:
        shown.setdefault(stored.pat, []).append(stored)
    about = [
        _one(ctx, group[0]) if len(group) == 1 else _about(ctx, pat, resource_type, len(group), group[0].type)
        for pat, group in shown.items()
    ]
    await _write(
        ctx, grant, _row(ctx, grant, action, query=query), about or [_about(ctx, 0, resource_type, 0)]
    )


def beforehand(ctx: Context, grant: Grant, action: Action) -> AuditRow | None:
    """What the row of a look at one resource says but for the resource, to be written by the very statement that reads it.

    None where that is to be found first, or where the transaction has more to it.
    """
    actor = ctx.actor
    if not (grant.audited and ctx.tx.may_be_whole) or actor.opened or is_supplier(actor) or _whys(grant):
        return None
    decision = decision_whoever(actor)
    return None if decision is None else _row(ctx, grant, action, decision=decision)


async def missed(ctx: Context, grant: Grant, action: Action, resource_type: str, resource_id: str) -> None:
    """The audit row of a look, or a try to change, that found nothing: because it is not there, or is hidden.

    The caller is told the same either way. The log has what is hidden as refused, with the patient whose it is.
    """
    if not grant.audited:
        return
    # The statements are the same for both, so that the time they take tells nothing either (tests/leaks/test_times.py).
    pat, visible = await admission.whose(ctx.tx.as_node, grant.scope, resource_type, resource_id) or (0, None)
    # Somebody may have put an identity number where an id belongs.
    told = "" if parse(resource_id) else resource_id
    hidden = {"granted": False, "reason": "reason.outside_scope"} if visible is False else {}
    about = About(pat, 0, resource_type, told, decision=decision_of(ctx.actor, pat))
    row = _row(ctx, grant, action, **hidden)
    # Which ground it would have been is asked only of what the actor may know to be there, such as what was deleted.
    await _write(ctx, grant if visible else None, row, [about], is_look=True)


async def shown(ctx: Context, grant: Grant, stored: Stored, count: int) -> None:
    """The audit row of a whole record: `count` resources of or around a patient or encounter."""
    await _write(ctx, grant, _row(ctx, grant, Action.SEARCH), [_one(ctx, stored, count)])


async def changed(ctx: Context, grant: Grant, action: Action, stored: Stored) -> None:
    """Audit row of one write, which counts nothing where all stayed as it was; the event is part of the write itself."""
    await _write(ctx, grant, _row(ctx, grant, action), [_one(ctx, stored, int(stored.changed))])


async def log_read(ctx: Context, grant: Grant, shown: Mapping[int, int]) -> None:
    """Audit rows for a look at the access log itself: rows shown by number of the patient they are about."""
    about = [_about(ctx, pat, "AuditEvent", count) for pat, count in shown.items()]
    await _write(ctx, grant, _row(ctx, grant, Action.SEARCH), about)


async def administered(ctx: Context, grant: Grant, pat: int, resource_type: str, count: int) -> None:
    """The audit row of what was done to the store as a whole, for one patient whose data it was."""
    await _write(ctx, grant, _row(ctx, grant, Action.ADMINISTER), [_about(ctx, pat, resource_type, count)])


async def put_together(ctx: Context, grant: Grant, held: Mapping[int, int]) -> None:
    """Audit rows for data that was put into files: one for each patient (number) with how many resources."""
    if grant.audited:
        about = [_about(ctx, pat, "", count) for pat, count in held.items()]
        await _write(ctx, grant, _row(ctx, grant, Action.ADMINISTER), about)


async def taken_out(ctx: Context, grant: Grant, resource_type: str, shown: Mapping[int, int]) -> None:
    """Audit rows for a file that leaves: one for each patient (number) with how many resources of them are in it."""
    if grant.audited:
        about = [_about(ctx, pat, resource_type, count) for pat, count in shown.items()]
        await _write(ctx, grant, _row(ctx, grant, Action.READ), about)


async def turned_away(ctx: Context, grant: Grant, action: Action) -> None:
    """The audit row of a try at what is somebody else's, of which the caller is told that it is not there."""
    if grant.audited:
        await _write(ctx, None, refused(ctx, action, "", "reason.outside_scope"), [About()], is_look=True)


async def attested(ctx: Context, patient: str) -> str:
    """The decision that others are shown in an attest about a Patient treated here, which the log holds (ATT-46)."""
    pat = patient_number(patient)
    decision = decision_of(ctx.actor, pat)
    if not await audit.decided(ctx.tx, pat, decision):
        row = AuditRow(**_who(ctx, Action.READ), granted=True, reason="reason.care_relation", basis="UNNTAK")
        await _write(ctx, None, row, [About(pat, 0, "Patient", patient, 0, decision)])
    return decision


async def supplier(ctx: Context, action: Action, reason: str, patient: str, ticket: str) -> None:
    """The audit row of what is decided about an errand of a supplier's people, for the patient (id) whose record it opens."""
    pat = patient_number(patient) if patient else 0
    told = {"granted": True, "reason": reason, "basis": Basis.UNNTAK.value, "decision_text": ticket}
    row = AuditRow(**(_who(ctx, action) | told | {"purpose": Purpose.ADMINISTRATION.value}))
    await _write(ctx, None, row, [About(pat, 0, "", decision=decision_of(ctx.actor, pat))])


async def opened(ctx: Context, patient: str, why: str) -> None:
    """The audit row of a record that is opened in an emergency, with why."""
    pat = patient_number(patient)
    row = AuditRow(**(_who(ctx, Action.READ) | {"granted": True, "decision_text": why} | EMERGENCY))
    await _write(ctx, None, row, [About(pat, 0, "Patient", patient, 0, decision_of(ctx.actor, pat))])


async def consented(ctx: Context, patient: str, why: str) -> None:
    """The audit row of what somebody wrote down: the patient has said yes to open what is closed. With why it was asked."""
    pat = patient_number(patient)
    told = {"granted": True, "reason": "reason.consented", "basis": Basis.FORHOYET_SAMTYKKE.value}
    row = AuditRow(**(_who(ctx, Action.READ) | told | {"decision_text": why}))
    await _write(ctx, None, row, [About(pat, 0, "Patient", patient, 0, decision_of(ctx.actor, pat))])


async def bound(ctx: Context, subscription: str) -> None:
    """The audit row of a websocket that from now on tells of a subscription (id), in the name of whoever wrote it."""
    row = AuditRow(**(_who(ctx, Action.READ) | {"granted": True, "reason": "reason.own_subscription"}))
    await _write(ctx, None, row, [About(0, 1, "Subscription", subscription)])


def refused(ctx: Context, action: Action, resource_type: str, reason: str, patient: str = "") -> AuditRow:
    """The row of a refusal, written by whoever opened the transaction after it was rolled back.

    `patient`: id of the one whom the question named, where that alone was why.
    """
    pat = patient_number(patient) if patient else 0
    return AuditRow(**_who(ctx, action), granted=False, reason=reason, type=resource_type, pat=pat)


async def again(ctx: Context, since: int, error: AksonError) -> None:
    """Write anew what was undone with a part of the request, which goes on; `since`: how many looks there were before."""
    if isinstance(error, Refused):
        ctx.looks.append((error.audit, [audit.about(error.audit)], ()))
    for look in ctx.looks[since:]:
        await audit.append_many(ctx.tx, *look)


async def ruled(
    ctx: Context, grant: Grant, action: Action, pat: int, rule: tuple[str, int] = ("", 0)
) -> None:
    """The audit row of a look at, or a change of, the rules that a citizen (number) has set; `rule`: id and version of one."""
    about = About(pat, 1, PRIVACY, *rule, decision_of(ctx.actor, pat))
    await _write(ctx, grant, _row(ctx, grant, action), [about])


async def _write(
    ctx: Context, grant: Grant | None, row: AuditRow, about: Sequence[About], *, is_look: bool = False
) -> None:
    """A row for each patient, in one statement, with the ground of the grant that let just this patient's through."""
    for look in _parted(ctx, row, about, _whys(grant) if grant and row.granted else ()):
        await audit.append_many(ctx.tx, *look)
        if is_look or row.action in _LOOKS:
            ctx.looks.append(look)


def _whys(grant: Grant) -> tuple[Why, ...]:
    """The grounds to choose among, in the order in which they are told; none where all tell the same."""
    if len({(each.reason, each.basis) for each in grant.grounds}) < audit.SEVERAL:
        return ()
    return tuple(Why(each.predicate, each.reason, each.basis.value) for each in grant.grounds)


def _parted(ctx: Context, row: AuditRow, about: Sequence[About], whys: tuple[Why, ...]) -> list[Look]:
    """What is about patients whose record the actor has opened in an emergency says so, whatever else would open it.

    What somebody of a supplier sees tells the ticket of the errand.
    """
    if row.granted and is_supplier(ctx.actor):
        return [_ticketed(ctx, row, each, whys) for each in about]
    opened = {patient_number(patient) for patient in ctx.actor.opened}
    if not (row.granted and opened):
        return [(row, about, whys)]
    parts: tuple[Look, ...] = (
        (row, [each for each in about if each.pat not in opened], whys),
        (replace(row, **EMERGENCY), [each for each in about if each.pat in opened], ()),
    )
    return [part for part in parts if part[1]]


def _ticketed(ctx: Context, row: AuditRow, about: About, whys: tuple[Why, ...]) -> Look:
    known = {patient_number(each.patient) if each.patient else 0: each for each in ctx.actor.errands}
    errand = known.get(about.pat)
    if errand is None or row.decision_text:
        return row, [about], whys
    told = replace(row, decision_text=f"{errand.ticket}: {errand.why}")
    return replace(told, reason="reason.supplier_errand") if about.pat else told, [about], whys


def _row(ctx: Context, grant: Grant, action: Action, **what: Any) -> AuditRow:
    decided = {"granted": True, "reason": grant.scope.reason, "basis": grant.basis}
    return AuditRow(**(_who(ctx, action) | decided | what))


def _about(ctx: Context, pat: int, resource_type: str, count: int, kind: str = "") -> About:
    return About(pat, count, resource_type, decision=decision_of(ctx.actor, pat), kind=kind)


def _one(ctx: Context, stored: Stored, count: int = 1) -> About:
    decision = decision_of(ctx.actor, stored.pat)
    return About(stored.pat, count, stored.type, stored.id, stored.version, decision)


def _who(ctx: Context, action: Action) -> dict[str, Any]:
    known = ctx.actor.known
    told: dict[str, Any] = known.get("log") or known.setdefault("log", _told(ctx.actor))
    return told | {
        "moment": now(),
        "action": action.value,
        "purpose": ctx.purpose.value,
        "request_id": ctx.request_id,
        "client_request": ctx.client_request,
        "node": ctx.node.name,
    }


def _told(actor: Actor) -> dict[str, Any]:
    """What every row of an actor says."""
    attested = actor.care_relationship
    told: dict[str, Any] = (
        {
            "decision": attested.decision,
            "service": attested.service,
            "purpose_detail": attested.purpose_detail,
            "decision_text": attested.decision_text,
            "user_selected": attested.user_selected,
            "toa": attested.toa,
        }
        if attested
        else {}
    )
    return of_actor(actor) | told
