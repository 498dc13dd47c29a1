"""Problems, medicines, immunisations, warnings and procedures."""

from akson.demo.book import Book
from akson.fhir.model import Resource, coding, concept
from akson.kit.norwegian import ICD10, ICPC2, volven

PROFILE = "http://hl7.no/fhir/ig/StructureDefinition/no-basis-"
ATC = "http://www.whocc.no/atc"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"
FLAG_CATEGORY = "http://terminology.hl7.org/CodeSystem/flag-category"


def split(code: str) -> tuple[str, str]:
    """The code and the name of "K78 Atrieflimmer"."""
    first, _, name = code.partition(" ")
    return first, name


def diagnosis(b: Book, code: str) -> Resource:
    """A diagnosis in the code system of the node: ICPC-2 in the municipality, ICD-10 in the hospital."""
    return concept(ICD10 if b.hospital else ICPC2, *split(code))


def problem(b: Book, code: str, ago: int, who: str, note: str = "") -> Resource:
    """A diagnosis on the problem list, still there. The reference comes back."""
    content: Resource = {
        "clinicalStatus": {"coding": [coding(CLINICAL, "active", "Active")]},
        "verificationStatus": {"coding": [coding(VERIFICATION, "confirmed", "Confirmed")]},
        "category": [{"coding": [coding(CATEGORY, "problem-list-item", "Problem List Item")]}],
        "code": diagnosis(b, code),
        "subject": b.patient,
        "onsetDateTime": b.day(ago),
        "recordedDate": b.day(ago),
        "recorder": b.staff(who),
    }
    return b.add("Condition", split(code)[0], content | ({"note": [{"text": note}]} if note else {}))


def medicine(b: Book, atc: str, dose: str, why: str, ago: int, who: str) -> Resource:
    """A medicine in use: "B01AF02 Apiksaban tabletter 5 mg", how it is taken, and what for (a diagnosis with code)."""
    content: Resource = {
        "meta": {"profile": [f"{PROFILE}MedicationStatement"]},
        "status": "active",
        "medicationCodeableConcept": concept(ATC, *split(atc)),
        "subject": b.patient,
        "effectivePeriod": {"start": b.day(ago)},
        "dateAsserted": b.day(ago),
        "informationSource": b.staff(who),
        "reasonCode": [diagnosis(b, why)],
        "dosage": [{"text": dose, "asNeededBoolean": "ved behov" in dose.lower()}],
    }
    return b.add("MedicationStatement", split(atc)[0], content)


def stopped(b: Book, atc: str, why: str, start: int, end: int) -> Resource:
    """A medicine that is no longer in use, and why it was stopped."""
    content: Resource = {
        "meta": {"profile": [f"{PROFILE}MedicationStatement"]},
        "status": "stopped",
        "statusReason": [{"text": why}],
        "medicationCodeableConcept": concept(ATC, *split(atc)),
        "subject": b.patient,
        "effectivePeriod": {"start": b.day(start), "end": b.day(end)},
    }
    return b.add("MedicationStatement", f"{split(atc)[0]}/stopped", content)


def vaccine(b: Book, code: str, ago: int, who: str, dose: int = 1) -> Resource:
    """A vaccine given (V9501)."""
    content: Resource = {
        "status": "completed",
        "vaccineCode": concept(volven(9501), *split(code)),
        "patient": b.patient,
        "occurrenceDateTime": b.day(ago),
        "primarySource": True,
        "performer": [{"actor": b.staff(who)}],
        "protocolApplied": [{"doseNumberPositiveInt": dose}],
    }
    return b.add("Immunization", f"{split(code)[0]}/{dose}", content)


def warning(b: Book, text: str, ago: int, who: str, category: str = "safety") -> Resource:
    """Something that everyone here should see at once, e.g. that the person falls easily."""
    content: Resource = {
        "status": "active",
        "category": [{"coding": [coding(FLAG_CATEGORY, category, category.capitalize())]}],
        "code": {"text": text},
        "subject": b.patient,
        "period": {"start": b.day(ago)},
        "author": b.staff(who),
    }
    return b.add("Flag", text, content)


def procedure(b: Book, name: str, ago: int, who: str, note: str = "") -> Resource:
    """Something done, by name: the demo has no list of procedure codes to be sure of."""
    content: Resource = {
        "status": "completed",
        "code": {"text": name},
        "subject": b.patient,
        "performedDateTime": b.day(ago),
        "performer": [{"actor": b.staff(who)}],
    }
    return b.add("Procedure", name, content | ({"note": [{"text": note}]} if note else {}))
