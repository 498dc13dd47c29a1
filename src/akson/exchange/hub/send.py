"""Where what was asked for a person stands, asked of every source: orders, referrals and requests, each as one case.

Both sides may have the case (`exchange.cases`) under the same number; the performer's word counts, and the end whoever tells
it. A source that does not answer is named, so that nobody takes silence for "nothing was asked".
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from akson.exchange import cases
from akson.exchange.cases import State
from akson.exchange.hub.look import Search
from akson.exchange.merging import Missing, missing
from akson.fhir.model import Resource, reference
from akson.messaging.mapping.incoming import ORDER_KIND

MESSAGE = "urn:her:"
"""How `meta.source` begins on what came in a message."""
KINDS = ("henvisning", "laboratorium", "radiologi", "tjeneste", "hjelpemiddel", "ytelse")
_STATES = {
    "completed": State.COMPLETED,
    "revoked": State.CANCELLED,
    "on-hold": State.ON_HOLD,
}
"""What a request without a case tells of its own."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What was asked for, and how far it has come."""

    request: Resource
    what: str
    state: State
    due: str = ""
    """When the next step is due: a FHIR date, or empty."""
    said: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """All that was asked, newest first; `missing` names the sources that did not answer."""

    standings: tuple[Standing, ...]
    missing: tuple[Missing, ...] = ()


SEARCH = Search(
    "ServiceRequest",
    (
        ("category", ",".join(f"{ORDER_KIND}|{kind}" for kind in KINDS)),
        ("_revinclude", "Task:based-on"),
        ("_sort", "-authored"),
        ("_count", "100"),
    ),
)
"""Finds requests of both sides, and their cases."""


def asked(bundle: Resource) -> Asked:
    """What the sources answered with."""
    resources = [entry["resource"] for entry in bundle["entry"]]
    return Asked(tuple(standings(resources)), tuple(missing(bundle)))


def standings(resources: Iterable[Resource]) -> list[Standing]:
    """Requests of both sides with their cases, newest first. What was sent anew stands only as the new one."""
    found = list(resources)
    requests = {reference(r): r for r in found if r["resourceType"] == "ServiceRequest"}
    replaced = {old["reference"] for r in requests.values() for old in r.get("replaces", [])}
    copies: dict[str, list[Resource]] = defaultdict(list)
    for task in found:
        if task["resourceType"] == "Task" and cases.is_case(task):
            copies[cases.number(task) or task["id"]].append(task)
    made = []
    with_case: set[str] = set()
    for each in copies.values():
        with_case |= {r["reference"] for case in each for r in case.get("basedOn", ())}
        # The one who asked names the receiver as people know it.
        first = next((c for c in each if not _came(c)), each[0])["focus"]["reference"]
        if first in requests and first not in replaced:
            made.append(_standing(requests[first], _deciding(each)))
    made += [
        Standing(r, str(r.get("code", {}).get("text", "")), _alone(r))
        for key, r in requests.items()
        if key not in with_case and key not in replaced
    ]
    return sorted(made, key=lambda each: str(each.request.get("authoredOn", "")), reverse=True)


def _standing(request: Resource, case: Resource) -> Standing:
    kind = next((c["code"] for c in case["code"]["coding"] if c.get("system") == cases.KIND), "")
    what = str(case.get("description", ""))
    return Standing(request, what, cases.state(case), cases.due(case), cases.said(case), kind)


def _deciding(copies: Sequence[Resource]) -> Resource:
    """The copy that tells where the case is: one at its end, else the performer's, else the asker's."""
    return min(copies, key=lambda case: (cases.state(case) not in cases.FINAL, not _came(case)))


def _alone(request: Resource) -> State:
    state = _STATES.get(str(request.get("status")))
    return state or (State.RECEIVED if _came(request) else State.REQUESTED)


def _came(resource: Resource) -> bool:
    """Whether it came in a message: its record is the performer's."""
    return str(resource.get("meta", {}).get("source", "")).startswith(MESSAGE)
