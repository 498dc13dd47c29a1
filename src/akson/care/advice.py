"""Advice on medicines in plain words, for the one who takes them and for who hands them out. Pure.

The advice is data: a supplement of ATC in Akson's own FHIR package, which a municipality replaces by texts that it answers for.
"""

from functools import lru_cache

from akson.exchange.codelists import package
from akson.exchange.kept import name_of
from akson.fhir.model import Resource

URL = "https://akson.example/fhir/CodeSystem/legemiddelraad"


@lru_cache
def _told() -> dict[str, Resource]:
    """The concepts by their ATC code, and by the name of the substance in small letters."""
    concepts = package()[URL]["concept"]
    by_name = {str(each["display"]).casefold(): each for each in concepts}
    return by_name | {str(each["code"]): each for each in concepts}


def of(resource: Resource, language: str) -> str:
    """The advice on the medicine of a list; empty where there is none. One without a code is known by its first word."""
    medicine: Resource = resource.get("medicationCodeableConcept") or {}
    codes = [str(each.get("code", "")) for each in medicine.get("coding", [])]
    first = name_of(resource).partition(" ")[0].casefold()
    found = next((_told()[each] for each in (*codes, first) if each in _told()), None)
    if found is None:
        return ""
    said = {each["language"]: str(each["value"]) for each in found.get("designation", [])}
    return said.get(language, str(found["definition"]))
