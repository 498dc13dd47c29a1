"""What a Subscription asks for, read once when it is written: triggers, filters, channel.

Everything that cannot be done is refused here, with the element named.
"""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from akson.fhir.model import Resource
from akson.fhir.spec import spec
from akson.fhir.subscriptions.criteria import pairs_of, query_of, split_type
from akson.fhir.subscriptions.topic import FilterBy, Topic, Trigger, trigger_of
from akson.kit.errors import Unprocessable
from akson.kit.limits import LIMITS, Limits

BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
HOOK, SOCKET = "rest-hook", "websocket"
EMPTY, ID_ONLY, FULL = "empty", "id-only", "full-resource"
FHIR_JSON = "application/fhir+json"
JSON = frozenset({FHIR_JSON, "application/json"})
XML = frozenset({"application/fhir+xml", "application/xml"})
MOST_IN_ONE = 1000
LONGEST_TIMEOUT = 300
_FILTERS = "criteria.extension"
_CLASSIC = re.compile(r"[A-Z][A-Za-z]+(\?.*)?", re.DOTALL)
_HEADER = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`|~-]+):[ \t]*([\x20-\x7e]*)")
_OWN_HEADERS = frozenset(
    {"host", "content-length", "content-type", "transfer-encoding", "connection", "te", "upgrade", "expect"}
)


@dataclass(frozen=True, slots=True)
class Channel:
    """Where notifications go and in what form. Zero stands for what was not said."""

    type: str
    endpoint: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    media: str = ""
    """Media type of the payload; empty for none."""
    content: str = ""
    """How much a notification Bundle holds; empty: no Bundles, as R4 itself has it."""
    heartbeat: int = 0
    timeout: int = 0
    most: int = 0

    @property
    def holds(self) -> str:
        """How much of each event is to be read: what a Bundle holds, or R4's own form."""
        return self.content or (FULL if self.media else EMPTY)


@dataclass(frozen=True, slots=True)
class Plan:
    """A Subscription as the server works with it."""

    channel: Channel
    triggers: tuple[Trigger, ...]
    topic: str = ""
    """Canonical url; empty for criteria of R4."""
    filters: tuple[tuple[str, str], ...] = ()
    """(type, criteria): all criteria of the type of an event must be met."""

    @property
    def types(self) -> list[str]:
        return sorted({trigger.type for trigger in self.triggers})

    def narrowing(self, kind: str) -> str:
        """The criteria of all filters on a type, as one search."""
        return "&".join(criteria for of, criteria in self.filters if of == kind and criteria)

    @classmethod
    def of(cls, plain: dict[str, Any]) -> "Plan":
        """What `dataclasses.asdict` made plain."""
        channel = plain["channel"]
        headers = tuple((name, value) for name, value in channel["headers"])
        return cls(
            Channel(**{**channel, "headers": headers}),
            tuple(trigger_of(each) for each in plain["triggers"]),
            plain["topic"],
            tuple((kind, criteria) for kind, criteria in plain["filters"]),
        )


def topic_url(subscription: Resource) -> str:
    """Canonical url of the topic, without version; empty where the criteria are a search."""
    criteria = str(subscription["criteria"])
    return "" if _CLASSIC.fullmatch(criteria) else criteria.partition("|")[0]


def plan_of(subscription: Resource, topic: Topic | None, *, base: str, limits: Limits = LIMITS) -> Plan:
    """The plan. `topic` is what `topic_url` names, None when the server has no such topic. Raises Unprocessable, and
    TooCostly for criteria beyond `limits`.
    """
    channel = _channel(subscription["channel"], bundled=topic is not None)
    url = topic_url(subscription)
    if url:
        if topic is None:
            raise _refused(
                "criteria", "the server has no such topic; the CapabilityStatement lists the topics"
            )
        plan = Plan(channel, topic.triggers, url, _filters(subscription, topic, base))
        for each in plan.types:
            query_of(each, plan.narrowing(each), f"Subscription.{_FILTERS}", base=base, limits=limits)
        return plan
    if _extensions(subscription.get("_criteria", {}), "backport-filter-criteria"):
        raise _refused(_FILTERS, "filters need a topic: write them into the criteria")
    kind, criteria = split_type(subscription["criteria"])
    if kind not in spec().types:
        raise _refused("criteria", f"R4 has no resource type {kind[:64]!r}")
    query_of(kind, criteria, "Subscription.criteria", base=base, limits=limits)
    return Plan(channel, (Trigger(kind, ("create", "update"), current=criteria),))


def _filters(subscription: Resource, topic: Topic, base: str) -> tuple[tuple[str, str], ...]:
    found = []
    kinds = sorted({trigger.type for trigger in topic.triggers})
    for raw in _extensions(subscription.get("_criteria", {}), "backport-filter-criteria"):
        kind, criteria = split_type(str(raw))
        if kind and kind not in kinds:
            raise _refused(_FILTERS, f"the topic is not about {kind[:64]!r}, but {', '.join(kinds)}")
        for each in [kind] if kind else kinds:
            query_of(each, criteria, f"Subscription.{_FILTERS}", base=base)
            for name, value in pairs_of(criteria):
                _check_filter(topic, each, name, value)
            found.append((each, criteria))
    return tuple(found)


def _check_filter(topic: Topic, kind: str, name: str, value: str) -> None:
    if topic.filters is None:
        return
    param, _, modifier = name.partition(":")
    allowed = [each for each in topic.filters if each.param == param and each.type in ("", kind)]
    if not any(_fits(each, modifier, value) for each in allowed):
        names = sorted({each.param for each in topic.filters if each.type in ("", kind)})
        raise _refused(
            _FILTERS,
            f"the topic cannot be filtered by {name[:64]!r}; it can by {', '.join(names) or 'nothing'}",
        )


def _fits(allowed: FilterBy, modifier: str, value: str) -> bool:
    prefix = value[:2] if value[:2].isalpha() and value[2:3].isdigit() else ""
    closed = bool(allowed.modifiers or allowed.comparators)
    return (not modifier or not closed or modifier in allowed.modifiers) and (
        prefix in ("", "eq") or not closed or prefix in allowed.comparators
    )


def _channel(channel: Resource, *, bundled: bool) -> Channel:
    kind = channel["type"]
    if kind not in (HOOK, SOCKET):
        raise _refused("channel.type", f"this server has {HOOK} and {SOCKET} (also as server-sent events)")
    if _extensions(channel.get("_type", {}), "backport-channel-type"):
        raise _refused("channel.type.extension", "this server has no other channels than R4's own")
    content = next(iter(_extensions(channel.get("_payload", {}), "backport-payload-content")), "")
    if content not in ("", EMPTY, ID_ONLY, FULL):
        raise _refused("channel.payload.extension", f"the content is {EMPTY}, {ID_ONLY} or {FULL}")
    if bundled and not content:
        raise _refused(
            "channel.payload.extension", "a topic needs backport-payload-content: how much to send"
        )
    numbers = {
        name: _number(channel, extension, most)
        for name, extension, most in (
            ("heartbeat", "backport-heartbeat-period", 2**31),
            ("timeout", "backport-timeout", LONGEST_TIMEOUT),
            ("most", "backport-max-count", MOST_IN_ONE),
        )
    }
    if numbers["heartbeat"] and not content:
        raise _refused("channel.extension", "heartbeats need backport-payload-content: how much to send")
    endpoint = _endpoint(channel.get("endpoint", "")) if kind == HOOK else ""
    media = _media(channel.get("payload", ""), content)
    return Channel(kind, endpoint, _headers(channel), media, content, **numbers)


def _media(payload: str, content: str) -> str:
    media = payload.partition(";")[0].strip().lower()
    if not media:
        return FHIR_JSON if content else ""
    if media in JSON | XML:
        return media
    raise _refused("channel.payload", f"this server sends {FHIR_JSON} and application/fhir+xml")


def _endpoint(raw: str) -> str:
    try:
        parts = urlsplit(raw)
        port = parts.port
    except ValueError as error:
        raise _refused("channel.endpoint", "it is no URL") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise _refused("channel.endpoint", "an absolute URL, https://...")
    if parts.username or parts.password or parts.fragment or not raw.isascii() or not raw.isprintable():
        raise _refused("channel.endpoint", "a URL without user, password and fragment, in ASCII")
    return raw


def _headers(channel: Resource) -> tuple[tuple[str, str], ...]:
    found = []
    for number, raw in enumerate(channel.get("header", ())):
        header = _HEADER.fullmatch(raw or "")
        if not header or header[1].lower() in _OWN_HEADERS:
            raise _refused(
                f"channel.header[{number}]", "a header is 'Name: value', and none that HTTP itself sets"
            )
        found.append((header[1], header[2].strip()))
    return tuple(found)


def _number(channel: Resource, name: str, most: int) -> int:
    value = next(iter(_extensions(channel, name)), 0)
    if not isinstance(value, int) or not 0 <= value <= most:
        raise _refused("channel.extension", f"{name} is a whole number, at most {most}")
    return value


def _extensions(element: Resource | None, name: str) -> list[Any]:
    """Values of the extensions of this name."""
    url = f"{BACKPORT}/{name}"
    found = [each for each in (element or {}).get("extension", ()) if each["url"] == url]
    return [value for each in found for key, value in each.items() if key.startswith("value")]


def _refused(element: str, why: str) -> Unprocessable:
    return Unprocessable(f"Subscription.{element}: {why}", expression=(f"Subscription.{element}",))
