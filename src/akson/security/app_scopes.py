"""Scopes of apps (SMART App Launch 2.2): what a scope says, and what two scopes have in common. Pure.

    patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|vital-signs

reads and searches (`r`, `s`) the vital signs of the patient in context. Version 1 (`.read`, `.write`, `.*`) is read as the
version 2 that it means. What this server cannot keep to the letter is no scope to it: it is left out, and never taken for more.
Source: http://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qsl, quote

from akson.fhir.spec import spec

PLAIN = frozenset(
    {"openid", "fhirUser", "profile", "launch", "launch/patient", "offline_access", "online_access"}
)
"""Scopes that are about the launch and the user, and name no resources."""
LETTERS = "cruds"
V1 = {"read": "rs", "write": "cud", "*": LETTERS}
EVERY = "*"
NARROWED_BY = ("category", "code")
"""Search parameters by which a scope may be narrowed: token parameters on an element of the same name."""
LONGEST = 4000
"""Characters of all scopes of one request."""

_FORM = re.compile(r"(patient|user|system)/(\*|[A-Z][A-Za-z]+)\.([a-z*]+)(?:\?(.+))?")


class Level(StrEnum):
    """Whose data a scope is about."""

    PATIENT = "patient"
    """That of the patient in context."""
    USER = "user"
    """All that the user may see."""
    SYSTEM = "system"
    """All that the system itself may see."""


@dataclass(frozen=True, slots=True, order=True)
class AppScope:
    """A scope on resources."""

    level: Level
    kind: str
    """A resource type, or `*`."""
    letters: str
    """What may be done, a part of LETTERS in its order: create, read, update, delete, search."""
    narrowed: tuple[tuple[str, str], ...] = ()
    """Search parameter and value, all of which a resource must match; sorted."""

    def __str__(self) -> str:
        query = "&".join(f"{name}={quote(value, safe=':/|,.-_')}" for name, value in self.narrowed)
        return f"{self.level}/{self.kind}.{self.letters}" + (f"?{query}" if query else "")


def parse(word: str) -> AppScope | None:
    """The scope on resources that a word means; None when it means none that this server can keep."""
    found = _FORM.fullmatch(word)
    if found is None:
        return None
    level, kind, right, query = found.groups()
    letters = V1.get(right, right)
    in_order = "".join(letter for letter in LETTERS if letter in letters)
    if not letters or letters != in_order or (kind != EVERY and kind not in spec().types):
        return None
    narrowed = parse_qsl(query or "", keep_blank_values=True, strict_parsing=False)
    if (query and not narrowed) or any(
        name not in NARROWED_BY or not _token(value) for name, value in narrowed
    ):
        return None
    return AppScope(Level(level), kind, letters, tuple(sorted(set(narrowed))))


def read(text: str) -> tuple[frozenset[AppScope], frozenset[str]]:
    """The scopes of a request: those on resources, and the plain ones. Words that mean nothing here are left out."""
    words = text[:LONGEST].split(" ") if len(text) <= LONGEST else []
    scopes = frozenset(scope for word in words if (scope := parse(word)) is not None)
    return scopes, PLAIN & frozenset(words)


def write(scopes: Iterable[AppScope], plain: Iterable[str]) -> str:
    """As a token response says it."""
    return " ".join([*sorted(plain), *map(str, sorted(scopes))])


def meet(one: AppScope, other: AppScope) -> AppScope | None:
    """What both scopes allow; None when that is nothing."""
    letters = "".join(letter for letter in one.letters if letter in other.letters)
    if one.level is not other.level or not letters:
        return None
    if EVERY not in (one.kind, other.kind) and one.kind != other.kind:
        return None
    kind = other.kind if one.kind == EVERY else one.kind
    return AppScope(one.level, kind, letters, tuple(sorted({*one.narrowed, *other.narrowed})))


def common(asked: Iterable[AppScope], allowed: Iterable[AppScope]) -> frozenset[AppScope]:
    """What is asked for and allowed as well, said as shortly as it can be."""
    held = list(allowed)
    met = {found for one in asked for other in held if (found := meet(one, other)) is not None}
    return frozenset(
        one
        for one in met
        if not any(one is not other and covers(other, one) and other != one for other in met)
    )


def covers(wide: AppScope, narrow: AppScope) -> bool:
    """Whether everything that `narrow` allows is allowed by `wide`."""
    return meet(wide, narrow) == narrow


def all_covered(asked: Iterable[AppScope], held: Iterable[AppScope]) -> bool:
    """Whether each scope that is asked for lies within one that is held."""
    wide = list(held)
    return all(any(covers(each, one) for each in wide) for one in asked)


def _token(value: str) -> bool:
    """Values of a token parameter: `system|code`, `code`, `|code` or `system|`, joined by commas."""
    return all(part.strip("|") and part.count("|") <= 1 and "\\" not in part for part in value.split(","))
