"""What PostgreSQL does for a search: it begins at an index, whatever there is of the rest."""

import psycopg
import pytest

from akson.fhir.extract import extract
from akson.fhir.search_parse import parse
from akson.store import resources
from akson.store.resources import Write
from akson.store.scope import NODE
from akson.store.search_sql import statement

LOINC = "http://loinc.org"


def observation(number):
    """Of 4,000: a common and a rare code, 200 patients, a day each."""
    code = "rare" if number % 400 == 0 else "common"
    return {
        "resourceType": "Observation",
        "id": f"o{number}",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "category": [{"coding": [{"code": "laboratory"}]}],
        "subject": {"reference": f"Patient/p{number % 200}"},
        "effectiveDateTime": f"{1990 + number % 30}-{number % 12 + 1:02}-{number % 28 + 1:02}",
        "valueQuantity": {"value": number, "code": "mg", "system": "http://unitsofmeasure.org"},
    }


SHAPES = {
    ("code=rare",): "idx_token_hash",
    ("code=common",): "idx_token_hash",
    ("patient=Patient/p7",): "idx_ref_target",
    ("patient=Patient/p7", "code=common"): "idx_ref_target",
    ("patient=Patient/p7", "_sort=-date"): "idx_ref_target",
    ("category=laboratory", "_sort=-date"): "idx_date_low",
    ("value-quantity=gt3990",): "idx_qty_value",
    ("date=gt2019-12-20",): "idx_date_high",
    ("code-value-quantity=rare$gt3000",): "idx_composite_hash",
    ("_sort=-_lastUpdated",): "resource_updated",
    ("_id=o17",): "resource_key",
}


@pytest.fixture
async def filled(database):
    found = [observation(number) for number in range(4000)]
    async with database.transaction() as tx:
        await resources.write_many(
            tx, [Write("Observation", each["id"], each, extract(each)) for each in found]
        )
    # As autovacuum would soon: an index alone can answer only for pages known to be visible to all.
    with psycopg.connect(database.uri, autocommit=True) as connection:
        connection.execute("vacuum analyze")
    async with database.transaction() as tx:
        yield tx


async def test_each_shape_of_search_begins_at_its_index(filled):
    for pairs, index in SHAPES.items():
        asked = parse(
            "Observation", [tuple(pair.split("=", 1)) for pair in (*pairs, "_count=20")], base="http://x"
        )
        found = statement(NODE, asked)
        rows = await filled.fetch("explain " + found.text, found.params, prepare=False)
        plan = "\n".join(row[0] for row in rows)
        assert index in plan, (pairs, plan)
        assert "Seq Scan" not in plan, (pairs, plan)
