"""`akson up` as people use it: it gets ready, all nodes answer, it ends cleanly and comes up again, also after a kill."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from akson.demo.nodes import INSTALLATIONS
from tests.cli.test_hosting import free_port
from tests.patience import in_time

pytestmark = [pytest.mark.store, pytest.mark.slow]

Start = Callable[[], subprocess.Popen]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the program on one data folder and port; what still runs at the end is killed."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "AKSON_DATA": str(tmp_path / "data"),
        "AKSON_PORT": str(free_port()),
    }
    running = []

    def begin(**changed: str) -> subprocess.Popen:
        program = subprocess.Popen(
            [sys.executable, "-m", "akson.cli", "up"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**environment, **changed},
        )
        program.base = f"http://localhost:{environment['AKSON_PORT']}"
        running.append(program)
        return program

    yield begin
    for program in running:
        if program.poll() is None:
            program.kill()
            program.wait()
        program.stdout.close()
        program.stderr.close()


def ready(program: subprocess.Popen) -> None:
    """Read until it says that it is ready; what it said instead fails the test."""
    said = []
    for line in program.stdout:
        said.append(line)
        if line == f"Akson is ready: {program.base}\n":
            return
    raise AssertionError("".join(said) + program.stderr.read())


def test_the_demo_comes_up_ends_cleanly_and_comes_up_again(start):
    first = start()
    ready(first)
    for node in INSTALLATIONS:
        assert httpx.get(f"{first.base}/{node}/health").status_code == 200, node
    assert "<h1" in httpx.get(f"{first.base}/").text

    port = start()
    out, complaint = port.communicate(timeout=60)
    assert (port.returncode, out) == (1, "")
    assert complaint.startswith("akson: port ")

    folder = start(AKSON_PORT=str(free_port()))
    _, complaint = folder.communicate(timeout=60)
    assert folder.returncode == 1
    assert "uses the data folder" in complaint

    first.send_signal(signal.SIGTERM)
    out, complaint = first.communicate(timeout=60)
    assert (first.returncode, out, complaint) == (0, "Stopping the database\nStopped.\n", "")

    began = time.monotonic()
    second = start()
    ready(second)
    assert in_time(time.monotonic() - began, 30)  # under 10 on a machine that does nothing else

    second.kill()
    second.wait()
    third = start()
    ready(third)
    third.send_signal(signal.SIGINT)
    third.communicate(timeout=60)
    assert third.returncode == 0
