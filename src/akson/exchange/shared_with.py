"""What each declared service holds, as rows: what a citizen may share with a cooperating service (dimension D3). Pure.

From a part's search the criteria that say what belongs to it: its type, tag, category, code or kind. Those that only say
which of them are shown now, such as a status or an order, are left out.
"""

from collections.abc import Mapping
from functools import lru_cache

from akson.exchange.declare import InformationService, Part, Party, Sharing, load, service
from akson.kit.errors import NotFound
from akson.security.roles import OPEN_TYPES
from akson.security.sharing import Held
from akson.store.scope import AllOf, Coded, OfTypes, Predicate, Tagged

CODED = {"category": "category", "code": "code", "type": "type", "service-type": "serviceType"}
"""Parameters, and the elements that they search."""
FILES = {"DocumentReference": "Binary"}
"""Types whose content lies in another: what a service holds all of, it holds with its content."""


@lru_cache
def held() -> Mapping[str, Held]:
    """By slug, what the services hold that can be shared."""
    return {each.slug: _held(each) for each in load() if each.sharing is Sharing.CONSENT}


def shareable() -> list[InformationService]:
    """The services that a citizen may share, in the order of their numbers."""
    return [each for each in load() if each.sharing is Sharing.CONSENT]


def named(slug: str) -> InformationService:
    """A service that partners take part in; NotFound for others."""
    try:
        found = service(slug)
    except KeyError as error:
        raise NotFound("No such service") from error
    if Party.PARTNER not in found.parties:
        raise NotFound("No such service for partners")
    return found


def _held(found: InformationService) -> Held:
    parts = [_rows(part) for part in found.parts if part.type not in OPEN_TYPES]
    types = {part.type for part in found.parts} - OPEN_TYPES
    whole = {part.type for part, rows in zip(found.parts, parts, strict=True) if isinstance(rows, OfTypes)}
    files = {FILES[kind] for kind in whole if kind in FILES}
    return Held((*parts, *(OfTypes(frozenset({kind})) for kind in sorted(files))), frozenset(types | files))


def _rows(part: Part) -> Predicate:
    kind = OfTypes(frozenset({part.type}))
    narrowed: list[Predicate] = []
    for name, value in part.pairs:
        tokens = frozenset(value.split(","))
        if name == "_tag":
            narrowed.append(Tagged(tokens))
        elif name in CODED:
            narrowed.append(Coded(CODED[name], tokens))
    return AllOf((kind, *narrowed)) if narrowed else kind
