"""One wanted write of a transaction, and what became of it."""

from dataclasses import dataclass

from akson.fhir.model import Resource
from akson.security.actor import Action
from akson.store.resources import Stored


@dataclass(frozen=True, slots=True)
class Change:
    """Create (the id is set by the caller or made by the store) or update of one resource."""

    action: Action
    resource: Resource
    if_match: int | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """The stored row, whether it is new, and whether anything changed (a conditional create may find it there)."""

    stored: Stored
    created: bool
    changed: bool
