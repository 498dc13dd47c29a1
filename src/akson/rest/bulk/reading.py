"""From what stands in files to resources that can be stored: a line, a single resource, or a Bundle as a whole.

Pure, so that several processes do it at the same time.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from akson.fhir import strict_json
from akson.fhir.model import Resource
from akson.fhir.spec import spec
from akson.fhir.validate import structure
from akson.kit.errors import AksonError, Issue
from akson.rest.bulk.repeatable import repeatable, repeatable_entry
from akson.rest.bundles.references import conditional, links, literal, rename, rename_narrative
from akson.rest.wire.incoming import ID

_TOLD = 3
"""Issues of one resource that are told."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Where it stood, how many resources it was, and why it was not taken."""

    source: str
    resources: int
    reason: str


@dataclass(slots=True)
class Unit:
    """Resources that are stored together or not at all: one, or those of a transaction."""

    source: str
    resources: list[Resource]
    outside: set[tuple[str, str]] = field(default_factory=set)
    """(type, id) that they refer to and that must be there."""


@dataclass(frozen=True, slots=True)
class Slow:
    """A document that has to take the usual way, entry by entry."""

    source: str


def of_document(source: str, raw: bytes, base: str) -> Unit | Refused | Slow:
    """What a whole document holds. XML takes the usual way."""
    if raw[:100].lstrip().startswith(b"<"):
        return Slow(source)
    try:
        found = strict_json.loads(raw)
    except AksonError as error:
        return Refused(source, 1, error.diagnostics)
    if not isinstance(found, dict) or not isinstance(found.get("resourceType"), str):
        return Refused(source, 1, "not a FHIR resource: it has no resourceType")
    if found["resourceType"] == "Bundle" and found.get("type") in ("transaction", "batch"):
        return _of_bundle(source, found, base)
    return of_resource(source, found)


def of_line(source: str, raw: bytes, kind: str) -> Unit | Refused:
    """What a line of NDJSON holds. `kind` is the type that all lines should have; empty: any."""
    try:
        found = strict_json.loads(raw)
    except AksonError as error:
        return Refused(source, 1, error.diagnostics)
    if not isinstance(found, dict) or not isinstance(found.get("resourceType"), str):
        return Refused(source, 1, "not a FHIR resource: it has no resourceType")
    if kind and found["resourceType"] != kind:
        return Refused(source, 1, f"{kind} was announced, and this is of another type (resourceType)")
    return of_resource(source, found)


def of_resource(source: str, found: Resource) -> Unit | Refused:
    """A resource under its own id, or one made from its content."""
    if reason := _fault(found):
        return Refused(source, 1, reason)
    if "id" not in found:
        found = repeatable(found)["resource"]
    return Unit(source, [found])


def _fault(found: Resource) -> str:
    """Why a resource cannot be stored; empty when it can."""
    kind = found.get("resourceType")
    if not isinstance(kind, str) or kind not in spec().types:
        return f"404 R4 has no resource type {str(kind)[:64]!r}"
    if issues := structure.check(found):
        return f"400 {told(issues)}"
    if not ID.fullmatch(found.get("id", "x")):
        return "400 An id is 1 to 64 letters, digits, hyphens and dots (id)"
    return ""


def told(issues: list[Issue]) -> str:
    """Issues on one line: the first three, and how many more."""
    said = [
        f"{issue.diagnostics} ({', '.join(issue.expression)})" if issue.expression else issue.diagnostics
        for issue in issues[:_TOLD]
    ]
    more = f"; and {len(issues) - _TOLD} more" if len(issues) > _TOLD else ""
    return re.sub(r"[\x00-\x1f\x7f]", " ", "; ".join(said) + more)[:1000]


def _of_bundle(source: str, bundle: Resource, base: str) -> Unit | Refused | Slow:
    """A transaction that puts each resource to its place, with references inside it; anything else is slow."""
    entries = bundle.get("entry")
    if bundle["type"] != "transaction" or not isinstance(entries, list) or not entries:
        return Slow(source)
    names: dict[str, str] = {}
    found: list[Resource] = []
    for entry in entries:
        made = repeatable_entry(entry) if isinstance(entry, dict) else {}
        resource, place = made.get("resource"), _place(made)
        if not place or not isinstance(resource, dict):
            return Slow(source)
        if isinstance(name := made.get("fullUrl"), str):
            names[name] = place
        found.append(resource)
    places = {f"{each['resourceType']}/{each['id']}" for each in found}
    if len(places) < len(found) or any(_fault(each) for each in found):
        return Slow(source)  # the usual way says what is wrong, and where
    outside: set[tuple[str, str]] = set()
    for resource in found:
        targets = _outside(resource, names, places, base)
        if targets is None:
            return Slow(source)
        outside |= targets
    return Unit(source, found, outside)


def _place(entry: Resource) -> str:
    """Type/id of a plain PUT; empty for anything else."""
    resource, request = entry.get("resource"), entry.get("request")
    if not isinstance(resource, dict) or not isinstance(request, dict):
        return ""
    if request.get("method") != "PUT" or set(request) - {"method", "url"}:
        return ""
    place = f"{resource.get('resourceType')}/{resource.get('id')}"
    return place if request.get("url") == place else ""


def _outside(
    resource: Resource, names: dict[str, str], places: set[str], base: str
) -> set[tuple[str, str]] | None:
    """Put the Bundle's names into a resource; what it refers to elsewhere here. None: it needs a closer look."""
    found: set[tuple[str, str]] = set()
    for link in links(resource):
        if rename(link, names) or not link.is_reference:
            continue
        target: Any = link.target
        if target.startswith("#"):
            continue
        if target.startswith("urn:") or conditional(target):
            return None
        key = literal(target, base)
        if key is not None and "/".join(key) not in places:
            found.add(key)
    rename_narrative(resource, names)
    return found
