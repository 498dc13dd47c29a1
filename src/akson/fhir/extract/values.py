"""Elements to index values: one function per kind of search parameter, by the type of the element.

Each takes the parameter's code and the raw JSON value and gives values (the frequent ones as a whole, since a generator
takes as long to make as the values); what cannot be read gives none.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from math import inf, nextafter
from typing import Any

from akson.fhir.index import (
    CANONICAL,
    DateValue,
    IndexValue,
    NumberValue,
    QuantityValue,
    ReferenceValue,
    StringValue,
    TokenValue,
    UriValue,
)
from akson.fhir.model import split_reference
from akson.fhir.precision import EARLIEST, LATEST, interval, spread

Convert = Callable[[str, Any], Iterable[IndexValue]]
"""(parameter code, raw value) to index values."""

CURRENCY = "urn:iso:std:iso:4217"
URIS = frozenset({"uri", "url", "canonical", "oid", "uuid"})
"""Types of elements that hold a uri; those of a reference parameter are canonicals."""


def token_concept(param: str, value: Any) -> Iterable[IndexValue]:
    """A CodeableConcept: its codings; its text, where no coding says the same, as a value without a code."""
    text = value.get("text", "")
    found: list[IndexValue] = []
    for coding in value.get("coding", ()):
        display = coding.get("display", "")
        found.append(TokenValue(param, coding.get("system", ""), coding.get("code", ""), display))
        if display == text:
            text = ""
    if text:
        found.append(TokenValue(param, "", "", text))
    return found


def token_coding(param: str, value: Any) -> Iterable[IndexValue]:
    return (TokenValue(param, value.get("system", ""), value.get("code", ""), value.get("display", "")),)


def token_identifier(param: str, value: Any) -> Iterator[IndexValue]:
    code = value.get("value")
    if not code:
        return
    kind = value.get("type")
    if kind is None:
        yield TokenValue(param, value.get("system", ""), code)
        return
    types = tuple((each.get("system", ""), each["code"]) for each in kind.get("coding", ()) if "code" in each)
    yield TokenValue(param, value.get("system", ""), code, kind.get("text", ""), types)


def token_contact(param: str, value: Any) -> Iterator[IndexValue]:
    if code := value.get("value"):
        yield TokenValue(param, "", code)


def token_quantity(param: str, value: Any) -> Iterator[IndexValue]:
    if code := value.get("code"):
        yield TokenValue(param, value.get("system", ""), code, value.get("unit", ""))


def token_boolean(param: str, value: Any) -> Iterable[IndexValue]:
    return (TokenValue(param, "", "true" if value is True else "false"),)


def token_text(param: str, value: Any) -> Iterable[IndexValue]:
    return (TokenValue(param, "", str(value)),)


def token_code(system: str, param: str, value: Any) -> Iterable[IndexValue]:
    """A code: its system is the one that its required binding implies."""
    return (TokenValue(param, system, value),)


def string_plain(param: str, value: Any) -> Iterable[IndexValue]:
    return (StringValue(param, value),)


def string_parts(keys: tuple[str, ...], param: str, value: Any) -> Iterator[IndexValue]:
    """Each part of a HumanName or Address on its own: a search matches the start of any."""
    for key in keys:
        part = value.get(key)
        if part is None:
            continue
        for text in part if type(part) is list else (part,):
            if text:
                yield StringValue(param, text)


def string_concept(param: str, value: Any) -> Iterator[IndexValue]:
    if text := value.get("text"):
        yield StringValue(param, text)
    for coding in value.get("coding", ()):
        if text := coding.get("display"):
            yield StringValue(param, text)


def uri_plain(param: str, value: Any) -> Iterator[IndexValue]:
    """A uri; a canonical with a version is found with and without it."""
    yield UriValue(param, value)
    bare, mark, _ = value.partition("|")
    if mark:
        yield UriValue(param, bare)


def date_plain(param: str, value: Any) -> Iterable[IndexValue]:
    try:
        low, high = interval(value)
    except ValueError:
        return ()
    return (DateValue(param, low, high),)


def date_period(param: str, value: Any) -> Iterator[IndexValue]:
    start, end = value.get("start"), value.get("end")
    if start is None and end is None:
        return
    try:
        low = EARLIEST if start is None else interval(start)[0]
        high = LATEST if end is None else interval(end)[1]
    except ValueError:
        return
    yield DateValue(param, low, high)


def date_timing(param: str, value: Any) -> Iterator[IndexValue]:
    """The outer limits of a Timing: its events and its bounding period."""
    spans: list[IndexValue] = []
    for event in value.get("event", ()):
        spans.extend(date_plain(param, event) if event else ())
    if bounds := value.get("repeat", {}).get("boundsPeriod"):
        spans.extend(date_period(param, bounds))
    lows = [span.low for span in spans if isinstance(span, DateValue)]
    highs = [span.high for span in spans if isinstance(span, DateValue)]
    if lows:
        yield DateValue(param, min(lows), max(highs))


def number_plain(param: str, value: Any) -> Iterator[IndexValue]:
    yield NumberValue(param, *spread(value))


def number_range(param: str, value: Any) -> Iterator[IndexValue]:
    for _, number, low, high in _range(value):
        yield NumberValue(param, number, low, high)


def quantity_plain(param: str, value: Any) -> Iterator[IndexValue]:
    amount = value.get("value")
    if amount is None:
        return
    system, code, unit = value.get("system", ""), value.get("code", ""), value.get("unit", "")
    comparator = value.get("comparator")
    if comparator is None:
        yield QuantityValue(param, *spread(amount), system, code, unit)
        return
    low, high = _open(comparator, float(amount))
    for end in (low, high):
        yield QuantityValue(param, end, low, high, system, code, unit)


def _open(comparator: str, amount: float) -> tuple[float, float]:
    """What a comparator leaves open, as an interval with both ends in it."""
    if comparator in ("<", "<="):
        return -inf, nextafter(amount, -inf) if comparator == "<" else amount
    return nextafter(amount, inf) if comparator == ">" else amount, inf


def quantity_money(param: str, value: Any) -> Iterator[IndexValue]:
    amount = value.get("value")
    if amount is None:
        return
    currency = value.get("currency", "")
    yield QuantityValue(param, *spread(amount), CURRENCY if currency else "", currency, currency)


def quantity_range(param: str, value: Any) -> Iterator[IndexValue]:
    for unit, number, low, high in _range(value):
        yield QuantityValue(
            param, number, low, high, unit.get("system", ""), unit.get("code", ""), unit.get("unit", "")
        )


def position(param: str, value: Any) -> Iterator[IndexValue]:
    """A Location's position as two numbers, in degrees."""
    for name in ("latitude", "longitude"):
        if name in value:
            yield NumberValue(f"{param}:{name}", *spread(value[name]))


