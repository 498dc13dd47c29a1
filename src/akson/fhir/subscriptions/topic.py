"""Topics: which changes of which resources are events, and by what a subscriber may narrow them.

R4 has no SubscriptionTopic; the backport guide carries one in a Basic resource, element by element as extensions.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from akson.fhir.fhirpath import FHIRPathError
from akson.fhir.fhirpath.evaluate import compile_expression
from akson.fhir.model import Resource
from akson.fhir.spec import spec
from akson.fhir.subscriptions.criteria import query_of, split_type
from akson.kit.errors import Unprocessable
from akson.kit.limits import LIMITS, Limits

TYPES = "http://hl7.org/fhir/fhir-types"
CODE = "SubscriptionTopic"
_ELEMENT = re.compile(
    r"http://hl7\.org/fhir/[45]\.[0-9]/StructureDefinition/extension-SubscriptionTopic\.([A-Za-z]+)"
)
INTERACTIONS = ("create", "update", "delete")
PASSES = "test-passes"


@dataclass(frozen=True, slots=True)
class Trigger:
    """A change that is an event. `previous` and `current` are criteria on the resource before and after it."""

    type: str
    actions: tuple[str, ...] = INTERACTIONS
    previous: str = ""
    current: str = ""
    on_create: bool = True
    """What the test of `previous` gives when there was nothing before."""
    on_delete: bool = False
    """What the test of `current` gives when there is nothing any more."""
    both: bool = False
    """Whether both tests must pass, or one will do."""
    path: str = ""
    """FHIRPath over %previous and %current that must be true."""


@dataclass(frozen=True, slots=True)
class FilterBy:
    """A search parameter by which subscribers may narrow. Without `modifiers` and `comparators`: all there are."""

    param: str
    type: str = ""
    """Empty: every type of the topic."""
    modifiers: tuple[str, ...] = ()
    comparators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic. `filters` None: by any search parameter."""

    url: str
    title: str
    triggers: tuple[Trigger, ...]
    filters: tuple[FilterBy, ...] | None = None

    @classmethod
    def of(cls, plain: dict[str, Any]) -> "Topic":
        """What `dataclasses.asdict` made plain."""
        filters = plain["filters"]
        return cls(
            plain["url"],
            plain["title"],
            tuple(trigger_of(each) for each in plain["triggers"]),
            None
            if filters is None
            else tuple(
                FilterBy(f["param"], f["type"], tuple(f["modifiers"]), tuple(f["comparators"]))
                for f in filters
            ),
        )


def trigger_of(plain: dict[str, Any]) -> Trigger:
    """What `dataclasses.asdict` made plain."""
    return Trigger(**{**plain, "actions": tuple(plain["actions"])})


def is_topic(resource: Resource) -> bool:
    """Whether a resource is a topic."""
    codings = resource.get("code", {}).get("coding", []) if resource["resourceType"] == "Basic" else []
    return any(each.get("code") == CODE and each.get("system") == TYPES for each in codings)


def read(basic: Resource, limits: Limits = LIMITS) -> Topic:
    """The topic that a Basic resource carries. Unprocessable, naming the element, for what is none or not understood,
    and TooCostly for criteria beyond `limits`: they are asked at every change of their type.
    """
    url, title, triggers, filters = "", "", [], []
    for name, place, extension in _elements(basic):
        if name == "url":
            url = str(_value(extension))
        elif name == "title":
            title = str(_value(extension))
        elif name == "resourceTrigger":
            triggers.append(_trigger(extension, place, limits))
        elif name == "canFilterBy":
            filters.append(_filter(extension, place))
        elif name == "eventTrigger":
            raise Unprocessable(f"{place}: event triggers are not supported", expression=(place,))
    if not url:
        raise Unprocessable("A topic needs its url, as an extension", expression=("Basic.extension",))
    if not triggers:
        raise Unprocessable("A topic needs a resourceTrigger", expression=("Basic.extension",))
    return Topic(url, title, tuple(triggers), tuple(filters))


def _elements(basic: Resource) -> Iterator[tuple[str, str, Resource]]:
    for number, extension in enumerate(basic.get("extension", ())):
        if found := _ELEMENT.fullmatch(extension["url"]):
            yield found[1], f"Basic.extension[{number}]", extension


def _trigger(extension: Resource, place: str, limits: Limits) -> Trigger:
    parts = _Parts(extension, place)
    kind = _type(parts.text("resource"), place)
    actions = tuple(parts.texts("supportedInteraction")) or INTERACTIONS
    if not set(actions) <= set(INTERACTIONS):
        raise Unprocessable(
            f"{place}: supportedInteraction is one of {', '.join(INTERACTIONS)}", expression=(place,)
        )
    path = parts.text("fhirPathCriteria")
    try:
        compile_expression(path or "true")
    except FHIRPathError as error:
        raise Unprocessable(
            f"{place}: fhirPathCriteria is no FHIRPath: {error}", expression=(place,)
        ) from error
    query = _Parts(parts.one("queryCriteria"), place)
    previous, current = (_criteria(kind, query.text(name), place, limits) for name in ("previous", "current"))
    return Trigger(
        kind,
        actions,
        previous,
        current,
        on_create=query.text("resultForCreate") in ("", PASSES),
        on_delete=query.text("resultForDelete") == PASSES,
        both=query.one("requireBoth").get("valueBoolean", False),
        path=path,
    )


def _criteria(kind: str, raw: str, place: str, limits: Limits) -> str:
    named, criteria = split_type(raw)
    if named not in ("", kind):
        raise Unprocessable(f"{place}: criteria are on {kind}, not on {named[:64]}", expression=(place,))
    query_of(kind, criteria, place, limits=limits)
    return criteria


def _filter(extension: Resource, place: str) -> FilterBy:
    parts = _Parts(extension, place)
    kind, param = parts.text("resource"), parts.text("filterParameter")
    if not param:
        raise Unprocessable(f"{place}: canFilterBy needs filterParameter", expression=(place,))
    modifiers, comparators = parts.texts("modifier"), parts.texts("comparator")
    prefixes = spec().codes["http://hl7.org/fhir/ValueSet/search-comparator"].codes
    # Comparators stood among the modifiers before R5 parted them.
    comparators += [each for each in modifiers if each in prefixes]
    return FilterBy(
        param,
        _type(kind, place) if kind else "",
        tuple(each for each in modifiers if each not in prefixes),
        tuple(comparators),
    )


def _type(uri: str, place: str) -> str:
    kind = uri.removeprefix("http://hl7.org/fhir/StructureDefinition/")
    if kind not in spec().types:
        raise Unprocessable(f"{place}: resource is no resource type of R4", expression=(place,))
    return kind


def _value(extension: Resource) -> Any:
    return next((value for key, value in extension.items() if key.startswith("value")), "")


class _Parts:
    """The parts of a complex extension by their urls."""

    def __init__(self, extension: Resource, place: str) -> None:
        self._parts = extension.get("extension", [])
        self._place = place

    def one(self, name: str) -> Resource:
        return next((part for part in self._parts if part["url"] == name), {})

    def text(self, name: str) -> str:
        return str(_value(self.one(name)))

    def texts(self, name: str) -> list[str]:
        return [str(_value(part)) for part in self._parts if part["url"] == name]
