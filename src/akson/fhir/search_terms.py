"""The values of search parameters: text after the `=` to typed terms, by kind of parameter and modifier.

Source: http://hl7.org/fhir/R4/search.html#prefix, #escaping. Raises ValueError; `search_parse` names the parameter.
"""

from collections.abc import Callable
from decimal import Decimal

from akson.fhir.model import split_reference
from akson.fhir.precision import interval, number
from akson.fhir.search import (
    CompositeTerm,
    DateTerm,
    NearTerm,
    NumberTerm,
    QuantityTerm,
    ReferenceTerm,
    SearchParam,
    StringTerm,
    Term,
    TokenTerm,
    UriTerm,
)
from akson.fhir.spec import spec
from akson.kit.clock import now

Read = Callable[[SearchParam, str], Term]
PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
NEAR = Decimal(50)
"""Kilometres that are near where the search does not say."""
KILOMETRES = {"": Decimal(1), "km": Decimal(1), "m": Decimal("0.001"), "[mi_us]": Decimal("1.609347219")}
"""Units of a distance, in UCUM; a US survey mile is 6336/3937 km."""
FARTHEST = 20_100
"""Half around the earth."""


def split(text: str, mark: str) -> list[str]:
    """Parts between marks that no backslash escapes; the escapes stay."""
    if mark not in text:
        return [text]
    parts = [""]
    escaped = False
    for letter in text:
        if letter == mark and not escaped:
            parts.append("")
            continue
        parts[-1] += letter
        escaped = letter == "\\" and not escaped
    return parts


def unescape(text: str) -> str:
    r"""The value without its escapes: \, \| \$ \\."""
    if "\\" not in text:
        return text
    result = ""
    escaped = False
    for letter in text:
        if letter == "\\" and not escaped:
            escaped = True
            continue
        result += letter if not escaped or letter in ",|$\\" else "\\" + letter
        escaped = False
    return result + ("\\" if escaped else "")


