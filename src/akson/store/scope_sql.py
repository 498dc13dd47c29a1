"""Turns a scope into SQL on one table's alias. Every clinical table reference in the store passes through here.

What a predicate means stands a second time in `scope_holds.py`, for one row in Python. A test compares the two.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from akson.fhir.spec import spec
from akson.store.database.arrays import bigints, texts
from akson.store.index.hashing import label, patient_number
from akson.store.scope import (
    AllOf,
    AnyOf,
    CareRelation,
    Coded,
    Everything,
    Labelled,
    NotBlocked,
    Nothing,
    OfPatients,
    OfTypes,
    Predicate,
    Scope,
    Tagged,
    Unlabelled,
    WithoutPatient,
)

Fragment = tuple[str, list[Any]]
"""SQL text and its parameters in their order."""


@dataclass(frozen=True, slots=True)
class _NotBlockedRow:
    """NotBlocked on rows that know patient and number only, of resources of one type."""

    of: NotBlocked
    kind: str


_OfIndex = Everything | Nothing | OfPatients | WithoutPatient | CareRelation | _NotBlockedRow | AllOf | AnyOf
"""What index rows can be asked. A predicate that is added does not become one by itself."""


def within(scope: Scope, alias: str) -> Fragment:
    """The condition that the row of `alias` is inside the scope. `alias` is the store's own.

    The row is of resource or history, or has their columns pat, type, key and labels.
    """
    found: Fragment | None = scope.compiled.get(alias)
    if found is None:
        found = scope.compiled[alias] = _compile(scope.predicate, alias)
    return found[0], [*found[1]]  # whoever asks goes on with the list


def on_patient(scope: Scope, kind: str, alias: str) -> Fragment | None:
    """The condition on rows of an index, of resources of one type; None where they do not decide.

    They know the patient and the resource's number.
    """
    asked = (kind, alias)
    if asked not in scope.compiled:
        folded = _folded(scope.predicate, kind)
        scope.compiled[asked] = None if folded is None else _compile(folded, alias)
    found: Fragment | None = scope.compiled[asked]
    return found and (found[0], [*found[1]])


def may_hold(predicate: Predicate, alias: str) -> Fragment:
    """The condition that a predicate may have let through rows of which pat and type are known, and nothing else.

    Labels, content and what is closed are left open: whoever asks knows that the rows were let through.
    """
    return _compile(_by_patient(predicate), alias)


def _by_patient(predicate: Predicate) -> Predicate:
    if isinstance(predicate, AllOf | AnyOf):
        return type(predicate)(tuple(_by_patient(part) for part in predicate.parts))
    return (
        Everything()
        if isinstance(predicate, Labelled | Unlabelled | Coded | Tagged | NotBlocked)
        else predicate
    )


def covers(scope: Scope, kind: str) -> bool:
    """Whether everything of a type is inside the scope, whatever it says."""
    return _covers(scope.predicate, kind)


def _covers(predicate: Predicate, kind: str) -> bool:
    match predicate:
        case Everything():
            return True
        case OfTypes(types):
            return kind in types
        case WithoutPatient() | NotBlocked():
            return kind != "Patient" and kind not in spec().compartment("Patient")
        case AllOf(parts):
            return all(_covers(part, kind) for part in parts)
        case AnyOf(parts):
            return any(_covers(part, kind) for part in parts)
    return False


def _folded(predicate: Predicate, kind: str) -> _OfIndex | None:
    """The predicate for index rows of resources of one type; None where they do not decide."""
    if isinstance(predicate, OfTypes):
        return Everything() if kind in predicate.types else Nothing()
    if isinstance(predicate, Coded | Tagged | Labelled | Unlabelled):
        return None
    if isinstance(predicate, NotBlocked):
        return _NotBlockedRow(predicate, kind)
    if isinstance(predicate, AllOf | AnyOf):
        parts: list[Any] = [_folded(part, kind) for part in predicate.parts]
        return None if None in parts else type(predicate)(tuple(parts))
    return predicate


def _compile(predicate: Any, alias: str) -> Fragment:
    return _COMPILERS[type(predicate)](predicate, alias)


def _types(predicate: OfTypes, alias: str) -> Fragment:
    return f"{alias}.type = any(%s::text[])", [texts(sorted(predicate.types))]


def _patients(predicate: OfPatients, alias: str) -> Fragment:
    numbers = sorted(patient_number(patient) for patient in predicate.patients if patient)
    if len(numbers) == 1:
        return f"{alias}.pat = %s", numbers
    return f"{alias}.pat = any(%s::bigint[])", [bigints(numbers)]


def _care_relation(predicate: CareRelation, alias: str) -> Fragment:
    condition = (
        f"exists (select 1 from care_relation c where c.pat = {alias}.pat and c.party = any(%s::text[])"  # noqa: S608
        " and c.ended is null and c.low <= now() and c.high > now())"
    )
    return condition, [texts(sorted(predicate.parties))]


def _unlabelled(predicate: Unlabelled, alias: str) -> Fragment:
    hashes = [label(*name.rpartition("|")[::2]) for name in sorted(predicate.labels)]
    return f"not ({alias}.labels && %s::bigint[])", [bigints(hashes)]


def _labelled(predicate: Labelled, alias: str) -> Fragment:
    hashes = [label(*name.rpartition("|")[::2]) for name in sorted(predicate.labels)]
    return f"{alias}.labels && %s::bigint[]", [bigints(hashes)]


def _coded(predicate: Coded, alias: str) -> Fragment:
    return _content(alias, [predicate.element], [_coding(token) for token in sorted(predicate.tokens)])


def _tagged(predicate: Tagged, alias: str) -> Fragment:
    tags = [tag.rpartition("|")[::2] for tag in sorted(predicate.tags)]
    path = "$[*] ? (@.code == $code && @.system == $system)"
    return _content(alias, ["meta", "tag"], [(path, json.dumps({"code": c, "system": s})) for s, c in tags])


def _content(alias: str, element: list[str], tests: list[tuple[str, str]]) -> Fragment:
    """The condition that an element of the content passes one of the tests: a path in JSON, and its variables."""
    values = [texts(element), *(part for test in tests for part in test)]
    found = " or ".join(["jsonb_path_exists(b.element, %s::jsonpath, %s::jsonb)"] * len(tests))
    # Read from the content, since index rows are those of the present version alone, and of no version that is deleted.
    # Only the element becomes jsonb: a number elsewhere may have more digits than jsonb takes.
    condition = (
        f"exists (select 1 from (select (convert_from(nullif({alias}.body, ''), 'UTF8')::json #> %s::text[])::jsonb as element) b"  # noqa: S608
        f" where {found or 'false'})"
    )
    return condition, values


def _coding(token: str) -> tuple[str, str]:
    """The path to the codings that a token means, from one concept or several, and the variables in it."""
    system, bar, code = token.rpartition("|")
    tests = [*(["@.code == $code"] if code else []), *(["@.system == $system"] if system else [])]
    if bar and not system:
        tests.append("!exists(@.system)")
    path = f"$[*].coding[*] ? ({' && '.join(tests)})"
    return path, json.dumps({"code": code, "system": system})


def reads_content(predicate: Predicate) -> bool:
    """Whether the predicate looks into the content of a row."""
    if isinstance(predicate, AllOf | AnyOf):
        return any(reads_content(part) for part in predicate.parts)
    return isinstance(predicate, Coded | Tagged)


def _not_blocked(predicate: NotBlocked, alias: str) -> Fragment:
    fits = f"(b.types = '{{}}' or {alias}.type = any(b.types)) and (b.key = 0 or b.key = {alias}.key)"
    return _no_block(predicate, alias, fits, [])


def _not_blocked_row(predicate: _NotBlockedRow, alias: str) -> Fragment:
    # A single entry is looked up by its number, which is asked only where its patient has closed single entries.
    fits = (
        "(b.types = '{}' or %s = any(b.types)) and (b.key = 0 or exists (select 1 from resource k"  # noqa: S608
        f" where k.rid = {alias}.rid and k.key = b.key))"
    )
    return _no_block(predicate.of, alias, fits, [predicate.kind])


def _no_block(predicate: NotBlocked, alias: str, fits: str, values: list[Any]) -> Fragment:
    # Asked of each row by itself (offset): as one more table to join, it would cost more to plan than to ask.
    emergency = " and b.holds_in_emergency" if predicate.emergency else ""
    closes = "b.listed and" if predicate.named else "b.listed ="
    condition = (
        f"not exists (select 1 from access_block b where b.pat = {alias}.pat"  # noqa: S608
        f" and b.low <= now() and b.high > now() and {closes} (b.subjects && %s::text[])"
        f" and not (b.excepted && %s::text[]){emergency} and {fits} offset 0)"
    )
    mine = texts(sorted(predicate.subjects))
    return condition, [mine, mine, *values]


def _joined(parts: tuple[Any, ...], alias: str, word: str, empty: str) -> Fragment:
    compiled = [_compile(part, alias) for part in parts]
    if not compiled:
        return empty, []
    text = f" {word} ".join(condition for condition, _ in compiled)
    return f"({text})", [value for _, values in compiled for value in values]


_COMPILERS: dict[type, Callable[[Any, str], Fragment]] = {
    Everything: lambda _predicate, _alias: ("true", []),
    Nothing: lambda _predicate, _alias: ("false", []),
    OfTypes: _types,
    OfPatients: _patients,
    WithoutPatient: lambda _predicate, alias: (f"{alias}.pat = 0", []),
    CareRelation: _care_relation,
    Unlabelled: _unlabelled,
    Labelled: _labelled,
    Coded: _coded,
    Tagged: _tagged,
    NotBlocked: _not_blocked,
    _NotBlockedRow: _not_blocked_row,
    AllOf: lambda predicate, alias: _joined(predicate.parts, alias, "and", "true"),
    AnyOf: lambda predicate, alias: _joined(predicate.parts, alias, "or", "false"),
}
