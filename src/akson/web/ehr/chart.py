"""The pages of one patient's chart. Every page loads the banner's patient from its own address, never from a session."""

from dataclasses import dataclass, field, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from akson.care import relations
from akson.exchange.declare import service
from akson.exchange.edge import changes
from akson.record import closed, emergency, gate
from akson.record.context import Context
from akson.security.actor import Action
from akson.security.rules.emergency import may_open
from akson.security.rules.supplier_errand import errand_of
from akson.web import show, why
from akson.web.context import context, find, of_type, one, permitted, readable
from akson.web.critical import GRAVE, SERVICE, Line
from akson.web.critical import lines as critical_lines
from akson.web.ehr import documents, patient, register, rows, trend, work
from akson.web.ehr.frame import READS, show_work, tabs_for
from akson.web.ehr.patient import Patient
from akson.web.ehr.rows import Medicine, Row
from akson.web.language import language_of

SECTIONS = {
    "now": ("Appointment", "Task"),
    "notes": ("DocumentReference",),
    "tasks": ("Task",),
    "critical": ("AllergyIntolerance",),
    "medicines": ("MedicationStatement",),
    "problems": ("Condition",),
    "services": ("EpisodeOfCare",),
}
"""What a card of the overview tells of: it is left out for a role that does not read it."""
RECENT = "10"
PAGE = "100"


@dataclass(slots=True)
class Overview:
    """What the first page of a chart shows; each list may be empty."""

    now: list[work.Work] = field(default_factory=list)
    arrived: list[Row] = field(default_factory=list)
    medicines: list[Medicine] = field(default_factory=list)
    notes: list[Row] = field(default_factory=list)
    critical: list[Row] = field(default_factory=list)
    trends: trend.Trend | None = None
    goal: str = ""
    plan: list[Row] = field(default_factory=list)
    tasks: list[work.Work] = field(default_factory=list)
    problems: list[Row] = field(default_factory=list)
    services: list[Row] = field(default_factory=list)
    team: list[tuple[str, str, str]] = field(default_factory=list)
    """Name, what they are here, and telephone."""


@dataclass(frozen=True, slots=True)
class Category:
    """One category of critical information; `title` is a key of the catalogues."""

    slug: str
    title: str
    grave: bool
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Register:
    """What the shared register said; `silent` when it did not answer, `refused` when this role cannot ask it."""

    lines: tuple[Line, ...]
    silent: bool
    refused: bool

    @property
    def parts(self) -> list[Category]:
        """The lines by category, all categories."""
        return [
            Category(
                part.slug,
                part.title,
                part.slug in GRAVE,
                [each for each in self.lines if each.slug == part.slug],
            )
            for part in service(SERVICE).parts
        ]


async def show_chart(request: Request, ctx: Context, template: str, tab: str, **values: Any) -> HTMLResponse:
    """One page of a chart: the banner of the patient in the address, the tab, and what the page shows."""
    tabs = tabs_for(ctx)
    if tab in READS:
        gate.granted(ctx, Action.SEARCH, READS[tab])  # Refused, and audited, for a role that does not read it
    person = values.pop("patient", None) or await patient.load(ctx, request.path_params["patient"])
    held = await relations.held(ctx, person.id)
    related = bool(held) or person.id in ctx.actor.opened
    shared = values.pop("shared", None) or await register.shared_of(request, person)
    person = replace(person, badges=(*register.badges(shared), *person.badges))
    opening = await emergency.current(ctx, person.id)
    hides = await closed.notice(ctx, person.id) if related else ""
    found = Register(tuple(critical_lines(shared.items)), shared.silent, shared.refused)
    return await show_work(
        request,
        ctx,
        template,
        menu="patients",
        patient=person,
        tab=tab,
        tabs=tabs,
        news=await changes.news(ctx, person.id),
        hidden=frozenset(name for name, types in SECTIONS.items() if not readable(ctx, *types)),
        related=related,
        why=why.seen(ctx, person.id, held, language_of(request)),
        closed=hides,
        unseen=_unseen(hides, related=related or errand_of(ctx.actor, person.id) is not None),
        opening=opening,
        errand=errand_of(ctx.actor, person.id),
        consented=await emergency.consented(ctx, person.id),
        may_ask=bool(hides) and bool(ctx.actor.hpr) and await closed.may_ask(ctx, person.id),
        may_open=not opening and (not related or bool(hides)) and may_open(ctx.actor),
        register=found,
        **values,
    )


def _unseen(hides: str, *, related: bool) -> str:
    """What an empty list says where it may be empty to this reader alone; empty where it is empty to all."""
    return "chart.closed_empty" if hides else "" if related else "chart.unrelated_empty"


async def overview(request: Request) -> Response:
    ctx = context(request)
    person = await patient.load(ctx, request.path_params["patient"])
    return await show_chart(
        request, ctx, "ehr/overview.html", "overview", patient=person, seen=await _overview(ctx, person)
    )


