"""A way into the database of a data folder that another program serves."""

import pytest

from akson.kit.errors import NotFound
from akson.store.database.beside import running
from akson.store.database.pool import Database
from akson.store.database.reader import OWNER


async def test_a_running_server_lets_a_second_program_in(postgres):
    data = postgres._home.parent
    uri = running(data, "postgres")
    database = Database(uri, 1, reader=OWNER)
    await database.open()
    async with database.transaction(read_only=True) as tx:
        assert await tx.one("select current_database()") == ("postgres",)
    await database.close()


def test_a_database_that_is_not_there_is_named_and_a_folder_at_rest_is_none(postgres, tmp_path):
    with pytest.raises(NotFound, match="no database akson_nowhere"):
        running(postgres._home.parent, "akson_nowhere")
    assert running(tmp_path, "fhir") is None
    note = tmp_path / "postgres" / "socket"
    note.parent.mkdir()
    note.write_text(str(tmp_path / "gone"))
    assert running(tmp_path, "fhir") is None
