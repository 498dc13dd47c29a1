"""The citizen decides who sees the record: what holds now, to hide and to show, what was before.

Nothing is set before the citizen has read in one sentence what it does, and what it may lead to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.care import access_log
from akson.exchange.hub import consent, partner, privacy
from akson.exchange.hub.access import MOST_PAGES, PAGE, Log
from akson.exchange.hub.privacy import OPENING, Order
from akson.fhir.strict_json import loads
from akson.kit.clock import now
from akson.kit.errors import NotFound
from akson.record import gate
from akson.record.context import Context
from akson.security.actor import Action
from akson.security.privacy import PARTS, SHARING, Entry, Terms, read
from akson.security.rules.access_log import LOG
from akson.web.context import find, inquiry_of, whole
from akson.web.language import language_of
from akson.web.page import render
from akson.web.portal import privacy_words as words
from akson.web.portal.attorney import last_day
from akson.web.portal.citizen import person

BASE = "/personvern"
YEAR = timedelta(days=365)
CAREFUL = frozenset({"critical", "medicines", "problems"})
"""Topics without which somebody may give the wrong treatment."""
WHOLE, SOME, OTHERS = "alt", "deler", "resten"
FETCHING = "IO"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a form asks for. `wrong`: keys of what is missing or cannot be."""

    definition: str
    terms: Terms
    until: str
    high: datetime | None
    wrong: tuple[str, ...]

    @property
    def careful(self) -> bool:
        """Whether it may lead to the wrong treatment, so that the citizen says once more that it is meant."""
        if self.definition == "innsyn":
            return False
        parts = set(self.terms.parts)
        hides = not parts or (CAREFUL - parts if self.terms.other_parts else CAREFUL & parts)
        return not self.terms.entries and bool(hides)


def privacy_routes() -> list[BaseRoute]:
    """The page, the forms of what can be set, and the history."""
    return [
        Route(BASE, overview),
        Route(f"{BASE}/skjul", hide, methods=["GET"]),
        Route(f"{BASE}/skjul", set_block, methods=["POST"]),
        Route(f"{BASE}/vis", show_to, methods=["GET"]),
        Route(f"{BASE}/vis", set_consent, methods=["POST"]),
        Route(f"{BASE}/deling", sharing, methods=["GET"]),
        Route(f"{BASE}/deling", set_sharing, methods=["POST"]),
        Route(f"{BASE}/samtykke", answer, methods=["POST"]),
        Route(f"{BASE}/ta-bort", withdraw, methods=["POST"]),
        Route(f"{BASE}/angre", undo, methods=["POST"]),
        Route(f"{BASE}/historikk", history),
    ]


async def overview(request: Request) -> Response:
    """What holds now."""
    ctx = person(request)
    language = language_of(request)
    standing = await privacy.current(ctx)
    holding = [each for each in standing if each.active and each.high > now()]
    undone = request.query_params.get("angre", "")
    gone = next((each for each in standing if each.id == undone and not each.active), None)
    return _show(
        request,
        "portal/privacy.html",
        blocks=[words.said(each, language) for each in holding if each.definition == "sperring"],
        openings=[words.said(each, language) for each in holding if each.definition == OPENING],
        asking=await consent.waiting(ctx),
        shared=[words.said(each, language) for each in holding if each.definition == privacy.SHARING],
        partners=await partner.waiting(ctx),
        titles=words.TITLES,
        last_day=last_day,
        consents=[words.said(each, language) for each in holding if each.definition == "innsyn"],
        sharing=next((words.said(each, language) for each in holding if each.definition == "deling"), None),
        others=any(read(each.definition, each.metadata).all_but for each in holding),
        gone=words.said(gone, language) if gone else None,
        done=request.query_params.get("lagret", ""),
    )


async def answer(request: Request) -> Response:
    """Yes or no to somebody who asks to see what is hidden."""
    ctx = person(request)
    form = await request.form()
    agreed = form.get("svar") == "ja"
    await consent.answer(ctx, str(form.get("id", "")), agreed=agreed)
    return _home(request, "?lagret=ja" if agreed else "")


async def hide(request: Request) -> Response:
    """The form: what, from whom, how long."""
    person(request)
    return await _form(request, "sperring", FormData())


async def show_to(request: Request) -> Response:
    """The form of a consent: who may see what is hidden from all but some."""
    person(request)
    return await _form(request, "innsyn", FormData())


async def set_block(request: Request) -> Response:
    return await _set(request, "sperring")


async def set_consent(request: Request) -> Response:
    return await _set(request, "innsyn")


async def sharing(request: Request) -> Response:
    """What it means not to share with other organisations, before one says yes."""
    person(request)
    asked = Asked("deling", Terms(SHARING), "", None, ())
    return _review(request, asked, FormData())


async def set_sharing(request: Request) -> Response:
    """Not shared with other organisations from now on."""
    ctx = person(request)
    form = await request.form()
    asked = Asked("deling", Terms(SHARING), "", None, ())
    if "mener" not in form:
        return _review(request, asked, form, wrong=("privacy.wrong_meant",), status=422)
    standing = await privacy.current(ctx)
    if not any(each.active and each.definition == "deling" for each in standing):
        await privacy.put(ctx, Order("deling", asked.terms))
    return _home(request, "?lagret=ja")


async def withdraw(request: Request) -> Response:
    """A rule holds no longer; it can be undone at once."""
    ctx = person(request)
    form = await request.form()
    id_ = str(form.get("id", ""))
    await privacy.withdraw(ctx, id_, whole(str(form.get("versjon", ""))) or 0)
    return _home(request, f"?angre={id_}")


