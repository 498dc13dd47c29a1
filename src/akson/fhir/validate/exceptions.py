"""Invariants of R4 that are not taken as they stand, each with its reason."""

from collections.abc import Mapping

ELSEWHERE: Mapping[str, str] = {
    "ele-1": "an element without value and children is a fault of structure",
    "txt-1": "the narrative has a check of its own (`narrative`)",
    "txt-2": "the narrative has a check of its own (`narrative`)",
}
"""Invariants that another part of validation sees to."""

REPAIRED: Mapping[str, tuple[str, str]] = {
    "que-7": (
        "operator = 'exists' implies (answer is boolean)",
        "asks for the Boolean of FHIRPath, which no element of a resource is: theirs is called boolean",
    ),
}
"""By key: the expression that says what the words of the invariant say, and what is wrong with R4's own."""
