"""What is outside the scope is as if it were not there, whichever way a search goes: it neither shows nor can be told."""

import pytest

from akson.fhir.extract import extract
from akson.store.record import resources
from akson.store.record.resources import Write
from akson.store.scope import NODE, AnyOf, OfPatients, Scope, WithoutPatient
from akson.store.search.statements import search
from tests.store.patients import query

MINE = Scope(AnyOf((OfPatients(frozenset({"p1"})), WithoutPatient())), "reason.test")


def refer(target):
    return {"reference": target}


def record(people):
    """Patients in the same places, their stays, measurements and lists."""
    made = [
        {"resourceType": "Organization", "id": "g1", "name": "Solvik"},
        {
            "resourceType": "Location",
            "id": "house",
            "name": "House",
            "position": {"latitude": 60, "longitude": 5},
        },
        {"resourceType": "Location", "id": "room", "partOf": refer("Location/house")},
    ]
    for key in people:
        subject = refer(f"Patient/{key}")
        made += [
            {
                "resourceType": "Patient",
                "id": key,
                "name": [{"family": f"Navn {key}"}],
                "birthDate": f"198{key[1]}-01-01",
                "generalPractitioner": [refer("Organization/g1")],
                "link": [{"other": refer("Patient/p1"), "type": "seealso"}],
            },
            {
                "resourceType": "Encounter",
                "id": f"e{key}",
                "status": "finished",
                "class": {"code": "AMB"},
                "subject": subject,
                "location": [{"location": refer("Location/room")}],
                "period": {"start": f"202{key[1]}-01-01"},
            },
            {
                "resourceType": "Observation",
                "id": f"o{key}",
                "status": "final",
                "code": {"coding": [{"system": "http://loinc.org", "code": "a"}]},
                "subject": subject,
                "encounter": refer(f"Encounter/e{key}"),
                "valueQuantity": {"value": int(key[1]), "code": "g", "system": "http://unitsofmeasure.org"},
            },
        ]
    return made


SEARCHES = [
    ("Patient",),
    ("Patient", "name=navn"),
    ("Patient", "name:contains=vn"),
    ("Patient", "_sort=-birthdate"),
    ("Patient", "_sort=general-practitioner,-_id"),
    ("Patient", "_has:Observation:patient:code=a"),
    ("Patient", "_has:Patient:link:family=navn"),
    ("Patient", "_has:Encounter:subject:_has:Observation:encounter:code=a"),
    ("Patient", "general-practitioner.name=solvik", "_include=Patient:general-practitioner"),
    ("Patient", "_id=p1", "_revinclude=Patient:link"),
    ("Patient", "_id=p1", "_revinclude=*"),
    ("Patient", "_id=p1", "_revinclude:iterate=Encounter:subject", "_revinclude:iterate=Observation:encounter"),
    ("Patient", "link.family=navn"),
    ("Patient", "_filter=family sw navn or birthdate gt 1970"),
    ("Patient", '_filter=not (link[birthdate gt 1970].family co "p2")'),
    ("Organization", "_has:Patient:general-practitioner:family=navn p2"),
    ("Organization", "_has:Patient:general-practitioner:birthdate=gt1981", "_revinclude=Patient:general-practitioner"),
    ("Organization", "_revinclude=Patient:general-practitioner"),
    ("Location", "near=60|5|1|km", "_revinclude:iterate=Location:partof", "_revinclude:iterate=Encounter:location"),
    ("Location", "_has:Encounter:location:date=ge2022"),
    ("Encounter", "location:below=Location/house"),
    ("Encounter", "subject.name=navn"),
    ("Encounter", "date=ge2000", "_sort=-date"),
    ("Observation", "value-quantity=gt0|http://unitsofmeasure.org|mg"),
    ("Observation", "code=a", "_include=*", "_include:iterate=Encounter:location", "_include:iterate=Location:partof"),
    ("Observation", "encounter.location:below=Location/house"),
    ("Observation", "patient:missing=false"),
    ("",),
]  # fmt: skip


async def seen(tx, scope, pairs):
    kind, *rest = pairs
    page = await search(tx, scope, query(kind, *rest, "_total=accurate"))
    included = sorted(each.reference for each in page.included)
    matched = [each.reference for each in page.matches]
    return (
        (matched if any(pair.startswith("_sort") for pair in rest) else sorted(matched)),
        included,
        page.total,
    )


async def fill(tx, people):
    await resources.write_many(
        tx, [Write(each["resourceType"], each["id"], each, extract(each)) for each in record(people)]
    )


@pytest.fixture
async def both(database):
    """What each search finds inside the scope among all, and what it finds where the others never were."""
    found = []
    for people, scope in ((("p1", "p2", "p3"), MINE), (("p1",), NODE)):
        async with database.transaction() as tx:
            await fill(tx, people)
            found.append({pairs: await seen(tx, scope, pairs) for pairs in SEARCHES})
            await tx.execute("delete from resource")
            for table in ("idx_token", "idx_ref", "idx_date", "idx_qty", "idx_string", "idx_composite"):
                await tx.execute(f"delete from {table}")
    return found


async def test_hidden_and_absent_are_the_same_on_every_way(both):
    among_others, alone = both
    assert among_others == alone
    assert sum(1 for matched, _, _ in alone.values() if matched) > len(SEARCHES) // 2
