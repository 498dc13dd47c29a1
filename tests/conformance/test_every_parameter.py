"""Each official example is found by each search parameter of its type, through the real database.

What extraction makes of a resource and what parsing makes of a query string meet in the store; this is where they
would miss each other.
"""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from akson.fhir import strict_json
from akson.fhir.extract import extract
from akson.fhir.index import (
    CompositeValue,
    DateValue,
    NumberValue,
    QuantityValue,
    ReferenceValue,
    StringValue,
    TokenValue,
    UriValue,
)
from akson.fhir.search_parse import parse
from akson.store.record.bulk import write_many
from akson.store.record.writes import Write
from akson.store.scope import NODE
from akson.store.search.statements import search
from tests.fhir.conftest import examples  # noqa: F401 - the fixture of the examples

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EACH = 2
"""Resources that are looked for by each parameter of each type."""


def escaped(text):
    return re.sub(r"([\\,|$])", r"\\\1", text)


def amount(value):
    return format(value, "f") if isinstance(value, int) or float(value).is_integer() else repr(value)


def criterion(value):
    """(modifier, text) of a query that must find a resource with this index value; None where there is none."""
    return CRITERIA[type(value)](value)


def of_token(value):
    if value.code:
        return "", f"{escaped(value.system)}|{escaped(value.code)}"
    return ("text", escaped(value.text)) if value.text else None


def of_string(value):
    return ("", escaped(value.text)) if value.text.strip() else None


def of_date(value):
    return "", "ge" + (EPOCH + timedelta(microseconds=value.low)).strftime("%Y-%m-%d").rjust(10, "0")


def of_quantity(value):
    unit = f"|{escaped(value.system)}|{escaped(value.code)}" if value.code else ""
    return "", amount(value.value) + unit


def of_composite(value):
    found = [criterion(part) for part in value.parts]
    return None if None in found else ("", "$".join(text for _, text in found))


def of_reference(value):
    if value.id:
        return "", f"{value.type}/{value.id}"
    if value.url:
        return ("", escaped(value.url)) if "://" in value.url or value.url.startswith("urn:") else None
    return ("identifier", "|".join(escaped(part) for part in value.identifier)) if value.identifier else None


CRITERIA = {
    TokenValue: of_token,
    StringValue: of_string,
    UriValue: lambda value: ("", escaped(value.uri)),
    DateValue: of_date,
    NumberValue: lambda value: ("", amount(value.value)),
    QuantityValue: of_quantity,
    ReferenceValue: of_reference,
    CompositeValue: of_composite,
}


def values(index):
    groups = (
        index.tokens, index.strings, index.uris, index.dates, index.numbers, index.quantities,
        index.references, index.composites,
    )  # fmt: skip
    return [value for group in groups for value in group]


@pytest.mark.shared
async def test_every_example_is_found_by_every_parameter(database, examples):  # noqa: F811
    resources = {}
    for _, raw in examples:
        resource = strict_json.loads(raw)
        resources[resource["resourceType"], resource["id"]] = resource
    indexes = {key: extract(resource) for key, resource in resources.items()}
    async with database.transaction() as tx:
        await write_many(tx, [Write(*key, resources[key], indexes[key]) for key in resources])
    missed, seen, asked_of = [], set(), Counter()
    async with database.transaction() as tx:
        for (kind, identity), index in indexes.items():
            for value in values(index):
                asked = criterion(value)
                if asked is None or ":" in value.param or (kind, value.param, identity) in seen:
                    continue
                if asked_of[kind, value.param] >= EACH:
                    continue
                asked_of[kind, value.param] += 1
                seen.add((kind, value.param, identity))
                name = value.param + (f":{asked[0]}" if asked[0] else "")
                pairs = [(name, asked[1]), ("_id", identity)]
                page = await search(tx, NODE, parse(kind, pairs, base="http://localhost/fhir"))
                if [match.id for match in page.matches] != [identity]:
                    missed.append(f"{kind}/{identity} by {name}={asked[1]}")
    assert missed == []
    assert asked_of.total() > 1_500
