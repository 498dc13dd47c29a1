"""`akson register`: change what the platform's registers say of the invented people, so that one sees it take effect."""

import argparse
import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from akson.cli.main import Commands

LEVELS = ("Unclassified", "ClientAddress", "Confidential", "StrictlyConfidential")

Body = dict[str, Any]


def add(commands: "Commands") -> None:
    """Add `register` with its commands."""
    group = commands.add_parser("register", help="the registers that the platform serves")
    inner = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _command(inner, "list", "list who is in them: id or HPR number, name, state")
    for name, words in (
        ("withdraw", "end the authorisations of"),
        ("restore", "give back the authorisations of"),
    ):
        _command(inner, name, f"{words} one of the health personnel", "number", "HPR number")
    death = _command(inner, "death", "report a death", "person", "id or whole name")
    death.add_argument(
        "day", nargs="?", default="", help="day of death, yyyy-mm-dd; empty takes the report back"
    )
    protect = _command(inner, "protect", "protect an address, or open it", "person", "id or whole name")
    protect.add_argument("level", choices=LEVELS)
    doctor = _command(inner, "doctor", "give somebody another regular doctor", "person", "id or whole name")
    doctor.add_argument("number", help="HPR number of the doctor")
    doctor.add_argument("office", help="organisation number of the office")
    address = _command(
        inner,
        "address",
        "give an address for messages to a system that is no node of Akson",
        "number",
        "HER-id",
    )
    address.add_argument("--organization", required=True, help="organisation number of its owner")
    address.add_argument("--name", required=True, help="name of the owner, or of the unit")
    address.add_argument(
        "--certificate",
        type=Path,
        metavar="FILE",
        help="what it signs with (X.509, PEM); without, it cannot send",
    )
    address.add_argument(
        "--takes", action="append", default=[], metavar="CODE", help="a type of message, V8279; several times"
    )
    doctor.add_argument("--from", dest="begins", default="", help="first day, yyyy-mm-dd (default now)")


def _command(inner: Any, name: str, words: str, *what: str) -> argparse.ArgumentParser:
    from akson.cli.database import arguments

    made: argparse.ArgumentParser = inner.add_parser(name, help=words, description=f"{words.capitalize()}.")
    if what:
        made.add_argument(what[0], help=what[1])
    arguments(made)
    made.set_defaults(run=run, do=name, node="samhandling")
    return made


def run(chosen: argparse.Namespace) -> int:
    """Change one entry, or list all. 1 with a message when there is no such entry."""
    asyncio.run(_run(chosen))
    return 0


async def _run(chosen: argparse.Namespace) -> None:
    from akson.cli.database import opened, where
    from akson.demo.nodes import nodes
    from akson.kit.settings import Role
    from akson.record import context

    node = next(each for each in nodes("http://localhost") if Role.SAMHANDLING in each.roles)
    async with (
        opened(where(chosen)) as database,
        context.opened(context.Place(node, database), context.NODE_ITSELF) as ctx,
    ):
        if chosen.do == "list":
            await _list(ctx)
        else:
            number = await _change(ctx, chosen)
            print(f"event {number}" if number else "it was so already")


async def _list(ctx: Any) -> None:
    from akson.record.registers import Register
    from akson.store.access import registers

    for entry in await registers.everyone(ctx.tx, Register.PERSONNEL):
        ended = all(each["validTo"] for each in entry.body["authorizations"])
        print(f"{entry.id}  {_name(entry.body)}{'  withdrawn' if ended else ''}")
    for entry in await registers.everyone(ctx.tx, Register.PERSON):
        level = next((each["level"] for each in entry.body["addressProtection"]), LEVELS[0])
        told = [level] * (level != LEVELS[0]) + ["dead"] * bool(entry.body["death"])
        print("  ".join([entry.id, _name(entry.body), *told]))


def _name(body: Body) -> str:
    name = body["name"][0] if isinstance(body["name"], list) else body["name"]
    return f"{name['firstName']} {name['lastName']}"


async def _change(ctx: Any, chosen: argparse.Namespace) -> int:
    from akson.kit.clock import instant, now
    from akson.record.registers import Register, change

    at = instant(now())
    if chosen.do == "address":
        return await _addressed(ctx, chosen)
    if chosen.do in {"withdraw", "restore"}:
        until = at if chosen.do == "withdraw" else None

        def authorized(body: Body) -> Body:
            return body | {"authorizations": [each | {"validTo": until} for each in body["authorizations"]]}

        return await change(ctx, Register.PERSONNEL, chosen.number, "AuthorizationChanged", authorized)
    entry_id = await _id_of(ctx, chosen.person)
    if chosen.do == "doctor":
        return await change(ctx, Register.DOCTOR, entry_id, "ContractChanged", await _moved(ctx, chosen, at))
    kind, parts = {
        "death": ("ChangeInDeath", _dead),
        "protect": ("ChangeInAddressProtection", _protected),
    }[chosen.do]
    return await change(ctx, Register.PERSON, entry_id, kind, lambda body: body | parts(chosen))


async def _addressed(ctx: Any, chosen: argparse.Namespace) -> int:
    """The owner and the address as the register has them (Organization, Endpoint); both new, or brought up to date."""
    from akson.cli.address import register

    return await register(ctx, chosen)


def _dead(chosen: argparse.Namespace) -> Body:
    day = _day(chosen.day)
    death = [{"dateOfDeath": f"{day}T00:00:00"}] if day else []
    return {"death": death, "status": [{"status": "Deceased" if day else "Resident"}]}


def _protected(chosen: argparse.Namespace) -> Body:
    return {"addressProtection": [{"level": chosen.level}]}


async def _moved(ctx: Any, chosen: argparse.Namespace, at: str) -> Callable[[Body], Body]:
    """From one list to another: the contract that is open ends when the new one begins."""
    from akson.fhir.search_parse import parse
    from akson.fhir.strict_json import loads
    from akson.kit.errors import NotFound
    from akson.kit.norwegian import ORGANIZATION
    from akson.record import gate
    from akson.record.registers import Register
    from akson.store.access import registers

    doctor = await registers.by_ids(ctx.tx, Register.PERSONNEL, [chosen.number])
    query = parse("Organization", [("identifier", f"{ORGANIZATION}|{chosen.office}")], base="")
    offices = (await gate.search(ctx, query)).matches
    if not doctor or not offices:
        raise NotFound("there is no such doctor, or no such office")
    begins = f"{day}T00:00:00" if (day := _day(chosen.begins)) else at
    new = {
        "validFrom": begins,
        "validTo": None,
        "generalPractitioner": {
            "hprNumber": chosen.number,
            "name": _name(doctor[0].body),
            "role": "Fastlege",
        },
        "office": {"organizationNumber": chosen.office, "name": loads(offices[0].body).get("name", "")},
    }

    def moved(body: Body) -> Body:
        before = [each | {"validTo": each["validTo"] or begins} for each in body["contracts"]]
        return body | {"contracts": [*before, new]}

    return moved


async def _id_of(ctx: Any, person: str) -> str:
    from akson.kit.errors import NotFound
    from akson.record.registers import Register
    from akson.store.access import registers

    everyone = await registers.everyone(ctx.tx, Register.PERSON)
    found = [entry.id for entry in everyone if person in (entry.id, _name(entry.body))]
    if len(found) != 1:
        raise NotFound(f"{len(found)} people are called so; use an id from `akson register list`")
    return found[0]


def _day(text: str) -> str:
    from datetime import date

    from akson.kit.errors import Malformed

    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError as error:
        raise Malformed("a day is written yyyy-mm-dd") from error
