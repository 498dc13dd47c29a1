"""How a node does, in counts: jobs, letters, the sealing of its log. Nothing of a record, and nothing that names anybody."""

from datetime import datetime
from typing import NamedTuple

from akson.store.database.pool import Tx

COUNTS = """
select 'job' as what, kind, case when state = 'dead' then 'stopped' else 'waiting' end as state, count(*)::int, min(made)
from job group by 2, 3
union all
select 'message', direction, state, count(*)::int, min(updated) from message group by direction, state
union all
select 'checkpoint', '', '', count(*)::int, max(moment) from audit_checkpoint having count(*) > 0
order by 1, 2, 3"""


class Count(NamedTuple):
    """How many there are of something in a state."""

    what: str
    """job, message or checkpoint."""
    kind: str
    state: str
    number: int
    since: datetime
    """The oldest; of checkpoints the newest."""


async def counts(tx: Tx) -> list[Count]:
    """All of them."""
    return [Count(*row) for row in await tx.fetch(COUNTS)]
