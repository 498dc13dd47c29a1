"""Texts and numbers that no column can hold are told as what they are: wrong input, and no fault of the program."""

from datetime import UTC, datetime

import pytest

from akson.kit.errors import Malformed
from akson.store.underway import keep

pytestmark = pytest.mark.store

WRONG = {
    "NUL in a text": ("select %s::text", ["a\0b"]),
    "half a character in a text": ("select %s::text", ["a\ud800b"]),
    "too large for a number": ("select %s::text::bigint", ["1" * 30]),
}


@pytest.mark.parametrize(("statement", "values"), WRONG.values(), ids=WRONG)
async def test_in_a_transaction(database, statement, values):
    with pytest.raises(Malformed):
        async with database.transaction() as tx:
            await tx.fetch(statement, values)
    async with database.transaction() as tx:
        assert await tx.one("select 1") == (1,)


@pytest.mark.parametrize(("statement", "values"), WRONG.values(), ids=WRONG)
async def test_in_a_statement_by_itself(database, statement, values):
    with pytest.raises(Malformed):
        async with database.singly() as tx:
            await tx.fetch(statement, values)
    async with database.singly() as tx:
        assert await tx.one("select 1") == (1,)


async def test_in_what_is_kept_as_json(database):
    with pytest.raises(Malformed):
        async with database.transaction() as tx:
            await keep.put(tx, "x", "y", {"state": "\0"}, datetime(9999, 1, 1, tzinfo=UTC))
