"""A system subscribes at another node with its token: through the one door, and to what is open to it."""

import asyncio

import pytest
from tests.rest.subscriptions.conftest import until
from tests.rest.subscriptions.making import by_topic, classic
from tests.rest.subscriptions.receiver import Got

from akson.fhir.strict_json import loads
from akson.record import gate
from akson.record.context import NODE_ITSELF, opened

pytestmark = pytest.mark.store
SCOPE = "akson:samhandling/fhir"
JSON = {"content-type": "application/fhir+json"}


def side(world, name):
    return next(each for each in world.app.state.hosted if each.node.name == name)


async def ask(world, who, method, path, body=None):
    peer, url = side(world, who).peer, f"{world.base}/samhandling/fhir/{path}"
    return await peer.request(method, url, scope=SCOPE, json=body, headers=JSON)


async def test_a_system_is_told_of_open_information_and_of_no_patient(world):
    made = await ask(world, "journal", "POST", "Subscription", by_topic("urn:akson:topic:Organization"))
    assert made.status_code == 201, made.text
    id_ = made.json()["id"]
    other = (await ask(world, "journal", "POST", "Subscription", classic("Flag"))).json()["id"]

    async def active():
        found = [(await ask(world, "journal", "GET", f"Subscription/{each}")).json() for each in (id_, other)]
        return {each["status"] for each in found} == {"active"}

    await until(active)
    async with opened(side(world, "samhandling").place, NODE_ITSELF) as ctx:
        stored = await gate.create(ctx, {"resourceType": "Organization", "name": "Ny enhet"})
        flag = {"resourceType": "Flag", "status": "active", "code": {"text": "x"}}
        await gate.create(ctx, {**flag, "subject": {"reference": "Patient/p"}})

    async def told():
        answer = await ask(world, "journal", "GET", f"Subscription/{id_}/$events")
        return Got("", "", {}, answer.content).numbers == [1] and answer

    entries = (await until(told)).json()["entry"]
    assert entries[1]["resource"] == loads(stored.stored.body)
    await asyncio.sleep(0.3)
    found = await ask(world, "journal", "GET", f"Subscription/{other}/$events")
    assert Got("", "", {}, found.content).numbers == []
    assert (await ask(world, "sykehus", "GET", f"Subscription/{id_}")).status_code == 404
    assert (await ask(world, "sykehus", "GET", "Subscription/$status")).json()["total"] == 0
    assert (await ask(world, "sykehus", "GET", f"Subscription/{id_}/$events")).status_code == 404


async def test_without_a_token_nobody_subscribes(world):
    async with world.browser() as browser:
        answer = await browser.post(
            "/samhandling/fhir/Subscription", json=classic("Organization"), headers=JSON
        )
        assert answer.status_code == 401
