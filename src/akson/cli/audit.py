"""`akson audit`: check the access log by published checkpoints, copy it, rotate the key that signs it."""

import argparse
import asyncio
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from akson.cli.database import Where
    from akson.cli.main import Commands
    from akson.record.log_check import Check, Report, Trusted

TAMPERED = 3
"""Exit code: the log is not the one that was sealed."""
UNPUBLISHED = 4
"""Exit code: the log fits itself, and nothing published was given or met to compare it with."""


def add(commands: "Commands") -> None:
    """Add `audit` with its commands."""
    group = commands.add_parser("audit", help="the access log: check it, copy it, rotate its key")
    inner = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _verify(inner)
    _export(inner)
    _erase(inner)
    keys = inner.add_parser(
        "rotate-key",
        help="sign checkpoints with a new key",
        description="Put a new key in front. The key before signs beside it until it is retired, so that witnesses learn"
        " the new one: retire it when each of them has countersigned once. A running node needs no restart.",
    )
    keys.add_argument("--data", type=Path, default=Path("data"), help="data folder (default data)")
    keys.add_argument("--node", required=True, help="the node, e.g. journal")
    keys.add_argument("--retire", action="store_true", help="let the key before sign no more, and make none")
    keys.set_defaults(run=rotate)


def _verify(inner: "Commands") -> None:
    command = inner.add_parser(
        "verify",
        help="check that no entry was changed, removed or slipped in",
        description="Check a log against checkpoints that were published. 0: it fits. 3: it was tampered with. 4: it fits"
        " itself, but nothing that was published was given, so that a log that was written anew would look the same."
        " 1: it could not be read. Nothing is changed, and no database is brought up to date.",
    )
    _place(command)
    command.add_argument(
        "--copy", type=Path, metavar="FILE", help="a copy that `akson audit export` has made"
    )
    command.add_argument(
        "--published",
        action="append",
        default=[],
        metavar="FILE|URL",
        help="a checkpoint that the node (<node>/sjekkpunkt) or a witness (<witness>/vitne/<log>) has published; may be repeated",
    )
    command.add_argument(
        "--code", action="append", default=[], help="a short code from the citizen's page; may be repeated"
    )
    command.add_argument(
        "--witness-key",
        action="append",
        default=[],
        metavar="KEY",
        help="key of a witness (<witness>/vitne) that must have countersigned; may be repeated",
    )
    command.set_defaults(run=verify)


def _export(inner: "Commands") -> None:
    command = inner.add_parser(
        "export",
        help="copy the log with all that a check needs",
        description="Write the log to a file, a line of JSON each. It holds what the log holds: keep it as such.",
    )
    _place(command)
    command.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="file to write; must not exist"
    )
    command.set_defaults(run=export)


def _erase(inner: "Commands") -> None:
    command = inner.add_parser(
        "erase",
        help="erase entries openly, as a court or the law may ask",
        description="Erase entries of the log for good. The proofs of all others hold, and an entry about each tells that it"
        " was erased and why; a check lists them.",
    )
    _place(command)
    command.add_argument(
        "--number", type=int, action="append", required=True, help="number of an entry; may be repeated"
    )
    command.add_argument(
        "--why", required=True, help="the decision it rests on; stands in the log, so it names nobody"
    )
    command.set_defaults(run=erase)


def _place(command: argparse.ArgumentParser) -> None:
    from akson.cli.database import arguments

    arguments(command)


def verify(chosen: argparse.Namespace) -> int:
    """The report as lines, and the exit code that says it."""
    from akson.cli.database import where
    from akson.record.log_check import Check, from_code
    from akson.security.notes import PublicKey

    trusted = [_published(place) for place in chosen.published] + [from_code(code) for code in chosen.code]
    check = Check(trusted, [PublicKey.read(key) for key in chosen.witness_key])
    asyncio.run(_take(check, where(chosen), chosen.copy))
    return say(check.end(), trusted)


