"""Care relations follow from what is documented, and end with it."""

from datetime import UTC, datetime, timedelta

import pytest

from akson.kit.clock import now
from akson.record.relations import AFTERCARE, REFERRED, relations_of

UNIT = "Organization/nord"
TODAY = now().replace(hour=0, minute=0, second=0, microsecond=0)
SOON = TODAY + timedelta(days=1) + AFTERCARE


def ref(reference):
    return {"reference": reference}


def day(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def episode(status, **period):
    return {
        "resourceType": "EpisodeOfCare", "id": "e", "status": status, "patient": ref("Patient/p"),
        "managingOrganization": ref(UNIT), "period": period,
    }  # fmt: skip


def encounter(status, **period):
    return {
        "resourceType": "Encounter", "id": "e", "status": status, "subject": ref("Patient/p"),
        "serviceProvider": ref(UNIT), "period": period,
    }  # fmt: skip


def request(status, **more):
    return {
        "resourceType": "ServiceRequest", "id": "s", "status": status, "subject": ref("Patient/p"),
        "performer": [ref(UNIT)],
    } | more  # fmt: skip


@pytest.mark.parametrize(
    ("resource", "held"),
    [
        (episode("active", start="2024-01-01"), (day("2024-01-01"), None)),
        (episode("finished", start="2024-01-01", end="2024-02-01"), (day("2024-01-01"), day("2024-03-03"))),
        (episode("finished", start="2024-01-01"), (day("2024-01-01"), SOON)),
        (episode("cancelled"), None),
        (episode("entered-in-error"), None),
        (encounter("in-progress", start="2024-01"), (day("2024-01-01"), None)),
        (encounter("finished"), (None, SOON)),
        (encounter("cancelled"), None),
        (request("active", authoredOn="2024-01-01"), (day("2024-01-01"), day("2024-01-01") + REFERRED)),
        (request("active"), (None, TODAY + timedelta(days=1) + REFERRED)),
        (
            request("active", authoredOn="2024-01-01", occurrencePeriod={"end": "2030-01-01"}),
            (day("2024-01-01"), day("2030-01-02") + AFTERCARE),
        ),
        (request("completed", authoredOn=TODAY.date().isoformat()), (TODAY, SOON)),
        (request("revoked", authoredOn=TODAY.date().isoformat()), (TODAY, SOON)),
        (request("completed", authoredOn="2020-01-01"), (day("2020-01-01"), day("2020-01-01") + REFERRED)),
        (request("draft"), None),
        (request("entered-in-error"), None),
    ],
)
def test_a_relation_ends_with_what_makes_it(resource, held):
    found = relations_of(resource)
    assert [(each.patient, each.party, each.low, each.high) for each in found] == (
        [("p", UNIT, *held)] if held else []
    )


def test_a_member_of_a_team_is_one_in_the_own_time():
    team = {
        "resourceType": "CareTeam", "id": "t", "status": "active", "subject": ref("Patient/p"),
        "period": {"start": "2024-01-01"}, "managingOrganization": [ref(UNIT)],
        "participant": [
            {"member": ref("Practitioner/a"), "period": {"start": "2023-01-01", "end": "2024-02-01"}},
            {"member": ref("RelatedPerson/m")},
        ],
    }  # fmt: skip
    assert [(each.party, each.low, each.high) for each in relations_of(team)] == [
        (UNIT, day("2024-01-01"), None),
        ("Practitioner/a", day("2024-01-01"), day("2024-02-02") + AFTERCARE),
    ]
    assert relations_of(team | {"status": "inactive"}) == []


def test_an_appointment_is_with_all_its_patients():
    actors = ["Patient/p", "Practitioner/a", "Patient/q", "Location/room", "Patient/p"]
    appointment = {
        "resourceType": "Appointment", "id": "a", "status": "booked", "start": "2024-05-01T10:00:00Z",
        "participant": [{"actor": ref(actor)} for actor in actors],
    }  # fmt: skip
    found = relations_of(appointment)
    assert [(each.patient, each.party) for each in found] == [
        ("p", "Practitioner/a"),
        ("q", "Practitioner/a"),
    ]
    assert found[0].high == datetime(2024, 5, 1, 10, tzinfo=UTC) + AFTERCARE
    assert relations_of(appointment | {"status": "noshow"}) == []
