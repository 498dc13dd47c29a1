"""Where a person's referrals stand, asked of every source: the sender's request, and what the receiver decided.

The receiver's request carries the id of the sender's (the letter's document id), so that the two are one referral. A
source that does not answer is named, so that nobody takes silence for "no referrals".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from akson.exchange.hub.look import Search
from akson.exchange.merging import Missing, missing
from akson.fhir.model import Resource
from akson.messaging.mapping.incoming import ORDER_KIND

MESSAGE = "urn:her:"
"""How `meta.source` begins on what came in a message."""
LETTER = "urn:uuid:"


class Stage(StrEnum):
    """How far a referral has come."""

    SENT = "sent"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Standing:
    """One referral: the request, and how far it has come."""

    request: Resource
    stage: Stage


@dataclass(frozen=True, slots=True)
class Referrals:
    """All referrals, newest first; `missing` names the sources that did not answer."""

    standings: tuple[Standing, ...]
    missing: tuple[Missing, ...] = ()


SEARCH = Search(
    "ServiceRequest",
    (
        ("category", f"{ORDER_KIND}|henvisning"),
        ("_revinclude", "Task:focus"),
        ("_sort", "-authored"),
        ("_count", "100"),
    ),
)
"""Finds requests of both sides, and what was decided about them."""


def referrals(bundle: Resource) -> Referrals:
    """The referrals that the sources answered with."""
    resources = [entry["resource"] for entry in bundle["entry"]]
    return Referrals(tuple(standings(resources)), tuple(missing(bundle)))


def standings(resources: Iterable[Resource]) -> list[Standing]:
    """Requests of both sides as referrals, newest first. One that was sent anew stands only as the new one."""
    found = list(resources)
    requests = [r for r in found if r["resourceType"] == "ServiceRequest"]
    decided = {
        t["focus"]["reference"] for t in found if t["resourceType"] == "Task" and "businessStatus" in t
    }
    received = {key: r for r in requests if _came(r) and (key := _letter(r))}
    replaced = {old["reference"].partition("/")[2] for r in requests for old in r.get("replaces", [])}
    made = []
    for request in requests:
        theirs = received.get(request["id"])
        if request["id"] in replaced or (_came(request) and _sender_told(request, requests)):
            continue
        made.append(Standing(request, _stage(request, theirs, decided)))
    return sorted(made, key=lambda each: str(each.request.get("authoredOn", "")), reverse=True)


def _stage(request: Resource, theirs: Resource | None, decided: set[str]) -> Stage:
    at = theirs or (request if _came(request) else None)
    if at is None:
        return Stage.ANSWERED if request.get("status") == "completed" else Stage.SENT
    if at.get("status") in ("completed", "revoked"):
        return Stage.ANSWERED if at["status"] == "completed" else Stage.DECLINED
    return Stage.ACCEPTED if f"ServiceRequest/{at['id']}" in decided else Stage.RECEIVED


def _came(request: Resource) -> bool:
    """Whether the request came in a message."""
    return str(request.get("meta", {}).get("source", "")).startswith(MESSAGE)


def _letter(request: Resource) -> str:
    """Id of the sender's request."""
    values = [str(i.get("value", "")) for i in request.get("identifier", [])]
    return next((value.removeprefix(LETTER) for value in values if value.startswith(LETTER)), "")


def _sender_told(request: Resource, requests: Sequence[Resource]) -> bool:
    """Whether the sender's own request is among them: then that one stands for the referral."""
    return any(each["id"] == _letter(request) for each in requests)
