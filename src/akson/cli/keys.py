"""`akson keys list`, `show`, `add`, `use` and `drop`: the key pairs in a data folder, changed with overlap.

A new key is added behind the one in use, made known to whoever checks it, taken into use, and the old one dropped when
nothing that it signed is about any more. A running server sees the file change.
"""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from akson.cli.main import Commands
    from akson.security.keys import KeyRing


def add(commands: "Commands") -> None:
    """Add `keys` with its commands."""
    group = commands.add_parser("keys", help="key pairs of nodes: list, add, take into use, drop")
    inner = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    show = inner.add_parser("list", help="all keys by their rings; the first of each is in use")
    _place(show, run=_list)
    public = inner.add_parser(
        "show", help="the public keys of a ring (JWK set), to register at a trust anchor"
    )
    _place(public, run=_show, ring=True)
    new = inner.add_parser("add", help="make a key behind the one in use: published, but not signed with yet")
    new.add_argument("--algorithm", choices=("ES256", "PS256", "RS256"), help="default: that of the ring")
    _place(new, run=_add, ring=True)
    use = inner.add_parser("use", help="sign with a key that was added")
    _place(use, run=_use, ring=True, kid=True)
    drop = inner.add_parser(
        "drop", help="remove a key that is not in use; what it signed is worth nothing then"
    )
    _place(drop, run=_drop, ring=True, kid=True)


def _place(command: argparse.ArgumentParser, **options: object) -> None:
    command.add_argument("--data", type=Path, default=Path("data"), help="data folder (default data)")
    if options.get("ring"):
        command.add_argument("ring", metavar="RING", help="as `akson keys list` says, e.g. journal-client")
    if options.get("kid"):
        command.add_argument("kid", metavar="KEY", help="name of the key, or how it begins")
    command.set_defaults(run=options["run"])


def _list(chosen: argparse.Namespace) -> int:
    from akson.security.keys import load

    names = sorted(path.stem for path in (chosen.data / "keys").glob("*.json"))
    if not names:
        print("No keys are here.")
    for name in names:
        print(name)
        for number, key in enumerate(load(chosen.data, name).keys):
            print(f"    {key.kid}  {key.alg}{'' if number else '  in use'}")
    return 0


def _show(chosen: argparse.Namespace) -> int:
    print(json.dumps(_ring(chosen).public(), indent=2))
    return 0


def _add(chosen: argparse.Namespace) -> int:
    ring = _ring(chosen).added(chosen.algorithm or "")
    print(
        f"added {ring.keys[-1].kid}: make it known, then `akson keys use {chosen.ring} {ring.keys[-1].kid}`"
    )
    return 0


def _use(chosen: argparse.Namespace) -> int:
    print(f"in use: {_ring(chosen).used(chosen.kid).current.kid}")
    return 0


def _drop(chosen: argparse.Namespace) -> int:
    left = _ring(chosen).dropped(chosen.kid)
    print(f"dropped; {len(left.keys)} left")
    return 0


def _ring(chosen: argparse.Namespace) -> "KeyRing":
    """A ring that is there: a mistyped name makes none."""
    from akson.kit.errors import NotFound
    from akson.security.keys import load

    if not (chosen.data / "keys" / f"{chosen.ring}.json").is_file():
        raise NotFound(f"no ring {chosen.ring} is in {chosen.data}/keys")
    return load(chosen.data, chosen.ring)
