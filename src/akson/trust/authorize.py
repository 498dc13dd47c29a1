"""From a pushed request to a code: the authorization endpoint and the demo e-ID page where one picks a person."""

import hmac
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from akson.kit.ids import new_id, new_secret
from akson.security.caller import Caller
from akson.security.door_log import Doing, Happened
from akson.security.once import digest
from akson.store.underway import keep
from akson.trust import par
from akson.trust.claims import DEMO, Grant
from akson.trust.oauth import OAuthError
from akson.trust.pages import Page, language_of, render
from akson.trust.provider import CODE_LIFE, INTERACTION_LIFE, Provider, until
from akson.trust.registry import Person, all_people, find_client, find_person

INTERACTION, CODE = "trust-interaction", "trust-code"

Kept = Mapping[str, Any]


async def authorize(provider: Provider, request: Request) -> Response:
    """GET /connect/authorize?client_id&request_uri: only what was pushed counts."""
    query = request.query_params
    if len(query.multi_items()) != len(query.keys()):
        raise OAuthError("invalid_request", "a parameter stands twice")
    if not query.keys() <= {"client_id", "request_uri"}:
        raise OAuthError("invalid_request", "parameters belong in the pushed request")
    pushed = await par.take(provider, query.get("client_id", ""), query.get("request_uri", ""))
    if "none" in pushed["prompt"].split():
        # Nobody stays signed in at the anchor itself, so there is never a session to answer from.
        return _back(provider, pushed, {"error": "login_required"})
    interaction, binding = new_secret(), new_secret()
    async with provider.database.transaction() as tx:
        kept = {"request": pushed, "binding": digest(binding)}
        await keep.put(tx, INTERACTION, digest(interaction), kept, until(INTERACTION_LIFE))
    answer = RedirectResponse(provider.url(f"/eid/{interaction}"), 303)
    parts = urlsplit(provider.issuer)
    answer.set_cookie(
        _cookie(interaction),
        binding,
        max_age=int(INTERACTION_LIFE.total_seconds()),
        path=f"{parts.path}/eid",
        secure=parts.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return answer


async def show(provider: Provider, request: Request) -> Response:
    """GET /eid/{interaction}: whom one can sign in as."""
    kept = await under_way(provider, request, request.path_params["interaction"])
    async with provider.database.transaction() as tx:
        people = await all_people(tx)
        client = await find_client(tx, kept["request"]["client_id"])
    hint = kept["request"]["login_hint"]
    values = {
        "hinted": next((person for person in people if person.handle == hint), None),
        "groups": _groups([person for person in people if person.handle != hint]),
        "client": client.name if client else "",
        "level": kept["request"]["level"],
    }
    language = language_of(request, kept["request"]["language"])
    return render(provider, Page("eid.html", language, values, _origin(kept["request"]["redirect_uri"])))


def _groups(people: Sequence[Person]) -> list[dict[str, Any]]:
    """Those at work, then everybody else."""
    groups: dict[str, list[Person]] = {"trust.staff": [], "trust.citizens": []}
    for person in people:
        groups["trust.staff" if person.staff or person.hpr else "trust.citizens"].append(person)
    return [{"title": title, "people": found} for title, found in groups.items()]


async def choose(provider: Provider, request: Request) -> Response:
    """POST /eid/{interaction}: `person` and `level`, or `cancel`; back to the client with a code or an error."""
    interaction = request.path_params["interaction"]
    kept = await under_way(provider, request, interaction)
    async with request.form(max_files=0) as form:
        given = {name: str(value) for name, value in form.items()}
    asked = kept["request"]
    async with provider.database.transaction() as tx:
        person = await find_person(tx, given.get("person", ""))
    level = int(given["level"]) if given.get("level") in {"3", "4"} else 0
    if "cancel" not in given and (person is None or level < asked["level"]):
        raise OAuthError("invalid_request", "no such person or level")
    leaving = Leaving(request, interaction, asked)
    if person is None or "cancel" in given:
        return await refuse(provider, leaving, "access_denied")
    return await finish(provider, leaving, Identified(person, level))


@dataclass(frozen=True, slots=True)
class Leaving:
    """A sign-in that comes to its end: the browser's request, the sign-in's secret, and what the client asked for."""

    request: Request
    interaction: str
    asked: Kept


@dataclass(frozen=True, slots=True)
class Identified:
    """Who identified, how surely and where; `eid_token` is what the provider of the e-ID said, where there is one."""

    person: Person
    level: int
    idp: str = DEMO
    eid_token: str = ""


async def refuse(provider: Provider, leaving: Leaving, error: str) -> Response:
    """Back to the client without a code."""
    await _end(provider, leaving)
    return _leave(provider, leaving, _back(provider, leaving.asked, {"error": error}))


async def finish(provider: Provider, leaving: Leaving, who: Identified) -> Response:
    """Back to the client with a code for this person. OAuthError when the sign-in is over by now."""
    await _end(provider, leaving)
    asked, person = leaving.asked, who.person
    caller = Caller(asked["client_id"], pid=person.pid, name=person.name, hpr=person.hpr, assurance=who.level)
    await provider.door_log.note(Happened(Doing.LOGIN, "reason.signed_in", granted=True), caller)
    grant = Grant(
        new_id(),
        asked["client_id"],
        person.handle,
        who.level,
        int(time.time()),
        frozenset(asked["scope"]),
        asked["jkt"],
        idp=who.idp,
        eid_token=who.eid_token,
    )
    return _leave(provider, leaving, _back(provider, asked, {"code": await _code(provider, grant, asked)}))


async def _end(provider: Provider, leaving: Leaving) -> None:
    async with provider.database.transaction() as tx:
        if await keep.take(tx, INTERACTION, digest(leaving.interaction)) is None:
            raise OAuthError("invalid_request", "this sign-in is over")


async def under_way(provider: Provider, request: Request, interaction: str) -> Kept:
    """The sign-in under way, when it is this browser's."""
    binding = request.cookies.get(_cookie(interaction), "")
    async with provider.database.transaction() as tx:
        kept = await keep.get(tx, INTERACTION, digest(interaction))
    if kept is None or not hmac.compare_digest(kept["binding"], digest(binding)):
        raise OAuthError("invalid_request", "this sign-in is over, or belongs to another browser")
    return kept


async def _code(provider: Provider, grant: Grant, asked: Kept) -> str:
    code = new_secret()
    kept = {
        "grant": asdict(grant) | {"scopes": sorted(grant.scopes), "details": []},
        "redirect_uri": asked["redirect_uri"],
        "challenge": asked["challenge"],
        "nonce": asked["nonce"],
        "details": asked["details"],
    }
    async with provider.database.transaction() as tx:
        await keep.put(tx, CODE, digest(code), kept, until(CODE_LIFE))
    return code


def _back(provider: Provider, asked: Kept, values: Mapping[str, str]) -> Response:
    """To the client, with the state it sent and who we are (RFC 9207)."""
    query = {**values, **({"state": asked["state"]} if asked["state"] else {}), "iss": provider.issuer}
    joint = "&" if "?" in asked["redirect_uri"] else "?"
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return RedirectResponse(f"{asked['redirect_uri']}{joint}{urlencode(query)}", 303, headers)


def _leave(provider: Provider, leaving: Leaving, answer: Response) -> Response:
    """Take the cookie of this sign-in along: it has done its work."""
    answer.delete_cookie(_cookie(leaving.interaction), path=f"{urlsplit(provider.issuer).path}/eid")
    return answer


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _cookie(interaction: str) -> str:
    return f"eid_{interaction[:8]}"
