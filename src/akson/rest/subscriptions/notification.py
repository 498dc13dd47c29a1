"""Notification Bundles, put together from stored bytes.

http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription-notification-r4
"""

from collections.abc import Sequence

import orjson

from akson.fhir.model import Resource
from akson.fhir.subscriptions.plan import BACKPORT, FULL, ID_ONLY
from akson.fhir.subscriptions.status import Kind, NumberedEvent, Standing, status
from akson.kit.clock import instant, now
from akson.kit.ids import new_id
from akson.record.subscriptions.content import Told

PROFILE = f"{BACKPORT}/backport-subscription-notification-r4"
IN_ONE = 50
"""Events in one notification where the subscription says nothing."""
_METHODS = {"create": ("POST", "201"), "update": ("PUT", "200"), "delete": ("DELETE", "204")}


def notification(
    base: str, standing: Standing, kind: Kind, told: Sequence[Told] = (), content: str = ""
) -> bytes:
    """A Bundle of type history: the status, then what each event is about, as far as `content` goes."""
    entries = [_status_entry(base, standing, kind, told)]
    if content in (ID_ONLY, FULL):
        entries += [_entry(base, each, content) for each in told if each.stored is not None]
    head = orjson.dumps(
        {
            "resourceType": "Bundle",
            "id": new_id(),
            "meta": {"lastUpdated": instant(now()), "profile": [PROFILE]},
            "type": "history",
            "timestamp": instant(now()),
        }
    )
    return head[:-1] + b',"entry":[' + b",".join(entries) + b"]}"


def status_entry(base: str, standing: Standing) -> Resource:
    """An entry of a searchset of statuses."""
    resource = {**status(standing, "query-status"), "id": new_id()}
    return {
        "fullUrl": f"urn:uuid:{resource['id']}",
        "resource": resource,
        "search": {"mode": "match"},
        "link": [{"relation": "related", "url": f"{base}/{standing.reference}"}],
    }


def _status_entry(base: str, standing: Standing, kind: Kind, told: Sequence[Told]) -> bytes:
    events = [
        NumberedEvent(
            each.event.number,
            each.event.moment,
            f"{base}/{each.event.reference}" if each.stored is not None else "",
        )
        for each in told
    ]
    key = new_id()
    entry = {
        "fullUrl": f"urn:uuid:{key}",
        "resource": {**status(standing, kind, events), "id": key},
        "request": {"method": "GET", "url": f"{base}/{standing.reference}/$status"},
        "response": {"status": "200"},
    }
    return orjson.dumps(entry)


def _entry(base: str, told: Told, content: str) -> bytes:
    event = told.event
    method, answer = _METHODS[event.action]
    rest = {
        "request": {"method": method, "url": event.type if method == "POST" else event.reference},
        "response": {"status": answer},
    }
    parts = [b'"fullUrl":' + orjson.dumps(f"{base}/{event.reference}")]
    if content == FULL and told.stored is not None and not told.stored.deleted:
        parts.append(b'"resource":' + told.stored.body)
    return b"{" + b",".join([*parts, orjson.dumps(rest)[1:]])