def _range(value: Any) -> Iterator[tuple[Any, float, float, float]]:
    """A Range as its ends, each with the interval of the whole: an open end reaches to infinity."""
    first, last = value.get("low") or {}, value.get("high") or {}
    bottom, top = first.get("value"), last.get("value")
    if bottom is None and top is None:
        return
    low = -inf if bottom is None else spread(bottom)[1]
    high = inf if top is None else spread(top)[2]
    for end in dict.fromkeys((low if bottom is None else bottom, high if top is None else top)):
        yield first or last, float(end), low, high


def reference_plain(param: str, value: Any) -> Iterator[IndexValue]:
    """A Reference: to a resource here, to an absolute url, or by identifier. Of one to a contained resource, and of one
    that holds a text alone, it is known only that it is there.
    """
    literal = value.get("reference", "")
    found = value.get("identifier")
    identifier = (found.get("system", ""), found["value"]) if found and found.get("value") else None
    if literal.startswith("#"):
        literal = ""
    kind, key = split_reference(literal)
    if key and literal.startswith(kind):
        yield ReferenceValue(param, kind, key, "", identifier)
    else:
        yield ReferenceValue(param, value.get("type", "") if not literal else "", "", literal, identifier)


def reference_uri(param: str, value: Any) -> Iterator[IndexValue]:
    """A canonical or uri that a parameter of type reference names; one with a version is found without it too."""
    if value.startswith("#"):
        return
    yield ReferenceValue(param, CANONICAL, "", value)
    bare, mark, _ = value.partition("|")
    if mark:
        yield ReferenceValue(param, "", "", bare)


def reference_resource(param: str, value: Any) -> Iterator[IndexValue]:
    """A resource that stands in the place of a reference, as the first entry of a document does."""
    if value.get("id"):
        yield ReferenceValue(param, value["resourceType"], value["id"])


_NAME = partial(string_parts, ("family", "given", "text", "prefix", "suffix"))
_ADDRESS = partial(string_parts, ("line", "city", "district", "state", "postalCode", "country", "text"))
_TEXTS = ("string", "markdown", "id", "code", "uri", "url", "canonical", "oid", "uuid", "date", "dateTime")
_NUMBERS = ("integer", "decimal", "positiveInt", "unsignedInt")
_AMOUNTS = ("Quantity", "Age", "Count", "Distance", "Duration")

CONVERT: Mapping[str, Mapping[str, Convert]] = {
    "token": {
        "CodeableConcept": token_concept,
        "Coding": token_coding,
        "Identifier": token_identifier,
        "ContactPoint": token_contact,
        "boolean": token_boolean,
        "instant": token_text,
        **dict.fromkeys(_TEXTS + _NUMBERS, token_text),
        **dict.fromkeys(_AMOUNTS, token_quantity),
    },
    "string": {
        "HumanName": _NAME,
        "Address": _ADDRESS,
        "CodeableConcept": string_concept,
        **dict.fromkeys(_TEXTS, string_plain),
    },
    "uri": dict.fromkeys(URIS, uri_plain),
    "date": {
        **dict.fromkeys(("date", "dateTime", "instant"), date_plain),
        "Period": date_period,
        "Timing": date_timing,
    },
    "number": {**dict.fromkeys(_NUMBERS, number_plain), "Range": number_range},
    "quantity": {
        **dict.fromkeys(_AMOUNTS, quantity_plain),
        "Money": quantity_money,
        "Range": quantity_range,
    },
    "special": {"Location.position": position},
    "reference": {
        "Reference": reference_plain,
        "Resource": reference_resource,
        **dict.fromkeys(URIS, reference_uri),
    },
}
"""By kind of parameter and type of element: how its values are made."""
