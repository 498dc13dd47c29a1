"""Rules of shape: sizes, where SQL and commits may stand, docstrings, what is logged, where tests lie."""

import ast
import re
from collections.abc import Iterator

from tests.house.source import ROOT, Source

FILE, TEST_FILE, FUNCTION = 500, 800, 60
TABLES = ("/package/", "/schemas/", "/texts/")  # tabular data has its own length

STATEMENT = re.compile(
    r"^\s*(select\s+[\s\S]+\sfrom\s|insert\s+into\s|update\s+[\w.]+\s+(as\s+\w+\s+)?set\s|delete\s+from\s"
    r"|create\s+(unique\s+|temp\w*\s+)?(table|index|schema|role|database|view)\s|alter\s+(table|role|database)\s"
    r"|drop\s+(table|index|schema|role|database)\s|truncate\s+\w|with\s+\w+\s+as\s*\(|copy\s+\w+\s*\()",
    re.IGNORECASE,
)
PERSONAL = re.compile(
    r"(^|_)(fnr|pid|name|given|family|birth\w*|born|address|phone|telecom|email|patient|person|citizen|subject|"
    r"identifier|identity|display|narrative|note|content|body|payload|resource|query|search|claims|token|password|secret)(_|$)"
)
OWNERS = {"node", "role", "event", "peer", "service", "job"}  # whose name names no person


def sizes(source: Source) -> Iterator[str]:
    """No file and no function grows past what a reader can hold."""
    if not source.python or any(part in source.path for part in TABLES):
        return
    cap = TEST_FILE if source.path.startswith("tests/") else FILE
    lines = source.text.count("\n")
    if lines > cap:
        yield f"{source.path}: {lines} lines, at most {cap}"
    if source.path.startswith("tests/"):
        return
    for node in source.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION:
                yield source.at(node, f"{node.name} has {length} lines, at most {FUNCTION}")


def _in_store(source: Source) -> bool:
    return source.path.startswith("src/akson/store/")


def sql_only_in_store(source: Source) -> Iterator[str]:
    """SQL, and the driver, stand in the package store and nowhere else."""
    if not (source.python and source.product) or _in_store(source):
        return
    for node in source.strings():
        if STATEMENT.match(str(node.value)):
            yield source.at(node, "SQL outside store")
    for node in source.nodes:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        for name in names:
            if name.split(".")[0] in {"psycopg", "psycopg_pool"}:
                yield source.at(node, "the database driver outside store")


FRAGMENT = re.compile(
    r"(^|_)(sql|alias|table|column|columns|where|clause|order|fragment|join|predicate|condition|marks|part)s?$"
)


def _outside(value: ast.expr, arguments: set[str]) -> bool:
    """Whether what is put into SQL comes from outside: an attribute or an argument not named as a piece of SQL."""
    if isinstance(value, ast.Call):
        inner = value.func.value if isinstance(value.func, ast.Attribute) else None
        return inner is not None and _outside(inner, arguments)
    if isinstance(value, ast.Subscript):
        return _outside(value.value, arguments)
    word = value.attr if isinstance(value, ast.Attribute) else value.id if isinstance(value, ast.Name) else ""
    if word.isupper() or FRAGMENT.search(word):
        return False
    return isinstance(value, ast.Attribute) or word in arguments


def _arguments(function: ast.AST) -> set[str]:
    """The arguments of a function that others may call; our own private ones are given pieces of SQL."""
    if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or function.name.startswith("_"):
        return set()
    return {arg.arg for arg in (*function.args.args, *function.args.kwonlyargs, *function.args.posonlyargs)}


def _formatted(function: ast.AST) -> Iterator[tuple[ast.AST, ast.expr]]:
    """What is formatted into SQL in one function, with where."""
    for node in ast.walk(function):
        if isinstance(node, ast.JoinedStr):
            fixed = "".join(
                str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values
            )
            if STATEMENT.match(fixed):
                yield from (
                    (node, part.value) for part in node.values if isinstance(part, ast.FormattedValue)
                )


def sql_takes_values_apart(source: Source) -> Iterator[str]:
    """Values go beside SQL, never into it. Only pieces of SQL that we wrote may be put together."""
    if not (source.python and source.product):
        return
    for function in source.nodes:
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node, value in _formatted(function):
                if _outside(value, _arguments(function)):
                    yield source.at(node, f"{ast.unparse(value)} is put into SQL; pass it as a parameter")
    for node in source.nodes:
        if (
            isinstance(node, ast.BinOp)
            and isinstance(node.op, ast.Mod)
            and isinstance(node.left, ast.Constant)
        ):
            text = str(node.left.value)
            if STATEMENT.match(text):
                yield source.at(node, "values are put into SQL with %; pass them as parameters")


def one_place_commits(source: Source) -> Iterator[str]:
    """One request is one transaction: only store/database/pool.py ends it."""
    if not (source.python and source.product) or source.path == "src/akson/store/database/pool.py":
        return
    for node in source.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit":
            yield source.at(node, "a commit outside store/database/pool.py")


def modules_say_what_they_are_for(source: Source) -> Iterator[str]:
    """Every module begins with what it is for."""
    if source.python and source.text.strip() and not ast.get_docstring(source.tree):
        yield f"{source.path}:1: no module docstring"


def _last(value: ast.expr) -> str:
    return value.attr if isinstance(value, ast.Attribute) else value.id if isinstance(value, ast.Name) else ""


def _personal(field: ast.keyword) -> set[str]:
    """The words in a log field, its name and its value, that could stand for something about a person."""
    words = {field.arg or ""}
    for node in ast.walk(field.value):
        if isinstance(node, ast.Attribute):
            if node.attr != "__name__" and not (node.attr == "name" and _last(node.value) in OWNERS):
                words.add(node.attr)
        elif isinstance(node, ast.Name):
            words.add(node.id)
    return {word for word in words if PERSONAL.search(word)}


def logs_name_nobody(source: Source) -> Iterator[str]:
    """A log event has no field that could name a person, and all logging goes through kit/log.py."""
    if not (source.python and source.product) or source.path == "src/akson/kit/log.py":
        return
    for node in source.nodes:
        if isinstance(node, ast.Import) and any(alias.name == "logging" for alias in node.names):
            yield source.at(node, "logging beside kit/log.py")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "log":
            for field in node.keywords:
                if field.arg is None:
                    yield source.at(node, "a log event with fields that cannot be read off")
                elif found := _personal(field):
                    yield source.at(node, f"a log event holds {', '.join(sorted(found))}")


APART = {
    "journeys",
    "leaks",
    "conformance",
    "fuzz",
    "processes",
    "browser",
    "house",
    "bench",
    "tools",
    "services",
    "nodes",
}


def tests_mirror_the_source(source: Source) -> Iterator[str]:
    """tests/<package>/ tests src/akson/<package>/, a file for a module or for what several do together."""
    parts = source.path.split("/")
    if parts[0] != "tests" or len(parts) < 3 or parts[1] in APART or not parts[-1].startswith("test_"):
        return
    if not (ROOT / "src" / "akson" / "/".join(parts[1:-1])).is_dir():
        yield f"{source.path}: there is no package src/akson/{'/'.join(parts[1:-1])}"
