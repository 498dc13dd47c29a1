"""A record system that hangs keeps the first page waiting, and no other; it is named on each, and asked again after a while."""

import time

import pytest
from tests.patience import in_time

from akson.exchange.hub import away
from akson.exchange.hub.away import Away
from akson.store.database.reader import NODE

PAGE = "/innbygger/opplysninger/legemidler-og-vaksiner/andre"


def test_one_asks_whether_a_source_is_back_and_the_others_go_on():
    at = iter([0, 1, 11, 12, 22, 23, 24])
    sources = Away(lambda: next(at))
    assert not sources.is_left_alone("sykehus")
    sources.was_late("sykehus")  # 0
    assert sources.is_left_alone("sykehus")  # 1
    assert not sources.is_left_alone("fjellheim")
    assert not sources.is_left_alone("sykehus")  # 11: this one asks
    assert sources.is_left_alone("sykehus")  # 12
    assert not sources.is_left_alone("sykehus")  # 22: whoever asked was never answered
    sources.answered("sykehus")
    assert not sources.is_left_alone("sykehus")


@pytest.mark.store
async def test_a_hanging_source_is_named_and_left_alone(world, monkeypatch):
    citizen = await world.sign_in("innbygger", "olav")
    assert "svarer ikke" not in (await citizen.get(PAGE)).text
    platform = next(each for each in world.app.state.hosted if each.node.name == "samhandling")
    async with platform.place.database.transaction(reader=NODE) as tx:
        await tx.execute("update hotel_source set told = null where source = 'sykehus'")
    monkeypatch.setattr(away, "REST", 600.0)
    world.hanging.add("sykehus")
    took = []
    for _ in range(3):
        began = time.monotonic()
        assert "Fjordsykehuset" in (await citizen.get(PAGE)).text
        took.append(time.monotonic() - began)
    assert world.asked == ["sykehus"]
    assert in_time(took[1], 1.0)
