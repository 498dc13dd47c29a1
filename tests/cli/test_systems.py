"""`akson systems`: who the trust anchor knows, changed by command."""

import asyncio
import json

import pytest

from akson.cli.main import main
from akson.security import keys
from akson.store.database.pool import Database
from akson.store.database.reader import OWNER
from akson.trust import registry

pytestmark = pytest.mark.store

ADD = ["systems", "add", "clinic", "--name", "Clinic", "--organization", "310000008"]


@pytest.fixture
def uri(new_database):
    return new_database()


@pytest.fixture
def jwks(tmp_path):
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps(keys.load(tmp_path, "clinic-client").public()))
    return path


def stored(uri, client_id="clinic"):
    async def look():
        database = Database(uri, 1, reader=OWNER)
        await database.open()
        try:
            async with database.transaction() as tx:
                found = await registry.find_client(tx, client_id)
                return found, await registry.is_member(tx, "310000008")
        finally:
            await database.close()

    return asyncio.run(look())


def test_a_system_is_added_listed_given_keys_and_ended(uri, jwks, tmp_path, capsys):
    where = ["--database", uri]
    more = [
        "--redirect",
        "https://clinic.test/cb",
        "--scope",
        "akson:samhandling/fhir",
        "--unit",
        "310000016",
    ]
    delegation = [
        "--delegation",
        "310000024:310000032,310000040@2020-01-01..2999-01-01",
        "--delegation",
        "310000059",
    ]
    assert main([*ADD, "--jwks", str(jwks), *more, *delegation, *where]) == 0
    client, _ = stored(uri)
    assert client.redirect_uris == {"https://clinic.test/cb"}
    assert client.delegations[0].units == {"310000032", "310000040"}
    assert [each.organization for each in client.delegations] == ["310000024", "310000059"]
    assert main(["systems", "list", *where]) == 0
    listed = capsys.readouterr().out
    assert "clinic  Clinic, 310000008" in listed
    assert "acts for 310000024 2020-01-01..2999-01-01" in listed
    ring = keys.load(tmp_path, "clinic-client").rotate()
    jwks.write_text(json.dumps({"keys": [ring.current.as_dict(private=False)]}))
    assert main(["systems", "keys", "clinic", "--jwks", str(jwks), "--overlap", *where]) == 0
    assert len(stored(uri)[0].jwks["keys"]) == 2
    assert main(["systems", "keys", "clinic", "--jwks", str(jwks), *where]) == 0
    assert [key["kid"] for key in stored(uri)[0].jwks["keys"]] == [ring.current.kid]
    assert main(["systems", "end", "clinic", *where]) == 0
    assert stored(uri)[0] is None
    assert main(["systems", "list", *where]) == 0
    assert "ended" in capsys.readouterr().out


def test_a_member_has_an_agreement_and_may_leave(uri, capsys):
    where = ["--database", uri]
    assert main(["systems", "member", "310000008", "--agreement", "2024-01-01", *where]) == 0
    assert stored(uri)[1]
    assert (
        main(["systems", "member", "310000008", "--agreement", "2024-01-01", "--ends", "2024-02-01", *where])
        == 0
    )
    assert not stored(uri)[1]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"keys": []}', '{"keys": [{"kty": "oct", "k": "AA", "kid": "a"}]}', '{"keys": ["x"]}'],
)
def test_keys_that_are_none_are_refused(uri, tmp_path, capsys, text):
    path = tmp_path / "wrong.json"
    path.write_text(text)
    assert main([*ADD, "--jwks", str(path), "--database", uri]) == 1
    assert str(path) in capsys.readouterr().err
    assert stored(uri)[0] is None


def test_private_keys_are_refused(uri, tmp_path, capsys):
    path = tmp_path / "private.json"
    ring = keys.load(tmp_path, "clinic-client")
    path.write_text(json.dumps({"keys": [ring.current.as_dict(private=True)]}))
    assert main([*ADD, "--jwks", str(path), "--database", uri]) == 1
    assert "private" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [["--delegation", "1@yesterday"], ["--delegation", "1@2020-01-01..x"]])
def test_days_that_are_none_are_refused(uri, jwks, capsys, wrong):
    assert main([*ADD, "--jwks", str(jwks), *wrong, "--database", uri]) == 1
    assert "is no day" in capsys.readouterr().err


def test_an_unknown_system_is_said(uri, jwks, capsys):
    for command in (["end", "nobody"], ["keys", "nobody", "--jwks", str(jwks)]):
        assert main(["systems", *command, "--database", uri]) == 1
        assert "no system nobody" in capsys.readouterr().err
