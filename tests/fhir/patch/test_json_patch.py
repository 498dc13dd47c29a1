"""JSON Patch, RFC 6902."""

from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akson.fhir import strict_json
from akson.fhir.patch import json_patch
from akson.kit.errors import Malformed, Unprocessable

DOCUMENT = {"a": 1, "list": ["x", "y"], "in": {"b": True, "~/": None}}


def patched(*operations, document=DOCUMENT):
    before = deepcopy(document)
    try:
        return json_patch.read(list(operations))(document)
    finally:
        assert document == before


def op(name, path, **more):
    return {"op": name, "path": path, **{key.rstrip("_"): value for key, value in more.items()}}


def test_add_puts_members_and_items():
    assert patched(op("add", "/c", value=[1]))["c"] == [1]
    assert patched(op("add", "/a", value=2))["a"] == 2
    assert patched(op("add", "/list/1", value="new"))["list"] == ["x", "new", "y"]
    assert patched(op("add", "/list/2", value="new"))["list"] == ["x", "y", "new"]
    assert patched(op("add", "/list/-", value=None))["list"] == ["x", "y", None]
    assert patched(op("add", "", value={"new": 1})) == {"new": 1}


def test_remove_replace_move_and_copy():
    assert patched(op("remove", "/list/0"))["list"] == ["y"]
    assert patched(op("replace", "/in/~0~1", value=3))["in"] == {"b": True, "~/": 3}
    assert patched(op("move", "/list/0", from_="/list/1"))["list"] == ["y", "x"]
    assert patched(op("move", "/in/c", from_="/a")) == {
        "list": ["x", "y"],
        "in": {"b": True, "~/": None, "c": 1},
    }
    made = patched(op("copy", "/again", from_="/list"), op("add", "/again/-", value="z"))
    assert (made["again"], made["list"]) == (["x", "y", "z"], ["x", "y"])
    assert patched(op("move", "/a", from_="/a")) == DOCUMENT


@pytest.mark.parametrize(
    ("path", "value", "equal"),
    [
        ("/a", 1, True),
        ("/a", 1.0, True),
        ("/a", "1", False),
        ("/a", True, False),
        ("/in/b", True, True),
        ("/in/b", 1, False),
        ("/in", {"~/": None, "b": True}, True),
        ("/list", ["y", "x"], False),
        ("/in/~0~1", None, True),
    ],
)
def test_test_compares_as_json(path, value, equal):
    if equal:
        assert patched(op("test", path, value=value)) == DOCUMENT
    else:
        with pytest.raises(Unprocessable, match=r"operation 0 \(test /"):
            patched(op("test", path, value=value))


@pytest.mark.parametrize(
    "operation",
    [
        op("remove", "/none"),
        op("remove", "/list/2"),
        op("remove", "/list/-"),
        op("remove", "/list/01"),
        op("replace", "/none", value=1),
        op("add", "/list/3", value=1),
        op("add", "/list/x", value=1),
        op("add", "/a/b", value=1),
        op("add", "/none/b", value=1),
        op("copy", "/b", from_="/none"),
        op("move", "/in/c", from_="/in"),
        op("test", "/none", value=None),
        op("remove", ""),
        op("replace", "", value=[]),
    ],
)
def test_what_cannot_be_done_names_the_operation_and_does_nothing(operation):
    with pytest.raises(Unprocessable) as error:
        patched(op("add", "/c", value=1), operation)
    if operation["path"]:
        assert error.value.diagnostics.startswith(f"operation 1 ({operation['op']} {operation['path']})")


@pytest.mark.parametrize(
    "patch",
    [
        {},
        [1],
        [{"op": "add"}],
        [op("jump", "/a")],
        [op("add", "/a")],
        [op("add", "a", value=1)],
        [op("add", "/~2", value=1)],
        [op("copy", "/a")],
        [op("add", 1, value=1)],
        [op("test", "/a", value=1)] * 501,
    ],
)
def test_what_is_no_patch_is_malformed(patch):
    with pytest.raises(Malformed):
        json_patch.read(patch)


def test_numbers_keep_their_digits():
    document = strict_json.loads(b'{"value":1.50}')
    made = json_patch.read(strict_json.loads_any(b'[{"op":"add","path":"/other","value":2.50}]'))(document)
    assert strict_json.dumps(made) == b'{"value":1.50,"other":2.50}'


def test_copies_that_double_end():
    double = [op("copy", f"/c{n + 1}", from_="") for n in range(40)]
    with pytest.raises(Unprocessable, match=r"levels deep|copies too much"):
        patched(*double)
    flat = [op("copy", "/list/-", from_="/list") for _ in range(100)]
    with pytest.raises(Unprocessable, match=r"levels deep|copies too much"):
        patched(*flat)


POINTERS = st.sampled_from(["", "/a", "/list", "/list/0", "/list/-", "/in", "/in/b", "/in/~0~1", "/x/y"])
OPERATIONS = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]),
        "path": POINTERS,
        "from": POINTERS,
        "value": st.recursive(
            st.none() | st.booleans() | st.integers(0, 3),
            lambda inner: st.lists(inner, max_size=2),
            max_leaves=4,
        ),
    }
)


@settings(max_examples=200, deadline=None)
@given(st.lists(OPERATIONS, max_size=8))
def test_any_patch_gives_an_object_or_says_why(patch):
    try:
        made = patched(*patch)
    except (Malformed, Unprocessable):
        return
    assert isinstance(made, dict)
