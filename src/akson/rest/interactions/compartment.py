"""Search inside a compartment: Patient/123/Observation?..., Patient/123/*?..., with GET or posted.

http://hl7.org/fhir/R4/search.html#searching, compartmentdefinition.html. The criteria, pages and links are those of any
search; the compartment is one criterion more.
"""

from functools import partial

from akson.fhir.search import Compartment
from akson.fhir.spec import spec
from akson.kit.errors import NotFound
from akson.rest.interactions.search import search, search_posted
from akson.rest.wire.attempt import Handler
from akson.rest.wire.incoming import check_id, known_type

EVERY = "*"


def methods(kind: str, key: str, inner: str, rest: tuple[str, ...]) -> dict[str, Handler] | None:
    """What can be done at kind/key/inner; None where that is no path. NotFound for a compartment R4 does not have."""
    if rest not in {(), ("_search",)}:
        return None
    if kind not in spec().compartments:
        raise NotFound(
            f"There is no {kind} compartment; there is one of {', '.join(sorted(spec().compartments))}"
        )
    if inner != EVERY and known_type(inner) not in spec().compartment(kind) and inner != kind:
        raise NotFound(f"The {kind} compartment holds no {inner}")
    resource_type, inside = "" if inner == EVERY else inner, Compartment(kind, check_id(key))
    if rest:
        return {"POST": partial(search_posted, resource_type=resource_type, inside=inside)}
    return {"GET": partial(search, resource_type=resource_type, inside=inside)}
