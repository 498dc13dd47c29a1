"""Results of laboratories and radiology in a chart: values beside the usual range, what deviates, and who has seen them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from akson.care import results
from akson.care.results import Signature
from akson.exchange.edge import answer
from akson.fhir.model import Resource, reference
from akson.fhir.strict_json import loads
from akson.messaging import inbox
from akson.record import gate
from akson.record.context import Context
from akson.web import show
from akson.web.context import context, find, of_type, one
from akson.web.ehr.chart import show_chart
from akson.web.ehr.referrals import mailroom_of
from akson.web.ehr.result_values import STATES, WITHDRAWN, Value, tokens, values
from akson.web.language import language_of, page_within

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
PAGE = "30"
SINGLE = "100"
"""Results in no report that are looked through."""
EARLIER = "200"
"""Earlier results looked through for the one before."""


@dataclass(frozen=True, slots=True)
class Report:
    """A report with its results, and who has signed for it as it now is."""

    id: str
    """Empty for results of a day that came in no report: there is nothing to sign for."""
    version: str
    title: str
    by: str
    when: str
    state: str
    tone: str
    conclusion: str
    values: tuple[Value, ...]
    signed: Signature | None
    signed_before: bool
    """Somebody has signed for an earlier version."""

    @property
    def deviates(self) -> bool:
        """Whether a result that stands is outside what is usual."""
        return any(each.flag and not each.is_withdrawn for each in self.values)


async def chart(request: Request) -> Response:
    """The reports of a patient, those that nobody has signed for first."""
    ctx = context(request)
    who = ("patient", f"Patient/{request.path_params['patient']}")
    found = await find(ctx, "DiagnosticReport", who, ("_sort", "-issued"), ("_count", PAGE))
    language = language_of(request)
    made = await built(ctx, of_type(found, "DiagnosticReport"), language)
    return await show_chart(
        request,
        ctx,
        "ehr/results.html",
        "results",
        waiting=[each for each in made if not each.signed],
        seen=[each for each in made if each.signed],
        single=await _single(ctx, who, language),
    )


async def sign(request: Request) -> Response:
    """Sign for a report as it was shown; the letter that brought it is dealt with."""
    ctx = context(request)
    form = await request.form()
    report = await one(ctx, "DiagnosticReport", request.path_params["report"])
    await results.sign(ctx, report["id"], str(form.get("version", "")))
    for message in await answer.brought(ctx, mailroom_of(request), f"DiagnosticReport/{report['id']}"):
        if message.state in (inbox.NEW, inbox.OPENED):
            await inbox.move(ctx.tx, message.id, inbox.DONE)
    return RedirectResponse(page_within(str(form.get("back", "/"))), 303)


async def of_report(ctx: Context, report: str, language: str) -> Report | None:
    """One report (reference) as it is shown; None for a reference to something else."""
    kind, _, id_ = report.partition("/")
    if kind != "DiagnosticReport":
        return None
    return (await built(ctx, [await one(ctx, kind, id_)], language))[0]


async def built(ctx: Context, reports: Sequence[Resource], language: str) -> list[Report]:
    """Reports with their results, in their order."""
    wanted = {r["reference"].partition("/")[2] for report in reports for r in report.get("result", ())}
    there = await _observations(ctx, wanted)
    signed = await results.signatures(ctx, reports)
    before = {key: await _before(ctx, each) for key, each in there.items()}
    earlier = await _earlier(ctx, reports[0]["subject"]["reference"], there) if there else {}
    return [_report(each, there, signed.get(each["id"], []), (before, earlier), language) for each in reports]


async def _single(ctx: Context, who: tuple[str, str], language: str) -> list[Report]:
    """The latest results that are in no report, as those that were written into the record by hand, by day."""
    pairs = (("category", f"{CATEGORY}|laboratory"), ("_sort", "-date"), ("_count", SINGLE))
    found = {each["id"]: each for each in await find(ctx, "Observation", who, *pairs)}
    if not found:
        return []
    names = ",".join(reference(each) for each in found.values())
    reports = await find(ctx, "DiagnosticReport", who, ("result", names), ("_count", "500"))
    within = [r["reference"] for each in reports for r in each.get("result", ())]
    within += [r["reference"] for each in found.values() for r in each.get("hasMember", ())]
    alone = {key: each for key, each in found.items() if reference(each) not in within}
    earlier = await _earlier(ctx, who[1], alone)
    by_day: dict[tuple[str, str], list[Resource]] = {}
    for each in alone.values():
        by = ", ".join(filter(None, map(show.display, each.get("performer", ()))))
        by_day.setdefault((str(each.get("effectiveDateTime", "")), by), []).append(each)
    return [
        Report(
            id="", version="", title="", by=by, when=day, state="", tone="", conclusion="",
            values=tuple(v for each in of_day for v in values(each["id"], found, ({}, earlier), language, 0)),
            signed=None, signed_before=False,
        )
        for (day, by), of_day in by_day.items()
    ]  # fmt: skip


async def _observations(ctx: Context, wanted: set[str]) -> dict[str, Resource]:
    """Results by id, with those below them."""
    there: dict[str, Resource] = {}
    while missing := wanted - there.keys():
        found = await find(ctx, "Observation", ("_id", ",".join(sorted(missing))), ("_count", "500"))
        there |= {each["id"]: each for each in found}
        below = {r["reference"].partition("/")[2] for each in found for r in each.get("hasMember", ())}
        wanted = below | (wanted & there.keys())
        if not found:
            break
    return there


async def _before(ctx: Context, observation: Resource) -> Resource:
    """A changed result as it was; empty for one that was not changed."""
    version = int(observation["meta"]["versionId"])
    if observation.get("status") != "corrected" or version < 2:
        return {}
    return loads((await gate.vread(ctx, "Observation", observation["id"], version - 1)).body)


async def _earlier(ctx: Context, patient: str, there: Mapping[str, Resource]) -> dict[str, Resource]:
    """The result before each of these, of the same examination, by the id of the newer."""
    codes = {token for each in there.values() for token in tokens(each)}
    if not codes:
        return {}
    pairs = (("patient", patient), ("code", ",".join(sorted(codes))), ("_sort", "-date"), ("_count", EARLIER))
    known = [each for each in await find(ctx, "Observation", *pairs) if each.get("status") not in WITHDRAWN]
    made = {}
    for key, each in there.items():
        mine, at = tokens(each), str(each.get("effectiveDateTime", ""))
        older = (o for o in known if str(o.get("effectiveDateTime", "")) < at and mine & tokens(o))
        if found := next(older, None):
            made[key] = found
    return made


def _report(
    report: Resource,
    there: Mapping[str, Resource],
    signed: Sequence[Signature],
    others: tuple[Mapping[str, Resource], Mapping[str, Resource]],
    language: str,
) -> Report:
    version = str(report["meta"]["versionId"])
    state, tone = STATES.get(str(report.get("status")), ("", ""))
    below = {r["reference"] for each in there.values() for r in each.get("hasMember", ())}
    tops = (r["reference"] for r in report.get("result", ()) if r["reference"] not in below)
    ids = [each.partition("/")[2] for each in tops]
    return Report(
        id=report["id"],
        version=version,
        title=show.concept(report.get("code")),
        by=", ".join(filter(None, map(show.display, report.get("performer", ())))),
        when=str(report.get("issued") or report.get("effectiveDateTime", "")),
        state=state,
        tone=tone,
        conclusion=str(report.get("conclusion", "")),
        values=tuple(v for key in ids for v in values(key, there, others, language, 0)),
        signed=next((each for each in signed if each.version == version), None),
        signed_before=bool(signed),
    )
