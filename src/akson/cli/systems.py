"""`akson systems add`, `list`, `keys`, `end` and `member`: who the trust anchor of a data folder knows."""

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from akson.cli import database

if TYPE_CHECKING:
    from akson.cli.main import Commands
    from akson.store.database.pool import Tx
    from akson.trust.registry import Delegation

NODE = "tillitsanker"


def add(commands: "Commands") -> None:
    """Add `systems` with its commands."""
    group = commands.add_parser("systems", help="systems at the trust anchor: add, list, change keys, end")
    inner = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    new = inner.add_parser("add", help="register a system, or replace what is registered of it")
    new.add_argument("client", metavar="ID", help="client id of the system")
    new.add_argument("--name", required=True, help="what people call it")
    new.add_argument("--organization", required=True, help="organisation number of the owner")
    _jwks(new)
    for option, what in (
        ("redirect", "address that sign-ins come back to"),
        ("logout", "address that sign-outs end at"),
        ("scope", "scope of an API it may have, e.g. akson:samhandling/fhir"),
        ("unit", "organisation number of a sub-unit it may act for"),
        ("delegation", "ORG[:UNIT,UNIT][@FIRST..LAST]: who else it acts for, and from which day to which"),
    ):
        new.add_argument(
            f"--{option}", action="append", default=[], metavar=option.upper(), help=f"{what}; several times"
        )
    new.add_argument(
        "--api",
        default="",
        metavar="ADDRESS",
        help="where it answers FHIR searches; the audience of tokens for it",
    )
    new.add_argument(
        "--asked-by",
        default="",
        metavar="CLIENT",
        help="with --api: the platform, which may then ask it for others",
    )
    _place(new, _add)
    _place(inner.add_parser("list", help="the systems, whose they are and what they may ask for"), _list)
    keys = inner.add_parser("keys", help="give a system other public keys")
    keys.add_argument("client", metavar="ID", help="client id of the system")
    _jwks(keys)
    keys.add_argument("--overlap", action="store_true", help="keep the old keys beside the new ones")
    _place(keys, _keys)
    end = inner.add_parser("end", help="let a system in no more")
    end.add_argument("client", metavar="ID", help="client id of the system")
    end.add_argument("--day", default="", help="from this day on (ISO 8601); default today")
    _place(end, _end)
    member = inner.add_parser("member", help="an organisation's membership of the trust framework")
    member.add_argument("organization", metavar="ORG", help="organisation number")
    member.add_argument("--agreement", required=True, metavar="DAY", help="day the agreement was signed")
    member.add_argument("--ends", default="", metavar="DAY", help="last day of the membership")
    _place(member, _member)


def _jwks(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--jwks",
        type=Path,
        required=True,
        metavar="FILE",
        help="its public keys (JWK set), as `akson keys show` prints",
    )


Work = Callable[["Tx", argparse.Namespace], Awaitable[str]]


def _place(command: argparse.ArgumentParser, work: Work) -> None:
    place = command.add_mutually_exclusive_group()
    place.add_argument(
        "--data", type=Path, default=Path("data"), help="data folder of a server (default data)"
    )
    place.add_argument(
        "--database", default="", metavar="URI", help="connection URI of the anchor's database instead"
    )

    def run(chosen: argparse.Namespace) -> int:
        print(asyncio.run(_within(chosen, work)))
        return 0

    command.set_defaults(run=run)


async def _within(chosen: argparse.Namespace, work: Work) -> str:
    place = database.Where(chosen.data, NODE, chosen.database)
    async with database.opened(place) as opened, opened.transaction() as tx:
        return await work(tx, chosen)


async def _add(tx: "Tx", chosen: argparse.Namespace) -> str:
    from akson.trust.registry import Client, register_client

    client = Client(
        chosen.client,
        chosen.name,
        chosen.organization,
        _public(chosen.jwks),
        frozenset(chosen.redirect),
        frozenset(chosen.logout),
        frozenset(chosen.scope),
        frozenset(chosen.unit),
        tuple(_delegation(each) for each in chosen.delegation),
    )
    await register_client(tx, client)
    if chosen.api:
        await _answers(tx, client.client_id, chosen)
    return f"registered {client.client_id}"


