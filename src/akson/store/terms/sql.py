"""Rules of value sets as SQL on the concepts `c` of one source."""

from collections.abc import Iterable

from akson.fhir.terminology import pattern
from akson.fhir.terminology.memory import HIERARCHY
from akson.fhir.terminology.rules import AllOf, AnyOf, Every, Not, OneOf, Rule, Where
from akson.kit.errors import TooCostly
from akson.store.database.pool import Tx
from akson.store.fragment import Sql, both, either, sql
from akson.store.terms.concepts import EVERY, properties_of
from akson.store.terms.sources import Source
from akson.store.terms.write import mark

NONE = sql("false")
READ_BY_PATTERN = 500_000
"""Concepts of a system whose values a regular expression is held against."""
PAGE = 20_000
TEXTS = {"code": "code", "concept": "code", "display": "display"}
"""Properties that every concept has as a column."""


async def compiled(tx: Tx, source: Source, rule: Rule) -> Sql:
    """The condition on `c` that the rule means. Codes that a hierarchy begins from are looked up now."""
    match rule:
        case Every():
            return EVERY
        case OneOf(codes):
            return sql("c.key = any(%s::text[])", sorted({source.key(code) for code in codes}))
        case Not(inner):
            return sql("not (") + await compiled(tx, source, inner) + sql(")")
        case AllOf(rules):
            return both([await compiled(tx, source, each) for each in rules])
        case AnyOf(rules):
            return either([await compiled(tx, source, each) for each in rules])
        case Where():
            return await _where(tx, source, rule)


async def _where(tx: Tx, source: Source, rule: Where) -> Sql:
    if rule.op in HIERARCHY:
        return await _hierarchical(tx, source, rule.op, rule.value)
    if rule.property in {"parent", "child", "ancestor"} and rule.op in {"=", "in"}:
        return either([await _related(tx, source, rule.property, each) for each in pattern.allowed(rule)])
    if rule.op == "regex":
        return await _matching(tx, source, rule)
    if rule.property in {"inactive", "notSelectable"} and rule.op == "=":
        wanted = sql("%s", rule.value == "true")
        return sql("c.inactive = " if rule.property == "inactive" else "c.abstract = ") + wanted
    positive = _valued(source, rule)
    negative = rule.op == "not-in" or (rule.op == "exists" and rule.value != "true")
    return sql("not (") + positive + sql(")") if negative else positive


def _valued(source: Source, rule: Where) -> Sql:
    """The property is there, or has one of the values."""
    if rule.property in TEXTS:
        if rule.op == "exists":
            return EVERY
        values = sorted(pattern.allowed(rule))
        if TEXTS[rule.property] == "code":
            return sql("c.key = any(%s::text[])", [source.key(value) for value in values])
        return sql("c.display = any(%s::text[])", values)
    if rule.op == "exists":
        return sql("c.marks @> array[%s]::bigint[]", mark(source.id, rule.property))
    marks = [mark(source.id, rule.property, value) for value in sorted(pattern.allowed(rule))]
    return sql("c.marks && %s::bigint[]", marks)


async def _hierarchical(tx: Tx, source: Source, op: str, code: str) -> Sql:
    found = await concept_number(tx, source, code)
    if found is None:
        return EVERY if op == "is-not-a" else NONE
    below = sql("c.ancestors @> array[%s]::bigint[]", found)
    match op:
        case "descendent-of":
            return below
        case "generalizes":
            return sql(
                "(c.id = %s or c.id = any((select up.ancestors from term_concept up where up.id = %s)::bigint[]))",
                found,
                found,
            )
        case "is-a":
            return either([sql("c.id = %s", found), below])
    return sql("not (c.id = %s or ", found) + below + sql(")")


async def _related(tx: Tx, source: Source, name: str, code: str) -> Sql:
    found = await concept_number(tx, source, code)
    if found is None:
        return NONE
    if name == "parent":
        return sql("c.parents @> array[%s]::bigint[]", found)
    if name == "ancestor":
        return sql("c.ancestors @> array[%s]::bigint[]", found)
    return sql("c.id = any((select low.parents from term_concept low where low.id = %s)::bigint[])", found)


async def concept_number(tx: Tx, source: Source, code: str) -> int | None:
    """The number of a concept by its code."""
    row = await tx.one(
        "select id from term_concept where source = %s and key = %s", [source.id, source.key(code)]
    )
    return row[0] if row else None


async def _matching(tx: Tx, source: Source, rule: Where) -> Sql:
    """The codes whose value matches, found here: no expression from outside runs in the database."""
    matcher = pattern.whole(rule.value)
    if source.concepts > READ_BY_PATTERN:
        raise TooCostly(
            f"A regular expression over the {source.concepts} concepts of {source.url} costs too much",
            expression=("ValueSet.compose.include.filter",),
        )
    last, keys = 0, []
    while rows := await tx.fetch(_values_sql(rule.property), [source.id, last, PAGE]):
        keys += [row[1] for row in rows if any(matcher(value) for value in _values(row[2], rule.property))]
        last = rows[-1][0]
        if len(rows) < PAGE:
            break
    return sql("c.key = any(%s::text[])", keys)


def _values_sql(name: str) -> str:
    column = TEXTS.get(name, "detail")
    return (
        f"select c.id, c.key, c.{column} from term_concept c where c.source = %s and c.id > %s"  # noqa: S608
        " order by c.id limit %s"
    )


def _values(found: str | bytes, name: str) -> Iterable[str]:
    if isinstance(found, str):
        return [found]
    return [each.text for each in properties_of(found) if each.code == name]
