"""Rules of a Bundle that its invariants do not state. Source: http://hl7.org/fhir/R4/bundle.html."""

from collections.abc import Iterator

from akson.fhir.model import Resource
from akson.fhir.validate.report import Place, Report


def check(value: Resource, place: Place, report: Report) -> None:
    """That the address of each entry is that of its resource, and in a document that references lead somewhere."""
    entries = value.get("entry", ())
    for number, entry in enumerate(entries):
        _address(entry, (place, "entry", number), report)
    if value.get("type") == "document" and entries:
        _document(entries, (place, "entry", 0), report)


def _document(entries: list[Resource], place: Place, report: Report) -> None:
    """A document holds what its Composition refers to. http://hl7.org/fhir/R4/documents.html#content"""
    composition = entries[0].get("resource", {})
    here = {each["fullUrl"] for each in entries if "fullUrl" in each}
    here |= {
        f"{each['resource']['resourceType']}/{each['resource']['id']}"
        for each in entries
        if "id" in each.get("resource", ())
    }
    for path, literal in _references(composition):
        if literal.partition("/_history/")[0] not in here and not literal.startswith("#"):
            report.error(
                "not-found", ((place, "resource", -1), path, -1), "leads to nothing in this document"
            )


def _references(composition: Resource) -> Iterator[tuple[str, str]]:
    """Those that a document must hold: subject, encounter, author, attester, custodian, event and entries."""
    for name in ("subject", "encounter", "author", "custodian"):
        found = composition.get(name, ())
        for each in found if isinstance(found, list) else [found]:
            yield from _literal(name, each)
    for each in composition.get("attester", ()):
        yield from _literal("attester.party", each.get("party"))
    for each in composition.get("event", ()):
        for detail in each.get("detail", ()):
            yield from _literal("event.detail", detail)
    yield from _of_sections(composition.get("section", ()))


def _of_sections(sections: list[Resource]) -> Iterator[tuple[str, str]]:
    for section in sections:
        for each in section.get("entry", ()):
            yield from _literal("section.entry", each)
        yield from _of_sections(section.get("section", []))


def _literal(path: str, reference: Resource | None) -> Iterator[tuple[str, str]]:
    literal = (reference or {}).get("reference")
    if literal:
        yield path, literal


def _address(entry: Resource, place: Place, report: Report) -> None:
    resource, address = entry.get("resource"), entry.get("fullUrl", "")
    if not resource or not address or address.startswith("urn:"):
        return
    here: Place = (place, "fullUrl", -1)
    if "://" not in address:
        report.error("value", here, "must be an absolute address or a urn")
        return
    kind, _, key = address.rstrip("/").rpartition("/")
    named = kind.rpartition("/")[2]
    if named == resource["resourceType"] and "id" in resource and key != resource["id"]:
        report.error("value", here, "ends in another id than that of its resource")
