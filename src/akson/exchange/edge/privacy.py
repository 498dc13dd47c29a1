"""Follows the register of the citizens' own rules and powers of attorney at the platform, and obeys it on this node.

One long poll for the whole node, from a mark. The first answers bring all that stands; until nothing more stood in the
register, nobody here knows what is closed, and personnel see no record (rule rules_known). From then on the last rules
that were heard of hold, also when the platform does not answer.
"""

import asyncio
from collections import defaultdict
from datetime import datetime
from typing import Any

from akson.fhir.strict_json import dumps, loads
from akson.kit.errors import AksonError, PeerFailed
from akson.kit.log import Event, log
from akson.record import obeying
from akson.record.context import Place
from akson.security.client import Peer
from akson.security.privacy import BEGINNING, END, NAME_OF
from akson.security.rules.own_privacy import SCOPE
from akson.store.access import attorneys, mirror
from akson.store.access.attorneys import Told
from akson.store.access.mirror import Rule
from akson.store.database.reader import NODE

WAIT, SLACK = 3, 1.5
"""Seconds that the platform may hold an answer back, and that it may take to come besides.

Together under five: a connection that died without a word delays no rule for longer than one may take.
"""
RETRY = 1.0


class Follower:
    """The follower of one node."""

    def __init__(self, place: Place, peer: Peer) -> None:
        self._place = place
        self._peer = peer
        self._url = f"{place.node.platform}/personvern/endringer"

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            try:
                await self.once()
            except AksonError as error:
                log(Event.PEER_FAILED, peer=self._url, error=type(error).__name__)
                await asyncio.sleep(RETRY)

    async def once(self, wait: float = WAIT) -> None:
        """Ask once, and obey what is told. PeerSilent or PeerFailed when there is no answer to use."""
        async with self._place.database.transaction(read_only=True, reader=NODE) as tx:
            before = await mirror.followed(tx)
        # Only who knows all that stands waits for more.
        known = before is not None and before.whole_since is not None
        body = {"after": before.mark if before else None, "wait": wait if known else 0}
        answer = await self._peer.request(
            "POST", self._url, scope=f"akson:samhandling/{SCOPE}", content=dumps(body), timeout=wait + SLACK,
            headers={"content-type": "application/json"},
        )  # fmt: skip
        if answer.status_code != 200:
            raise PeerFailed(f"The platform answered {answer.status_code}")
        await self._take(loads(answer.content))

    async def _take(self, told: dict[str, Any]) -> None:
        try:
            rules: defaultdict[str, list[Rule]] = defaultdict(list)
            for each in told["changes"]:
                rules[each["innbygger"]].append(_rule(each))
            powers = [_power(each) for each in told.get("powers", [])]
            mark, is_whole = str(told["after"]), bool(told["whole"])
        except (KeyError, TypeError, ValueError) as error:
            raise PeerFailed("The platform told of no rules that can be read") from error
        async with self._place.database.transaction(reader=NODE) as tx:
            await obeying.keep(tx, self._place, rules)
            for power in powers:
                await attorneys.keep(tx, power)
            await mirror.follow(tx, mark, whole=is_whole)


def _power(told: dict[str, Any]) -> Told:
    return Told(
        id=str(told["id"]),
        version=int(told["versjonsnummer"]),
        giver=str(told["innbygger"]),
        holder=str(told["fullmektig"]),
        areas=[str(each) for each in told["omraader"]],
        high=datetime.fromisoformat(told["tidsbegrensetTil"]),
    )


def _rule(told: dict[str, Any]) -> Rule:
    """A rule as it is told. One of a definition that is not known here keeps the definition's identifier as its name."""
    return Rule(
        id=str(told["id"]),
        version=int(told["versjonsnummer"]),
        definition=NAME_OF.get(told["definisjonGuid"], str(told["definisjonGuid"])),
        active=bool(told["aktiv"]),
        metadata=dict(told["metadata"]),
        low=datetime.fromisoformat(told["gjelderFra"]) if "gjelderFra" in told else BEGINNING,
        high=datetime.fromisoformat(told["tidsbegrensetTil"]) if "tidsbegrensetTil" in told else END,
    )
