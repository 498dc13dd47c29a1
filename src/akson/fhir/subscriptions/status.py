"""The status that every notification begins with: SubscriptionStatus of R5, as Parameters in R4.

http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription-status-r4
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from akson.fhir.model import Resource
from akson.fhir.subscriptions.plan import BACKPORT
from akson.kit.clock import instant

Kind = Literal["handshake", "heartbeat", "event-notification", "query-status", "query-event"]
PROFILE = f"{BACKPORT}/backport-subscription-status-r4"


@dataclass(frozen=True, slots=True)
class NumberedEvent:
    """One event of a subscription. `focus` is empty where it may not be told."""

    number: int
    moment: datetime
    focus: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a subscription stands: its reference, topic, status, how many events it has had, what is wrong."""

    reference: str
    topic: str
    status: str
    latest: int
    error: str = ""


def status(standing: Standing, kind: Kind, events: Iterable[NumberedEvent] = ()) -> Resource:
    """The Parameters resource."""
    parameters = [
        _parameter("subscription", valueReference={"reference": standing.reference}),
        *([_parameter("topic", valueCanonical=standing.topic)] if standing.topic else []),
        _parameter("status", valueCode=standing.status),
        _parameter("type", valueCode=kind),
        _parameter("events-since-subscription-start", valueString=str(standing.latest)),
        *(_event(each) for each in events),
    ]
    if standing.error:
        parameters.append(_parameter("error", valueCodeableConcept={"text": standing.error}))
    return {"resourceType": "Parameters", "meta": {"profile": [PROFILE]}, "parameter": parameters}


def _event(event: NumberedEvent) -> Resource:
    part = [
        _parameter("event-number", valueString=str(event.number)),
        _parameter("timestamp", valueInstant=instant(event.moment)),
    ]
    if event.focus:
        part.append(_parameter("focus", valueReference={"reference": event.focus}))
    return {"name": "notification-event", "part": part}


def _parameter(name: str, **value: Any) -> Resource:
    return {"name": name, **value}
