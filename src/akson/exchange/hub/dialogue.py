"""The dialogue service (tekstlig dialog) at the platform: threads begin, are answered, taken over, passed on, closed and opened again.

Nothing is lost in a unit that does not answer: each thread has a unit, a day by which an answer is expected, and a place on the unit's
list until it is answered or closed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from akson.documents.harmless import File
from akson.exchange import threads
from akson.exchange.hub.desk import Desk, unit_actor
from akson.exchange.hub.dialogue_pace import due, pace
from akson.exchange.thread_making import applying, asked_for, attachment, binary, step, with_party
from akson.exchange.threads import DIALOGUE, HANDLER, Attached, Did, State, Thread, is_service, number_of
from akson.fhir.model import Resource
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.kit.clock import instant, now
from akson.kit.errors import Conflict, NotAllowed, NotFound, Unprocessable
from akson.kit.ids import new_id
from akson.messaging.addresses import Entry
from akson.record import closed, gate, partners
from akson.record.change import Change
from akson.record.people import People
from akson.security.actor import Action
from akson.security.rules.dialogue import CITIZEN, PARTY

TAKES = "DIALOG_HELSEFAGLIG"
"""Type of messages (V8279) by which a unit says in the address register that it takes part."""
FORM = "urn:akson:dialogue:form"
LONGEST, LONGEST_TOPIC, MOST_FILES = 5000, 120, 5
PAGE = "200"


@dataclass(frozen=True, slots=True)
class Written:
    """What somebody has written: words, and files that were looked through. `key`: of its form; sent twice, it is one message."""

    words: str
    files: Sequence[File] = ()
    key: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """A service that somebody applies for: its code and name."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Beginning:
    """A new thread about the patient of the desk. `to`: HER-id of a unit, or CITIZEN."""

    to: str
    topic: str
    written: Written
    applies: Applied | None = None
    """For what, when it is an application for a service."""


async def receivers(desk: Desk) -> list[tuple[Entry, int]]:
    """The units that take part, with the working days within which they answer."""
    found = await desk.book.that_take(TAKES)
    kept = [each for each in found if each.her_id not in desk.sides]
    return [(each, await pace(desk.ctx, each.her_id)) for each in kept]


async def listed(desk: Desk) -> list[Thread]:
    """The threads of one's sides, the newest first; of one patient where the desk has one."""
    pairs = [("_security", ",".join(f"{PARTY}|{side}" for side in sorted(desk.sides)))]
    pairs += [("patient", f"Patient/{desk.patient}")] if desk.patient else []
    pairs += [("_revinclude", "Communication:part-of"), ("_sort", "-_lastUpdated"), ("_count", PAGE)]
    page = await gate.search(desk.ctx, parse("Task", pairs, base=desk.ctx.node.fhir))
    return threads.read(loads(each.body) for each in (*page.matches, *page.included))


async def one(desk: Desk, id_: str) -> Thread:
    """A thread as it stands. NotFound for one that is not of one's sides."""
    task = loads((await gate.read(desk.ctx, "Task", id_)).body)
    pairs = [("part-of", f"Task/{id_}"), ("_sort", "sent"), ("_count", "1000")]
    page = await gate.search(desk.ctx, parse("Communication", pairs, base=desk.ctx.node.fhir))
    return threads.read([task, *(loads(each.body) for each in page.matches)])[0]


async def opened(desk: Desk, id_: str) -> Thread:
    """The same, and what is new to one's side is marked as read from now on."""
    found = await one(desk, id_)
    new = [each for each in found.messages if not each.is_read and each.is_to(desk.sides)]
    at = instant(now())
    for each in new:
        await gate.update(desk.ctx, {**each.resource, "received": at})
    return found


async def file(desk: Desk, id_: str, wanted: str) -> tuple[Attached, Resource]:
    """A file of a thread (id of its Binary). NotFound when it is of none of its messages."""
    found = await one(desk, id_)
    every = {each.binary: each for message in found.messages for each in message.files}
    if wanted not in every:
        raise NotFound("No such file")
    return every[wanted], loads((await gate.read(desk.ctx, "Binary", wanted)).body)


