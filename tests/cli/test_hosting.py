"""Serving in one process: a port that is taken, a signal that ends it, a fault that is told."""

import os
import signal
import socket
import subprocess
import sys
import textwrap

import pytest

from akson.cli import hosting
from akson.kit.errors import Unavailable

PROGRAM = """
import asyncio, contextlib, sys
from akson.cli.hosting import serve, terminable, undisturbed

@contextlib.asynccontextmanager
async def lifespan():
    print("open", flush=True)
    {opening}
    yield
    print("closed", flush=True)

async def app(scope, receive, send):
    await send({{"type": "http.response.start", "status": 200, "headers": []}})
    await send({{"type": "http.response.body", "body": b"here"}})

async def ready():
    import httpx
    async with httpx.AsyncClient() as client:
        while True:
            try:
                answer = await client.get("http://127.0.0.1:{port}/")
                break
            except httpx.HTTPError:
                await asyncio.sleep(0.01)
    {telling}
    print("ready", answer.text, flush=True)

with terminable():
    try:
        asyncio.run(serve(app, lifespan(), ("127.0.0.1", {port}), ready))
    finally:
        with undisturbed():
            print("cleaned", flush=True)
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def program(opening: str = "", telling: str = "") -> subprocess.Popen:
    text = textwrap.dedent(PROGRAM).format(
        port=free_port(), opening=opening or "pass", telling=telling or "pass"
    )
    return subprocess.Popen(
        [sys.executable, "-c", text],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def test_a_taken_port_is_told_before_anything_starts():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Unavailable, match=f"port {port} of 127.0.0.1 cannot be used"):
            hosting.check_free("127.0.0.1", port)
    hosting.check_free("127.0.0.1", port)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(number):
    running = program()
    assert running.stdout.readline() == "open\n"
    assert running.stdout.readline() == "ready here\n"
    running.send_signal(number)
    rest, complaint = running.communicate(timeout=20)
    assert (running.returncode, rest, complaint) == (0, "closed\ncleaned\n", "")


@pytest.mark.parametrize(
    ("opening", "telling"),
    [("raise OSError('no room')", ""), ("", "raise OSError('no room')")],
    ids=["start", "ready"],
)
def test_what_goes_wrong_is_raised(opening, telling):
    out, complaint = (running := program(opening, telling)).communicate(timeout=20)
    assert running.returncode == 1
    assert "no room" in complaint.splitlines()[-1]
    assert out.endswith("cleaned\n")


def test_a_signal_during_set_up_still_cleans():
    running = program(opening="import time; time.sleep(30)")
    assert running.stdout.readline() == "open\n"
    running.send_signal(signal.SIGTERM)
    out, _ = running.communicate(timeout=20)
    assert out.endswith("cleaned\n")
    assert running.returncode != 0
