"""Results of laboratories and radiology in a chart: values beside the usual range, what deviates, and who has seen them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from akson.care import results
from akson.care.results import Signature
from akson.exchange.edge import answer
from akson.fhir.model import Resource
from akson.fhir.strict_json import loads
from akson.messaging import inbox
from akson.record import gate
from akson.record.context import Context
from akson.web import say, show
from akson.web.context import context, find, of_type, one
from akson.web.ehr.chart import show_chart
from akson.web.ehr.referrals import mailroom_of
from akson.web.language import language_of, page_within
from akson.web.services.cells import quantity

PAGE = "30"
EARLIER = "200"
"""Earlier results looked through for the one before."""
_STATES = {
    "registered": ("result.state_registered", ""),
    "partial": ("result.state_preliminary", "warning"),
    "preliminary": ("result.state_preliminary", "warning"),
    "amended": ("result.state_changed", "warning"),
    "corrected": ("result.state_changed", "warning"),
    "appended": ("result.state_appended", "info"),
    "cancelled": ("result.state_withdrawn", "danger"),
    "entered-in-error": ("result.state_withdrawn", "danger"),
}
"""States that people must be told of: a final one is as it should be."""
_ABNORMAL = {
    "H": "result.high", "HH": "result.high", "L": "result.low", "LL": "result.low", "A": "result.abnormal",
    "AA": "result.abnormal", "R": "result.resistant", "I": "result.intermediate",
}  # fmt: skip
WITHDRAWN = frozenset({"entered-in-error", "cancelled"})


@dataclass(frozen=True, slots=True)
class Value:
    """One result. `flag`, `state` are keys of the catalogues, empty where there is nothing to say."""

    name: str
    value: str
    range: str
    flag: str
    state: str
    tone: str
    before: str
    """What it was before the laboratory changed it."""
    earlier: str
    """The last result of the same examination before this one, with its day."""
    note: str
    level: int
    is_withdrawn: bool


@dataclass(frozen=True, slots=True)
class Report:
    """A report with its results, and who has signed for it as it now is."""

    id: str
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
    made = await built(ctx, of_type(found, "DiagnosticReport"), language_of(request))
    return await show_chart(
        request,
        ctx,
        "ehr/results.html",
        "results",
        waiting=[each for each in made if not each.signed],
        seen=[each for each in made if each.signed],
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
    codes = {token for each in there.values() for token in _tokens(each)}
    if not codes:
        return {}
    pairs = (("patient", patient), ("code", ",".join(sorted(codes))), ("_sort", "-date"), ("_count", EARLIER))
    known = [each for each in await find(ctx, "Observation", *pairs) if each.get("status") not in WITHDRAWN]
    made = {}
    for key, each in there.items():
        mine, at = _tokens(each), str(each.get("effectiveDateTime", ""))
        older = (o for o in known if str(o.get("effectiveDateTime", "")) < at and mine & _tokens(o))
        if found := next(older, None):
            made[key] = found
    return made


def _tokens(observation: Resource) -> set[str]:
    codings = observation.get("code", {}).get("coding", ())
    return {f"{c['system']}|{c['code']}" for c in codings if c.get("system") and c.get("code")}


def _report(
    report: Resource,
    there: Mapping[str, Resource],
    signed: Sequence[Signature],
    others: tuple[Mapping[str, Resource], Mapping[str, Resource]],
    language: str,
) -> Report:
    version = str(report["meta"]["versionId"])
    state, tone = _STATES.get(str(report.get("status")), ("", ""))
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
        values=tuple(v for key in ids for v in _values(key, there, others, language, 0)),
        signed=next((each for each in signed if each.version == version), None),
        signed_before=bool(signed),
    )


def _values(
    key: str,
    there: Mapping[str, Resource],
    others: tuple[Mapping[str, Resource], Mapping[str, Resource]],
    language: str,
    level: int,
) -> list[Value]:
    """A result and those below it, each once."""
    found = there.get(key)
    if found is None or level > 4:
        return []
    before, earlier = (each.get(key, {}) for each in others)
    state, tone = _STATES.get(str(found.get("status")), ("", ""))
    flags = [c.get("code", "") for i in found.get("interpretation", ()) for c in i.get("coding", ())]
    was = words(before, language) if before else ""
    last = (
        f"{words(earlier, language)} ({say.day(earlier['effectiveDateTime'], language)})" if earlier else ""
    )
    made = Value(
        name=show.concept(found.get("code")),
        value=words(found, language),
        range=", ".join(str(r["text"]) for r in found.get("referenceRange", ()) if r.get("text")),
        flag=next((_ABNORMAL[each] for each in flags if each in _ABNORMAL), ""),
        state=state,
        tone=tone,
        before=was if was != words(found, language) else "",
        earlier=last,
        note="\n".join(str(note["text"]) for note in found.get("note", ()) if note.get("text")),
        level=level,
        is_withdrawn=found.get("status") in WITHDRAWN,
    )
    parts = [
        Value(
            show.concept(c.get("code")),
            words(c, language),
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            level + 1,
            made.is_withdrawn,
        )
        for c in found.get("component", ())
    ]
    members = [r["reference"].partition("/")[2] for r in found.get("hasMember", ())]
    return [made, *parts, *(v for m in members for v in _values(m, there, others, language, level + 1))]


def words(found: Resource, language: str) -> str:
    """The value of an Observation or of a part of one."""
    if "valueQuantity" in found:
        return quantity(found["valueQuantity"], language)
    if "valueRange" in found:
        ends = (found["valueRange"].get(end) for end in ("low", "high"))
        return " – ".join(quantity(end, language) for end in ends if end)
    if "valueCodeableConcept" in found:
        return show.concept(found["valueCodeableConcept"])
    if "valueDateTime" in found:
        return say.when(str(found["valueDateTime"]), language)
    return str(found.get("valueString", ""))
