"""Every judgment of those who follow up: what was judged of which case, by whom and when. Rows are only ever added.

A case is named after its list: `emergency/<id>`, `errand/<id>`, `look/<practitioner>/<number of the patient>/<kind>`.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from akson.store.database.pool import Tx

ADD = "insert into judgment (subject, pat, outcome, note, by_name) values (%s, %s, %s, %s, %s)"
OF = """
select subject, outcome, note, by_name, moment from judgment where subject = any(%s::text[]) order by number desc"""
FORGET = "update judgment set note = '' where subject = any(%s::text[])"


class Judgment(NamedTuple):
    """What somebody judged of a case."""

    outcome: str
    note: str
    by: str
    moment: datetime


async def add(tx: Tx, case: str, pat: int, outcome: str, note: str, by: str) -> None:
    """Keep one more. `pat`: number of the patient; 0 for a case about nobody."""
    await tx.execute(ADD, [case, pat, outcome, note, by])


async def of(tx: Tx, cases: Collection[str]) -> dict[str, list[Judgment]]:
    """All judgments of these cases, by case; the latest, which counts, comes first."""
    found: dict[str, list[Judgment]] = defaultdict(list)
    for case, *judged in await tx.fetch(OF, [sorted(cases)]):
        found[case].append(Judgment(*judged))
    return found


async def forget(tx: Tx, cases: Collection[str]) -> None:
    """Take the words out of the judgments of these cases; that they were made stays."""
    await tx.execute(FORGET, [sorted(cases)])
