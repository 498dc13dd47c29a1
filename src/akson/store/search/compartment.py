"""Compartments: what belongs to one patient, encounter, practitioner, related person or device, by its references.

http://hl7.org/fhir/R4/compartmentdefinition.html
"""

from collections.abc import Iterable

from akson.fhir.search import Compartment
from akson.fhir.spec import spec
from akson.store.fragment import RowTest, Sql, Table, Tables, both, index_row, sql
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
    link = refers(criterion, of, tables)
    if of.kinds and criterion.type not in of.kinds:
        return link
    # As one list of rows that can be begun with: "or" would be asked of every resource there is.
    own, key = tables.name(), hashing.resource_key(criterion.type, criterion.id)
    linked = sql(f"{of.alias}.rid in (select {link.alias}.rid from idx_ref {link.alias} where ") + link.where  # noqa: S608
    return linked + sql(f" union all select {own}.rid from resource {own} where {own}.key = %s)", key)  # noqa: S608


def refers(criterion: Compartment, of: Table, tables: Tables) -> RowTest:
    """The condition that the resource refers to whose compartment it is."""
    alias = tables.name()
    link = both(
        [
            sql(f"{alias}.target = %s", hashing.resource_key(criterion.type, criterion.id)),
            sql(f"{alias}.param = any(%s::bigint[])", members(criterion.type, of.kinds)),
        ]
    )
    return index_row("idx_ref", alias, of, link)
