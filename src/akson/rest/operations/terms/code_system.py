"""$lookup and $subsumes: what a code system says of a concept, and how two concepts stand to each other.

http://hl7.org/fhir/R4/codesystem-operations.html
"""

from akson.fhir.model import Resource
from akson.fhir.terminology.concept import Concept, Designation, Property
from akson.fhir.terminology.languages import display, in_languages
from akson.kit.errors import Malformed, NotFound
from akson.record.context import Context
from akson.rest.operations.operation import Operation, Target
from akson.rest.operations.parameters import Given, Part, answer, given, part, parts
from akson.rest.operations.terms import asking
from akson.rest.wire.http import Answer, Request
from akson.store.terms import systems
from akson.store.terms.systems import Known

_LOOKUP = ("code", "system", "version", "coding", "date", "displayLanguage", "property")
_SUBSUMES = ("codeA", "codeB", "system", "version", "codingA", "codingB")
_OWN = frozenset(
    {"name", "version", "display", "designation", "definition", "parent", "child", "inactive", "subsumedBy"}
)


async def lookup(ctx: Context, request: Request, target: Target) -> Answer:
    """200 with all that is known of a concept; NotFound for a code system or a code that is not known."""
    asking.may_ask(ctx, "CodeSystem")
    values = await given(request, _LOOKUP)
    coding = asking.coding(values, "coding") or {}
    code = values.text("code") or coding.get("code")
    if not code or (values.text("code") and coding):
        raise Malformed("Give a code with its system, or a coding", expression=("Parameters.code",))
    system = await asking.code_system(ctx, values, target, "system", _canonical(coding))
    concept = await _concept(ctx, system, code, "code")
    shown = _Shown(ctx, system, concept, frozenset(str(each) for each in values.all("property")))
    return answer(await shown.all(asking.languages(request, values)))


def _canonical(coding: Resource) -> str:
    version = coding.get("version")
    return f"{coding.get('system', '')}|{version}" if version else coding.get("system", "")


async def _concept(ctx: Context, system: Known, code: str, name: str) -> Concept:
    found = await systems.concept(ctx.tx, system, code)
    if found is None:
        raise NotFound(
            f"The code system {system.url} has no code {code[:100]!r}", expression=(f"Parameters.{name}",)
        )
    return found


class _Shown:
    """A concept as the parameters of an answer; `only` names the properties that were asked for, empty for all."""

    def __init__(self, ctx: Context, system: Known, concept: Concept, only: frozenset[str]) -> None:
        self._ctx = ctx
        self._system = system
        self._concept = concept
        self._only = only

    async def all(self, languages: tuple[str, ...]) -> list[Part]:
        system, concept = self._system, self._concept
        found = [part("name", "String", system.name or system.url)]
        if system.version:
            found.append(part("version", "String", system.version))
        found.append(part("display", "String", display(concept, languages) or concept.code))
        if concept.abstract:
            found.append(part("abstract", "Boolean", True))  # noqa: FBT003  a value
        wanted = {each[5:] for each in self._only if each.startswith("lang.")}
        if self._asks("designation") or wanted:
            found += [_designation(each) for each in in_languages(concept, tuple(wanted))]
        if concept.definition and self._asks("definition"):
            found.append(_property("definition", "String", concept.definition))
        if self._asks("inactive"):
            found.append(_property("inactive", "Boolean", concept.inactive))
        found += [_of(each) for each in concept.properties if each.code not in _OWN and self._asks(each.code)]
        return [*found, *await self._relatives()]

    def _asks(self, name: str) -> bool:
        return not self._only or name in self._only

    async def _relatives(self) -> list[Part]:
        found = []
        for side in ("parent", "child"):
            if self._asks(side):
                rows = await systems.relatives(self._ctx.tx, self._system, self._concept.code, side)
                found += [_property(side, "Code", code, name) for code, name in rows]
        return found


def _property(code: str, kind: str, value: object, description: str = "") -> Part:
    inner = [part("code", "Code", code), part("value", kind, value)]
    if description:
        inner.append(part("description", "String", description))
    return parts("property", inner)


def _of(found: Property) -> Part:
    kind = found.kind[:1].upper() + found.kind[1:]
    return _property(found.code, kind, found.value)


def _designation(each: Designation) -> Part:
    inner = [part("language", "Code", each.language)] if each.language else []
    if each.use:
        inner.append(part("use", "Coding", dict(each.use)))
    return parts("designation", [*inner, part("value", "String", each.value)])


async def subsumes(ctx: Context, request: Request, target: Target) -> Answer:
    """200 with the outcome: equivalent, subsumes, subsumed-by or not-subsumed."""
    asking.may_ask(ctx, "CodeSystem")
    values = await given(request, _SUBSUMES)
    (system_a, code_a), (system_b, code_b) = _one(values, "A"), _one(values, "B")
    if system_a and system_b and system_a != system_b:
        raise Malformed("Both codings must be of the same code system", expression=("Parameters.codingB",))
    system = await asking.code_system(ctx, values, target, "system", system_a or system_b)
    one = await _concept(ctx, system, code_a, "codeA")
    other = await _concept(ctx, system, code_b, "codeB")
    return answer([part("outcome", "Code", await _outcome(ctx, system, one.code, other.code))])


def _one(values: Given, letter: str) -> tuple[str, str]:
    """(system, code) of codeA or codingA, or of B."""
    coding = asking.coding(values, f"coding{letter}") or {}
    code = values.text(f"code{letter}") or coding.get("code")
    if not code:
        raise Malformed(f"Give code{letter} or coding{letter}", expression=(f"Parameters.code{letter}",))
    return _canonical(coding), code


async def _outcome(ctx: Context, system: Known, one: str, other: str) -> str:
    if one == other:
        return "equivalent"
    if await systems.is_above(ctx.tx, system, one, other):
        return "subsumes"
    return "subsumed-by" if await systems.is_above(ctx.tx, system, other, one) else "not-subsumed"


_ON = frozenset({"CodeSystem"})
_URL = "http://hl7.org/fhir/OperationDefinition/CodeSystem-"
OPERATIONS = (
    Operation("lookup", f"{_URL}lookup", lookup, types=_ON),
    Operation("subsumes", f"{_URL}subsumes", subsumes, types=_ON, instances=_ON),
)
