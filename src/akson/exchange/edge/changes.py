"""Follows the platform's feed of changes in the shared registers, for all patients of this node.

The node keeps no copy of a register, only that an item changed and when (ADR 0011): what people have not read since. A
measurement beyond what is agreed becomes a task at once (`alarms.py`). The
cursor is kept in the transaction that keeps what was told, so a node that was away, or whose database was put back, goes on
where it stood; what it is told again changes nothing.
"""

import asyncio
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from akson.exchange.edge import alarms
from akson.fhir.strict_json import dumps, loads
from akson.kit.errors import AksonError, PeerFailed
from akson.kit.log import Event, log
from akson.record.context import NODE_ITSELF, Context, Place
from akson.record.people import People
from akson.security.client import Peer
from akson.security.rules.supplier_errand import is_supplier
from akson.store.database.pool import Tx
from akson.store.database.reader import NODE
from akson.store.index.hashing import patient_number
from akson.store.underway import keep, shared
from akson.store.underway.shared import Told

MARK, OWN = "shared-mark", "own"
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
WAIT, SLACK, RETRY = 10.0, 5.0, 1.0
"""Seconds that the platform may hold an answer back, that it may take besides, and until a new try."""


class ChangeFollower:
    """The follower of one node."""

    def __init__(self, place: Place, peer: Peer) -> None:
        self._place = place
        self._peer = peer
        self._people = People(place)
        self._url = f"{place.node.platform}/hendelser/registre"

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            try:
                await self.once()
            except AksonError as error:
                log(Event.PEER_FAILED, peer=self._url, error=type(error).__name__)
                await asyncio.sleep(RETRY)

    async def once(self, wait: float = WAIT) -> int:
        """Ask once and keep what is told; how many changes. PeerSilent or PeerFailed when there is no answer to use."""
        async with self._place.database.transaction(read_only=True, reader=NODE) as tx:
            kept = await keep.get(tx, MARK, OWN)
        body = {"after": kept["after"] if kept else None, "wait": wait}
        answer = await self._peer.request(
            "POST", self._url, scope="akson:samhandling/hendelser", content=dumps(body), timeout=wait + SLACK,
            headers={"content-type": "application/json"},
        )  # fmt: skip
        if answer.status_code != 200:
            raise PeerFailed(f"The platform answered {answer.status_code}")
        told = loads(answer.content)
        async with self._place.database.transaction(reader=NODE) as tx:
            if told.get("again"):
                await shared.again(tx)
            await shared.tell(tx, await self._here(tx, told["changes"]))
            await self._alarm(tx, told["changes"])
            await keep.put(tx, MARK, OWN, {"after": told["after"]}, FOREVER)
        return len(told["changes"])

    async def _alarm(self, tx: Tx, changes: list[dict[str, Any]]) -> None:
        """What must be seen at once becomes work of those who follow the patient up, in the transaction that keeps the cursor."""
        for each in changes:
            if each.get("alarm"):
                ctx = Context(NODE_ITSELF, tx, self._place)
                for patient in await self._people.patients(tx, str(each["patient"])):
                    await alarms.to_be_seen_at_once(
                        ctx, patient["id"], str(each["alarm"]), str(each["reference"])
                    )

    async def _here(self, tx: Tx, changes: list[dict[str, Any]]) -> list[Told]:
        """The changes of those who are patients here."""
        by_person = defaultdict(list)
        for each in changes:
            by_person[str(each["patient"])].append(each)
        made = []
        for pid, found in by_person.items():
            for patient in await self._people.patients(tx, pid):
                pat = patient_number(patient["id"])
                made += [
                    Told(
                        pat,
                        str(each["service"]),
                        str(each["reference"]),
                        int(each["version"]),
                        datetime.fromisoformat(each["moment"]),
                    )
                    for each in found
                ]
        return made


async def news(ctx: Context, patient: str) -> dict[str, int]:
    """How many items of each shared list of a Patient (id) changed since the one who acts read it, by the service's slug."""
    return await shared.news(ctx.tx, ctx.actor.practitioner, patient_number(patient)) if _reads(ctx) else {}


async def read_now(ctx: Context, patient: str, service: str) -> datetime | None:
    """The one who acts reads a shared list of a Patient (id) now; when that was the last time, None for the first."""
    if not _reads(ctx):
        return None
    return await shared.read(ctx.tx, ctx.actor.practitioner, patient_number(patient), service)


def _reads(ctx: Context) -> bool:
    return bool(ctx.actor.practitioner) and not is_supplier(ctx.actor)
