"""Akson's own profiles, made of the declarations: what a service shows, asks for and finds its items by, as FHIR says it.

From a part of a declaration follow: who it is about, the tag of its register, the codes that its search asks for, what its form
demands and chooses from, and that whoever takes part must support each column. State (`status`) is not fixed: it changes, and an
item that is ended keeps its profile. Pure.
"""

import re
from collections.abc import Iterator
from typing import Any

from akson.exchange.codelists import package
from akson.exchange.declare import Ask, Field, InformationService, Mode, Part, load
from akson.exchange.profiles import name_of, own_profile
from akson.exchange.profiles.rows import Row, Rows
from akson.fhir.fhirpath import ast, parse
from akson.fhir.model import Resource, coding
from akson.fhir.spec import spec
from akson.kit.text import text
from akson.security.roles import OPEN_TYPES

STATES = frozenset({"status", "clinicalStatus", "lifecycleStatus", "active"})
"""Elements that tell how far an item has come."""
SUBJECTS = ("subject", "patient", "for", "beneficiary")
"""How types call the element that says whom they are about."""
PATIENT = "http://hl7.org/fhir/StructureDefinition/Patient"
VALUE_SETS = "https://akson.example/fhir/ValueSet/"
STEP = re.compile(r"\[\d+\]")


def definitions(version: str) -> list[Resource]:
    """The profiles of all declared services, and the value sets that they choose from."""
    profiles = [
        definition(service, part, version)
        for service in load()
        for part in service.parts
        if own_profile(service, part)
    ]
    lists = sorted({url for service in load() for part in service.parts for url in _lists(part)})
    return [*profiles, *(value_set(url, version) for url in lists)]


def definition(service: InformationService, part: Part, version: str) -> Resource:
    """The profile (StructureDefinition) of one part."""
    rows = Rows(part.type)
    of_form = _form if service.mode is Mode.SHARE else _form_of_record
    for rule in (_about, _columns, _needs, _search, of_form, _codes):
        rule(rows, part)
    rows.root["short"] = text(part.title)
    name = name_of(service, part)
    said = [text("profile.about", part=text(part.title), service=text(service.title))]
    if part.profile:
        said.append(text("profile.also", profile=part.profile))
    return {
        "resourceType": "StructureDefinition",
        "id": f"akson-{name}",
        "url": own_profile(service, part),
        "version": version,
        "name": "".join(word.capitalize() for word in name.split("-")),
        "title": f"{text(service.title)}: {text(part.title)}",
        "status": "active",
        "publisher": "Akson",
        "description": " ".join(said),
        "fhirVersion": "4.0.1",
        "kind": "resource",
        "abstract": False,
        "type": part.type,
        "baseDefinition": f"http://hl7.org/fhir/StructureDefinition/{part.type}",
        "derivation": "constraint",
        "differential": {"element": rows.told()},
    }


def value_set(url: str, version: str) -> Resource:
    """All codes of one code list of the package."""
    name = _name_of_list(url)
    system = package()[url]
    return {
        "resourceType": "ValueSet",
        "id": f"akson-{name}",
        "url": f"{VALUE_SETS}{name}",
        "version": version,
        "name": "".join(word.capitalize() for word in name.split("-")),
        **({"title": system["title"]} if "title" in system else {}),
        "status": "active",
        "publisher": "Akson",
        "compose": {"include": [{"system": url}]},
    }


def _name_of_list(url: str) -> str:
    return str(package()[url]["id"]).removeprefix("akson-")


def _lists(part: Part) -> Iterator[str]:
    """The code lists that a part chooses from."""
    if part.codes and "code" in _elements(part.type):
        yield part.codes
    for field in part.entry.fields if part.entry else ():
        yield from field.lists


def _elements(kind: str) -> Any:
    table = spec().table(kind)
    return table.elements if table else {}


# --- the rules -------------------------------------------------------------------------------------------------


def _about(rows: Rows, part: Part) -> None:
    """One patient, where it is about somebody."""
    names = (part.entry.patient,) if part.entry else SUBJECTS
    element = next((each for each in names if each in _elements(part.type)), "")
    if part.type not in OPEN_TYPES and element:
        rows.required(element)["type"] = [{"code": "Reference", "targetProfile": [PATIENT]}]


def _columns(rows: Rows, part: Part) -> None:
    """What lists show must be supported."""
    for column in part.columns:
        for names in _chains(parse(column.path)):
            way = names[1:] if names[0] == part.type else names
            rows.supported(*way)["short"] = text(column.label)


def _chains(node: ast.Node) -> Iterator[tuple[str, ...]]:
    """The elements that a column's path leads through: one chain of names for each alternative, up to where a type is chosen."""
    if isinstance(node, ast.Member):
        chosen = isinstance(node.focus, ast.TypeTest) or (
            isinstance(node.focus, ast.Call) and node.focus.name == "ofType"
        )
        for before in _chains(node.focus) if node.focus is not None else [()]:
            yield before if chosen else (*before, node.name)
    elif isinstance(node, ast.Binary):
        yield from _chains(node.left)
        yield from _chains(node.right)
    elif isinstance(node, ast.TypeTest):
        yield from _chains(node.operand)
    elif isinstance(node, ast.Call | ast.Index) and node.focus is not None:
        yield from _chains(node.focus)


def _needs(rows: Rows, part: Part) -> None:
    """What the declaration says that each item has."""
    for path in part.needs:
        rows.required(*path.split("."))


