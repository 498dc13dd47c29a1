"""Serves the app on this machine: its own files, SMART's library out of node_modules, and its client id.

python examples/growth-and-vitals/serve.py CLIENT_ID [PORT]
"""

import json
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).parent
LIBRARY = HERE.parents[1] / "node_modules" / "fhirclient" / "build" / "fhir-client.pure.min.js"
PORT = 9100


class Files(SimpleHTTPRequestHandler):
    """The files of the app."""

    client_id = ""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/fhir-client.js":
            self._send(LIBRARY.read_bytes())
        elif path == "/config.js":
            self._send(f"const CLIENT_ID = {json.dumps(self.client_id)};".encode())
        else:
            super().do_GET()

    def _send(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: addresses hold codes."""


def server(client_id: str, port: int = PORT) -> ThreadingHTTPServer:
    """The server, listening on this machine alone; port 0 takes a free one."""
    handler = type("Own", (Files,), {"client_id": client_id})
    return ThreadingHTTPServer(("127.0.0.1", port), partial(handler, directory=str(HERE)))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    chosen = int(sys.argv[2]) if len(sys.argv) > 2 else PORT
    print(f"http://localhost:{chosen}/launch.html")
    server(sys.argv[1], chosen).serve_forever()
