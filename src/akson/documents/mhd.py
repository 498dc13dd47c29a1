"""Document sharing after IHE MHD: find documents (ITI-67) and fetch them (ITI-68) across sources.

Pure: makes the platform's answer of the answers of the sources. A source that did not answer stands in the answer as an
OperationOutcome that names it, so that nobody takes silence for "no documents".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from akson.fhir.model import Resource, outcome


@dataclass(frozen=True, slots=True)
class Source:
    """A record system that publishes documents."""

    slug: str
    """Short name in addresses, e.g. sykehus."""
    title: str
    fhir: str
    """FHIR base."""


@dataclass(frozen=True, slots=True)
class SourceAnswer:
    """What one source answered; bundle None when it did not."""

    source: Source
    bundle: Resource | None


def find_form(system: str, value: str, text: str = "") -> str:
    """The body of a Find Document References request (POST, so that the identity number is in no URL)."""
    pairs = {
        "patient.identifier": f"{system}|{value}",
        "status": "current",
        "_sort": "-date",
        "_count": "100",
    }
    return urlencode(pairs | ({"_content": text} if text else {}))


def merge(answers: Iterable[SourceAnswer], base: str) -> Resource:
    """One searchset of all sources, newest first; `base` is the address the platform serves MHD at."""
    entries: list[Resource] = []
    missing: list[Resource] = []
    for answer in answers:
        if answer.bundle is None:
            missing.append(_silent(answer.source))
            continue
        for entry in answer.bundle.get("entry", []):
            resource = entry["resource"]
            if resource["resourceType"] == "DocumentReference":
                entries.append(_entry(resource, answer.source, base))
    entries.sort(key=lambda entry: entry["resource"].get("date", ""), reverse=True)
    outcomes = [{"resource": outcome(missing), "search": {"mode": "outcome"}}] if missing else []
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries + outcomes}


def missing_sources(bundle: Resource) -> list[str]:
    """Titles of the sources that the platform could not reach."""
    resources = [entry["resource"] for entry in bundle.get("entry", [])]
    issues = [i for r in resources if r["resourceType"] == "OperationOutcome" for i in r["issue"]]
    return [issue["details"]["text"] for issue in issues if issue["code"] == "timeout"]


def _silent(source: Source) -> Resource:
    return {
        "severity": "warning",
        "code": "timeout",
        "details": {"text": source.title},
        "diagnostics": source.slug,
    }


def _entry(resource: Resource, source: Source, base: str) -> Resource:
    """A document as the platform shows it: where it lies, and addresses that lead through the platform."""
    contents = []
    for content in resource.get("content", []):
        attachment = dict(content["attachment"])
        if attachment.get("url", "").startswith("Binary/"):
            attachment["url"] = f"{base}/{attachment['url'].replace('Binary/', f'Binary/{source.slug}/', 1)}"
        contents.append({**content, "attachment": attachment})
    meta = {**resource.get("meta", {}), "source": source.fhir}
    shown = {**resource, "meta": meta, "content": contents}
    return {
        "fullUrl": f"{source.fhir}/DocumentReference/{resource['id']}",
        "resource": shown,
        "search": {"mode": "match"},
    }
