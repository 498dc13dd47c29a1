"""Who has seen my record: the access log as the citizen it is about may read it (pasientjournalloven section 18)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from akson.kit.clock import now
from akson.kit.errors import NotAllowed
from akson.record.context import Context
from akson.security.actor import Kind
from akson.store import audit
from akson.store.audit import AuditRow

SPAN = timedelta(days=365)
LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Look:
    """One person's looks at the record on one day, as one line."""

    who: str
    role: str
    """Role code or words; empty when the system gave none."""
    unit: str
    organization: str
    first: datetime
    last: datetime
    reason: str
    """Key of the catalogues: the rule that gave access."""
    types: frozenset[str]
    """What was seen or changed, as FHIR types."""
    changed: bool
    oneself: bool


async def looks(ctx: Context) -> list[Look]:
    """Those who looked at the reader's own record in the last year, newest first. NotAllowed for all but the citizen."""
    if ctx.actor.kind is not Kind.CITIZEN or not ctx.actor.patient:
        raise NotAllowed("only the citizen reads the own access log here")
    rows = await audit.find(ctx.tx, patient=ctx.actor.patient, since=now() - SPAN, count=LIMIT)
    return gather([row for row in rows if row.granted])


def gather(rows: list[AuditRow]) -> list[Look]:
    """The rows of one person at one unit on one day become one line; rows come newest first."""
    lines: dict[tuple[str, str, str, str], list[AuditRow]] = {}
    for row in rows:
        who = row.actor_name or row.client_id
        lines.setdefault((who, row.unit, row.organization_name, row.moment.date().isoformat()), []).append(
            row
        )
    return [_line(who, group) for (who, *_), group in lines.items()]


def _line(who: str, rows: list[AuditRow]) -> Look:
    newest = rows[0]
    return Look(
        who=who,
        role=newest.role,
        unit=newest.unit,
        organization=newest.organization_name,
        first=rows[-1].moment,
        last=newest.moment,
        reason=newest.reason,
        types=frozenset(row.type for row in rows if row.type),
        changed=any(row.action in {"create", "update", "delete"} for row in rows),
        oneself=newest.actor_kind == Kind.CITIZEN.value,
    )
