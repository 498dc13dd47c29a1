"""$validate-code: whether a code is in a code system or a value set, and whether its display is right.

http://hl7.org/fhir/R4/valueset-operation-validate-code.html,
http://hl7.org/fhir/R4/codesystem-operation-validate-code.html
"""

from dataclasses import replace
from typing import NamedTuple

from akson.fhir.model import Resource
from akson.fhir.terminology.concept import Concept
from akson.fhir.terminology.languages import display
from akson.fhir.terminology.rules import Canonical
from akson.fhir.terminology.text import line
from akson.kit.errors import NotFound
from akson.record.context import Context
from akson.rest.operations.operation import Operation, Target
from akson.rest.operations.parameters import Given, answer, given, part
from akson.rest.operations.terms import asking
from akson.rest.wire.http import Answer, Request
from akson.store.terms import questions as asked
from akson.store.terms import systems
from akson.store.terms.questions import Verdict
from akson.store.terms.sets import Plan, Versions
from akson.store.terms.systems import Known

_BOTH = ("url", "code", "display", "coding", "codeableConcept", "abstract", "date", "displayLanguage")


class _Judged(NamedTuple):
    """What became of one coding: why it is not valid (empty: it is), and its right display."""

    fault: str
    display: str = ""


async def in_value_set(ctx: Context, request: Request, target: Target) -> Answer:
    """200 with the result; NotFound for an unknown value set, or a code system that the answer depends on."""
    asking.may_ask(ctx, "ValueSet")
    values = await given(
        request, (*_BOTH, "valueSet", "valueSetVersion", "context", "system", "systemVersion")
    )
    versions = Versions(moment=asking.moment(values))
    if (version := values.text("systemVersion")) and (system := values.text("system")):
        versions = replace(versions, default=(Canonical(system, version),))
    plan = await asking.value_set(ctx, values, target, versions)
    found = asking.codings(values, "system")
    languages = asking.languages(request, values)
    judged = [await _in_set(ctx, plan, each, values, languages) for each in found]
    return _answer(judged)


async def _in_set(
    ctx: Context, plan: Plan, coding: Resource, values: Given, languages: tuple[str, ...]
) -> _Judged:
    system, code = coding.get("system"), coding["code"]
    verdict = (await asked.check(ctx.tx, plan, [(system, code)]))[0]
    name = plan.value_set.get("url") or "given"
    if verdict is Verdict.UNKNOWN_SYSTEM:
        raise NotFound(
            f"The code system {str(system)[:200]} is not known here, or not whole: nothing can be said of the code",
            expression=("Parameters.system",),
        )
    if verdict is not Verdict.IN:
        return _Judged(f"The code {code[:100]!r} of {str(system)[:200]} is not in the value set {name}")
    for piece in plan.pieces:
        if piece.system is not None and system in {None, piece.canonical.url}:
            concept = await systems.concept(ctx.tx, piece.system, code)
            if concept is not None:
                said = piece.listed.get(concept.code, {}).get("display", "")
                return _of_concept(concept, coding, values, languages, said)
    return _Judged("")


async def in_code_system(ctx: Context, request: Request, target: Target) -> Answer:
    """200 with the result; NotFound for an unknown code system."""
    asking.may_ask(ctx, "CodeSystem")
    values = await given(request, (*_BOTH, "codeSystem", "version"))
    languages = asking.languages(request, values)
    found = asking.codings(values, "url")
    named = next((each["system"] for each in found if each.get("system")), "")
    system = await asking.code_system(ctx, values, target, "url", named)
    judged = [await _in_system(ctx, system, each, values, languages) for each in found]
    return _answer(judged)


async def _in_system(
    ctx: Context, system: Known, coding: Resource, values: Given, languages: tuple[str, ...]
) -> _Judged:
    if coding.get("system", system.url) != system.url:
        return _Judged(f"The coding is of another code system than {system.url}")
    concept = await systems.concept(ctx.tx, system, coding["code"])
    if concept is None:
        whole = "" if system.complete else ", as far as it is known here"
        return _Judged(f"The code {coding['code'][:100]!r} is not in the code system {system.url}{whole}")
    return _of_concept(concept, coding, values, languages)


def _of_concept(
    concept: Concept, coding: Resource, values: Given, languages: tuple[str, ...], said: str = ""
) -> _Judged:
    """The code is right: whether it may be abstract here, and whether the display is one of the concept's."""
    right = said or display(concept, languages)
    if concept.abstract and values.flag("abstract") is False:
        return _Judged(f"The code {concept.code!r} is abstract", right)
    given_display = coding.get("display")
    names = (said, concept.display, *(each.value for each in concept.designations))
    if given_display and line(given_display) not in {line(each) for each in names if each}:
        return _Judged(f"The display is not one of the code {concept.code!r}; it is {right!r}", right)
    return _Judged("", right)


def _answer(judged: list[_Judged]) -> Answer:
    """Valid when one coding is: the codings of a CodeableConcept say the same in several systems."""
    best = next((each for each in judged if not each.fault), judged[0])
    found = [part("result", "Boolean", not best.fault)]
    if best.fault:
        found.append(part("message", "String", "; ".join(each.fault for each in judged)))
    if best.display:
        found.append(part("display", "String", best.display))
    return answer(found)


_SETS, _SYSTEMS = frozenset({"ValueSet"}), frozenset({"CodeSystem"})
_URL = "http://hl7.org/fhir/OperationDefinition/"
OPERATIONS = (
    Operation("validate-code", f"{_URL}ValueSet-validate-code", in_value_set, types=_SETS, instances=_SETS),
    Operation(
        "validate-code", f"{_URL}CodeSystem-validate-code", in_code_system, types=_SYSTEMS, instances=_SYSTEMS
    ),
)
