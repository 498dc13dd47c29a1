"""Who may act for whom, by the register of persons: pure. Powers of attorney come besides.

Parents with parental responsibility act for children: wholly until 12; from 12 to 15 they see appointments alone, since the
child has a say (pasient- og brukerrettighetsloven 3-4, 4-4 and the practice of Helsenorge); from 16 not at all. At least
one of the parents lives with the child. Guardians act within their scope. Whose address is kept secret acts for nobody,
and nobody for them.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from akson.kit.norwegian import parse
from akson.security.jose import BadToken

PARENT, POWER, GUARDIAN = "FO", "FU", "VE"
"""V7611."""
RECORD, PRIVACY, APPOINTMENTS = "journal", "personvern", "avtaler"
"""What one may do for somebody: read the record, decide on who sees it, see the appointments."""
ALL = frozenset({RECORD, PRIVACY})
YOUTH, ADULT, OF_AGE = 12, 16, 18
"""From 16 one decides on the own health, and gives powers of attorney; from 18 one is given them."""
HEADER = "akson-acts-for"
"""Beside a citizen's token: by which right, and for whom. No address holds it, and no log."""
SECRET = frozenset({"Confidential", "StrictlyConfidential"})
PERSONAL = frozenset({"PersonalInterests", "PersonalAndEconomicalInterests"})
"""Scopes of guardianship that health belongs to."""

Body = Mapping[str, Any]
"""An entry of the register of persons."""


class Claim(NamedTuple):
    """For whom the one who shows a token wants to act, and by which right (V7611); what a node checks for itself."""

    right: str
    pid: str


def claimed(values: Sequence[str]) -> Claim | None:
    """What the header says, e.g. `FU 04856805056`; None where there is none. BadToken for what it cannot say."""
    if not values:
        return None
    right, _, pid = values[0].partition(" ")
    if len(values) > 1 or right not in {PARENT, POWER, GUARDIAN} or parse(pid) is None:
        raise BadToken(f"{HEADER} is FO, FU or VE, a space and an identity number, once", "invalid_request")
    return Claim(right, pid)


def header(right: str, pid: str) -> dict[str, str]:
    """What says for whom one acts."""
    return {HEADER: f"{right} {pid}"}


def of_child(child: Body, parent: str, parents: Sequence[Body], today: date) -> frozenset[str]:
    """What somebody (identity number) may do for a child; `parents`: the entries of all who are responsible."""
    # One who has died leaves the responsibility to the other (barnelova 36).
    living = [each for each in parents if not each.get("death")]
    if parent not in responsible(child) or is_secret(child) or any(is_secret(each) for each in living):
        return frozenset()
    if not any(_lives_with(each, child) for each in living):
        return frozenset()
    years = age(child, today)
    if years is None or years >= ADULT:
        return frozenset()
    return ALL if years < YOUTH else frozenset({APPOINTMENTS})


def of_ward(ward: Body, guardian: str) -> frozenset[str]:
    """What somebody (identity number) may do as guardian."""
    if is_secret(ward):
        return frozenset()
    for each in ward.get("guardianshipOrFuturePowerOfAttorney", []):
        said = each.get("guardian", {})
        if (
            said.get("norwegianIdentificationNumber") == guardian
            and said.get("scopeOfGuardianship") in PERSONAL
        ):
            return ALL
    return frozenset()


def responsible(person: Body) -> list[str]:
    """Identity numbers of those with parental responsibility."""
    return [
        str(each["responsible"])
        for each in person.get("parentalResponsibility", [])
        if each.get("responsible")
    ]


def guardians(person: Body) -> list[str]:
    """Identity numbers of guardians, whatever their scope."""
    said = [each.get("guardian", {}) for each in person.get("guardianshipOrFuturePowerOfAttorney", [])]
    return [
        str(each["norwegianIdentificationNumber"])
        for each in said
        if each.get("norwegianIdentificationNumber")
    ]


def is_secret(person: Body) -> bool:
    """Whether the address is confidential, or the person is dead: nobody acts by the register then."""
    protected = any(each.get("level") in SECRET for each in person.get("addressProtection", []))
    return protected or bool(person.get("death"))


def age(person: Body, today: date) -> int | None:
    """Whole years; None where the register does not say."""
    born = next((str(each.get("birthDate", ""))[:10] for each in person.get("birth", [])), "")
    try:
        day = date.fromisoformat(born)
    except ValueError:
        return None
    return today.year - day.year - ((today.month, today.day) < (day.month, day.day))


def _lives_with(one: Body, other: Body) -> bool:
    mine, theirs = _street(one), _street(other)
    return bool(mine) and mine == theirs


def _street(person: Body) -> tuple[str, ...]:
    address: Body = next((each.get("streetAddress", {}) for each in person.get("residentialAddress", [])), {})
    name, code = address.get("addressName", ""), address.get("postalCode", "")
    house = (str(address.get(part) or "") for part in ("addressNumber", "unitNumber"))
    return (name, code, *house) if name and code else ()
