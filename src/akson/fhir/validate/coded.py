"""Bindings: which codes an element holds, and what R4's own value sets say of them without a terminology server."""

import re
from typing import Any

from akson.fhir.spec import spec
from akson.fhir.validate.report import Place, Question, Report, text

BINDABLE = frozenset({"code", "Coding", "CodeableConcept", "Quantity", "string", "uri"})
"""Types that hold codes (http://hl7.org/fhir/R4/elementdefinition.html, eld-11); a binding on another is of no effect."""
VS = "http://hl7.org/fhir/ValueSet/"
_MIME = re.compile(r"[\w.+-]+(?:/[\w.+*-]+(?:;.*)?)?")
GRAMMARS = {VS + "mimetypes": _MIME}
"""Value sets that are a grammar rather than a list."""


def check(report: Report, binding: tuple[str, str], value: Any, place: Place) -> None:
    """Judge the codes of an element (JSON value of code, Coding, CodeableConcept or Quantity) or ask terminology.

    `binding` is strength and value set. R4: http://hl7.org/fhir/R4/terminologies.html#strength
    """
    strength, canonical = binding
    value_set = canonical.split("|")[0]
    found = codings(value)
    if value_set in GRAMMARS:
        if any(not GRAMMARS[value_set].fullmatch(code) for _, code in found):
            _outside(report, strength, value_set, place)
    elif not found:
        if strength == "required" and isinstance(value, dict) and not _explained(value):
            report.error("code-invalid", place, f"must have a code of the value set {canonical}")
    elif (known := spec().codes.get(value_set)) is not None:
        if not any(code in known.codes and system in ("", known.system or system) for system, code in found):
            _outside(report, strength, value_set, place)
    else:
        report.questions.setdefault(Question(canonical, found, strength, text(place)))


def _outside(report: Report, strength: str, value_set: str, place: Place) -> None:
    if strength == "required":
        report.error("code-invalid", place, f"has no code of the value set {value_set}, which is required")
    else:
        report.warning("code-invalid", place, f"has no code of the value set {value_set} (extensible)")


def codings(value: Any) -> tuple[tuple[str, str], ...]:
    """(system, code) of a code, Coding, CodeableConcept or Quantity; the system is empty where there is none."""
    if isinstance(value, str):
        return (("", value),)
    if not isinstance(value, dict):
        return ()
    rows = value["coding"] if isinstance(value.get("coding"), list) else [value]
    return tuple((row.get("system", ""), row["code"]) for row in rows if isinstance(row.get("code"), str))


def _explained(value: dict[str, Any]) -> bool:
    """Whether the element says that it has no value: by an extension, or a quantity without a code of its unit."""
    return "extension" in value or "value" in value or not value
