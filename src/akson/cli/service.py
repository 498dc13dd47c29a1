"""`akson service list`: the information services that this version declares."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from akson.cli.main import Commands


def add(commands: "Commands") -> None:
    """Add `service` with its commands."""
    group = commands.add_parser("service", help="the information services")
    inner = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = inner.add_parser(
        "list",
        help="list them",
        description="List the declared information services: number, mode, slug, title.",
    )
    listing.set_defaults(run=run)


def run(_chosen: argparse.Namespace) -> int:
    """One line for each service, in the order of their numbers."""
    from akson.exchange.declare import load
    from akson.kit.text import text

    for service in load():
        print(
            f"{service.number:>2}  {service.mode.value:<5}  {service.slug:<24}  {text(service.title, 'en')}"
        )
    return 0
