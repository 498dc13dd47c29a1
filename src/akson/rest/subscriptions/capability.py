"""What a CapabilityStatement says of subscriptions: the topics that every server has, and where websockets are opened.

Uploaded topics are found as Basic resources (`Basic?code=SubscriptionTopic`).
"""

from akson.fhir.model import Resource
from akson.fhir.subscriptions.plan import BACKPORT
from akson.record.subscriptions.topics import declared
from akson.rest.subscriptions.websocket import socket_url

SUBSCRIPTION = "Subscription"
WEBSOCKET = "http://hl7.org/fhir/StructureDefinition/capabilitystatement-websocket"
TOPIC = f"{BACKPORT}/capabilitystatement-subscriptiontopic-canonical"


def capability(resource: Resource) -> Resource:
    """The entry of Subscription, with its topics."""
    topics = [{"url": TOPIC, "valueCanonical": url} for url in declared()]
    return {"extension": topics, **resource, "supportedProfile": [f"{BACKPORT}/backport-subscription"]}


def endpoint(base: str) -> Resource:
    """The extension of `rest` that says where websockets are opened."""
    return {"url": WEBSOCKET, "valueUri": socket_url(base)}
