"""Where what arrives goes in the record: documents, requests and results, the case they belong to, a task for the unit.

A letter that only tells how far a case has come changes the case and asks nobody for work; one that says no, or that wants
more, is also somebody's task.
"""

from dataclasses import dataclass, replace

from akson.exchange import cases
from akson.exchange.cases import Kind as CaseKind
from akson.exchange.cases import Side, State, Step
from akson.exchange.finding import find
from akson.fhir.model import Resource, concept, reference
from akson.kit import workdays
from akson.kit.clock import instant, now
from akson.kit.ids import new_id
from akson.kit.text import text
from akson.messaging import inbox
from akson.messaging.laboratory import PRELIMINARY_REPORT, Report, Requisition
from akson.messaging.mapping import incoming, laboratory, ordering, reading, status
from akson.messaging.model import Asked, Epikrise, Kind, Letter, Referral
from akson.record import gate
from akson.record.casework import is_specialist
from akson.record.change import Change
from akson.record.context import NODE_ITSELF, Context
from akson.security.actor import Action
from akson.store.underway import messages
from akson.store.underway.messages import Message

MESSAGE = "https://akson.example/fhir/message"
"""Identifier system of messages, on the tasks that they make."""
TASK_SAID = "https://akson.example/fhir/CodeSystem/oppgavetekst"
"""System of the input of a task that holds its words as keys (kit/text.kept), for the language of the reader."""
TASK_KIND = "https://akson.example/fhir/CodeSystem/meldingsoppgave"
ASSESSED_WITHIN = 10
"""Working days from receipt to an answer on a referral to the specialist service (pasient- og brukerrettighetsloven 2-2)."""
_TASKS = {
    Kind.HENVISNING: "messaging.task_assess",
    Kind.SVARRAPPORT: "messaging.task_result",
    Kind.REKVISISJON: "messaging.task_order",
    Kind.ANMODNING: "messaging.task_request",
}
_CASES = {
    Kind.HENVISNING: CaseKind.REFERRAL,
    Kind.REKVISISJON: CaseKind.ORDER,
    Kind.ANMODNING: CaseKind.REQUEST,
}
_TO_ACT_ON = frozenset({State.REJECTED, State.ON_HOLD})
"""What the performer says that the one who asked must act on."""
OPEN_TASKS = ("status", "requested,received,accepted,ready,in-progress,on-hold")


@dataclass(frozen=True, slots=True)
class Heard:
    """A case as it stands after a status, and who told it."""

    case: Resource
    by: Side

    @property
    def is_plain(self) -> bool:
        """Nobody has to do anything about it."""
        return self.by is Side.PERFORMER and cases.state(self.case) not in _TO_ACT_ON


async def file(ctx: Context, message: Message, letter: Letter, unit: Resource, owner: Resource) -> str:
    """Put a letter about a known patient into the record, as the node itself. The reference of what it became.

    `unit` is the Organization (may be empty) that it is addressed to, `owner` the Reference to it.
    """
    ctx = ctx.by(NODE_ITSELF)
    patient = f"Patient/{message.patient}"
    told = status.told(letter)
    heard = await _heard(ctx, message, letter, told) if told else None
    if heard and heard.is_plain:
        # Nobody has to read it: the case tells it wherever it is shown, and the message is kept.
        await inbox.move(ctx.tx, message.id, inbox.DONE, reference=reference(heard.case))
        return reference(heard.case)
    made = [*_documents(letter, patient, owner)]
    if isinstance(letter, Referral):
        made.append({**incoming.service_request(letter, patient, owner), "id": new_id()})
    if isinstance(letter, Asked):
        made.append({**incoming.request_for_service(letter, patient, owner), "id": new_id()})
    changed: list[Resource] = []
    if isinstance(letter, Report | Requisition):
        new, changed = await _of_laboratory(ctx, letter, patient, owner)
        made += new
    # A letter is its request or its report, else its document.
    mains = [r for r in [*made, *changed] if r["resourceType"] in ("ServiceRequest", "DiagnosticReport")]
    main = (mains or made[1:])[0]
    writes = [Change(Action.CREATE, resource) for resource in made]
    writes += [Change(Action.UPDATE, resource) for resource in changed]
    task = task_of(message, _TASKS.get(letter.kind, "messaging.task_read"), owner)
    task["for"] |= {"display": letter.header.patient.full_name}
    told_of = {"focus": {"reference": reference(main)}, "description": reading.title(letter)}
    writes += [*await _replaced(ctx, reference(main)), Change(Action.CREATE, task | told_of)]
    await gate.transact(ctx, writes)
    await _follow(ctx, letter, mains, unit, reference(main))
    current = await messages.get(ctx.tx, message.id, hold=True)
    if current:
        changed_message = replace(current, patient=message.patient, reference=reference(main))
        await messages.change(ctx.tx, changed_message)
    return reference(main)


def answer_due(unit: Resource) -> str:
    """When one who is referred to a unit (Organization) now has a right to an answer: a date, empty where no law says it."""
    return within_time() if is_specialist(unit) else ""


def within_time() -> str:
    """The last day of the time to assess what is received now: a date."""
    return workdays.after(now(), ASSESSED_WITHIN).date().isoformat()


