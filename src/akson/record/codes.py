"""What the terminology of a node says of the codes in a resource: those that a binding asks about, and all others."""

from collections.abc import Container, Iterable, Iterator, Sequence

from akson.fhir.terminology.concept import Concept
from akson.fhir.terminology.text import line
from akson.fhir.validate.report import MOST, Coded, Question, text
from akson.kit.errors import Issue
from akson.store.database.pool import Tx
from akson.store.terms import questions, systems
from akson.store.terms.questions import Verdict
from akson.store.terms.systems import Known

Judged = dict[Question, list[Verdict]]
"""For each coding of a question what was found."""


async def judged(tx: Tx, bindings: Iterable[Question]) -> Judged:
    """What terminology says of bindings."""
    asked = list(bindings)
    items = [(each.value_set, system or None, code) for each in asked for system, code in each.codings]
    verdicts = iter(await questions.check_codes(tx, items) if items else ())
    return {each: [next(verdicts) for _ in each.codings] for each in asked}


async def of_bindings(tx: Tx, found: Judged) -> list[Issue]:
    """What is to be told of bindings. Where a coding names a system that is not here, `of_codings` tells that."""
    issues = []
    for question, verdicts in found.items():
        if Verdict.IN in verdicts:
            continue
        if Verdict.UNKNOWN_SYSTEM not in verdicts:
            issues.append(_told(question, verdicts))
        elif not any(system for system, _ in question.codings):
            missing = await questions.unloaded(tx, question.value_set)
            issues.append(_not_loaded(question.path, ", ".join(missing)))
    return issues


def _told(question: Question, verdicts: Sequence[Verdict]) -> Issue:
    path, value_set = question.path, question.value_set
    if Verdict.UNKNOWN_VALUE_SET in verdicts:
        return _warning(
            "not-found", path, f"the value set {value_set} is not known here; its codes were not checked"
        )
    if Verdict.TOO_COSTLY in verdicts:
        return _warning("too-costly", path, f"the value set {value_set} is too large to be checked")
    severity = "error" if question.strength == "required" else "warning"
    said = f"{path}: has no code of the value set {value_set} ({question.strength})"
    return Issue("code-invalid", said, (path,), severity)


async def of_codings(tx: Tx, codings: Iterable[Coded], bindings: Judged) -> list[Issue]:
    """What code systems say: one that is not here, a code that its system does not have, another display.

    A code of which a binding has told that it is right needs no system. At most MOST issues.
    """
    found = list(codings)
    named = {each.system: set[str]() for each in found}
    for each in found:
        named[each.system].add(each.code)
    known = await systems.all_known(tx, named)
    concepts = {name: await systems.some_concepts(tx, known[name], named[name]) for name in known}
    right = set(_right(bindings))
    issues: dict[Issue, None] = {}
    for each in found:
        system = known.get(each.system)
        if system is not None:
            issue = _of_concept(each, system, concepts[each.system].get(each.code))
        else:
            issue = _unchecked(each, right)
        if issue is not None:
            issues.setdefault(issue)
    return list(issues)[:MOST]


def _right(bindings: Judged) -> Iterator[tuple[str, str, str]]:
    """(place, system, code) of what is in the value set of a binding."""
    for question, verdicts in bindings.items():
        for (system, code), verdict in zip(question.codings, verdicts, strict=True):
            if verdict is Verdict.IN:
                yield question.path, system, code


def _unchecked(coding: Coded, right: Container[tuple[str, str, str]]) -> Issue | None:
    path = text(coding.element)
    if (path, coding.system.url, coding.code) in right:
        return None
    return _not_loaded(path, str(coding.system))


def _of_concept(coding: Coded, system: Known, concept: Concept | None) -> Issue | None:
    if concept is None:
        whole = "" if system.complete else ", as far as it is loaded here"
        said = f"the code system {coding.system} has no code {coding.code[:100]!r}{whole}"
        return _warning("code-invalid", text(coding.place), said)
    names = (concept.display, *(each.value for each in concept.designations))
    if coding.display and concept.display and line(coding.display) not in set(map(line, names)):
        said = f"is not a display of the code {concept.code!r}, which is {concept.display[:200]!r}"
        return _warning("value", text((coding.place, "display", -1)), said)
    return None


def _warning(code: str, path: str, said: str) -> Issue:
    return Issue(code, f"{path}: {said}", (path,), "warning")


def _not_loaded(path: str, system: str) -> Issue:
    return _warning(
        "not-found", path, f"the code was not checked: the code system {system} is not loaded here"
    )
