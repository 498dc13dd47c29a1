"""Sources that said nothing in the time they had, and are not asked for a while: one that hangs must not keep each page waiting.

The answer names them as it names any source that did not answer, and their copies stand in. One request after the while finds out whether
a source is back; all others meanwhile go on without it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

REST = 10.0
"""Seconds that a source is left alone."""


@dataclass(slots=True)
class Away:
    """Those of one process."""

    clock: Callable[[], float] = time.monotonic
    _until: dict[str, float] = field(default_factory=dict)

    def is_left_alone(self, source: str) -> bool:
        """Whether it is not to be asked now. Who is told that it may be asked is the only one for the next while."""
        until = self._until.get(source)
        if until is None:
            return False
        at = self.clock()
        if at < until:
            return True
        self._until[source] = at + REST
        return False

    def was_late(self, source: str) -> None:
        """It took all its time."""
        self._until[source] = self.clock() + REST

    def answered(self, source: str) -> None:
        """It said something, whatever it was."""
        self._until.pop(source, None)
