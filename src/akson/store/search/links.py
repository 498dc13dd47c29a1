"""How one resource leads to another: a reference by the other's key, a canonical one by the url that the other has.

A canonical with a version (`url|version`) names that version, one without names all. Both ends stand in idx_ref under
parameters of their own (`index/rows.py`), where they meet. Source: http://hl7.org/fhir/R4/references.html#canonical.
"""

from collections.abc import Sequence
from functools import lru_cache

from akson.fhir.canonicals import canonical_on, is_canonical, is_definition
from akson.fhir.search import Include, SearchParam
from akson.fhir.spec import spec
from akson.kit.value import value
from akson.store.fragment import Sql, Tables, both, one_of, sql
from akson.store.index import hashing


@value
class Link:
    """The tables between a resource that refers and one that it refers to."""

    tables: Sql
    where: Sql
    start: str
    """The column that has the number of who refers."""
    end: str
    """The column that names who is referred to."""
    column: str
    """What it names it by: its key or its number."""
    targets: tuple[str, ...]
    """The types that it may lead to; empty for any."""


def links(param: SearchParam, kinds: Sequence[str], targets: Sequence[str], tables: Tables) -> list[Link]:
    """The ways by which a parameter of these types leads to those."""
    canonical = canonical_on(param, kinds)
    literal = [kind for kind in kinds if kind not in canonical]
    named = [kind for kind in targets or sorted(spec().types) if is_definition(kind)]
    found = []
    if literal:
        row = tables.name()
        params = [hashing.parameter(kind, param.code) for kind in literal]
        asked = one_of(f"{row}.param", params)
        found.append(Link(sql(f"idx_ref {row}"), asked, f"{row}.rid", f"{row}.target", "key", tuple(targets)))
    if canonical and named:
        row, own = tables.name(), tables.name()
        params = [hashing.canonical(kind, param.code) for kind in canonical]
        urls = [hashing.canonical(kind, "url") for kind in named]
        asked = both([one_of(f"{row}.param", params), one_of(f"{own}.param", urls)])
        meet = sql(f"idx_ref {row} join idx_ref {own} on {own}.target = {row}.target")
        found.append(Link(meet, asked, f"{row}.rid", f"{own}.rid", "rid", tuple(named)))
    return found


@lru_cache(maxsize=1000)
def canonical_ends(each: Include) -> tuple[list[int], list[int]]:
    """The parameters under which the canonicals of an include stand, of who refers and of who is named; none where it
    follows none.
    """
    kinds = [each.type] if each.type else sorted(spec().types)
    if each.param == "*":
        params = [param for kind in kinds for param in spec().params(kind).values() if is_canonical(param)]
        found = [hashing.canonical(param.base, param.code) for param in params]
    else:
        known = spec().param(each.type, each.param)
        # One that was added to R4's may be canonical too.
        is_one = known is None or is_canonical(known)
        found = [hashing.canonical(each.type, each.param)] if is_one else []
    targets = [each.target] if each.target else sorted(spec().types)
    return found, [hashing.canonical(kind, "url") for kind in targets if is_definition(kind)]
