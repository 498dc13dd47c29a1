"""What one evaluation may cost, so that no expression from outside can hang or exhaust the server.

A step is about what one node of the syntax tree costs for one item. Loops are paid for before they run, what makes
collections or text when it is made; what is small is free, so that ordinary evaluation pays next to nothing.
"""

from __future__ import annotations

from akson.fhir.fhirpath.lexer import FHIRPathError

STEPS = 2_000_000
"""Steps of one evaluation, about a second."""
MADE = 4
"""Steps that it takes to visit one element."""
COMPARED = 4
"""Steps that it takes to compare two items."""
ITEMS = 250_000
"""Items of one collection."""
TEXT = 5_000_000
"""Characters of one text."""
CHARACTERS = 16
"""Characters of a long text that are made in one step; so all texts together have some thirty million."""
PATTERN = 1_000
"""Characters of a regular expression."""
DIGITS = 100
"""Digits of a number, before and after the point together; a result beyond that is an overflow."""
FREE = 64
"""Items of a collection and characters of a text up to which a function is not charged for them."""


class TooCostly(FHIRPathError):
    """The expression asks for more work than one evaluation may do."""


class Budget:
    """The steps that are left of one evaluation, or of several that share it."""

    __slots__ = ("left", "steps")

    def __init__(self, steps: int = STEPS) -> None:
        self.steps = steps
        self.left = steps

    def spend(self, steps: int) -> None:
        """Raises TooCostly where nothing is left."""
        self.left -= steps
        if self.left < 0:
            raise TooCostly(f"the expression takes more than {self.steps} steps on this resource")

    def hold(self, items: int) -> None:
        """Pay for a collection of so many items. Raises TooCostly."""
        if items > ITEMS:
            raise TooCostly(f"the expression makes a collection of more than {ITEMS} items")
        self.spend(items)

    def text(self, length: int) -> None:
        """Pay for a text of so many characters. Raises TooCostly."""
        hold_text(length)
        self.spend(length // CHARACTERS)


def hold_text(length: int) -> None:
    """Raises TooCostly on a text that would be too long."""
    if length > TEXT:
        raise TooCostly(f"the expression makes a text of more than {TEXT} characters")
