"""Criteria on codes and identifiers. Source: http://hl7.org/fhir/R4/search.html#token."""

from collections.abc import Sequence

from akson.fhir.search import Filter, TokenTerm
from akson.kit.errors import UnsupportedParameter
from akson.store.fragment import Sql, Table, Tables, index_row, kinds_of, one_of, points, sql
from akson.store.index import hashing
from akson.store.index.rows import SYSTEM_INDEXED
from akson.store.search.criteria_texts import rows_of_text

NEGATED = frozenset({"not", "not-in"})


def token(criterion: Filter, of: Table, tables: Tables) -> Sql:
    """The resource has one of the codes, or with :not and :not-in none of them."""
    code = criterion.param.code
    if criterion.modifier == "text":
        return rows_of_text(f"{code}:text", criterion.terms, of, tables, contains=True)
    if criterion.modifier in {"identifier", "of-type"}:
        code = f"{code}:{criterion.modifier}"
    elif criterion.modifier not in {None, *NEGATED}:
        # Those that need a terminology are plain lists of codes by now: see store/search/resolving.py.
        raise UnsupportedParameter(f"{code}: the modifier :{criterion.modifier} is not supported for tokens")
    hashes = [
        hashing.token(kind, code, term.system, term.code)
        for kind in kinds_of(of)
        for term in criterion.terms
        if isinstance(term, TokenTerm)
    ]
    if criterion.modifier in NEGATED:
        return sql(f"not ({of.alias}.tok && %s::bigint[])", hashes)
    by_system = any(isinstance(term, TokenTerm) and term.code is None for term in criterion.terms)
    if by_system and code not in SYSTEM_INDEXED:
        return sql(f"{of.alias}.tok && %s::bigint[]", hashes)
    return by_hash(hashes, of, tables)


def by_hash(hashes: Sequence[int], of: Table, tables: Tables) -> Sql:
    """The resource has a row of idx_token with one of these hashes."""
    alias = tables.name()
    values = list(dict.fromkeys(hashes))
    stretches = points(alias, ["hash"], [(each,) for each in values])
    return index_row("idx_token", alias, of, one_of(f"{alias}.hash", values), stretches=stretches)
