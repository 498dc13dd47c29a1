"""Search criteria as conditions on a resource, one function for each type of parameter.

Source: http://hl7.org/fhir/R4/search.html#ptypes.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from akson.fhir.search import (
    DateTerm,
    Filter,
    Has,
    NumberTerm,
    QuantityTerm,
    ReferenceTerm,
    StringTerm,
    Term,
    TokenTerm,
    UriTerm,
)
from akson.fhir.spec import spec
from akson.kit.errors import UnsupportedParameter
from akson.store import hashing
from akson.store.composites import composite
from akson.store.fragment import Sql, Table, Tables, both, either, index_row, sql
from akson.store.intervals import date_condition, number_condition
from akson.store.rows import SYSTEM_INDEXED

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, tzinfo=UTC)


def condition(criterion: Filter | Has, of: Table, tables: Tables) -> Sql:
    """The condition that the resource fulfils a criterion."""
    if isinstance(criterion, Has):
        return _has(criterion, of, tables)
    if criterion.chain is not None:
        return _chain(criterion, criterion.chain, of, tables)
    if criterion.modifier == "missing":
        return _missing(criterion, of)
    own = _SPECIAL.get(criterion.param.code) or _BY_TYPE.get(criterion.param.type)
    if own is None:
        raise UnsupportedParameter(f"the parameter {criterion.param.code} cannot be searched")
    return own(criterion, of, tables)


def kinds_of(of: Table) -> Sequence[str]:
    """The types whose hashes must be looked for."""
    return of.kinds or sorted(spec().types)


def _has(criterion: Has, of: Table, tables: Tables) -> Sql:
    """Some resource refers here and fulfils the inner criterion."""
    source, link = tables.resource([criterion.type]), tables.name()
    head = (
        f"exists (select 1 from idx_ref {link} join resource {source.alias}"  # noqa: S608
        f" on {source.alias}.rid = {link}.rid"
        f" where {link}.target = {of.alias}.key and {link}.param = %s and "
    )
    inner = condition(criterion.criterion, source, tables)
    param = hashing.parameter(criterion.type, criterion.reference.code)
    return sql(head, param) + both([source.condition, inner]) + sql(")")


def _chain(criterion: Filter, inner: Filter | Has, of: Table, tables: Tables) -> Sql:
    """The resource refers to one that fulfils the inner criterion."""
    kind = criterion.chain_type or (inner.param.base if isinstance(inner, Filter) else None)
    targets = [kind] if kind else list(criterion.param.targets)
    target, link = tables.resource(targets), tables.name()
    params = [hashing.parameter(kind, criterion.param.code) for kind in kinds_of(of)]
    head = (
        f"exists (select 1 from idx_ref {link} join resource {target.alias} on {target.alias}.key = {link}.target"  # noqa: S608
        f" where {link}.rid = {of.alias}.rid and {link}.param = any(%s::bigint[]) and "
    )
    return sql(head, params) + both([target.condition, condition(inner, target, tables)]) + sql(")")


def _missing(criterion: Filter, of: Table) -> Sql:
    term = criterion.terms[0]
    wanted = isinstance(term, TokenTerm) and term.code == "true"
    if criterion.param.code in _SPECIAL:
        return sql("false" if wanted else "true")
    marks = [hashing.present(kind, criterion.param.code) for kind in kinds_of(of)]
    return sql(f"{'not ' if wanted else ''}({of.alias}.tok && %s::bigint[])", marks)


def _token(criterion: Filter, of: Table, tables: Tables) -> Sql:
    code = criterion.param.code
    if criterion.modifier == "text":
        return _string_rows(f"{code}:text", criterion.terms, of, tables, contains=True)
    if criterion.modifier not in {None, "not", "identifier"}:
        raise UnsupportedParameter(f"the modifier :{criterion.modifier} is not supported for tokens")
    if criterion.modifier == "identifier":
        code = f"{code}:identifier"
    hashes = [
        hashing.token(kind, code, term.system, term.code)
        for kind in kinds_of(of)
        for term in criterion.terms
        if isinstance(term, TokenTerm)
    ]
    if criterion.modifier == "not":
        return sql(f"not ({of.alias}.tok && %s::bigint[])", hashes)
    by_system = any(isinstance(term, TokenTerm) and term.code is None for term in criterion.terms)
    if by_system and code not in SYSTEM_INDEXED:
        return sql(f"{of.alias}.tok && %s::bigint[]", hashes)
    return _by_hash(hashes, of, tables)


def _by_hash(hashes: Sequence[int], of: Table, tables: Tables) -> Sql:
    alias = tables.name()
    if len(hashes) == 1:
        return index_row("idx_token", alias, of, sql(f"{alias}.hash = %s", hashes[0]))
    return index_row("idx_token", alias, of, sql(f"{alias}.hash = any(%s::bigint[])", list(hashes)))


def _reference(criterion: Filter, of: Table, tables: Tables) -> Sql:
    if criterion.modifier == "identifier":
        return _token(criterion, of, tables)
    keys = [
        key
        for term in criterion.terms
        if isinstance(term, ReferenceTerm)
        for key in _targets(term, criterion)
    ]
    params = [hashing.parameter(kind, criterion.param.code) for kind in kinds_of(of)]
    alias = tables.name()
    if len(keys) == len(params) == 1:
        test = sql(f"{alias}.target = %s and {alias}.param = %s", keys[0], params[0])
    else:
        test = sql(f"{alias}.target = any(%s::bigint[]) and {alias}.param = any(%s::bigint[])", keys, params)
    return index_row("idx_ref", alias, of, test)


def _targets(term: ReferenceTerm, criterion: Filter) -> list[int]:
    if term.url is not None or term.id is None:
        return [hashing.url_key(term.url or "")]
    known = [kind for kind in criterion.param.targets if kind != "Resource"]
    kinds = [term.type] if term.type else known or sorted(spec().types)
    return [hashing.resource_key(kind, term.id) for kind in kinds]


def _string(criterion: Filter, of: Table, tables: Tables) -> Sql:
    if criterion.modifier == "exact":
        return _exact(criterion, of, tables)
    if criterion.modifier not in {None, "contains"}:
        raise UnsupportedParameter(f"the modifier :{criterion.modifier} is not supported for strings")
    contains = criterion.modifier == "contains"
    return _string_rows(criterion.param.code, criterion.terms, of, tables, contains=contains)


def _string_rows(code: str, terms: Sequence[Term], of: Table, tables: Tables, *, contains: bool) -> Sql:
    alias = tables.name()
    tests = [
        sql(f"{alias}.norm like %s", ("%" if contains else "") + _pattern(_words(term)) + "%")
        for term in terms
    ]
    return index_row("idx_string", alias, of, both([_hash(alias, code, of), either(tests)]))


def _words(term: Term) -> str:
    text = term.text if isinstance(term, StringTerm) else getattr(term, "code", "") or ""
    return hashing.normal(text)


def _pattern(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _exact(criterion: Filter, of: Table, tables: Tables) -> Sql:
    alias = tables.name()
    texts = [term.text for term in criterion.terms if isinstance(term, StringTerm)]
    tests = [
        sql(f"({alias}.norm = %s and {alias}.exact = %s)", hashing.normal(text), text[:1000])
        for text in texts
    ]
    return index_row("idx_string", alias, of, both([_hash(alias, criterion.param.code, of), either(tests)]))


def _hash(alias: str, code: str, of: Table) -> Sql:
    hashes = [hashing.parameter(kind, code) for kind in kinds_of(of)]
    if len(hashes) == 1:
        return sql(f"{alias}.hash = %s", hashes[0])
    return sql(f"{alias}.hash = any(%s::bigint[])", hashes)


def _date(criterion: Filter, of: Table, tables: Tables) -> Sql:
    alias = tables.name()
    tests = [
        date_condition(f"{alias}.low", f"{alias}.high", term)
        for term in criterion.terms
        if isinstance(term, DateTerm)
    ]
    return index_row("idx_date", alias, of, both([_hash(alias, criterion.param.code, of), either(tests)]))


def _number(criterion: Filter, of: Table, tables: Tables) -> Sql:
    alias = tables.name()
    tests = [number_condition(alias, term) for term in criterion.terms if isinstance(term, NumberTerm)]
    return index_row("idx_qty", alias, of, both([_hash(alias, criterion.param.code, of), either(tests)]))


def _quantity(criterion: Filter, of: Table, tables: Tables) -> Sql:
    tests = []
    for term in criterion.terms:
        if isinstance(term, QuantityTerm):
            alias = tables.name()
            test = both([_unit(alias, criterion.param.code, term, of), number_condition(alias, term.number)])
            tests.append(index_row("idx_qty", alias, of, test))
    return either(tests)


def _unit(alias: str, code: str, term: QuantityTerm, of: Table) -> Sql:
    if not term.code:
        return _hash(alias, code, of)
    hashes = [hashing.hash64("quantity", kind, code, term.code) for kind in kinds_of(of)]
    test = (
        sql(f"{alias}.hash = any(%s::bigint[])", hashes)
        if len(hashes) > 1
        else sql(f"{alias}.hash = %s", *hashes)
    )
    if term.system:
        return both([test, sql(f"{alias}.unit = %s", hashing.hash64("unit", term.system))])
    return test


def _uri(criterion: Filter, of: Table, tables: Tables) -> Sql:
    uris = [term.uri for term in criterion.terms if isinstance(term, UriTerm)]
    code = criterion.param.code
    if criterion.modifier == "below":
        alias = tables.name()
        tests = [
            sql(f"({alias}.norm = %s or {alias}.norm like %s)", uri, _pattern(uri.rstrip("/")) + "/%")
            for uri in uris
        ]
        return index_row("idx_string", alias, of, both([_hash(alias, f"{code}:uri", of), either(tests)]))
    if criterion.modifier == "above":
        uris = [part for uri in uris for part in _above(uri)]
    elif criterion.modifier is not None:
        raise UnsupportedParameter(f"the modifier :{criterion.modifier} is not supported for uris")
    return _by_hash(
        [hashing.token(kind, code, None, uri) for kind in kinds_of(of) for uri in uris], of, tables
    )


def _above(uri: str) -> list[str]:
    """The uri and all that it lies below, with and without a slash at the end."""
    parts = uri.split("/")
    heads = ["/".join(parts[:number]) for number in range(1, len(parts) + 1)]
    return [form for head in heads if head for form in (head, f"{head}/")]


def _identity(criterion: Filter, of: Table, _tables: Tables) -> Sql:
    ids = [term.code for term in criterion.terms if isinstance(term, TokenTerm) and term.code]
    keys = [hashing.resource_key(kind, identity) for kind in kinds_of(of) for identity in ids]
    test = sql(f"{of.alias}.key = any(%s::bigint[]) and {of.alias}.id = any(%s::text[])", keys, ids)
    return sql("not (") + test + sql(")") if criterion.modifier == "not" else test


def _updated(criterion: Filter, of: Table, _tables: Tables) -> Sql:
    column = f"{of.alias}.updated"
    return either(
        [
            date_condition(column, column, term, _moment)
            for term in criterion.terms
            if isinstance(term, DateTerm)
        ]
    )


def _moment(micros: int) -> datetime:
    return min(EPOCH + timedelta(microseconds=micros), LAST) if micros > 0 else EPOCH


def _kind(criterion: Filter, of: Table, _tables: Tables) -> Sql:
    kinds = [term.code for term in criterion.terms if isinstance(term, TokenTerm)]
    return sql(f"{of.alias}.type = any(%s::text[])", kinds)


def _content(criterion: Filter, of: Table, tables: Tables) -> Sql:
    """Words of the text, in any form that Norwegian gives them. Source: PostgreSQL websearch_to_tsquery."""
    alias = tables.name()
    tests = [
        sql(
            f"{alias}.words @@ (websearch_to_tsquery('norwegian', %s) || websearch_to_tsquery('simple', %s))",
            text,
            text,
        )
        for text in (getattr(term, "text", None) or getattr(term, "code", "") for term in criterion.terms)
    ]
    return index_row("idx_text", alias, of, either(tests))


_Compiler = Callable[[Filter, Table, Tables], Sql]
_SPECIAL: dict[str, _Compiler] = {
    "_id": _identity,
    "_lastUpdated": _updated,
    "_type": _kind,
    "_content": _content,
    "_text": _content,
}
_BY_TYPE: dict[str, _Compiler] = {
    "token": _token,
    "reference": _reference,
    "string": _string,
    "date": _date,
    "number": _number,
    "quantity": _quantity,
    "uri": _uri,
    "composite": composite,
}
