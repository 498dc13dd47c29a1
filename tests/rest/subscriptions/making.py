"""Subscriptions that the tests write."""

BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"


def extension(name, **value):
    return {"url": f"{BACKPORT}/{name}", **value}


def classic(criteria, endpoint="", payload="", **channel):
    """A subscription by criteria, as R4 itself has it."""
    made = {"type": "rest-hook" if endpoint else "websocket", **channel}
    made |= {"endpoint": endpoint} if endpoint else {}
    made |= {"payload": payload} if payload else {}
    return {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "to test",
        "criteria": criteria,
        "channel": made,
    }


def by_topic(topic, endpoint="", content="full-resource", filters=(), **numbers):
    """A subscription to a topic, as the backport guide has it. numbers: heartbeat, timeout, most."""
    made = classic(topic, endpoint, "application/fhir+json")
    made["channel"]["_payload"] = {"extension": [extension("backport-payload-content", valueCode=content)]}
    if filters:
        made["_criteria"] = {
            "extension": [extension("backport-filter-criteria", valueString=each) for each in filters]
        }
    names = {
        "heartbeat": ("backport-heartbeat-period", "valueUnsignedInt"),
        "timeout": ("backport-timeout", "valueUnsignedInt"),
        "most": ("backport-max-count", "valuePositiveInt"),
    }
    found = [extension(names[key][0], **{names[key][1]: value}) for key, value in numbers.items()]
    if found:
        made["channel"]["extension"] = found
    return made
