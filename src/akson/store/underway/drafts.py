"""Drafts: what a person is writing and has not saved. One for each person, kind and subject."""

from datetime import datetime
from typing import Any, NamedTuple

from psycopg.types.json import Jsonb

from akson.store.database.pool import Tx

SAVE = """
insert into draft (owner, kind, subject, content) values (%s, %s, %s, %s)
on conflict (owner, kind, subject) do update
    set content = excluded.content, version = draft.version + 1, updated = now()
    where %s::bigint is null or draft.version = %s
returning version, updated"""
GET = "select owner, kind, subject, content, version, updated from draft where owner = %s and kind = %s and subject = %s"
LIST = (
    "select owner, kind, subject, content, version, updated from draft where owner = %s order by updated desc"
)


class Draft(NamedTuple):
    """`owner` and `subject` are references of this node, e.g. PractitionerRole/x and Patient/y."""

    owner: str
    kind: str
    subject: str
    content: dict[str, Any]
    version: int
    updated: datetime


async def save(
    tx: Tx, key: tuple[str, str, str], content: dict[str, Any], expected: int | None = None
) -> Draft | None:
    """Keep what was written under (owner, kind, subject). None: the draft is not at version `expected`, because
    the same person writes in another window.
    """
    row = await tx.one(SAVE, [*key, Jsonb(content), expected, expected])
    return Draft(*key, content, *row) if row else None


async def get(tx: Tx, owner: str, kind: str, subject: str) -> Draft | None:
    row = await tx.one(GET, [owner, kind, subject])
    return Draft(*row) if row else None


async def of(tx: Tx, owner: str) -> list[Draft]:
    """All drafts of a person, the latest first."""
    return [Draft(*row) for row in await tx.fetch(LIST, [owner])]


async def discard(tx: Tx, owner: str, kind: str, subject: str) -> None:
    await tx.execute(
        "delete from draft where owner = %s and kind = %s and subject = %s", [owner, kind, subject]
    )
