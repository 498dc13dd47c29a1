"""Validation with all that a node knows: its definitions and its terminology. Nothing that is unknown is passed over."""

from collections.abc import Iterable

from akson.fhir.model import Resource
from akson.fhir.validate.base import Base
from akson.fhir.validate.full import validate
from akson.fhir.validate.report import Question, Report
from akson.kit.errors import Issue, Unprocessable
from akson.kit.settings import Level
from akson.record.context import Context
from akson.record.definitions import knowing
from akson.store.database.pool import Tx
from akson.store.terms import questions
from akson.store.terms.questions import Verdict


async def issues(
    ctx: Context, resource: Resource, profiles: Iterable[str] = (), *, declared: bool = True
) -> list[Issue]:
    """All that is found of a resource: structure, R4's rules, the profiles it names and those asked for, its codes."""
    wanted = tuple(profiles)
    report = await knowing(ctx, lambda catalogue: validate(resource, catalogue, wanted, declared=declared))
    return [*report.issues, *await _of_codes(ctx.tx, report)]


async def admit(ctx: Context, resource: Resource) -> None:
    """Unprocessable, with every error, when the node asks more of what it stores than this resource keeps."""
    if ctx.place.level is Level.BASE:
        report = Report()
        Base(report).resource(resource)
        found = list(report.issues)
    else:
        found = await issues(ctx, resource)
    wrong = tuple(each for each in found if each.severity == "error")
    if wrong:
        raise Unprocessable(f"Not a valid {resource['resourceType']}", issues=wrong)


async def _of_codes(tx: Tx, report: Report) -> list[Issue]:
    """What terminology says of the bindings."""
    items = [
        (question.value_set, system or None, code)
        for question in report.questions
        for system, code in question.codings
    ]
    verdicts = iter(await questions.check_codes(tx, items) if items else ())
    found = [_told(question, [next(verdicts) for _ in question.codings]) for question in report.questions]
    return [each for each in found if each is not None]


def _told(question: Question, verdicts: list[Verdict]) -> Issue | None:
    if Verdict.IN in verdicts:
        return None
    path, value_set = question.path, question.value_set
    if Verdict.UNKNOWN_VALUE_SET in verdicts:
        return _warning(
            "not-found", path, f"the value set {value_set} is not known here; its codes were not checked"
        )
    if Verdict.TOO_COSTLY in verdicts:
        return _warning("too-costly", path, f"the value set {value_set} is too large to be checked")
    unknown = [
        system
        for (system, _), verdict in zip(question.codings, verdicts, strict=True)
        if verdict is Verdict.UNKNOWN_SYSTEM
    ]
    if unknown:
        named = ", ".join(sorted({each or f"of {value_set}" for each in unknown}))
        return _warning(
            "not-found", path, f"the code system {named} is not known here; its codes were not checked"
        )
    severity = "error" if question.strength == "required" else "warning"
    said = f"{path}: has no code of the value set {value_set} ({question.strength})"
    return Issue("code-invalid", said, (path,), severity)


def _warning(code: str, path: str, said: str) -> Issue:
    return Issue(code, f"{path}: {said}", (path,), "warning")
