"""For which cooperating service a system asks, and what an information service holds, as rows."""

import base64
import json
from collections.abc import Sequence
from typing import NamedTuple

from akson.kit.norwegian import without_numbers
from akson.security.jose import BadToken
from akson.store.scope import Predicate

SCOPE = "partner"
"""The right, in scopes of tokens (`akson:<node>/partner`), to ask as a cooperating service; at a record system: to ask for one."""
HEADER = "akson-partner"
"""Beside a token with that right: who asks. The platform tells record systems so; a service's own system names the case worker."""
LONGEST = 200


class Held(NamedTuple):
    """What an information service holds: rows of any patient, and their types."""

    parts: tuple[Predicate, ...]
    types: frozenset[str]


class Claim(NamedTuple):
    """Who asks, as the system that calls says it."""

    number: str = ""
    """Organisation number of the service or unit. At the platform it is the token's and not this one that counts."""
    unit: str = ""
    organization: str = ""
    """Organisation number of the legal entity."""
    organization_name: str = ""
    name: str = ""
    """The case worker."""
    role: str = ""


def header(claim: Claim) -> dict[str, str]:
    """What says who asks: JSON in base64url, since headers are ASCII."""
    told = json.dumps({name: value for name, value in claim._asdict().items() if value})
    return {HEADER: base64.urlsafe_b64encode(told.encode()).decode()}


def claimed(values: Sequence[str]) -> Claim | None:
    """What the header says; None where there is none. BadToken for what cannot be read."""
    if not values:
        return None
    try:
        told = json.loads(base64.urlsafe_b64decode(values[0].encode("ascii")))
        made = Claim(**told)
    except (ValueError, TypeError) as error:
        raise BadToken(f"{HEADER} is a JSON object in base64url", "invalid_request") from error
    fits = all(isinstance(each, str) and len(each) <= LONGEST for each in made)
    if len(values) > 1 or not fits or any(without_numbers(each) != each for each in made[3:]):
        raise BadToken(f"{HEADER} is said once, in texts, without identity numbers", "invalid_request")
    return made
