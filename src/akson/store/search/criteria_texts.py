"""Criteria on text: strings, what codes are called, uris, and the words of a whole resource.

Source: http://hl7.org/fhir/R4/search.html#string, #uri.
"""

import re
from collections.abc import Sequence

from akson.fhir.extract.paths import paths
from akson.fhir.search import Filter, StringTerm, Term, UriTerm
from akson.store.fragment import (
    Sql,
    Table,
    Tables,
    both,
    either,
    index_row,
    kinds_of,
    parameters,
    ranges,
    sql,
)
from akson.store.index import hashing
from akson.store.index.rows import LONGEST

COMPARED = {"equals": "=", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
"""Modifiers that compare the normal form of text, from `_filter`."""
PLACED = {None: ("", "%"), "starts": ("", "%"), "contains": ("%", "%"), "ends": ("%", "")}
"""Where in the text the words may stand: what is put before and behind them."""


def string(criterion: Filter, of: Table, tables: Tables) -> Sql:
    """A text begins with one of these, or as the modifier says."""
    if criterion.modifier == "exact":
        return _exact(criterion, of, tables)
    alias = tables.name()
    texts = [_words(term) for term in criterion.terms]
    tests = [_test(alias, criterion.modifier, text) for text in texts]
    where = _where(criterion.param.code, alias, of, tests)
    if criterion.modifier is not None or len(of.kinds) != 1 or not all(texts):
        return index_row("idx_string", alias, of, where)
    hashed = hashing.parameter(of.kinds[0], criterion.param.code)
    bounds = [(hashed, text, beyond(text)) for text in dict.fromkeys(texts)]
    return index_row("idx_string", alias, of, where, "norm", ranges(alias, "norm", "text", bounds, where))


def rows_of_text(code: str, terms: Sequence[Term], of: Table, tables: Tables, *, contains: bool) -> Sql:
    """A row of idx_string under this code begins with, or contains, one of the terms."""
    alias = tables.name()
    tests = [_test(alias, "contains" if contains else None, _words(term)) for term in terms]
    return _rows(code, alias, of, tests)


def _rows(code: str, alias: str, of: Table, tests: list[Sql]) -> Sql:
    return index_row("idx_string", alias, of, _where(code, alias, of, tests))


def _where(code: str, alias: str, of: Table, tests: list[Sql]) -> Sql:
    """One of the tests holds for a row of this parameter."""
    return both([parameters(alias, code, of), tests[0] if len(tests) == 1 else either(tests)])


def _test(alias: str, modifier: str | None, text: str) -> Sql:
    if modifier in COMPARED:
        return sql(f"{alias}.norm {COMPARED[modifier]} %s", text)
    if modifier is None and text:
        return sql(f"({alias}.norm >= %s and {alias}.norm < %s)", text, beyond(text))
    before, behind = PLACED[modifier]
    return sql(f"{alias}.norm like %s", before + pattern(text) + behind)


def beyond(text: str) -> str:
    """What comes right after all texts that begin so, letters compared by their number."""
    last = ord(text[-1]) + 1
    # Between the two there are no letters.
    return (
        text[:-1] + chr(0xE000 if last == 0xD800 else last)
        if last < 0x110000
        else beyond(text[:-1] or "\U0010fffe")
    )


def _words(term: Term) -> str:
    text = term.text if isinstance(term, StringTerm) else getattr(term, "code", "") or ""
    return hashing.normal(text)


def pattern(text: str) -> str:
    """The text as LIKE takes it literally."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _exact(criterion: Filter, of: Table, tables: Tables) -> Sql:
    alias = tables.name()
    texts = [term.text for term in criterion.terms if isinstance(term, StringTerm)]
    tests = [
        sql(f"({alias}.norm = %s and {alias}.exact = %s)", hashing.normal(text), text[:1000])
        for text in texts
    ]
    return _rows(criterion.param.code, alias, of, tests)


def uri(criterion: Filter, of: Table, tables: Tables) -> Sql:
    """A uri is one of these; below one (:below); or one that these are below (:above)."""
    uris = [term.uri for term in criterion.terms if isinstance(term, UriTerm)]
    code, modifier = criterion.param.code, criterion.modifier
    if modifier is None or modifier == "above":
        if modifier == "above":
            uris = [part for each in uris for part in _above(each)]
        hashes = [hashing.token(kind, code, None, each) for kind in kinds_of(of) for each in uris]
        alias = tables.name()
        return index_row("idx_token", alias, of, sql(f"{alias}.hash = any(%s::bigint[])", hashes))
    if code.startswith("_"):
        return either([_read(criterion, each, of, tables) for each in uris])
    alias = tables.name()
    if modifier == "below":
        tests = [
            sql(f"({alias}.norm = %s or {alias}.norm like %s)", each, pattern(each.rstrip("/")) + "/%")
            for each in uris
        ]
    else:
        tests = [_test(alias, modifier, each) for each in uris]
    return _rows(f"{code}:uri", alias, of, tests)


def _read(criterion: Filter, wanted: str, of: Table, tables: Tables) -> Sql:
    """A uri of meta, of which only hashes are kept: what is below it is read from the bodies that are left."""
    alias = tables.name()
    head = (
        f"exists (select 1 from unnest(%s::text[]::jsonpath[]) {alias},"  # noqa: S608
        f" jsonb_path_query(convert_from({of.alias}.body, 'UTF8')::jsonb, {alias}) {alias}v"
        f" where not {of.alias}.deleted and "
    )
    text = f"({alias}v #>> '{{}}')"
    before, behind = PLACED.get(criterion.modifier, ("", "/%"))
    test = sql(f"{text} like %s", before + pattern(wanted.rstrip("/")) + behind)
    if criterion.modifier == "below":
        test = either([sql(f"{text} = %s", wanted), test])
    return sql(head, list(paths(criterion.param))) + test + sql(")")


def _above(uri: str) -> list[str]:
    """The uri and all that it lies below, with and without a slash at the end."""
    parts = uri.split("/")
    heads = ["/".join(parts[:number]) for number in range(1, len(parts) + 1)]
    return [form for head in heads if head for form in (head, f"{head}/")]


def content(criterion: Filter, of: Table, tables: Tables) -> Sql:
    """Words of the text, in any form that Norwegian gives them. Source: PostgreSQL websearch_to_tsquery.

    `_content` looks in all that is indexed, `_text` in narratives alone: where more is indexed, in the narrative itself.
    """
    alias = tables.name()
    asked = [
        sql("(websearch_to_tsquery('norwegian', %s) || websearch_to_tsquery('simple', %s))", text, text)
        for text in map(_searched, criterion.terms)
    ]
    words = either([sql(f"{alias}.words @@ ") + each for each in asked])
    kind = [sql(f"{alias}.type = any(%s::text[])", list(of.kinds))] if of.kinds else []
    found = index_row("idx_text", alias, of, both([words, *kind]))
    has_more = criterion.modifier == "narrative" or not DOCUMENTS.isdisjoint(of.kinds or DOCUMENTS)
    if criterion.param.code != "_text" or not has_more:
        return found
    return both([found, either([sql(_NARRATIVE.format(of.alias)) + each for each in asked])])


DOCUMENTS = frozenset({"DocumentReference"})
"""Types with a narrative of which more than that is in the index."""
_PLAIN = (
    "left(regexp_replace(convert_from({0}.body, 'UTF8')::jsonb -> 'text' ->> 'div', '<[^>]*>', ' ', 'g'),"
    f" {LONGEST // 4})"
)
_NARRATIVE = (
    f"case when {{0}}.deleted then ''::tsvector else to_tsvector('norwegian', {_PLAIN})"
    f" || to_tsvector('simple', {_PLAIN}) end @@ "
)
_MINUSES = re.compile(r"-(?:\s*-)+")


def _searched(term: Term) -> str:
    """What is searched for; a row of minus signs as one, since PostgreSQL has no room for a not of a not of a not."""
    text = getattr(term, "text", None) or getattr(term, "code", None) or ""
    return _MINUSES.sub("-", text)
