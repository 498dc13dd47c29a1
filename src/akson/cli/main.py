"""Finds the groups of commands and runs the one that was asked for.

A group is a module of this package with `add(commands)`: it adds its parsers and names the function to run with
`set_defaults(run=...)`, a function from the parsed arguments to the exit code. Groups import what they need when
they run, so that `akson --help` is quick.
"""

import argparse
import pkgutil
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, TypeAlias

import akson.cli
from akson import __version__
from akson.kit.errors import AksonError

if TYPE_CHECKING:
    Commands: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001, argparse has no public name


def groups() -> Iterator[ModuleType]:
    """The modules of this package that add commands, by name."""
    for found in pkgutil.iter_modules(akson.cli.__path__):
        if found.name not in {"main", "__main__"}:
            module = import_module(f"akson.cli.{found.name}")
            if hasattr(module, "add"):
                yield module


def parser() -> argparse.ArgumentParser:
    """The whole command line, as `docs/reference/commands.md` shows it."""
    root = argparse.ArgumentParser(prog="akson", description="Municipal health record and sharing platform.")
    root.add_argument("--version", action="version", version=f"akson {__version__}")
    commands = root.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for group in groups():
        group.add(commands)
    return root


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. 0 when it did what it says, 1 with a plain message when it could not, 2 on wrong use."""
    chosen = parser().parse_args(arguments)
    try:
        return int(chosen.run(chosen) or 0)
    except AksonError as error:
        print(f"akson: {error.diagnostics or error.code}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
