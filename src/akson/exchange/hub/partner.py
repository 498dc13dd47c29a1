"""What a cooperating service (NAV, school, PPT, child welfare ...) sees at the platform: whose, what of it, and what it asks for.

What is shared rests on the citizen's consent, a rule like the others of the register (`utlevering`): it holds here at once and
at the record systems within seconds, and the citizen ends it with one click.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from akson.exchange import merging, shared_with
from akson.exchange.declare import InformationService, Mode, Part
from akson.exchange.hub import asked, privacy
from akson.exchange.hub.look import AskSource, Look, Search
from akson.exchange.hub.privacy import SHARING, Order
from akson.exchange.merging import Missing
from akson.fhir.model import Resource
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.kit.clock import now
from akson.kit.errors import NotFound, Unprocessable
from akson.kit.ids import new_id
from akson.kit.norwegian import parse as identity
from akson.record import gate, partners, trail
from akson.record.context import Context
from akson.record.identity import numbers
from akson.record.people import People
from akson.record.refused import NOT_SHARED, Refused
from akson.security.actor import Action, Share
from akson.security.privacy import FETCHING, Subject, Terms
from akson.security.rules.taking_part import PLANS, TEAMS
from akson.security.topics import CONSENT
from akson.store.access import partners as store
from akson.store.access.partners import Wanted
from akson.store.access.privacy import Version
from akson.store.index.hashing import patient_number

PAGE = 200
LONGEST_WHY = 500
JOINT = frozenset({TEAMS, PLANS})
"""What a service that is asked into a team sees of it, when the citizen agrees."""
LONG_ENOUGH = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Cooperation:
    """How a cooperating service's pages ask the record systems."""

    look: Look
    ask: AskSource


