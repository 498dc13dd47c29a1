"""Erases entries of the access log openly: an entry about each stays, and the proofs of all others hold.

For what a court or the law asks. Erasing a patient's record leaves the log as it is (`erasing.py`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from akson.kit.clock import now
from akson.kit.errors import Conflict, NotFound
from akson.security.actor import Action, Kind, Purpose
from akson.store.access import audit, leaves, openings
from akson.store.access.audit import AuditRow
from akson.store.database.pool import Database, Tx

OPENED = "reason.emergency"


async def erase(database: Database, numbers: Sequence[int], why: str) -> int:
    """Erase the entries with these numbers; how many. NotFound, and none is erased, when one is not there.

    Conflict when one is not sealed yet, or tells of an erasure itself.
    """
    async with database.transaction() as tx:
        for number in numbers:
            row = await leaves.row_of(tx, number)
            if row is None:
                raise NotFound(f"the log has no entry {number}")
            if not row.sealed or leaves.erases(row.row) is not None:
                raise Conflict(f"entry {number} is not sealed yet, or tells of an erasure")
            told = AuditRow(
                moment=now(),
                actor_kind=Kind.SYSTEM.value,
                action=Action.ADMINISTER.value,
                purpose=Purpose.ADMINISTRATION.value,
                granted=True,
                reason="log_erased",
                basis=why,
                type=leaves.ERASED,
                id=str(number),
            )
            await audit.append(tx, told)
            await _forget_reason(tx, row.row)
        return await leaves.forget(tx, numbers)


async def _forget_reason(tx: Tx, row: Mapping[str, Any]) -> None:
    """The reason of an emergency that an erased entry tells goes from the list of emergencies too."""
    if row.get("reason") == OPENED and row.get("decision_text"):
        moment = datetime.fromisoformat(str(row["moment"]))
        await openings.forget(tx, str(row["practitioner"]), int(row["pat"]), moment)
