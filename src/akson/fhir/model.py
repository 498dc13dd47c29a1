"""FHIR resources are JSON-shaped dicts. The alias, and small builders for what every layer makes."""

from collections.abc import Iterable
from typing import Any

Resource = dict[str, Any]
"""One FHIR R4 resource in its JSON shape (http://hl7.org/fhir/R4/json.html)."""


def reference(resource: Resource) -> str:
    """The relative reference of a stored resource, e.g. Patient/123."""
    return f"{resource['resourceType']}/{resource['id']}"


def coding(system: str, code: str, display: str | None = None) -> Resource:
    """A Coding."""
    return {"system": system, "code": code} | ({"display": display} if display else {})


def concept(system: str, code: str, display: str) -> Resource:
    """A CodeableConcept with one coding and its display as text."""
    return {"coding": [coding(system, code, display)], "text": display}


def outcome(issues: Iterable[Resource]) -> Resource:
    """An OperationOutcome."""
    return {"resourceType": "OperationOutcome", "issue": list(issues)}


def split_reference(reference: str) -> tuple[str, str]:
    """Type and id of a literal reference, relative or absolute, a version left out; ("", "") where it has none.

    Patient/1, Patient/1/_history/2 and http://example.org/fhir/Patient/1 all give ("Patient", "1").
    """
    path, _, _ = reference.partition("/_history/")
    head, slash, key = path.rpartition("/")
    kind = head.rpartition("/")[2]
    if not slash or not kind[:1].isupper() or not kind.isalpha():
        return "", ""
    return kind, key


def reference_here(reference: str, base: str) -> tuple[str, str]:
    """As `split_reference`, for what is on the server at `base`: ("", "") for what is on another."""
    inside = reference.removeprefix(f"{base}/")
    return ("", "") if ":" in inside else split_reference(inside)
