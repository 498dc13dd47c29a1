"""Nothing in a log, an address, a metric or the text of an error may tell who a patient is: the whole run is looked through.

Each process of the tests looks at what Akson writes as it goes by: log lines, addresses that nodes ask each other by and
that answers lead to, metrics, bodies of errors. What it finds goes into a file of its own; when all tests are over the
one process that started them reads the files, and fails the run where one holds anything. Found are synthetic identity
numbers that check out and the full names of the demo's and the tests' patients.
"""

import logging
import os
import re
import tempfile
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import cache, wraps
from pathlib import Path
from urllib.parse import unquote_plus

import httpx
import pytest

from akson.demo.citizens import citizens
from akson.kit.norwegian import is_synthetic, parse

FOLDER = "AKSON_TEST_TRACES"
NUMBER = re.compile(r"(?<![0-9])[0-9]{11}(?![0-9])")
TOKEN = re.compile(r"eyJ[\w-]+\.(eyJ[\w-]+)\.")
"""A signed token (JWT)."""
LINK = re.compile(r"""\b(?:href|action|src|formaction|hx-(?:get|post|put|delete))=["']([^"']+)""")
ALERT = re.compile(
    r"""<(section|div|p|span)\b[^>]*(?:role="alert"|validation-message)[^>]*>.*?</\1>""",
    re.DOTALL,
)
TESTS_OWN = ("Ola Nordmann",)
"""Patients whom tests make up themselves (tests/security/world.py)."""
LONGEST = 200_000
"""Characters of one text that are looked at."""


@cache
def names() -> re.Pattern[str]:
    """The full names of all patients of the demo and of those close to them."""
    found = {
        name
        for one in citizens(date(2026, 11, 23))
        for name in (one.name, *(each.name for each in one.relatives))
    }
    return re.compile("|".join(sorted(map(re.escape, found | set(TESTS_OWN)))))


def identifying(text: str) -> Iterator[str]:
    """Identity numbers that check out, and full names of patients; also as an address writes them."""
    if "%" in text or "+" in text:
        text = unquote_plus(text)
    text += "".join(map(_told_by, TOKEN.findall(text)))
    for number in NUMBER.findall(text):
        if parse(number) is not None and is_synthetic(number):
            yield number
    yield from names().findall(text)


def _told_by(claims: str) -> str:
    """What the claims of a signed token say, which whoever has the token reads."""
    return " " + urlsafe_b64decode(claims + "=" * (-len(claims) % 4)).decode("utf-8", "replace")


class Traces:
    """What one process has seen. Only what identifies somebody is written down."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / f"{os.getpid()}.txt"
        self._known: set[tuple[str, str, str]] = set()
        self._meant = False

    @contextmanager
    def meant(self) -> Iterator[None]:
        """What is asked meanwhile is asked wrongly on purpose: a test tells somebody apart to see that it is refused."""
        self._meant = True
        try:
            yield
        finally:
            self._meant = False

    def see(self, kind: str, text: str) -> None:
        """Look at a text that Akson has written. `kind` says what it is."""
        if self._meant:
            return
        for found in identifying(text[:LONGEST]):
            test = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0]
            if (kind, found, test) in self._known:
                continue
            self._known.add((kind, found, test))
            at = text.find(found)
            around = text[max(0, at - 80) : at + 80] if at >= 0 else text[:160]
            with self._file.open("a") as file:
                file.write(f"{kind}: {found} in {test or 'no test'}: {around!r}\n")

    def see_answer(self, request: httpx.Request, answer: httpx.Response, body: bytes) -> None:
        """The answer of an application: where it leads, and what it says when it refuses."""
        kind = answer.headers.get("content-type", "")
        if "location" in answer.headers:
            self.see("address", answer.headers["location"])
        if "www-authenticate" in answer.headers:
            self.see("error", answer.headers["www-authenticate"])
        is_page = kind.startswith("text/html")
        if answer.status_code >= 400 or request.url.path.endswith("/metrics"):
            text = body.decode("utf-8", "replace")
            self.see("metric" if answer.status_code < 400 else "error", _said(text) if is_page else text)
        if is_page and b"<" in body:
            for link in LINK.findall(body.decode("utf-8", "replace")):
                self.see("address", link)

    def filter(self, record: logging.LogRecord) -> bool:
        """A logging filter that lets everything pass."""
        self.see("log", record.getMessage())
        return True

    def see_file(self, path: Path) -> None:
        """The log of a program that ran by itself."""
        if path.exists():
            for line in path.read_text(errors="replace").splitlines():
                self.see("log", line)


def _said(page: str) -> str:
    """What a page says of an error. What else is on it, such as the chart that a form stands in, is for whoever sees it."""
    return " ".join(each[0] for each in ALERT.finditer(page))


class _Watching(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        traces().see("log", record.getMessage())


@cache
def traces() -> Traces:
    """This process's."""
    return Traces(Path(os.environ[FOLDER]))


def configure(config: pytest.Config) -> None:
    """Begin to look; called once in each process."""
    if not hasattr(config, "workerinput"):
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="akson-traces-")
    traces.cache_clear()
    own = logging.getLogger("akson")
    own.setLevel(logging.INFO)
    own.addFilter(traces().filter)
    logging.getLogger().addHandler(_Watching(logging.WARNING))
    _watch_answers()
    _watch_calls()


def _watch_answers() -> None:
    inner = httpx.ASGITransport.handle_async_request

    @wraps(inner)
    async def handle(self: httpx.ASGITransport, request: httpx.Request) -> httpx.Response:
        answer = await inner(self, request)
        body = b"".join(getattr(answer.stream, "_body", ()))
        traces().see_answer(request, answer, body)
        return answer

    httpx.ASGITransport.handle_async_request = handle


def _watch_calls() -> None:
    """The addresses by which nodes ask each other and the trust anchor."""
    from akson.security.anchor import Anchor
    from akson.security.client import Peer

    for owner, name in ((Peer, "_send"), (Anchor, "send")):
        inner = getattr(owner, name)

        @wraps(inner)
        async def called(self, method, url, *args, _inner=inner, **options):
            traces().see("address", f"{url} {options.get('params') or _params(args)}")
            return await _inner(self, method, url, *args, **options)

        setattr(owner, name, called)


def _params(args: tuple[object, ...]) -> object:
    return next((each["params"] for each in args if isinstance(each, dict) and "params" in each), "")


def findings(folder: Path) -> list[str]:
    """All that was found, by whichever process."""
    return sorted(line for file in sorted(folder.glob("*.txt")) for line in file.read_text().splitlines())


def finish(session: pytest.Session) -> None:
    """In the process that started the others, when they are done: the run fails where anything was found."""
    if hasattr(session.config, "workerinput"):
        return
    found = findings(Path(os.environ[FOLDER]))
    session.config.stash[FOUND] = found
    if found and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


FOUND = pytest.StashKey[list[str]]()


def summary(reporter: pytest.TerminalReporter) -> None:
    """Say what was found, under the results."""
    found = reporter.config.stash.get(FOUND, [])
    if found:
        reporter.section("a patient can be told from what was written", red=True)
        for line in found[:100]:
            reporter.line(line)
