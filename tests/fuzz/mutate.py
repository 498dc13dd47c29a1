"""How good input is made bad: bytes without sense, and changes that know the structure."""

import copy
import random
from typing import Any

from akson.fhir.strict_json import Number

PIECES = [
    *(
        b'"',
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
        b",",
        b"\\",
        b"\x00",
        b"\xff",
        b"\xc3",
        b"\\u0000",
        b"\\ud800",
        b"\\u0022",
    ),
    *(
        b"null",
        b"NaN",
        b"-0",
        b"1e999",
        b"1e-999",
        b"9" * 40,
        b"0.10",
        b"Infinity",
        b'"a":1,"a":2',
        b"//",
        b"\xef\xbb\xbf",
    ),
    *(
        b"[" * 70,
        b'{"a":' * 70,
        b'"resourceType"',
        b'"_value"',
        b"<",
        b">",
        b"&x;",
        b"<!--",
        b"<![CDATA[",
        b"<?x?>",
    ),
    *(
        b"<!DOCTYPE a>",
        b'xmlns="urn:x"',
        b"</",
        b"/>",
        b'value=""',
        b"&#0;",
        b"&lt;",
        b"\xf0\x9f\x98\x80",
        b"\r\n",
        b" ",
    ),
]
ODD: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        Number("1" + "0" * 30),
        0.5,
        Number("-0"),
        Number("1.50"),
        Number("1e300"),
    ),
    *(
        "",
        " ",
        "a",
        "x" * 3000,
        "\u0000",
        "\u202e",
        "æ",
        "2024-13-45",
        "9999-12-31T23:59:60Z",
        "0000",
        "24:00:00",
    ),
    *(
        "Patient/x",
        "#",
        "#p",
        "urn:uuid:x",
        "http://",
        "../..",
        "Patient/p/_history/1",
        "' or 1=1",
        "%00",
        "$expand",
    ),
    *(
        [],
        {},
        [[]],
        [None],
        {"": 1},
        {"resourceType": "Patient"},
        [{"resourceType": "Nosuch"}],
        {"extension": []},
    ),
    *(
        {"url": "u"},
        [{"url": "u", "valueString": "a", "extension": [{"url": "v"}]}],
        {"reference": 1},
        {"fhir_comments": ["x"]},
    ),
]
KEYS = [
    "",
    "_",
    "id",
    "_id",
    "extension",
    "resourceType",
    "value",
    "valueString",
    "contained",
    "nosuch",
    "æ",
    "a" * 300,
    "__proto__",
]


def cut_up(rng: random.Random, raw: bytes) -> bytes:
    """Bytes with one to four accidents."""
    made = bytearray(raw)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(made) + 1)
        match rng.randrange(6):
            case 0:
                made[at:at] = rng.choice(PIECES)
            case 1:
                del made[at : at + rng.randint(1, 20)]
            case 2 if at < len(made):
                made[at] = rng.randrange(256)
            case 3:
                made[at:at] = made[at : at + rng.randint(1, 200)]
            case 4:
                made[at : at + rng.randint(1, 10)] = rng.choice(PIECES)
            case _:
                made = made[:at] if rng.random() < 0.2 else made
    return bytes(made)


def bent(rng: random.Random, value: Any) -> Any:
    """A copy of a JSON value with one to three changes of its structure."""
    made = {"": copy.deepcopy(value)}
    for _ in range(rng.randint(1, 3)):
        holder, key = rng.choice(list(_places(made)))
        _change(rng, holder, key)
    return made.get("")


def _places(holder: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    waiting = [holder]
    while waiting:
        inner = waiting.pop()
        items = list(inner.items()) if isinstance(inner, dict) else list(enumerate(inner))
        for key, child in items:
            found.append((inner, key))
            if isinstance(child, dict | list):
                waiting.append(child)
    return found or [(holder, "")]


def _change(rng: random.Random, holder: Any, key: Any) -> None:
    kind = rng.randrange(8)
    if key not in holder if isinstance(holder, dict) else key >= len(holder):
        return
    if kind == 0:
        del holder[key]
    elif kind == 1:
        holder[key] = [holder[key]]
    elif kind == 2 and isinstance(holder, dict):
        holder[rng.choice(KEYS)] = copy.deepcopy(rng.choice(ODD))
    elif kind == 3 and isinstance(holder, dict):
        holder[rng.choice([*KEYS, f"_{key}", f"{key}String"])] = holder.pop(key)
    elif kind == 4 and isinstance(holder, list):
        holder.extend(copy.deepcopy(holder[:3]))
    elif kind == 5:
        for _ in range(rng.choice([2, 15, 30])):
            holder[key] = {"extension": [holder[key]]} if rng.random() < 0.5 else [holder[key]]
    else:
        holder[key] = copy.deepcopy(rng.choice(ODD))
