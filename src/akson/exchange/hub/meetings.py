"""Meetings at the platform: called by a unit, answered by the citizen, and for video a waiting room and a room that only those who meet find.

The room's address is worked out from a secret when it is asked for, and told to those of the meeting alone: to the unit around the time,
to the citizen and to who is invited once they are let in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from akson.exchange import meetings, taking_part, video
from akson.exchange.hub import taking_part as joint
from akson.exchange.hub.desk import Desk
from akson.exchange.hub.dialogue import patient_name, unit_of
from akson.exchange.meetings import KIND, TAG, Answer, How, Meeting
from akson.exchange.threads import FROM, unit
from akson.fhir.model import Resource, concept
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.kit.clock import instant, now
from akson.kit.errors import Conflict, NotAllowed, NotFound, Unprocessable
from akson.kit.ids import new_id
from akson.record import gate
from akson.record.context import Context
from akson.record.people import People
from akson.security.rules.dialogue import CITIZEN, INVITED, PARTY, SYSTEM
from akson.store.cursor import secret_of

LONGEST = timedelta(hours=8)
MOST_WORDS, MOST_GUESTS = 500, 5
WORDS = {
    How.VIDEO: "Video",
    How.VISIT: "Oppmøte",  # standard: words of the code list, as it has them
    How.PHONE: "Telefon",
}
PAGE = "200"
LET_IN = "checked-in"
"""Status of a meeting whose unit has let in those who wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A meeting as a unit calls it. `guests`: identity numbers of other citizens; `units`: HER-ids of other units.

    `services`: organisation numbers of other services (NAV, school ...) in the citizen's team.
    """

    what: str
    how: How
    start: datetime
    end: datetime
    note: str = ""
    guests: Sequence[str] = ()
    units: Sequence[str] = ()
    services: Sequence[str] = ()


async def listed(desk: Desk, since: datetime) -> list[Meeting]:
    """The meetings of one's sides that end after a moment; of one patient where the desk has one, and those one is invited to."""
    labels = [f"{PARTY}|{side}" for side in sorted(desk.sides)]
    labels += [f"{INVITED}|{desk.patient}"] if CITIZEN in desk.sides else []
    pairs = [("_security", ",".join(labels)), ("date", f"ge{instant(since)}")]
    if desk.patient and CITIZEN not in desk.sides:
        pairs.append(("patient", f"Patient/{desk.patient}"))
    pairs += [("_sort", "date"), ("_count", PAGE)]
    page = await gate.search(desk.ctx, parse("Appointment", pairs, base=desk.ctx.node.fhir))
    return meetings.read(loads(each.body) for each in page.matches)


async def one(desk: Desk, id_: str) -> Meeting:
    """A meeting of one's sides. NotFound for any other, and for an Appointment that was not called here."""
    found = Meeting(loads((await gate.read(desk.ctx, "Appointment", id_)).body))
    if all(each.get("system") != FROM for each in found.resource.get("meta", {}).get("security", [])):
        raise NotFound("No such meeting")
    return found


async def call(desk: Desk, what: Call) -> Meeting:
    """Call a meeting with the patient of the desk. Unprocessable names what cannot be: what, time, guests, to, closed, services."""
    _check(what.what, what.start, what.end)
    mine = min(desk.sides)
    entry = await unit_of(desk, mine, desk.patient)
    others = [await unit_of(desk, each, desk.patient) for each in what.units if each != mine]
    guests = await _guests(desk, what.guests)
    services = await _services(desk, what.services)
    patient = loads((await gate.read(desk.ctx, "Patient", desk.patient)).body)
    whom = {"reference": f"Patient/{desk.patient}", "display": patient_name(patient)}
    labels = [
        {"system": SYSTEM, "code": "thread"},
        *({"system": PARTY, "code": each} for each in sorted({CITIZEN, mine, *what.units})),
        *({"system": INVITED, "code": each} for each in sorted(guests)),
        {"system": FROM, "code": mine},
    ]
    # An invited citizen is told by name alone: a reference would make the meeting one of that person's record too.
    actors = [desk.sender, unit(mine, entry.label), *(unit(each.her_id, each.label) for each in others)]
    actors += [{"type": "RelatedPerson", "display": name} for name in guests.values()]
    made: Resource = {
        "resourceType": "Appointment",
        "id": new_id(),
        "meta": {"tag": [TAG], "security": labels},
        "status": "booked",
        "serviceType": [concept(KIND, what.how.value, WORDS[what.how])],
        "description": what.what.strip(),
        "start": instant(what.start),
        "end": instant(what.end),
        "created": instant(now()),
        "participant": [
            {"actor": whom, "status": Answer.NONE.value},
            *({"actor": each, "status": "accepted"} for each in actors),
            *({"actor": each, "status": Answer.NONE.value} for each in services),
        ],
    }
    if what.note.strip():
        made["patientInstruction"] = what.note.strip()
    await gate.create(desk.ctx, made)
    return await one(desk, made["id"])


async def move(desk: Desk, id_: str, start: datetime, end: datetime) -> Meeting:
    """Another time; the patient is asked anew."""
    found = await _own(desk, id_)
    _check(found.what, start, end)
    made = {name: value for name, value in found.resource.items() if name != "comment"}
    made |= {"status": "booked", "start": instant(start), "end": instant(end)}
    return await _put(desk, taking_part.asked_anew(_answered(made, Answer.NONE)))


