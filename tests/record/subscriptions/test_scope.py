"""On a node a subscription tells no more than policy lets its subscriber see, at the moment it is told."""

import asyncio

import pytest
import pytest_asyncio

from akson.fhir.strict_json import loads
from akson.kit.errors import NotFound, Unprocessable
from akson.kit.settings import Node, Role
from akson.record import gate
from akson.record.context import NODE_ITSELF, Place, opened
from akson.record.refused import Refused
from akson.rest.subscriptions import worker
from akson.security.actor import Actor, Attested, Kind, Purpose
from tests.rest.making import observation, patient
from tests.rest.subscriptions.conftest import until
from tests.rest.subscriptions.making import by_topic
from tests.rest.subscriptions.receiver import Receiver

pytestmark = pytest.mark.store
INGRID = Actor(Kind.CITIZEN, patient="ingrid", pid="05815112345", assurance=4)
OLAV = Actor(Kind.CITIZEN, patient="olav", assurance=4)
ATTESTED = Actor(
    Kind.PERSONNEL,
    client_id="sykehus",
    patient="ingrid",
    authorization="LE",
    assurance=4,
    care_relationship=Attested(Purpose.TREATMENT),
)


@pytest_asyncio.fixture
async def receiver():
    made = await Receiver().start()
    yield made
    await made.stop()


@pytest_asyncio.fixture
async def place(database, receiver):
    node = Node(
        "journal",
        frozenset({Role.JOURNAL}),
        "http://journal.example",
        "Journal",
        "1",
        "journal",
        hooks=frozenset({f"http://127.0.0.1:{receiver.port}"}),
    )
    made = Place(node, database)
    task = asyncio.create_task(worker.run(made))
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def written(place, resource, actor=NODE_ITSELF):
    async with opened(place, actor) as ctx:
        return loads((await gate.create(ctx, resource)).stored.body)


async def subscribed(place, actor, subscription):
    id_ = (await written(place, subscription, actor))["id"]

    async def active():
        async with opened(place, actor) as ctx:
            return loads((await gate.read(ctx, "Subscription", id_)).body)["status"] == "active"

    await until(active)
    return id_


def about(who, **more):
    return observation(f"Patient/{who}", **more)


async def test_a_citizen_is_told_of_the_own_record_alone(place, receiver):
    for who in ("ingrid", "olav"):
        async with opened(place, NODE_ITSELF) as ctx:
            await gate.update(ctx, {**patient(), "id": who})
    id_ = await subscribed(place, INGRID, by_topic("urn:akson:topic:Observation", receiver.url))
    await written(place, about("olav"))
    mine = await written(place, about("ingrid"))
    await written(place, about("olav"))
    await until(lambda: receiver.numbers == [1])
    await asyncio.sleep(0.4)
    assert receiver.numbers == [1]
    assert receiver.of("event-notification")[0].bundle["entry"][1]["resource"] == mine
    async with place.database.transaction() as tx:
        rows = await tx.fetch(
            "select actor_kind, type, id, granted, reason from audit where action = 'history' order by number"
        )
    assert rows == [("citizen", "Observation", mine["id"], True, "reason.own_record")]
    async with opened(place, INGRID) as ctx:
        security = loads((await gate.read(ctx, "Subscription", id_)).body)["meta"]["security"]
    assert security == [{"system": "urn:akson:owner", "code": "citizen/ingrid"}]
    async with place.database.transaction() as tx:
        assert INGRID.pid not in str(await tx.fetch("select s::text from subscription s"))


async def test_what_goes_out_of_sight_before_it_is_told_is_a_number(place, receiver):
    await subscribed(place, INGRID, by_topic("urn:akson:topic:Observation", receiver.url))
    receiver.status = 503
    first = await written(place, about("ingrid"))
    await until(lambda: receiver.of("event-notification"))
    async with opened(place, NODE_ITSELF) as ctx:
        moved = {**first, "subject": {"reference": "Patient/olav"}}
        await gate.update(ctx, moved)
    receiver.status = 200
    failed = len(receiver.got)
    await until(lambda: receiver.got[failed:])
    (told,) = receiver.got[failed:][:1]
    assert told.numbers == [1]
    assert len(told.bundle["entry"]) == 1
    assert "focus" not in told.parameters["events"][0]


async def test_nobody_sees_or_changes_the_subscription_of_another(place):
    id_ = (await written(place, {**by_topic("urn:akson:topic:Observation")}, INGRID))["id"]
    async with opened(place, OLAV) as ctx:
        with pytest.raises(NotFound):
            await gate.read(ctx, "Subscription", id_)
    mine = {**by_topic("urn:akson:topic:Observation"), "id": id_}
    with pytest.raises(NotFound):
        async with opened(place, OLAV) as ctx:
            await gate.update(ctx, mine)
    async with opened(place, OLAV) as ctx:
        assert await gate.delete(ctx, "Subscription", id_) is None
    claimed = by_topic("urn:akson:topic:Observation")
    claimed["meta"] = {"security": [{"system": "urn:akson:owner", "code": "citizen/ingrid"}]}
    made = await written(place, claimed, OLAV)
    assert made["meta"]["security"] == [{"system": "urn:akson:owner", "code": "citizen/olav"}]


async def test_an_attest_opens_a_subscription_for_a_shift(place):
    made = await written(place, by_topic("urn:akson:topic:Observation"), ATTESTED)
    assert "end" in made
    with pytest.raises(Unprocessable) as error:
        await written(
            place, {**by_topic("urn:akson:topic:Observation"), "end": "2099-01-01T00:00:00Z"}, ATTESTED
        )
    assert error.value.issues[0].expression == ("Subscription.end",)


async def test_only_registered_endpoints_are_called(place):
    for endpoint in ("https://elsewhere.example/hook", "http://127.0.0.1:1/hook"):
        with pytest.raises(Unprocessable) as error:
            await written(place, by_topic("urn:akson:topic:Observation", endpoint), INGRID)
        assert error.value.issues[0].expression == ("Subscription.channel.endpoint",)


async def test_personnel_without_a_token_and_strangers_do_not_subscribe(place):
    for actor in (Actor(Kind.PERSONNEL, role="fastlege"), Actor(Kind.CITIZEN, patient="", assurance=4)):
        with pytest.raises(Refused):
            await written(place, by_topic("urn:akson:topic:Observation"), actor)