async def begin(desk: Desk, what: Beginning) -> Thread:
    """Begin a thread. Unprocessable names `to` for a unit that takes none, or to which the patient has closed the record (`closed`)."""
    _check(what)
    ctx = desk.ctx
    if there := await _sent(desk, what.written):
        return await one(desk, there)
    mine = CITIZEN if CITIZEN in desk.sides else min(desk.sides)
    answering = mine if what.to == CITIZEN else what.to
    label = await label_of(desk, answering, desk.patient)
    patient = loads((await gate.read(ctx, "Patient", desk.patient)).body)
    waits = what.to != CITIZEN
    task: Resource = {
        "resourceType": "Task",
        "id": new_id(),
        "meta": {"security": threads.labels(sides_of(mine, what.to, answering), mine)},
        **threads.state(State.WAITING if waits else State.ANSWERED),
        "intent": "order",
        "code": DIALOGUE,
        "description": what.topic.strip(),
        "for": {"reference": f"Patient/{desk.patient}", "display": patient_name(patient)},
        "authoredOn": instant(now()),
        "lastModified": instant(now()),
        "requester": desk.sender,
        "owner": threads.unit(answering, label),
    }
    if waits:
        task["restriction"] = await due(ctx, answering)
    if what.applies:
        task |= applying(what.applies.code, what.applies.name)
        await gate.create(ctx, asked_for(task))
    await put(desk, Thread(task), mine, what.written, Action.CREATE)
    return await one(desk, task["id"])


async def answer(desk: Desk, id_: str, written: Written) -> Thread:
    """Write in a thread; one that is closed is open again."""
    check_words(written)
    found = await held(desk, id_)
    side = desk.side(found)
    if await _sent(desk, written):
        return found
    task = dict(found.task) | {"lastModified": instant(now())}
    if found.state is State.CLOSED:
        task["note"] = [*task.get("note", []), step(desk.name, Did.REOPENED, "-")]
    task.pop("restriction", None)
    if side == found.unit:
        task |= threads.state(State.ANSWERED)
    else:
        task |= threads.state(State.WAITING) | {"restriction": await due(desk.ctx, found.unit)}
    await put(desk, replace(found, task=task), side, written, Action.UPDATE)
    return await one(desk, id_)


async def take(desk: Desk, id_: str) -> Thread:
    """Take a thread, also from a colleague who does not get round to it."""
    found = await of_own_unit(desk, id_)
    others = [each for each in found.task.get("extension", []) if each["url"] != HANDLER]
    task = found.task | {"extension": [*others, {"url": HANDLER, "valueReference": desk.sender}]}
    return await stepped(desk, task, Did.TAKEN, "-")


async def forward(desk: Desk, id_: str, to: str, words: str) -> Thread:
    """Pass a thread on to another unit, which reads all of it. Unprocessable names `to` as in `begin`."""
    found = await of_own_unit(desk, id_)
    if to in desk.sides:
        raise Unprocessable("The thread is at that unit", expression=("to",))
    entry = await unit_of(desk, to, found.patient)
    task = dict(found.task) | threads.state(State.WAITING) | {"restriction": await due(desk.ctx, to)}
    task |= {"owner": threads.unit(to, entry.label), "meta": with_party(found.task, to)}
    task["extension"] = [each for each in task.get("extension", []) if each["url"] != HANDLER]
    task = {name: value for name, value in task.items() if value != []}
    if focus := found.task.get("focus", {}).get("reference", ""):
        asked = loads((await gate.read(desk.ctx, *focus.split("/"))).body)
        await gate.update(desk.ctx, asked | {"meta": with_party(asked, to)})
    for message in found.messages:
        for each in message.files:
            held = loads((await gate.read(desk.ctx, "Binary", each.binary)).body)
            await gate.update(desk.ctx, held | {"meta": with_party(held, to)})
        await gate.update(desk.ctx, message.resource | {"meta": with_party(message.resource, to)})
    return await stepped(desk, task, Did.FORWARDED, words.strip() or "-", entry.label)


async def close(desk: Desk, id_: str) -> Thread:
    """Nothing more is expected: it leaves the unit's list."""
    found = await held(desk, id_)
    desk.side(found)
    task = {name: value for name, value in found.task.items() if name != "restriction"}
    return await stepped(desk, task | threads.state(State.CLOSED), Did.CLOSED, "-")


async def reopen(desk: Desk, id_: str) -> Thread:
    """Something more is to be said: back on the unit's list. Conflict for one that is open."""
    found = await held(desk, id_)
    desk.side(found)
    if found.state is not State.CLOSED:
        raise Conflict("the thread is open")
    task = dict(found.task) | threads.state(State.WAITING) | {"restriction": await due(desk.ctx, found.unit)}
    return await stepped(desk, task, Did.REOPENED, "-")


async def unit_of(desk: Desk, her_id: str, patient: str) -> Entry:
    """A unit that takes part, and to which the patient has not closed the record: there nobody would see the thread."""
    entry = await desk.book.entry(her_id) if her_id.isdecimal() else None
    if entry is None or TAKES not in entry.takes:
        raise Unprocessable("No unit that takes part in the dialogue", expression=("to",))
    there = replace(desk.ctx, actor=unit_actor(entry, client_id="-"), tx=desk.ctx.tx.as_node)
    if not await closed.is_open(there, patient, "", "Communication/"):
        raise Unprocessable("The patient has closed the record to that unit", expression=("closed",))
    return entry


