"""An export as it is asked for: decided at the door, written down, and done later in steps (`exporter.py`).

HL7 FHIR Bulk Data Access 2.0.0, http://hl7.org/fhir/uv/bulkdata/STU2/export.html
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from akson.fhir.definitions import Definitions
from akson.fhir.model import Resource, reference_here
from akson.fhir.search import Query
from akson.fhir.search_limits import within
from akson.fhir.search_parse import parse
from akson.fhir.spec import spec
from akson.fhir.strict_json import loads
from akson.kit.clock import now, today
from akson.kit.errors import Malformed, NotFound, UnsupportedParameter
from akson.record import gate, trail
from akson.record.bulk import own
from akson.record.context import Context, Place
from akson.security.actor import Action, Purpose
from akson.security.policy import Grant
from akson.store.database.pool import Tx
from akson.store.record import resources
from akson.store.search.resolving import resolve
from akson.store.underway.transfers import Transfer

KIND = "export"
_FILTER = "Parameters._typeFilter"
RESULTS = frozenset(
    {"_count", "_sort", "_include", "_revinclude", "_elements", "_summary", "_total", "_cursor"}
)
"""Parameters of a search that say nothing about which resources match."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an export holds. Empty types: all. patients None: everything; else ids of Patients."""

    types: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    filters: tuple[str, ...] = ()
    """Searches, each `Type?parameters`: of such a type only what one of them finds."""
    elements: tuple[str, ...] = ()
    """`Type.element`, or `element` for all types."""
    is_patients: bool = False
    """Only what is about patients."""
    patients: tuple[str, ...] | None = None
    ignored: tuple[str, ...] = ()
    """What was asked for and is not done, a sentence each; told in a file of errors (STU2, Error)."""

    def said(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "types": list(self.types),
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
            "filters": list(self.filters),
            "elements": list(self.elements),
            "is_patients": self.is_patients,
            "patients": None if self.patients is None else list(self.patients),
            "ignored": list(self.ignored),
        }

    @classmethod
    def read(cls, said: dict[str, Any]) -> "Wanted":
        """What `said` wrote."""
        return cls(
            types=tuple(said["types"]),
            since=datetime.fromisoformat(said["since"]) if said["since"] else None,
            until=datetime.fromisoformat(said["until"]) if said["until"] else None,
            filters=tuple(said["filters"]),
            elements=tuple(said["elements"]),
            is_patients=said["is_patients"],
            patients=None if said["patients"] is None else tuple(said["patients"]),
            ignored=tuple(said.get("ignored", ())),
        )


async def begin(ctx: Context, request: str, wanted: Wanted, group: str = "") -> Transfer:
    """Put an export into the queue. `group` is the id of the Group whose members it is about.

    Raises Refused without the right to it, NotFound for a Group or Patient that is not here, Malformed and
    UnsupportedParameter for what cannot be searched for.
    """
    ctx = replace(ctx, purpose=Purpose.ADMINISTRATION)
    grant = gate.granted(ctx, Action.ADMINISTER, "")
    await queries(ctx.tx, wanted, ctx.place, await ctx.definitions())
    if group:
        members = await _members(ctx, grant, group)
        if strangers := set(wanted.patients or ()) - members:
            said = f"{len(strangers)} of the patients are not in the group"
            raise NotFound(said, expression=("Parameters.patient",))
        wanted = replace(wanted, patients=tuple(sorted(set(wanted.patients or members))))
    elif wanted.patients is not None:
        await _known(ctx, grant, wanted.patients)
    made = await own.begin(ctx, KIND, request, wanted.said(), now())
    await trail.seen(ctx, grant, Action.ADMINISTER, (), "")
    return made


async def queries(tx: Tx, wanted: Wanted, place: Place, known: Definitions) -> dict[str, list[Query]]:
    """The searches of the filters by their type, with the codes of value sets that they name.

    TooCostly for one that asks for more than a search may.
    """
    found: dict[str, list[Query]] = {}
    for text in wanted.filters:
        kind, mark, rest = text.partition("?")
        if kind not in spec().types or not mark:
            raise Malformed(f"_typeFilter is Type?parameters, not {text[:64]!r}", expression=(_FILTER,))
        if wanted.types and kind not in wanted.types:
            raise Malformed(f"_typeFilter is about {kind}, which _type leaves out", expression=(_FILTER,))
        pairs = parse_qsl(rest, keep_blank_values=True, max_num_fields=100)
        for name, _ in pairs:
            if name.partition(":")[0] in RESULTS:
                raise UnsupportedParameter(
                    f"_typeFilter chooses resources; {name[:64]} does not", expression=(_FILTER,)
                )
        query = within(parse(kind, pairs, base=place.node.fhir, known=known), place.limits)
        found.setdefault(kind, []).append(await resolve(tx, query))
    return found


async def _members(ctx: Context, grant: Grant, group: str) -> set[str]:
    """Ids of the patients who are members now."""
    stored = await resources.read(ctx.tx, grant.scope, "Group", group)
    if stored is None or stored.deleted:
        await trail.missed(ctx, grant, Action.READ, "Group", group)
        raise NotFound("No such Group")
    day = today().isoformat()
    return {
        key
        for member in loads(stored.body).get("member", ())
        for kind, key in [reference_here(member.get("entity", {}).get("reference", ""), ctx.node.fhir)]
        if kind == "Patient" and not member.get("inactive") and _is_now(member.get("period", {}), day)
    }


def _is_now(period: Resource, day: str) -> bool:
    """Whether a period has begun and not ended, as far as its dates tell: a year holds each of its days."""
    start, end = str(period.get("start", ""))[:10], str(period.get("end", ""))[:10]
    return start <= day[: len(start)] and (not end or end >= day[: len(end)])


async def _known(ctx: Context, grant: Grant, ids: Iterable[str]) -> None:
    for id_ in ids:
        stored = await resources.read(ctx.tx, grant.scope, "Patient", id_)
        if stored is None or stored.deleted:
            await trail.missed(ctx, grant, Action.READ, "Patient", id_)
            raise NotFound("One of the patients is not here", expression=("Parameters.patient",))
