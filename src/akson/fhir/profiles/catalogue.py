"""Definitions by canonical url, each compiled once: those of R4, and those that a `find` from outside gives."""

from collections.abc import Callable
from typing import Any

from akson.fhir.profiles.build import compile_definition
from akson.fhir.profiles.rule import Profile, Rule
from akson.fhir.spec import spec

Member = Callable[[str, str, str], bool | None]
"""Whether a value set (canonical) has a code (system, code); None where that cannot be told."""
Find = Callable[[str], dict[str, Any] | None]
"""A StructureDefinition by canonical url (perhaps with |version); None where it is not to be had."""

TYPES = "http://hl7.org/fhir/StructureDefinition/"
DEEPEST = 32
"""Profiles upon profiles."""


def base_type(canonical: str) -> str:
    """The type of R4 that a canonical url defines; empty where it is a profile or of others."""
    name = canonical.partition("|")[0].removeprefix(TYPES)
    return name if "/" not in name and spec().table(name) is not None else ""


class Catalogue:
    """What a validation knows. Kept as long as the definitions behind `find` stay the same."""

    def __init__(self, find: Find = lambda _: None, member: Member = lambda *_: None) -> None:
        self._find = find
        self._member = member
        self._profiles: dict[str, Profile | None] = {}
        self.asked: dict[str, None] = {}
        """Canonical urls that were asked for and not found."""
        self.broken: dict[str, str] = {}
        """What is wrong with definitions that could not be compiled."""

    def find(self, canonical: str) -> dict[str, Any] | None:
        """A profile or extension definition; R4's own first."""
        url, _, version = canonical.partition("|")
        if version in ("", "4.0.1", "4.0.0", "4.0") and (own := spec().profiles.get(url)) is not None:
            return own
        found = self._find(canonical)
        if found is None:
            self.asked.setdefault(canonical)
        return found

    def member(self, value_set: str, system: str, code: str) -> bool | None:
        """Whether a value set has a code, where only that tells one slice from another."""
        known = spec().codes.get(value_set.partition("|")[0])
        if known is not None:
            return code in known.codes and system in ("", known.system or system)
        return self._member(value_set, system, code)

    def profile(self, canonical: str) -> Profile | None:
        """The compiled profile; None where it is not known, or `broken`."""
        if canonical not in self._profiles:
            self._profiles[canonical] = self._compile(canonical, 0)
        return self._profiles[canonical]

    def _compile(self, canonical: str, depth: int) -> Profile | None:
        definition = self.find(canonical)
        if definition is None:
            return None
        if depth > DEEPEST:
            self.broken[canonical] = "builds upon itself"
            return None
        if definition.get("kind") == "logical" or spec().table(definition.get("type", "")) is None:
            self.broken[canonical] = "is not about a type of FHIR R4"
            return None
        base: Rule | None = None
        below = definition.get("baseDefinition", "")
        if below and not base_type(below):
            lower = self._compile(below, depth + 1)
            if lower is None:
                self.broken.setdefault(canonical, f"builds upon {below}, which is not known here")
                return None
            base = lower.rule
        try:
            rule = compile_definition(definition, base)
        except (ValueError, KeyError, TypeError) as error:
            self.broken[canonical] = str(error)
            return None
        return Profile(canonical, definition["type"], rule, definition)
