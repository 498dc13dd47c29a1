"""Values: small objects that are made once and never changed."""

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def value(kind: type[T]) -> type[T]:
    """A dataclass that the type checker keeps from being changed, and that costs as little to make as one that may be.

    For what is made in numbers on every request. `dataclass(frozen=True)` sets each field through `object.__setattr__`:
    a row of eight fields takes seven times as long to make.
    """
    return dataclass(slots=True, unsafe_hash=True)(kind)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def named(kind: type[T]) -> type[T]:
    """As `value`, of fields that are given by name."""
    return dataclass(slots=True, unsafe_hash=True, kw_only=True)(kind)