async def undo(request: Request) -> Response:
    """A rule that was taken away holds again."""
    ctx = person(request)
    form = await request.form()
    id_ = str(form.get("id", ""))
    before = next((each for each in await privacy.current(ctx) if each.id == id_), None)
    if before is None:
        raise NotFound("No such rule")
    terms = read(before.definition, before.metadata)
    expected = whole(str(form.get("versjon", ""))) or 0
    await privacy.put(ctx, Order(before.definition, terms, before.low, before.high, id_, expected))
    return _home(request, "?lagret=ja")


async def history(request: Request) -> Response:
    """Every version: what was set and taken away, when and by whom."""
    versions = await privacy.history(person(request))
    language = language_of(request)
    return _show(
        request, "portal/privacy_history.html", versions=[words.said(each, language) for each in versions]
    )


async def _set(request: Request, definition: str) -> Response:
    """The form again where something is wrong; else the sentence to agree to; then it is set."""
    ctx = person(request)
    form = await request.form()
    if "ny" in form:  # from the page of what is to be hidden, whose name must not stand in an address
        return await _form(request, definition, form)
    asked = _asked(definition, form)
    if asked.wrong:
        return await _form(request, definition, form, wrong=asked.wrong, status=422)
    if "lagre" not in form:
        return _review(request, asked, form)
    if asked.careful and "mener" not in form:
        return _review(request, asked, form, wrong=("privacy.wrong_meant",), status=422)
    await privacy.put(ctx, Order(definition, asked.terms, high=asked.high))
    return _home(request, "?lagret=ja")


def _asked(definition: str, form: FormData) -> Asked:
    entries = tuple(_entries(form))
    extent = str(form.get("omfang", WHOLE))
    parts = (
        () if entries or extent == WHOLE else tuple(p for p in map(str, form.getlist("del")) if p in PARTS)
    )
    subjects = words.chosen(map(str, form.getlist("hvem")))
    all_but = definition == "sperring" and form.get("retning") == "andre"
    until = str(form.get("til", "")).strip()
    high, is_day = words.end_of_day(until)
    wrong = []
    if not subjects and definition == "innsyn":
        wrong.append("privacy.wrong_whom_consent")
    elif not subjects:
        wrong.append("privacy.wrong_whom")
    if extent != WHOLE and not parts and not entries:
        wrong.append("privacy.wrong_parts")
    if not is_day or (definition == "innsyn" and not until):
        wrong.append("privacy.wrong_until")
    scope = FETCHING if definition == "innsyn" else words.scope_of(subjects, all_but=all_but)
    terms = Terms(scope, subjects, all_but, parts, bool(parts) and extent == OTHERS, entries)
    return Asked(definition, terms, until, high, tuple(wrong))


def _entries(form: FormData) -> list[Entry]:
    """Single entries, each as node/Type/id; they share the name that the citizen knows them by."""
    name = str(form.get("navn", ""))[:200]
    found = [str(each).partition("/") for each in form.getlist("post")]
    return [
        Entry(node, reference, name) for node, _, reference in found if node and reference.count("/") == 1
    ]


async def _form(
    request: Request, definition: str, form: FormData, *, wrong: Sequence[str] = (), status: int = 200
) -> Response:
    ctx = person(request)
    language = language_of(request)
    logs = await _logs(request, ctx)
    doctors = loads((await gate.read(ctx, "Patient", ctx.actor.patient)).body).get("generalPractitioner", [])
    units, owners = words.organizations(await find(ctx, "Organization", ("_count", "500")))
    given = form or FormData(list(request.query_params.multi_items()))
    chosen = {str(each) for each in given.getlist("hvem")}
    groups: list[tuple[str, list[words.Choice]]] = [
        ("privacy.group_people", words.lookers(logs, doctors)),
        ("privacy.group_units", units),
        ("privacy.group_owners", owners),
        ("privacy.group_roles", words.professions(language)),
    ]
    return _show(
        request,
        "portal/privacy_form.html",
        status=status,
        definition=definition,
        groups=groups,
        chosen=chosen,
        missing=[log.title for log in logs if log.silent],
        parts=list(PARTS),
        entries=[str(each) for each in given.getlist("post")],
        given=given,
        wrong=list(wrong),
    )


def _review(
    request: Request, asked: Asked, form: FormData, *, wrong: Sequence[str] = (), status: int = 200
) -> Response:
    language = language_of(request)
    kept = [
        (name, str(value))
        for name, value in form.multi_items()
        if name not in {"mener", "lagre", "csrf_token"}
    ]
    return _show(
        request,
        "portal/privacy_review.html",
        status=status,
        sentence=words.sentence(asked.definition, asked.terms, language),
        emergency=words.emergency(asked.definition, asked.terms),
        definition=asked.definition,
        careful=asked.careful,
        until=asked.until,
        kept=kept,
        wrong=list(wrong),
    )


async def _logs(request: Request, ctx: Context) -> list[Log]:
    """Who has looked in the last year, as every system tells it."""
    if ctx.actor.acts_for and not gate.may(ctx, Action.SEARCH, LOG):
        return []
    since = now() - YEAR
    events, is_whole = await access_log.since(ctx, since, PAGE, MOST_PAGES)
    own = Log(ctx.node.title, tuple(events), whole=is_whole, register=True)
    return [*await inquiry_of(request).logs(since), own]


def _home(request: Request, query: str) -> Response:
    return RedirectResponse(f"{request.scope['root_path']}{BASE}{query}", 303)


def _show(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    return render(request, template, status=status, menu="privacy", **values)
