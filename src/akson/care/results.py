"""Signing for results: somebody at the unit has seen a report of examinations and considered what it means (sett og vurdert).

A signature holds for the version that was seen. When the laboratory sends the report again, changed, it waits anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from akson.care import referrals
from akson.exchange.finding import find
from akson.fhir.model import Resource, coding, reference
from akson.fhir.strict_json import loads
from akson.kit.clock import instant, now
from akson.kit.errors import VersionMismatch
from akson.kit.ids import new_id
from akson.record import gate
from akson.record.change import Change
from akson.record.context import Context
from akson.security.actor import Action

AGENT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
VERIFIER = "verifier"


@dataclass(frozen=True, slots=True)
class Signature:
    """Who has seen a version of a report, and when (instant)."""

    version: str
    who: str
    when: str


async def sign(ctx: Context, report: str, version: str) -> None:
    """Sign for a version of a DiagnosticReport (id); what waited for it is done. Twice is once.

    VersionMismatch when the report has been changed since it was shown.
    """
    found = loads((await gate.read(ctx, "DiagnosticReport", report)).body)
    if found["meta"]["versionId"] != version:
        raise VersionMismatch("the report was changed since it was shown")
    if version not in {each.version for each in (await signatures(ctx, [found])).get(report, ())}:
        who = {"reference": ctx.actor.role_reference or ctx.actor.practitioner, "display": ctx.actor.name}
        told: Resource = {
            "resourceType": "Provenance",
            "id": new_id(),
            "target": [{"reference": reference(found)}],
            "recorded": instant(now()),
            "agent": [{"type": {"coding": [coding(AGENT, VERIFIER)]}, "who": who}],
            "entity": [
                {"role": "source", "what": {"reference": f"{reference(found)}/_history/{version}"}},
            ],
        }
        await gate.transact(ctx, [Change(Action.CREATE, told)])
    await referrals.finish_tasks(ctx, reference(found))


async def signatures(ctx: Context, reports: Sequence[Resource]) -> dict[str, list[Signature]]:
    """Who has signed for these reports, by id, the newest first."""
    if not reports:
        return {}
    targets = ",".join(reference(each) for each in reports)
    made: dict[str, list[Signature]] = {}
    for told in await find(ctx, "Provenance", ("target", targets), ("_sort", "-recorded"), ("_count", "500")):
        agent = told["agent"][0]
        if not any(c.get("code") == VERIFIER for c in agent.get("type", {}).get("coding", ())):
            continue
        seen = str(told.get("entity", [{}])[0].get("what", {}).get("reference", ""))
        signature = Signature(seen.rpartition("/")[2], agent["who"].get("display", ""), told["recorded"])
        for target in told["target"]:
            made.setdefault(target["reference"].partition("/")[2], []).append(signature)
    return made
