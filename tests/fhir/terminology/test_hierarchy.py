"""Hierarchies: several ways up, deep ones, circles."""

import pytest

from akson.fhir.terminology.hierarchy import Hierarchy
from akson.kit.errors import Unprocessable


def test_ancestors_are_found_over_every_way_up_whatever_the_order():
    found = Hierarchy([("d", ("b", "c")), ("b", ("a",)), ("c", ("a",)), ("a", ()), ("x", ("elsewhere",))])
    assert found.ancestors(found.number("d")) == (1, 2, 3)
    assert found.parents(found.number("d")) == (1, 2)
    assert found.ancestors(found.number("a")) == ()
    assert found.parents(found.number("x")) == ()


def test_a_hierarchy_may_be_deeper_than_python_recurses():
    depth = 5000
    found = Hierarchy([(str(n), (str(n - 1),) if n else ()) for n in range(depth)])
    assert len(found.ancestors(depth - 1)) == depth - 1


@pytest.mark.parametrize("rows", [[("a", ("a",))], [("a", ("b",)), ("b", ("c",)), ("c", ("b",))]])
def test_a_circle_is_refused(rows):
    found = Hierarchy(rows)
    with pytest.raises(Unprocessable, match="circle"):
        found.ancestors(0)


def test_a_code_that_comes_twice_is_refused():
    with pytest.raises(Unprocessable, match="twice"):
        Hierarchy([("a", ()), ("a", ())])
