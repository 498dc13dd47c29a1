"""Compiles a StructureDefinition: its differential laid over the rules of what it builds upon.

No snapshot is needed or made: a profile only ever narrows, so what conforms to it conforms to each layer, and the
lowest layer, R4's own type, is what structural validation checks. A snapshot without differential is read as one.
"""

from collections.abc import Mapping
from typing import Any

from akson.fhir.profiles.rule import Rule, Slicing, TypeRef
from akson.fhir.spec import TypeTable, spec
from akson.fhir.validate.invariants import Invariant, read_foreign

DEEPEST = 64
"""Levels of elements, as many as JSON may have."""
_TOLD = ("fixed", "pattern", "minValue", "maxValue")
_BY_URL = Slicing((("value", "url"),))
_BY_TYPE = Slicing((("type", "$this"),))


def compile_definition(definition: Mapping[str, Any], base: Rule | None) -> Rule:
    """The rules of a definition over those of its base (None where that is a type of R4).

    Raises ValueError for an element that is not understood.
    """
    rule = base.copy() if base else Rule(definition["type"])
    rows = definition.get("differential", {}).get("element") or definition.get("snapshot", {}).get(
        "element", ()
    )
    for row in rows:
        _lay(rule, row, definition)
    return rule


def _lay(rule: Rule, row: Mapping[str, Any], definition: Mapping[str, Any]) -> None:
    written: str = row["id"] if ":" in row.get("id", "") else row["path"]
    steps = written.split(".")[1:]
    if len(steps) > DEEPEST:
        raise ValueError(f"has an element more than {DEEPEST} levels deep")
    if steps and row.get("sliceName") and ":" not in steps[-1]:
        steps[-1] = f"{steps[-1]}:{row['sliceName']}"
    kind = definition["type"]
    for step in steps:
        rule, kind = _down(rule, kind, step)
    _narrow(rule, row, top=not steps)


def _down(rule: Rule, kind: str, step: str) -> tuple[Rule, str]:
    """The rule below for one step of an id (`name`, `value[x]`, `valueQuantity`, `identifier:FNR`), and its type."""
    name, _, sliced = step.partition(":")
    name = name.removesuffix("[x]")
    table = spec().table(kind)
    narrowed = ""
    if table is not None and name not in table.elements and name in table.keys:
        element, narrowed = table.keys[name]  # valueQuantity: the slice of value[x] by that type
        name, sliced = element.name, sliced or name
    child = rule.children.setdefault(name, Rule(name))
    below = _type_below(child, table, name)
    if not sliced:
        return child, below
    if child.slicing is None:
        child.slicing = _usual(name, table)
    parts = sliced.split("/")
    for number in range(len(parts)):  # a slice of a slice is named by both: NPU/NLK
        whole = "/".join(parts[: number + 1])
        if whole not in child.slices:
            made = Rule(name)
            by_type = _slice_type(whole, name, table) or narrowed
            made.types = (TypeRef(by_type),) if by_type else ()
            child.slices[whole] = made
        child = child.slices[whole]
    return child, child.types[0].code if len(child.types) == 1 else below


def _usual(name: str, table: TypeTable | None) -> Slicing | None:
    """How an element is sliced where nothing is said: extensions by url, a choice by type."""
    if name in {"extension", "modifierExtension"}:
        return _BY_URL
    element = table.elements.get(name) if table else None
    return _BY_TYPE if element is not None and element.choice else None


def _slice_type(sliced: str, name: str, table: TypeTable | None) -> str:
    """The type that the name of a slice of a choice stands for: valueQuantity."""
    found = table.keys.get(sliced) if table else None
    return found[1] if found is not None and found[0].name == name and found[0].choice else ""


def _type_below(child: Rule, table: TypeTable | None, name: str) -> str:
    if len(child.types) == 1:
        return child.types[0].code
    element = table.elements.get(name) if table else None
    return element.types[0] if element is not None and len(element.types) == 1 else ""


def _narrow(rule: Rule, row: Mapping[str, Any], *, top: bool) -> None:
    if not top:
        if "min" in row:
            rule.min = max(rule.min, int(row["min"]))
        if row.get("max", "*") != "*":
            most = int(row["max"])
            rule.max = most if rule.max is None else min(rule.max, most)
        if row.get("type"):
            rule.types = tuple(_type(each) for each in row["type"])
    for key, found in row.items():
        for told in _TOLD:
            if key.startswith(told) and key[len(told) : len(told) + 1].isupper():
                rule.value[told] = (_type_name(key[len(told) :]), found)
    rule.length = row.get("maxLength", rule.length)
    binding = row.get("binding", {})
    if binding.get("valueSet") and binding.get("strength") in {"required", "extensible"}:
        rule.binding = (binding["strength"], binding["valueSet"])
    if row.get("slicing"):
        rule.slicing = _slicing(row["slicing"], rule.slicing)
    rule.invariants += _invariants(rule, row)


def _type_name(written: str) -> str:
    lower = written[:1].lower() + written[1:]
    return lower if spec().table(lower) else written


def _type(row: Mapping[str, Any]) -> TypeRef:
    return TypeRef(row.get("code", ""), tuple(row.get("profile", ())), tuple(row.get("targetProfile", ())))


def _slicing(row: Mapping[str, Any], before: Slicing | None) -> Slicing:
    given = tuple((each["type"], each["path"]) for each in row.get("discriminator", ()))
    return Slicing(
        given or (before.discriminators if before else ()),
        row.get("rules", before.rules if before else "open"),
        bool(row.get("ordered", before.ordered if before else False)),
    )


def _invariants(rule: Rule, row: Mapping[str, Any]) -> tuple[Invariant, ...]:
    """Those that the profile adds. A snapshot repeats what R4 says of the type: that is checked anyway."""
    known = {each.key for each in rule.invariants}
    rows = [
        each
        for each in row.get("constraint", ())
        if each["key"] not in known and "expression" in each and each["key"] not in _r4_keys()
    ]
    return read_foreign(rows)


def _r4_keys() -> frozenset[str]:
    if not _KEYS:
        _KEYS.append(frozenset(row["key"] for rows in spec().rules["invariants"].values() for row in rows))
    return _KEYS[0]


_KEYS: list[frozenset[str]] = []
