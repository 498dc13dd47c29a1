"""What a resource can be found by: the values its search parameters give, typed, before anyone thinks of SQL.

Made by `fhir/extract`, written by `store`. Times are microseconds since 1970 UTC, both ends inclusive. A resource has
dozens of values, so they are tuples: a frozen dataclass takes three times as long to make.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

CANONICAL = "canonical"


class TokenValue(NamedTuple):
    param: str
    system: str
    """Empty when the element has no system."""
    code: str
    text: str = ""
    """display or text, for `:text`."""
    types: tuple[tuple[str, str], ...] = ()
    """Of an Identifier: its types as (system, code), for `:of-type`."""


class StringValue(NamedTuple):
    param: str
    text: str


class UriValue(NamedTuple):
    param: str
    uri: str


class DateValue(NamedTuple):
    param: str
    low: int
    high: int


class NumberValue(NamedTuple):
    """A number with its implied interval."""

    param: str
    value: float
    low: float
    high: float


class QuantityValue(NamedTuple):
    param: str
    value: float
    low: float
    high: float
    system: str
    code: str
    unit: str


class ReferenceValue(NamedTuple):
    """A reference: a literal one to a resource here (type, id), an absolute url, a canonical, or a logical identifier."""

    param: str
    type: str
    """CANONICAL, where the url is that of a definition, perhaps with its version."""
    id: str
    url: str = ""
    identifier: tuple[str, str] | None = None


class CompositeValue(NamedTuple):
    """One combination of a composite's components, in their order."""

    param: str
    parts: tuple["IndexValue", ...]


IndexValue = TokenValue | StringValue | UriValue | DateValue | NumberValue | QuantityValue | ReferenceValue


@dataclass(slots=True)
class Index:
    """All index values of one resource."""

    patient: str | None = None
    """Id of the Patient whose compartment it is in (of the first, where several); its own id for a Patient."""
    tokens: list[TokenValue] = field(default_factory=list)
    strings: list[StringValue] = field(default_factory=list)
    uris: list[UriValue] = field(default_factory=list)
    dates: list[DateValue] = field(default_factory=list)
    numbers: list[NumberValue] = field(default_factory=list)
    quantities: list[QuantityValue] = field(default_factory=list)
    references: list[ReferenceValue] = field(default_factory=list)
    composites: list[CompositeValue] = field(default_factory=list)
    identifiers: list[tuple[str, str]] = field(default_factory=list)
    """(system, value) of `identifier`."""
    content: str = ""
    """Plain text for `_content` full-text search (narrative and document text)."""
