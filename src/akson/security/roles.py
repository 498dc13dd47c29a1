"""What each role works with: the resource types it reads and those it writes, inside its care relations.

The role codes are those that PractitionerRole.code carries on this node (system ROLE_SYSTEM). A role that is not
listed reads nothing about patients.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

ROLE_SYSTEM = "urn:akson:role"

OPEN_TYPES = frozenset(
    {
        "CodeSystem", "ConceptMap", "Endpoint", "HealthcareService", "Library", "Location", "Medication", "Organization",
        "PlanDefinition", "Practitioner", "PractitionerRole", "Questionnaire", "StructureDefinition", "ValueSet",
    }
)  # fmt: skip
"""Types that are about no patient and may be read by anyone who is signed in."""

DEMOGRAPHY = frozenset({"Patient", "RelatedPerson"})

RECORD = frozenset(
    {
        "AllergyIntolerance", "Appointment", "Basic", "Binary", "CarePlan", "CareTeam", "Claim",
        "ClinicalImpression", "Communication", "CommunicationRequest", "Composition", "Condition", "Consent", "Coverage", "Device",
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


DENTAL = RECORD - {
    "ClinicalImpression", "DeviceRequest", "FamilyMemberHistory", "Goal", "NutritionOrder", "RiskAssessment", "Specimen",
}  # fmt: skip
MEDICINES = frozenset(
    {
        "AllergyIntolerance", "Consent", "Flag", "Immunization", "List", "MedicationAdministration",
        "MedicationDispense", "MedicationRequest", "MedicationStatement", "Provenance",
    }
)  # fmt: skip
PART = frozenset(
    {
        "AllergyIntolerance", "Appointment", "Binary", "CarePlan", "Communication", "Condition", "Consent", "Device",
        "DeviceUseStatement", "DiagnosticReport", "DocumentReference", "Encounter", "Flag", "ImagingStudy", "List",
        "NutritionOrder", "Observation", "Procedure", "Provenance", "QuestionnaireResponse", "ServiceRequest",
        "Specimen", "Task",
    }
)  # fmt: skip
"""What those need who examine or treat a part: not medicines, family or the assessments of others."""

PROFESSIONS: dict[str, frozenset[str]] = {
    **dict.fromkeys(("AA", "ET", "FT", "HF", "HP", "JO", "LE", "MT", "OM", "PM", "PS", "SP", "VP"), RECORD),
    **dict.fromkeys(("TH", "TL", "TP"), DENTAL),
    **dict.fromkeys(("AT", "FA1", "FA2"), MEDICINES),
    **dict.fromkeys(("AU", "BI", "FO", "KE", "KI", "NP", "OI", "OP", "OR", "OS", "PE", "RA"), PART),
    "HE": OFFICE,
}
"""What each category of authorised health personnel (V9060) may see of a record at most, here and from other nodes."""


class Duty(NamedTuple):
    """What a role may read and write inside its care relations."""

    reads: frozenset[str]
    writes: frozenset[str]
    is_clinical: bool = False
    """It takes an authorisation as health personnel, and reaches as far as the profession does."""


CLINICAL = Duty(RECORD, RECORD, is_clinical=True)
NONE = Duty(frozenset(), frozenset())

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


@dataclass(frozen=True, eq=False)
class Tables:
    """What each role works with, and what each profession may see at most."""

    duties: Mapping[str, Duty]
    professions: Mapping[str, frozenset[str]]


TABLES = Tables(DUTIES, PROFESSIONS)
_in_force: ContextVar[Tables] = ContextVar("tables of roles", default=TABLES)


@contextmanager
def trying(tables: Tables) -> Iterator[None]:
    """Other tables, for the code inside the block alone: what would they have decided? (`record/replay`)"""
    token = _in_force.set(tables)
    try:
        yield
    finally:
        _in_force.reset(token)


def profession(authorization: str) -> frozenset[str]:
    """What a category of health personnel may see at most; nothing without one."""
    return _in_force.get().professions.get(authorization, frozenset())


def duty(role: str, authorization: str) -> Duty:
    """The duty of a role for somebody with this authorisation; an unknown role has none."""
    return _duty(_in_force.get(), role, authorization)


@lru_cache(maxsize=1024)
def _duty(tables: Tables, role: str, authorization: str) -> Duty:
    found = tables.duties.get(role, NONE)
    if not found.is_clinical:
        return found
    most = tables.professions.get(authorization, frozenset())
    return Duty(found.reads & most, found.writes & most, is_clinical=True)