async def cancel(desk: Desk, id_: str) -> Meeting:
    """It does not take place."""
    found = await _own(desk, id_)
    return await _put(desk, found.resource | {"status": "cancelled"})


async def answer(desk: Desk, id_: str, said: Answer, words: str) -> Meeting:
    """What the patient says of it. Unprocessable names `words` where another time is asked for without a word."""
    found = await _held(desk, id_)
    if CITIZEN not in desk.sides or found.patient != desk.patient:
        raise NotAllowed("the one who is called answers")
    if found.is_over:
        raise Conflict("the meeting is over")
    told = words.strip()
    if len(told) > MOST_WORDS or (said is Answer.MOVE and not told):
        raise Unprocessable(f"From 1 to {MOST_WORDS} characters", expression=("words",))
    made = {name: value for name, value in found.resource.items() if name != "comment"}
    return await _put(desk, _answered(made | ({"comment": told} if told else {}), said))


async def arrive(desk: Desk, id_: str) -> Meeting:
    """Somebody waits in the waiting room. Conflict before it is open, and after."""
    found = await _held(desk, id_)
    if not found.is_near:
        raise Conflict("the waiting room is open around the time of a video meeting")
    return await _put(desk, found.resource | {"status": "arrived"}) if found.status == "booked" else found


async def let_in(desk: Desk, id_: str) -> Meeting:
    """Those who wait may come in."""
    found = await _own(desk, id_)
    if not found.is_near:
        raise Conflict("a video meeting is entered around its time")
    return await _put(desk, found.resource | {"status": LET_IN})


async def finish(desk: Desk, id_: str) -> Meeting:
    """It has taken place; nobody gets in any more."""
    found = await _own(desk, id_)
    return await _put(desk, found.resource | {"status": "fulfilled"})


async def link(desk: Desk, found: Meeting) -> str:
    """The address of the room for who may enter it now; empty for everybody else, and where there is no provider."""
    may = not desk.sides.isdisjoint(_parties(found)) or desk.patient in found.invited
    is_unit = CITIZEN not in desk.sides
    return await _room(desk.ctx, found) if may and (is_unit or found.status == LET_IN) else ""


async def link_of_service(ctx: Context, found: Meeting, answer: str) -> str:
    """The same for a cooperating service that is called and comes: when those who wait are let in, and never before."""
    return await _room(ctx, found) if answer == Answer.COMES and found.status == LET_IN else ""


async def _room(ctx: Context, found: Meeting) -> str:
    base = ctx.place.video
    if not base or not found.is_near:
        return ""
    secret = await secret_of(ctx.tx)
    return video.Rooms(base).link(video.room(secret, found.id, found.resource["start"]))


def _parties(found: Meeting) -> set[str]:
    return {e["code"] for e in found.resource["meta"]["security"] if e.get("system") == PARTY}


async def _guests(desk: Desk, numbers: Sequence[str]) -> dict[str, str]:
    """Names by ids of the Patients of identity numbers. Unprocessable for somebody who has no portal here."""
    if len(numbers) > MOST_GUESTS:
        raise Unprocessable(f"At most {MOST_GUESTS} guests", expression=("guests",))
    made = {}
    for number in numbers:
        person = await People(desk.ctx.place).patient(desk.ctx.tx.as_node, number)
        if person is None or person["id"] == desk.patient:
            raise Unprocessable("No citizen who can be invited", expression=("guests",))
        made[str(person["id"])] = patient_name(person)
    return made


async def _services(desk: Desk, numbers: Sequence[str]) -> list[Resource]:
    """References to other services that are called. Unprocessable for one that no team or measure of the patient names."""
    made = []
    for number in dict.fromkeys(numbers):
        unit = await People(desk.ctx.place).unit(desk.ctx.tx.as_node, number)
        if unit is None or not await joint.is_named(desk.ctx, desk.patient, number):
            raise Unprocessable("No service of the patient's team", expression=("services",))
        made.append(taking_part.Service(number, str(unit["name"])).reference)
    return made


async def _held(desk: Desk, id_: str) -> Meeting:
    await gate.hold(desk.ctx, parse("Appointment", [("_id", id_)], base=desk.ctx.node.fhir))
    return await one(desk, id_)


async def _own(desk: Desk, id_: str) -> Meeting:
    found = await _held(desk, id_)
    if found.unit not in desk.sides:
        raise NotAllowed("the unit that called the meeting decides on it")
    if found.status in meetings.OVER:
        raise Conflict("the meeting is over")
    return found


async def _put(desk: Desk, made: Resource) -> Meeting:
    await gate.update(desk.ctx, made)
    return await one(desk, made["id"])


def _answered(made: Resource, said: Answer) -> Resource:
    first, *others = made["participant"]
    return made | {"participant": [first | {"status": said.value}, *others]}


def _check(what: str, start: datetime, end: datetime) -> None:
    if not 0 < len(what.strip()) <= MOST_WORDS:
        raise Unprocessable(f"A title of 1 to {MOST_WORDS} characters", expression=("what",))
    if not (now() - LONGEST < start < end <= start + LONGEST):
        raise Unprocessable(
            "A meeting begins from now on, and lasts at most eight hours", expression=("time",)
        )
