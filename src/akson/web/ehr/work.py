"""What waits for somebody: tasks, today's visits and appointments, and how many of each."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from akson.care import correspondence
from akson.exchange import cases
from akson.exchange.edge.filing import MESSAGE, TASK_KIND, TASK_SAID
from akson.fhir.model import Resource
from akson.fhir.search_parse import parse
from akson.kit.clock import NORWAY
from akson.kit.settings import Node
from akson.record import gate
from akson.record.context import Context
from akson.security.roles import DUTIES, ROLE_SYSTEM
from akson.web import show
from akson.web.context import find, of_type, permitted, readable
from akson.web.ehr.provenance import Provenance, provenance

OPEN = ("status", "requested,received,accepted,ready,in-progress,on-hold")
NO_CASE = ("code:not", cases.CODES)
"""Cases have a page of their own: a list of work holds what there is to do about them."""
URGENT = frozenset({"urgent", "asap", "stat"})
STALLED = ("why-overdue", "why-rejected", "why-failed", "why-unread")
"""Codes of tasks about letters that do not go their way."""
VISIT_STATUS = {
    "arrived": ("chart.visit_arrived", "info"),
    "checked-in": ("chart.visit_arrived", "info"),
    "fulfilled": ("chart.visit_done", "success"),
    "cancelled": ("chart.visit_cancelled", ""),
    "noshow": ("chart.visit_noshow", "warning"),
}


@dataclass(frozen=True, slots=True)
class Work:
    """One thing to do. `badge` is a key of the catalogues; `kind` is task or visit."""

    id: str
    kind: str
    title: str
    detail: str
    patient: str
    """Id of the Patient; empty when it is about nobody."""
    patient_name: str
    owner: str
    """Words for who has it; empty when nobody has taken it."""
    due: str
    """A FHIR date or dateTime; for a visit its start."""
    end: str
    urgent: bool
    badge: str
    tone: str
    mine: bool
    version: str
    source: Provenance
    letter: str = ""
    """Id of the message that made the task; empty for other work."""
    role: str = ""
    """Code of the role that should see to it; empty when any may."""
    since: datetime | None = None


def parties(ctx: Context) -> list[str]:
    """The references that work may be addressed to: oneself, one's role, one's units."""
    mine = [ctx.actor.practitioner, ctx.actor.role_reference]
    return [party for party in (*mine, *sorted(ctx.actor.units)) if party]


async def open_tasks(ctx: Context, *pairs: tuple[str, str]) -> list[Resource]:
    """Tasks that are not done, the most urgent and oldest first."""
    found = of_type(await permitted(ctx, "Task", *pairs, OPEN, NO_CASE, ("_count", "100")), "Task")
    return sorted(found, key=lambda task: (task.get("priority") not in URGENT, _due(task) or "9999"))


async def my_tasks(ctx: Context, *pairs: tuple[str, str]) -> list[Work]:
    """Tasks addressed to me, my role or my units, with the names of those they are about."""
    addressed = ("owner", ",".join(parties(ctx)))
    if not addressed[1]:
        return []
    found = await find(
        ctx, "Task", addressed, OPEN, NO_CASE, *pairs, ("_include", "Task:patient"), ("_count", "100")
    )
    names = {person["id"]: show.name(person) for person in of_type(found, "Patient")}
    made = [work(task, ctx.node, names, tuple(parties(ctx)[:2])) for task in of_type(found, "Task")]
    return sorted(made, key=lambda each: (not each.urgent, each.due or "9999"))


async def stalled(ctx: Context) -> list[Work]:
    """Open tasks of the actor's units about letters that do not go their way, the oldest first."""
    kinds = ",".join(f"{TASK_KIND}|{code}" for code in STALLED)
    found = await my_tasks(ctx, ("code", kinds))
    return sorted(found, key=lambda each: each.since or datetime.now(UTC))


async def visits(ctx: Context, *pairs: tuple[str, str]) -> list[Work]:
    """Today's appointments in the order of the clock."""
    start = datetime.now(NORWAY).replace(hour=0, minute=0, second=0, microsecond=0)
    span = [("date", f"ge{_utc(start)}"), ("date", f"lt{_utc(start + timedelta(days=1))}")]
    found = await permitted(
        ctx, "Appointment", *pairs, *span, ("_include", "Appointment:patient"), ("_count", "100")
    )
    names = {person["id"]: show.name(person) for person in of_type(found, "Patient")}
    made = [visit(each, ctx.node, names) for each in of_type(found, "Appointment")]
    return mark_next(sorted(made, key=lambda each: each.due))


