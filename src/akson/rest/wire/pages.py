"""Links of a posted search: what identifies a person was posted to keep it out of addresses, and stays out of them.

Such a search is kept for an hour under a name nobody can guess, and its next page is asked for by that name. Addresses
end up in logs and histories; the identity number never stands in one.
"""

import re
from datetime import timedelta

from akson.kit.clock import now
from akson.kit.errors import NotFound
from akson.kit.ids import new_secret
from akson.record.context import Context
from akson.rest.wire.http import Pairs
from akson.store.underway import keep

LASTS = timedelta(hours=1)
_PARTS = re.compile(r"[.:]")
_TELLING = frozenset(
    [
        "identifier",
        "name",
        "family",
        "given",
        "phonetic",
        "phone",
        "email",
        "telecom",
        "address",
        "address-city",
        "address-postalcode",
        "birthdate",
        "death-date",
        "_content",
        "_filter",
        "_text",
    ]
)


def telling(name: str) -> bool:
    """Whether a search parameter asks for something that says who a person is: alone, in a chain, or behind `_has`."""
    return not _TELLING.isdisjoint(_PARTS.split(name))


def kept_out(posted: Pairs) -> frozenset[tuple[str, str]]:
    """The posted pairs that no link may show."""
    return frozenset(pair for pair in posted if telling(pair[0]))


async def remember(ctx: Context, resource_type: str, pairs: Pairs) -> str:
    """The name under which the search can be gone on with."""
    name = new_secret()
    await keep.put(ctx.tx, keep.SEARCH, name, {"type": resource_type, "pairs": pairs}, now() + LASTS)
    return name


async def recall(ctx: Context, resource_type: str, name: str) -> Pairs:
    """The pairs of a search that goes on; NotFound when it is over."""
    found = await keep.get(ctx.tx, keep.SEARCH, name)
    if found is None or found["type"] != resource_type:
        raise NotFound("This search is over: start it again")
    return [(pair[0], pair[1]) for pair in found["pairs"]]
