"""Small official code lists that the product needs, from Akson's own FHIR package (`exchange/package`)."""

from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

import orjson

from akson.fhir.model import Resource


class Code(NamedTuple):
    """One code of a list and its name."""

    code: str
    display: str


@lru_cache
def package() -> dict[str, Resource]:
    """The CodeSystems of the package by canonical url."""
    folder = files("akson.exchange") / "package"
    systems = [
        orjson.loads(entry.read_bytes()) for entry in folder.iterdir() if entry.name.startswith("CodeSystem-")
    ]
    return {system["url"]: system for system in systems}


@lru_cache
def codes(url: str) -> tuple[Code, ...]:
    """The codes of one list in their order; KeyError when the package lacks it."""
    return tuple(Code(each["code"], each["display"]) for each in package()[url]["concept"])


def display(url: str, code: str) -> str | None:
    """The name of a code; None when the list lacks it."""
    return {each.code: each.display for each in codes(url)}.get(code) if url in package() else None
