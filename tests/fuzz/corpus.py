"""What is made bad: good resources, the official examples among them where they stand beside the project."""

import random
import tarfile
from functools import cache

from akson.fhir import strict_json, xml
from akson.fhir.model import Resource
from tests.shared import ROOT

SMALL = 6_000
"""Bytes up to which an example is used: small ones are changed where it matters more often."""
SEEDS: list[Resource] = [
    {
        "resourceType": "Patient",
        "id": "p",
        "meta": {"tag": [{"system": "urn:t", "code": "x"}]},
        "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml"><p>Kari</p></div>'},
        "identifier": [{"system": "urn:x", "value": "1"}],
        "name": [
            {"use": "official", "family": "Ås", "given": ["Kari", "Anne"], "_given": [None, {"id": "g"}]}
        ],
        "birthDate": "1974-12-25",
        "_birthDate": {"extension": [{"url": "urn:e", "valueDateTime": "1974-12-25T14:35:45-05:00"}]},
        "deceasedBoolean": False,
        "multipleBirthInteger": 2,
        "managingOrganization": {"reference": "Organization/o"},
        "contact": [{"telecom": [{"system": "phone", "value": "22 22 55 55", "rank": 1}]}],
    },
    {
        "resourceType": "Observation",
        "id": "o",
        "contained": [{"resourceType": "Device", "id": "d", "status": "active"}],
        "status": "final",
        "category": [{"coding": [{"system": "urn:c", "code": "vital-signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "8310-5"}], "text": "temp"},
        "subject": {"reference": "Patient/p", "display": "Kari"},
        "device": {"reference": "#d"},
        "effectiveDateTime": "2024-05-01T10:00:00.123+02:00",
        "valueQuantity": {"value": 37.50, "unit": "C", "system": "http://unitsofmeasure.org", "code": "Cel"},
        "component": [{"code": {"text": "a"}, "valueRatio": {"numerator": {"value": 1e3}}}],
    },
    {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "fullUrl": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
                "resource": {"resourceType": "Patient", "active": True},
                "request": {"method": "POST", "url": "Patient", "ifNoneExist": "identifier=urn:x|1"},
            },
            {"request": {"method": "GET", "url": "Patient?name=a"}},
            {
                "resource": {"resourceType": "Basic", "id": "b", "code": {"text": "x"}},
                "request": {"method": "PUT", "url": "Basic/b", "ifMatch": 'W/"1"'},
            },
            {"request": {"method": "DELETE", "url": "Basic/c"}},
        ],
    },
    {
        "resourceType": "Questionnaire",
        "status": "draft",
        "url": "http://example.org/q",
        "item": [{"linkId": "1", "type": "group", "item": [{"linkId": "1.1", "type": "decimal"}]}],
    },
    {
        "resourceType": "SearchParameter",
        "url": "http://example.org/sp",
        "name": "sp",
        "status": "active",
        "description": "d",
        "code": "sp",
        "base": ["Patient"],
        "type": "token",
        "expression": "Patient.extension.value.ofType(Coding)",
    },
    {
        "resourceType": "ValueSet",
        "status": "active",
        "compose": {
            "include": [{"system": "urn:c", "filter": [{"property": "a", "op": "regex", "value": "(a+)+"}]}]
        },
    },
    {"resourceType": "Binary", "contentType": "text/plain", "data": "aGVp"},
]
_EXAMPLES = "data/fhir-r4/hl7.fhir.r4.examples-4.0.1-instances.tar.xz"


@cache
def resources() -> tuple[Resource, ...]:
    """Good resources."""
    found = list(SEEDS)
    path = next(
        (
            p
            for p in (ROOT.parent / "shared" / _EXAMPLES, ROOT.parent.parent / "shared" / _EXAMPLES)
            if p.exists()
        ),
        None,
    )
    if path is not None:
        with tarfile.open(path, mode="r:xz") as archive:
            members = [member for member in archive if member.name.endswith(".json") and member.size < SMALL]
            for member in random.Random(1).sample(members, 120):
                file = archive.extractfile(member)
                if file is not None:
                    found.append(strict_json.loads(file.read()))
    return tuple(found)


@cache
def bodies() -> tuple[bytes, ...]:
    """The same as JSON."""
    return tuple(strict_json.dumps(resource) for resource in resources())


@cache
def documents() -> tuple[bytes, ...]:
    """The same as XML."""
    return tuple(xml.dumps(resource) for resource in resources())