async def _overview(ctx: Context, person: Patient) -> Overview:
    who = ("patient", f"Patient/{person.id}")
    tasks = [work.work(task, ctx.node) for task in await work.open_tasks(ctx, who)]
    plans = of_type(await permitted(ctx, "CarePlan", who, ("status", "active")), "CarePlan")
    goals = await permitted(ctx, "Goal", who, ("lifecycle-status", "active,accepted,planned,proposed"))
    papers = await permitted(
        ctx, "DocumentReference", who, ("status", "current"), ("_sort", "-date"), ("_count", RECENT)
    )
    return Overview(
        now=[*await work.visits(ctx, who), *[task for task in tasks if task.urgent]],
        arrived=[row for row in documents.lines(papers, ctx.node) if row.source.origin != "own"][:3],
        medicines=await medicines_in_use(ctx, who),
        notes=await documents.notes(ctx, person.id, "3"),
        critical=await critical_rows(ctx, who),
        trends=trend.pressure(await trend.pressures(ctx, who)),
        goal=next((words for each in goals if (words := show.concept(each.get("description")))), ""),
        plan=[row for each in plans for row in rows.plan(each, ctx.node)][:6],
        tasks=[task for task in tasks if not task.urgent][:6],
        problems=[row for row in await _problems(ctx, who) if row.badge == "chart.problem_active"][:6],
        services=await _services(ctx, who),
        team=await _team(ctx, person),
    )


async def medicines_in_use(ctx: Context, who: tuple[str, str]) -> list[Medicine]:
    """What the patient takes now: the list of statements; prescriptions where there is no list."""
    active = ("status", "active,on-hold,intended")
    found = await permitted(ctx, "MedicationStatement", who, active, ("_count", PAGE))
    found = found or await permitted(
        ctx, "MedicationRequest", who, ("status", "active,on-hold"), ("_count", PAGE)
    )
    return [
        rows.medicine(each, ctx.node) for each in of_type(found, "MedicationStatement", "MedicationRequest")
    ]


async def critical_rows(ctx: Context, who: tuple[str, str]) -> list[Row]:
    """What this record itself holds of critical information; the shared register is asked by its own page."""
    allergies = await permitted(ctx, "AllergyIntolerance", who, ("clinical-status", "active"))
    flags = await patient.active_flags(ctx, who)
    return [rows.allergy(each, ctx.node) for each in of_type(allergies, "AllergyIntolerance")] + [
        rows.flag(each, ctx.node) for each in flags
    ]


async def _problems(ctx: Context, who: tuple[str, str]) -> list[Row]:
    found = await permitted(ctx, "Condition", who, ("_sort", "-recorded-date"), ("_count", PAGE))
    return [rows.problem(each, ctx.node) for each in of_type(found, "Condition")]


async def _services(ctx: Context, who: tuple[str, str]) -> list[Row]:
    found = await permitted(ctx, "EpisodeOfCare", who, ("status", "active,planned,waitlist,onhold"))
    return [rows.service(each, ctx.node) for each in of_type(found, "EpisodeOfCare")]


async def _team(ctx: Context, person: Patient) -> list[tuple[str, str, str]]:
    """Those around the patient, each once: relatives, the regular GP, and the care team."""
    found = {each.name: (each.relation, each.phone) for each in person.relatives}
    for gp in person.resource.get("generalPractitioner", []):
        if "Organization" not in gp.get("reference", gp.get("type", "")):
            found.setdefault(show.display(gp), ("chart.gp", ""))
    teams = await permitted(ctx, "CareTeam", ("patient", f"Patient/{person.id}"), ("status", "active"))
    for member in (m for team in of_type(teams, "CareTeam") for m in team.get("participant", [])):
        roles = ", ".join(filter(None, (show.concept(role) for role in member.get("role", []))))
        found.setdefault(show.display(member.get("member")), (roles, ""))
    return [(name, role, phone) for name, (role, phone) in found.items() if name][:8]


async def problems(request: Request) -> Response:
    ctx = context(request)
    who = ("patient", f"Patient/{request.path_params['patient']}")
    return await show_chart(request, ctx, "ehr/problems.html", "problems", rows=await _problems(ctx, who))


async def medicines(request: Request) -> Response:
    ctx = context(request)
    who = ("patient", f"Patient/{request.path_params['patient']}")
    ended = await find(
        ctx,
        "MedicationStatement",
        who,
        ("status", "stopped,completed,not-taken"),
        ("_sort", "-effective"),
        ("_count", PAGE),
    )
    return await show_chart(
        request,
        ctx,
        "ehr/medicines.html",
        "medicines",
        current=await medicines_in_use(ctx, who),
        ended=[rows.medicine(each, ctx.node) for each in of_type(ended, "MedicationStatement")],
    )


async def critical(request: Request) -> Response:
    """The shared register by category, then the warnings of this record."""
    ctx = context(request)
    who = ("patient", f"Patient/{request.path_params['patient']}")
    return await show_chart(request, ctx, "ehr/critical.html", "critical", rows=await critical_rows(ctx, who))


async def notes(request: Request) -> Response:
    ctx = context(request)
    found = await documents.notes(ctx, request.path_params["patient"], "50")
    return await show_chart(request, ctx, "ehr/notes.html", "notes", rows=found)


async def national_id(request: Request) -> Response:
    """The identity number, asked for one patient at a time; the read is in the access log."""
    ctx = context(request)
    resource = await one(ctx, "Patient", request.path_params["patient"])
    return await show_work(
        request, ctx, "ehr/national_id.html", menu="patients", number=show.spaced(show.national_id(resource))
    )
