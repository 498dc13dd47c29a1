"""What a rule is. A grant says which rows it opens; a restriction, what holds whatever is granted."""

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from akson.kit.text import SOURCE, text
from akson.security.actor import Action, Actor, Purpose
from akson.store.scope import Predicate


class Basis(StrEnum):
    """National basis of access, as the national services take it."""

    UNNTAK = "UNNTAK"
    """Without the patient's consent being asked for: the law gives the right, as for those who treat."""
    SAMTYKKE = "SAMTYKKE"
    """The patient has said yes, or asks oneself."""
    AKUTT = "AKUTT"
    """Life or health is in danger."""
    FORHOYET_SAMTYKKE = "FORHOYET_SAMTYKKE"
    """The patient has said yes to open what is closed."""


class Rule(NamedTuple):
    """One rule that grants. What it opens, to whom and by which law is told in words: `told`."""

    reason: str
    """Key of the catalogues."""
    grants: Callable[[Actor, Action, str, Purpose], Predicate | None]
    """Which rows it opens; None where it has nothing to say."""
    basis: Basis = Basis.UNNTAK


class Restriction(NamedTuple):
    """One rule that holds whatever is granted."""

    reason: str
    """Key of the catalogues: why there is nothing."""
    leaves: Callable[[Actor, Action, str, Purpose], Predicate | None]
    """Which rows it leaves open; None where it has nothing to say, Nothing where it refuses.

    It must close what the actor may reach from a search on the type as well: an include leads to other types.
    """


READING = frozenset({Action.READ, Action.SEARCH, Action.HISTORY})
WRITING = frozenset({Action.CREATE, Action.UPDATE, Action.DELETE})


def told(rule: Rule | Restriction, language: str = SOURCE) -> tuple[str, str]:
    """What a rule opens or closes and to whom, in words for everybody, and the law that says so."""
    key = f"rule.{rule.reason.removeprefix('reason.')}"
    return text(key, language), text(f"{key}_law", language)
