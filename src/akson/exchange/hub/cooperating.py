"""Requests at the platform, between those who give health care and other services: asked, followed and answered by their parties."""

import base64
from collections.abc import Sequence
from dataclasses import replace

from akson.documents.harmless import File
from akson.exchange import cases, cooperating, reported
from akson.exchange.cases import FINAL, Side, State, Step
from akson.exchange.cooperating import CONSENT, LONGEST, Asking, Cooperating, Party
from akson.exchange.finding import find
from akson.fhir.model import Resource, split_reference
from akson.fhir.strict_json import loads
from akson.kit.errors import NotFound, Unprocessable
from akson.kit.norwegian import parse
from akson.record import gate, partners
from akson.record.change import Change
from akson.record.context import Context
from akson.record.people import People
from akson.security.actor import Action
from akson.store.access import partners as store


async def ask(ctx: Context, asking: Asking) -> Resource:
    """Open a case about a citizen; the Task. Unprocessable, with the fields, for what cannot be asked, or not of these."""
    people = People(ctx.place)
    asked = await party(ctx, asking.to)
    patient = await people.patient(ctx.tx, asking.pid) if parse(asking.pid) else None
    asker = _own(ctx)
    wrong = asking.faults() + ([] if patient else ["pid"]) + ([] if asked else ["to"])
    if not wrong and asked and patient:
        wrong = await _baseless(ctx, asking, patient["id"], asked)
    if wrong or patient is None or asked is None:
        raise Unprocessable("This cannot be asked, or not of these", expression=tuple(wrong))
    made = cooperating.request(asking, patient["id"], asker, asked, ctx.actor.name)
    # What stands in the register has come to both.
    step = Step(to=State.RECEIVED, until=asking.until)
    case = cases.opening(cases.Kind.REQUEST, [made], made["id"], made["requester"], step)
    case |= {"meta": made["meta"]}
    for number in sorted({asker.number, asked.number}):
        await store.begin(ctx.tx.as_node, case["id"], patient["id"], number)
    acting = replace(ctx.actor, cases=ctx.actor.cases | {patient["id"]}, at_register=True)
    said = (
        reported.telling(case, asking.told.strip(), asking.files, made["requester"])
        if asking.told or asking.files
        else []
    )
    await gate.transact(ctx.by(acting), [Change(Action.CREATE, each) for each in (made, case, *said)])
    return case


async def _baseless(ctx: Context, asking: Asking, patient: str, asked: Party) -> list[str]:
    """Which field is wrong where a party may not ask for this: another provision, or a consent that there is not."""
    kind = await _kind(ctx, ctx.actor.unit_number)
    theirs = await _kind(ctx, asked.unit)
    if (kind and theirs) or asked.number == _own(ctx).number:
        return ["to"]
    if not kind and not theirs and asking.category not in cooperating.BETWEEN_CARE:
        return ["category"]  # between two who give health care there are referrals, orders and the dialogue
    if asking.basis not in cooperating.provisions(kind, theirs):
        return ["basis"]
    needs = asking.basis == CONSENT and kind
    return ["basis"] if needs and not any(each.patient == patient for each in ctx.actor.shares) else []


async def mine(ctx: Context) -> list[Cooperating]:
    """The cases of the one who asks, the newest first."""
    found = await cases.find_cases(ctx, ("code", f"{cases.KIND}|{cases.Kind.REQUEST}"), ("_count", "200"))
    ids = [split_reference(each["focus"]["reference"])[1] for each in found]
    if not ids:
        return []
    requests = {
        each["id"]: each
        for each in await find(ctx, "ServiceRequest", ("_id", ",".join(ids)), ("_count", "200"))
    }
    whose = sorted({split_reference(each["for"]["reference"])[1] for each in found})
    people = {
        each["id"]: each for each in await find(ctx, "Patient", ("_id", ",".join(whose)), ("_count", "200"))
    }
    return [
        cooperating.seen(
            case,
            requests[request],
            people[split_reference(case["for"]["reference"])[1]],
            (),
            ctx.actor.unit_number,
        )
        for case, request in zip(found, ids, strict=True)
        if request in requests
    ]


async def one(ctx: Context, case_id: str) -> Cooperating:
    """One case with its answers; NotFound where the one who asks is no party."""
    case = loads((await gate.read(ctx, "Task", case_id)).body)
    if not cases.is_case(case) or "focus" not in case:
        raise NotFound("No such case")
    request = loads((await gate.read(ctx, *split_reference(case["focus"]["reference"]))).body)
    patient = loads((await gate.read(ctx, *split_reference(case["for"]["reference"]))).body)
    answers = await find(ctx, "Communication", ("based-on", case["focus"]["reference"]), ("_sort", "sent"))
    return cooperating.seen(case, request, patient, answers, ctx.actor.unit_number)


async def move(ctx: Context, case_id: str, to: State, words: str, files: Sequence[File] = ()) -> Resource:
    """Bring a case to its next state; what is said with it, and each file, is told in the case. Conflict where it cannot come there.

    Unprocessable without words, where the other side must be told something.
    """
    found = await one(ctx, case_id)
    words = words.strip()
    needs = to in {State.REJECTED, State.ON_HOLD, State.RECEIVED, State.CANCELLED}
    if len(words) > LONGEST or (needs and not words):
        raise Unprocessable(f"Words are needed, at most {LONGEST} characters", expression=("words",))
    if len(files) > reported.MOST_FILES:
        raise Unprocessable(f"At most {reported.MOST_FILES} files", expression=("files",))
    acting = ctx.by(replace(ctx.actor, at_register=True))
    own = _own(ctx)
    results: tuple[str, ...] = ()
    if files or (words and found.side is Side.PERFORMER):
        said = own.reference | {"display": ", ".join(filter(None, [ctx.actor.name, own.name]))}
        made = reported.telling(found.case, words, files, said)
        await gate.transact(acting, [Change(Action.CREATE, each) for each in made])
        results = (f"Communication/{made[-1]['id']}",) if found.side is Side.PERFORMER else ()
    moved = await cases.move(acting, found.case, Step(to=to, words=words, results=results), found.side)
    if to in FINAL:
        await store.end(ctx.tx.as_node, case_id)
    return moved


async def file(ctx: Context, case_id: str, wanted: str) -> File:
    """A file of what was told in a case (id of its Binary). NotFound where it is of none of it."""
    found = await one(ctx, case_id)
    every = {each.binary: each for told in reported.told(found.answers) for each in told.files}
    if wanted not in every:
        raise NotFound("No such file")
    held = loads((await gate.read(ctx, "Binary", wanted)).body)
    return File(every[wanted].name, every[wanted].kind, base64.b64decode(held["data"]))


async def party(ctx: Context, unit: str) -> Party | None:
    """A unit of the platform's register (organisation number) as one who can be asked; None where there is none."""
    people = People(ctx.place)
    found = await people.unit(ctx.tx, unit) if unit else None
    if found is None:
        return None
    if partners.kind_of(found):
        return Party(unit, unit, found["name"])
    owner = await people.owner(ctx.tx, found)
    return Party(partners.number(owner), unit, found["name"])


async def _kind(ctx: Context, number: str) -> str:
    found = await People(ctx.place).unit(ctx.tx, number)
    return partners.kind_of(found) if found else ""


def _own(ctx: Context) -> Party:
    actor = ctx.actor
    return Party(actor.unit_number, actor.unit_number, actor.unit_name or actor.organization_name)
