"""Which tests prove which rows, and services in which dimensions: read from the marks in the test files, without running them."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIMENSIONS = ("D1", "D2", "D3", "D4")


def marks(tree: ast.Module, name: str) -> Iterator[tuple[str, str]]:
    """(argument, test) of every mark of this name in a test file; one on a class or module counts for all its tests."""

    def arguments(node: ast.expr) -> list[str]:
        calls = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
        return [
            argument.value
            for call in calls
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == name
            for argument in call.args
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
        ]

    def walk(body: list[ast.stmt], inherited: list[str]) -> Iterator[tuple[str, str]]:
        inherited = inherited + [
            each
            for node in body
            if isinstance(node, ast.Assign)
            and any(isinstance(t, ast.Name) and t.id == "pytestmark" for t in node.targets)
            for each in arguments(node.value)
        ]
        for node in body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                marked = inherited + [
                    each for decorator in node.decorator_list for each in arguments(decorator)
                ]
                if isinstance(node, ast.ClassDef):
                    yield from walk(node.body, marked)
                elif node.name.startswith("test_"):
                    yield from ((each, node.name) for each in dict.fromkeys(marked))

    yield from walk(tree.body, [])


def of_rows() -> dict[str, list[str]]:
    """Row to the tests that prove it, as path::name."""
    found = defaultdict(list)
    for path, tree in _files():
        for row, test in marks(tree, "proves"):
            found[row].append(f"{path}::{test}")
    return dict(found)


def of_dimensions() -> dict[tuple[str, str], list[str]]:
    """(row of a service, dimension) to the tests that prove the service there: those with a mark of each kind."""
    found = defaultdict(list)
    for path, tree in _files():
        where = defaultdict(list)
        for dimension, test in marks(tree, "dimension"):
            where[test].append(dimension)
        for row, test in marks(tree, "proves"):
            if row.startswith("I"):
                for dimension in where[test]:
                    found[row, dimension].append(f"{path}::{test}")
    return dict(found)


def _files() -> Iterator[tuple[str, ast.Module]]:
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        text = file.read_text("utf-8")
        if "mark.proves" in text:
            yield file.relative_to(ROOT).as_posix(), ast.parse(text)
