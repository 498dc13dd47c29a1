"""A change of the rules to try, as a small file of settings (TOML or JSON). `read` says clearly what is wrong with one."""

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from akson.kit.errors import Malformed
from akson.record.relations import LIMITS, Limits
from akson.security.roles import DUTIES, PROFESSIONS, RECORD, TABLES, Duty, Tables
from akson.security.rules import RULES
from akson.security.rules.rule import Rule

LARGEST = 20_000
"""Bytes of a file."""
NAMES = tuple(rule.reason.removeprefix("reason.") for rule in RULES)
MINUTES, DAYS = range(24 * 60 + 1), range(3651)
_ROLE = ("add_reads", "remove_reads", "add_writes", "remove_writes")
_PROFESSION = ("add", "remove")
_DAYS = {
    "days_after_end": "aftercare",
    "days_before_appointment": "ahead",
    "days_of_referral": "referred",
}


@dataclass(frozen=True, slots=True)
class Change:
    """What is other than in force. An empty one changes nothing."""

    off: frozenset[str] = frozenset()
    """Rules that grant nothing, by their names."""
    tables: Tables = field(default_factory=lambda: TABLES)
    limits: Limits = LIMITS
    """Of care relations."""
    emergency: timedelta | None = None
    """How long an opening lasts; None: as it did."""

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Those that grant."""
        return tuple(rule for rule in RULES if rule.reason.removeprefix("reason.") not in self.off)

    @property
    def is_empty(self) -> bool:
        return not self.off and self.tables is TABLES and self.limits == LIMITS and self.emergency is None


def read(raw: str) -> Change:
    """The change that a file describes: JSON where it begins with a brace, else TOML. Malformed names what is wrong."""
    if len(raw.encode()) > LARGEST:
        raise Malformed(f"a change has at most {LARGEST} bytes")
    try:
        found = json.loads(raw) if raw.lstrip().startswith("{") else tomllib.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"the change is neither TOML nor JSON: {str(error)[:200]}") from error
    found = _table(found, "the change")
    _known(found, ("rules", "roles", "professions", "care_relations", "emergency"), "")
    rules = _section(found, "rules", ("off",))
    return Change(
        _off(rules.get("off", [])),
        _tables(found),
        _limits(_section(found, "care_relations", _DAYS)),
        _emergency(_section(found, "emergency", ("minutes",))),
    )


def _off(names: object) -> frozenset[str]:
    found = _words(names, "rules.off")
    if unknown := sorted(found - set(NAMES)):
        raise Malformed(f"rules.off: no rule is called {unknown[0]}; there are {', '.join(NAMES)}")
    return found


def _tables(found: Mapping[str, Any]) -> Tables:
    if not found.get("roles") and not found.get("professions"):
        return TABLES
    duties = {role: _duty(DUTIES[role], to) for role, to in _each(found, "roles", DUTIES, _ROLE)}
    professions = {
        code: _types(PROFESSIONS[code], to, "add", "remove", f"professions.{code}")
        for code, to in _each(found, "professions", PROFESSIONS, _PROFESSION)
    }
    return Tables(DUTIES | duties, PROFESSIONS | professions)


def _duty(duty: Duty, to: Mapping[str, Any]) -> Duty:
    return duty._replace(
        reads=_types(duty.reads, to, "add_reads", "remove_reads", "roles"),
        writes=_types(duty.writes, to, "add_writes", "remove_writes", "roles"),
    )


def _types(types: frozenset[str], to: Mapping[str, Any], add: str, remove: str, where: str) -> frozenset[str]:
    added, removed = (_words(to.get(name, []), f"{where}.{name}") for name in (add, remove))
    if unknown := sorted((added | removed) - RECORD):
        raise Malformed(
            f"{where}: {unknown[0]} is no type of the record; there are {', '.join(sorted(RECORD))}"
        )
    if both := sorted(added & removed):
        raise Malformed(f"{where}: {both[0]} is both added and removed")
    return (types | added) - removed


def _limits(days: Mapping[str, Any]) -> Limits:
    given = {
        _DAYS[name]: timedelta(days=_number(days[name], f"care_relations.{name}", DAYS)) for name in days
    }
    return Limits(**given)


def _emergency(given: Mapping[str, Any]) -> timedelta | None:
    if "minutes" not in given:
        return None
    return timedelta(minutes=_number(given["minutes"], "emergency.minutes", MINUTES))


def _each(
    found: Mapping[str, Any], name: str, known: Mapping[str, object], fields: Iterable[str]
) -> Iterable[tuple[str, Mapping[str, Any]]]:
    for key, value in _table(found.get(name, {}), name).items():
        if key not in known:
            raise Malformed(f"{name}: there is no {key}; there are {', '.join(sorted(known))}")
        to = _table(value, f"{name}.{key}")
        _known(to, fields, f"{name}.{key}")
        yield key, to


def _section(found: Mapping[str, Any], name: str, fields: Iterable[str]) -> Mapping[str, Any]:
    section = _table(found.get(name, {}), name)
    _known(section, fields, name)
    return section


def _table(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Malformed(f"{where} is a table of names and values")
    return value


def _known(found: Mapping[str, Any], fields: Iterable[str], where: str) -> None:
    if unknown := sorted(set(found) - set(fields)):
        told = f"{where}.{unknown[0]}" if where else unknown[0]
        raise Malformed(f"{told} is not known; there are {', '.join(fields)}")


def _words(value: object, where: str) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Malformed(f"{where} is a list of names")
    return frozenset(value)


def _number(value: object, where: str, among: range) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value not in among:
        raise Malformed(f"{where} is a whole number from {among.start} to {among.stop - 1}")
    return value
