"""One invented item of each part that lies in the platform's registers or is sent, with words that no other item has."""

from akson.exchange import entry
from akson.exchange.declare import TAG_SYSTEM, InformationService, Part
from akson.fhir.model import Resource
from tests.services.checks import filled
from tests.services.samples import SUBJECT

VOLVEN = "urn:oid:2.16.578.1.12.4.1.1."
CRITICAL = "https://akson.example/fhir/CodeSystem/kritisk-kategori"
WISH = "https://akson.example/fhir/CodeSystem/opplysningstype"
ORDER = "https://akson.example/fhir/CodeSystem/bestilling"


def _coded(system: str, code: str) -> list[Resource]:
    return [{"coding": [{"system": system, "code": code}]}]


def _condition(code: str, words: str) -> tuple[str, Resource]:
    return words, {"resourceType": "Condition", "category": _coded(CRITICAL, code), "code": {"text": words}}


WRITTEN: dict[tuple[str, str], tuple[str, Resource]] = {
    ("kritisk-informasjon", "overfoelsomhet"): (
        "Reker",
        {"resourceType": "AllergyIntolerance", "code": {"text": "Reker"}},
    ),
    ("kritisk-informasjon", "anestesikomplikasjon"): _condition("anestesikomplikasjon", "Vanskelig intubasjon"),
    ("kritisk-informasjon", "kritisk-tilstand"): _condition("kritisk-tilstand", "Binyrebarksvikt"),
    ("kritisk-informasjon", "smitte"): _condition("smitte", "Bærer av MRSA"),
    ("kritisk-informasjon", "paagaaende-behandling"): (
        "Dialyse hver uke",
        {"resourceType": "Procedure", "status": "in-progress", "code": {"text": "Dialyse hver uke"}},
    ),
    ("kritisk-informasjon", "implantat"): (
        "Pacemaker fra 2019",
        {"resourceType": "DeviceUseStatement", "status": "active", "device": {"display": "Pacemaker fra 2019"}},
    ),
    ("kritisk-informasjon", "endret-prosedyre"): (
        "Ikke gjenoppliving",
        {"resourceType": "Flag", "status": "active", "code": {"text": "Ikke gjenoppliving"}},
    ),
    ("team-og-moeter", "mote"): (
        "Ansvarsgruppemøte i januar",
        {
            "resourceType": "Appointment",
            "status": "booked",
            "description": "Ansvarsgruppemøte i januar",
            "start": "2027-01-12T09:00:00+01:00",
            "end": "2027-01-12T10:00:00+01:00",
        },
    ),
    ("bestilling-og-svar", "bestilling"): (
        "Prøver av jernlagre",
        {
            "resourceType": "ServiceRequest",
            "status": "active",
            "intent": "order",
            "category": _coded(ORDER, "laboratorium"),
            "code": {"text": "Prøver av jernlagre"},
        },
    ),
    ("bestilling-og-svar", "svar"): (
        "MR av kneet",
        {"resourceType": "DiagnosticReport", "status": "final", "code": {"text": "MR av kneet"}},
    ),
    ("henvisning-og-epikrise", "henvisning"): (
        "Vurdering ved smerteklinikk",
        {
            "resourceType": "ServiceRequest",
            "status": "active",
            "intent": "order",
            "category": _coded(ORDER, "henvisning"),
            "reasonCode": [{"text": "Vurdering ved smerteklinikk"}],
        },
    ),
    ("henvisning-og-epikrise", "epikrise"): (
        "Epikrise fra smerteklinikk",
        {
            "resourceType": "DocumentReference",
            "status": "current",
            "type": {"coding": [{"system": f"{VOLVEN}9602", "code": "A03-2"}]},
            "description": "Epikrise fra smerteklinikk",
            "content": [{"attachment": {"title": "Epikrise fra smerteklinikk", "contentType": "text/plain"}}],
        },
    ),
    ("innbyggers-opplysninger", "maaling"): (
        "Hjemmemålt puls",
        {
            "resourceType": "Observation",
            "status": "final",
            "category": _coded(WISH, "maaling"),
            "code": {"text": "Hjemmemålt puls"},
            "effectiveDateTime": "2026-11-20",
            "valueQuantity": {"value": 71, "unit": "slag/min"},
        },
    ),
    ("journaldokumenter", "dokument"): (
        "Notat om gangprøve",
        {
            "resourceType": "DocumentReference",
            "status": "current",
            "description": "Notat om gangprøve",
            "content": [{"attachment": {"title": "Notat om gangprøve", "contentType": "text/plain"}}],
        },
    ),
}  # fmt: skip
"""Where a form does not say what an item holds."""


def item(service: InformationService, part: Part, patient: str) -> tuple[str, Resource]:
    """The words and the resource, about a Patient (id)."""
    if (service.slug, part.slug) in WRITTEN:
        words, made = WRITTEN[service.slug, part.slug]
        made = made | _about(made["resourceType"], patient)
        if any(name == "_tag" for name, _ in part.pairs):
            made |= {"meta": {"tag": [{"system": TAG_SYSTEM, "code": service.slug}]}}
    else:
        form, words = filled(part, f"Til partneren, {part.slug}")
        made = entry.build(service, part, form, f"Patient/{patient}")
        if code := dict(part.pairs).get("code"):  # several parts choose from one list
            system, _, value = code.split(",")[-1].rpartition("|")
            made["code"] = {"coding": [{"system": system, "code": value}]}
    return words, made | {"id": f"share-{part.slug}-{service.number}"}


def _about(kind: str, patient: str) -> Resource:
    whom = {"reference": f"Patient/{patient}"}
    if kind == "Appointment":
        return {"participant": [{"actor": whom, "status": "accepted"}]}
    name = "patient" if kind == "AllergyIntolerance" else SUBJECT.get(kind, "subject")
    return {name: whom}
