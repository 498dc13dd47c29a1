"""Much that is asked at the same moment, answered together: one statement to the database in place of many."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from akson.kit.errors import Unavailable

What = TypeVar("What")
Answer = TypeVar("Answer")


class Gathered(Generic[What, Answer]):
    """What is asked while others are being answered is answered after them, all of it at once.

    `do` gives the answers in the order of what was asked; what goes wrong is raised for each who asked. `before` each time may
    wait for more to come. Its task is nobody's: who no longer waits takes nobody along.
    """

    def __init__(
        self,
        do: Callable[[Sequence[What]], Awaitable[Sequence[Answer]]],
        before: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._do, self._before = do, before
        self._asked: list[tuple[What, asyncio.Future[Answer]]] = []
        self._task: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether somebody is being answered."""
        return self._task is not None

    async def ask(self, what: What) -> Answer:
        """The answer, together with those of others."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._asked.append((what, answer))
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        return await answer

    async def _work(self) -> None:
        """Until nobody asks any more."""
        asked: list[tuple[What, asyncio.Future[Answer]]] = []
        try:
            while self._asked:
                if self._before is not None:
                    await self._before()
                asked, self._asked = self._asked, []
                found = await self._do([what for what, _ in asked])
                for (_, answer), given in zip(asked, found, strict=True):
                    if not answer.done():
                        answer.set_result(given)
        except Exception as error:  # noqa: BLE001  raised where it is waited for
            self._fail(asked, error)
        finally:
            self._fail(asked, Unavailable("the program ends"))
            self._task = None

    def _fail(self, asked: list[tuple[What, asyncio.Future[Answer]]], error: Exception) -> None:
        """Tell those who were being answered, and those who came meanwhile."""
        waiting, self._asked = [*asked, *self._asked], []
        for _, answer in waiting:
            if not answer.done():
                answer.set_exception(error)
