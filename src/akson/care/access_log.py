"""The access log as those may read it whom the rules let: the citizen it is about, the privacy officer, a leader.

Pasientjournalloven 18. The look at the log is in the log itself.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from akson.fhir.model import Resource
from akson.record import gate, trail
from akson.record.context import Context
from akson.record.people import People
from akson.security.actor import Action
from akson.security.audit.event import audit_event
from akson.security.rules import access_log as rule
from akson.store import cursor
from akson.store.access import audit
from akson.store.access.audit import Entry, Wanted
from akson.store.index.hashing import patient_number

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
KIND = "log"


@dataclass(frozen=True, slots=True)
class LogPage:
    """AuditEvents, newest first, and the mark of the page that follows; None after the last."""

    events: list[Resource]
    next: str | None = None


async def page(ctx: Context, wanted: Wanted, mark: str | None = None) -> LogPage:
    """What the reader may see of what is wanted; Refused for one who may see nothing. Malformed for a foreign mark."""
    grant = gate.granted(ctx, Action.SEARCH, rule.LOG)
    secret = await cursor.secret_of(ctx.tx)
    limited = await _limited(ctx, replace(wanted, after=_after(mark, secret)))
    found = await audit.page(ctx.tx, replace(limited, count=limited.count + 1))
    shown, more = found[: limited.count], len(found) > limited.count
    asked = {patient_number(patient): patient for patient in limited.patients or ()}
    counts = Counter(entry.row.pat for entry in shown)
    await trail.log_read(ctx, grant, counts or dict.fromkeys(asked, 0) or {0: 0})
    events = [audit_event(entry, ctx.node, asked.get(entry.row.pat, "")) for entry in shown]
    return LogPage(events, _mark(shown[-1], secret) if more and shown else None)


async def since(ctx: Context, moment: datetime, count: int, pages: int) -> tuple[list[Resource], bool]:
    """All that the reader may see since a moment, and whether `pages` pages of `count` were enough for it."""
    events: list[Resource] = []
    mark: str | None = None
    for _ in range(pages):
        found = await page(ctx, Wanted(since=moment, count=count), mark)
        events += found.events
        mark = found.next
        if mark is None:
            break
    return events, mark is None


async def _limited(ctx: Context, wanted: Wanted) -> Wanted:
    """What is wanted, cut down to what the rule lets this reader see."""
    seen = rule.view(ctx.actor)
    if seen is None:  # the node's own jobs have no view of their own: they see nothing here
        return replace(wanted, patients=frozenset())
    if seen.patients is not None:
        both = seen.patients if wanted.patients is None else seen.patients & wanted.patients
        return replace(wanted, patients=both)
    if seen.own_units:
        # Nobody follows up oneself; and the row of one's own try would tell what is hidden from what is not there.
        actor = ctx.actor
        names = await People(ctx.place).unit_names(ctx.tx, actor.units)
        return replace(wanted, units=names, organization=actor.organization, others_than=actor.practitioner)
    return wanted


def _after(mark: str | None, secret: bytes) -> tuple[datetime, int] | None:
    if mark is None:
        return None
    _, moment, number = cursor.read(mark, KIND, secret, 2)
    return EPOCH + moment * MICROSECOND, number


def _mark(entry: Entry, secret: bytes) -> str:
    return cursor.write([KIND, (entry.row.moment - EPOCH) // MICROSECOND, entry.number], secret)
