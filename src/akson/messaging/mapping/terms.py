"""How codes, people and units are written in FHIR and in messages."""

from collections.abc import Iterable
from typing import Any

from akson.fhir.model import Resource
from akson.kit import norwegian
from akson.messaging.model import (
    ATC,
    ICD10,
    ICPC2,
    LOINC,
    SNOMED,
    Address,
    Code,
    Ident,
    Party,
    Person,
    Professional,
    Unit,
)

_OID = "urn:oid:"
SYSTEMS = {
    "http://www.whocc.no/atc": ATC,
    "http://hl7.org/fhir/sid/icd-10": ICD10,
    "http://hl7.org/fhir/sid/icpc-2": ICPC2,
    "http://loinc.org": LOINC,
    "http://snomed.info/sct": SNOMED,
}
"""Systems that FHIR writes otherwise than by their OID."""
_URLS = {ATC: "http://www.whocc.no/atc", LOINC: "http://loinc.org", SNOMED: "http://snomed.info/sct"}
DIAGNOSES = (ICPC2, ICD10)
IDENTS = {
    norwegian.FNR: "FNR",
    norwegian.DNR: "DNR",
    "urn:oid:2.16.578.1.12.4.1.4.3": "FHN",
    "urn:oid:2.16.578.1.12.4.1.4.5": "DUF",
    norwegian.HPR: "HPR",
    norwegian.HER: "HER",
    norwegian.ORGANIZATION: "ENH",
}
_IDENT_SYSTEMS = {kind: system for system, kind in IDENTS.items()}
SEXES = {"male": "1", "female": "2", "other": "9", "unknown": "0"}


def first(items: Iterable[Resource]) -> Resource:
    """The first of several, or nothing of it."""
    return next(iter(items), {})


def oid(system: str) -> str:
    """The OID of a FHIR system, or nothing where it has none."""
    return SYSTEMS.get(system) or (system.removeprefix(_OID) if system.startswith(_OID) else "")


def url(oid_: str) -> str:
    """The FHIR system of an OID."""
    return _URLS.get(oid_) or f"{_OID}{oid_}"


def code(concept: Resource | None, *preferred: str) -> Code:
    """A CodeableConcept as one code: of a preferred list first, else the first with an OID, else its text."""
    codings = [(oid(c.get("system", "")), c) for c in (concept or {}).get("coding", [])]
    known = [(system, c) for system, c in codings if system and c.get("code")]
    text = (concept or {}).get("text", "")
    best = next((pair for wanted in preferred for pair in known if pair[0] == wanted), None)
    system, chosen = best or (known[0] if known else ("", None))
    if chosen is None:
        return Code(text=text or next((c.get("display", "") for _, c in codings), ""))
    return Code(chosen["code"], system, chosen.get("display") or text)


def concept(value: Code) -> Resource:
    """A code as CodeableConcept; without a system it is text alone."""
    if value.code and value.system:
        # Codes of the ATC are sometimes written with a space in messages.
        plain = value.code.replace(" ", "") if value.system == ATC else value.code
        coded: Resource = {"system": url(value.system), "code": plain}
        coded |= {"display": value.display} if value.display else {}
        return {"coding": [coded], "text": value.label}
    return {"text": value.label}


def idents(resource: Resource) -> tuple[Ident, ...]:
    """The identifiers of a resource that messages know."""
    return tuple(
        Ident(i["value"], IDENTS[i.get("system", "")])
        for i in resource.get("identifier", [])
        if i.get("system") in IDENTS and i.get("value")
    )


def identifier(ident: Ident) -> Resource | None:
    """An identifier in FHIR, None for a type without a national system."""
    system = _IDENT_SYSTEMS.get(ident.type)
    return {"system": system, "value": ident.id} if system else None


def person(resource: Resource) -> Person:
    """A Patient, Practitioner or RelatedPerson."""
    name = first(resource.get("name", []))
    return Person(
        family=name.get("family", ""),
        given=" ".join(name.get("given", [])),
        name="" if name.get("family") else name.get("text", ""),
        idents=idents(resource),
        born=resource.get("birthDate", ""),
        sex=SEXES.get(resource.get("gender", ""), ""),
        address=address(resource),
    )


def address(resource: Resource) -> Address:
    place = first(resource.get("address", []))
    phones = tuple(
        f"tel:{number(t['value'])}"
        for t in resource.get("telecom", [])
        if t.get("system") == "phone" and t.get("value")
    )
    return Address(
        use={"home": "H", "work": "WP", "temp": "TMP"}.get(place.get("use", ""), ""),
        line=", ".join(place.get("line", [])),
        postal_code=place.get("postalCode", ""),
        city=place.get("city", ""),
        telecom=phones,
    )


def number(phone: str) -> str:
    """A phone number as a tel: URL has it."""
    return "".join(c for c in phone if c.isdigit() or c == "+")


def professional(practitioner: Resource, relation: Code | None = None) -> Professional:
    """A Practitioner with profession (V9060)."""
    codings = (c for q in practitioner.get("qualification", []) for c in q.get("code", {}).get("coding", []))
    profession = next((c["code"] for c in codings if c.get("system") == norwegian.volven(9060)), "")
    who = person(practitioner)
    # The national identity number of personnel is nobody's business.
    open_ids = tuple(i for i in who.idents if i.type in ("HPR", "HER"))
    plain = Person(family=who.family, given=who.given, name=who.name, idents=open_ids)
    return Professional(plain, profession, relation or Code())


def unit(organization: Resource) -> Unit:
    """An Organization."""
    return Unit(organization.get("name", ""), idents(organization), address(organization))


def party(chain: Iterable[Resource], practitioner: Resource | None = None) -> Party:
    """A party: `chain` is the unit that is addressed and the Organizations above it, innermost first."""
    units = [unit(organization) for organization in chain]
    who = professional(practitioner) if practitioner else None
    return Party(units[-1], units[0] if len(units) > 1 else None, who)


def text_of(value: Any) -> str:
    """The text of a CodeableConcept, for people."""
    return code(value).label if isinstance(value, dict) else ""
