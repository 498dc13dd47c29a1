"""The value set that an element is bound to, where the element is named: the context of a terminology question.

http://hl7.org/fhir/R4/valueset-operation-expand.html: [url of the definition]#[path]; the path alone means R4's own type.
"""

from akson.fhir.profiles import bindings
from akson.fhir.profiles.catalogue import DEEPEST, TYPES, base_type
from akson.fhir.spec import spec
from akson.kit.errors import NotFound
from akson.store.database.pool import Tx
from akson.store.terms import definitions

_HERE = ("Parameters.context",)


async def value_set_of(tx: Tx, context: str) -> str:
    """The canonical of the value set. NotFound for a definition or an element that is not known, or has none."""
    canonical, _, element = context.rpartition("#")
    canonical = canonical or TYPES + element.partition(".")[0]
    for _ in range(DEEPEST):
        if kind := base_type(canonical):
            return _of_type(kind, element)
        definition = spec().profiles.get(canonical) or (await definitions.find(tx, [canonical])).get(
            canonical
        )
        if definition is None:
            raise NotFound(f"The definition {canonical[:300]} is not known here", expression=_HERE)
        element = _whole(definition["type"], element)
        if (found := bindings.of_definition(definition, element)) is not None:
            return found
        canonical = definition.get("baseDefinition", "")
    raise NotFound("The definition builds upon itself", expression=_HERE)


def _of_type(kind: str, element: str) -> str:
    found = bindings.of_type(_whole(kind, element))
    if found is None:
        raise NotFound(f"{kind} has no element {element[:300]!r}", expression=_HERE)
    if not found:
        raise NotFound(
            f"No value set is binding for {element[:300]} (required or extensible) by R4 or a definition here",
            expression=_HERE,
        )
    return found


def _whole(kind: str, element: str) -> str:
    """The path from its type on, which may be left out."""
    return element if element.partition(".")[0] == kind else f"{kind}.{element}"
