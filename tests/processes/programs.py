"""Nodes as programs of their own: each has a settings file, a data folder with its own database, a port and a log."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

import httpx
import pytest
from bench.server import free_port

from tests.traces import traces

NODES = ("tillitsanker", "samhandling", "journal")
READY_SECONDS = 120
BIN = Path(sys.executable).parent
soaked = pytest.mark.skipif(
    os.environ.get("AKSON_PROCESSES") != "all", reason="a part of `make soak`, which sets AKSON_PROCESSES=all"
)
"""What takes time and is told by others nearly as well."""


def environment(settings: Path) -> dict[str, str]:
    """The variables of a settings file, as a service manager reads one, and the machine's own beside."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("AKSON_")}
    lines = settings.read_text().splitlines()
    return own | {"PYTHONPATH": os.pathsep.join(sys.path)} | dict(line.split("=", 1) for line in lines)


class Program:
    """One process that serves one node."""

    def __init__(self, name: str, home: Path, base: str, port: int, settings: dict[str, str]) -> None:
        self.name, self.base, self.port = name, base, port
        self.data, self.log = home / "data", home / "log"
        self.file = home / "settings"
        home.mkdir()
        mine = {"AKSON_NODES": name, "AKSON_DATA": str(self.data), "AKSON_PORT": str(port)}
        self.file.write_text("".join(f"{key}={value}\n" for key, value in (mine | settings).items()))
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def direct(self) -> str:
        """Where the process itself listens, whatever stands between it and those who know its address."""
        return f"http://127.0.0.1:{self.port}/{self.name}"

    def start(self) -> "Program":
        """`akson up`; does not wait."""
        self.process = self._spawn([sys.executable, "-m", "akson.cli", "up"])
        return self

    def wait(self) -> None:
        """Until it answers; what it wrote instead fails the test."""
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until and self.process is not None and self.process.poll() is None:
            if answers(self.direct):
                return
            time.sleep(0.1)
        raise AssertionError(f"{self.name} does not answer:\n{self.log.read_text()[-3000:]}")

    def kill(self) -> None:
        """As `kill -9`."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(60)

    def stop(self) -> None:
        """As Ctrl-C; it must end in order."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            assert self.process.wait(60) == 0, self.log.read_text()[-3000:]
        traces().see_file(self.log)

    def database(self) -> str:
        """The URI of the server that the process has started."""
        socket = (self.data / "postgres" / "socket").read_text().strip()
        return f"postgresql://akson@/postgres?host={socket.replace('/', '%2F')}"

    def worker(self, **changed: str) -> "Worker":
        """Another process of the same node."""
        return Worker(self, changed)

    def command(self, *arguments: str, data: bool = True) -> str:
        """`akson ...` beside the running server; what it printed."""
        where = ["--data", str(self.data)] if data else []
        done = subprocess.run(
            [sys.executable, "-m", "akson.cli", *arguments, *where],
            capture_output=True, text=True, check=False, env=environment(self.file),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _spawn(self, command: list[str], **changed: str) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, env=environment(self.file) | changed)


class Worker:
    """A second process of a node: the same database and keys, the same address in tokens, nothing in memory."""

    def __init__(self, program: Program, changed: dict[str, str]) -> None:
        port = str(free_port())
        self.log = program.log
        self.direct = f"http://127.0.0.1:{port}/{program.name}"
        command = [str(BIN / "granian"), "--interface", "asgi", "--factory", "akson.asgi:create"]
        own = {"AKSON_DATABASE": program.database(), **changed}
        self.process = program._spawn([*command, "--host", "127.0.0.1", "--port", port], **own)

    def __enter__(self) -> Self:
        until = time.monotonic() + READY_SECONDS
        while not answers(self.direct):
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            assert time.monotonic() < until
            time.sleep(0.1)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(30)


def answers(base: str) -> bool:
    try:
        return httpx.get(f"{base}/health", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False
