"""What a register answers to a submission of many, item by item.

An AppRec for many (V8258: 3, an error in part) has an error for each item that it refuses, whose text begins with what the
register calls the item: `<key>: <reason>`. The standard leaves open how an item is named; this is Akson's own way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from akson.exchange.reports.declare import Register
from akson.kit.text import text
from akson.messaging import receipts
from akson.messaging.receipts import ACCEPTED, Answer

SEPARATOR = ": "


def judge(register: Register, items: Sequence[Any]) -> Answer:
    """What a register makes of what could be read: what is wrong with each, named where there are several."""
    faults = [(register.format.key(each), register.format.fault(each)) for each in items]
    wrong = [(key, text(fault)) for key, fault in faults if fault]
    if not wrong:
        return ACCEPTED
    errors = [
        receipts.rejection("X99", of_item(key, reason) if len(items) > 1 else reason).errors[0]
        for key, reason in wrong
    ]
    status = receipts.REJECTED if len(wrong) == len(items) else receipts.PARTLY
    return replace(ACCEPTED, status=status, errors=tuple(errors))


def of_item(key: str, reason: str) -> str:
    """What is wrong with one item of many."""
    return f"{key}{SEPARATOR}{reason}" if key else reason


def names(error: Mapping[str, Any], key: str) -> bool:
    """Whether an error (as the message API has it) is about the item that the register calls so."""
    return bool(key) and _said(error).startswith(f"{key}{SEPARATOR}")


def words(error: Mapping[str, Any], key: str) -> str:
    """The reason in the register's words, without its codes."""
    return _said(error).removeprefix(f"{key}{SEPARATOR}") if key else _said(error)


def _said(error: Mapping[str, Any]) -> str:
    return str(error.get("details") or error.get("description") or "")
