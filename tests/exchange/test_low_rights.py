"""What a system with the least rights may do at another node: open information and its own subscriptions, within bounds."""

import asyncio

import pytest
from tests.exchange.test_subscriptions import Socket, ask, side
from tests.rest.subscriptions.making import classic

from akson.record import gate
from akson.record.context import opened
from akson.record.subscriptions import register
from akson.rest.subscriptions import positions, websocket
from akson.security.actor import Action, Actor, Kind
from akson.store.scope_sql import within

pytestmark = pytest.mark.store


@pytest.mark.parametrize(
    ("query", "finds"),
    [
        ("criteria=Organization", True), ("url:below=http://x", False), ("contact=1", False),
        ("type=websocket", True), ("criteria=Organization&type=websocket", True),
    ],
)  # fmt: skip
async def test_each_parameter_finds_the_own_subscriptions_alone(world, query, finds):
    made = await ask(world, "journal", "POST", "Subscription", classic("Organization"))
    assert made.status_code == 201, made.text
    for who, expected in (("journal", [made.json()["id"]] if finds else []), ("sykehus", [])):
        found = await ask(world, who, "GET", f"Subscription?{query}&_total=accurate")
        assert found.status_code == 200, found.text
        assert [each["resource"]["id"] for each in found.json().get("entry", [])] == expected
        assert found.json()["total"] == len(expected)


REFUSED = [
    "Patient", "Patient/_history", "Patient/1", "Patient/1/_history/1", "Patient/1/$everything", "Patient/$everything", "Patient/$meta",
    "Patient/1/$meta", "Observation/$lastn?patient=1", "Composition/1/$document", "Patient/1/Observation",
    "Binary/1", "AuditEvent", "AuditEvent/$meta", "Patient/1/AuditEvent", "SearchParameter",
    "_bulk/x", "_bulk/x/y", "$reindex-status?id=1", "Patient/1/$validate",
]  # fmt: skip


@pytest.mark.parametrize("path", REFUSED)
async def test_what_is_about_patients_or_the_node_is_refused_whether_it_is_there_or_not(world, path):
    refused = await ask(world, "journal", "GET", path)
    assert refused.status_code == 403, refused.text
    assert refused.json()["issue"][0]["code"] == "forbidden"


@pytest.mark.parametrize("path", ["", "_history", "Patient/1/*", "$meta"])
async def test_what_is_of_all_types_holds_open_information_alone(world, path):
    found = await ask(world, "journal", "GET", path)
    assert found.status_code == 200, found.text
    kinds = {each["resource"]["resourceType"] for each in found.json().get("entry", []) if "resource" in each}
    assert kinds <= {
        "CodeSystem", "ConceptMap", "Endpoint", "HealthcareService", "Library", "Location", "Medication", "Organization",
        "PlanDefinition", "Practitioner", "PractitionerRole", "Questionnaire", "StructureDefinition", "ValueSet",
    }  # fmt: skip


@pytest.mark.parametrize("url", ["file:///etc/hostname", "http://127.0.0.1:1/x", "https://kilde.example/x"])
async def test_who_may_not_import_learns_nothing_of_what_may_be_read_from(world, url):
    body = {
        "resourceType": "Parameters",
        "parameter": [{"name": "input", "part": [{"name": "url", "valueUrl": url}]}],
    }
    answer = await side(world, "journal").peer.request(
        "POST",
        f"{world.base}/samhandling/fhir/$import",
        scope="akson:samhandling/fhir",
        json=body,
        headers={"content-type": "application/fhir+json", "prefer": "respond-async"},
    )
    assert answer.status_code == 403, answer.text


async def test_who_administers_comes_from_a_search_parameter_to_nobody(world):
    """What is referred to from, or refers to, a search parameter is as hidden as ever."""
    admin = Actor(Kind.SYSTEM, client_id="drift", administers=True)
    async with opened(side(world, "samhandling").place, admin) as ctx:
        for action in set(Action) - {Action.ADMINISTER}:
            scope = gate.granted(ctx, action, "SearchParameter").scope
            rows = await ctx.tx.fetch("select distinct type from resource", [])
            assert len(rows) > 5
            text, values = within(scope, "r")
            found = await ctx.tx.fetch(f"select distinct r.type from resource r where {text}", values)
            assert {row[0] for row in found} <= {"SearchParameter"}