async def label_of(desk: Desk, side: str, patient: str) -> str:
    """What the side is called that is to answer: a unit that takes part, or another service. Unprocessable as in `begin`."""
    if is_service(side):
        return await name_of(desk, side)
    return (await unit_of(desk, side, patient)).label


async def name_of(desk: Desk, side: str) -> str:
    """What another service is called. Unprocessable (`to`) for one that is none."""
    unit = await People(desk.ctx.place).unit(desk.ctx.tx.as_node, number_of(side))
    if unit is None or not partners.kind_of(unit):
        raise Unprocessable("No service that takes part in the dialogue", expression=("to",))
    return str(unit["name"])


def sides_of(*sides: str) -> set[str]:
    """The sides of a thread: where another service takes part, the citizen does."""
    return {*sides} | ({CITIZEN} if any(map(is_service, sides)) else set())


async def _sent(desk: Desk, written: Written) -> str:
    """Id of the thread in which just this form was sent before; empty when it was not."""
    named = parse("Communication", [("identifier", f"{FORM}|{written.key}")], base=desk.ctx.node.fhir)
    await gate.hold(desk.ctx, named)
    there = (await gate.search(desk.ctx, named)).matches
    return str(loads(there[0].body)["partOf"][0]["reference"]).removeprefix("Task/") if there else ""


async def held(desk: Desk, id_: str) -> Thread:
    """The thread, which nobody else changes meanwhile."""
    await gate.hold(desk.ctx, parse("Task", [("_id", id_)], base=desk.ctx.node.fhir))
    return await one(desk, id_)


async def of_own_unit(desk: Desk, id_: str) -> Thread:
    """The same, of a thread that one's own unit answers. NotAllowed for another's."""
    found = await held(desk, id_)
    if found.unit not in desk.sides:
        raise NotAllowed("the thread is another unit's")
    return found


async def stepped(desk: Desk, task: Resource, did: Did, words: str, to: str = "") -> Thread:
    """Write a thread with one more step."""
    made = task | {
        "note": [*task.get("note", []), step(desk.name, did, words, to)],
        "lastModified": instant(now()),
    }
    await gate.update(desk.ctx, made)
    return await one(desk, task["id"])


async def put(desk: Desk, thread: Thread, side: str, written: Written, action: Action) -> None:
    """The thread with one more message and its files, all or nothing."""
    labels = threads.labels(thread.parties, side)
    files = [binary(each, thread.task["for"], labels) for each in written.files]
    names = {thread.begun_by: thread.asker, thread.unit: thread.unit_name}
    names |= {each: await name_of(desk, each) for each in thread.services - set(names)}
    payload: list[Resource] = [{"contentString": written.words.strip()}]
    payload += [
        {"contentAttachment": attachment(each, held)} for each, held in zip(written.files, files, strict=True)
    ]
    message = {
        "resourceType": "Communication",
        "id": new_id(),
        "meta": {"security": labels},
        "identifier": [{"system": FORM, "value": written.key}],
        "status": "completed",
        "category": [DIALOGUE],
        "topic": {"text": thread.topic},
        "partOf": [{"reference": f"Task/{thread.id}"}],
        "subject": thread.task["for"],
        "sender": desk.sender,
        "recipient": list(threads.recipients(thread.active - {side}, thread.task["for"], names)),
        "sent": instant(now()),
        "payload": payload,
    }
    changes = [Change(Action.CREATE, each) for each in files]
    match = thread.version if action is Action.UPDATE else None
    changes += [Change(action, thread.task, match), Change(Action.CREATE, message)]
    await gate.transact(desk.ctx, changes)


def _check(what: Beginning) -> None:
    if not 0 < len(what.topic.strip()) <= LONGEST_TOPIC:
        raise Unprocessable(f"A topic of 1 to {LONGEST_TOPIC} characters", expression=("topic",))
    check_words(what.written)


def check_words(written: Written) -> None:
    """Unprocessable for words or files that cannot be sent."""
    if not 0 < len(written.words.strip()) <= LONGEST:
        raise Unprocessable(f"A text of 1 to {LONGEST} characters", expression=("words",))
    if len(written.files) > MOST_FILES:
        raise Unprocessable(f"At most {MOST_FILES} files", expression=("files",))


def patient_name(patient: Resource) -> str:
    """What a Patient is called."""
    found: Mapping[str, Any] = next(iter(patient.get("name", [])), {})
    return str(found.get("text") or " ".join([*found.get("given", []), found.get("family", "")]))
