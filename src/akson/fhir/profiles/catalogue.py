"""Definitions by canonical url, each compiled once: those of R4, and those that a `find` from outside gives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from akson.fhir.profiles.build import compile_definition
from akson.fhir.profiles.rule import Profile, Rule
from akson.fhir.spec import spec

Member = Callable[[str, str, str], bool | None]
"""Whether a value set (canonical) has a code (system, code); None where that cannot be told."""
Find = Callable[[str], dict[str, Any] | None]
"""A StructureDefinition by canonical url (perhaps with |version); None where it is not to be had."""

TYPES = "http://hl7.org/fhir/StructureDefinition/"
_OF_R4 = frozenset({"", "4.0.1", "4.0.0", "4.0"})
DEEPEST = 32
"""Profiles upon profiles."""


def base_type(canonical: str) -> str:
    """The type of R4 that a canonical url defines; empty where it is a profile or of others."""
    name = canonical.partition("|")[0].removeprefix(TYPES)
    return name if "/" not in name and spec().table(name) is not None else ""


@dataclass(slots=True)
class Compiled:
    """What was compiled of some definitions. To be kept only as long as these stay the same."""

    profiles: dict[str, Profile] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    """What is wrong with definitions that could not be compiled."""


class Catalogue:
    """What a validation knows."""

    def __init__(
        self, find: Find = lambda _: None, member: Member = lambda *_: None, compiled: Compiled | None = None
    ) -> None:
        self._find = find
        self._member = member
        self._compiled = compiled or Compiled()

    @property
    def broken(self) -> Mapping[str, str]:
        """By canonical url, what is wrong with definitions that could not be compiled."""
        return self._compiled.broken

    def find(self, canonical: str) -> dict[str, Any] | None:
        """A profile or extension definition; R4's own first."""
        url, _, version = canonical.partition("|")
        own = spec().profiles.get(url) if version in _OF_R4 else None
        return own if own is not None else self._find(canonical)

    def member(self, value_set: str, system: str, code: str) -> bool | None:
        """Whether a value set has a code, where only that tells one slice from another."""
        known = spec().codes.get(value_set.partition("|")[0])
        if known is not None:
            return code in known.codes and system in ("", known.system or system)
        return self._member(value_set, system, code)

    def profile(self, canonical: str) -> Profile | None:
        """The compiled profile; None where it is not known, or `broken`."""
        found = self._compiled.profiles.get(canonical)
        if found is None and canonical not in self.broken:
            found = self._compile(canonical, 0)
            if found is not None:
                self._compiled.profiles[canonical] = found
        return found

    def _compile(self, canonical: str, depth: int) -> Profile | None:
        definition = self.find(canonical)
        if definition is None:
            return None
        if depth > DEEPEST:
            self._compiled.broken[canonical] = "builds upon itself"
            return None
        if definition.get("kind") == "logical" or spec().table(definition.get("type", "")) is None:
            self._compiled.broken[canonical] = "is not about a type of FHIR R4"
            return None
        base: Rule | None = None
        below = definition.get("baseDefinition", "")
        if below and not base_type(below):
            lower = self._compile(below, depth + 1)
            if lower is None:
                self._compiled.broken.setdefault(canonical, f"builds upon {below}, which is not known here")
                return None
            base = lower.rule
        try:
            rule = compile_definition(definition, base)
        except (ValueError, KeyError, TypeError) as error:
            self._compiled.broken[canonical] = str(error)
            return None
        return Profile(canonical, definition["type"], rule, definition)
