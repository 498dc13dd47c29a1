"""`akson migrate`: brings one database to the schema of this version, before a new version serves."""

import argparse
import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from akson.cli.main import Commands


def add(commands: "Commands") -> None:
    """Add `migrate`."""
    command = commands.add_parser(
        "migrate",
        help="bring a database to the schema of this version",
        description="Apply the numbered migrations that the database lacks. With --stage pre before a new version"
        " serves, with --stage post after the old one has stopped; without it both.",
    )
    command.add_argument("--database", required=True, metavar="URI", help="connection URI of the database")
    command.add_argument("--stage", choices=("pre", "post"), help="only the migrations of this stage")
    command.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """One line for each migration that was applied."""
    return asyncio.run(apply(chosen.database, chosen.stage))


async def apply(uri: str, stage: str | None) -> int:
    """Apply what is missing."""
    from akson.store.database.migrate import migrate
    from akson.store.database.pool import Database

    applied = await migrate(Database(uri, size=1), stage=stage)
    for step in applied:
        print(f"{step.number:04}  {step.stage:<4}  {step.name}")
    print(f"{len(applied)} applied, the database is up to date" if applied else "the database is up to date")
    return 0