async def test_one_owner_has_so_many_subscriptions_at_work_and_no_more(world, monkeypatch):
    monkeypatch.setattr(register, "AT_ONCE", 2)
    first = await ask(world, "journal", "POST", "Subscription", classic("Organization"))
    made = [ask(world, "journal", "POST", "Subscription", classic("Location")) for _ in range(3)]
    assert sorted([each.status_code for each in await asyncio.gather(*made)]) == [201, 429, 429]
    assert (await ask(world, "sykehus", "POST", "Subscription", classic("Location"))).status_code == 201
    path = f"Subscription/{first.json()['id']}"
    again = await ask(world, "journal", "PUT", path, classic("Location") | {"id": first.json()["id"]})
    assert again.status_code == 200, again.text
    assert (await ask(world, "journal", "DELETE", path)).status_code == 204
    assert (await ask(world, "journal", "POST", "Subscription", classic("Location"))).status_code == 201


async def test_one_bundle_does_not_pass_the_bound_either(world, monkeypatch):
    monkeypatch.setattr(register, "AT_ONCE", 2)
    entry = {"request": {"method": "POST", "url": "Subscription"}, "resource": classic("Location")}
    bundle = {"resourceType": "Bundle", "entry": [entry] * 3}
    refused = await ask(world, "journal", "POST", "", bundle | {"type": "transaction"})
    assert refused.status_code == 429, refused.text
    assert (await ask(world, "journal", "GET", "Subscription?_summary=count")).json()["total"] == 0
    some = await ask(world, "journal", "POST", "", bundle | {"type": "batch"})
    assert [each["response"]["status"][:3] for each in some.json()["entry"]] == ["201", "201", "429"]
    assert (await ask(world, "journal", "GET", "Subscription?_summary=count")).json()["total"] == 2


async def test_a_websocket_that_guesses_is_closed(world):
    socket = Socket(world.app, "/samhandling/fhir/websocket")
    assert await socket.hear() is None
    for number in range(websocket.MISTAKES):
        assert (await socket.say(f"bind-with-token {number}")).startswith("error")
    async with asyncio.timeout(5):
        closed = await socket.next()
        await socket.task
    assert (closed["type"], closed["code"]) == ("websocket.close", 1008)


async def test_talking_does_not_keep_a_websocket_without_a_subscription_open(world, monkeypatch):
    monkeypatch.setattr(websocket, "UNBOUND", 0.5)
    monkeypatch.setattr(websocket, "MISTAKES", 1000)
    socket = Socket(world.app, "/samhandling/fhir/websocket")
    assert await socket.hear() is None

    async def talk():
        while not socket.task.done():
            await socket.send("x")
            await asyncio.sleep(0.05)

    async with asyncio.timeout(5):
        await talk()


async def test_strangers_do_not_fill_the_process_with_websockets(world, monkeypatch):
    monkeypatch.setattr(websocket, "STRANGERS", 1)
    first = Socket(world.app, "/samhandling/fhir/websocket")
    assert await first.hear() is None
    second = Socket(world.app, "/samhandling/fhir/websocket")
    async with asyncio.timeout(5):
        assert (await second.next())["type"] == "websocket.accept"
        closed = await second.next()
        await second.task
    assert (closed["type"], closed["code"]) == ("websocket.close", 1013)
    assert closed["reason"] == "too many connections wait to be bound: try again later"
    await first.leave()
    third = Socket(world.app, "/samhandling/fhir/websocket")
    async with asyncio.timeout(5):
        assert (await third.next())["type"] == "websocket.accept"
    await third.leave()


async def test_one_subscription_has_so_many_connections_and_no_more(world, monkeypatch):
    monkeypatch.setattr(positions, "EACH", 0)
    made = await ask(world, "journal", "POST", "Subscription", classic("Organization"))
    answer = await side(world, "journal").peer.request(
        "GET",
        f"{world.base}/samhandling/fhir/Subscription/{made.json()['id']}/$events",
        scope="akson:samhandling/fhir",
        headers={"accept": "text/event-stream"},
    )
    assert answer.status_code == 429
