"""The data hotel's own book: which record systems hold something of a patient, and until when the copies of each hold."""

from collections.abc import Iterable
from datetime import datetime

from akson.store.database.pool import Tx

TOLD = """
insert into hotel_source (source, told) values (%s, case when %s then now() end)
on conflict (source) do update set told = coalesce(excluded.told, hotel_source.told)"""
LOCATE = """
insert into hotel_patient (pat, source, theirs, more) values (%s, %s, %s, %s)
on conflict (source, theirs) do update set pat = excluded.pat, more = excluded.more
where (hotel_patient.pat, hotel_patient.more) <> (excluded.pat, excluded.more)"""
LOCATED = "select source, bool_or(more) from hotel_patient where pat = %s group by source"
HERE = "select theirs, pat from hotel_patient where source = %s and theirs = any(%s::bigint[])"


async def told(tx: Tx, source: str, *, whole: bool) -> None:
    """A source has told news; `whole`: it has no more of them now."""
    await tx.execute(TOLD, [source, whole])


async def locate(tx: Tx, source: str, theirs: int, pat: int, *, more: bool) -> None:
    """The source's Patient is this one here, and it holds something; `more`: also what it does not copy."""
    await tx.execute(LOCATE, [pat, source, theirs, more])


async def gone(tx: Tx, source: str, theirs: int) -> None:
    """The source holds nothing more of a Patient of its own."""
    await tx.execute("delete from hotel_patient where source = %s and theirs = %s", [source, theirs])


async def here(tx: Tx, source: str, theirs: Iterable[int]) -> dict[int, int]:
    """The patients here by the numbers that the source's Patients have there; without those that are not located."""
    return dict(await tx.fetch(HERE, [source, list(theirs)]))


async def located(tx: Tx, pat: int) -> dict[str, bool]:
    """The sources that hold something of a patient, and whether they hold more than they copy."""
    return dict(await tx.fetch(LOCATED, [pat]))


async def heard(tx: Tx) -> dict[str, datetime]:
    """Until when the copies of each source hold; a source that has not told all yet is not among them."""
    return dict(await tx.fetch("select source, told from hotel_source where told is not null"))
