"""What validation needs of the official package: invariants, bindings, and its profiles and extensions."""

from collections.abc import Iterable, Iterator
from typing import Any

Json = dict[str, Any]

STRENGTHS = ("required", "extensible")
OF_PROFILE = ("url", "name", "type", "kind", "baseDefinition", "context")
OF_ELEMENT = ("id", "path", "sliceName", "min", "max", "contentReference", "maxLength")
OF_SLICING = ("discriminator", "rules", "ordered")
OF_TYPE = ("code", "profile", "targetProfile")
VALUES = ("fixed", "pattern", "minValue", "maxValue")


def is_base(item: Json) -> bool:
    """Whether a StructureDefinition defines a type of its own rather than constrains one."""
    own = item["kind"] in ("primitive-type", "complex-type", "resource")
    return own and item.get("derivation", "specialization") == "specialization"


def invariant(row: Json) -> Json:
    """One constraint: its key, its words and its expression; how severe where it is no error."""
    made = {"key": row["key"], "human": row["human"], "expression": row["expression"]}
    return made | ({"severity": row["severity"]} if row["severity"] != "error" else {})


def rules(found: Iterable[Json]) -> Json:
    """By path (Patient, Patient.contact, Period): the invariants of an element, and its bindings that oblige."""
    invariants: dict[str, list[Json]] = {}
    bindings: dict[str, list[str]] = {}
    for item in sorted(filter(is_base, found), key=lambda x: x["id"]):
        for element in item.get("differential", {}).get("element", ()):
            path = element["path"].removesuffix("[x]")
            for row in element.get("constraint", ()):
                invariants.setdefault(path, []).append(invariant(row))
            binding = element.get("binding", {})
            if binding.get("strength") in STRENGTHS and binding.get("valueSet"):
                bindings[path] = [binding["strength"], binding["valueSet"].split("|")[0]]
    return {"invariants": invariants, "bindings": bindings}


def profiles(found: Iterable[Json]) -> dict[str, Json]:
    """By canonical url: the profiles and extension definitions, with what validation looks at and no more."""
    return {
        item["url"]: profile(item)
        for item in sorted(found, key=lambda x: x["id"])
        if item.get("derivation") == "constraint" and item["kind"] != "logical"
    }


def profile(item: Json) -> Json:
    made = {key: item[key] for key in OF_PROFILE if key in item}
    made["differential"] = {"element": list(elements(item))}
    return made


def elements(item: Json) -> Iterator[Json]:
    for element in item["differential"]["element"]:
        made = {key: element[key] for key in OF_ELEMENT if key in element}
        made |= {key: value for key, value in element.items() if key.startswith(VALUES)}
        if "type" in element:
            made["type"] = [{key: row[key] for key in OF_TYPE if key in row} for row in element["type"]]
        if "slicing" in element:
            made["slicing"] = {
                key: element["slicing"][key] for key in OF_SLICING if key in element["slicing"]
            }
        binding = element.get("binding", {})
        if binding.get("strength") in STRENGTHS and binding.get("valueSet"):
            made["binding"] = {"strength": binding["strength"], "valueSet": binding["valueSet"]}
        if "constraint" in element:
            made["constraint"] = [
                {"severity": "error"} | invariant(row) for row in element["constraint"] if "expression" in row
            ]
        yield made
