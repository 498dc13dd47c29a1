"""Compartments: what belongs to one patient, encounter, practitioner, related person or device, by its references.

http://hl7.org/fhir/R4/compartmentdefinition.html
"""

from collections.abc import Iterable

from akson.fhir.search import Compartment
from akson.fhir.spec import spec
from akson.store.fragment import Sql, Table, Tables, both, either, index_row, sql
from akson.store.index import hashing


def members(compartment: str, kinds: Iterable[str] = ()) -> list[int]:
    """The parameters, as `idx_ref.param` has them, that put resources of these types (none: of any) inside."""
    chosen = frozenset(kinds)
    return [
        hashing.parameter(kind, code)
        for kind, codes in spec().compartment(compartment).items()
        for code in codes
        if code != "{def}" and (not chosen or kind in chosen)
    ]


def inside(criterion: Compartment, of: Table, tables: Tables) -> Sql:
    """The condition that the resource is in the compartment."""
    key = hashing.resource_key(criterion.type, criterion.id)
    alias = tables.name()
    link = both(
        [
            sql(f"{alias}.target = %s", key),
            sql(f"{alias}.param = any(%s::bigint[])", members(criterion.type, of.kinds)),
        ]
    )
    refers = index_row("idx_ref", alias, of, link)
    if of.kinds and criterion.type not in of.kinds:
        return refers
    return either([refers, sql(f"{of.alias}.key = %s", key)])
