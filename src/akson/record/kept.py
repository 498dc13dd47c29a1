"""Which shared lists a node keeps in an order of versions (record/kept_list.py)."""

from akson.kit.value import value


@value
class Kept:
    """One kind of shared list."""

    tag: tuple[str, str]
    """System and code of meta.tag of the List and its items."""
    types: frozenset[str]
    """Of the items that stand on the List."""
    kinds: str
    """Code system of the kinds of change."""
