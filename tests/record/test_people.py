"""What a proven identity is on a node: a system administers only where its token says so, of this very node."""

import pytest

from akson.demo.nodes import nodes
from akson.record.context import Place
from akson.record.people import People
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
