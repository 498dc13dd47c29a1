"""A RabbitMQ of one's own for a test or a measurement, where the package is on the machine.

Debian and Ubuntu: `apt-get install rabbitmq-server` (3.10 has the plugin for AMQP 1.0). It is started in a folder of its own, on
ports of its own, with queues as the service bus of Norsk helsenett has them, and stopped with its Erlang port mapper.
"""

import base64
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from akson.messaging.amqp.connection import Broker

HOW = "RabbitMQ is not on this machine (Debian: apt-get install rabbitmq-server)"
PLACES = (Path("/usr/lib/rabbitmq/bin/rabbitmq-server"),)
USER, PASSWORD = "akson", "akson"
ATTEMPTS = 10
"""How often a message is read and not settled before the broker puts it aside."""
START = 120


def program() -> Path | None:
    """The start script of an installed RabbitMQ."""
    if shutil.which("erl") is None:
        return None
    return next((place for place in PLACES if place.exists()), None)


def free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def definitions(her_ids: Sequence[str]) -> dict[str, object]:
    """One user, and for each party the queues of the specification."""
    salt = os.urandom(4)
    secret = base64.b64encode(salt + hashlib.sha256(salt + PASSWORD.encode()).digest()).decode()
    queue = {"vhost": "/", "durable": True, "auto_delete": False}
    queues = []
    for her_id in her_ids:
        aside = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": f"{her_id}_dl"}
        limited = {"x-queue-type": "quorum", "x-delivery-limit": ATTEMPTS, **aside}
        queues.append({**queue, "name": f"{her_id}_async", "arguments": limited})
        queues.append({**queue, "name": f"{her_id}_sync", "arguments": {"x-message-ttl": 15_000}})
        queues += [{**queue, "name": f"{her_id}_{kind}", "arguments": {}} for kind in ("error", "dl")]
    return {
        "vhosts": [{"name": "/"}],
        "users": [{"name": USER, "password_hash": secret, "tags": "",
                   "hashing_algorithm": "rabbit_password_hashing_sha256"}],
        "permissions": [{"user": USER, "vhost": "/", "configure": "", "write": ".*", "read": ".*"}],
        "queues": queues,
    }  # fmt: skip


@contextmanager
def rabbit(folder: Path, her_ids: Sequence[str]) -> Iterator[Broker]:
    """A broker that runs for as long as the block lasts. FileNotFoundError where there is none."""
    script = program()
    if script is None:
        raise FileNotFoundError(HOW)
    port, node, mapper = free_port(), free_port(), free_port()
    (folder / "definitions.json").write_text(json.dumps(definitions(her_ids)))
    (folder / "rabbitmq.conf").write_text(
        f"listeners.tcp.local = 127.0.0.1:{port}\nload_definitions = {folder / 'definitions.json'}\n"
        "log.console = true\nlog.console.level = warning\nlog.file = false\n"
    )
    (folder / "plugins").write_text("[rabbitmq_amqp1_0].\n")
    env = os.environ | {
        "HOME": str(folder), "RABBITMQ_NODENAME": f"akson{port}@localhost", "RABBITMQ_DIST_PORT": str(node),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"), "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"), "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"), "ERL_EPMD_PORT": str(mapper),
        "ERL_EPMD_ADDRESS": "127.0.0.1", "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none",
    }  # fmt: skip
    log = (folder / "console").open("w")
    process = subprocess.Popen([script], env=env, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait(process, port, folder)
        yield Broker("127.0.0.1", port, USER, PASSWORD)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        log.close()
        subprocess.run(["epmd", "-port", str(mapper), "-kill"], env=env, capture_output=True, check=False)


def _wait(process: "subprocess.Popen[bytes]", port: int, folder: Path) -> None:
    until = time.monotonic() + START
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port), 1)):
            return
        time.sleep(0.2)
    raise RuntimeError(f"the broker did not start: {(folder / 'console').read_text()[-2000:]}")
