"""`akson package add`, `list`, `remove` and `export`: the FHIR packages of one node, and Akson's own."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from akson.cli import database

if TYPE_CHECKING:
    from akson.cli.main import Commands


def add(commands: "Commands") -> None:
    """Add `package` with its commands."""
    group = commands.add_parser("package", help="FHIR packages: load, list, remove, export")
    inner = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    load = inner.add_parser(
        "add",
        help="load FHIR packages",
        description="Load FHIR packages: .tgz files, folders of them, or folders that hold one unpacked. All of them or"
        " none. Says what each brings and which packages it needs that are not here. The name no.akson.base stands for"
        " Akson's own package, which comes with the program.",
    )
    load.add_argument(
        "paths",
        nargs="+",
        type=Path,
        metavar="PATH",
        help="a package, a folder of packages, or no.akson.base",
    )
    database.arguments(load)
    load.set_defaults(run=_add)
    show = inner.add_parser("list", help="the packages that are loaded, and what they bring")
    database.arguments(show)
    show.set_defaults(run=_list)
    remove = inner.add_parser("remove", help="take packages out again, with all they brought")
    remove.add_argument("names", nargs="+", metavar="NAME[#VERSION]", help="without a version: all versions")
    database.arguments(remove)
    remove.set_defaults(run=_remove)
    export = inner.add_parser(
        "export",
        help="write Akson's own package as a .tgz",
        description="Write Akson's own package, no.akson.base, as a .tgz that other programs install: profiles and examples of"
        " all that the information services hold, code lists and extensions. Nothing is started.",
    )
    export.add_argument(
        "path",
        nargs="?",
        type=Path,
        default=Path(),
        metavar="PATH",
        help="a file or a folder (default: here)",
    )
    export.set_defaults(run=_export)


def _add(chosen: argparse.Namespace) -> int:
    from akson.cli.packages import run

    return run.add(database.where(chosen), chosen.paths)


def _list(chosen: argparse.Namespace) -> int:
    from akson.cli.packages import run

    return run.show(database.where(chosen))


def _remove(chosen: argparse.Namespace) -> int:
    from akson.cli.packages import run

    return run.remove(database.where(chosen), chosen.names)


def _export(chosen: argparse.Namespace) -> int:
    from akson.cli.packages import run

    return run.export(chosen.path)
