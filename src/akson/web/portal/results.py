"""The citizen's results of laboratories, of all record systems: the newest of each test, what it is in plain words, and what is usual."""

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from akson.exchange.hub.look import Search
from akson.exchange.merging import missing
from akson.fhir.model import Resource
from akson.kit.text import SOURCE, catalogue
from akson.security.representation import RECORD
from akson.web import show
from akson.web.context import context, inquiry_of, of_type
from akson.web.language import language_of
from akson.web.page import frame_of, render
from akson.web.portal.citizen import person
from akson.web.services import cells

BASE = "/helse/svar"
LOINC = "http://loinc.org"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
SEARCH = Search(
    "Observation", (("category", f"{CATEGORY}|laboratory"), ("_sort", "-date"), ("_count", "200"))
)
HIGH, LOW = frozenset({"H", "HH", "HU"}), frozenset({"L", "LL", "LU"})
"""Codes of HL7 v3 ObservationInterpretation."""


@dataclass(frozen=True, slots=True)
class Result:
    """One value of a test. `where`: against what is usual: high, low, inside, or empty where nobody has said."""

    value: str
    when: str
    who: str
    usual: str
    where: str


@dataclass(frozen=True, slots=True)
class Test:
    """A test with its values, the newest first. `meaning` is a key of the catalogues; empty where there are no words for it."""

    name: str
    meaning: str
    results: tuple[Result, ...]


def result_routes() -> list[BaseRoute]:
    """The page, whose list comes as the systems answer."""
    return [Route(BASE, results)]


async def results(request: Request) -> Response:
    """The page at once, its list as htmx asks for it; the whole where there is no script."""
    person(request, RECORD)
    asks = frame_of(request).fragment or "alle" in request.query_params
    found = await _found(request) if asks else None
    name = "portal/result_list.html" if frame_of(request).fragment else "portal/results.html"
    return render(request, name, menu="health", found=found)


async def _found(request: Request) -> dict[str, object]:
    (bundle,) = await inquiry_of(request).find(context(request), [SEARCH])
    found = of_type([entry["resource"] for entry in bundle["entry"]], "Observation")
    return {"tests": tests(found, language_of(request)), "missing": missing(bundle)}


def tests(found: Iterable[Resource], language: str) -> list[Test]:
    """Observations as tests, by name; what was withdrawn is left out."""
    by_test: dict[str, list[Resource]] = {}
    for each in found:
        if each.get("status") not in {"entered-in-error", "cancelled"}:
            by_test.setdefault(_key(each), []).append(each)
    made = []
    for values in by_test.values():
        values.sort(key=lambda each: str(each.get("effectiveDateTime", "")), reverse=True)
        key = f"explain.test_{show.code(values[0]['code'], LOINC).replace('-', '_')}"
        meaning = key if key in catalogue(SOURCE) else ""
        made.append(
            Test(show.concept(values[0]["code"]), meaning, tuple(_result(e, language) for e in values))
        )
    return sorted(made, key=lambda each: each.name.casefold())


def _key(resource: Resource) -> str:
    return show.code(resource["code"], LOINC) or show.concept(resource["code"]).casefold()


def _result(resource: Resource, language: str) -> Result:
    usual = resource.get("referenceRange", [{}])[0]
    ends = [usual[end] for end in ("low", "high") if end in usual]
    words = str(usual.get("text") or " – ".join(cells.quantity(end, language) for end in ends))
    return Result(
        value=cells.cell(resource, "value", language),
        when=str(resource.get("effectiveDateTime", "")),
        who=", ".join(filter(None, map(show.display, resource.get("performer", [])))),
        usual=words,
        where=_where(resource, usual),
    )


def _where(resource: Resource, usual: Resource) -> str:
    """Where the value lies: what the laboratory says, else what its range says."""
    codings = [c.get("code") for each in resource.get("interpretation", []) for c in each.get("coding", [])]
    if said := {str(code) for code in codings}:
        return "high" if said & HIGH else "low" if said & LOW else "inside" if "N" in said else ""
    value = resource.get("valueQuantity", {}).get("value")
    low, high = (usual.get(end, {}).get("value") for end in ("low", "high"))
    if value is None or (low is None and high is None):
        return ""
    if high is not None and value > high:
        return "high"
    return "low" if low is not None and value < low else "inside"
