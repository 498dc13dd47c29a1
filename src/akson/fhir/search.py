"""A search as a value: what the query string asked for, parsed and typed, before anyone thinks of SQL.

Source: http://hl7.org/fhir/R4/search.html. `parse` lives in `fhir/search_parse.py`.
"""

from dataclasses import field
from decimal import Decimal
from typing import Literal

from akson.kit.value import value

ParamType = Literal[
    "number", "date", "string", "token", "reference", "composite", "quantity", "uri", "special"
]


@value
class SearchParam:
    """One search parameter of one resource type."""

    code: str
    type: ParamType
    base: str
    """The resource type it is used on."""
    expression: str = ""
    targets: tuple[str, ...] = ()
    components: tuple["SearchParam", ...] = ()
    """The parts of a composite; their expressions start at the composite's own."""
    url: str = ""


@value
class TokenTerm:
    """`[system]|[code]`. system None: any; system "": explicitly none; code None: any code of the system."""

    system: str | None
    code: str | None


@value
class StringTerm:
    text: str


@value
class UriTerm:
    uri: str


@value
class DateTerm:
    """A prefix and the interval the value stands for: microseconds since 1970 UTC, both ends inclusive."""

    prefix: str
    low: int
    high: int


@value
class NumberTerm:
    """A prefix, the number, and the interval its precision stands for."""

    prefix: str
    value: Decimal
    low: Decimal
    high: Decimal


@value
class QuantityTerm:
    """A number with a unit. system and code as in TokenTerm; both None: any unit."""

    number: NumberTerm
    system: str | None
    code: str | None


@value
class ReferenceTerm:
    """A reference: type and id of a resource here; or an absolute url; type None when only an id was given."""

    type: str | None
    id: str | None
    url: str | None = None


@value
class NearTerm:
    """Within `distance` kilometres of a place, given in degrees."""

    latitude: float
    longitude: float
    distance: float


@value
class CompositeTerm:
    parts: tuple["Term", ...]


Term = (
    TokenTerm
    | StringTerm
    | UriTerm
    | DateTerm
    | NumberTerm
    | QuantityTerm
    | ReferenceTerm
    | NearTerm
    | CompositeTerm
)


@value
class Filter:
    """One criterion: the parameter, its modifier, and terms of which one must match.

    Besides the modifiers of a query string, those of `_filter` on text: equals, ends, gt, lt, ge, le; and `narrative` of
    `_text`, where the words of a resource are those of more than its narrative.
    """

    param: SearchParam
    modifier: str | None
    terms: tuple[Term, ...]
    chain: "Criterion | None" = None
    """For a chained parameter: the criterion on the referenced resource; `terms` is then empty."""
    chain_type: str | None = None
    """The type of the referenced resource in a chain."""


@value
class Has:
    """`_has:Type:ref:criterion`: some resource of `type` refers here by `reference` and fulfils `criterion`."""

    type: str
    reference: SearchParam
    criterion: "Criterion"


@value
class And:
    """All parts hold."""

    parts: tuple["Criterion", ...]


@value
class Or:
    """One part holds."""

    parts: tuple["Criterion", ...]


@value
class Not:
    """The part does not hold."""

    part: "Criterion"


@value
class Compartment:
    """The resource is in the compartment of one resource: it is that one, or refers to it by one of the parameters
    that make the compartment (http://hl7.org/fhir/R4/compartmentdefinition.html).
    """

    type: str
    id: str


Criterion = Filter | Has | And | Or | Not


@value
class Include:
    """`_include=Type:param:target` or its reverse. param "*" is the wildcard."""

    type: str
    param: str
    target: str | None = None
    reverse: bool = False
    iterate: bool = False


@value
class Sort:
    """One sort key: any parameter but a composite or special one."""

    param: SearchParam
    descending: bool = False
    shared: tuple[SearchParam, ...] = ()
    """In a search of several types: the parameter of each."""

    def on(self, kind: str) -> "Sort":
        """The key on one of the types."""
        return Sort(next((param for param in self.shared if param.base == kind), self.param), self.descending)


@value
class Query:
    """A whole search on one type (or on all: type "")."""

    type: str
    filters: tuple[Criterion | Compartment, ...] = ()
    includes: tuple[Include, ...] = ()
    sort: tuple[Sort, ...] = ()
    count: int = 50
    """Page size; 0 asks for the number of matches only."""
    cursor: str | None = None
    """Opaque mark of the last row seen (keyset paging); made and read by the store."""
    total: Literal["none", "estimate", "accurate"] = "none"
    summary: str | None = None
    elements: tuple[str, ...] = ()
    executed: tuple[tuple[str, str], ...] = ()
    """The pairs of the query string that were executed, for the self link."""
    ignored: tuple[str, ...] = field(default=())
    """Names of parameters ignored under lenient handling."""
