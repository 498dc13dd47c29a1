"""A resource as the line of a table: what a declared column gives, in the words people use. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from akson.care import advice
from akson.documents.dicom.study import MODALITIES
from akson.exchange.declare import Part
from akson.exchange.reports.declare import SAID
from akson.fhir.fhirpath.evaluate import evaluate
from akson.fhir.fhirpath.values import Node as Element
from akson.fhir.model import Resource
from akson.kit.settings import Node
from akson.kit.text import catalogue, text
from akson.web import say, show
from akson.web.ehr.provenance import Provenance, provenance
from akson.web.services import media, viewer
from akson.web.services.curve import Curve, curves

TIMES = frozenset({"date", "dateTime", "instant"})
MOST = 6
"""Values of one cell."""


@dataclass(frozen=True, slots=True)
class Line:
    """One item: the words of each column, where it comes from, and how it is changed."""

    cells: tuple[str, ...]
    source: Provenance
    edit: str = ""
    """Path of the form that changes it; empty where the reader may not."""
    is_new: bool = False
    """Changed since the reader last read the list."""
    curves: tuple[tuple[Curve, str], ...] = ()
    """What is drawn, each with its words."""
    picture: str = ""
    """Address of a photo or a film; empty for what is none."""
    is_film: bool = False
    study: str = ""
    """Address of the pictures of a study; empty for what is none."""
    advice: str = ""
    """What the one who takes a medicine should know; empty for all else."""

    @property
    def title(self) -> str:
        return next((words for words in self.cells if words), "")


@dataclass(frozen=True, slots=True)
class Table:
    """The items of one part of a service, the newest first."""

    part: Part
    lines: tuple[Line, ...]
    add: str = ""
    """Path of the form for a new one; empty where the reader may not."""


def table(
    part: Part, resources: Iterable[Resource], node: Node, language: str, base: str = "", forms: str = ""
) -> Table:
    """The items of a part. `base`: below which address their photos, films and studies are; `forms`: the forms that change them."""
    made = []
    for resource in resources:
        told = line(part, resource, node, language)
        is_open = told.source.origin != "other" and not _taken_back(resource)
        edit = f"{forms}/{resource['id']}/endre" if forms and is_open else ""
        drawn = tuple((each, each.told(language)) for each in curves(resource))
        made.append(replace(told, edit=edit, curves=drawn))
        if base and (place := media.place(resource, node.name)):
            made[-1] = replace(made[-1], picture=f"{base}/bilder/{place}", is_film=media.is_film(resource))
        if base and (place := viewer.place_of(resource, node.name)):
            made[-1] = replace(made[-1], study=f"{base}/undersokelser/{place}")
    made.sort(key=lambda each: each.source.when, reverse=True)
    return Table(part, tuple(made), f"{forms}/ny" if forms else "")


def _taken_back(resource: Resource) -> bool:
    """Whether nobody changes it any more: a claim that was credited."""
    return resource["resourceType"] == "Claim" and resource.get("status") == "cancelled"


def line(part: Part, resource: Resource, node: Node, language: str, edit: str = "") -> Line:
    """One item."""
    cells = tuple(cell(resource, column.path, language) for column in part.columns)
    told = advice.of(resource, language) if resource["resourceType"] == "MedicationStatement" else ""
    return Line(cells, provenance(resource, node), edit, advice=told)


def cell(resource: Resource, path: str, language: str) -> str:
    """What a path gives, as words; each once."""
    found = [words(each, language) for each in evaluate(path, resource)]
    return ", ".join(dict.fromkeys(filter(None, found[:MOST])))


def words(element: Any, language: str) -> str:
    """One element in words. Empty where there is nothing to read in it."""
    if not isinstance(element, Element):
        return str(element)
    value = element.value
    if isinstance(value, dict):
        return _complex(value, element.type, language)
    if isinstance(value, bool):
        return text("web.yes" if value else "web.no", language)
    if element.type in TIMES:
        return say.when(value, language)
    if isinstance(value, int | float | Decimal):
        return say.number(str(value), language)
    return code(str(value), language) if element.type == "code" else str(value)


def code(value: str, language: str) -> str:
    """A bare code in words; one without words as it stands."""
    key = f"code.{value}"
    return text(key, language) if key in catalogue(language) else value


def _complex(value: dict[str, Any], kind: str, language: str) -> str:
    say_it = WORDS.get(kind)
    if say_it is not None:
        return say_it(value, language)
    return str(value.get("text") or value.get("title") or value.get("display") or "")


def quantity(value: dict[str, Any], language: str) -> str:
    """A number with its unit, and how it compares to what was measured."""
    if "value" not in value:
        return ""
    unit = str(value.get("unit") or value.get("code") or value.get("currency") or "")
    return " ".join(filter(None, [value.get("comparator", ""), say.number(value["value"], language), unit]))


def _coding(value: dict[str, Any], language: str) -> str:
    if value.get("system") == MODALITIES:
        return viewer.modality(str(value.get("code", "")), language)
    key = f"report.{value.get('code', '')}"
    if value.get("system") == SAID and key in catalogue(language):
        return text(key, language)
    return str(value.get("display") or value.get("code", ""))


def _period(value: dict[str, Any], language: str) -> str:
    start, end = (say.day(value.get(name), language) for name in ("start", "end"))
    if start and end:
        return start if start == end else f"{start} – {end}"
    return text("item.from_on", language, date=start) if start else end


def _range(value: dict[str, Any], language: str) -> str:
    low, high = (quantity(value[end], language) if end in value else "" for end in ("low", "high"))
    if low and high:
        return f"{low} – {high}"
    return text("item.at_least", language, value=low) if low else text("item.at_most", language, value=high)


WORDS: dict[str, Callable[[dict[str, Any], str], str]] = {
    "CodeableConcept": lambda value, _: show.concept(value) or show.code(value),
    "Coding": _coding,
    "Reference": lambda value, _: show.display(value),
    "Period": _period,
    "Range": _range,
    **dict.fromkeys(("Quantity", "Age", "Duration", "SimpleQuantity", "Money"), quantity),
}
"""How values of the complex types are read; of others their text, title or display."""
