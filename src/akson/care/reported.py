"""What registers were told about one patient, and where that stands: a Task for each thing and register, made on request.

None is kept: one would tell what its patient has closed by type. A Task is shown to those who see what it is told of (its
focus), as the record has it now; what was deleted is told by nobody any more. Why a register refused something is for those
who see to it alone: it may tell of more than the focus.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from akson.care.reporting import REFUSED, SENT, TAKEN, WAITING, said
from akson.exchange.declare import service
from akson.exchange.edge import report_facts
from akson.exchange.edge.report import SINCE
from akson.exchange.finding import find
from akson.exchange.profiles import claiming
from akson.exchange.reports import wire
from akson.exchange.reports.catalogue import registers
from akson.exchange.reports.declare import SAID, Lacks, Register, number_of
from akson.fhir.model import Resource, coding, reference
from akson.kit.clock import instant
from akson.kit.norwegian import HER
from akson.kit.text import text
from akson.messaging.mapping import terms
from akson.messaging.outbox import FAILED
from akson.record import gate
from akson.record.casework import KIND
from akson.record.context import NODE_ITSELF, Context
from akson.security.actor import Action
from akson.store.underway import messages, reports
from akson.store.underway.reports import Item

TYPE, OPERATION, PART = "Task", "$reported", "melding"
SERVICES = {"helsefag": "rapportering-helsefag", "administrativt": "rapportering-administrativt"}
"""By the kind of Task: the service whose registers it is told to."""
STOPPED, WITHDRAWING, WITHDRAWN, KEPT = "stopped", "withdrawing", "withdrawn", "kept"
OF_WITHDRAWAL = {TAKEN: WITHDRAWN, REFUSED: KEPT, STOPPED: KEPT}
"""Where a withdrawal stands, by where its message does."""
STATUS = {
    WAITING: "requested", SENT: "in-progress", TAKEN: "completed", REFUSED: "rejected", STOPPED: "failed",
    WITHDRAWING: "in-progress", WITHDRAWN: "cancelled", KEPT: "rejected",
}  # fmt: skip
AT_ONCE = 100
"""Things that are searched for at once."""
NOWHERE = "-"
"""An id that nothing has."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The report about one thing."""

    state: str
    about: str
    unit: str
    """The unit that reports."""
    first: datetime
    last: datetime


