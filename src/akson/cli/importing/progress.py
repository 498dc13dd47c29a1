"""A progress bar on standard error, where that is a terminal; else a line every ten seconds."""

import shutil
import sys
import time

STEP, LINE_STEP = 0.1, 10.0


class Progress:
    """Shows how far a piece of work is. `size` is the whole, in the unit of `done`."""

    def __init__(self, size: int, *, quiet: bool = False) -> None:
        self._size = max(size, 1)
        self._quiet = quiet
        self._live = sys.stderr.isatty()
        self._started = self._shown = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def show(self, done: int, resources: int, refused: int) -> None:
        """Draw, unless it was drawn a moment ago."""
        present = time.monotonic()
        if self._quiet or present - self._shown < (STEP if self._live else LINE_STEP):
            return
        self._shown = present
        share = min(done / self._size, 1)
        rate = resources / max(self.seconds, 0.001)
        text = f"{share:4.0%}  {resources} resources, {rate:.0f}/s"
        text += f", {refused} refused" if refused else ""
        if not self._live:
            print(text, file=sys.stderr, flush=True)
            return
        width = max(10, min(40, shutil.get_terminal_size().columns - len(text) - 4))
        filled = round(share * width)
        print(f"\r[{'#' * filled}{'.' * (width - filled)}] {text}\x1b[K", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Clear the bar."""
        if self._live and not self._quiet:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
