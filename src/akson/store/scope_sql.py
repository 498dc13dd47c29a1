"""Turns a scope into SQL on one table's alias. Every clinical table reference in the store passes through here."""

import json
from collections.abc import Callable
from typing import Any

from akson.store.index.hashing import label, patient_number
from akson.store.scope import (
    AllOf,
    AnyOf,
    CareRelation,
    Coded,
    Everything,
    Labelled,
    Nothing,
    OfPatients,
    OfTypes,
    Predicate,
    Scope,
    Unlabelled,
    WithoutPatient,
)

Fragment = tuple[str, list[Any]]
"""SQL text and its parameters in their order."""


def within(scope: Scope, alias: str) -> Fragment:
    """The condition that the row of `alias` (resource or history) is inside the scope. `alias` is the store's own."""
    return _compile(scope.predicate, alias)


def on_patient(scope: Scope, kind: str, alias: str) -> Fragment | None:
    """The condition on rows that know their patient only, of resources of one type; None where that does not decide."""
    folded = _folded(scope.predicate, kind)
    return None if folded is None else _compile(folded, alias)


def _folded(predicate: Predicate, kind: str) -> Predicate | None:
    """The predicate for resources of one type, as far as the patient alone decides."""
    if isinstance(predicate, OfTypes):
        return Everything() if kind in predicate.types else Nothing()
    if isinstance(predicate, Coded | Labelled | Unlabelled):
        return None
    if isinstance(predicate, AllOf | AnyOf):
        parts = [_folded(part, kind) for part in predicate.parts]
        known = tuple(part for part in parts if part is not None)
        return type(predicate)(known) if len(known) == len(parts) else None
    return predicate


def _compile(predicate: Predicate, alias: str) -> Fragment:
    return _COMPILERS[type(predicate)](predicate, alias)


def _types(predicate: OfTypes, alias: str) -> Fragment:
    return f"{alias}.type = any(%s::text[])", [sorted(predicate.types)]


def _patients(predicate: OfPatients, alias: str) -> Fragment:
    numbers = sorted(patient_number(patient) for patient in predicate.patients if patient)
    if len(numbers) == 1:
        return f"{alias}.pat = %s", numbers
    return f"{alias}.pat = any(%s::bigint[])", [numbers]


def _care_relation(predicate: CareRelation, alias: str) -> Fragment:
    condition = (
        f"exists (select 1 from care_relation c where c.pat = {alias}.pat and c.party = any(%s::text[])"  # noqa: S608
        " and c.low <= now() and c.high > now())"
    )
    return condition, [sorted(predicate.parties)]


def _unlabelled(predicate: Unlabelled, alias: str) -> Fragment:
    hashes = [label(*name.rpartition("|")[::2]) for name in sorted(predicate.labels)]
    return f"not ({alias}.labels && %s::bigint[])", [hashes]


def _labelled(predicate: Labelled, alias: str) -> Fragment:
    hashes = [label(*name.rpartition("|")[::2]) for name in sorted(predicate.labels)]
    return f"{alias}.labels && %s::bigint[]", [hashes]


def _coded(predicate: Coded, alias: str) -> Fragment:
    tokens = sorted(predicate.tokens)
    values = [part for token in tokens for part in _coding(predicate.element, token)]
    found = " or ".join(["jsonb_path_exists(b.content, %s::jsonpath, %s::jsonb)"] * len(tokens))
    # Read from the content, since index rows are those of the present version alone, and of no version that is deleted.
    condition = (
        f"exists (select 1 from (select convert_from(nullif({alias}.body, ''), 'UTF8')::jsonb as content) b"  # noqa: S608
        f" where {found or 'false'})"
    )
    return condition, values


def _coding(element: str, token: str) -> tuple[str, str]:
    """The path of the codings of an element that a token means, and the variables in it."""
    system, bar, code = token.rpartition("|")
    tests = [*(["@.code == $code"] if code else []), *(["@.system == $system"] if system else [])]
    if bar and not system:
        tests.append("!exists(@.system)")
    path = f"$.{element}.coding[*] ? ({' && '.join(tests)})"
    return path, json.dumps({"code": code, "system": system})


def reads_content(predicate: Predicate) -> bool:
    """Whether the predicate looks into the content of a row."""
    if isinstance(predicate, AllOf | AnyOf):
        return any(reads_content(part) for part in predicate.parts)
    return isinstance(predicate, Coded)


def _joined(parts: tuple[Predicate, ...], alias: str, word: str, empty: str) -> Fragment:
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
    AllOf: lambda predicate, alias: _joined(predicate.parts, alias, "and", "true"),
    AnyOf: lambda predicate, alias: _joined(predicate.parts, alias, "or", "false"),
}
