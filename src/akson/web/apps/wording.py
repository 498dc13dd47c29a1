"""Scopes of an app in plain words, for those who allow them."""

from collections.abc import Iterable

from akson.kit.text import catalogue, text
from akson.security import app_scopes
from akson.security.app_scopes import EVERY, AppScope, Level

VERBS = (("rs", "read"), ("c", "create"), ("u", "update"), ("d", "delete"))
"""Letters of a scope, any of which mean a verb."""
OFFICE = "_office"
"""Ending of the texts that tell somebody else than the user."""
OWN = "_own"
"""The same for the texts that tell somebody of the own data."""
TOLD = ("openid", "offline_access", "online_access")
"""The plain scopes that a user is told of; the others say nothing by themselves."""


def lines(scope: str, language: str, reader: str = "") -> list[str]:
    """One sentence for each thing that the scopes allow. `reader`: OFFICE for those who decide on apps for others."""
    scopes, plain = app_scopes.read(scope)
    found = [_line(each, language, reader) for each in sorted(scopes, key=_order)]
    return list(
        dict.fromkeys([*found, *(text(f"app.{word}{reader}", language) for word in TOLD if word in plain)])
    )


def _order(scope: AppScope) -> tuple[bool, AppScope]:
    """What is allowed of everything stands first."""
    return (scope.kind != EVERY, scope)


def _line(scope: AppScope, language: str, reader: str) -> str:
    verbs = [text(f"app.{verb}", language) for letters, verb in VERBS if set(letters) & set(scope.letters)]
    whose = {Level.PATIENT: "app.of_patient", Level.USER: "app.of_user", Level.SYSTEM: "app.of_all"}[
        scope.level
    ]
    return text(
        "app.may",
        language,
        verbs=_joined(verbs, language),
        what=_what(scope, language),
        whose=text(whose + ("" if scope.level is Level.SYSTEM else reader), language),
    )


def _what(scope: AppScope, language: str) -> str:
    what = (
        _named(f"app.type_{scope.kind}", language)
        if scope.kind != EVERY
        else text("app.everything", language)
    )
    kinds = [code for _, value in scope.narrowed for code in _codes(value)]
    named = [_named(f"app.code_{code}", language) for code in kinds]
    return text("app.narrowed", language, what=what, kinds=_joined(named, language)) if named else what


def _codes(value: str) -> Iterable[str]:
    """What the values of a token parameter say: the codes, or the whole value where it names a system alone."""
    return (part.rpartition("|")[2] or part for part in value.split(","))


def _named(key: str, language: str) -> str:
    return text(key, language) if key in catalogue("nb") else key.partition("_")[2]


def _joined(words: list[str], language: str) -> str:
    if len(words) < 2:
        return "".join(words)
    return text("app.and", language, first=", ".join(words[:-1]), last=words[-1])
