"""What a proven identity is on a node: a system administers only where its token says so, of this very node."""

from datetime import date, timedelta

import pytest

from akson.demo.nodes import nodes
from akson.exchange.edge.share import patient_reference
from akson.fhir.precision import covers
from akson.fhir.search_parse import parse
from akson.kit.clock import now
from akson.kit.norwegian import DNR, FNR, HPR, ORGANIZATION, IdKind, Sex, make
from akson.record import gate
from akson.record.attest import attest
from akson.record.authorizations import CATEGORY as AUTHORIZATION
from akson.record.context import NODE_ITSELF, Place, opened
from akson.record.people import People
from akson.security import app_scopes
from akson.security.actor import Action, AppRights, Kind, Purpose
from akson.security.caller import Caller
from akson.security.policy import Refusal, decide
from akson.security.roles import ROLE_SYSTEM
from akson.store.access import mirror
from akson.web.ehr.search import criteria

pytestmark = pytest.mark.store


@pytest.mark.parametrize(
    ("scopes", "administers"),
    [
        ({"akson:journal/fhir"}, False),
        ({"akson:journal/fhir", "akson:sykehus/admin"}, False),
        ({"akson:journal/fhir", "akson:journal/admin"}, True),
    ],
)
async def test_a_system_administers_a_node_with_the_scope_of_that_node(database, scopes, administers):
    node = next(each for each in nodes("http://localhost:8000") if each.name == "journal")
    caller = Caller("drift", organization="100000009", scopes=frozenset(scopes))
    actor = await People(Place(node, database)).find_actor(caller)
    assert actor is not None
    assert actor.administers is administers


async def test_somebody_with_a_d_number_is_known_by_it(database):
    """Who stays for a time has no other number, and the same rights."""
    node = next(each for each in nodes("http://localhost:8000") if each.name == "journal")
    place, number = Place(node, database), make(date(1950, 3, 14), Sex.FEMALE, kind=IdKind.DNR)
    async with opened(place, NODE_ITSELF) as ctx:
        identified = {"resourceType": "Patient", "id": "i", "identifier": [{"system": DNR, "value": number}]}
        await gate.update(ctx, identified)
    caller = Caller("app", organization="100000009", pid=number, surface="/innbygger")
    actor = await People(place).find_actor(caller)
    assert (actor.kind, actor.patient) == (Kind.CITIZEN, "i")
    (named,) = attest(actor, node, number, Purpose.TREATMENT, "d")["patients"]
    assert named["identifier"] == {"id": number, "system": DNR}
    assert criteria(number) == [("identifier", f"{DNR}|{number}")]
    assert patient_reference(number) == f"Patient?identifier={DNR}|{number}"


async def test_a_service_sees_no_record_before_the_node_has_heard_what_is_closed(database):
    """It reads by itself, and whole: what nobody has heard of yet would be open to it."""
    node = next(each for each in nodes("http://localhost:8000") if each.name == "journal")
    people = People(Place(node, database, follows=True))
    scopes, _ = app_scopes.read("system/*.rs")
    caller = Caller("app", organization="100000009", app=AppRights("app", "App", scopes))

    async def decided(kind):
        return decide(await people.find_actor(caller), Action.SEARCH, kind, Purpose.TREATMENT)

    assert await decided("Observation") == Refusal("reason.rules_unknown")
    assert not isinstance(await decided("Organization"), Refusal)
    async with database.transaction() as tx:
        await mirror.follow(tx, "1.1", whole=True)
    assert not isinstance(await decided("Observation"), Refusal)


@pytest.mark.parametrize(("surface", "client"), [("", "app"), ("/innbygger", "")])
async def test_a_citizen_who_comes_through_a_system_is_known_with_it(database, surface, client):
    node = next(each for each in nodes("http://localhost:8000") if each.name == "journal")
    place = Place(node, database)
    async with opened(place, NODE_ITSELF) as ctx:
        number = make(date(1950, 3, 14), Sex.FEMALE)
        identified = {"resourceType": "Patient", "id": "i", "identifier": [{"system": FNR, "value": number}]}
        await gate.update(ctx, identified)
    caller = Caller("app", organization="100000009", pid=number, surface=surface)
    actor = await People(place).find_actor(caller)
    assert (actor.kind, actor.patient, actor.client_id) == (Kind.CITIZEN, "i", client)


HPR_NUMBER = "9144900"
YESTERDAY, TOMORROW = ((now() + timedelta(days=days)).date().isoformat() for days in (-1, 1))


def unit(key, above="", number=""):
    content = {"resourceType": "Organization", "id": key, "name": key}
    content |= {"partOf": {"reference": f"Organization/{above}"}} if above else {}
    return content | ({"identifier": [{"system": ORGANIZATION, "value": number}]} if number else {})


def staff(**more):
    authorised = {"coding": [{"system": AUTHORIZATION, "code": "SP"}]}
    return {
        "resourceType": "Practitioner",
        "id": "h",
        "active": True,
        "identifier": [{"system": HPR, "value": HPR_NUMBER}],
        "qualification": [{"code": authorised}],
    } | more


