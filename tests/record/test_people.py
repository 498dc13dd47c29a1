"""What a proven identity is on a node: a system administers only where its token says so, of this very node."""

from datetime import date

import pytest

from akson.demo.nodes import nodes
from akson.kit.norwegian import FNR, Sex, make
from akson.record import gate
from akson.record.context import NODE_ITSELF, Place, opened
from akson.record.people import People
from akson.security.actor import Kind
from akson.security.caller import Caller

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
