"""A real browser before the real program: `akson up` as its own process on a free port, Chromium through Playwright."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.traces import traces

ROOT = Path(__file__).parents[2]
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
WIDE, PHONE = {"width": 1366, "height": 900}, {"width": 390, "height": 844}
READY = "Akson is ready: "


@dataclass
class Site:
    """The running program and a browser to look at it with."""

    base: str
    browser: Browser

    def page(self, *, phone: bool = False) -> Page:
        """A page of its own, as of another person at another machine."""
        viewport = PHONE if phone else WIDE
        page = self.browser.new_context(viewport=viewport, locale="nb-NO", base_url=self.base).new_page()
        page.set_default_timeout(15_000)
        page.on("request", lambda request: traces().see("address", request.url))
        return page

    def sign_in(self, surface: str, person: str, name: str, *, phone: bool = False) -> Page:
        """A page on which somebody has signed in with the demo e-ID."""
        page = self.page(phone=phone)
        page.goto(f"/{surface}/login?person={person}")
        page.get_by_role("button", name=re.compile(name)).first.click()
        page.wait_for_url(re.compile(f"/{surface}/"))
        return page


def chromium() -> str:
    """Where Chromium is; says how to get it where it is not."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        pytest.fail("no Chromium: run `make browser`, or on Debian `apt-get install chromium`")
    return found


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "AKSON_PORT": str(port),
        "AKSON_DATA": str(tmp_path_factory.mktemp("site")),
        "PYTHONPATH": str(ROOT / "src"),
    }
    log = tmp_path_factory.mktemp("log") / "log"
    with log.open("wb") as errors:
        program = subprocess.Popen(
            [sys.executable, "-m", "akson.cli", "up"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=ROOT,
        )
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(program.stdout), daemon=True)
    reader.start()
    try:
        wait_ready(program, lines)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            yield Site(f"http://localhost:{port}", browser)
            browser.close()
    finally:
        program.send_signal(signal.SIGINT)
        program.wait(timeout=60)
        reader.join(timeout=5)
        program.stdout.close()
        traces().see_file(log)
        sys.stderr.write(log.read_text(errors="replace"))


def wait_ready(program: "subprocess.Popen[str]", lines: list[str]) -> None:
    deadline = time.monotonic() + 180
    while not any(line.startswith(READY) for line in lines):
        assert program.poll() is None, "".join(lines)
        assert time.monotonic() < deadline, "".join(lines)
        time.sleep(0.1)
