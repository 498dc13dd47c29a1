"""The Norwegian projects of the shared example data: what each defines, and its examples."""

from fnmatch import fnmatchcase
from pathlib import Path

from akson.fhir import strict_json, xml
from akson.fhir.profiles.catalogue import Catalogue
from akson.kit.errors import Malformed
from tests.shared import shared

CONFORMANCE = {
    "StructureDefinition",
    "CodeSystem",
    "ValueSet",
    "SearchParameter",
    "NamingSystem",
    "ImplementationGuide",
    "MessageDefinition",
    "CapabilityStatement",
    "ConceptMap",
    "OperationOutcome",
}
EVERYWHERE = ("no-basis-2.2.0-snapshots", "no-basis-2.2.4-test")
"""The base profiles, upon which the others build."""


NOT_R4 = {
    "gd-person-sametingelectorrelation.CodeSystem.xml": "a misspelled element",
    "0402*.xml": "an answer of Folkeregisteret",
    "gd-RelatedPerson-example-family.xml": "a resource inside a resource",
    "vkp-Patient-Server-Requirements.xml": "FHIR STU3",
    "MedicationDispense-to-EPR.xml": "FHIR STU3",
    "vkp-ImplementationGuide-v090.xml": "FHIR STU3",
}
"""Files that are no resources of R4, each with what it is."""


def resources(folder: Path):
    """(file name, resource) of each resource of R4 in a project. `validation-result` holds answers of a validator."""
    for path in sorted(folder.rglob("*.json")):
        found = strict_json.loads(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
        if str(found.get("resourceType", "")).isalpha():
            yield path.name, found
    for path in sorted(folder.rglob("*.xml")):
        if path.parent.name == "validation-result":
            continue
        try:
            yield path.name, xml.loads(path.read_bytes())
        except Malformed:
            assert any(fnmatchcase(path.name, name) for name in NOT_R4), path


def projects():
    """The names of all projects."""
    return sorted(path.name for path in shared("fhir").iterdir())


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