def mark_next(visits: list[Work]) -> list[Work]:
    """The first visit that is not over gets the badge that says so."""
    for number, each in enumerate(visits):
        if not each.badge and each.due and not is_past(each.end or each.due):
            visits[number] = replace(each, badge="chart.visit_next", tone="next")
            break
    return visits


async def my_visits(ctx: Context) -> list[Work]:
    """Today's appointments that I or my role take part in."""
    mine = ",".join(party for party in parties(ctx) if not party.startswith("Organization/"))
    return await visits(ctx, ("actor", mine)) if mine else []


async def counts(ctx: Context) -> dict[str, int]:
    """How much waits behind each entry of the navigation."""
    addressed = ",".join(parties(ctx))
    waiting = {"day": 0, "inbox": 0, "patients": 0, "drafts": 0}
    if addressed and readable(ctx, "Task"):
        pairs = [("owner", addressed), OPEN, NO_CASE, ("_total", "accurate"), ("_count", "0")]
        page = await gate.search(ctx, parse("Task", pairs, base=ctx.node.fhir))
        waiting["inbox"] = (page.total or 0) + await correspondence.count(ctx)
    return waiting


def work(task: Resource, node: Node, names: dict[str, str] | None = None, mine: tuple[str, ...] = ()) -> Work:
    """A Task. `names` are the names of patients by id, `mine` the references that mean me."""
    patient = str(task.get("for", {}).get("reference", "")).removeprefix("Patient/")
    owner = task.get("owner", {})
    words = str(task.get("description", ""))
    kept = (
        each.get("valueString") for each in task.get("input", []) if show.code(each.get("type"), TASK_SAID)
    )
    detail = str(next(kept, words))
    title = show.concept(task.get("code")) or words
    taken = not str(owner.get("reference", "")).startswith("Organization/")
    return Work(
        id=task["id"],
        kind="task",
        title=title,
        detail=detail if detail != title else "",
        patient=patient,
        patient_name=(names or {}).get(patient, "") or show.display(task.get("for")),
        owner=show.display(owner) if taken else "",
        due=_due(task),
        end="",
        urgent=task.get("priority") in URGENT or is_past(_due(task)),
        badge="chart.task_overdue"
        if is_past(_due(task))
        else "chart.task_urgent"
        if task.get("priority") in URGENT
        else "",
        tone="danger",
        mine=owner.get("reference") in mine,
        version=str(task.get("meta", {}).get("versionId", "")),
        source=provenance(task, node),
        role=_role(task),
        since=datetime.fromisoformat(task["authoredOn"]) if "authoredOn" in task else None,
        letter=next((i["value"] for i in task.get("identifier", []) if i.get("system") == MESSAGE), ""),
    )


def visit(appointment: Resource, node: Node, names: dict[str, str]) -> Work:
    """An Appointment."""
    actors = [p.get("actor", {}) for p in appointment.get("participant", [])]
    people = [a for a in actors if str(a.get("reference", "")).startswith("Patient/")]
    others = [a for a in actors if a not in people]
    patient = str(people[0]["reference"]).removeprefix("Patient/") if people else ""
    kinds = [*appointment.get("serviceType", []), *filter(None, [appointment.get("appointmentType")])]
    words = ", ".join(filter(None, (show.concept(kind) for kind in kinds)))
    status, tone = VISIT_STATUS.get(str(appointment.get("status", "")), ("", ""))
    return Work(
        id=appointment["id"],
        kind="visit",
        title=str(appointment.get("description", "")) or words,
        detail=str(appointment.get("comment") or appointment.get("patientInstruction") or ""),
        patient=patient,
        patient_name=names.get(patient, "") or (show.display(people[0]) if people else ""),
        owner=", ".join(filter(None, (show.display(other) for other in others))),
        due=str(appointment.get("start", "")),
        end=str(appointment.get("end", "")),
        urgent=False,
        badge=status,
        tone=tone,
        mine=False,
        version=str(appointment.get("meta", {}).get("versionId", "")),
        source=provenance(appointment, node),
    )


def _role(task: Resource) -> str:
    codings = [c for concept in task.get("performerType", []) for c in concept.get("coding", [])]
    codes = (str(c.get("code", "")) for c in codings if c.get("system") == ROLE_SYSTEM)
    return next((code for code in codes if code in DUTIES), "")


def _due(task: Resource) -> str:
    return str(task.get("restriction", {}).get("period", {}).get("end", ""))


def is_past(due: str) -> bool:
    """Whether a FHIR date or dateTime has gone by; a date has when its day is over."""
    if not due:
        return False
    now = datetime.now(UTC)
    if "T" in due:
        moment = datetime.fromisoformat(due)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) < now
    return due[:10] < now.astimezone(NORWAY).date().isoformat()


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
