"""Trying a change of the rules on what happened: the form, the progress and what would have turned."""

import json
from collections.abc import Iterable

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.kit.errors import Malformed
from akson.kit.text import catalogue, text
from akson.record.emergency import LASTS
from akson.record.relations import LIMITS
from akson.record.replay import runs
from akson.record.replay.change import DAYS, MINUTES, NAMES
from akson.record.replay.tally import DIMENSIONS, Tally
from akson.security.roles import DUTIES
from akson.security.rules.supplier_errand import PARTS, types_of
from akson.security.topics import TOPIC_OF
from akson.web import looks
from akson.web.context import context, whole
from akson.web.ehr.errands import parts
from akson.web.ehr.frame import show_work
from akson.web.language import language_of

PAGE = "/logg/regler"
OWN = ("node", "own_record", "open_information", "own_subscription", "own_privacy", "system_admin")
"""Rules that no organisation switches off: they stand in the file for those who want to see."""
NUMBERS = {
    "days_after_end": ("care_relations", LIMITS.aftercare.days, DAYS),
    "days_before_appointment": ("care_relations", LIMITS.ahead.days, DAYS),
    "days_of_referral": ("care_relations", LIMITS.referred.days, DAYS),
    "minutes": ("emergency", int(LASTS.total_seconds() // 60), MINUTES),
}
"""Fields of numbers: section of the file, what holds now, and what it may be."""


def simulate_routes() -> list[BaseRoute]:
    """Below the node's own path."""
    return [
        Route(PAGE, form, methods=["GET"]),
        Route(PAGE, begin, methods=["POST"]),
        Route(PAGE + "/{simulation}", result, methods=["GET"]),
    ]


async def form(request: Request) -> Response:
    """What can be changed, and what was tried before."""
    return await _form(request, FormData(), "")


async def begin(request: Request) -> Response:
    """Begin, and go to the result; the form again, with what is wrong."""
    ctx = context(request)
    sent = await request.form()
    if not sent.get("change") and (fields := _wrong(sent)):
        return await _form(request, sent, "", fields)
    try:
        id_ = await runs.begin(ctx, written(sent))
    except Malformed as error:
        return await _form(request, sent, error.diagnostics)
    return RedirectResponse(f"/{ctx.node.name}{PAGE}/{id_}", 303)


async def result(request: Request) -> Response:
    """What came of it so far."""
    ctx = context(request)
    asked = await runs.one(ctx, request.path_params["simulation"])
    tally, language = Tally.of(asked.tally), language_of(request)
    tables = [
        (name, [(_value(name, value, language), *numbers) for value, *numbers in tally.lines(name)])
        for name in DIMENSIONS
    ]
    return await show_work(
        request,
        ctx,
        "ehr/simulation.html",
        menu="log",
        asked=asked,
        tally=tally,
        tables=[(name, lines) for name, lines in tables if lines],
        reason=lambda key: _reason(key, language),
        role=lambda code: looks.role(code, language),
        kind=lambda name: _value("type", name, language),
        skipped=[
            (text(f"simulate.skip_{why}", language), number) for why, number in tally.skipped.most_common()
        ],
    )


def written(sent: FormData) -> str:
    """The change of a form as the file that the command line takes: what is written by hand, or what was chosen."""
    if by_hand := str(sent.get("change", "")).strip():
        return by_hand
    lines: list[str] = []
    if off := [str(each) for each in sent.getlist("off") if each in NAMES]:
        lines += ["[rules]", f"off = {_list(off)}"]
    numbers = {name: str(sent.get(name, "")).strip() for name in NUMBERS}
    for section in ("care_relations", "emergency"):
        given = [name for name, (of, *_) in NUMBERS.items() if of == section and numbers[name]]
        if given:
            lines += [f"[{section}]", *(f"{name} = {numbers[name]}" for name in given)]
    role = str(sent.get("role", ""))
    if role in DUTIES:
        lose, gain = (_list(types_of([str(sent.get(name, ""))])) for name in ("lose", "gain"))
        lines += [f"[roles.{role}]", f"remove_reads = {lose}", f"add_reads = {gain}"]
    return "\n".join(lines)


def _wrong(sent: FormData) -> frozenset[str]:
    """Fields that hold something that is no number that may be."""
    given = {name: str(sent.get(name, "")).strip() for name in NUMBERS}
    return frozenset(
        name for name, (_, _, among) in NUMBERS.items() if given[name] and whole(given[name]) not in among
    )


def _list(names: Iterable[str]) -> str:
    return json.dumps(sorted(names))


async def _form(
    request: Request, given: FormData, wrong: str, fields: frozenset[str] = frozenset()
) -> Response:
    ctx = context(request)
    language = language_of(request)
    answer = await show_work(
        request,
        ctx,
        "ehr/simulate.html",
        menu="log",
        latest=await runs.latest(ctx),
        rules=[
            (name, _reason(f"reason.{name}", language), text(f"rule.{name}", language))
            for name in NAMES
            if name not in OWN
        ],
        numbers=[
            (
                name,
                text(f"simulate.{name}", language),
                now,
                text("simulate.wrong_number", language, most=among.stop - 1) if name in fields else "",
            )
            for name, (_, now, among) in NUMBERS.items()
        ],
        roles=[(code, looks.role(code, language)) for code in sorted(DUTIES)],
        topics=[(topic, parts((topic,), language)) for topic in PARTS],
        given={name: str(value) for name, value in given.items()},
        off=frozenset(map(str, given.getlist("off"))),
        wrong=wrong,
    )
    answer.status_code = 422 if wrong or fields else 200
    return answer


def _reason(key: str, language: str) -> str:
    return text(key, language) if key in catalogue("nb") else key


def _value(dimension: str, value: str, language: str) -> str:
    """A value of a table in words."""
    if dimension == "rule":
        return _reason(value, language)
    if dimension == "role":
        return looks.role(value, language) or text("simulate.no_role", language)
    if dimension == "type" and value:
        topic = TOPIC_OF.get(value, "other")
        words = parts((topic,), language) if topic in PARTS else text(f"seen.topic_{topic}", language)
        return f"{words} ({value})"
    return value or "–"
