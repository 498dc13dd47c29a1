"""Where in the JSON the text stands that a code, reference or uri is sorted by, as SQL/JSON paths.

Dates, numbers and strings are sorted by their index rows; these have none that keep the text.
"""

from functools import cache

from akson.fhir.extract.trails import Irregular, Step, Trail, Trails
from akson.fhir.fhirpath import parse
from akson.fhir.search import SearchParam
from akson.fhir.spec import spec

TEXT = {
    "CodeableConcept": ".coding.code",
    "Coding": ".code",
    "Identifier": ".value",
    "ContactPoint": ".value",
    "Quantity": ".code",
    "Reference": ".reference",
    "HumanName": ".family",
    "Extension": ".*",
}
"""By type of element: the way on to its text. Primitive values are their own text."""


@cache
def paths(param: SearchParam) -> tuple[str, ...]:
    """The paths of a parameter in its resource type; none where its value is worked out and stands nowhere."""
    return tuple(dict.fromkeys(_path(trail) for trail in _trails(param)))


def elements(param: SearchParam) -> frozenset[str]:
    """The types of the elements that a parameter names; none where its value is worked out."""
    return frozenset(trail.type for trail in _trails(param))


def _trails(param: SearchParam) -> tuple[Trail, ...]:
    trails = Trails(spec(), param.base or "Resource")
    try:
        return trails.find(parse(param.expression), (Trail((), trails.root),))
    except Irregular:
        return ()


def _path(trail: Trail) -> str:
    return "$" + "".join(_step(step) for step in trail.steps) + TEXT.get(trail.type, "") + "[*]"


def _step(step: Step) -> str:
    place = "" if step.index is None else f"[{step.index}]"
    return f'."{step.key}"{place}' + "".join(f" ? ({said})" for said, _ in step.guards)
