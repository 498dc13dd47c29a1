"""JSON Patch: add, remove, replace, move, copy and test at JSON Pointers, all of them or none.

https://www.rfc-editor.org/rfc/rfc6902 and 6901.
"""

import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from akson.fhir.model import Resource
from akson.fhir.patch import MOST
from akson.fhir.strict_json import DEEPEST
from akson.kit.errors import Malformed, Unprocessable

LARGEST = 200_000
"""JSON values that the copies of one patch may make: each copy may double what is there."""

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
_BAD_ESCAPE = re.compile(r"~(?![01])")


@dataclass(frozen=True, slots=True)
class _Operation:
    """One operation, read and checked: `name` of OPERATIONS, pointers as lists of plain names."""

    number: int
    name: str
    path: tuple[str, ...]
    start: tuple[str, ...] = ()
    value: Any = None
    said: str = ""

    def fail(self, why: str) -> Unprocessable:
        return Unprocessable(f"operation {self.number} ({self.said}): {why}")


@dataclass(slots=True)
class _Document:
    """The document under change. `root` is None when the whole of it was removed."""

    root: Any
    copied: int = field(default=0)


def read(patch: Any) -> Callable[[Resource], Resource]:
    """The patch as a function of a resource, which raises Unprocessable and names the operation that cannot be done.

    Malformed, with the number of the operation, for what is no JSON Patch.
    """
    if not isinstance(patch, list):
        raise Malformed("A JSON Patch is an array of operations")
    if len(patch) > MOST:
        raise Malformed(f"A patch has at most {MOST} operations")
    operations = [_read(number, raw) for number, raw in enumerate(patch)]

    def apply(resource: Resource) -> Resource:
        document = _Document(deepcopy(resource))
        for operation in operations:
            _DO[operation.name](document, operation)
        if not isinstance(document.root, dict):
            raise Unprocessable("The patch leaves no JSON object")
        return document.root

    return apply


def _read(number: int, raw: Any) -> _Operation:
    name = raw.get("op") if isinstance(raw, dict) else None
    if not isinstance(name, str) or name not in _DO:
        raise Malformed(f"operation {number}: op is one of {', '.join(_DO)}")
    path = _pointer(number, raw, "path")
    start = _pointer(number, raw, "from") if name in {"move", "copy"} else ()
    if name in {"add", "replace", "test"} and "value" not in raw:
        raise Malformed(f"operation {number}: {name} needs a value")
    return _Operation(number, name, path, start, raw.get("value"), f"{name} {raw['path'][:200]}")


def _pointer(number: int, raw: Resource, name: str) -> tuple[str, ...]:
    text = raw.get(name)
    if not isinstance(text, str) or (text and not text.startswith("/")) or _BAD_ESCAPE.search(text):
        raise Malformed(f'operation {number}: {name} is a JSON Pointer, e.g. "/name/0/family"')
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:])


def _add(document: _Document, operation: _Operation) -> None:
    _put(document, operation, deepcopy(operation.value))


def _remove(document: _Document, operation: _Operation) -> None:
    _take(document, operation, operation.path)


def _replace(document: _Document, operation: _Operation) -> None:
    _check_depth(operation, operation.value)
    value = deepcopy(operation.value)
    if not operation.path:
        document.root = value
        return
    holder, key = _holder(document, operation, operation.path)
    holder[key] = value


def _move(document: _Document, operation: _Operation) -> None:
    if operation.path[: len(operation.start)] == operation.start != operation.path:
        raise operation.fail("a value cannot be moved into itself")
    _put(document, operation, _take(document, operation, operation.start))


def _copy(document: _Document, operation: _Operation) -> None:
    value = _at(document, operation, operation.start)
    document.copied += _count(value)
    if document.copied > LARGEST:
        raise operation.fail("the patch copies too much")
    _put(document, operation, deepcopy(value))


def _test(document: _Document, operation: _Operation) -> None:
    if not same(_at(document, operation, operation.path), operation.value):
        raise operation.fail("the value there is another")


_DO: dict[str, Callable[[_Document, _Operation], None]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}


def _at(document: _Document, operation: _Operation, path: tuple[str, ...]) -> Any:
    value = document.root
    for part in path:
        value = value[_key(value, part, operation)]
    return value


def _holder(document: _Document, operation: _Operation, path: tuple[str, ...]) -> tuple[Any, Any]:
    """The object or array that holds the value, and the key of the value in it."""
    holder = _at(document, operation, path[:-1])
    return holder, _key(holder, path[-1], operation)


def _key(holder: Any, part: str, operation: _Operation) -> Any:
    """The key of an existing member or item."""
    if type(holder) is dict and part in holder:
        return part
    if type(holder) is list and _INDEX.fullmatch(part) and int(part) < len(holder):
        return int(part)
    raise operation.fail(f"there is nothing at {part[:64]!r}")


def _take(document: _Document, operation: _Operation, path: tuple[str, ...]) -> Any:
    if not path:
        value, document.root = document.root, None
        return value
    holder, key = _holder(document, operation, path)
    return holder.pop(key)


def _put(document: _Document, operation: _Operation, value: Any) -> None:
    _check_depth(operation, value)
    if not operation.path:
        document.root = value
        return
    holder, part = _at(document, operation, operation.path[:-1]), operation.path[-1]
    if type(holder) is dict:
        holder[part] = value
    elif type(holder) is list and part == "-":
        holder.append(value)
    elif type(holder) is list and _INDEX.fullmatch(part) and int(part) <= len(holder):
        holder.insert(int(part), value)
    else:
        raise operation.fail(f"there is no place {part[:64]!r}")


def _check_depth(operation: _Operation, value: Any) -> None:
    if len(operation.path) + _depth(value) > DEEPEST:
        raise operation.fail(f"the result is nested more than {DEEPEST} levels deep")


def _depth(value: Any) -> int:
    inner = value.values() if type(value) is dict else value if type(value) is list else None
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)


def _count(value: Any) -> int:
    inner = value.values() if type(value) is dict else value if type(value) is list else ()
    return 1 + sum(map(_count, inner))


def same(one: Any, other: Any) -> bool:
    """Equal as JSON values: numbers by their value, true is not 1, the order of members does not count."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)
