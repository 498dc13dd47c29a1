"""What the CapabilityStatement says of subscriptions is so."""

import pytest

from tests.rest.making import bundle, post
from tests.rest.subscriptions.making import BACKPORT, by_topic

pytestmark = pytest.mark.store


async def test_every_topic_it_names_can_be_subscribed_to(client):
    rest = (await client.get("/metadata")).json()["rest"][0]
    (entry,) = [each for each in rest["resource"] if each["type"] == "Subscription"]
    name = f"{BACKPORT}/capabilitystatement-subscriptiontopic-canonical"
    topics = [each["valueCanonical"] for each in entry["extension"] if each["url"] == name]
    assert {"urn:akson:topic:Patient", "urn:akson:topic:encounter-start"} <= set(topics)
    assert len(topics) > 140
    answer = await client.post("/", json=bundle("batch", *[post(by_topic(each)) for each in topics]))
    assert {each["response"]["status"][:3] for each in answer.json()["entry"]} == {"201"}


async def test_operations_and_the_address_of_websockets_are_named(client):
    rest = (await client.get("/metadata")).json()["rest"][0]
    assert rest["extension"] == [
        {
            "url": "http://hl7.org/fhir/StructureDefinition/capabilitystatement-websocket",
            "valueUri": "ws://fhir.example/fhir/websocket",
        }
    ]
    (entry,) = [each for each in rest["resource"] if each["type"] == "Subscription"]
    assert {"status", "events", "get-ws-binding-token"} <= {each["name"] for each in entry["operation"]}