def post(**more):
    return {
        "resourceType": "PractitionerRole",
        "id": "r",
        "active": True,
        "practitioner": {"reference": "Practitioner/h"},
        "organization": {"reference": "Organization/team"},
        "code": [{"coding": [{"system": ROLE_SYSTEM, "code": "hjemmesykepleier"}]}],
    } | more


async def at_work(database, *resources, role="PractitionerRole/r"):
    """What the nurse is on the node in a role, with these resources changed."""
    place = Place(next(each for each in nodes("http://localhost:8000") if each.name == "journal"), database)
    units = [unit("owner", number="100000009"), unit("area", "owner", "100000017"), unit("team", "area")]
    async with opened(place, NODE_ITSELF) as ctx:
        for resource in [*units, staff(), post(), *resources]:
            await gate.update(ctx, resource)
    caller = Caller(
        "akson", pid="05815112345", hpr=HPR_NUMBER, assurance=4, surface="/hjemmetjeneste", role=role
    )
    return await People(place).find_actor(caller)


async def test_personnel_are_of_their_unit_and_those_above_it_below_the_owner(database):
    actor = await at_work(database)
    assert (actor.units, actor.above) == ({"Organization/team"}, {"Organization/area"})
    assert (actor.unit_number, actor.unit_numbers) == ("100000017", {"100000009", "100000017"})
    assert (actor.authorization, actor.assurance) == ("SP", 4)


@pytest.mark.parametrize(
    ("period", "holds"),
    [
        ({"end": YESTERDAY}, False),
        ({"start": TOMORROW}, False),
        ({"start": YESTERDAY, "end": TOMORROW}, True),
        ({"end": now().date().isoformat()}, True),
        ({"start": "not a date"}, False),
    ],
)
def test_a_period_holds_from_its_first_day_to_the_end_of_its_last(period, holds):
    assert covers(period, now()) is holds


@pytest.mark.parametrize(
    "changed",
    [
        post(period={"end": YESTERDAY}),
        post(period={"start": TOMORROW}),
        post(active=False),
        staff(active=False),
    ],
)
async def test_a_role_that_has_ended_or_not_begun_is_none(database, changed):
    assert await at_work(database, changed) is None


@pytest.mark.parametrize("chosen", ["PractitionerRole/r", ""])
async def test_a_session_never_goes_on_in_another_role_than_the_chosen_one(database, chosen):
    """The role was taken away, and there is one other: who works chooses it, or does not."""
    other = post(id="other", code=[{"coding": [{"system": ROLE_SYSTEM, "code": "saksbehandler"}]}])
    assert await at_work(database, post(active=False), other, role=chosen) is None
    assert (await at_work(database, role="PractitionerRole/other")).role == "saksbehandler"


@pytest.mark.parametrize(
    "withdrawn",
    [
        {"qualification": []},
        {"qualification": [staff()["qualification"][0] | {"period": {"end": YESTERDAY}}]},
        {"qualification": [staff()["qualification"][0] | {"period": {"start": TOMORROW}}]},
    ],
)
async def test_who_is_not_authorised_now_has_no_clinical_work(database, withdrawn):
    actor = await at_work(database, staff(**withdrawn))
    assert actor.authorization == ""
    for kind in ("Condition", "Patient"):
        assert isinstance(decide(actor, Action.READ, kind, Purpose.TREATMENT), Refusal)


async def test_what_the_area_treats_the_team_below_it_treats_and_not_what_the_owner_does(database):
    def treated_by(key):
        return {
            "resourceType": "EpisodeOfCare",
            "id": key,
            "status": "active",
            "patient": {"reference": f"Patient/{key}"},
            "managingOrganization": {"reference": f"Organization/{key}"},
        }

    names = ("team", "area", "owner")
    patients = [{"resourceType": "Patient", "id": name} for name in names]
    actor = await at_work(database, *patients, *map(treated_by, names))
    place = Place(next(each for each in nodes("http://localhost:8000") if each.name == "journal"), database)
    async with opened(place, actor) as ctx:
        page = await gate.search(ctx, parse("EpisodeOfCare", [], base=""))
    assert {stored.id for stored in page.matches} == {"team", "area"}


async def test_an_attest_tells_profession_and_units(database):
    place = Place(next(each for each in nodes("http://localhost:8000") if each.name == "journal"), database)
    practitioner = {
        "authorization": {"code": "LE", "text": "sykehuslege"},
        "point_of_care": {"id": "100000025"},
        "department": {"id": "4711"},
    }
    said = {"practitioner": practitioner, "care_relationship": {}, "patients": []}
    caller = Caller("sykehus", organization="100000033", pid="1", hpr=HPR_NUMBER, attest=said, assurance=4)
    actor = await People(place).find_actor(caller)
    assert (actor.authorization, actor.unit_numbers) == ("LE", {"100000025", "4711"})
