"""`akson access`: what a change of the rules of access would have decided."""

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from akson.cli.database import Where
    from akson.cli.main import Commands
    from akson.record.replay.change import Change
    from akson.record.replay.tally import Tally

DAYS = 30
DIFFERS = 5
"""Exit code: the rules in force do not reproduce all of the log."""


def add(commands: "Commands") -> None:
    """Add `access` with its commands."""
    from akson.cli.database import arguments

    group = commands.add_parser("access", help="the rules of access: try a change of them")
    inner = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    command = inner.add_parser(
        "simulate",
        help="what a change of the rules would have decided",
        description="Replay the decisions of the access log with the facts of their time, by the rules in force and by a change"
        " of them, and tell what would have turned. Without --change the rules in force are held against the log."
        " Nothing is written. 0: done. 5: the rules in force decide some of the rows otherwise than the log tells.",
    )
    arguments(command)
    command.add_argument(
        "--change",
        type=Path,
        metavar="FILE",
        help="the change, TOML or JSON; `-` reads it from standard input",
    )
    command.add_argument("--days", type=int, default=DAYS, help=f"days back from now (default {DAYS})")
    command.add_argument("--json", action="store_true", help="the whole result as JSON")
    command.set_defaults(run=simulate)


def simulate(chosen: argparse.Namespace) -> int:
    """Replay, with progress on standard error, and print what came of it."""
    from akson.cli.database import where
    from akson.kit.errors import Malformed
    from akson.record.replay.change import read

    if not 0 < chosen.days <= 3650:
        raise Malformed("--days is a number from 1 to 3650")
    change = read(_written(chosen.change)) if chosen.change else read("")
    tally = asyncio.run(_replay(where(chosen), change, chosen.days))
    if chosen.json:
        print(json.dumps(tally.told(), ensure_ascii=False, indent=1))
    else:
        print("\n".join(report(tally)))
    return DIFFERS if tally.unlike else 0


def _written(path: Path) -> str:
    from akson.kit.errors import NotFound

    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise NotFound(f"{path} cannot be read: {error}") from error


async def _replay(place: "Where", change: "Change", days: int) -> "Tally":
    from datetime import timedelta

    from akson.cli.database import as_it_is
    from akson.kit.clock import now
    from akson.record.replay.replaying import Cursor, Replay, total

    until = now()
    cursor = Cursor(until - timedelta(days=days), until)
    async with as_it_is(place) as database:
        rows = await total(database, cursor)
        replay = Replay(database, change, cursor)
        while await replay.step():
            if sys.stderr.isatty():
                print(f"\r{replay.tally.read} of {rows} rows", end="", file=sys.stderr)
        if sys.stderr.isatty():
            print(file=sys.stderr)
    return replay.tally


def report(tally: "Tally") -> list[str]:
    """The result as lines."""
    from akson.record.replay.tally import DIMENSIONS, LOST, MAYBE, WON

    lines = [
        f"rows of the log        {tally.read}",
        f"  no decision of rules {tally.other}",
        f"  not replayed         {sum(tally.skipped.values())}",
        *(f"    {why:<19}{number}" for why, number in tally.skipped.most_common()),
        f"decided anew           {tally.replayed}, of them granted {tally.granted}",
        f"  not as the log tells {tally.unlike} (by the rules in force; left out of what follows)",
        f"granted -> refused     {tally.changed[LOST]}",
        f"refused -> granted     {tally.changed[WON]}",
        f"refused -> may be      {tally.changed[MAYBE]} (refused before any record was looked for)",
        f"by another rule        {tally.otherwise}",
    ]
    for dimension in DIMENSIONS:
        if found := tally.lines(dimension):
            lines += ["", f"{dimension:<40}{'refused':>9}{'granted':>9}{'may be':>9}"]
            lines += [f"{value or '-':<40}{lost:>9}{won:>9}{maybe:>9}" for value, lost, won, maybe in found]
    for kind in ("unlike", LOST, WON, MAYBE):
        if examples := tally.examples.get(kind):
            lines += ["", f"examples: {kind}", *(_line(each) for each in examples)]
    return lines


def _line(each: dict[str, Any]) -> str:
    named = each["decision"] or f"event {each['event']}"
    how = f"{each['before'] or 'refused'} -> {each['after'] or 'refused'}"
    return f"  {each['moment']} {each['action']} {each['type'] or '-'} {each['role'] or '-'}: {how} ({named})"
