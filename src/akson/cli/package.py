"""`akson package add`, `list` and `remove`: the FHIR packages of one node."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from akson.cli.main import Commands


def add(commands: "Commands") -> None:
    """Add `package` with its commands."""
    group = commands.add_parser("package", help="FHIR packages: load, list, remove")
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
    _where(load)
    load.set_defaults(run=_add)
    show = inner.add_parser("list", help="the packages that are loaded, and what they bring")
    _where(show)
    show.set_defaults(run=_list)
    remove = inner.add_parser("remove", help="take packages out again, with all they brought")
    remove.add_argument("names", nargs="+", metavar="NAME[#VERSION]", help="without a version: all versions")
    _where(remove)
    remove.set_defaults(run=_remove)


def _where(command: argparse.ArgumentParser) -> None:
    place = command.add_mutually_exclusive_group()
    place.add_argument(
        "--data",
        type=Path,
        default=Path("data"),
        help="folder of a database that no program is using (default data)",
    )
    place.add_argument("--database", metavar="URI", help="connection URI of a database, in use or not")
    command.add_argument(
        "--node",
        default="",
        help="with --data: the node whose database it is; without it that of akson fhir serve",
    )


def _add(chosen: argparse.Namespace) -> int:
    from akson.cli.packages import run

    return run.add(run.Where(chosen.data, chosen.database, chosen.node), chosen.paths)


def _list(chosen: argparse.Namespace) -> int:
    from akson.cli.packages import run

    return run.show(run.Where(chosen.data, chosen.database, chosen.node))


def _remove(chosen: argparse.Namespace) -> int:
    from akson.cli.packages import run

    return run.remove(run.Where(chosen.data, chosen.database, chosen.node), chosen.names)
