"""HAPI FHIR as a program of its own: built from its published Maven packages, on a PostgreSQL as Akson's."""

import os
import shutil
import subprocess
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from akson.store.database.embedded import USER
from bench.peers.database import Database, free_port
from bench.report import Absent
from bench.server import TICKS, below, ticks

SOURCES = Path(__file__).parent / "hapi"
BUILT = Path(__file__).resolve().parents[2] / ".cache" / "peers" / "hapi"
JAVA = 17
CONNECTIONS = 24
"""Of the pool to the database; the loads have sixteen clients."""
HEAP = ("-Xms2g", "-Xmx4g")
START_SECONDS = 300


class Hapi:
    """A running HAPI server; `stop` ends it and its database."""

    def __init__(self, folder: Path) -> None:
        jars = build()
        self.port = free_port()
        self._database = Database(folder)
        self._log = folder.with_suffix(".log")
        self._process: subprocess.Popen[bytes] | None = None
        self._database.start()
        try:
            self._process = self._start(jars)
            self._wait(self._process)
        except BaseException:
            self.stop()
            raise

    def _start(self, jars: Path) -> "subprocess.Popen[bytes]":
        url = self._database.url("hapi")
        classes = f"{jars / 'hapi.jar'}{os.pathsep}{jars / 'lib' / '*'}"
        with self._log.open("wb") as log:
            return subprocess.Popen(
                [
                    program("java"),
                    *HEAP,
                    "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                    *("-cp", classes, "Server", str(self.port), url, USER, str(CONNECTIONS)),
                ],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=os.environ | {"DATABASE_PASSWORD": self._database.password},
            )

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            try:
                with urlopen(f"http://127.0.0.1:{self.port}/fhir/metadata", timeout=60):
                    return
            except (URLError, OSError):
                time.sleep(0.5)
        tail = self._log.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise RuntimeError(f"HAPI did not start: {tail}")

    def cpu_seconds(self) -> tuple[float, float]:
        """Processor time taken so far: by the server's process, by PostgreSQL."""
        postmaster = self._database.pid
        database = ticks(postmaster, own=True)
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and below(int(entry.name), postmaster):
                database += ticks(int(entry.name))
        server = ticks(self._process.pid, own=True) if self._process else 0
        return server / TICKS, database / TICKS

    def stop(self) -> None:
        """End the server, then the database."""
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._database.stop()


def build() -> Path:
    """The folder with `hapi.jar` and the packages it needs in `lib`; built when the sources are newer.

    Raises Absent without Java or Maven, RuntimeError with Maven's words when it cannot build.
    """
    program("java")
    maven = program("mvn")
    jar = BUILT / "hapi.jar"
    newest = max(path.stat().st_mtime for path in (SOURCES / "pom.xml", *SOURCES.rglob("*.java")))
    if jar.exists() and jar.stat().st_mtime > newest:
        return BUILT
    shutil.rmtree(BUILT, ignore_errors=True)
    done = subprocess.run(
        [maven, "--quiet", "--batch-mode", "package", f"-Dpeers.build={BUILT}"],
        cwd=SOURCES,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(
            f"Maven cannot build HAPI (it needs Java {JAVA} and Maven Central): {done.stdout[-2000:]}"
        )
    return BUILT


def program(name: str) -> str:
    """The path of a program; raises Absent."""
    path = shutil.which(name)
    if path is None:
        raise Absent(f"HAPI FHIR needs Java {JAVA} and Maven, and there is no `{name}` on this machine")
    return path


def versions() -> str:
    """What ran: HAPI with the packages it was put together with."""
    names = ("hapi-fhir-jpaserver-base-", "hibernate-core-", "HikariCP-", "tomcat-embed-core-", "postgresql-")
    jars = sorted(path.stem for path in (BUILT / "lib").glob("*.jar"))
    found = ", ".join(
        f"{name[:-1]} {jar[len(name) :]}" for name in names for jar in jars if jar.startswith(name)
    )
    java = subprocess.run([program("java"), "-version"], capture_output=True, text=True, check=True).stderr
    return f"{found}, {java.splitlines()[0]}"
