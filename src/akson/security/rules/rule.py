"""What a rule is: a reason to tell people, and a function that says which rows it grants."""

from collections.abc import Callable
from typing import NamedTuple

from akson.security.actor import Action, Actor, Purpose
from akson.store.scope import Predicate


class Rule(NamedTuple):
    """One rule of access."""

    reason: str
    """Key of the catalogues."""
    grants: Callable[[Actor, Action, str, Purpose], Predicate | None]


READING = frozenset({Action.READ, Action.SEARCH, Action.HISTORY})
WRITING = frozenset({Action.CREATE, Action.UPDATE, Action.DELETE})
