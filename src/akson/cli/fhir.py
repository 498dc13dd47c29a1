"""`akson fhir serve` and `akson fhir import`: the plain FHIR server, and filling it or any other."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from akson.cli.main import Commands


def add(commands: "Commands") -> None:
    """Add `fhir` with its two commands."""
    group = commands.add_parser("fhir", help="the plain FHIR server, and import into it")
    inner = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_serve(inner)
    _add_import(inner)


def _add_serve(commands: "Commands") -> None:
    serve = commands.add_parser(
        "serve",
        help="serve FHIR R4 on this machine only, open to everyone on it",
        description="Serve FHIR R4 at http://127.0.0.1:PORT/fhir, without sign-in and without rules of access.",
    )
    serve.add_argument("--port", type=int, default=8080, help="port to listen on (default 8080)")
    serve.add_argument(
        "--data", type=Path, default=Path("data"), help="folder of the database (default data)"
    )
    serve.set_defaults(run=_serve)


def _add_import(commands: "Commands") -> None:
    load = commands.add_parser(
        "import",
        help="load Bundles, NDJSON and single resources",
        description="Load transaction Bundles, NDJSON and single resources, JSON or XML; files, folders, .gz and .tar.* archives."
        " A second run of the same files creates nothing twice.",
    )
    where = load.add_mutually_exclusive_group(required=True)
    where.add_argument("--url", help="base of a FHIR server, e.g. http://127.0.0.1:8080/fhir")
    where.add_argument(
        "--data", type=Path, help="folder of a database that no server is using: offline, faster"
    )
    load.add_argument(
        "--parallel",
        type=int,
        default=2,
        help="Bundles under way at once (default 2); 1 keeps the order of the files",
    )
    load.add_argument("--quiet", action="store_true", help="no progress bar")
    load.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="what to load")
    load.set_defaults(run=_load)


def _serve(chosen: argparse.Namespace) -> int:
    from akson.cli.serving import serve

    return serve(chosen.port, chosen.data)


def _load(chosen: argparse.Namespace) -> int:
    from akson.cli.importing.run import Options, load

    return load(chosen.paths, Options(chosen.url, chosen.data, max(1, chosen.parallel), chosen.quiet))
