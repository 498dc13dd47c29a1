"""Whether somebody is authorised as health personnel now: from the own Practitioner, or what the register has told.

An authorisation that was withdrawn, or whose time is over, gives no access. What nobody has told of is left to those who
vouch for it: the own organisation for its people, the trust anchor for those of others.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from akson.fhir.model import Resource
from akson.fhir.precision import covers
from akson.kit.norwegian import volven
from akson.store.access import registers
from akson.store.database.pool import Tx

CATEGORY = volven(9060)
TAKEN = "taken-personnel"
"""What a node has taken from the register of health personnel, among its own entries."""


def in_force(practitioner: Resource, at: datetime) -> list[str]:
    """The categories (V9060) somebody is authorised in at a moment."""
    return [code for code, period in _authorizations(practitioner) if covers(period, at)]


async def withdrawn(tx: Tx, number: str, at: datetime) -> bool:
    """Whether the register told that personnel of others (HPR number) have no authorisation; False where it told nothing."""
    found = await registers.by_ids(tx, TAKEN, [number]) if number else []
    if not found:
        return False
    periods = [_period(each) for each in found[0].body.get("authorizations", [])]
    return not any(covers(period, at) for period in periods)


def _authorizations(practitioner: Resource) -> Iterator[tuple[str, dict[str, Any]]]:
    for each in practitioner.get("qualification", []):
        for coding in each["code"].get("coding", []):
            if coding.get("system") == CATEGORY and "code" in coding:
                yield coding["code"], each.get("period", {})


def _period(authorization: Mapping[str, Any]) -> dict[str, Any]:
    period = {"start": authorization.get("validFrom"), "end": authorization.get("validTo")}
    return {name: moment for name, moment in period.items() if moment}
