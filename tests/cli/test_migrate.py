"""`akson migrate` brings an empty database up to date once, and says what it did."""

from akson.cli.main import main
from akson.store.database.migrate import migrations


def test_an_empty_database_is_brought_up_to_date_once(postgres, capsys):
    uri = postgres.uri("test_command_migrate")
    assert main(["migrate", "--database", uri]) == 0
    first = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in first[:-1]] == [step.name for step in migrations()]
    assert main(["migrate", "--database", uri]) == 0
    assert capsys.readouterr().out == "the database is up to date\n"


def test_stages_are_taken_apart(postgres, capsys):
    uri = postgres.uri("test_command_stages")
    assert main(["migrate", "--database", uri, "--stage", "pre"]) == 0
    done = [line.split() for line in capsys.readouterr().out.splitlines()[:-1]]
    assert {words[1] for words in done} == {"pre"}
    assert len(done) == sum(step.stage == "pre" for step in migrations())


def test_a_database_that_does_not_answer_is_told_plainly(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("akson.store.database.pool.AsyncConnectionPool.open", _never)
    assert main(["migrate", "--database", f"postgresql://nobody@/none?host={tmp_path}"]) == 1
    assert capsys.readouterr().err == "akson: the database does not answer\n"


async def _never(*_args, **_named):
    from psycopg_pool import PoolTimeout

    raise PoolTimeout
