"""An import as it is asked for: decided at the door, written down, and done later in steps.

After the import that the SMART and HL7 bulk data projects propose: https://github.com/smart-on-fhir/bulk-import
"""

from collections.abc import Sequence
from dataclasses import replace

from akson.kit.clock import now
from akson.record import gate, trail
from akson.record.bulk import own
from akson.record.context import Context
from akson.security.actor import Action, Purpose
from akson.store.underway import transfers
from akson.store.underway.transfers import Transfer

KIND = "import"
PATIENCE = 3600.0
"""Seconds without anything of what is being sent in, after which its sender must have gone: so it is taken away."""


async def begin(
    ctx: Context, request: str, inputs: Sequence[dict[str, str]], *, is_staged: bool = False
) -> Transfer:
    """Put an import into the queue; `is_staged`: not yet, since what it takes in is still coming.

    Raises Refused without the right to it.
    """
    ctx = replace(ctx, purpose=Purpose.ADMINISTRATION)
    grant = gate.granted(ctx, Action.ADMINISTER, "")
    made = await own.begin(ctx, KIND, request, {"inputs": list(inputs)}, now(), queued=not is_staged)
    if is_staged:
        async with ctx.tx.savepoint():
            await transfers.wait(ctx.tx, made.id, PATIENCE)
    await trail.seen(ctx, grant, Action.ADMINISTER, (), "")
    return made
