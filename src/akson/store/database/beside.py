"""A way into the embedded database of a data folder while another program of this machine serves it."""

from pathlib import Path
from urllib.parse import quote

import psycopg

from akson.kit.errors import NotFound
from akson.store.database.embedded import USER


def running(data: Path, database: str) -> str | None:
    """The connection URI of a database of the server that runs on a data folder; None when none runs.

    NotFound when it runs and has no such database.
    """
    note = data.absolute() / "postgres" / "socket"
    if not note.exists():
        return None
    folder = note.read_text(encoding="utf-8").strip()
    try:
        with psycopg.connect(host=folder, dbname="postgres", user=USER, connect_timeout=5) as connection:
            rows = connection.execute("select datname from pg_database where not datistemplate").fetchall()
    except psycopg.OperationalError:
        return None
    names = {str(row[0]) for row in rows}
    if database not in names:
        found = ", ".join(sorted(names - {"postgres"}))
        raise NotFound(f"the server on {data} has no database {database}; it has {found or 'none'}")
    return f"postgresql://{USER}@/{quote(database)}?host={quote(folder, safe='')}"
