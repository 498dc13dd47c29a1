"""For each type, the elements that base validation has something to ask about; the others cost it nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from akson.fhir.spec import Element, spec
from akson.fhir.validate.formats import FORMATS
from akson.fhir.validate.invariants import Invariant, of_path


@dataclass(frozen=True, slots=True)
class Field:
    """One element under one JSON name."""

    label: str
    """How a path names it: name, value.ofType(Quantity)."""
    kind: str
    """Its type, or the name of a part in place (Patient.contact)."""
    many: bool
    primitive: bool
    path: str
    """Where it is defined: Patient.name, HumanName.family."""
    targets: frozenset[str]
    binding: tuple[str, str] | None
    """Strength and value set."""
    invariants: tuple[Invariant, ...]
    beside: bool = False
    """The extensions of a primitive, under its name with `_` before."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One type: its own invariants and what to look at below."""

    name: str
    kinds: frozenset[str]
    """The type and all it is derived from."""
    invariants: tuple[Invariant, ...]
    fields: Mapping[str, Field]


@cache
def plan(name: str) -> Plan | None:
    """The plan of a type, a resource or a part in place; None where there is no such type."""
    table = spec().table(name)
    if table is None:
        return None
    kinds = spec().ancestors(name)
    own = [each for kind in kinds for each in of_path(kind)]
    fields: dict[str, Field] = {}
    for key, (element, kind) in table.keys.items():
        made = _field(element, kind, kinds)
        if not made.primitive or made.invariants or made.binding or made.targets or kind == "xhtml":
            fields[key] = made
        if kind in FORMATS:
            fields["_" + key] = replace(
                made, primitive=False, targets=frozenset(), binding=None, invariants=(), beside=True
            )
    return Plan(name, frozenset(kinds), tuple(own), fields)


def _field(element: Element, kind: str, kinds: tuple[str, ...]) -> Field:
    paths = [f"{each}.{element.name}" for each in kinds]
    invariants = () if kind in paths else tuple(each for path in paths for each in of_path(path))
    bindings = [spec().rules["bindings"][path] for path in paths if path in spec().rules["bindings"]]
    binding = (bindings[0][0], bindings[0][1]) if bindings and kind in _CODED else None
    if binding and kind == "code" and binding[1] in spec().codes and binding[0] == "required":
        binding = None  # structure has checked it
    return Field(
        label=f"{element.name}.ofType({kind})" if element.choice else element.name,
        kind=kind,
        many=element.many,
        primitive=kind in FORMATS,
        path=paths[0],
        targets=frozenset(element.targets) if kind == "Reference" else frozenset(),
        binding=binding,
        invariants=invariants,
    )


_CODED = frozenset(
    {"code", "Coding", "CodeableConcept", "Quantity", "Age", "Duration", "Count", "uri", "string"}
)
