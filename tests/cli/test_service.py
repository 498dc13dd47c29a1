"""`akson service list` names every declared service once."""

from akson.cli.main import main
from akson.exchange.declare import load


def test_every_service_is_listed(capsys):
    assert main(["service", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[2] for line in lines] == [service.slug for service in load()]
    assert [int(line.split()[0]) for line in lines] == sorted(service.number for service in load())
