"""What can be read of a resource: its elements of type string and markdown, as one walk compiled for each type.

Names of elements (`id`) and addresses of resources (`Reference.reference`) are of that type and not meant.
"""

from functools import cache
from typing import Any

from akson.fhir.model import Resource
from akson.fhir.spec import spec

TEXTS = frozenset({"string", "markdown"})
NAMES = frozenset({"id", "reference"})
Walk = dict[str, "Walk | None"]
"""By key: the keys below, or None where a text stands."""
RESOURCE: Walk = {}
"""What is contained, and the entries of a Bundle: of the type that stands in the JSON."""


def texts(resource: Resource) -> list[str]:
    """The texts in the order in which they stand, each once."""
    found: list[str] = []
    _collect(resource, _walk(resource["resourceType"]), found)
    return list(dict.fromkeys(found))


@cache
def _walk(kind: str) -> Walk:
    """The keys of a type below which texts may stand. A type within itself is itself again, so the walk has cycles."""
    made: Walk = {}
    _fill(made, kind, {kind: made})
    return made


def _fill(walk: Walk, kind: str, known: dict[str, Walk]) -> None:
    table = spec().table(kind)
    for key, (_, inner) in table.keys.items() if table else ():
        if inner in TEXTS and key in NAMES:
            continue
        if inner in TEXTS:
            walk[key] = None
        elif inner == "Resource":
            walk[key] = RESOURCE
        elif inner in known:
            walk[key] = known[inner]
        elif spec().table(inner) is not None:
            walk[key] = known[inner] = {}
            _fill(known[inner], inner, known)


def _collect(value: Any, walk: Walk, found: list[str]) -> None:
    for key, inner in value.items():
        if key not in walk:
            continue
        below = walk[key]
        for item in inner if type(inner) is list else (inner,):
            if below is None:
                if item:
                    found.append(item)
            elif type(item) is dict:
                _collect(item, _walk(item["resourceType"]) if below is RESOURCE else below, found)
