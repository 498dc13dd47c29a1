"""What a package is: its name and version, what it needs, and the resources it brings."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from akson.fhir import strict_json
from akson.fhir.model import Resource
from akson.fhir.packages.archive import LIMITS, Limits, members
from akson.fhir.spec import spec
from akson.kit.errors import AksonError, Malformed, Unprocessable

R4 = re.compile(r"4\.0(?:\.\d+)?")
"""Versions of FHIR whose packages are taken."""
CONFORMANCE = frozenset(
    [
        "CapabilityStatement",
        "CodeSystem",
        "CompartmentDefinition",
        "ConceptMap",
        "GraphDefinition",
        "ImplementationGuide",
        "MessageDefinition",
        "NamingSystem",
        "OperationDefinition",
        "Questionnaire",
        "SearchParameter",
        "StructureDefinition",
        "StructureMap",
        "ValueSet",
    ]
)
"""Types that a package defines things with; everything else in it is an example."""
_NAME = re.compile(r"[A-Za-z0-9][\w.@/-]{0,126}")
_VERSION = re.compile(r"[\w.+-]{1,64}")
_INSIDE = "package"


@dataclass(frozen=True, slots=True)
class Package:
    """One package, read and found whole."""

    name: str
    version: str
    title: str
    dependencies: Mapping[str, str]
    """Name and version of the packages that this one builds upon."""
    resources: tuple[Resource, ...]
    """The conformance resources that have a canonical url."""
    left: int
    """Files that are neither: examples, indexes, pages."""

    @property
    def label(self) -> str:
        """name#version, as packages are written."""
        return f"{self.name}#{self.version}"

    @property
    def counts(self) -> dict[str, int]:
        """How many resources of each type, by type."""
        return dict(sorted(Counter(each["resourceType"] for each in self.resources).items()))


def read(source: BinaryIO, limits: Limits = LIMITS) -> Package:
    """The package in a .tgz. Malformed, TooLarge or Unprocessable say what is wrong with which file of it."""
    return of_files(members(source, limits))


def of_files(files: Iterable[tuple[str, bytes]]) -> Package:
    """The package of (name, bytes) as they stand in the archive, below `package/`."""
    manifest: Resource | None = None
    found: list[Resource] = []
    left = 0
    for name, body in files:
        path = PurePosixPath(name)
        if path.parts[:1] != (_INSIDE,) or len(path.parts) != 2 or path.suffix != ".json":
            left += 1
        elif path.name == "package.json":
            manifest = _json(path.name, body)
        elif path.name.startswith("."):
            left += 1
        else:
            resource = _resource(path.name, body)
            found += [resource] if resource else []
            left += 0 if resource else 1
    if manifest is None:
        raise Malformed("the package has no package/package.json")
    return _package(manifest, tuple(_once(found)), left)


def _json(name: str, body: bytes) -> Resource:
    try:
        return strict_json.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except AksonError as error:
        raise Malformed(f"{name[:120]!r} of the package: {error.diagnostics}") from error


def _resource(name: str, body: bytes) -> Resource | None:
    """A conformance resource with a url; None for an example or what is no resource."""
    resource = _json(name, body)
    kind = resource.get("resourceType")
    if kind not in CONFORMANCE or kind not in spec().types:
        return None
    url = resource.get("url")
    if url is None:
        return None
    if not isinstance(url, str) or not url or not isinstance(resource.get("version", ""), str):
        raise Malformed(f"{name[:120]!r} of the package: url and version are strings")
    if kind == "StructureDefinition":
        _check_definition(name, resource)
    return resource


def _check_definition(name: str, resource: Resource) -> None:
    for part in ("differential", "snapshot"):
        rows: Any = resource.get(part, {"element": []})
        good = isinstance(rows, dict) and isinstance(rows.get("element", []), list)
        if not good or any(
            not isinstance(row, dict) or not isinstance(row.get("path"), str)
            for row in rows.get("element", [])
        ):
            raise Malformed(f"{name[:120]!r} of the package: {part} is not a list of elements with a path")
    if not isinstance(resource.get("type"), str):
        raise Malformed(f"{name[:120]!r} of the package: the type of a StructureDefinition is missing")


def _once(found: list[Resource]) -> Iterator[Resource]:
    """Each canonical of a type once: a package that has two meanings for one name has none."""
    seen: set[tuple[str, str, str]] = set()
    for each in found:
        key = (each["resourceType"], each["url"], each.get("version", ""))
        if key in seen:
            raise Malformed(f"the package defines the {key[0]} {key[1][:200]} twice")
        seen.add(key)
        yield each


def _package(manifest: Resource, resources: tuple[Resource, ...], left: int) -> Package:
    name, version = manifest.get("name"), manifest.get("version")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise Malformed("package.json has no valid name")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise Malformed("package.json has no valid version")
    needs = manifest.get("dependencies", {})
    if not isinstance(needs, dict) or not all(isinstance(each, str) for each in needs.values()):
        raise Malformed("the dependencies of package.json are names with versions")
    _check_fhir(manifest, needs)
    title = manifest.get("title") or manifest.get("description") or ""
    return Package(name, version, _first_line(str(title)), needs, resources, left)


def _first_line(title: str) -> str:
    """Some descriptions hold all release notes."""
    return next(iter(title.strip().splitlines()), "").strip()[:200]


def _check_fhir(manifest: Resource, needs: Mapping[str, str]) -> None:
    """That the package is for FHIR R4, as it says itself or by what it builds upon."""
    said = (
        manifest.get("fhirVersions") or manifest.get("fhir-version-list") or manifest.get("fhirVersion") or []
    )
    versions = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    core = {each: needs[each] for each in needs if re.fullmatch(r"hl7\.fhir\.r\d\w*\.core", each)}
    versions = [str(each) for each in versions] or list(core.values())
    if versions and not any(R4.fullmatch(each) for each in versions):
        raise Unprocessable(
            f"the package is for FHIR {', '.join(versions)[:60]}; this program works with R4 (4.0.1)"
        )
    if core and "hl7.fhir.r4.core" not in core:
        raise Unprocessable(
            f"the package builds upon {', '.join(core)[:60]}; this program works with hl7.fhir.r4.core"
        )
