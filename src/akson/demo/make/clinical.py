"""Problems, medicines, immunisations, warnings and procedures."""

from akson.demo.book import MONTH, WEEK, YEAR, Book
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


def stopped(b: Book, atc: str, why: str, period: tuple[int, int], dose: str) -> Resource:
    """A medicine that is no longer in use: why it was stopped, from when until when (days ago), and how it was taken."""
    start, end = period
    content: Resource = {
        "meta": {"profile": [f"{PROFILE}MedicationStatement"]},
        "status": "stopped",
        "statusReason": [{"text": why}],
        "medicationCodeableConcept": concept(ATC, *split(atc)),
        "subject": b.patient,
        "effectivePeriod": {"start": b.day(start), "end": b.day(end)},
        "dosage": [{"text": dose}],
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


DTP = "DTP52 Kikhoste (renset antigen), difteri (toksoid), tetanus (toksoid)"
PNEUMOCOCCUS = "PNE13 Pneumokokk (renset polysakkaridantigen, konjugert 13 valent)"
ROTAVIRUS = "ROT01 Rotavirusinfeksjon (oral, levende svekket)"
MMR = "MMR52 Meslinger, kusma og røde hunder (levende svekket)"
HPV = "HPV02 Humant papillomavirus (type 16, 18)"
PROGRAMME = (
    (6 * WEEK, ROTAVIRUS, 1, 2014),
    (3 * MONTH, ROTAVIRUS, 2, 2014),
    (3 * MONTH, DTP, 1, 1990),
    (3 * MONTH, PNEUMOCOCCUS, 1, 2010),
    (5 * MONTH, DTP, 2, 1990),
    (5 * MONTH, PNEUMOCOCCUS, 2, 2010),
    (YEAR, DTP, 3, 1990),
    (YEAR, PNEUMOCOCCUS, 3, 2010),
    (15 * MONTH, MMR, 1, 1990),
    (7 * YEAR, DTP, 4, 1990),
    (11 * YEAR, MMR, 2, 1990),
    (12 * YEAR, HPV, 1, 1997),
    (12 * YEAR + 6 * MONTH, HPV, 2, 1997),
    (15 * YEAR, DTP, 5, 1990),
)
"""The children's vaccination programme, simplified: age in days, vaccine, dose, and first year of birth it holds for."""


def vaccination_programme(b: Book, who: str) -> None:
    """What the programme has given a child of this age."""
    born = b.citizen.born
    for age, code, dose, since in PROGRAMME:
        ago = (b.today - born).days - age
        if ago >= 0 and born.year >= since:
            vaccine(b, code, ago, who, dose)


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
