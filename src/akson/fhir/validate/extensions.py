"""Extensions: known ones against their definition, unknown ones told. Source: http://hl7.org/fhir/R4/extensibility.html."""

import re
from dataclasses import dataclass
from typing import Any

from akson.fhir.fhirpath.values import Node
from akson.fhir.model import Resource
from akson.fhir.profiles.check import Checker
from akson.fhir.validate.fields import Plan
from akson.fhir.validate.report import Place, Report, text


@dataclass(frozen=True, slots=True)
class Holder:
    """What has extensions."""

    name: str
    """extension or modifierExtension."""
    plan: Plan
    path: str
    """Where the element is defined: Patient.name."""
    value: Resource


class Extensions:
    """Checks the extensions of one resource."""

    def __init__(self, checker: Checker, report: Report) -> None:
        self.checker = checker
        self.report = report

    def check(self, found: Any, holder: Holder, place: Place) -> None:
        """All extensions of one element."""
        for number, each in enumerate(found if type(found) is list else ()):
            if type(each) is dict and "url" in each:
                self.one(each, holder, (place, holder.name, number))

    def one(self, value: Resource, holder: Holder, place: Place) -> None:
        url = value["url"]
        if ":" not in url:
            if "Extension" not in holder.plan.kinds:
                self.report.error("extension", place, "the url of an extension must be absolute")
            return  # a part of an extension: the definition of the whole says what it may be
        definition = self.checker.catalogue.find(url)
        if definition is None:
            self.unknown(url, holder, place)
            return
        if definition.get("type") != "Extension":
            self.report.error("extension", place, f"{url} is not the definition of an extension")
            return
        self.context(definition, holder, place)
        self.checker.conform(Node(value, "Extension"), url, place)

    def unknown(self, url: str, holder: Holder, place: Place) -> None:
        self.report.unknown.setdefault(url)
        if holder.name == "modifierExtension":
            self.report.error("extension", place, f"the modifier extension {url} is not known here")
        elif url.startswith("http://example."):
            self.report.add("information", "extension", place, f"the extension {url} is an example")
        else:
            self.report.warning(
                "extension", place, f"the extension {url} is not known here and was not checked"
            )

    def context(self, definition: Resource, holder: Holder, place: Place) -> None:
        """That the extension may stand here. R4: StructureDefinition.context."""
        contexts = definition.get("context", ())
        if contexts and not any(_stands(row, holder, place) for row in contexts):
            wanted = ", ".join(sorted({str(row.get("expression")) for row in contexts}))
            self.report.error(
                "extension",
                place,
                f"the extension {definition['url']} may not be used here; possible: {wanted}",
            )


def _stands(row: Resource, holder: Holder, place: Place) -> bool:
    wanted = row.get("expression", "")
    if row.get("type") == "extension":
        return bool(holder.value.get("url") == wanted)
    if row.get("type") == "fhirpath":
        return True  # names elements by an expression over the whole resource
    return wanted in holder.plan.kinds or wanted in {holder.path, _instance(place)} or wanted == "Element"


def _instance(place: Place) -> str:
    """The place of what is extended as a path of element names."""
    written = re.sub(r"\[\d+\]|\.ofType\(\w+\)", "", text(place[0]))
    return re.sub(r"^.*\b(?:resource|contained)\.", "", written)