def say(report: "Report", trusted: Sequence["Trusted"]) -> int:
    """Print what was found; the exit code."""
    print(f"entries {report.leaves}, checkpoints {report.checkpoints}, not sealed yet {report.fresh}")
    for number, by in sorted(report.erased.items()):
        print(f"entry {number} was erased, as entry {by} tells")
    for found in report.findings:
        print(f"TAMPERED  {found.kind:<10} at {found.place}: {found.what}")
    if report.found > len(report.findings):
        print(f"TAMPERED  and {report.found - len(report.findings)} more")
    for name, size in sorted(report.witnessed.items()):
        print(f"{name} has countersigned {size} entries")
    if report.found:
        return TAMPERED
    if report.last:
        print(
            f"The log fits its last checkpoint, of {report.last.size} entries at {report.last.moment:%Y-%m-%d %H:%M:%S} UTC."
        )
    if not report.compared:
        print("No published checkpoint was compared: give --published or --code.")
        return UNPUBLISHED
    print(f"It fits {report.compared} of {len(trusted)} published checkpoints.")
    return 0


async def _take(check: "Check", place: "Where", copy: Path | None) -> None:
    from akson.cli.database import as_it_is
    from akson.record import log_copy

    if copy:
        for item in log_copy.of_file(copy):
            check.take(item)
        return
    async with as_it_is(place) as database:
        async for item in log_copy.of_database(database):
            check.take(item)


def export(chosen: argparse.Namespace) -> int:
    """Write the copy."""
    from akson.cli.database import where

    lines = asyncio.run(_write(where(chosen), chosen.out))
    print(f"{lines} lines in {chosen.out}")
    return 0


async def _write(place: "Where", out: Path) -> int:
    from akson.cli.database import as_it_is
    from akson.record import log_copy

    count = 0
    async with as_it_is(place) as database:
        with _new(out) as file:
            async for item in log_copy.of_database(database):
                file.write(log_copy.line(item))
                count += 1
    return count


def _new(out: Path) -> BinaryIO:
    """A new file that its owner alone may read."""
    from akson.kit.errors import Conflict

    try:
        return os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except FileExistsError as error:
        raise Conflict(f"{out} exists already") from error


def erase(chosen: argparse.Namespace) -> int:
    """Erase, and say how many there were."""
    from akson.cli.database import as_it_is, where
    from akson.record.log_erasing import erase as erase_entries

    async def run() -> int:
        async with as_it_is(where(chosen)) as database:
            return await erase_entries(database, chosen.number, chosen.why)

    print(f"{asyncio.run(run())} entries erased")
    return 0


def rotate(chosen: argparse.Namespace) -> int:
    """Rotate, or retire."""
    from akson.kit.errors import NotFound
    from akson.security.log_keys import LogKeys

    if not (chosen.data / "keys" / f"{chosen.node}-log.json").exists():
        raise NotFound(f"{chosen.data} has no key of a node {chosen.node}")
    keys = LogKeys(chosen.data, chosen.node, chosen.node)
    if chosen.retire:
        keys.retire()
        print("The key before the present one signs no more.")
    else:
        keys.rotate()
        print("A new key signs from the next checkpoint on, beside the one before.")
    return 0


def _published(place: str) -> "Trusted":
    """From a file, or from an address."""
    from akson.kit.errors import Malformed, NotFound
    from akson.record.log_check import from_published

    if urlsplit(place).scheme in {"http", "https"}:
        raw = _fetched(place)
    else:
        try:
            raw = Path(place).read_bytes()
        except OSError as error:
            raise NotFound(f"{place} cannot be read: {error.strerror}") from error
    try:
        told = json.loads(raw)
    except ValueError as error:
        raise Malformed(f"{place} is not JSON") from error
    return from_published(told)


def _fetched(url: str) -> bytes:
    import httpx

    from akson.kit.errors import PeerFailed, PeerSilent

    try:
        answer = httpx.get(url, timeout=10)
    except httpx.HTTPError as error:
        raise PeerSilent(f"{url} does not answer") from error
    if answer.status_code != 200:
        raise PeerFailed(f"{url} answers {answer.status_code}")
    return answer.content
