"""One invented item of each part that lies in record systems, with words that no other item has."""

from akson.fhir.model import Resource

OBSERVATION = "http://terminology.hl7.org/CodeSystem/observation-category"
OWN = "https://akson.example/fhir/CodeSystem/observasjonstype"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
DAY = "2026-11-20"


def _observation(system: str, category: str, words: str, **more: object) -> Resource:
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"system": system, "code": category}]}],
        "code": {"text": words},
        "effectiveDateTime": DAY,
    } | more


def _condition(status: str, words: str) -> Resource:
    return {
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [{"system": CLINICAL, "code": status}]},
        "code": {"text": words},
        "recordedDate": DAY,
    }


def _of(type_: str, words: str, **more: object) -> tuple[str, Resource]:
    return words, {"resourceType": type_} | more


SAMPLES: dict[tuple[str, str], tuple[str, Resource]] = {
    ("klinisk-oppsummering", "kontakter"): _of(
        "Encounter", "Konsultasjon om svimmelhet", status="finished",
        **{"class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}},
        type=[{"text": "Konsultasjon om svimmelhet"}], period={"start": DAY},
    ),
    ("klinisk-oppsummering", "ansvar"): _of(
        "EpisodeOfCare", "Poliklinisk forløp for hjertet", status="active",
        type=[{"text": "Poliklinisk forløp for hjertet"}], period={"start": DAY},
    ),
    ("klinisk-oppsummering", "vurdering"): _of(
        "ClinicalImpression", "Samlet inntrykk: stabil", status="completed",
        summary="Samlet inntrykk: stabil", date=DAY,
    ),
    ("problem-og-diagnose", "problemliste"): ("Urinsyregikt", _condition("active", "Urinsyregikt")),
    ("problem-og-diagnose", "tidligere"): ("Gjennomgått nyrestein", _condition("resolved", "Gjennomgått nyrestein")),
    ("problem-og-diagnose", "funksjon"): (
        "Forflytning ute", _observation(OWN, "funksjon", "Forflytning ute", valueInteger=3),
    ),
    ("prosedyrer-og-behandling", "prosedyrer"): _of(
        "Procedure", "Gastroskopi", status="completed", code={"text": "Gastroskopi"}, performedDateTime=DAY,
    ),
    ("tjenester-og-hjelpemidler", "tjenester"): _of(
        "EpisodeOfCare", "Ambulant rehabilitering", status="active",
        type=[{"text": "Ambulant rehabilitering"}], period={"start": DAY},
    ),
    ("tjenester-og-hjelpemidler", "hjelpemidler"): _of(
        "DeviceUseStatement", "Rullator", status="active", device={"display": "Rullator"}, timingDateTime=DAY,
    ),
    ("tjenester-og-hjelpemidler", "ytelser"): _of(
        "Coverage", "Grunnstønad", status="active", type={"text": "Grunnstønad"},
        payor=[{"display": "NAV"}], period={"start": DAY},
    ),
    ("immunisering", "vaksiner"): _of(
        "Immunization", "Meslinger, kusma og røde hunder", status="completed",
        vaccineCode={"text": "Meslinger, kusma og røde hunder"}, occurrenceDateTime=DAY,
    ),
    ("immunisering", "immunitet"): (
        "Antistoff mot hepatitt B", _observation(OWN, "immunitet", "Antistoff mot hepatitt B", valueString="Påvist"),
    ),
    ("undersoekelser-og-maalinger", "provesvar"): (
        "Ferritin", _observation(OBSERVATION, "laboratory", "Ferritin", valueQuantity={"value": 41, "unit": "µg/L"}),
    ),
    ("undersoekelser-og-maalinger", "rapporter"): _of(
        "DiagnosticReport", "CT thorax", status="final", code={"text": "CT thorax"},
        conclusion="Ingen nye forandringer", effectiveDateTime=DAY,
    ),
    ("undersoekelser-og-maalinger", "maalinger"): (
        "Livvidde", _observation(OBSERVATION, "vital-signs", "Livvidde", valueQuantity={"value": 104, "unit": "cm"}),
    ),
    ("undersoekelser-og-maalinger", "skaarer"): (
        "Barthel ADL", _observation(OBSERVATION, "survey", "Barthel ADL", valueInteger=14),
    ),
    ("multimedia-og-mtu", "bilder"): _of(
        "ImagingStudy", "Røntgen hofte", status="available", description="Røntgen hofte", started=DAY,
        numberOfInstances=2,
    ),
    ("multimedia-og-mtu", "foto"): _of(
        "Media", "Foto av sår på legg", status="completed",
        content={"contentType": "image/png", "title": "Foto av sår på legg"}, createdDateTime=DAY,
    ),
    ("multimedia-og-mtu", "kurver"): ("EKG 12 avledninger", _observation(OBSERVATION, "procedure", "EKG 12 avledninger")),
    ("kliniske-bakgrunnsopplysninger", "familie"): _of(
        "FamilyMemberHistory", "Hjerteinfarkt ung alder", status="completed", date=DAY,
        relationship={"text": "Far"}, condition=[{"code": {"text": "Hjerteinfarkt ung alder"}}],
    ),
    ("kliniske-bakgrunnsopplysninger", "sosialt"): (
        "Trapp opp til inngangen", _observation(OBSERVATION, "social-history", "Trapp opp til inngangen", valueBoolean=True),
    ),
}  # fmt: skip
"""By service and part: the words that people look for, and the resource without id and patient."""

SUBJECT = {
    "Coverage": "beneficiary", "EpisodeOfCare": "patient", "FamilyMemberHistory": "patient", "Immunization": "patient",
}  # fmt: skip


def sample(service: str, part: str, patient: str) -> tuple[str, Resource]:
    """The words and the resource, about a Patient (id)."""
    words, resource = SAMPLES[service, part]
    name = SUBJECT.get(resource["resourceType"], "subject")
    about = {name: {"reference": f"Patient/{patient}"}}
    return words, resource | about | {"id": f"prove-{part}"}
