"""What an operation is: its name, where it can be invoked, and the function that does it.

http://hl7.org/fhir/R4/operations.html#executing
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from akson.record.context import Context
from akson.rest.wire.http import Answer, Request

ANY = frozenset({"*"})
"""Every resource type."""
NO = frozenset[str]()


@dataclass(frozen=True, slots=True)
class Target:
    """What an operation is invoked on: the system (both empty), a type, or an instance, perhaps one version of it."""

    type: str = ""
    id: str = ""
    version: str = ""


Run = Callable[[Context, Request, Target], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `types` and `instances` name the resource types at whose level it can be invoked."""

    code: str
    """Without `$`."""
    url: str
    """Canonical url of its OperationDefinition."""
    run: Run
    system: bool = False
    types: frozenset[str] = NO
    instances: frozenset[str] = NO
    versions: bool = False
    """Whether it may be invoked on one version of an instance."""
    get: bool = True
    """Whether GET will do: it changes nothing (R4: affectsState is false)."""
    post: bool = True

    def on_type(self, kind: str) -> bool:
        return self.types is ANY or kind in self.types

    def on_instance(self, kind: str) -> bool:
        return self.instances is ANY or kind in self.instances

    def applies(self, target: Target) -> bool:
        """Whether it can be invoked on this."""
        if target.version and not self.versions:
            return False
        if target.id:
            return self.on_instance(target.type)
        return self.on_type(target.type) if target.type else self.system
