"""Rules of a Bundle that its invariants do not state. Source: http://hl7.org/fhir/R4/bundle.html."""

from akson.fhir.model import Resource
from akson.fhir.validate.report import Place, Report


def check(value: Resource, place: Place, report: Report) -> None:
    """That the address of each entry is that of its resource, and in a document that references lead somewhere."""
    entries = value.get("entry", ())
    for number, entry in enumerate(entries):
        _address(entry, (place, "entry", number), report)


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
