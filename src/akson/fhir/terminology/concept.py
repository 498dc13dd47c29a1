"""A concept of a code system, and the code system's own facts, as read from a CodeSystem resource.

http://hl7.org/fhir/R4/codesystem.html
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from akson.fhir.model import Resource

_CONCEPT_PROPERTIES = "http://hl7.org/fhir/concept-properties#"
_PARENTS = frozenset({"parent", "subsumedBy"})


class Designation(NamedTuple):
    """Another way to say a concept: text, language tag, and the use as a Coding (empty: none)."""

    value: str
    language: str = ""
    use: Mapping[str, str] = {}


class Property(NamedTuple):
    """A property of a concept: its code, the FHIR type of its value (code, Coding, string ...), and the value."""

    code: str
    kind: str
    value: Any

    @property
    def text(self) -> str:
        """The value as filters compare it."""
        if isinstance(self.value, dict):
            return str(self.value.get("code", ""))
        return str(self.value).lower() if isinstance(self.value, bool) else str(self.value)


@dataclass(frozen=True, slots=True)
class Concept:
    """One concept. `parents` are codes of the same system."""

    code: str
    display: str = ""
    definition: str = ""
    parents: tuple[str, ...] = ()
    designations: tuple[Designation, ...] = ()
    properties: tuple[Property, ...] = ()
    inactive: bool = False
    abstract: bool = False


@dataclass(frozen=True, slots=True)
class System:
    """What is said of a code system as a whole."""

    url: str
    version: str = ""
    name: str = ""
    content: str = "complete"
    case_sensitive: bool = True
    value_set: str = ""
    """Canonical url of the value set of all its codes."""
    header: Mapping[str, Any] | None = None
    """The resource without its concepts."""

    def key(self, code: str) -> str:
        """What a code is compared by."""
        return code if self.case_sensitive else code.casefold()


def system_of(resource: Resource) -> System:
    """The facts of a CodeSystem resource. R4 says nothing of case where caseSensitive is absent: then it counts."""
    return System(
        url=resource.get("url", ""),
        version=resource.get("version", ""),
        name=resource.get("title") or resource.get("name", ""),
        content=resource.get("content", "complete"),
        case_sensitive=resource.get("caseSensitive", True) is not False,
        value_set=resource.get("valueSet", "").partition("|")[0],
        header={key: value for key, value in resource.items() if key not in {"concept", "text"}},
    )


def concepts_of(resource: Resource) -> Iterator[Concept]:
    """The concepts of a CodeSystem in their order. The hierarchy is nesting, or the property parent or subsumedBy."""
    roles = _roles(resource)
    yield from _below(resource.get("concept", ()), (), roles)


def _roles(resource: Resource) -> dict[str, str]:
    """By property code: what it is in FHIR's own terms, where it is one of those."""
    found = dict.fromkeys(_PARENTS, "parent") | {"notSelectable": "notSelectable", "inactive": "inactive"}
    for each in resource.get("property", ()):
        uri = each.get("uri", "")
        if uri.startswith(_CONCEPT_PROPERTIES):
            role = uri.removeprefix(_CONCEPT_PROPERTIES)
            found[each["code"]] = "parent" if role in _PARENTS else role
    return found


def _below(rows: Iterable[Resource], above: tuple[str, ...], roles: Mapping[str, str]) -> Iterator[Concept]:
    for row in rows:
        properties = tuple(_properties(row))
        said = [(roles.get(each.code, ""), each) for each in properties]
        others = [each.text for role, each in said if role == "parent" and each.text not in above]
        yield Concept(
            code=row["code"],
            display=row.get("display", ""),
            definition=row.get("definition", ""),
            parents=(*above, *others),
            designations=tuple(_designations(row)),
            properties=properties,
            inactive=any(_is_inactive(role, each) for role, each in said),
            abstract=any(role == "notSelectable" and each.text == "true" for role, each in said),
        )
        if row.get("concept"):
            yield from _below(row["concept"], (row["code"],), roles)


def _is_inactive(role: str, found: Property) -> bool:
    return (role == "inactive" and found.text == "true") or (role == "status" and found.text == "retired")


def _properties(row: Resource) -> Iterator[Property]:
    for each in row.get("property", ()):
        for name, value in each.items():
            if name.startswith("value"):
                kind = name[5:]
                yield Property(each["code"], kind if kind == "Coding" else kind[:1].lower() + kind[1:], value)


def _designations(row: Resource) -> Iterator[Designation]:
    for each in row.get("designation", ()):
        use = {key: value for key, value in each.get("use", {}).items() if isinstance(value, str)}
        yield Designation(each["value"], each.get("language", ""), use)
