"""`akson keys`: rotation in steps, so that what was signed before can be checked until it is over."""

import json
import stat

import pytest

from akson.cli.main import main
from akson.security import keys


@pytest.fixture
def data(tmp_path):
    keys.load(tmp_path, "journal-client")
    return tmp_path


def said(capsys):
    return capsys.readouterr().out.splitlines()


def names(data):
    return [key.kid for key in keys.load(data, "journal-client").keys]


def test_a_key_is_added_taken_into_use_and_the_old_one_dropped(data, capsys):
    [old] = names(data)
    where = ["--data", str(data)]
    assert main(["keys", "add", "journal-client", *where]) == 0
    new = names(data)[1]
    assert said(capsys)[0].startswith(f"added {new}")
    assert main(["keys", "list", *where]) == 0
    assert said(capsys) == ["journal-client", f"    {old}  ES256  in use", f"    {new}  ES256"]
    assert main(["keys", "use", "journal-client", new[:8], *where]) == 0
    assert names(data) == [new, old]
    assert main(["keys", "drop", "journal-client", new, *where]) == 1
    assert "in use" in capsys.readouterr().err
    assert main(["keys", "drop", "journal-client", old, *where]) == 0
    assert names(data) == [new]
    path = data / "keys" / "journal-client.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_shown_is_public_only(data, capsys):
    assert main(["keys", "show", "journal-client", "--data", str(data)]) == 0
    shown = json.loads(capsys.readouterr().out)["keys"]
    assert [key["kid"] for key in shown] == names(data)
    assert all("d" not in key for key in shown)


def test_a_key_of_another_algorithm_can_be_added(data, capsys):
    assert main(["keys", "add", "journal-client", "--algorithm", "PS256", "--data", str(data)]) == 0
    assert [key.alg for key in keys.load(data, "journal-client").keys] == ["ES256", "PS256"]


@pytest.mark.parametrize("name", ["nobody", "journal", "../journal-client"])
def test_a_mistyped_ring_makes_none(data, capsys, name):
    assert main(["keys", "add", name, "--data", str(data)]) == 1
    assert "no ring" in capsys.readouterr().err
    assert len(list((data / "keys").iterdir())) == 1


@pytest.mark.parametrize("kid", ["", "zzz"])
def test_a_key_that_is_not_there_is_said(data, capsys, kid):
    assert main(["keys", "use", "journal-client", kid, "--data", str(data)]) == 1
    assert "0 keys" in (told := capsys.readouterr().err) or "1 keys" in told


def test_there_may_be_no_keys_yet(tmp_path, capsys):
    assert main(["keys", "list", "--data", str(tmp_path)]) == 0
    assert said(capsys) == ["No keys are here."]
