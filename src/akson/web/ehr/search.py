"""Finding a patient. What one searches for is sent in the body, never in an address."""

import re
from dataclasses import dataclass
from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from akson.fhir.model import Resource
from akson.kit.norwegian import token
from akson.record.context import Context
from akson.security.rules.emergency import may_open
from akson.web import show
from akson.web.context import context, find, of_type
from akson.web.ehr import patient, work
from akson.web.ehr.frame import show_work

LIMIT = "50"
SOUNDS = str.maketrans("cwz", "kvs", "h")
BIRTH_DATE = re.compile(r"^(\d{1,2})[.\-/ ](\d{1,2})[.\-/ ](\d{4})$")


@dataclass(frozen=True, slots=True)
class Found:
    """One line of the result. `alike`: another line has nearly the same name."""

    id: str
    name: str
    birth: str
    address: str
    secret: bool
    alike: bool


async def patients(request: Request) -> Response:
    """GET: the patients of one's unit. POST: those that match `query`."""
    ctx = context(request)
    words = str((await request.form()).get("query", "")).strip() if request.method == "POST" else ""
    people = await matching(ctx, words) if words else await own(ctx)
    return await show_work(
        request,
        ctx,
        "ehr/patients.html",
        menu="patients",
        people=lines(people),
        searched=bool(words),
        may_open=may_open(ctx.actor),
    )


def criteria(words: str) -> list[tuple[str, str]]:
    """What was typed, as search parameters: an identity number, a birth date, or parts of a name."""
    digits = words.replace(" ", "")
    if digits.isdigit() and len(digits) == 11:
        return [("identifier", token(digits))]
    if born := _birth_date(words):
        return [("birthdate", born)]
    return [("name", word.replace(",", "\\,")) for word in words.replace(",", " ").split()]


def _birth_date(words: str) -> str:
    if re.fullmatch(r"\d{8}", words):
        words = f"{words[:2]}.{words[2:4]}.{words[4:]}"
    found = BIRTH_DATE.match(words)
    if not found:
        return ""
    try:
        return date(int(found[3]), int(found[2]), int(found[1])).isoformat()
    except ValueError:
        return ""


async def matching(ctx: Context, words: str) -> list[Resource]:
    found = await find(ctx, "Patient", *criteria(words), ("_sort", "family"), ("_count", LIMIT))
    return of_type(found, "Patient")


async def own(ctx: Context) -> list[Resource]:
    """Those with a service at one's unit, and those one is the regular GP of."""
    people: dict[str, Resource] = {}
    units = ",".join(party for party in work.parties(ctx) if party.startswith("Organization/"))
    if units:
        active = ("status", "active,planned")
        found = await find(ctx, "EpisodeOfCare", ("organization", units), active, ("_count", "200"))
        ids = {str(each["patient"]["reference"]).removeprefix("Patient/") for each in found}
        if ids:
            listed = await find(ctx, "Patient", ("_id", ",".join(sorted(ids))), ("_count", "200"))
            people |= {person["id"]: person for person in listed}
    if mine := ",".join(work.parties(ctx)):
        found = await find(ctx, "Patient", ("general-practitioner", mine), ("_count", "200"))
        people |= {person["id"]: person for person in found}
    return sorted(people.values(), key=show.name)


def lines(people: list[Resource]) -> list[Found]:
    """The result, with a warning on those whose names are easy to mix up."""
    keys = [_sound(show.name(person)) for person in people]
    return [
        Found(
            id=person["id"],
            name=show.name(person),
            birth=str(person.get("birthDate", "")),
            address=patient.address(person),
            secret=patient.is_secret(person),
            alike=keys.count(key) > 1,
        )
        for person, key in zip(people, keys, strict=True)
    ]


def _sound(name: str) -> tuple[str, str]:
    """First and last name, without what is easily misread: double letters, h, and the pairs c/k, w/v, z/s."""
    words = name.lower().translate(SOUNDS).split()
    short = [re.sub(r"(.)\1+", r"\1", word) for word in words]
    return (short[0], short[-1]) if short else ("", "")
