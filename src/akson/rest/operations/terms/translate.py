"""$translate: what a code is called in another code system, by a concept map or by all that are known.

http://hl7.org/fhir/R4/conceptmap-operation-translate.html
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from akson.fhir.model import Resource
from akson.fhir.terminology.mapping import MATCHING, REVERSED, Mapping, unmapped
from akson.fhir.terminology.rules import Canonical
from akson.kit.errors import Malformed, NotFound
from akson.record.context import Context
from akson.rest.operations.operation import Operation, Target
from akson.rest.operations.parameters import Given, Part, answer, given, part, parts, value_of
from akson.rest.operations.terms import asking
from akson.rest.wire.http import Answer, Request
from akson.store.terms import maps
from akson.store.terms.maps import Map

_KNOWN = (
    "url", "conceptMap", "conceptMapVersion", "code", "system", "version", "source", "coding", "codeableConcept", "target",
    "targetsystem", "dependency", "reverse",
)  # fmt: skip
_FURTHEST = 5
"""Maps that refer to each other for what they do not name."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a match must be: value sets of both sides, the system of the target, and what the map depends on."""

    source: str
    target: str
    system: str
    reverse: bool
    depends: tuple[tuple[str, str], ...]

    def admits(self, chosen: Map, found: Mapping) -> bool:
        ends = (_canonical(chosen.header, "source"), _canonical(chosen.header, "target"))
        from_set, to_set = reversed(ends) if self.reverse else ends
        reached = found.from_system if self.reverse else found.to_system
        return (
            (not self.source or self.source == from_set)
            and (not self.target or self.target == to_set)
            and (not self.system or self.system == reached)
            and all((each.get("property"), each.get("value")) in self.depends for each in found.depends)
        )


def _canonical(header: Resource, side: str) -> str:
    text = header.get(f"{side}Uri") or header.get(f"{side}Canonical") or ""
    return str(text).partition("|")[0]


async def run(ctx: Context, request: Request, target: Target) -> Answer:
    """200 with the matches; the result is false when there is none. NotFound for an unknown map."""
    asking.may_ask(ctx, "ConceptMap")
    values = await given(request, _KNOWN)
    chosen = await _chosen(ctx, values, target)
    wish = _Wish(
        values.text("source") or "",
        values.text("target") or "",
        values.text("targetsystem") or "",
        values.flag("reverse") or False,
        tuple(_dependencies(values)),
    )
    found: list[tuple[Map, Mapping]] = []
    for coding in asking.codings(values, "system"):
        found += await _matches(ctx, chosen, coding, wish)
    return answer(_parameters(found, wish))


async def _chosen(ctx: Context, values: Given, target: Target) -> Map | None:
    """The one map that is meant; None for all that are known."""
    if target.id:
        return maps.of(await asking.instance(ctx, target))
    if (resource := asking.resource(values, "conceptMap", "ConceptMap")) is not None:
        return maps.of(resource)
    url = asking.canonical(values.text("url"), values.text("conceptMapVersion"))
    return await _named(ctx, url) if url.url else None


async def _named(ctx: Context, url: Canonical) -> Map:
    found = await maps.find(ctx.tx, url)
    if found is None:
        raise NotFound(f"The concept map {str(url)[:300]} is not known here", expression=("Parameters.url",))
    return found


async def _matches(
    ctx: Context, chosen: Map | None, coding: Resource, wish: _Wish, depth: int = 0
) -> list[tuple[Map, Mapping]]:
    system = coding.get("system", "")
    rows = await maps.mapped(ctx.tx, chosen, coding["code"], reverse=wish.reverse)
    found = [
        (each, mapping)
        for each, mapping in rows
        if not system or system == (mapping.to_system if wish.reverse else mapping.from_system)
    ]
    if found or chosen is None or wish.reverse or depth >= _FURTHEST:
        return [(each, mapping) for each, mapping in found if wish.admits(each, mapping)]
    for other in unmapped(chosen.header.get("group", ()), system, coding["code"]):
        if isinstance(other, str):
            further = await _named(ctx, Canonical.read(other))
            found += await _matches(ctx, further, coding, wish, depth + 1)
        elif wish.admits(chosen, other):
            found.append((chosen, other))
    return found


def _dependencies(values: Given) -> Iterator[tuple[str, str]]:
    for each in values.all("dependency"):
        inner = {row["name"]: value_of(row) for row in each} if isinstance(each, list) else {}
        element, concept = inner.get("element"), inner.get("concept")
        if not isinstance(element, str) or not isinstance(concept, dict):
            raise Malformed(
                "A dependency has the parts element, a uri, and concept, a CodeableConcept",
                expression=("Parameters.dependency",),
            )
        for row in concept.get("coding", ()):
            yield element, row.get("code", "")


def _parameters(found: Iterable[tuple[Map, Mapping]], wish: _Wish) -> list[Part]:
    rows = [(each, _read(mapping, reverse=wish.reverse)) for each, mapping in found]
    result = any(mapping.equivalence in MATCHING and mapping.to_code for _, mapping in rows)
    made = [part("result", "Boolean", result)]
    if not result:
        made.append(part("message", "String", "No concept map that is known here has a match"))
    return made + [_match(each, mapping) for each, mapping in rows]


def _read(mapping: Mapping, *, reverse: bool) -> Mapping:
    """The mapping as read from its target to its source, where that was asked for."""
    if not reverse:
        return mapping
    return replace(
        mapping,
        to_system=mapping.from_system,
        to_code=mapping.from_code,
        display=mapping.from_display,
        equivalence=REVERSED.get(mapping.equivalence, mapping.equivalence),
        product=[],
    )


def _match(chosen: Map, mapping: Mapping) -> Part:
    inner = [part("equivalence", "Code", mapping.equivalence)]
    said = {"system": mapping.to_system, "code": mapping.to_code, "display": mapping.display}
    if coding := {key: value for key, value in said.items() if value}:
        inner.append(part("concept", "Coding", coding))
    inner += [_product(each) for each in mapping.product]
    if chosen.url:
        inner.append(part("source", "Uri", chosen.url))
    return parts("match", inner)


def _product(row: Resource) -> Part:
    said = {"system": row.get("system"), "code": row.get("value"), "display": row.get("display")}
    coding = {key: value for key, value in said.items() if value}
    return parts(
        "product", [part("element", "Uri", row.get("property", "")), part("concept", "Coding", coding)]
    )


_ON = frozenset({"ConceptMap"})
OPERATIONS = (
    Operation(
        "translate",
        "http://hl7.org/fhir/OperationDefinition/ConceptMap-translate",
        run,
        types=_ON,
        instances=_ON,
    ),
)
