"""The primitive types of FHIR: which JSON values they take. Source: http://hl7.org/fhir/R4/datatypes.html."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_YEAR = r"(?:[0-9](?:[0-9](?:[0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)"
_LEAP = r"(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_DAY = (
    rf"(?:{_YEAR}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    rf"|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)|{_LEAP}-02-29)"
)
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]{1,9})?"
_ZONE = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_MONTH = rf"{_YEAR}(?:-(?:0[1-9]|1[0-2]))?"
_LARGEST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Format:
    """How a primitive type is written in JSON: `json` is its JSON Schema type."""

    json: str
    pattern: str = ""
    """Must match from end to end."""
    low: int | None = None
    high: int | None = None

    def test(self, value: object) -> bool:
        """Whether a JSON value is of this type."""
        if self.json == "boolean":
            return value is True or value is False
        if self.json == "string":
            return isinstance(value, str) and bool(value) and self._matches(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        if self.json == "number":
            return True
        whole = isinstance(value, int) or value.is_integer()
        return whole and (self.low is None or self.high is None or self.low <= value <= self.high)

    def _matches(self, value: str) -> bool:
        return not self.pattern or re.fullmatch(self.pattern, value) is not None


_TEXT = Format("string")
_URI = Format("string", r"\S+")

FORMATS: Mapping[str, Format] = {
    "base64Binary": Format("string", r"[0-9A-Za-z+/=\s]+"),
    "boolean": Format("boolean"),
    "canonical": _URI,
    "code": Format("string", r"\S+(?:\s\S+)*"),
    "date": Format("string", rf"(?:{_MONTH}|{_DAY})"),
    "dateTime": Format("string", rf"(?:{_MONTH}|{_DAY}(?:T{_CLOCK}{_ZONE})?)"),
    "decimal": Format("number"),
    "id": Format("string", r"[A-Za-z0-9.-]{1,64}"),
    "instant": Format("string", rf"{_DAY}T{_CLOCK}{_ZONE}"),
    "integer": Format("integer", low=-_LARGEST - 1, high=_LARGEST),
    "markdown": _TEXT,
    "oid": Format("string", r"urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+"),
    "positiveInt": Format("integer", low=1, high=_LARGEST),
    "string": _TEXT,
    "time": Format("string", _CLOCK),
    "unsignedInt": Format("integer", low=0, high=_LARGEST),
    "uri": _URI,
    "url": _URI,
    "uuid": Format("string", r"urn:uuid:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "xhtml": _TEXT,
}
