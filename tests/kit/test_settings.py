"""Settings come from the environment, refuse what they are not, and are all used."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from akson.kit.errors import Malformed
from akson.kit.limits import Limits
from akson.kit.settings import OPTIONS, Node, Role, Settings
from tests.house.source import repository


def test_defaults_are_those_that_the_table_says():
    settings = Settings.load({})
    assert {name: str(getattr(settings, name)) for name in OPTIONS} == {
        name: option.default for name, option in OPTIONS.items()
    }


def test_the_environment_decides():
    settings = Settings.load({"AKSON_PORT": "8010", "AKSON_DATA": "/srv/x", "AKSON_PEER_TIMEOUT": "0.5"})
    assert (settings.port, settings.data, settings.peer_timeout) == (8010, Path("/srv/x"), 0.5)


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "eight"), ("PEER_TIMEOUT", "soon"), ("BODY_LIMIT", "1 MB")]
)
def test_a_value_of_the_wrong_kind_is_named(name, value):
    with pytest.raises(Malformed, match=f"AKSON_{name} must be .*{value}"):
        Settings.load({f"AKSON_{name}": value})


LIMITS = frozenset(each.name for each in fields(Limits))


def test_the_limits_of_the_settings_are_the_limits_of_a_node():
    assert Settings.load({}).limits == Limits()
    assert Settings.load({"AKSON_SEARCH_DEPTH": "5"}).limits == Limits(search_depth=5)


@pytest.mark.parametrize("name", OPTIONS)
def test_every_setting_is_read_somewhere(name):
    used = re.compile(rf"limits\.{name}\b|\"{name}\"" if name in LIMITS else rf"settings\.{name}\b")
    assert any(
        used.search(source.text)
        for source in repository()
        if source.product and not source.path.startswith("src/akson/kit/")
    )


def test_a_node_knows_its_fhir_base():
    node = Node("x", frozenset({Role.FHIR}), "http://localhost:1/x", "X", "999999999", "x")
    assert node.fhir == "http://localhost:1/x/fhir"
