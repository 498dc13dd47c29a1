"""The command line finds its groups and tells faults plainly."""

import argparse
from types import SimpleNamespace

import pytest

from akson.cli import main as program
from akson.kit.errors import Conflict


def group(run):
    def add(commands):
        commands.add_parser("try", help="only here").set_defaults(run=run)

    return SimpleNamespace(add=add)


def test_the_code_of_the_command_is_the_code_of_the_program(monkeypatch):
    monkeypatch.setattr(program, "groups", lambda: [group(lambda _: 3)])
    assert program.main(["try"]) == 3


def test_a_known_fault_is_one_plain_line(monkeypatch, capsys):
    def run(_: argparse.Namespace) -> int:
        raise Conflict("the port is taken")

    monkeypatch.setattr(program, "groups", lambda: [group(run)])
    assert program.main(["try"]) == 1
    assert capsys.readouterr().err == "akson: the port is taken\n"


def test_no_command_is_wrong_use():
    with pytest.raises(SystemExit) as end:
        program.main([])
    assert end.value.code == 2


def test_every_group_of_the_package_adds_something():
    for found in program.groups():
        root = argparse.ArgumentParser()
        commands = root.add_subparsers()
        found.add(commands)
        assert commands.choices, found.__name__
