"""Bells: who waits in this process for something to be committed is woken at once, and need not look again and again.

A transaction rings with its commit and not before; one that is undone does not ring. Other processes hear nothing, so whoever waits
looks by itself now and then as well. PostgreSQL's own NOTIFY would reach them, and lets one commit after the other wait for the
disk, which costs more than it gives (ADR 0046).
"""

import asyncio
from collections.abc import Iterable, Sequence


class Bells:
    """Those of one database in this process, by name."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Future[None]]] = {}
        self._rung: dict[str, int] = {}

    def ring(self, names: Iterable[str]) -> None:
        """Wake all who wait."""
        for name in names:
            self._rung[name] = self._rung.get(name, 0) + 1
            for waiting in self._waiting.pop(name, ()):
                if not waiting.done():
                    waiting.set_result(None)

    def count(self, names: Iterable[str]) -> int:
        """How often any of them has rung: to be asked before one looks, so that nothing that comes meanwhile is missed."""
        return sum(self._rung.get(name, 0) for name in names)

    async def heard(self, names: Sequence[str], since: int, seconds: float) -> bool:
        """Whether one of them rings, or has rung since `count` said so; waits no longer than told."""
        if self.count(names) != since:
            return True
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        for name in names:
            self._waiting.setdefault(name, set()).add(waiting)
        try:
            await asyncio.wait_for(waiting, seconds)
        except TimeoutError:
            return False
        finally:
            for name in names:
                self._waiting.get(name, set()).discard(waiting)
        return True
