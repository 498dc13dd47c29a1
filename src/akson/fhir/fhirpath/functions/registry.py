"""How a function of FHIRPath is declared.

It takes (env, focus) and its arguments: as collections; or, declared lazy, as closures that it runs itself, once
for each item; or, declared types, as the name of a type. One declared weighs, which runs a closure more often than
the focus has items, is told the size of its arguments and pays itself.
"""

from collections.abc import Callable
from dataclasses import dataclass

from akson.fhir.fhirpath.values import Collection

Body = Callable[..., Collection]


@dataclass(frozen=True, slots=True)
class Function:
    run: Body
    fewest: int
    most: int
    lazy: bool = False
    types: bool = False
    weighs: bool = False


FUNCTIONS: dict[str, Function] = {}


def function(
    name: str,
    fewest: int = 0,
    most: int | None = None,
    *,
    lazy: bool = False,
    types: bool = False,
    weighs: bool = False,
) -> Callable[[Body], Body]:
    """Declare a function under its FHIRPath name, with how few and how many arguments it takes."""

    def add(body: Body) -> Body:
        FUNCTIONS[name] = Function(body, fewest, fewest if most is None else most, lazy, types, weighs)
        return body

    return add
