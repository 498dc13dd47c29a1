"""What the demo registers as critical is written as the form writes it: opened and saved, it says the same."""

from datetime import date

import pytest

from akson.care.critical import build, fields_of
from akson.demo.build import resources
from akson.exchange.declare import service

SERVICE = service("kritisk-informasjon")
TODAY = date(2026, 11, 23)


def part_of(resource):
    """The category of an item, None for what is no item of the register."""
    tags = [tag.get("code") for tag in resource.get("meta", {}).get("tag", [])]
    codes = [
        c["code"] for each in resource.get("category", []) if isinstance(each, dict) for c in each["coding"]
    ]
    for part in SERVICE.parts if SERVICE.slug in tags else ():
        if part.type == resource["resourceType"] and (part.type != "Condition" or part.slug in codes):
            return part
    return None


ITEMS = [(part, each) for each in resources("samhandling", TODAY) if (part := part_of(each))]


def test_there_are_items_of_several_kinds():
    assert len({part.slug for part, _ in ITEMS}) >= 5


@pytest.mark.parametrize(
    ("part", "item"), ITEMS, ids=lambda each: each.get("id") if isinstance(each, dict) else ""
)
def test_saving_an_item_unchanged_loses_neither_code_nor_words(part, item):
    fields = fields_of(part, item)
    patient = (item.get("patient") or item["subject"])["reference"]
    again = build(part, fields, patient, item)
    assert fields_of(part, again) == fields
    for name in ("code", "reaction", "evidence", "category"):
        assert again.get(name) == item.get(name), name