@dataclass(slots=True)
class _Telling:
    """One request for what was told about a patient."""

    ctx: Context
    patient: str
    _units: dict[str, str] = field(default_factory=dict)

    @property
    def node(self) -> Context:
        """What lies at the node of the reports: letters with several patients are nobody's own."""
        return self.ctx.by(NODE_ITSELF)

    async def of(self, kind: str, register: Register) -> list[Resource]:
        """A Task for each thing that the register was told of, or is to be, and that the actor sees."""
        if not gate.may(self.ctx, Action.SEARCH, *register.starts):
            return []
        about = (self.patient, register.messages)
        told = {each.reference: each for each in await reports.newest_of_patient(self.node.tx, *about)}
        waits = await reports.never_told(self.node.tx, self.patient, register.kept, register.messages)
        made = []
        for seen in await self._seen(register, {**told, **waits}):
            name = reference(seen)
            standing = (
                await self._told(register, told[name])
                if name in told
                else await self._waits(register, seen, waits[name])
            )
            if standing:
                made.append(_task(kind, register, seen, standing, self.patient))
        return made

    async def _seen(self, register: Register, wanted: Iterable[str]) -> list[Resource]:
        """Those that the actor sees. Asked for also where there is none: who has one that is closed waits no longer."""
        found: list[Resource] = []
        for type_ in sorted(register.starts):
            ids = [each.removeprefix(f"{type_}/") for each in wanted if each.startswith(f"{type_}/")]
            for start in range(0, max(len(ids), 1), AT_ONCE):
                some = ",".join(ids[start : start + AT_ONCE]) or NOWHERE
                pairs = (("patient", f"Patient/{self.patient}"), ("_id", some), ("_count", str(AT_ONCE)))
                found += await find(self.ctx, type_, *pairs)
        return found

    async def _told(self, register: Register, item: Item) -> Standing:
        payload = await messages.payload(self.node.tx, item.message.id)
        items = wire.read_own(register, item.message.type, payload)
        report = items[item.place] if item.place < len(items) else None
        state = STOPPED if item.state == FAILED else said(item.state)
        if report is not None and register.format.is_withdrawal(report):
            state = OF_WITHDRAWAL.get(state, WITHDRAWING)
        about = register.format.about(report) if report is not None else ""
        unit = await self._named(("identifier", f"{HER}|{item.message.from_her}"))
        made = item.message.made or datetime.now(UTC)
        return Standing(state, about, unit, made, item.message.updated or made)

    async def _waits(self, register: Register, seen: Resource, kept: Mapping[str, Any]) -> Standing | None:
        """What is to be told; None where the register is to hold nothing of it, as without consent."""
        units = await report_facts.units(self.node, seen)
        unit = await find(self.node, "Organization", ("_id", units[0].partition("/")[2])) if units else []
        about = ""
        try:
            facts = await report_facts.facts(self.node, register, seen, terms.party(unit or [{}]))
            report = register.format.make(facts)
            if report is None:
                return None
            about = register.format.about(report)
        except Lacks:
            pass  # it will be told that it could not be written
        since = datetime.fromisoformat(kept.get(SINCE) or seen["meta"]["lastUpdated"])
        return Standing(WAITING, about, str(unit[0].get("name", "")) if unit else "", since, since)

    async def _named(self, pair: tuple[str, str]) -> str:
        if pair[1] not in self._units:
            found = await find(self.node, "Organization", pair)
            self._units[pair[1]] = str(found[0].get("name", "")) if found else ""
        return self._units[pair[1]]


async def tasks(ctx: Context, patient: str, *kinds: str) -> list[Resource]:
    """What was told about a patient (id) to the registers of these kinds, the newest first. Refused to who reads no Task."""
    gate.granted(ctx, Action.SEARCH, TYPE)
    telling, found = _Telling(ctx, patient), []
    numbers = {each.slug: each.service for each in registers()}
    for kind in kinds:
        for register in registers():
            if numbers[register.slug] == _number(kind):
                found += await telling.of(kind, register)
    return sorted(found, key=lambda each: str(each["lastModified"]), reverse=True)


def _number(kind: str) -> int:
    try:
        return service(SERVICES[kind]).number
    except KeyError:  # it is switched off
        return 0


def _task(kind: str, register: Register, focus: Resource, standing: Standing, patient: str) -> Resource:
    of = service(SERVICES[kind])
    made: Resource = {
        "resourceType": TYPE,
        "id": number_of(f"{register.slug}/{reference(focus)}", TYPE),
        "meta": claiming({}, of, of.part(PART)),
        "status": STATUS[standing.state],
        "businessStatus": _said(f"state_{standing.state}"),
        "intent": "order",
        "code": {"coding": [coding(KIND, kind), _coding(f"thing_{register.slug}")]},
        "focus": {"reference": reference(focus)},
        "for": {"reference": f"Patient/{patient}"},
        "authoredOn": instant(standing.first),
        "lastModified": instant(standing.last),
        "performerType": [_said(f"register_{register.slug}")],
        "owner": {"display": register.owner},
        "reasonCode": _said(f"law_{register.slug}"),
    }
    if standing.about:
        made["description"] = standing.about
    if standing.unit:
        made["requester"] = {"display": standing.unit}
    return made


def _said(key: str) -> Resource:
    found = _coding(key)
    return {"coding": [found], "text": found["display"]}


def _coding(key: str) -> Resource:
    return coding(SAID, key, text(f"report.{key}"))
