"""Why a request is refused, for the row that the door writes before the answer leaves (`security.middleware`)."""

from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

from akson.kit.errors import NotAllowed
from akson.record.refused import Refused
from akson.security.door_log import REFUSAL, TOLD

State = MutableMapping[str, Any]


class because:  # noqa: N801  reads as what it does
    """What is refused inside is in the access log for this reason."""

    __slots__ = ("_reason", "_state")

    def __init__(self, state: State, reason: str) -> None:
        self._state, self._reason = state, reason

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if isinstance(error, NotAllowed):
            self._state[REFUSAL] = self._reason


class with_its_row:  # noqa: N801  reads as what it does
    """What the rules refuse inside has its row in the access log already."""

    __slots__ = ("_state",)

    def __init__(self, state: State) -> None:
        self._state = state

    async def __aenter__(self) -> None:
        return None

    async def __aexit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if isinstance(error, Refused):
            self._state[REFUSAL] = TOLD
