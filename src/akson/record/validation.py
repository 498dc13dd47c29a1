"""Validation with all that a node knows: its definitions and its terminology. Nothing that is unknown is passed over."""

from collections.abc import Iterable

from akson.fhir.model import Resource
from akson.fhir.validate.base import Base
from akson.fhir.validate.full import validate
from akson.fhir.validate.report import Report
from akson.kit.errors import Issue, Unprocessable
from akson.kit.settings import Level
from akson.record import codes
from akson.record.context import Context
from akson.record.definitions import knowing

OWN = "https://akson.example/fhir/StructureDefinition/"
"""How the canonical urls of Akson's own profiles begin."""


async def issues(
    ctx: Context, resource: Resource, profiles: Iterable[str] = (), *, declared: bool = True
) -> list[Issue]:
    """All that is found of a resource: structure, R4's rules, the profiles it names and those asked for, its codes."""
    wanted = tuple(profiles)
    report = await knowing(ctx, lambda catalogue: validate(resource, catalogue, wanted, declared=declared))
    judged = await codes.judged(ctx.tx, report.questions)
    said = [*await codes.of_bindings(ctx.tx, judged), *await codes.of_codings(ctx.tx, report.codings, judged)]
    return [*report.issues, *said]


async def admit(ctx: Context, resource: Resource) -> None:
    """Unprocessable, with every error, when the node asks more of what it stores than this resource keeps."""
    if ctx.place.level is Level.BASE:
        report = Report()
        Base(report).resource(resource)
        found = list(report.issues)
    else:
        report = await knowing(ctx, lambda catalogue: validate(resource, catalogue))
        required = [each for each in report.questions if each.strength == "required"]
        found = [*report.issues, *await codes.of_bindings(ctx.tx, await codes.judged(ctx.tx, required))]
    _refuse(resource, found)


async def keep_own(ctx: Context, resource: Resource) -> None:
    """Unprocessable, with every error, when a resource says that it keeps a profile of Akson's own and does not.

    Asked at every node, whatever else it demands: the shared registers are read by programs that rely on their profiles.
    """
    claimed = [url for url in resource.get("meta", {}).get("profile", ()) if url.startswith(OWN)]
    if not claimed:
        return
    report = await knowing(ctx, lambda catalogue: validate(resource, catalogue, claimed, declared=False))
    required = [each for each in report.questions if each.strength == "required"]
    found = [*report.issues, *await codes.of_bindings(ctx.tx, await codes.judged(ctx.tx, required))]
    _refuse(resource, found)


def _refuse(resource: Resource, found: Iterable[Issue]) -> None:
    wrong = tuple(each for each in found if each.severity == "error")
    if wrong:
        raise Unprocessable(f"Not a valid {resource['resourceType']}", issues=wrong)
