"""Concepts found by words, the best match first: the same terms as the text, terms that begin with it, the others.

Up to COUNTED matches are ranked one by one. Of more, which only a letter or a very common word has, those that are or
begin with the text come first, and within that the order is the system's own: read along the key, no further than
the page goes.
"""

from akson.store.database.pool import Row, Tx
from akson.store.fragment import Sql, joined, sql
from akson.store.terms.concepts import COLUMNS, COUNTED, Found, concept_of, counted, within
from akson.store.terms.sources import Source
from akson.store.terms.write import BEGINNING


async def search(
    tx: Tx, source: Source, condition: Sql, wanted: list[str], page: tuple[int, int]
) -> tuple[list[Found], int]:
    """Concepts under a condition whose terms have words that begin with all wanted ones, from `page` (offset, count),
    and how many there are (COUNTED + 1 for more than COUNTED).
    """
    words = sql("c.words @@ %s::tsquery", _query(source, wanted))
    every = within(source, condition + sql(" and ") + words)
    rows = await _rows(tx, _some_ranked(every, " ".join(wanted)), page)
    total: int = rows[0][6] if rows else await _total(tx, every) if page[0] else 0
    if total > COUNTED:
        stages = await _stages(tx, source, condition, wanted, words)
        rows = await _rows(tx, _first(stages, sum(page)), page)
    return [Found(source.url, source.version, concept_of(row[:5]), row[5]) for row in rows], total


async def _rows(tx: Tx, statement: Sql, page: tuple[int, int]) -> list[Row]:
    statement += sql(" limit %s offset %s", page[1], page[0])
    return await tx.fetch(statement.text, statement.params, prepare=False)


async def _total(tx: Tx, where: Sql) -> int:
    statement = sql("select count(*) from (select 1 from term_concept c where ") + where
    statement += sql(" limit %s) found", COUNTED + 1)
    return int((await tx.fetch(statement.text, statement.params, prepare=False))[0][0])


def _some_ranked(where: Sql, text: str) -> Sql:
    """Up to COUNTED + 1 matches, ranked, and with each how many they are."""
    return (
        sql(f"select {COLUMNS}, ")
        + _rank(text)
        + sql(" as rank, count(*) over () from (select * from term_concept c where ")
        + where
        + sql(" limit %s) c order by rank, length(c.display), c.id", COUNTED + 1)
    )


async def _stages(tx: Tx, source: Source, condition: Sql, wanted: list[str], words: Sql) -> list[Sql]:
    """Terms that are the text, terms that begin with it, and all others."""
    text = " ".join(wanted)
    beginning = f"'{source.id}^{text[:BEGINNING]}'"
    same = condition + sql(" and c.words @@ %s::tsquery", beginning) + _has(f"\n{text}\n")
    begins = condition + sql(" and c.words @@ %s::tsquery", f"{beginning}:*") + _has(f"\n{text}")
    if await counted(tx, source, begins) > COUNTED:
        second = _along(source, condition + _has(f"\n{text}") + _lacks(f"\n{text}\n"), 1)
    else:
        second = _ranked(source, begins + _lacks(f"\n{text}\n"), 1)
    third = _along(source, condition + sql(" and ") + words + _lacks(f"\n{text}"), 2)
    return [_ranked(source, same, 0), second, third]


def _first(stages: list[Sql], count: int) -> Sql:
    """The stages one after the other: PostgreSQL begins none before those above have given too few."""
    limit = sql(" limit %s)", count)
    return joined(" union all ", [sql("(") + stage + limit for stage in stages])


def _query(source: Source, wanted: list[str]) -> str:
    return " & ".join(f"'{source.id}:{word}':*" for word in wanted)


def _has(text: str) -> Sql:
    return sql(" and strpos(c.terms, %s) > 0", text)


def _lacks(text: str) -> Sql:
    """Not written as `= 0`, which the planner takes for something that hardly any row is."""
    return sql(" and not strpos(c.terms, %s) > 0", text)


def _ranked(source: Source, condition: Sql, rank: int) -> Sql:
    """The shortest first."""
    return (
        sql(f"select {COLUMNS}, %s::int as rank from term_concept c where ", rank)  # noqa: S608
        + within(source, condition)
        + sql(" order by length(c.display), c.id")
    )


def _along(source: Source, condition: Sql, rank: int) -> Sql:
    """Along the key, which is the order of the system."""
    return (
        sql(f"select {COLUMNS}, %s::int as rank from term_concept c where ", rank)  # noqa: S608
        + sql("c.id >= %s::bigint << 24 and c.id < %s::bigint << 24 and (", source.id, source.id + 1)
        + condition
        + sql(") order by c.id")
    )


def _rank(text: str) -> Sql:
    """The rank of `fhir.terminology.text.rank`."""
    return sql(
        "case when strpos(c.terms, %s) > 0 then 0 when strpos(c.terms, %s) > 0 then 1"
        " when strpos(c.terms, %s) > 0 then 2 else 3 end",
        f"\n{text}\n",
        f"\n{text}",
        f" {text}",
    )
