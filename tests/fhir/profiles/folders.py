"""The Norwegian projects of the shared example data: what each defines, and its examples."""

from pathlib import Path

from akson.fhir import strict_json
from akson.fhir.profiles.catalogue import Catalogue
from tests.shared import shared

CONFORMANCE = {
    "StructureDefinition",
    "CodeSystem",
    "ValueSet",
    "SearchParameter",
    "NamingSystem",
    "ImplementationGuide",
    "MessageDefinition",
}
EVERYWHERE = ("no-basis-2.2.0-snapshots", "no-basis-2.2.4-test")
"""The base profiles, upon which the others build."""


def resources(folder: Path):
    """(file name, resource) of each JSON resource of R4 in a project."""
    for path in sorted(folder.rglob("*.json")):
        found = strict_json.loads(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
        if str(found.get("resourceType", "")).isalpha():
            yield path.name, found


def projects():
    """The names of all projects that have JSON resources."""
    return sorted(path.name for path in shared("fhir").iterdir() if any(path.rglob("*.json")))


def examples(project: str):
    """(file name, resource) of the instances of a project."""
    return [row for row in resources(shared(f"fhir/{project}")) if row[1]["resourceType"] not in CONFORMANCE]


def catalogue(project: str) -> Catalogue:
    """The definitions of a project and of the base profiles; membership in its own value sets."""
    own = {
        found["url"]: found
        for name in (*EVERYWHERE, project)
        for _, found in resources(shared(f"fhir/{name}"))
        if "url" in found
    }

    def member(value_set: str, system: str, code: str) -> bool | None:
        found = own.get(value_set.partition("|")[0], {}).get("compose", {}).get("include", [])
        if not found or any(each.get("filter") or each.get("valueSet") for each in found):
            return None
        codes: set[tuple[str, str]] = set()
        for each in found:
            rows = each.get("concept") or own.get(each["system"], {}).get("concept")
            if rows is None:
                return None
            codes |= {(each["system"], row["code"]) for row in rows}
        return (system, code) in codes

    return Catalogue(lambda canonical: own.get(canonical.partition("|")[0]), member)
