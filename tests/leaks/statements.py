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
    """Without what is asked now and then, nor the word of who reads that goes before it and before nothing else."""
    kept = [DECLARE if each.startswith(SAYS) else each for each in told if each not in NOW_AND_THEN]
    ends = {DECLARE, "begin", "commit", "rollback", ""}
    following = [*kept, ""][1:]
    return tuple(
        each for each, after in zip(kept, following, strict=True) if each != DECLARE or after not in ends
    )


def _note(sql: str) -> None:
    told = _told.get()
    if told is not None:
        told.append(sql)
