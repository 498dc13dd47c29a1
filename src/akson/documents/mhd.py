"""Document sharing after IHE MHD: what Find Document References (ITI-67) asks the sources, and addresses of what it found.

Pure. The search itself is as any other look (exchange/hub/look.py); a source that did not answer stands in the answer as an
OperationOutcome that names it, so that nobody takes silence for "no documents".
"""

from dataclasses import dataclass, replace

from akson.fhir.model import Resource


@dataclass(frozen=True, slots=True)
class Source:
    """A record system that publishes documents."""

    slug: str
    """Short name in addresses, e.g. sykehus."""
    title: str
    fhir: str
    """FHIR base."""
    client_id: str = ""
    """The system at the trust anchor."""

    @property
    def pictures(self) -> "Source":
        """Its pictures (DICOMweb), which are asked for as its resources are; beside its FHIR base."""
        return replace(self, fhir=f"{self.fhir.removesuffix('/fhir')}/dicomweb")


def criteria(text: str = "") -> tuple[tuple[str, str], ...]:
    """What finds a person's documents, newest first; `text` searches in what they say."""
    pairs = (("status", "current"), ("_sort", "-date"), ("_count", "100"))
    return (*pairs, ("_content", text)) if text else pairs


def registered() -> tuple[tuple[str, str], ...]:
    """What finds all documents of a person, replaced ones too, as a register knows them."""
    return (("status", "current,superseded"), ("_sort", "-date"), ("_count", "100"))


def addressed(bundle: Resource, base: str) -> Resource:
    """The searchset of all sources, newest first, with addresses of the content that lead through the platform (`base`)."""
    entries = [
        {**each, "resource": _document(each, base)}
        for each in bundle["entry"]
        if each["resource"]["resourceType"] == "DocumentReference"
    ]
    entries.sort(key=lambda entry: entry["resource"].get("date", ""), reverse=True)
    others = [e for e in bundle["entry"] if e["resource"]["resourceType"] == "OperationOutcome"]
    return {**bundle, "total": len(entries), "entry": entries + others}


def _document(entry: Resource, base: str) -> Resource:
    # The source's base ends with its short name and /fhir: what stands before the type in the address of the document.
    resource, fhir = entry["resource"], entry["fullUrl"].rpartition("/DocumentReference/")[0]
    contents = []
    for content in resource.get("content", []):
        attachment = dict(content["attachment"])
        kind, _, binary = attachment.get("url", "").removeprefix(f"{fhir}/").partition("/")
        if kind == "Binary" and binary:
            attachment["url"] = f"{base}/Binary/{slug_of(fhir)}/{binary}"
        contents.append({**content, "attachment": attachment})
    return {**resource, "content": contents}


def slug_of(fhir: str) -> str:
    """The short name of a source by its FHIR base."""
    return fhir.removesuffix("/fhir").rpartition("/")[2]