class TermReader:
    """Reads the values of parameters. `base`: the FHIR base url of this server, whose references are local."""

    def __init__(self, base: str) -> None:
        self.base = base.rstrip("/") + "/"
        self.by_type: dict[str, Read] = {
            "token": self.token,
            "string": self.string,
            "uri": self.uri,
            "date": self.date,
            "number": self.number,
            "quantity": self.quantity,
            "reference": self.reference,
            "composite": self.composite,
            "special": self.near,
        }
        self.by_modifier: dict[str, Read] = {
            "missing": self.missing,
            "text": self.string,
            "identifier": self.token,
            "of-type": self.of_type,
            "in": self.uri,
            "not-in": self.uri,
        }

    def terms(self, param: SearchParam, modifier: str | None, value: str) -> tuple[Term, ...]:
        """All alternatives of one value."""
        return tuple(self.term(param, modifier, part) for part in split(value, ","))

    def term(self, param: SearchParam, modifier: str | None, text: str) -> Term:
        if not text:
            raise ValueError("an empty value")
        if modifier in self.by_modifier:
            return self.by_modifier[modifier](param, text)
        if param.type == "reference" and modifier in spec().types:
            return self.typed_reference(param, modifier or "", text)
        return self.by_type[param.type](param, text)

    def missing(self, _param: SearchParam, text: str) -> Term:
        if text not in ("true", "false"):
            raise ValueError(":missing takes true or false")
        return TokenTerm(None, text)

    def of_type(self, _param: SearchParam, text: str) -> Term:
        """system|code|value of an identifier's type and its value: a token under that type."""
        parts = [unescape(part) for part in split(text, "|")]
        if len(parts) != 3 or not parts[1] or not parts[2]:
            raise ValueError(":of-type takes system|code|value")
        return TokenTerm("|".join(parts[:2]), parts[2])

    def near(self, _param: SearchParam, text: str) -> Term:
        """latitude|longitude|distance|units. Source: http://hl7.org/fhir/R4/location.html#positional."""
        parts = [unescape(part).strip() for part in split(text, "|")]
        if len(parts) not in (2, 3, 4):
            raise ValueError("give latitude|longitude|distance|units")
        latitude, longitude = (number(part)[0] for part in parts[:2])
        if abs(latitude) > 90 or abs(longitude) > 180:
            raise ValueError("a latitude is at most 90 degrees, a longitude 180")
        given = parts[2] if len(parts) > 2 else ""
        unit = parts[3] if len(parts) > 3 else ""
        if unit not in KILOMETRES:
            raise ValueError(f"the unit of distance is one of {', '.join(filter(None, KILOMETRES))}")
        distance = number(given)[0] * KILOMETRES[unit] if given else NEAR
        if not 0 <= distance <= FARTHEST:
            raise ValueError(f"the distance is from 0 to {FARTHEST} km")
        return NearTerm(float(latitude), float(longitude), float(distance))

    def token(self, _param: SearchParam, text: str) -> Term:
        parts = [unescape(part) for part in split(text, "|")]
        if len(parts) > 2:
            raise ValueError("a token has at most one |")
        if len(parts) == 1:
            return TokenTerm(None, parts[0])
        if parts == ["", ""]:
            raise ValueError("a token needs a system or a code")
        return TokenTerm(parts[0], parts[1] or None)

    def string(self, _param: SearchParam, text: str) -> Term:
        return StringTerm(unescape(text))

    def uri(self, _param: SearchParam, text: str) -> Term:
        return UriTerm(unescape(text))

    def date(self, _param: SearchParam, text: str) -> Term:
        prefix, rest = _prefix(text)
        low, high = interval(rest.replace(" ", "+"))  # an unencoded + of a time zone arrives as a space
        if prefix == "ap":
            distance = abs(int(now().timestamp() * 1_000_000) - low) // 10
            low, high = low - distance, high + distance
        return DateTerm(prefix, low, high)

    def number(self, _param: SearchParam, text: str) -> Term:
        return _number(text)

    def quantity(self, _param: SearchParam, text: str) -> Term:
        parts = [unescape(part) for part in split(text, "|")]
        if len(parts) not in (1, 3):
            raise ValueError("a quantity is number or number|system|code")
        amount = _number(parts[0])
        if len(parts) == 1:
            return QuantityTerm(amount, None, None)
        return QuantityTerm(amount, parts[1] or None, parts[2] or None)

    def reference(self, param: SearchParam, text: str) -> Term:
        value = unescape(text)
        local = value.removeprefix(self.base)
        if "://" in local or local.startswith("urn:"):
            return ReferenceTerm(None, None, local)
        if "/" in local:
            kind, key = split_reference(local)
            if kind not in spec().types or not key or not local.startswith(kind):
                raise ValueError("not a reference: give id, Type/id or a url")
            return ReferenceTerm(kind, key)
        only = param.targets[0] if len(param.targets) == 1 else None
        return ReferenceTerm(only, local)

    def typed_reference(self, param: SearchParam, kind: str, text: str) -> Term:
        found = self.reference(param, text)
        if not isinstance(found, ReferenceTerm) or found.url is not None:
            return found
        if "/" in text and found.type != kind:
            raise ValueError(f"refers to {found.type}, but :{kind} was asked for")
        return ReferenceTerm(kind, found.id)

    def composite(self, param: SearchParam, text: str) -> Term:
        parts = split(text, "$")
        if len(parts) != len(param.components):
            codes = "$".join(part.code for part in param.components)
            raise ValueError(f"a composite takes {codes}")
        pairs = zip(param.components, parts, strict=True)
        return CompositeTerm(tuple(self.term(component, None, part) for component, part in pairs))


def _prefix(text: str) -> tuple[str, str]:
    if text[:2] in PREFIXES:
        return text[:2], text[2:]
    return "eq", text


def _number(text: str) -> NumberTerm:
    prefix, rest = _prefix(text)
    value, low, high = number(rest.strip())
    if prefix == "ap":
        margin = max(abs(value) / Decimal(10), high - value)
        low, high = value - margin, value + margin
    return NumberTerm(prefix, value, low, high)
