"""Runs `akson fhir serve` as a program of its own, and looks at what it takes."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serving(data: Path, port: int, **environment: str) -> "subprocess.Popen[str]":
    """`akson fhir serve`, once it takes requests."""
    command = ["fhir", "serve", "--port", str(port), "--data", str(data)]
    process = subprocess.Popen(
        [sys.executable, "-m", "akson.cli", *command],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("Ready"):
            return process
    raise RuntimeError("the server did not start")


class Served:
    """A running server; `ready` is the seconds from its start to the line that says so."""

    def __init__(self, data: Path, **environment: str) -> None:
        self.port = free_port()
        started = time.perf_counter()
        self._process = serving(data, self.port, **environment)
        self.ready = time.perf_counter() - started

    @property
    def worker_megabytes(self) -> float:
        """Resident memory of the server's process."""
        return _kilobytes(self._process.pid, "VmRSS") / 1024

    @property
    def peak_megabytes(self) -> float:
        """The most that the server's process had so far."""
        return _kilobytes(self._process.pid, "VmHWM") / 1024

    @property
    def database_megabytes(self) -> float:
        """Memory of all PostgreSQL processes, shared pages counted once."""
        total = 0.0
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and below(int(entry.name), self._process.pid):
                total += _share(entry)
        return total / 1024

    @staticmethod
    def database_size(data: Path) -> float:
        """Megabytes on disk, the log of changes left out."""
        files = (each for each in data.rglob("*") if each.is_file() and "pg_wal" not in each.parts)
        return sum(each.stat().st_size for each in files) / 2**20

    def cpu_seconds(self) -> tuple[float, float]:
        """Processor time taken so far: by the server's process, by PostgreSQL."""
        database = 0.0
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and below(int(entry.name), self._process.pid):
                database += ticks(int(entry.name))
        return ticks(self._process.pid, own=True) / TICKS, database / TICKS

    @contextmanager
    def watched(self) -> Iterator[list[float]]:
        """Processor seconds of the block: of the server's process, of PostgreSQL."""
        used: list[float] = []
        before = self.cpu_seconds()
        yield used
        used += [after - start for start, after in zip(before, self.cpu_seconds(), strict=True)]

    def stop(self) -> float:
        """Stop as Ctrl-C does; the seconds it took."""
        started = time.perf_counter()
        self._process.send_signal(signal.SIGINT)
        self._process.wait(60)
        if self._process.stdout is not None:
            self._process.stdout.close()
        return time.perf_counter() - started


def _kilobytes(pid: int, name: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return float(line.split()[1])
    return 0


def below(pid: int, ancestor: int) -> bool:
    """Whether a process was started by another, or by one that was."""
    while pid > 1:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return False
        pid = int(stat.rpartition(")")[2].split()[1])
        if pid == ancestor:
            return True
    return False


def _share(process: Path) -> float:
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(float(line.split()[1]) for line in lines if line.startswith("Pss:"))


def ticks(pid: int, *, own: bool = False) -> float:
    """Processor time a process has taken; `own` leaves out its children."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    # With those of children that have ended, such as an autovacuum.
    return sum(map(float, fields[11 : 13 if own else 15]))
