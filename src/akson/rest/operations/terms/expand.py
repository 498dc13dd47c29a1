"""$expand: the codes of a value set, whole, in pages, or those that some words find.

http://hl7.org/fhir/R4/valueset-operation-expand.html. The list is flat, as excludeNested has it.
"""

from collections.abc import Iterable
from dataclasses import replace

from akson.fhir import strict_json
from akson.fhir.model import Resource
from akson.fhir.terminology.concept import Concept, Designation
from akson.fhir.terminology.languages import display, in_languages, meets
from akson.fhir.terminology.rules import Canonical
from akson.kit.clock import instant, now
from akson.kit.ids import new_id
from akson.record.context import Context
from akson.rest.operations.operation import Operation, Target
from akson.rest.operations.parameters import Given, given
from akson.rest.operations.terms import asking
from akson.rest.wire.http import Answer, Request
from akson.store.terms.concepts import Found
from akson.store.terms.expand import Ask, Expanded, expand
from akson.store.terms.sets import Plan, Versions
from akson.store.terms.sources import fits

_ECHOED = (
    "filter", "date", "offset", "count", "includeDesignations", "designation", "activeOnly", "excludeNested", "excludeNotForUI",
    "displayLanguage", "exclude-system", "system-version", "check-system-version", "force-system-version",
)  # fmt: skip
KNOWN = (
    *_ECHOED, "url", "valueSet", "valueSetVersion", "context", "contextDirection", "includeDefinition", "excludePostCoordinated",
)  # fmt: skip
_FLAGS = frozenset({"includeDesignations", "activeOnly", "excludeNested", "excludeNotForUI"})
_URIS = frozenset({"exclude-system", "system-version", "check-system-version", "force-system-version"})


async def run(ctx: Context, request: Request, target: Target) -> Answer:
    """200 with a ValueSet that has an expansion."""
    asking.may_ask(ctx, "ValueSet")
    values = await given(request, KNOWN, resource="valueSet")
    plan = await asking.value_set(ctx, values, target, _versions(values))
    left = _canonicals(values, "exclude-system")
    pieces = tuple(each for each in plan.pieces if not _is_one_of(each.canonical, left))
    ask = Ask(
        words=values.text("filter") or "",
        offset=values.whole("offset") or 0,
        count=values.whole("count"),
        active_only=values.flag("activeOnly") or False,
        selectable_only=values.flag("excludeNotForUI") or False,
    )
    expanded = await expand(ctx.tx, replace(plan, pieces=pieces), ask)
    made = _Writer(asking.languages(request, values), values).value_set(plan, expanded, ask)
    return Answer(200, strict_json.dumps(made))


def _versions(values: Given) -> Versions:
    return Versions(
        _canonicals(values, "system-version"),
        _canonicals(values, "force-system-version"),
        _canonicals(values, "check-system-version"),
        asking.moment(values),
    )


def _canonicals(values: Given, name: str) -> tuple[Canonical, ...]:
    return tuple(Canonical.read(str(each)) for each in values.all(name))


def _is_one_of(system: Canonical, left: Iterable[Canonical]) -> bool:
    return any(each.url == system.url and fits(each.version, system.version) for each in left)


class _Writer:
    """Writes an expansion as the asker wants it."""

    def __init__(self, languages: tuple[str, ...], values: Given) -> None:
        self._languages = languages
        self._values = values
        self._uses = tuple(str(each) for each in values.all("designation"))
        self._designations = values.flag("includeDesignations") or bool(self._uses)

    def value_set(self, plan: Plan, expanded: Expanded, ask: Ask) -> Resource:
        kept = {"url", "version", "name", "title", "status", "experimental", "description"}
        if self._values.flag("includeDefinition"):
            kept |= {"compose"}
        made: Resource = {"resourceType": "ValueSet"}
        made |= {key: value for key, value in plan.value_set.items() if key in kept}
        expansion: Resource = {"identifier": f"urn:uuid:{new_id()}", "timestamp": instant(now())}
        if expanded.total is not None:
            expansion["total"] = expanded.total
        if ask.offset or ask.count is not None:
            expansion["offset"] = ask.offset
        parameters = [*self._parameters(), *_used(plan)]
        if parameters:
            expansion["parameter"] = parameters
        contains = [self._row(each, expanded.listed) for each in expanded.found]
        if contains:
            expansion["contains"] = contains
        return {**made, "expansion": expansion}

    def _parameters(self) -> Iterable[Resource]:
        for name in _ECHOED:
            for value in self._values.all(name):
                yield {"name": name, **_typed(name, value)}

    def _row(self, found: Found, listed: dict[tuple[str, str], Resource]) -> Resource:
        concept = _as_said(found.concept, listed.get((found.system, found.concept.code)))
        row: Resource = {"system": found.system, "code": concept.code}
        if concept.abstract:
            row["abstract"] = True
        if concept.inactive:
            row["inactive"] = True
        if name := display(concept, self._languages):
            row["display"] = name
        if self._designations and (shown := [_designation(each) for each in self._wanted(concept)]):
            row["designation"] = shown
        return row

    def _wanted(self, concept: Concept) -> list[Designation]:
        if not self._uses:
            return in_languages(concept, ())
        return [each for each in concept.designations if any(_is_of(each, use) for use in self._uses)]


def _typed(name: str, value: object) -> Resource:
    """A parameter as it was given, also where it came in an address."""
    if name in {"offset", "count"}:
        return {"valueInteger": int(str(value))}
    if name in _FLAGS:
        return {"valueBoolean": value in (True, "true")}
    if name == "date":
        return {"valueDateTime": value}
    return {"valueUri" if name in _URIS else "valueString": value}


def _as_said(concept: Concept, said: Resource | None) -> Concept:
    """The concept with the display and designations that the value set itself gives it."""
    if not said:
        return concept
    own = tuple(
        Designation(each["value"], each.get("language", ""), each.get("use", {}))
        for each in said.get("designation", ())
    )
    return replace(
        concept,
        display=said.get("display", concept.display),
        designations=(*own, *concept.designations),
    )


def _is_of(each: Designation, use: str) -> bool:
    """Whether a designation is of a use `system|code` or in a language (`urn:ietf:bcp:47|nb`, or the tag alone)."""
    system, _, code = use.rpartition("|")
    if system in {"", "urn:ietf:bcp:47"} and meets(each.language, code):
        return True
    return each.use.get("code") == code and system in {"", each.use.get("system", "")}


def _designation(each: Designation) -> Resource:
    made: Resource = {"language": each.language} if each.language else {}
    if each.use:
        made["use"] = dict(each.use)
    return {**made, "value": each.value}


def _used(plan: Plan) -> Iterable[Resource]:
    """The versions of code systems that were used."""
    for piece in plan.pieces:
        if piece.system and piece.system.version:
            yield {"name": "version", "valueUri": f"{piece.canonical.url}|{piece.system.version}"}


_ON = frozenset({"ValueSet"})
OPERATIONS = (
    Operation(
        "expand", "http://hl7.org/fhir/OperationDefinition/ValueSet-expand", run, types=_ON, instances=_ON
    ),
)
