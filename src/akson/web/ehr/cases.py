"""Requests under way: what a unit has been asked for and has asked others for, and what one does with one of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from akson.care import referrals
from akson.exchange import cases
from akson.exchange.cases import OPEN, Side, State, Step
from akson.exchange.edge import answer
from akson.exchange.edge.answer import CaseAt
from akson.exchange.edge.mailroom import Mailroom
from akson.fhir.model import Resource
from akson.kit.errors import NotFound, Unprocessable
from akson.messaging import inbox
from akson.messaging.inbox import DONE
from akson.record import casework
from akson.record.context import Context
from akson.store.underway.messages import Message
from akson.web import show
from akson.web.context import context, permitted
from akson.web.ehr import work
from akson.web.ehr.frame import show_work

TONES = {
    State.ON_HOLD: "warning",
    State.REJECTED: "danger",
    State.ACCEPTED: "success",
    State.COMPLETED: "success",
    State.CANCELLED: "",
}
ORDER = (
    State.ACCEPTED, State.RECEIVED, State.COMPLETED, State.IN_PROGRESS, State.ON_HOLD, State.REJECTED, State.CANCELLED,
)  # fmt: skip
"""What one does most often first."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A step that cannot be made as its form says: the fields that are wrong, and what was written."""

    fields: frozenset[str]
    words: str
    until: str


@dataclass(frozen=True, slots=True)
class Line:
    """One case. `state`, `kind` are keys of the catalogues, `moves` the states that one may bring it to here."""

    id: str
    what: str
    kind: str
    state: str
    tone: str
    other: str
    when: str
    due: str
    is_late: bool
    said: str
    patient: str
    patient_name: str
    message: str
    """Id of the message that opened it here."""
    side: str
    moves: tuple[str, ...] = ()


def name_of(state: State) -> str:
    """A state as forms and keys of the catalogues carry it."""
    return state.name.lower()


def line(at: CaseAt | Resource, side: Side, names: dict[str, str] | None = None) -> Line:
    """A case as it is shown; with the message that opened it, what one can do with it."""
    case = at.case if isinstance(at, CaseAt) else at
    state, due = cases.state(case), cases.due(case)
    patient = str(case["for"].get("reference", "")).removeprefix("Patient/")
    moves = (each for each in ORDER if isinstance(at, CaseAt) and each in at.moves)
    return Line(
        id=case["id"],
        what=str(case.get("description", "")),
        kind=_kind(case),
        state=f"case.state_{name_of(state)}",
        tone=TONES.get(state, "info"),
        other=show.display(case.get("owner" if side is Side.ASKER else "requester")),
        when=str(case.get("authoredOn", "")),
        due=due,
        is_late=state not in cases.FINAL and work.is_past(due),
        said=cases.said(case),
        patient=patient,
        patient_name=(names or {}).get(patient, "") or show.display(case["for"]),
        message=at.message.id if isinstance(at, CaseAt) else "",
        side=side.value,
        moves=tuple(name_of(each) for each in moves),
    )


async def about(ctx: Context, message: Message) -> Line | None:
    """The case that a message belongs to, where there is one."""
    at = await answer.case_of(ctx, message)
    return line(at, at.side) if at else None


async def of_patient(ctx: Context, patient: str) -> list[Line]:
    """What is under way for a patient here, whoever asks; the newest first."""
    pairs = (("code", cases.CODES), ("patient", f"Patient/{patient}"), ("status", OPEN))
    found = await permitted(ctx, "Task", *pairs, ("_sort", "-authored-on"), ("_count", "50"))
    return [line(each, _side(each)) for each in found]


def _side(case: Resource) -> Side:
    """What was asked by a unit of this node's own has a reference to it as requester; what came has words alone."""
    return Side.ASKER if case.get("requester", {}).get("reference") else Side.PERFORMER


async def overview(request: Request) -> Response:
    """What the reader's units have under way, the nearest time limit first."""
    ctx = context(request)
    asked, sent = await cases.under_way(ctx, ctx.actor.units)
    names = await _names(ctx, [*asked, *sent])
    return await show_work(
        request,
        ctx,
        "ehr/cases.html",
        menu="cases",
        asked=_sorted(line(each, Side.PERFORMER, names) for each in asked),
        sent=_sorted(line(each, Side.ASKER, names) for each in sent),
    )


async def _names(ctx: Context, found: Iterable[Resource]) -> dict[str, str]:
    ids = {str(each["for"]["reference"]).removeprefix("Patient/") for each in found}
    if not ids:
        return {}
    people = await permitted(ctx, "Patient", ("_id", ",".join(sorted(ids))), ("_count", "200"))
    return {person["id"]: show.name(person) for person in people}


def _sorted(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda each: (each.due or "9999", each.when))


async def letter(request: Request) -> Response:
    """From a case to the letter that opened it, where one acts on it; else to the messages of its patient."""
    ctx = context(request)
    mailroom: Mailroom = request.state.mailroom
    found = await cases.find_cases(ctx, ("_id", request.path_params["case"]))
    root = request.scope.get("root_path", "")
    if not found:
        raise NotFound("no such case")
    if opener := await answer.opener_of(ctx, mailroom, found[0]):
        return RedirectResponse(f"{root}/brev/{opener.id}", 303)
    patient = str(found[0]["for"]["reference"]).removeprefix("Patient/")
    return RedirectResponse(f"{root}/pasient/{patient}/meldinger", 303)


async def step_of(request: Request, at: CaseAt) -> Step | Wrong:
    """The step that a form asks for, or what is missing of it. Unprocessable for a step that the page did not offer."""
    form = await request.form()
    wanted = {name_of(each): each for each in at.moves}
    to = wanted.get(str(form.get("do", "")))
    if to is None:
        raise Unprocessable("the case cannot come to this state from where it is")
    words, until = str(form.get("words", "")).strip(), str(form.get("until", "")).strip()
    mailroom: Mailroom = request.state.mailroom
    is_dated = casework.needs_date(cases.Kind(_kind(at.case)), mailroom.own.get(at.message.to_her), to)
    wrong = set()
    if casework.needs_words(cases.state(at.case), to) and not words:
        wrong.add("words")
    if to is State.ACCEPTED and (is_dated if not until else not _is_coming(until)):
        wrong.add("until")
    if wrong:
        return Wrong(frozenset(wrong), words, until)
    return Step(to=to, words=words, until=until if to is State.ACCEPTED else "")


def _kind(case: Resource) -> str:
    return show.code(case["code"], cases.KIND)


def _is_coming(words: str) -> bool:
    try:
        return bool(date.fromisoformat(words)) and not work.is_past(words)
    except ValueError:
        return False


async def act(ctx: Context, mailroom: Mailroom, at: CaseAt, step: Step) -> None:
    """Make the step and tell the other side; the letter and its tasks are dealt with."""
    await answer.tell(ctx, mailroom, at.message.id, step)
    await referrals.finish_tasks(ctx, at.message.reference)
    if at.message.direction == "in":
        await inbox.move(ctx.tx, at.message.id, DONE)
