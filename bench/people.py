"""Invented records of any number of patients, as NDJSON: the same thousand over and over with shifted ids.

Fifteen resources a patient, so that sixty-four thousand patients are a million resources.
"""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

Json = dict[str, Any]

EACH = 15
BASE = 1000
"""After so many patients the values come again."""
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
TERMS = "http://terminology.hl7.org/CodeSystem"
FAMILIES = ("Haugen", "Berg", "Lunde", "Nilsen", "Lie", "Fjeld", "Aas", "Holm", "Dahl", "Moen")
GIVEN = ("Ingrid", "Olav", "Kari", "Per", "Astrid", "Thomas", "Eva", "Nils", "Hanne", "Jonas")
CITIES = ("Solvik", "Fjellheim", "Nordvik", "Sundet", "Dalen")
LABS = (
    ("2339-0", "Glucose", 90, "mg/dL"),
    ("4548-4", "HbA1c", 6, "%"),
    ("2093-3", "Cholesterol", 180, "mg/dL"),
)
PROBLEMS = ("38341003", "73211009", "195967001", "13645005", "49436004")


def write(folder: Path, patients: int) -> list[Path]:
    """One file a type."""
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, Any] = {}
    for number in range(patients):
        for resource in record(number):
            kind = resource["resourceType"]
            if kind not in files:
                files[kind] = (folder / f"{kind}.ndjson").open("wb")
            files[kind].write(orjson.dumps(resource) + b"\n")
    for file in files.values():
        file.close()
    return sorted(folder.glob("*.ndjson"))


def record(number: int) -> Iterator[Json]:
    """Everything of one patient."""
    chance = random.Random(number % BASE)
    subject = {"reference": f"Patient/p{number}"}
    yield _patient(number, chance)
    for visit in range(2):
        day = f"20{chance.randint(10, 25)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        encounter = f"e{number}-{visit}"
        yield {
            "resourceType": "Encounter",
            "id": encounter,
            "status": chance.choice(["finished", "finished", "finished", "in-progress"]),
            "class": {"system": f"{TERMS}/v3-ActCode", "code": chance.choice(["AMB", "AMB", "EMER", "IMP"])},
            "subject": subject,
            "period": {"start": f"{day}T08:00:00Z", "end": f"{day}T09:00:00Z"},
        }
        for place in range(4):
            made = _pressure(chance) if place == 0 else _value(chance, place)
            yield made | {
                "id": f"o{number}-{visit}-{place}",
                "subject": subject,
                "encounter": {"reference": f"Encounter/{encounter}"},
                "effectiveDateTime": f"{day}T08:{10 + place}:00Z",
            }
    for place in range(2):
        yield {
            "resourceType": "Condition",
            "id": f"c{number}-{place}",
            "clinicalStatus": _concept(
                f"{TERMS}/condition-clinical", chance.choice(["active", "resolved"]), ""
            ),
            "code": _concept("http://snomed.info/sct", chance.choice(PROBLEMS), "Problem"),
            "subject": subject,
            "onsetDateTime": f"20{chance.randint(10, 25)}-01-01",
        }
    for place in range(2):
        yield {
            "resourceType": "MedicationRequest",
            "id": f"m{number}-{place}",
            "status": "active",
            "intent": "order",
            "medicationCodeableConcept": _concept(
                "http://www.whocc.no/atc", f"C07AB0{place + 2}", "Medicine"
            ),
            "subject": subject,
            "authoredOn": f"20{chance.randint(10, 25)}-06-01",
        }


def _concept(system: str, code: str, text: str) -> Json:
    return {"coding": [{"system": system, "code": code} | ({"display": text} if text else {})]}


def _patient(number: int, chance: random.Random) -> Json:
    return {
        "resourceType": "Patient",
        "id": f"p{number}",
        "identifier": [{"system": "http://example.org/mrn", "value": f"mrn-{number}"}],
        "name": [{"family": f"{chance.choice(FAMILIES)}", "given": [chance.choice(GIVEN)]}],
        "gender": chance.choice(["female", "male"]),
        "birthDate": f"19{chance.randint(20, 99)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
        "address": [{"line": [f"Veien {number % 90}"], "city": chance.choice(CITIES), "postalCode": "5000"}],
    }


def _observation(category: str, code: str, text: str) -> Json:
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [_concept(f"{TERMS}/observation-category", category, "")],
        "code": _concept(LOINC, code, text),
    }


def _amount(value: float, unit: str) -> Json:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def _pressure(chance: random.Random) -> Json:
    parts = (("8480-6", chance.randint(100, 170)), ("8462-4", chance.randint(55, 100)))
    return _observation("vital-signs", "85354-9", "Blood pressure") | {
        "component": [
            {"code": _concept(LOINC, code, "Pressure"), "valueQuantity": _amount(value, "mm[Hg]")}
            for code, value in parts
        ]
    }


def _value(chance: random.Random, place: int) -> Json:
    if place == 1:
        return _observation("vital-signs", "29463-7", "Body weight") | {
            "valueQuantity": _amount(round(chance.uniform(45, 120), 1), "kg")
        }
    code, text, middle, unit = chance.choice(LABS)
    return _observation("laboratory", code, text) | {
        "valueQuantity": _amount(round(chance.uniform(middle * 0.6, middle * 1.6), 1), unit)
    }
