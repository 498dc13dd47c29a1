"""Who treats a patient may hand on; nobody gets access to a person by writing about the person."""

from dataclasses import replace

import pytest

from akson.kit.errors import NotFound
from akson.kit.norwegian import FNR
from akson.record import gate
from akson.record.context import NODE_ITSELF, opened
from akson.record.refused import Refused
from akson.security.actor import Actor, Kind
from akson.store.access import relations
from tests.record.making import NURSE, with_two_patients

pytestmark = pytest.mark.store

NORD = {"reference": "Organization/nord"}
PER = {"resourceType": "Patient", "id": "per"}


def numbered(patient, number):
    made = {"resourceType": "Patient", "identifier": [{"system": FNR, "value": number}]}
    return made | {"id": patient} if patient else made


@pytest.fixture
async def place(database):
    return await with_two_patients(database)


async def parties(place, patient):
    async with place.database.transaction() as tx:
        return {each.party for each in await relations.of_patient(tx, patient)}


@pytest.mark.parametrize(
    "resource",
    [
        PER | {"generalPractitioner": [{"reference": "Practitioner/h"}]},
        PER | {"generalPractitioner": [NORD]},
        PER | {"managingOrganization": NORD},
        PER | {"generalPractitioner": [{"reference": "Organization/friends"}]},
        numbered("", "13815012345") | {"managingOrganization": NORD},
        {
            "resourceType": "Appointment",
            "status": "booked",
            "start": "2026-01-01T10:00:00Z",
            "participant": [
                {"actor": {"reference": name}, "status": "accepted"}
                for name in ("Patient/ingrid", "Patient/per", "Practitioner/h")
            ],
        },
    ],
)
async def test_nobody_gets_a_relation_by_writing_it(place, resource):
    with pytest.raises(Refused) as refused:
        async with opened(place, NURSE) as ctx:
            await (gate.update if resource.get("id") else gate.create)(ctx, resource)
    assert refused.value.reason == "reason.own_relation"
    assert await parties(place, "per") == set()
    async with place.database.transaction() as tx:
        assert await tx.one("select count(*) from care_relation where ended is null") == (1,)
    assert (refused.value.audit.granted, refused.value.audit.type) == (False, resource["resourceType"])


async def test_who_treats_hands_on_and_registers_write_who_the_regular_gp_is(place):
    async with opened(place, NURSE) as ctx:
        gp = [{"reference": "Practitioner/gp"}]
        await gate.update(ctx, {"resourceType": "Patient", "id": "ingrid", "generalPractitioner": gp})
    assert "Practitioner/gp" in await parties(place, "ingrid")
    async with opened(place, NODE_ITSELF) as ctx:
        await gate.update(ctx, PER | {"managingOrganization": NORD})
    async with opened(place, NURSE) as ctx:  # what stands already is not made by who writes something else
        await gate.update(ctx, PER | {"managingOrganization": NORD, "gender": "male"})
    assert await parties(place, "per") == {"Organization/nord"}


async def test_what_is_written_in_an_emergency_makes_no_relation(place):
    helping = replace(NURSE, opened=frozenset({"per"}))
    encounter = {
        "resourceType": "Encounter",
        "status": "in-progress",
        "class": {"code": "EMER"},
        "subject": {"reference": "Patient/per"},
        "serviceProvider": NORD,
    }
    async with opened(place, helping) as ctx:
        made = (await gate.create(ctx, encounter)).stored.id
        assert (await gate.read(ctx, "Encounter", made)).id == made
    assert await parties(place, "per") == set()
    with pytest.raises(NotFound):
        async with opened(place, NURSE) as ctx:
            await gate.read(ctx, "Encounter", made)


async def test_a_patient_does_not_become_somebody_else(place):
    async with opened(place, NURSE) as ctx:
        await gate.update(ctx, numbered("ingrid", "05815112345"))
    for changed in (numbered("ingrid", "13815012345"), {"resourceType": "Patient", "id": "ingrid"}):
        with pytest.raises(Refused) as refused:
            async with opened(place, NURSE) as ctx:
                await gate.update(ctx, changed)
        assert refused.value.reason == "reason.other_person"
    async with opened(place, Actor(Kind.NODE)) as ctx:
        await gate.update(ctx, numbered("ingrid", "13815012345"))


async def test_a_service_that_is_over_or_deleted_opens_nothing_more(place):
    assert await parties(place, "ingrid") == {"Organization/nord"}
    async with opened(place, NODE_ITSELF) as ctx:
        await gate.delete(ctx, "EpisodeOfCare", "e")
    assert await parties(place, "ingrid") == set()
    made = {"resourceType": "Condition", "subject": {"reference": "Patient/ingrid"}}
    with pytest.raises(Refused):
        async with opened(place, NURSE) as ctx:
            await gate.create(ctx, made)