@dataclass(frozen=True, slots=True)
class Held:
    """What there is of one part of a service."""

    part: Part
    resources: tuple[Resource, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """A service about one citizen: its parts, and the sources that did not answer."""

    parts: tuple[Held, ...]
    missing: tuple[Missing, ...] = ()


async def citizens(ctx: Context) -> list[Resource]:
    """The Patients who share something with the one who asks, by name."""
    shared = sorted({each.patient for each in ctx.actor.shares})[:PAGE]
    if not shared:
        return []
    query = parse(
        "Patient", [("_id", ",".join(shared)), ("_sort", "family"), ("_count", str(PAGE))], base=ctx.node.fhir
    )
    return [loads(stored.body) for stored in (await gate.search(ctx, query)).matches]


def shares_of(ctx: Context, patient: str) -> list[Share]:
    """What this Patient (id) shares with the one who asks."""
    return [each for each in ctx.actor.shares if each.patient == patient]


async def citizen(ctx: Context, patient: str) -> Resource:
    """The Patient. Refused where nothing is shared; who is not known here looks the same."""
    partners.require(ctx, patient, "Patient", Action.READ, shared=True)
    return loads((await gate.read(ctx, "Patient", patient)).body)


def require_service(ctx: Context, patient: str, found: InformationService) -> None:
    """Refused where the citizen (id) does not share this service."""
    if not any(found.slug in each.services for each in shares_of(ctx, patient)):
        kind = found.parts[0].type
        raise Refused(NOT_SHARED, trail.refused(ctx, Action.SEARCH, kind, NOT_SHARED, patient))


async def content(ctx: Context, way: Cooperation, patient: Resource, found: InformationService) -> Content:
    """What a service holds of a citizen. Refused where the citizen does not share it."""
    require_service(ctx, patient["id"], found)
    if found.mode is Mode.SHARE:
        return Content(
            tuple([Held(part, await _registered(ctx, patient["id"], part)) for part in found.parts])
        )
    searches = [Search(part.type, (*part.pairs, ("_count", "100"))) for part in found.parts]
    bundles = await way.look.find(ctx, way.ask, patient, _number(patient), searches)
    parts = [
        Held(part, tuple(e["resource"] for e in bundle["entry"] if e["search"]["mode"] == "match"))
        for part, bundle in zip(found.parts, bundles, strict=True)
    ]
    silent = {each: None for bundle in bundles for each in merging.missing(bundle)}
    return Content(tuple(parts), tuple(silent))


async def _registered(ctx: Context, patient: str, part: Part) -> tuple[Resource, ...]:
    pairs = [("patient", f"Patient/{patient}"), *part.pairs, ("_count", "100")]
    page = await gate.search(ctx, parse(part.type, pairs, base=ctx.node.fhir))
    return tuple(loads(stored.body) for stored in page.matches)


def _number(patient: Resource) -> str:
    found = numbers(patient)
    if not found:
        raise NotFound("No citizen by that number")
    return found[0]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a cooperating service asks a citizen to share. Unprocessable, with the fields, for what cannot be asked."""

    pid: str
    services: tuple[str, ...]
    until: datetime
    why: str

    def check(self) -> None:
        wrong = [] if identity(self.pid) else ["pid"]
        known = {each.slug for each in shared_with.shareable()}
        wrong += [] if self.services and set(self.services) <= known else ["services"]
        wrong += [] if now() < self.until <= now() + privacy.LONGEST_SHARING else ["until"]
        wrong += [] if 0 < len(self.why.strip()) <= LONGEST_WHY else ["why"]
        if wrong:
            raise Unprocessable("The citizen cannot be asked for that", expression=tuple(wrong))


async def ask(ctx: Context, wish: Wish) -> str:
    """Ask the citizen with this identity number; the id of the question. It tells nothing of whether there is one."""
    wish.check()
    grant = gate.granted(ctx, Action.CREATE, CONSENT)
    patient = await People(ctx.place).patient(ctx.tx, wish.pid)
    pat = patient_number(patient["id"]) if patient else 0
    actor = ctx.actor
    wanted = Wanted(
        new_id(),
        wish.pid,
        pat,
        f"org:{actor.unit_number}",
        actor.unit_name or actor.organization_name,
        actor.name,
        list(wish.services),
        wish.until,
        wish.why.strip(),
    )
    await store.ask(ctx.tx.as_node, wanted)
    await trail.ruled(ctx, grant, Action.CREATE, pat, (wanted.id, 1))
    return wanted.id


async def ask_for(ctx: Context, number: str, why: str) -> bool:
    """Whoever coordinates the help asks the patient of the attest to let a service of the team see team and plan. False where the
    patient does already, or is asked. Unprocessable (`organisasjon`, `begrunnelse`) for a service that is none, and without why.
    """
    grant = gate.granted(ctx, Action.CREATE, CONSENT)
    unit = await People(ctx.place).unit(ctx.tx.as_node, number) if number else None
    wrong = [] if unit and partners.kind_of(unit) else ["organisasjon"]
    wrong += [] if 0 < len(why.strip()) <= LONGEST_WHY else ["begrunnelse"]
    if wrong or unit is None:
        raise Unprocessable("The patient cannot be asked for that", expression=tuple(wrong))
    pid = _number(loads((await gate.read(ctx, "Patient", ctx.actor.patient)).body))
    subject = f"{'unit' if unit.get('partOf') else 'org'}:{number}"
    lets = await store.of_patient(ctx.tx.as_node, ctx.actor.patient, now())
    seen = {slug for each in lets if partners.subjects(number) & each.subjects for slug in each.services}
    waits = {
        slug
        for each in await store.waiting(ctx.tx.as_node, pid)
        if each.subject == subject
        for slug in each.services
    }
    if seen >= JOINT or waits:
        return False
    name = ", ".join(filter(None, [ctx.actor.name, ctx.actor.unit_name]))
    wanted = Wanted(
        new_id(), pid, patient_number(ctx.actor.patient), subject, unit["name"], name, sorted(JOINT - seen),
        now() + LONG_ENOUGH, why.strip(),
    )  # fmt: skip
    await store.ask(ctx.tx.as_node, wanted)
    await trail.ruled(ctx, grant, Action.CREATE, wanted.pat, (wanted.id, 1))
    return True


async def waiting(ctx: Context) -> Sequence[Wanted]:
    """The services that ask the citizen and have no answer."""
    return await asked.waiting(ctx, store.waiting)


async def answer(ctx: Context, id_: str, *, agreed: bool) -> Version | None:
    """The citizen's answer; the consent, where it was yes. NotFound where nobody waits for it any more."""
    found = await store.answer(ctx.tx.as_node, privacy.whose(ctx), id_, agreed=agreed)
    wanted = await asked.answered(ctx, found, agreed=agreed)
    if wanted is None:
        return None
    kind, _, number = wanted.subject.partition(":")
    subject = Subject(kind, number, wanted.organization)
    return await agree(ctx, subject, tuple(wanted.services), wanted.until)


async def agree(ctx: Context, subject: Subject, services: tuple[str, ...], until: datetime) -> Version:
    """The citizen lets a service see these until then: from now on."""
    terms = Terms(FETCHING, (subject,), parts=services)
    return await privacy.put(ctx, Order(SHARING, terms, low=now(), high=until))


async def bodies(ctx: Context) -> list[Resource]:
    """The cooperating services that the platform knows, by name."""
    query = parse(
        "Organization",
        [("type", f"{partners.KIND}|"), ("_sort", "name"), ("_count", "500")],
        base=ctx.node.fhir,
    )
    return [loads(stored.body) for stored in (await gate.search(ctx, query)).matches]
