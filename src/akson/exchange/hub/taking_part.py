"""Other services in the citizen's team and plan, at the platform: what one sees, its goals and measures, its answer to a meeting.

Who takes part is found by the platform itself: a service that a team or a measure of the citizen names by its organisation number. What it
sees and writes rests on the citizen's consent, for the team and for the plan each by itself. A change names the version it was made from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from akson.exchange import taking_part
from akson.exchange.declare import InformationService, Part
from akson.exchange.edge.share import URI, form_key
from akson.exchange.finding import find
from akson.exchange.hub import partner
from akson.exchange.meetings import Meeting
from akson.exchange.taking_part import GOAL, MEASURE, MEETING, TEAM, Service, Together
from akson.fhir.model import Resource, reference
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.kit.errors import Conflict, NotAllowed, NotFound, Unprocessable
from akson.kit.ids import new_id
from akson.record import gate, trail
from akson.record.change import Change
from akson.record.context import Context
from akson.record.refused import Refused
from akson.security.actor import Action
from akson.store.scope import NODE
from akson.store.search import statements

NOT_NAMED = "reason.not_in_team"
LONGEST = 4000


async def together(ctx: Context, patient: str) -> Together:
    """What the one who asks sees of what is done together around a Patient (id)."""
    slugs = {slug for each in partner.shares_of(ctx, patient) for slug in each.services}

    async def held(found: InformationService, name: str) -> tuple[Resource, ...] | None:
        if found.slug not in slugs:
            return None
        part = found.part(name)
        pairs = [("patient", f"Patient/{patient}"), *part.pairs, ("_count", "100")]
        return tuple(await find(ctx, part.type, *pairs))

    teams, plans = taking_part.teams(), taking_part.plans()
    return Together(
        teams=await held(teams, TEAM),
        meetings=await held(teams, MEETING),
        measures=await held(plans, MEASURE),
        goals=await held(plans, GOAL),
        named=await is_named(ctx, patient, ctx.actor.unit_number),
    )


async def is_named(ctx: Context, patient: str, number: str) -> bool:
    """Whether a team or a measure of a Patient (id) names a service, as the node knows it."""
    found = [
        *await _known(ctx, patient, taking_part.teams().part(TEAM)),
        *await _known(ctx, patient, taking_part.plans().part(MEASURE)),
    ]
    return bool(number) and taking_part.names(found, number)


async def save(
    ctx: Context, patient: str, name: str, form: Mapping[str, str], version: int | None, wanted: str = ""
) -> Resource:
    """Register a goal or a measure of the own service, or change one (`wanted`, made from `version`).

    Unprocessable names the fields that are wrong; VersionMismatch where somebody was faster; Refused without consent, or for a service
    that nobody has asked to take part.
    """
    part = taking_part.plans().part(name)
    acting = await _acting(ctx, patient, taking_part.plans(), part)
    earlier = await own(ctx, patient, part, wanted) if wanted else None
    make = taking_part.goal if name == GOAL else taking_part.measure
    _short(form)
    made = make(f"Patient/{patient}", form, service_of(ctx), earlier)
    if earlier is None:
        if there := await _sent_before(ctx, part, form.get("key", "")):
            return there
        made |= form_key(form["key"]) if form.get("key") else {}
    return await _put(acting, made, version if wanted else None)


async def save_resource(ctx: Context, sent: Resource, version: int | None, wanted: str = "") -> Resource:
    """The same, of a resource as a service's own system sends it: what the register asks for is set, the rest is kept as it is."""
    part = taking_part.part_of(str(sent.get("resourceType", "")))
    patient = str(sent.get("subject", {}).get("reference", "")).removeprefix("Patient/")
    acting = await _acting(ctx, patient, taking_part.plans(), part)
    earlier = await own(ctx, patient, part, wanted) if wanted else {}
    _admissible(part, sent)
    made = {name: value for name, value in sent.items() if name not in {"id", "meta"}}
    made |= {"id": wanted} if wanted else {}
    entry = part.entry
    made |= dict(entry.fixed) if entry else {}
    labels = {name: value for name, value in earlier.get("meta", {}).items() if name == "security"}
    made["meta"] = labels | {"tag": [taking_part.plans().tag]}
    mine = service_of(ctx).reference
    made |= {"expressedBy": mine} if part.slug == GOAL else {"performer": [mine]}
    return await _put(acting, made, version)


async def answer(ctx: Context, meeting: str, status: str) -> Resource:
    """Say that the service comes to a meeting that it is called to, or not. Conflict for one that is over."""
    await gate.hold(ctx, parse("Appointment", [("_id", meeting)], base=ctx.node.fhir))
    found = loads((await gate.read(ctx, "Appointment", meeting)).body)
    if taking_part.answer_of(found, ctx.actor.unit_number) is None:
        raise NotAllowed("the service is not called to that meeting")
    read = Meeting(found)
    if read.is_over:
        raise Conflict("the meeting is over")
    made = taking_part.answered(found, ctx.actor.unit_number, status)
    part = taking_part.teams().part(MEETING)
    acting = await _acting(ctx, read.patient, taking_part.teams(), part, called=True)
    return await _put(acting, made, int(found["meta"]["versionId"]))


