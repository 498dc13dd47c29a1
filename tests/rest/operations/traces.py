"""Where in a database a word still stands: each column of each table, packed pieces of files, the planner's samples."""

import re

import psycopg
from psycopg import sql

from akson.kit.packing import unpack

SAMPLES = """
select tablename || '.' || attname, concat_ws(' ', most_common_vals::text, histogram_bounds::text,
    most_common_elems::text) from pg_stats where schemaname = 'public'"""
HEX = re.compile(r"\\+x([0-9a-f]+)")


def places_of(uri, word):
    """Columns that hold a word in any row, and `sample of` those whose samples hold it; without case."""
    with psycopg.connect(uri) as connection:
        found = [*_in_columns(connection, word), *_in_pieces(connection, word)]
        for column, samples in connection.execute(SAMPLES):
            told = samples + " ".join(
                bytes.fromhex(each).decode("utf-8", "replace") for each in HEX.findall(samples)
            )
            if word.lower() in told.lower():
                found.append(f"sample of {column}")
    return sorted(found)


def _in_columns(connection, word):
    columns = connection.execute(
        "select table_name, column_name, data_type from information_schema.columns where table_schema = 'public'"
    ).fetchall()
    assert len(columns) > 100
    for table, column, kind in columns:
        name = sql.SQL("encode({}, 'escape')" if kind == "bytea" else "{}::text").format(
            sql.Identifier(column)
        )
        query = sql.SQL("select count(*) from {} where {} ilike %s").format(sql.Identifier(table), name)
        if connection.execute(query, [f"%{word}%"]).fetchone()[0]:
            yield f"{table}.{column}"


def _in_pieces(connection, word):
    bodies = connection.execute("select body from transfer_chunk").fetchall()
    if any(word.lower().encode() in unpack(bytes(body)).lower() for (body,) in bodies):
        yield "a piece of a file"
