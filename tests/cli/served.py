"""`akson fhir serve` as a program of its own, to be killed and started again on the same data."""

import json
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from bench.server import free_port, serving

if TYPE_CHECKING:
    import subprocess


class Served:
    """A server of one data folder, always at the same address."""

    def __init__(self, data: Path, **environment: str) -> None:
        self.data = data
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}/fhir"
        self.environment = environment
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Returns when it answers."""
        self.process = serving(self.data, self.port, **self.environment)

    def kill(self) -> None:
        """As `kill -9`: nothing is told, nothing is cleaned up."""
        assert self.process is not None
        self.process.kill()
        self._over()

    def stop(self) -> None:
        """As Ctrl-C; it must end by itself and in order. Nothing where it does not run."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            assert self._over() == 0

    def _over(self) -> int:
        assert self.process is not None
        code = self.process.wait(60)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def peak(self) -> int:
        """The most memory the server had so far, in bytes."""
        assert self.process is not None
        text = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return 1024 * int(next(line.split()[1] for line in text.splitlines() if line.startswith("VmHWM")))

    def until(self, where: str, *, done: int | None = None, seconds: float = 240) -> httpx.Response:
        """The state of a transfer once it is no longer under way, or so much of it is done."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            answer = httpx.get(where, timeout=60)
            if answer.status_code not in {202, 429}:
                return answer
            said = answer.headers.get("x-progress", "")
            if done is not None and said[:1].isdigit() and int(said.split()[0]) >= done:
                return answer
            time.sleep(0.3)
        raise AssertionError("it took too long")

    def lines(self, manifest: dict[str, Any], kind: str = "output") -> list[dict[str, Any]]:
        """All resources of the files of a manifest."""
        found = []
        for file in manifest[kind]:
            answer = httpx.get(file["url"], timeout=120)
            assert answer.status_code == 200
            found += [json.loads(line) for line in answer.text.splitlines()]
        return found
