"""JSON that two readers could understand differently is refused; digits survive."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akson.fhir import strict_json
from akson.kit.errors import Malformed

TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT | st.floats(allow_nan=False, width=32),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)
OBJECTS = st.dictionaries(TEXT, VALUES, max_size=5)


@given(OBJECTS, st.booleans(), st.sampled_from([None, 2]))
def test_what_is_json_is_read_as_json(value, ascii_only, indent):
    raw = json.dumps(value, ensure_ascii=ascii_only, indent=indent, separators=(" ,", " : ")).encode()
    if float("inf") in _floats(value) or float("-inf") in _floats(value):
        return
    assert strict_json.loads(raw) == value
    assert json.loads(strict_json.dumps(strict_json.loads(raw))) == value


def _floats(value):
    if isinstance(value, dict):
        return [x for item in value.values() for x in _floats(item)]
    if isinstance(value, list):
        return [x for item in value for x in _floats(item)]
    return [value] if isinstance(value, float) else []


@given(OBJECTS, TEXT, VALUES, st.sampled_from(["", " ", "\n\t "]), st.booleans())
def test_a_repeated_key_is_refused_wherever_it_stands(value, key, extra, space, ascii_only):
    def text(item):
        return json.dumps(item, ensure_ascii=ascii_only).replace("Infinity", "0")

    inner = "{" + f"{text(key)}{space}:1,{text(key)}{space}:{text(extra)}" + "}"
    members = [f"{text(k)}{space}:{text(v)}" for k, v in value.items() if k != "inner"]
    raw = "{" + ",".join([*members, f'"inner":[{inner}]']) + "}"
    with pytest.raises(Malformed, match="repeats a key"):
        strict_json.loads(raw.encode())


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=6))
def test_decimals_keep_their_digits(value):
    text = format(value, "f")
    raw = f'{{"value":{text}}}'.encode()
    assert strict_json.dumps(strict_json.loads(raw)) == raw


@pytest.mark.parametrize(
    "text", ["1.50", "0.10", "1e3", "1.0E-2", "-0", "123456789012345678901234567890", "0.00"]
)
def test_digits_that_a_float_would_lose(text):
    raw = f'{{"a":[{text},1],"b":{{"c":{text}}}}}'.encode()
    value = strict_json.loads(raw)
    assert strict_json.dumps(value) == raw
    assert value["b"]["c"] == float(text)
    assert str(value["b"]["c"]) == text


def test_decimals_of_our_own_are_written():
    assert strict_json.dumps({"value": Decimal("1.10")}) == b'{"value":1.10}'
    with pytest.raises(TypeError):
        strict_json.dumps({"value": object()})


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b'"text"',
        b"{",
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":1e999}',
        b'{"a":"\\u0000"}',
        b'{"a":"\\\\\\u0000"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        b'{"a":"\x00"}',
        b"\xef\xbb\xbf{}",
        b'{"a":1}{"b":2}',
        b'{"a":01}',
        b"{'a':1}",
        b'{"a":1,}',
        b'{"a":' + b"[" * 70 + b"]" * 70 + b"}",
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b'{"a":"\\u0022:","b":1,"b":2}',
        b'{"a":"x\\u0020:","b":1,"b":2}',
        b'{"a":"\\"\\u003a","b":1,"b":2}',
    ],
)
def test_refused(raw):
    with pytest.raises(Malformed):
        strict_json.loads(raw)


def test_an_escaped_backslash_before_u0000_is_text():
    assert strict_json.loads(b'{"a":"\\\\u0000"}') == {"a": "\\u0000"}


@pytest.mark.shared
def test_official_examples_leave_as_they_came(examples):
    for name, raw in examples:
        exact = json.loads(raw, parse_float=str, parse_int=str)
        again = json.loads(strict_json.dumps(strict_json.loads(raw)), parse_float=str, parse_int=str)
        assert again == exact, name
