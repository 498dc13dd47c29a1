"""One wanted write of a transaction, and what became of it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from akson.fhir.model import Resource, reference
from akson.kit.errors import AksonError, Conflict, NotFound, VersionMismatch
from akson.kit.value import value
from akson.security.actor import Action
from akson.store.record.resources import Stored


@value
class Change:
    """Create (the id is set by the caller or made by the store) or update of one resource."""

    action: Action
    resource: Resource
    if_match: int | None = None
    place: str = ""
    """Where it stands in a Bundle, for errors."""

    @contextmanager
    def named(self) -> Iterator[None]:
        """Say which change an error is about."""
        try:
            yield
        except AksonError as error:
            if self.place:
                error.issues = tuple(
                    replace(i, expression=i.expression or (self.place,)) for i in error.issues
                )
            raise


@contextmanager
def whose(changes: Sequence[Change]) -> Iterator[None]:
    """The same for an error of many changes at once, whose text begins with the one it is about."""
    try:
        yield
    except (Conflict, NotFound, VersionMismatch) as error:
        _name(error, changes)
        raise


def _name(error: AksonError, changes: Sequence[Change]) -> None:
    for change in changes:
        if change.place and error.diagnostics.startswith(f"{reference(change.resource)} "):
            error.issues = tuple(replace(i, expression=i.expression or (change.place,)) for i in error.issues)


@value
class Written:
    """The stored row, whether it is new, and whether anything changed (a conditional create may find it there)."""

    stored: Stored
    created: bool
    changed: bool
