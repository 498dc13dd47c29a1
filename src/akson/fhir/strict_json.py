"""JSON in and out, strictly: what two readers could understand differently is refused.

orjson reads; the gate around it refuses what it lets pass (repeated keys, deep nesting, NUL). A number whose
digits a float would lose is kept as a `Number`, so that `1.50` leaves as it came (R4, datatypes: decimal).
"""

import json
import re
from decimal import Decimal
from typing import Any, Self

import orjson

from akson.fhir.model import Resource
from akson.kit.errors import Malformed

DEEPEST = 64
"""Levels of nesting; the deepest official example has 20."""
_SPACE = b" \t\r\n"
_NUMBER = re.compile(rb"[:,\[][ \t\r\n]*(-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?=[ \t\r\n]*[,}\]])")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_NOT_BRACKETS = bytes(set(range(256)) - set(b"{}[]"))
_SAFE_DIGITS = 18
_INFINITE = float("inf")


class Number(float):
    """A float that knows the digits it was written with; `str` gives them."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> Self:
        made = super().__new__(cls, text)
        made.text = text
        return made

    def __str__(self) -> str:
        return self.text

    def __reduce__(self) -> tuple[type["Number"], tuple[str]]:
        return Number, (self.text,)


def loads(raw: bytes) -> Resource:
    """One JSON object. Raises Malformed, saying what and where, never with content of the text."""
    value = loads_any(raw)
    if type(value) is not dict:
        raise Malformed("the body must be a JSON object")
    return value


def loads_any(raw: bytes) -> Any:
    """Any JSON value, as strictly."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Malformed(
            f"the body is not JSON: {error.msg} at line {error.lineno} column {error.colno}"
        ) from error
    if _may_be_deep(raw) and _depth_exceeds(value, DEEPEST):
        raise Malformed(_too_deep(DEEPEST))
    if b"\\u0000" in raw and _NUL.search(raw):
        raise Malformed("the JSON holds the character U+0000")
    again = orjson.dumps(value)
    if again == raw or again.translate(None, _SPACE) == raw.translate(None, _SPACE):
        return value  # nothing was lost in reading: no repeated key, no digit
    if b"\\u002" in raw or b"\\u003" in raw or _members(raw) != _members(again):
        _refuse_repeated_keys(raw)
    if _loses_digits(raw):
        return json.loads(raw, parse_float=_keep, parse_int=_keep_int)
    return value


def check_depth(raw: bytes, limit: int) -> None:
    """Malformed when JSON is nested deeper than a limit below DEEPEST; what is not JSON is left to the reader."""
    if _may_be_deep(raw, limit):
        try:
            value = orjson.loads(raw)
        except orjson.JSONDecodeError:
            return
        if _depth_exceeds(value, limit):
            raise Malformed(_too_deep(limit))


def _too_deep(limit: int) -> str:
    return f"the JSON is nested deeper than {limit} levels (setting AKSON_JSON_DEPTH)"


def dumps(value: Any, *, pretty: bool = False) -> bytes:
    """JSON in UTF-8, compact or laid out for people; numbers with the digits they came with."""
    return orjson.dumps(value, default=_digits, option=orjson.OPT_INDENT_2 if pretty else None)


def _members(text: bytes) -> int:
    """How many object members the text has, plus a number that is the same before and after a round trip.

    Counts a quote followed by a colon, white space left out. Inside strings the quote is escaped, and the count
    is the same in what orjson writes, unless the quote, the colon or a space was written as an escape of the form
    u002x or u003x, which the caller sees to. So a lower count after the round trip means a member was lost.
    """
    return text.translate(None, _SPACE).count(b'":')


def _refuse_repeated_keys(raw: bytes) -> None:
    def pairs(found: list[tuple[str, Any]]) -> None:
        if len({key for key, _ in found}) != len(found):
            raise Malformed("the JSON repeats a key within one object")

    json.loads(raw, object_pairs_hook=pairs)


def _may_be_deep(raw: bytes, limit: int = DEEPEST) -> bool:
    """Whether the brackets alone, innermost pairs taken away level by level, do not show that it is not."""
    brackets = raw.translate(None, _NOT_BRACKETS)
    for _ in range(limit):
        if not brackets:
            return False
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
    return True


def _depth_exceeds(value: Any, limit: int) -> bool:
    kind = type(value)
    if kind is dict:
        inner = value.values()
    elif kind is list:
        inner = value
    else:
        return False
    if limit == 0:
        return True
    for item in inner:
        kind = type(item)
        if (kind is dict or kind is list) and _depth_exceeds(item, limit - 1):
            return True
    return False


def _loses_digits(raw: bytes) -> bool:
    for token in _NUMBER.findall(raw):
        if b"." in token or len(token) > _SAFE_DIGITS or b"e" in token or b"E" in token or token == b"-0":
            text = token.decode("ascii")
            if repr(float(text)) != text:
                return True
    return False


def number(text: str) -> float:
    """A number of JSON's grammar as a value that is written with the same digits; ValueError when it has no end."""
    value = _keep(text) if any(sign in text for sign in ".eE") else _keep_int(text)
    if value in (_INFINITE, -_INFINITE):
        raise ValueError("too large")
    return value


def _keep(text: str) -> float:
    plain = float(text)
    return plain if repr(plain) == text else Number(text)


def _keep_int(text: str) -> float:
    return Number(text) if len(text) > _SAFE_DIGITS or text == "-0" else int(text)


def _digits(value: Any) -> orjson.Fragment:
    if isinstance(value, Number):
        return orjson.Fragment(value.text.encode("ascii"))
    if isinstance(value, Decimal) and value.is_finite():
        return orjson.Fragment(format(value, "f").encode("ascii"))
    raise TypeError(f"{type(value).__name__} is not a JSON value")