def _search(rows: Rows, part: Part) -> None:
    """What the search of the part asks of its items."""
    for name, value in part.pairs:
        base, _, modifier = name.partition(":")
        if base == "_tag":
            _tag(rows, value)
        elif not base.startswith("_"):
            element = _searched(part.type, base)
            if element in STATES:
                rows.required(element)
            elif "canonical" in _elements(part.type)[element].types:
                rows.required(element)["fixedCanonical"] = value
            elif modifier == "not":
                _never(rows, element, value)
            else:
                _codes_of(rows, element, value)


def _searched(kind: str, param: str) -> str:
    """The element that a search parameter looks into."""
    found = spec().param(kind, param)
    paths = found.expression.split("|") if found else []
    return next(
        each.strip().removeprefix(f"{kind}.") for each in paths if each.strip().startswith(f"{kind}.")
    )


def _tag(rows: Rows, value: str) -> None:
    """The tag of the register: what tells its items from others of the type."""
    system, _, code = value.partition("|")
    rows.required("meta")
    rows.required("meta", "tag")
    below = {"system": {"min": 1, "fixedUri": system}, "code": {"min": 1, "fixedCode": code}}
    row = {"sliceName": "tjeneste", "min": 1, "max": "1", "below": below}
    rows.sliced(("meta", "tag"), [row], ("value", "system"), ("value", "code"))


def _codes_of(rows: Rows, element: str, value: str) -> None:
    """One code: a pattern. One of several: a rule, since a binding would need a value set for each search."""
    found = [each.rpartition("|")[::2] for each in value.split(",")]
    rule: Row = {}
    if len(found) > 1:
        system, codes = found[0][0], [code for _, code in found]
        concept = {"coding": [{"system": system}]}
        each = " or ".join(f"code = '{code}'" for code in codes)
        expression = f"coding.where(system = '{system}' and ({each})).exists()"
        rule = _rule(f"{element}-1", text("profile.one_of", codes=", ".join(codes)), expression)
    else:
        concept = {"coding": [coding(*found[0])]}
    _fixed(rows, element, concept, rule)


def _fixed(rows: Rows, element: str, concept: Resource, rule: Row | None = None) -> None:
    """A concept that the element has; in a slice where others may stand beside it."""
    row = rows.required(element)
    said = {"patternCodeableConcept": concept} | (rule or {})
    if not _elements(rows.kind)[element].many:
        row.update(said)
        return
    first = concept["coding"][0]
    name = first.get("code") or first["system"].rpartition("/")[2]
    rows.sliced((element,), [{"sliceName": name, "min": 1, "mustSupport": True} | said])


def _rule(key: str, human: str, expression: str) -> Row:
    return {"constraint": [{"key": key, "severity": "error", "human": human, "expression": expression}]}


def _never(rows: Rows, element: str, value: str) -> None:
    """A code that tells the items of another part."""
    system, _, code = value.rpartition("|")
    expression = f"coding.where(system = '{system}' and code = '{code}').empty()"
    rows.at(element).update(_rule(f"{element}-2", text("profile.never", code=code), expression))


def _form(rows: Rows, part: Part) -> None:
    """What the form demands, chooses from, and gives to every item."""
    if part.entry is None:
        return
    for name, value in part.entry.fixed.items():
        if name in STATES:
            continue
        if isinstance(value, str):
            rows.required(name)["patternCode"] = value
        else:
            concept = value[0] if isinstance(value, list) else value
            first = next(iter(concept.get("coding", ())), None)
            if first:
                _fixed(rows, name, {"coding": [coding(first["system"], first["code"])]})
    for field in part.entry.fields:
        _field(rows, field)


def _form_of_record(rows: Rows, part: Part) -> None:
    """What the record systems keep is written by many ways, of which the form is one: it demands nothing of the others."""
    for field in part.entry.fields if part.entry else ():
        steps = STEP.sub("", field.path).split(".")
        if steps[-2:-1] == ["answer"]:
            steps = steps[:-1]  # each question has answers of its own type
        rows.supported(*_without_type(rows.kind, steps))
        if field.lists and len(steps) == 1:
            rows.supported(*_without_type(rows.kind, steps)).setdefault(
                "binding", _binding("preferred", field.lists[0])
            )


def _field(rows: Rows, field: Field) -> None:
    steps = STEP.sub("", field.path).split(".")
    if "extension" in steps:
        return  # an extension has a definition of its own
    if not field.required:
        rows.supported(*_without_type(rows.kind, steps))
        return
    row = rows.required(*steps)
    if field.ask is Ask.CHOICE:
        row["binding"] = _binding("required", field.lists[0])
    elif field.ask is Ask.CONCEPT and field.lists:
        row["binding"] = _binding("preferred", field.lists[0])


def _without_type(kind: str, steps: list[str]) -> list[str]:
    """A path up to where it would leave an element one of several types: what is optional may come in another."""
    table = spec().table(kind)
    if table is None or steps[0] in table.elements or steps[0] not in table.keys:
        return steps
    return [table.keys[steps[0]][0].name]


def _codes(rows: Rows, part: Part) -> None:
    """The list that `code` is chosen from, where others and plain words are possible too."""
    if part.codes and "code" in _elements(part.type):
        rows.supported("code").setdefault("binding", _binding("preferred", part.codes))


def _binding(strength: str, url: str) -> Row:
    return {"strength": strength, "valueSet": f"{VALUE_SETS}{_name_of_list(url)}"}
