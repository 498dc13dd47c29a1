"""Primitive values as text: XML writes them all as text, JSON writes numbers and booleans without quotes."""

import re
from typing import Any

import orjson

from akson.fhir.strict_json import Number, number

_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_INTEGER = re.compile(r"[+-]?(?:0|[1-9][0-9]*)")
_BOOLEANS = {"true": True, "false": False}

WRONG = ""
"""Stands for a value that could not be read, so that what follows is not thought to be missing."""


def read(text: str, json: str) -> Any:
    """A value of the attribute `value`; ValueError when it is none of this JSON type."""
    if json == "string":
        return text
    if json == "boolean":
        if text not in _BOOLEANS:
            raise ValueError(text)
        return _BOOLEANS[text]
    pattern = _DECIMAL if json == "number" else _INTEGER
    if not pattern.fullmatch(text):
        raise ValueError(text)
    return number(text.removeprefix("+"))


def write(value: Any) -> str:
    """The text of a number or boolean, with the digits that JSON writes."""
    if value is True:
        return "true"
    if value is False:
        return "false"
    if type(value) is int:
        return str(value)
    return value.text if isinstance(value, Number) else orjson.dumps(value).decode()
