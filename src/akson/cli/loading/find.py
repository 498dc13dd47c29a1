"""What the files at some paths are: a release of SNOMED CT or LOINC, FEST, code lists, or FHIR resources."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from akson.cli.importing.files import ARCHIVES, Files
from akson.cli.loading import loinc, norwegian, rf2
from akson.cli.loading.release import Release
from akson.cli.loading.shelf import Shelf
from akson.fhir import strict_json
from akson.fhir.model import Resource
from akson.fhir.terminology.concept import concepts_of, system_of
from akson.kit.errors import AksonError
from akson.store.terms.sources import KINDS

LARGE = 5_000
"""Concepts from which on a CodeSystem resource is loaded as a release of its own."""
LARGEST_LISTS = 100_000_000
"""Bytes of a file of code lists."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that cannot be loaded, and why."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Small:
    """A CodeSystem, ValueSet or ConceptMap resource to load whole."""

    source: str
    resource: Resource


Item = Release | Small | Problem


def items(paths: Sequence[Path], languages: Sequence[str]) -> Iterator[Item]:
    """What there is to load, in order. What is neither terminology nor broken is passed over in silence."""
    for path in paths:
        if not path.exists():
            yield Problem(str(path), "there is no such file or folder")
            continue
        try:
            yield from _of_path(path, languages)
        except (AksonError, OSError) as error:
            yield Problem(path.name, getattr(error, "diagnostics", "") or str(error))


def _of_path(path: Path, languages: Sequence[str]) -> Iterator[Item]:
    shelf = Shelf(path)
    if rf2.files(shelf):
        yield rf2.release(shelf, languages)
    elif loinc.table(shelf):
        yield loinc.release(shelf)
    elif shelf.zipped:
        yield from _of_shelf(shelf)
    else:
        rest = [each for each in _walk(path) if not _special(each)]
        for each in _walk(path):
            if _special(each):
                yield from _of_shelf(Shelf(each))
        yield from _resources(rest)


def _walk(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return sorted(each for each in path.rglob("*") if each.is_file() and not each.name.startswith("."))


def _special(path: Path) -> bool:
    """Whether a file is something else than FHIR in JSON."""
    return path.suffix in {".xml", ".zip"} or _lists(path) is not None


def _lists(path: Path) -> dict[str, dict[str, str]] | None:
    """The code lists of a file; None when it holds none."""
    if path.suffix != ".json" or path.stat().st_size > LARGEST_LISTS:
        return None
    with path.open("rb") as content:
        if b'"resourceType"' in content.read(4096):
            return None
    try:
        value = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError:
        return None
    return value if norwegian.is_volven(value) else None


def _of_shelf(shelf: Shelf) -> Iterator[Item]:
    for name in shelf.names:
        if name.endswith(".xml"):
            with shelf.open(name) as content:
                known = norwegian.is_fest(content)
            if known:
                with shelf.open(name) as content:
                    yield from norwegian.fest(shelf.where(name), content)
        elif name.endswith(".json") and not shelf.zipped:
            yield from norwegian.volven(shelf.where(name), _lists(shelf.path) or {})
        elif name.endswith(".json"):
            with shelf.open(name) as content:
                yield from _of_json(shelf.where(name), content.read())


def _resources(paths: Sequence[Path]) -> Iterator[Item]:
    """Terminology in JSON: single files, NDJSON, Bundles, FHIR packages."""
    wanted = [
        path for path in paths if path.name.lower().endswith((".json", ".ndjson", ".jsonl", ".gz", *ARCHIVES))
    ]
    for document in Files(wanted):
        if document.problem:
            yield Problem(document.source, document.problem)
        else:
            yield from _of_json(document.source, document.raw)


def _of_json(source: str, raw: bytes) -> Iterator[Item]:
    if b'"resourceType"' not in raw:
        return
    try:
        resource = strict_json.loads(raw)
    except AksonError as error:
        yield Problem(source, error.diagnostics)
        return
    for each in _inside(resource):
        yield from _of_resource(source, each)


def _inside(resource: Resource) -> Iterable[Resource]:
    if resource.get("resourceType") == "Bundle":
        return [entry["resource"] for entry in resource.get("entry", ()) if "resource" in entry]
    return [resource]


def _of_resource(source: str, resource: Resource) -> Iterator[Item]:
    if resource.get("resourceType") not in KINDS:
        return
    if not resource.get("url"):
        yield Problem(source, f"the {resource['resourceType']} has no url")
    elif resource["resourceType"] == "CodeSystem" and len(resource.get("concept", ())) >= LARGE:
        system = system_of(resource)
        yield Release(
            source,
            system,
            lambda: ((each.code, each.parents) for each in concepts_of(resource)),
            lambda: concepts_of(resource),
        )
    else:
        yield Small(source, resource)
