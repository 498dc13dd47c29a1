"""What the rules look at: the repository's files as git sees them, each parsed once."""

import ast
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = {".git", ".venv", "node_modules", "build", "dist", ".cache", "data", "__pycache__"}


@dataclass(frozen=True)
class Source:
    """One text file: its path from the root, with slashes, and its text."""

    path: str
    text: str

    @property
    def python(self) -> bool:
        return self.path.endswith(".py")

    @property
    def product(self) -> bool:
        return self.path.startswith("src/akson/")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def docstrings(self) -> set[int]:
        """Ids of the constants that stand alone as a statement: they explain, they are not used."""
        return {
            id(node.value)
            for node in self.nodes
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }

    def strings(self) -> Iterator[ast.Constant]:
        """String literals that the program uses."""
        for node in self.nodes:
            used = isinstance(node, ast.Constant) and id(node) not in self.docstrings
            if used and isinstance(node.value, str):
                yield node

    def at(self, node: ast.AST, what: str) -> str:
        """A finding, as one line that an editor can jump to."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}: {what}"


Rule = Callable[[Source], Iterator[str]]


def _listed() -> list[str]:
    done = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return done.stdout.splitlines()
    found = (file for file in ROOT.rglob("*") if not SKIPPED & set(file.relative_to(ROOT).parts))
    return [file.relative_to(ROOT).as_posix() for file in found]


@lru_cache(maxsize=1)
def repository() -> tuple[Source, ...]:
    """Every text file of the project, by path. What a build made is left out."""
    sources = []
    for path in sorted(_listed()):
        file = ROOT / path
        if file.is_file():
            raw = file.read_bytes()
            if b"\0" not in raw[:8000]:
                sources.append(Source(path, raw.decode("utf-8")))
    return tuple(sources)