def task_of(message: Message, key: str, owner: Resource) -> Resource:
    """A task that a message makes for the unit (Reference) whose message it is; `key` says in the catalogues what."""
    name = key.partition(".")[2]
    return {
        "resourceType": "Task",
        "id": new_id(),
        "identifier": [{"system": MESSAGE, "value": message.id}],
        "status": "requested",
        "intent": "order",
        "priority": "routine",
        "code": concept(TASK_KIND, name.replace("_", "-"), text(key)),
        "for": {"reference": f"Patient/{message.patient}"},
        "authoredOn": instant(now()),
        "owner": owner,
    }


async def _replaced(ctx: Context, main: str) -> list[Change]:
    """What waits to be done with an earlier word about the same: the new word's task stands in its place."""
    pairs = (("focus", main), OPEN_TASKS, ("code", f"{TASK_KIND}|"))
    waiting = await find(ctx, "Task", *pairs)
    return [Change(Action.UPDATE, task | {"status": "cancelled"}) for task in waiting]


async def _heard(ctx: Context, message: Message, letter: Letter, told: status.Status) -> Heard | None:
    """The case that a status is about, as it then stands; None where there is none, or the state is not known.

    The performer of what was asked tells any state; the one who asked may take back, and answer what it was asked.
    """
    if told.state not in set(State):
        return None
    step = Step(to=State(told.state), words=told.words, until=told.until)
    conversation = letter.header.conversation
    sent = await messages.by_msg_id(ctx.tx, "out", message.to_her, conversation)
    if sent and sent.to_her == message.from_her:
        case = await cases.case_about(ctx, sent.reference)
        return Heard(await cases.mirror(ctx, case, step), Side.PERFORMER) if case else None
    came = await messages.by_msg_id(ctx.tx, "in", message.from_her, conversation)
    case = await cases.case_about(ctx, came.reference) if came else None
    if case is None or step.to not in cases.follows(cases.state(case), Side.ASKER):
        return None
    return Heard(await cases.mirror(ctx, case, step), Side.ASKER)


async def _follow(ctx: Context, letter: Letter, mains: list[Resource], unit: Resource, became: str) -> None:
    """Open the case of what is asked of this node, or bring an own one along with its answer."""
    if isinstance(letter, Referral | Requisition | Asked) and mains:
        await _asked(ctx, letter, mains, unit)
    elif isinstance(letter, Epikrise) and letter.answers:
        await _answered(ctx, letter.answers, letter, Step(to=State.COMPLETED, results=(became,)))
    elif isinstance(letter, Report):
        is_last = letter.status.code != PRELIMINARY_REPORT
        step = Step(to=State.COMPLETED if is_last else State.IN_PROGRESS, results=(became,))
        for order in letter.orders:
            await _answered(ctx, order.id, letter, step)


async def _asked(
    ctx: Context, letter: Referral | Requisition | Asked, requests: list[Resource], unit: Resource
) -> None:
    case = await cases.case_numbered(ctx, letter.document_id)
    if letter.cancels:
        if case:
            await cases.mirror(ctx, case, Step(to=State.CANCELLED))
        return
    if case:
        return
    is_referral = isinstance(letter, Referral)
    until = answer_due(unit) if is_referral else ""
    kind = _CASES[letter.kind]
    step = Step(to=State.RECEIVED, until=until)
    await cases.open_case(ctx, kind, requests, letter.document_id, requests[0]["requester"], step)


async def _answered(ctx: Context, named: str, letter: Letter, step: Step) -> None:
    """An own case that was asked of the sender, and of the same patient, is answered."""
    case = await cases.case_numbered(ctx, named) if named else None
    if case is None:
        return
    sent = await messages.find(ctx.tx, "out", messages.Wanted(reference=case["focus"]["reference"]))
    if any(each.to_her == letter.header.sender.her_id for each in sent):
        await cases.mirror(ctx, case, step)


async def _of_laboratory(
    ctx: Context, letter: Report | Requisition, patient: str, unit: Resource
) -> tuple[list[Resource], list[Resource]]:
    """What a report or an order adds to the record, and what it changes there."""
    system = laboratory.identifier_system(letter)
    kinds = laboratory.KINDS if isinstance(letter, Report) else ("ServiceRequest",)
    # The newest: a correction comes soon after what it corrects.
    pairs = (
        ("identifier", f"{system}|"),
        ("patient", patient),
        ("_sort", "-_lastUpdated"),
        ("_count", "500"),
    )
    earlier = [each for kind in kinds for each in await find(ctx, kind, *pairs)]
    there = {reference(each) for each in earlier}
    new: list[Resource] = []
    changed: list[Resource] = []
    if isinstance(letter, Report):
        found = laboratory.taken_in(letter, patient, earlier)
    else:
        found = ordering.requested(letter, patient, unit, earlier)
    for each in found:
        (changed if reference(each) in there else new).append(each)
    return new, changed


def _documents(letter: Letter, patient: str, unit: Resource) -> list[Resource]:
    """The letter and its attachments: each a Binary and the DocumentReference that it is found by."""
    made: list[Resource] = []
    parts = [None, *(part for part in letter.attachments if part.data)]
    for part in parts:
        binary_id = new_id()
        place = (patient, unit, f"Binary/{binary_id}")
        pair = reading.attachment(letter, part, *place) if part else reading.document(letter, *place)
        made += [{**pair[0], "id": binary_id}, {**pair[1], "id": new_id()}]
    return made
