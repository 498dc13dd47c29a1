"""Every coding of a resource, with a binding or without: what a code system can be asked about."""

from collections.abc import Iterator
from typing import Any

from akson.fhir.model import Resource
from akson.fhir.terminology.rules import Canonical
from akson.fhir.validate.fields import Field, Plan, plan
from akson.fhir.validate.report import Coded, Place, start


def codings_in(resource: Resource, place: Place | None = None) -> Iterator[Coded]:
    """Those of a resource whose structure is valid, with all that is inside it."""
    made = plan(resource["resourceType"])
    if made is not None:
        yield from _below(resource, made, place or start(made.name))


def _below(value: Resource, within: Plan, place: Place) -> Iterator[Coded]:
    for key, found in value.items():
        field = within.fields.get(key)
        if field is None:
            continue
        if type(found) is list:
            for number, item in enumerate(found):
                yield from _of(item, field, within, (place, field.label, number))
        else:
            yield from _of(found, field, within, (place, field.label, -1))


def _of(value: Any, field: Field, within: Plan, place: Place) -> Iterator[Coded]:
    if type(value) is not dict:
        return
    kind = "Element" if field.beside else value["resourceType"] if field.kind == "Resource" else field.kind
    made = plan(kind)
    if made is None:
        return
    if not made.kinds.isdisjoint(_CODED) and value.get("system") and value.get("code"):
        system = Canonical(value["system"], value.get("version", ""))
        element = place[0] if within.name == "CodeableConcept" else place
        yield Coded(system, value["code"], value.get("display", ""), place, element)
    yield from _below(value, made, place)


_CODED = frozenset({"Coding", "Quantity"})
"""Age, Duration, Distance and Count are quantities."""
