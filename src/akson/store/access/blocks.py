"""What patients have closed, and to whom: what the scope NotBlocked asks.

Rows follow the rule they were compiled from: a new version replaces those of the one before, which are kept apart.
"""

from collections.abc import Collection, Sequence

from akson.store.database.pool import Tx
from akson.store.index.hashing import patient_number
from akson.store.scope_holds import Block

# What was closed until now is kept, for those who ask later what was decided by it; nothing is decided by it any more.
CLEAR = """
with gone as (delete from access_block where rule = %s returning *)
insert into access_block_past (pat, types, key, subjects, excepted, listed, holds_in_emergency, low, high, recorded)
select pat, types, key, subjects, excepted, listed, holds_in_emergency, low, high, recorded from gone"""
ADD = """
insert into access_block (pat, types, key, subjects, excepted, listed, holds_in_emergency, low, high, rule, version)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
OF_PATIENTS = """
select pat, types, key, subjects, excepted, listed, holds_in_emergency, low, high
from access_block
where pat = any(%s::bigint[]) and (%s or not (starts_with(rule, %s) or starts_with(rule, %s)))
order by pat, rule, key"""
ENTRY, QUESTION = "entry/", "question/"
"""What begins the names of rules that citizens did not set: of an entry that its writer marked, of a question about looks."""


async def replace(tx: Tx, rule: str, version: int, patient: str, rows: Sequence[Block]) -> None:
    """What `rule`, in this version, closes of a patient (id) is this and no more; no rows: it closes nothing."""
    await tx.execute(CLEAR, [rule])
    for row in rows:
        values = [patient_number(patient), sorted(row.types), row.key, sorted(row.subjects)]
        values.append(sorted(row.excepted))
        values += [row.listed, row.holds_in_emergency, row.low, row.high, rule, version]
        await tx.execute(ADD, values)


async def keys(tx: Tx, rule: str) -> frozenset[int]:
    """Keys of the resources that a rule closes now."""
    return frozenset(key for (key,) in await tx.fetch("select key from access_block where rule = %s", [rule]))


async def of_patients(
    tx: Tx, patients: Collection[int], *, others: bool = True
) -> dict[int, tuple[Block, ...]]:
    """All blocks, over or still to come too, by the number of the patient; without `others` those the citizen set."""
    found: dict[int, tuple[Block, ...]] = {}
    for row in await tx.fetch(OF_PATIENTS, [list(patients), others, ENTRY, QUESTION]):
        pat, types, key, subjects, excepted, listed, emergency, low, high = row
        block = Block(
            frozenset(subjects), low, high, listed, frozenset(types), key, emergency, frozenset(excepted)
        )
        found[pat] = (*found.get(pat, ()), block)
    return found
