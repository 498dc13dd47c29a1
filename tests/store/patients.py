"""A small record to search in: two patients, their observations and stays, an organisation; and how to ask for it."""

import pytest

from akson.fhir.extract import extract
from akson.fhir.search_parse import parse
from akson.store.record import resources
from akson.store.scope import NODE
from akson.store.search.statements import search

FNR = "urn:oid:2.16.578.1.12.4.1.4.1"
UCUM = {"system": "http://unitsofmeasure.org", "code": "mm[Hg]", "unit": "mmHg"}


def _code(code, display):
    return {"coding": [{"system": "http://loinc.org", "code": code, "display": display}]}


def _patient(identity, **rest):
    return {"resourceType": "Patient", "id": identity} | rest


def _observation(identity, patient, **rest):
    subject = {"subject": {"reference": f"Patient/{patient}"}} if patient else {}
    return {"resourceType": "Observation", "id": identity, "status": "final"} | subject | rest


RECORD = [
    {"resourceType": "Organization", "id": "g1", "name": "Solvik legesenter"},
    _patient(
        "p1",
        active=True,
        gender="female",
        birthDate="1950-01-13",
        identifier=[{"system": FNR, "value": "13815012345"}],
        name=[{"family": "Sørensen", "given": ["Kari", "Åse"]}],
        generalPractitioner=[{"reference": "Organization/g1"}],
    ),
    _patient(
        "p2",
        gender="male",
        birthDate="1981-02-03",
        name=[{"family": "Aas", "given": ["Ola"]}],
        meta={
            "security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}]
        },
    ),
    {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": "Patient/p1"},
        "period": {"start": "2024-05-01", "end": "2024-05-03"},
    },
    {
        "resourceType": "Encounter",
        "id": "e2",
        "status": "in-progress",
        "class": {"code": "IMP"},
        "subject": {"reference": "Patient/p2"},
        "period": {"start": "2024-06-01"},
    },
    _observation(
        "o1",
        "p1",
        code=_code("8480-6", "Systolic blood pressure"),
        effectiveDateTime="2024-05-01T10:00:00Z",
        valueQuantity={"value": 120} | UCUM,
        encounter={"reference": "Encounter/e1"},
    ),
    _observation(
        "o2",
        "p1",
        status="preliminary",
        code=_code("8480-6", "Systolic blood pressure"),
        effectiveDateTime="2024-05-02T10:00:00Z",
        valueQuantity={"value": 135} | UCUM,
    ),
    _observation(
        "o3",
        "p2",
        code=_code("8867-4", "Heart rate"),
        effectiveDateTime="2024-06-02",
        valueQuantity={"value": 70, "system": "http://unitsofmeasure.org", "code": "/min", "unit": "/min"},
    ),
    _observation(
        "o4",
        None,
        subject={
            "reference": "http://elsewhere/fhir/Patient/p1",
            "identifier": {"system": FNR, "value": "13815012345"},
        },
    ),
    {
        "resourceType": "RiskAssessment",
        "id": "r1",
        "status": "final",
        "subject": {"reference": "Patient/p1"},
        "prediction": [{"probabilityDecimal": 0.8}],
    },
    {"resourceType": "ValueSet", "id": "v1", "status": "active", "url": "http://example.org/vs/a"},
]


async def load(tx):
    """Write the whole record."""
    for resource in RECORD:
        await resources.create(tx, resource, extract(resource))


def query(kind, *pairs):
    """A search as it stands in an address: `name=value`, several times."""
    return parse(kind, [tuple(pair.split("=", 1)) for pair in pairs], base="http://localhost/fhir")


async def found(tx, kind, *pairs, scope=NODE):
    """Ids of what a search finds."""
    return sorted(match.id for match in (await search(tx, scope, query(kind, *pairs))).matches)


async def check(tx, cases):
    """Each search, (type, name=value, ...), finds the ids that stand beside it, or is refused with that error."""
    for (kind, *pairs), expected in cases.items():
        if isinstance(expected, list):
            assert await found(tx, kind, *pairs) == expected, (kind, pairs)
        else:
            with pytest.raises(expected):
                await found(tx, kind, *pairs)
