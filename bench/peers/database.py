"""A PostgreSQL as Akson starts its own, that also listens on the loopback: Java's driver knows no Unix sockets."""

import secrets
import socket
from pathlib import Path

import psycopg
from psycopg import sql

from akson.store.database.embedded import USER, Embedded


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class Database(Embedded):
    """The same programs with the same settings as Akson's own; its one user has a password made for this run."""

    def __init__(self, data: Path) -> None:
        self._port = free_port()
        self.password = secrets.token_urlsafe(24)
        super().__init__(data, {"listen_addresses": "127.0.0.1", "port": str(self._port)})

    def url(self, database: str) -> str:
        """Where Java finds a database, which is made if it is not there."""
        self.uri(database)
        with self._connect(database) as connection:
            connection.execute(
                sql.SQL("alter role {} password {}").format(sql.Identifier(USER), sql.Literal(self.password))
            )
        return f"jdbc:postgresql://127.0.0.1:{self._port}/{database}"

    def _write_access(self) -> None:
        super()._write_access()
        rules = (self._cluster / "pg_hba.conf").read_text(encoding="utf-8")
        self._put("pg_hba.conf", f"{rules}host all {USER} 127.0.0.1/32 scram-sha-256\n")

    def _connect(self, database: str) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(
            host=str(self._socket), port=self._port, dbname=database, user=USER, autocommit=True
        )
