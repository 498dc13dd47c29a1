"""Why a request is refused, for the row that the door writes before the answer leaves (`security.middleware`)."""

from collections.abc import AsyncIterator, Iterator, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from akson.kit.errors import NotAllowed
from akson.record.refused import Refused
from akson.security.door_log import REFUSAL, TOLD


@contextmanager
def because(state: MutableMapping[str, Any], reason: str) -> Iterator[None]:
    """What is refused inside is in the access log for this reason."""
    try:
        yield
    except NotAllowed:
        state[REFUSAL] = reason
        raise


@asynccontextmanager
async def with_its_row(state: MutableMapping[str, Any]) -> AsyncIterator[None]:
    """What the rules refuse inside has its row in the access log already."""
    try:
        yield
    except Refused:
        state[REFUSAL] = TOLD
        raise
