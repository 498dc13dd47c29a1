"""The statements that a request sends to the database: were they others for what is hidden, time would tell it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import pytest

from akson.store.database.commits import ON_DISK
from akson.store.database.link import Link
from akson.store.database.reader import DECLARE
from akson.store.underway.keep import ADD_QUICKLY, NOTE

NOW_AND_THEN = frozenset(
    {
        "select version from search_version",
        "select value from secret where name = 'cursor'",
        ADD_QUICKLY,
        NOTE,
        ON_DISK,
    }
)
"""What is sent again after some time, or for several at once, whoever comes then."""
SAYS = DECLARE.partition(",")[0]
"""How each word of who reads begins, whatever of it is empty."""
ENDS = frozenset({"begin", "commit", "rollback", ""})
"""What stands after the last that was asked in a transaction."""
_told: ContextVar[list[str] | None] = ContextVar("told", default=None)
"""What runs beside the request has another one, or none."""


@pytest.fixture(scope="module", autouse=True)
def noting() -> Iterator[None]:
    """Every statement is noted for whoever listens."""
    run, ahead = Link.run, Link.put_ahead

    async def noted(self: Link, sql: str, *args: object, **kwargs: object) -> object:
        _note(sql)
        return await run(self, sql, *args, **kwargs)  # type: ignore[arg-type]

    async def noted_ahead(self: Link, sql: str, *args: object, **kwargs: object) -> None:
        _note(sql)
        await ahead(self, sql, *args, **kwargs)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Link, "run", noted)
        patch.setattr(Link, "put_ahead", noted_ahead)
        yield


@contextmanager
def statements() -> Iterator[list[str]]:
    """What is sent to the database by the block, in its order."""
    told: list[str] = []
    token = _told.set(told)
    try:
        yield told
    finally:
        _told.reset(token)


def lasting(told: list[str]) -> tuple[str, ...]:
    """Without what is asked now and then, the word of who reads that goes before it and before nothing else, and a transaction
    in which nothing else was asked: it begins with its first statement.
    """
    kept = [DECLARE if each.startswith(SAYS) else each for each in told if each not in NOW_AND_THEN]
    found: list[str] = []
    for each in [*kept, ""]:
        if each in ENDS and found[-1:] == [DECLARE]:
            found.pop()
        if each in ENDS and found[-1:] == ["begin"]:
            found.pop()
            if each == "commit":
                continue
        found.append(each)
    return tuple(found[:-1])


def _note(sql: str) -> None:
    told = _told.get()
    if told is not None:
        told.append(sql)
