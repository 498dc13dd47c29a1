"""Answers of several record systems made one. Pure.

Each entry says in meta.source where it comes from and leads there by its fullUrl. An outcome names the sources that did not answer
(code timeout), with the time of the copies that stand in for them where there are any.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from akson.documents.mhd import Source
from akson.fhir.model import Resource, coding, outcome, reference
from akson.kit.clock import instant
from akson.kit.errors import PeerFailed

AGE = "https://akson.example/fhir/StructureDefinition/kopi-fra"
"""Extension of an issue: the moment until which the copies that stand in for a source hold."""
SOURCE = "urn:akson:source"
"""System of the tag that names the record system a resource lies in: its short name, and its title as display."""
UNKNOWN = frozenset({"404", "501"})
"""How a server answers that has no such operation, or type."""
TAKEN_OUT = frozenset({"urn:akson:copy"})


@dataclass(frozen=True, slots=True)
class Found:
    """What there is of one source: a searchset for each search, or None; copies since when, where it is silent.

    None in the place of one searchset: the source does not know what was asked there.
    """

    source: Source
    bundles: Sequence[Resource | None] | None
    is_silent: bool = False
    copied: datetime | None = None


def searchsets(answer: Resource, number: int) -> list[Resource | None]:
    """The searchsets of a batch-response; None for what the source does not know at all.

    PeerFailed where it does not hold as many, or one of them is an error.
    """
    entries = answer.get("entry", [])
    found = [entry.get("resource") or {} for entry in entries if isinstance(entry, dict)]
    if answer.get("resourceType") != "Bundle" or len(found) != number:
        raise PeerFailed("The source answered with something else than what was asked")
    # A type that the asker's profession does not reach is refused by the source: there is nothing of it to show.
    states = [str(entry.get("response", {}).get("status", ""))[:3] for entry in entries]
    return [_searchset(bundle, state) for bundle, state in zip(found, states, strict=True)]


def _searchset(bundle: Resource, state: str) -> Resource | None:
    if bundle.get("resourceType") == "Bundle":
        return bundle
    if state in UNKNOWN:
        return None
    if state != "403":
        raise PeerFailed("The source could not answer one of the searches")
    return {"entry": []}


def of_source(bundles: Iterable[Resource], source: Source) -> list[Resource]:
    """The copies of one source among those of all."""
    found = []
    for bundle in bundles:
        entries = [
            each for each in bundle["entry"] if _origin(each["resource"]).startswith(f"{source.fhir}/")
        ]
        found.append({"entry": entries})
    return found


def merged(found: Sequence[Found], number: int) -> list[Resource]:
    """A searchset for each search, with the outcome of all."""
    made = []
    for place in range(number):
        answers = [(each, each.bundles[place] if each.bundles is not None else None) for each in found]
        missing = [_missing(each) for each, answer in answers if each.is_silent or answer is None]
        outcomes = [{"resource": outcome(missing), "search": {"mode": "outcome"}}] if missing else []
        entries = [
            _entry(entry, each.source)
            for each, answer in answers
            if answer is not None
            for entry in answer.get("entry", [])
            if entry.get("resource", {}).get("resourceType", "OperationOutcome") != "OperationOutcome"
        ]
        matches = sum(entry["search"]["mode"] == "match" for entry in entries)
        made.append(
            {"resourceType": "Bundle", "type": "searchset", "total": matches, "entry": entries + outcomes}
        )
    return made


@dataclass(frozen=True, slots=True)
class Missing:
    """A source that did not answer; `copied`: the instant of the copies that are shown in its place, or empty."""

    title: str
    copied: str = ""


def missing(bundle: Resource) -> list[Missing]:
    """The sources that did not answer, as a searchset tells."""
    resources = [entry["resource"] for entry in bundle.get("entry", []) if "resource" in entry]
    issues = [i for r in resources if r["resourceType"] == "OperationOutcome" for i in r.get("issue", [])]
    return [Missing(i["details"]["text"], _age(i)) for i in issues if i.get("code") == "timeout"]


def _missing(each: Found) -> Resource:
    issue: dict[str, Any] = {
        "severity": "warning",
        "code": "timeout",
        "details": {"text": each.source.title},
        "diagnostics": each.source.slug,
    }
    if each.copied is not None:
        issue["extension"] = [{"url": AGE, "valueInstant": instant(each.copied)}]
    return issue


def _age(issue: Resource) -> str:
    return next((str(e["valueInstant"]) for e in issue.get("extension", []) if e.get("url") == AGE), "")


def _entry(entry: Resource, source: Source) -> Resource:
    resource = entry["resource"]
    origin = _origin(resource)
    if not origin.startswith(f"{source.fhir}/"):
        origin = f"{source.fhir}/{reference(resource)}"
    tags = [*resource.get("meta", {}).get("tag", []), coding(SOURCE, source.slug, source.title)]
    meta: Resource = {"source": origin} | dict(resource.get("meta", {})) | {"tag": tags}
    if labels := [each for each in meta.pop("security", []) if each.get("system") not in TAKEN_OUT]:
        meta["security"] = labels
    # What a copy is called here is nobody's business: it is the source's resource.
    shown = {**resource, "id": origin.rpartition("/")[2], "meta": meta}
    return {
        "fullUrl": origin,
        "resource": shown,
        "search": {"mode": entry.get("search", {}).get("mode", "match")},
    }


def _origin(resource: Resource) -> str:
    return str((resource.get("meta") or {}).get("source", ""))