async def leave(ctx: Context, team: str, number: str) -> Resource:
    """The citizen takes a service out of a team. NotFound where it is not in it."""
    found = loads((await gate.read(ctx, "CareTeam", team)).body)
    gone = next((each for each in taking_part.members(found) if number and each[2] == number), None)
    if gone is None:
        raise NotFound("No such service in that team")
    acting = ctx.by(replace(ctx.actor, takes_part=frozenset({ctx.actor.patient})))
    made = taking_part.without_member(found, number)
    told = taking_part.provenance(reference(made), Service(number, gone[0]), "", ctx.node.title)
    told["agent"] = [{"who": {"display": ctx.actor.name}}]
    await gate.transact(
        acting,
        [
            Change(Action.UPDATE, made, int(found["meta"]["versionId"])),
            Change(Action.CREATE, told | {"id": new_id()}),
        ],
    )
    return made


async def own(ctx: Context, patient: str, part: Part, wanted: str) -> Resource:
    """A goal or measure of one's own service about a Patient (id); NotAllowed for what is another's."""
    found = loads((await gate.read(ctx, part.type, wanted)).body)
    if found.get("subject", {}).get("reference") != f"Patient/{patient}":
        raise NotFound("No such item of that person")
    if not taking_part.is_theirs(found, ctx.actor.unit_number):
        raise NotAllowed("a service changes its own goals and measures")
    return found


def service_of(ctx: Context) -> Service:
    """The service of the one who asks."""
    return Service(ctx.actor.unit_number, ctx.actor.unit_name or ctx.actor.organization_name)


async def _acting(
    ctx: Context, patient: str, found: InformationService, part: Part, *, called: bool = False
) -> Context:
    """As one who takes part. Refused, with a row for the citizen, where the citizen does not share it or nobody has asked the service in."""
    partner.require_service(ctx, patient, found)
    if not called and not await is_named(ctx, patient, ctx.actor.unit_number):
        raise Refused(NOT_NAMED, trail.refused(ctx, Action.UPDATE, part.type, NOT_NAMED, patient))
    return ctx.by(replace(ctx.actor, takes_part=frozenset({patient})))


async def _known(ctx: Context, patient: str, part: Part) -> Sequence[Resource]:
    """Who is named must be known before it is decided who reads."""
    pairs = [("patient", f"Patient/{patient}"), *part.pairs, ("_count", "200")]
    page = await statements.search(ctx.tx.as_node, NODE, parse(part.type, pairs, base=ctx.node.fhir))
    return [loads(each.body) for each in page.matches]


async def _sent_before(ctx: Context, part: Part, key: str) -> Resource | None:
    """What just this form has registered already; forms that are sent twice are one item."""
    if not key:
        return None
    query = parse(
        part.type, [("identifier", f"{URI}|{form_key(key)['identifier'][0]['value']}")], base=ctx.node.fhir
    )
    await gate.hold(ctx, query)
    there = (await gate.search(ctx, query)).matches
    return loads(there[0].body) if there else None


async def _put(acting: Context, made: Resource, version: int | None) -> Resource:
    """Write an item with who wrote it, both or neither; the item as it is stored."""
    is_new = "id" not in made
    item = made if not is_new else made | {"id": new_id()}
    told = taking_part.provenance(reference(item), service_of(acting), acting.actor.name, acting.node.title)
    changes = [
        Change(Action.CREATE if is_new else Action.UPDATE, item, version),
        Change(Action.CREATE, told | {"id": new_id()}),
    ]
    written = await gate.transact(acting, changes)
    return loads(written[0].stored.body)


def _short(form: Mapping[str, str]) -> None:
    long = tuple(name for name, value in form.items() if len(value) > LONGEST)
    if long:
        raise Unprocessable(f"At most {LONGEST} characters", expression=long)


def _admissible(part: Part, sent: Resource) -> None:
    """Unprocessable names what a goal or measure of a service cannot be."""
    status = "lifecycleStatus" if part.slug == GOAL else "status"
    fields = part.entry.fields if part.entry else ()
    allowed = next(each.options for each in fields if each.name == "status")
    where = sent.get("description" if part.slug == GOAL else "code", {})
    wrong = [] if sent.get(status) in allowed else [f"{part.type}.{status}"]
    words = where.get("text", "") if isinstance(where, dict) else ""
    if not (isinstance(words, str) and 0 < len(words.strip()) <= LONGEST):
        wrong.append(f"{part.type}.{'description' if part.slug == GOAL else 'code'}.text")
    if wrong:
        raise Unprocessable("The item cannot be registered so", expression=tuple(wrong))
