"""The decision: may this actor do this to resources of this type, to which of them, and for what reason.

Pure: actor in, Grant or Refusal out. A Grant carries the scope that the store puts into every WHERE, so the same rule
decides a read by id, a search and an include. Default deny: what no rule grants is refused. The rules stand one a
file in `security/rules`.
"""

from dataclasses import dataclass

from akson.store.scope import Scope


@dataclass(frozen=True, slots=True)
class Grant:
    """Yes, within this scope. The reason is the scope's."""

    scope: Scope
    basis: str = "UNNTAK"
    """National basis of access: UNNTAK, SAMTYKKE, AKUTT or FORHOYET_SAMTYKKE."""
    audited: bool = True


@dataclass(frozen=True, slots=True)
class Refusal:
    """No, and why: a key of the catalogues, `reason.*`."""

    reason: str


Decision = Grant | Refusal
