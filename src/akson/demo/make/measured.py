"""Measurements: vital signs, laboratory results, scores."""

from typing import NamedTuple

from akson.demo.book import Book
from akson.fhir.model import Resource, coding

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
OWN_SCORES = "https://akson.example/fhir/CodeSystem/skaar"
"""Scores without a code that we are sure of."""


class Kind(NamedTuple):
    """What is measured: category, system, code, name and UCUM unit (with how people write it, where that differs)."""

    category: str
    system: str
    code: str
    display: str
    unit: str
    shown: str = ""


KINDS = {
    "pulse": Kind("vital-signs", LOINC, "8867-4", "Puls", "/min", "slag/min"),
    "respiration": Kind("vital-signs", LOINC, "9279-1", "Respirasjonsfrekvens", "/min"),
    "saturation": Kind("vital-signs", LOINC, "2708-6", "Oksygenmetning (SpO₂)", "%"),
    "temperature": Kind("vital-signs", LOINC, "8310-5", "Temperatur", "Cel", "°C"),
    "weight": Kind("vital-signs", LOINC, "29463-7", "Vekt", "kg"),
    "height": Kind("vital-signs", LOINC, "8302-2", "Høyde", "cm"),
    "head": Kind("vital-signs", LOINC, "9843-4", "Hodeomkrets", "cm"),
    "bmi": Kind("vital-signs", LOINC, "39156-5", "Kroppsmasseindeks", "kg/m2", "kg/m²"),
    "news2": Kind("survey", SNOMED, "1104051000000101", "NEWS2", "{score}", "poeng"),
    "barthel": Kind("survey", LOINC, "96761-2", "Barthel-indeks", "{score}", "poeng"),
    "mrs": Kind("survey", LOINC, "75859-9", "Modifisert Rankin-skala", "{score}", "poeng"),
    "mmse": Kind("survey", LOINC, "72106-8", "MMSE", "{score}", "poeng"),
    "cat": Kind("survey", OWN_SCORES, "cat", "CAT, symptomer ved KOLS", "{score}", "poeng"),
    "madrs": Kind("survey", OWN_SCORES, "madrs", "MADRS", "{score}", "poeng"),
    "mfq": Kind("survey", OWN_SCORES, "mfq", "MFQ, kortversjon", "{score}", "poeng"),
    "fev1": Kind("procedure", LOINC, "20150-9", "FEV1", "L"),
    "fvc": Kind("procedure", LOINC, "19868-9", "FVC", "L"),
    "fev1_fvc": Kind("procedure", LOINC, "19926-5", "FEV1/FVC", "%"),
    "fundus": Kind("exam", LOINC, "11881-0", "Symfyse-fundus-mål", "cm"),
    "hba1c": Kind("laboratory", LOINC, "59261-8", "HbA1c", "mmol/mol"),
    "glucose": Kind("laboratory", LOINC, "15074-8", "Glukose", "mmol/L"),
    "haemoglobin": Kind("laboratory", LOINC, "718-7", "Hemoglobin", "g/dL"),
    "crp": Kind("laboratory", LOINC, "1988-5", "CRP", "mg/L"),
    "creatinine": Kind("laboratory", LOINC, "14682-9", "Kreatinin", "umol/L", "µmol/L"),
    "egfr": Kind("laboratory", LOINC, "62238-1", "eGFR", "mL/min/{1.73_m2}", "ml/min/1,73 m²"),
    "ldl": Kind("laboratory", LOINC, "22748-8", "LDL-kolesterol", "mmol/L"),
    "tsh": Kind("laboratory", LOINC, "3016-3", "TSH", "m[IU]/L", "mIE/l"),
    "neutrophils": Kind("laboratory", LOINC, "751-8", "Nøytrofile", "10*9/L", "10⁹/l"),
    "lithium": Kind("laboratory", LOINC, "14334-7", "Litium", "mmol/L"),
}
"""What the demo measures, by the name that the tables use."""


RANGES: dict[str, tuple[float | None, float]] = {"crp": (None, 5), "hba1c": (20, 42), "tsh": (0.5, 3.6)}
"""What the laboratories of the demo give as usual, where they give anything."""


def _quantity(kind: Kind, value: float) -> Resource:
    return {"value": value, "unit": kind.shown or kind.unit, "system": UCUM, "code": kind.unit}


def _observation(b: Book, kind: Kind, moment: str, who: str) -> Resource:
    return {
        "status": "final",
        "category": [{"coding": [coding(CATEGORY, kind.category)]}],
        "code": {"coding": [coding(kind.system, kind.code, kind.display)], "text": kind.display},
        "subject": b.patient,
        "effectiveDateTime": moment,
        "performer": [b.patient if who == "self" else b.staff(who)],
    }


def measured(b: Book, name: str, value: float, moment: str, who: str) -> Resource:
    """One value of a kind in KINDS. `who` is "self" for what the citizen measured at home."""
    kind = KINDS[name]
    content = _observation(b, kind, moment, who) | {"valueQuantity": _quantity(kind, value)}
    if name in RANGES:
        low, high = RANGES[name]
        ends = {"high": _quantity(kind, high)} | ({} if low is None else {"low": _quantity(kind, low)})
        content["referenceRange"] = [ends]
    return b.add("Observation", f"{kind.code}/{moment}", content)


def blood_pressure(b: Book, upper: int, lower: int, moment: str, who: str) -> Resource:
    """Systolic and diastolic pressure in mmHg, as one observation."""
    pressure = Kind("vital-signs", LOINC, "85354-9", "Blodtrykk", "mm[Hg]", "mmHg")
    parts = (("8480-6", "Systolisk", upper), ("8462-4", "Diastolisk", lower))
    components = [
        {
            "code": {"coding": [coding(LOINC, code, name)], "text": name},
            "valueQuantity": _quantity(pressure, value),
        }
        for code, name, value in parts
    ]
    content = _observation(b, pressure, moment, who) | {"component": components}
    return b.add("Observation", f"{pressure.code}/{moment}", content)


def vitals(b: Book, moment: str, who: str, pressure: tuple[int, int], **values: float) -> None:
    """Several values of one visit; the names are those of KINDS."""
    blood_pressure(b, *pressure, moment, who)
    for name, value in values.items():
        measured(b, name, value, moment, who)
