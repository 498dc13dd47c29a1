"""`akson audit`: a log in a real database, its copy and what was published of it; a few of each kind of tampering."""

import asyncio
import json

import psycopg
import pytest

from akson.cli.audit import TAMPERED, UNPUBLISHED
from akson.cli.main import main
from akson.exchange.edge import witness
from akson.kit.settings import Node
from akson.record import sealing
from akson.record.context import Place
from akson.security import notes
from akson.security.log_keys import LogKeys
from akson.store.access import audit
from akson.store.database.pool import Database
from akson.store.database.reader import OWNER
from tests.store.test_audit import row

pytestmark = pytest.mark.store
ROUNDS, EACH = 4, 5


@pytest.fixture
def log(new_database, tmp_path):
    """A sealed log: its database, and the file with what was published of it last."""
    uri = new_database()
    keys = LogKeys(tmp_path, "journal", "node.example/journal")

    async def fill():
        database = Database(uri, 2, reader=OWNER)
        await database.open()
        for number in range(ROUNDS):
            for each in range(EACH):
                async with database.transaction() as tx:
                    await audit.append(tx, row(f"p{each}", id=f"c{number}"))
            await sealing.seal(database, keys)
        place = Place(Node("journal", frozenset(), "https://node.example/journal", "", "", ""), database)
        told = (await witness.latest(place, keys)).told()
        await database.close()
        return told

    published = tmp_path / "published.json"
    published.write_text(json.dumps(asyncio.run(fill())))
    return uri, published


def verify(log, *more):
    uri, published = log
    return main(["audit", "verify", "--database", uri, "--published", str(published), *more])


def change(log, statement):
    with psycopg.connect(log[0], autocommit=True) as connection:
        connection.execute(statement)


def test_an_untouched_log_fits_what_was_published(log, tmp_path, capsys):
    assert verify(log) == 0
    told = capsys.readouterr().out
    assert "entries 20, checkpoints 4, not sealed yet 0" in told
    assert "It fits 1 of 1 published checkpoints." in told
    code = notes.code(notes.read(json.loads(log[1].read_text())["checkpoint"]).checkpoint)
    assert main(["audit", "verify", "--database", log[0], "--code", code]) == 0
    assert (
        main(
            ["audit", "verify", "--database", log[0], "--code", code[:-1] + ("0" if code[-1] != "0" else "1")]
        )
        == TAMPERED
    )
    assert main(["audit", "verify", "--database", log[0]]) == UNPUBLISHED
    copy = tmp_path / "copy.jsonl"
    assert main(["audit", "export", "--database", log[0], "--out", str(copy)]) == 0
    assert copy.stat().st_mode & 0o077 == 0
    assert main(["audit", "export", "--database", log[0], "--out", str(copy)]) == 1
    assert main(["audit", "verify", "--copy", str(copy), "--published", str(log[1])]) == 0
    copy.write_bytes(copy.read_bytes().replace(b'"c2"', b'"c7"', 1))
    assert main(["audit", "verify", "--copy", str(copy), "--published", str(log[1])]) == TAMPERED
    copy.write_bytes(b"{}\nnot json\n")
    assert main(["audit", "verify", "--copy", str(copy), "--published", str(log[1])]) == 1


SOME = "(select number from audit_leaf where leaf in (3, 11, 17))"
CUT = "where size > 10; delete from audit_leaf where leaf >= 10; delete from audit where number not in (select number from audit_leaf)"
COLUMNS = "(select (jsonb_populate_record(a, jsonb_build_object('number', 900 + number, 'event', event || 'x' {more}))).* from audit a where number in {some})"


@pytest.mark.parametrize(
    "statement",
    [
        f"update audit set actor_name = 'En annen' where number in {SOME}",
        f"update audit set pat = pat + 1 where number in {SOME}",
        f"update audit set moment = moment - interval '2 hours' where number in {SOME}",
        f"update audit set unit = '', reason = '' where number in {SOME}",
        f"delete from audit where number in {SOME}",
        f"delete from audit_leaf where number in {SOME}",
        f"delete from audit_leaf where leaf = {ROUNDS * EACH - 1}",
        f"delete from audit_checkpoint {CUT}",
        (
            "update audit_leaf set leaf = case leaf when 3 then 110 else 103 end where leaf in (3, 10);"
            " update audit_leaf set leaf = leaf - 100 where leaf > 100"
        ),
        "update audit_leaf set above = substr(above, 1, 31) where leaf = 3",
        "update audit_leaf set salt = null where leaf = 7",
        "update audit_checkpoint set root = root, note = replace(note, '20', '21') where size = 20",
        "drop index audit_patient",
        "alter table audit_leaf drop constraint audit_leaf_number_key",
        "insert into audit overriding system value "
        + COLUMNS.format(more=", 'moment', moment - interval '1 day'", some=SOME),
        (
            "insert into audit overriding system value "
            "(select (jsonb_populate_record(a, jsonb_build_object('pat', pat + 1, 'event', 'x'))).* from audit a where number = 5)"
        ),
    ],
)
def test_tampering_in_the_database_is_found(log, statement):
    change(log, statement)
    assert verify(log) == TAMPERED
    if statement.startswith("drop index"):
        change(log, "create index audit_patient on audit (pat, moment desc, number desc)")
    if statement.startswith("alter"):
        change(log, "alter table audit_leaf add constraint audit_leaf_number_key unique (number)")


def test_an_erased_entry_is_told_of_and_the_proofs_of_all_others_hold(log, capsys):
    erase = ["audit", "erase", "--database", log[0], "--why", "Decision 26/1"]
    assert main([*erase, "--number", "4", "--number", "9"]) == 0
    assert verify(log) == 0
    assert "not sealed yet 2" in capsys.readouterr().out
    assert main([*erase, "--number", "4"]) == 1
    assert main([*erase, "--number", "21"]) == 1
    with psycopg.connect(log[0]) as connection:
        assert connection.execute("select count(*) from audit where number in (4, 9)").fetchone() == (0,)
        assert connection.execute("select count(salt) from audit_leaf where number in (4, 9)").fetchone() == (
            0,
        )


def test_what_is_not_there_is_said_in_words(log, bare_database, tmp_path, capsys):
    assert main(["audit", "verify", "--database", bare_database]) == 1
    assert "no sealed access log" in capsys.readouterr().err
    assert verify(log, "--published", str(tmp_path / "none.json")) == 1
    (tmp_path / "bad.json").write_text("[")
    assert verify(log, "--published", str(tmp_path / "bad.json")) == 1
    assert verify(log, "--code", "twelve") == 1


def test_the_key_is_rotated_and_the_old_one_retired(log, tmp_path):
    keys = LogKeys(tmp_path, "journal", "x")
    before = keys.public()[0].public
    command = ["audit", "rotate-key", "--data", str(tmp_path), "--node"]
    assert main([*command, "journal"]) == 0
    assert [key.public == before for key in keys.public()] == [False, True]
    assert main([*command, "journal", "--retire"]) == 0
    assert [key.public == before for key in keys.public()] == [False]
    assert main([*command, "none"]) == 1
