"""Value sets that exist by their address alone, as SNOMED CT and LOINC define them for FHIR.

http://hl7.org/fhir/R4/snomedct.html#implicit, http://hl7.org/fhir/R4/loinc.html
"""

from typing import Any

from akson.fhir.model import Resource

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"


def implicit(url: str) -> Resource | None:
    """The value set that an address means by itself; None when it means none."""
    if url == f"{LOINC}/vs":
        return _of(url, {"system": LOINC})
    if url.startswith(f"{LOINC}/vs/LL"):
        return _of(url, {"system": LOINC} | _filter("answers-for", "=", url.rpartition("/")[2]))
    if url.startswith(SNOMED) and "?fhir_vs" in url:
        edition, _, query = url.partition("?fhir_vs")
        include: dict[str, Any] = {"system": SNOMED}
        if edition != SNOMED:
            include["version"] = edition
        if query.startswith("=isa/") and query[5:].isdecimal():
            return _of(url, include | _filter("concept", "is-a", query[5:]))
        return _of(url, include) if not query else None
    return None


def _filter(name: str, op: str, value: str) -> dict[str, Any]:
    return {"filter": [{"property": name, "op": op, "value": value}]}


def _of(url: str, include: dict[str, Any]) -> Resource:
    return {
        "resourceType": "ValueSet",
        "url": url,
        "status": "active",
        "compose": {"include": [include]},
    }
