"""What each role works with: the resource types it reads and those it writes, inside its care relations.

The role codes are those that PractitionerRole.code carries on this node (system ROLE_SYSTEM). A role that is not
listed reads nothing about patients.
"""

from typing import NamedTuple

ROLE_SYSTEM = "urn:akson:role"

OPEN_TYPES = frozenset(
    {
        "CodeSystem", "ConceptMap", "Endpoint", "HealthcareService", "Location", "Medication", "Organization",
        "Practitioner", "PractitionerRole", "Questionnaire", "StructureDefinition", "ValueSet",
    }
)  # fmt: skip
"""Types that are about no patient and may be read by anyone who is signed in."""

DEMOGRAPHY = frozenset({"Patient", "RelatedPerson"})

RECORD = frozenset(
    {
        "AllergyIntolerance", "Appointment", "Basic", "Binary", "CarePlan", "CareTeam", "ClinicalImpression",
        "Communication", "CommunicationRequest", "Composition", "Condition", "Consent", "Coverage", "Device",
        "DeviceRequest", "DeviceUseStatement", "DiagnosticReport", "DocumentReference", "Encounter", "EpisodeOfCare",
        "FamilyMemberHistory", "Flag", "Goal", "ImagingStudy", "Immunization", "List", "Media",
        "MedicationAdministration", "MedicationDispense", "MedicationRequest", "MedicationStatement", "NutritionOrder",
        "Observation", "Procedure", "Provenance", "QuestionnaireResponse", "RiskAssessment", "ServiceRequest",
        "Specimen", "Task",
    }
)  # fmt: skip
"""The patient record: what health personnel with a care relation read and write."""

CASE_WORK = frozenset(
    {
        "Appointment", "CarePlan", "CareTeam", "Communication", "Composition", "Consent", "Binary",
        "DocumentReference", "EpisodeOfCare", "Flag", "Goal", "Observation", "QuestionnaireResponse",
        "ServiceRequest", "Task",
    }
)  # fmt: skip
"""What a case handler (saksbehandler) needs to decide on services: not diagnoses, medicines or results as such."""

OFFICE = frozenset(
    {"Appointment", "Communication", "Binary", "DocumentReference", "Encounter", "ServiceRequest", "Task"}
)


class Duty(NamedTuple):
    """What a role may read and write inside its care relations."""

    reads: frozenset[str]
    writes: frozenset[str]


CLINICAL = Duty(RECORD, RECORD)

DUTIES: dict[str, Duty] = {
    "fastlege": CLINICAL,
    "sykehjemslege": CLINICAL,
    "legevaktlege": CLINICAL,
    "sykehuslege": CLINICAL,
    "hjemmesykepleier": CLINICAL,
    "sykehjemssykepleier": CLINICAL,
    "sykehussykepleier": CLINICAL,
    "legevaktsykepleier": CLINICAL,
    "responssykepleier": CLINICAL,
    "avdelingsleder": CLINICAL,
    "helsesykepleier": CLINICAL,
    "jordmor": CLINICAL,
    "psykolog": CLINICAL,
    "fysioterapeut": CLINICAL,
    "ergoterapeut": CLINICAL,
    "vernepleier": CLINICAL,
    "helsefagarbeider": CLINICAL,
    "tannpleier": CLINICAL,
    "saksbehandler": Duty(CASE_WORK, CASE_WORK),
    "helsesekretaer": Duty(OFFICE, OFFICE),
}


def duty(role: str) -> Duty:
    """The duty of a role; an unknown role has none."""
    return DUTIES.get(role, Duty(frozenset(), frozenset()))