async def _answers(tx: "Tx", name: str, chosen: argparse.Namespace) -> None:
    """Tokens can be had for the system, and by who asks it on behalf of others."""
    from akson.trust.registry import Api, register_api, register_client, stored_client

    await register_api(tx, Api(f"akson:{name}", chosen.api, name))
    if chosen.asked_by:
        asker = await stored_client(tx, chosen.asked_by)
        await register_client(tx, replace(asker, scopes=asker.scopes | {f"akson:{name}/fhir"}))


async def _list(tx: "Tx", _: argparse.Namespace) -> str:
    from akson.trust.registry import all_clients

    lines = []
    for client in await all_clients(tx):
        lines.append(f"{client.client_id}  {client.name}, {client.organization}")
        lines.append(
            f"    {len(client.jwks.get('keys', ()))} keys; {' '.join(sorted(client.scopes)) or 'no scopes'}"
        )
        lines += [
            f"    acts for {each.organization} {each.begins}..{each.ends}" for each in client.delegations
        ]
        lines += [f"    ended {client.ended}"] if client.ended else []
    return "\n".join(lines) or "No systems are registered."


async def _keys(tx: "Tx", chosen: argparse.Namespace) -> str:
    from akson.trust.registry import register_client, stored_client

    client, fresh = await stored_client(tx, chosen.client), _public(chosen.jwks)["keys"]
    named = {key["kid"] for key in fresh}
    old = [key for key in client.jwks.get("keys", ()) if chosen.overlap and key.get("kid") not in named]
    await register_client(tx, replace(client, jwks={"keys": [*fresh, *old]}))
    return f"{client.client_id} has {len(fresh) + len(old)} keys"


async def _end(tx: "Tx", chosen: argparse.Namespace) -> str:
    from akson.kit.clock import today
    from akson.trust.registry import register_client, stored_client

    client = await stored_client(tx, chosen.client)
    day = _day(chosen.day) or today().isoformat()
    await register_client(tx, replace(client, ended=day))
    return f"{client.client_id} is let in no more from {day}"


async def _member(tx: "Tx", chosen: argparse.Namespace) -> str:
    from akson.trust.registry import Membership, register_member

    found = Membership(chosen.organization, _day(chosen.agreement), ends=_day(chosen.ends))
    await register_member(tx, found)
    return (
        f"{found.organization} is a member from {found.agreement}{f' to {found.ends}' if found.ends else ''}"
    )


def _public(path: Path) -> dict[str, Any]:
    """A JWK set of named public keys. Malformed when it is none."""
    from akson.kit.errors import Malformed
    from akson.security.jose import BadToken, public_key

    try:
        keys = json.loads(path.read_text())["keys"]
        for key in keys:
            public_key(key)
        if not keys or not all(isinstance(key.get("kid"), str) for key in keys):
            raise Malformed(f"{path}: every key needs a name (kid)")
    except BadToken as error:
        raise Malformed(f"{path}: {error.diagnostics}") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Malformed(f"{path} is no JWK set") from error
    return {"keys": keys}


def _delegation(text: str) -> "Delegation":
    """ORG[:UNIT,UNIT][@FIRST..LAST]."""
    from akson.trust.registry import Delegation

    who, _, days = text.partition("@")
    organization, _, units = who.partition(":")
    begins, _, ends = days.partition("..")
    return Delegation(organization, frozenset(units.split(",")) - {""}, _day(begins), _day(ends))


def _day(text: str) -> str:
    from datetime import date

    from akson.kit.errors import Malformed

    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError as error:
        raise Malformed(f"{text!r} is no day like 2026-01-31") from error
