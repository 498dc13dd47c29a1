"""Stands between a trust anchor and all who know its address, and can do to an answer what a bad anchor or net does."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
from bench.server import free_port

from tests.traces import traces

Fault = Callable[[str], "Answer | str | None"]
"""From a path to an answer instead of the anchor's; a text that names what to do; None: let it pass."""
Answer = tuple[int, dict[str, str], bytes]
SILENT, SLOW = "silent", "slow"
HOP = {"connection", "transfer-encoding", "content-length", "keep-alive", "date", "server"}


class Relay:
    """Listens on `port` and passes on to the process behind."""

    def __init__(self) -> None:
        self.port = free_port()
        self.behind = ""
        self.fault: Fault | None = None
        self.asked: list[str] = []
        self.slow = 4.0
        relay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                relay._serve(self)

            do_POST = do_GET  # noqa: N815  the library's name

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @contextmanager
    def being(self, fault: Fault | str) -> Iterator[None]:
        """Do this to all requests meanwhile, except to the question whether the anchor is well."""
        self.fault = fault if callable(fault) else lambda _path: fault
        try:
            yield
        finally:
            self.fault = None

    def real(self, path: str) -> bytes:
        """What the anchor itself answers."""
        return httpx.get(f"{self.behind}{path}").content

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked.append(handler.path)
        traces().see("address", handler.path)
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        told = self.fault(handler.path) if self.fault and not handler.path.endswith("/health") else None
        if told == SILENT:
            handler.close_connection = True
            handler.connection.close()
            return
        if told == SLOW:
            time.sleep(self.slow)
        answer = told if isinstance(told, tuple) else self._passed(handler, body)
        try:
            self._tell(handler, *answer)
        except OSError:
            handler.close_connection = True  # who asked has gone

    def _passed(self, handler: BaseHTTPRequestHandler, body: bytes) -> Answer:
        headers = [(name, value) for name, value in handler.headers.items() if name.lower() not in HOP]
        try:
            found = httpx.request(
                handler.command, f"{self.behind}{handler.path}", headers=headers, content=body, timeout=30
            )
        except httpx.HTTPError:
            return 502, {}, b""
        kept = {
            name: value for name, value in found.headers.items() if name not in HOP | {"content-encoding"}
        }
        return found.status_code, kept, found.content

    @staticmethod
    def _tell(handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str], body: bytes) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
