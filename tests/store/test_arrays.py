"""Arrays packed by hand are what the database reads."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from akson.store.database import arrays
from akson.store.database.pool import Database
from akson.store.database.reader import OWNER

pytestmark = pytest.mark.store
MOMENTS = [
    datetime(2026, 11, 28, 12, 30, 1, 999_999, tzinfo=UTC),
    None,
    datetime(1969, 7, 20, 20, 17, tzinfo=timezone(timedelta(hours=-5))),
    datetime(1999, 12, 31, 23, 59, 59, 1, tzinfo=UTC),
]
CASES = [
    ("bytea[]", arrays.blobs, [b"", b"\x00\xff" * 300, b"<a/>"]),
    ("timestamptz[]", arrays.moments, MOMENTS),
    ("date[]", arrays.days, [date(2026, 11, 28), None, date(1814, 5, 17), date(2000, 1, 1)]),
    ("text[]", arrays.texts, ["", "Ærlig", '{a,"b"}']),
]


@pytest.mark.parametrize(("kind", "packed", "values"), CASES, ids=[case[0] for case in CASES])
async def test_an_array_comes_back(new_database, kind, packed, values):
    base = Database(new_database(), 1, reader=OWNER)
    await base.open()
    try:
        for some in (values, []):
            async with base.transaction(read_only=True) as tx:
                row = await tx.one(f"select %s::{kind}", [packed(some)])
            assert [bytes(v) if isinstance(v, memoryview) else v for v in row[0]] == some
    finally:
        await base.close()


async def test_documents_come_back(new_database):
    base = Database(new_database(), 1, reader=OWNER)
    await base.open()
    try:
        async with base.transaction(read_only=True) as tx:
            packed = arrays.documents([b'[{"a": "\xc3\xa6"}]', b"[]"])
            row = await tx.one(
                "select (%s::jsonb[])[1] -> 0 ->> 'a', array_length(%s::jsonb[], 1)", [packed] * 2
            )
    finally:
        await base.close()
    assert row == ("æ", 2)
