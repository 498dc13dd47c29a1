"""What PostgreSQL does for a search: it begins at an index, and a record ten times as large costs it no more."""

import asyncio
import json
from dataclasses import replace

import psycopg
import pytest

from akson.fhir.extract import extract
from akson.fhir.search import Compartment
from akson.store.operations.whole import Whole
from akson.store.operations.whole import statements as whole_statements
from akson.store.record import resources
from akson.store.record.resources import Write
from akson.store.scope import NODE, CareRelation, Scope
from akson.store.search.statements import statement
from tests.store.patients import query

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
SMALL, LARGE = 3_000, 30_000
SEVERAL = 3
"""Times that the pages read may grow with a record ten times as large, beside FEW."""
FEW = 150


def observation(number, size):
    """Ten of a rare code among a common one; 20 for each patient; a day each."""
    code = "rare" if number % (size // 10) == 0 else "common"
    return {
        "resourceType": "Observation",
        "id": f"o{number}",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "category": [{"coding": [{"code": "laboratory"}]}],
        "subject": {"reference": f"Patient/p{number // 20}"},
        "effectiveDateTime": f"{2030 if number < 10 else 1990 + number % 30}-{number % 12 + 1:02}-{number % 28 + 1:02}",
        "valueQuantity": {"value": 1 + size - number, "code": "mg", "system": UCUM},
    }


def patient(number):
    return {
        "resourceType": "Patient",
        "id": f"p{number}",
        "name": [{"family": f"Familie{number:05}", "given": ["Kari" if number % 2 else "Ola"]}],
        "gender": "female" if number % 2 else "male",
        "birthDate": f"{1930 + number % 80}-01-01",
    }


MANY = ",".join(f"code{number}" for number in range(499))
PEOPLE = ",".join(f"Patient/p{number}" for number in range(500))
SEVERAL_NAMES = ",".join(f"familie{number:05}" for number in range(100))
SEVERAL_DAYS = ",".join(
    f"{1990 + number % 30}-{number % 12 + 1:02}-29" for number in range(100) if number % 12 != 1
)
SEVERAL_AMOUNTS = ",".join(f"{number}.5" for number in range(100))
SHAPES = {
    ("Observation", "code=rare"): "idx_token_hash",
    ("Observation", "code=common"): "idx_token_hash",
    ("Observation", f"code={MANY},rare"): "idx_token_hash",
    ("Observation", f"code={MANY},common"): "idx_token_hash",
    ("Observation", f"code={MANY},common", "patient=Patient/p7"): "idx_ref_target",
    ("Observation", "code=rare", "status=final", "category=laboratory"): "idx_token_hash",
    ("Observation", "patient=Patient/p7"): "idx_ref_target",
    ("Observation", f"patient={PEOPLE}"): "idx_ref",
    ("Patient", f"_id={','.join(f'p{number}' for number in range(150))}"): "resource_key",
    ("Observation", "patient=Patient/p7", "code=common"): "idx_ref_target",
    ("Observation", "patient=Patient/p7", "_sort=-date"): "idx_ref_target",
    ("Observation", "patient=Patient/p7", "_sort=status,-code"): "idx_ref_target",
    ("Observation", "category=laboratory", "_sort=-date"): "idx_date_low",
    ("Observation", "status=final", "_sort=date"): "idx_date_low",
    ("", "_type=Observation,DiagnosticReport", "_sort=-date"): "idx_date_low",
    ("", "_type=Observation,DiagnosticReport", "status=final", "_sort=date"): "idx_date_low",
    ("Observation", "value-quantity=lt5"): "idx_qty_value",
    ("Observation", "value-quantity=gt5"): "idx_qty",
    ("Observation", f"value-quantity=lt0.005|{UCUM}|g"): "idx_qty_value",
    ("Observation", f"value-quantity=lt5|{UCUM}|mg,le4|{UCUM}|mg"): "idx_qty_value",
    ("Observation", "date=gt2029"): "idx_date_high",
    ("Observation", "date=gt2000"): "idx_date",
    ("Observation", "date=2007"): "idx_date_low",
    ("Observation", "date=2007-06-30"): "idx_date_low",
    ("Observation", f"date={SEVERAL_DAYS}"): "idx_date_low",
    ("Observation", "date=2007,2009"): "idx_date_low",
    ("Observation", "value-quantity=7"): "idx_qty_value",
    ("Observation", f"value-quantity={SEVERAL_AMOUNTS}"): "idx_qty_value",
    ("Observation", f"value-quantity=gt5,{SEVERAL_AMOUNTS}"): "idx_qty_value",
    ("Observation", "date=ge2029", "date=lt2031"): "idx_date",
    ("Observation", "value-quantity=gt2", "value-quantity=lt5"): "idx_qty",
    ("Observation", "code=common", "date=ge2029"): "idx_date",
    ("Observation", "code=common", "date=gt2000"): "idx_token_hash",
    ("Observation", "date=gt2000", "status=final"): "idx_date",
    ("Observation", "code-value-quantity=rare$gt3000"): "idx_composite_hash",
    ("Observation", f"code-value-quantity=rare$gt3|{UCUM}|g"): "idx_composite_high",
    ("Observation", "_sort=-_lastUpdated"): "resource_updated",
    ("Observation", "_lastUpdated=gt2020", "_sort=-_lastUpdated"): "resource_updated",
    ("Observation", "_id=o17"): "resource_key",
    ("Observation", "patient.name=familie00007"): "idx_string_norm",
    ("Observation", "patient.name=familie00007", "code=common", "_sort=-date"): "idx_string_norm",
    ("Observation", "_filter=code eq rare or patient eq Patient/p7"): "idx_token_hash",
    (
        "Observation",
        "_filter=code eq rare or (patient.name eq familie00007 and status ne amended)",
    ): "idx_ref",
    ("Patient", "name=familie00007"): "idx_string_norm",
    ("Patient", "name=familie00007,familie00008"): "idx_string_norm",
    ("Patient", f"name={SEVERAL_NAMES}"): "idx_string_norm",
    ("Patient", f"name=kari,ola,{SEVERAL_NAMES}"): "idx_string_norm",
    ("Patient", "name:contains=lie00007"): "idx_string_middle",
    ("Patient", '_filter=name co "lie00007"'): "idx_string_middle",
    ("Patient", "birthdate=ge2009", "gender=female"): "idx_date",
    ("Patient", "_has:Observation:patient:code=rare"): "idx_token_hash",
    ("Patient", "_has:Observation:patient:date=gt2029"): "idx_date_high",
    ("List", "item.name=familie00007"): "idx_string_norm",
}


HIDDEN = """
select relname, relpages - relallvisible from pg_class
where relkind = 'r' and relname like 'idx_%' and relpages > 0 and relallvisible < relpages"""


async def _fill(database, size):
    # An earlier test may have left pages that several writers made ready and none has used: no vacuum marks those.
    async with database.transaction() as tx:
        await tx.script("truncate resource, idx_token, idx_ref, idx_date, idx_qty, idx_string, idx_composite")
    found = [observation(number, size) for number in range(size)]
    found += [patient(number) for number in range(size // 20)]
    async with database.transaction() as tx:
        await resources.write_many(
            tx, [Write(each["resourceType"], each["id"], each, extract(each)) for each in found]
        )
    # As autovacuum would soon: an index alone can answer only for pages known to be visible to all.
    # Whoever still holds an old picture of the database keeps them from it: then once more.
    with psycopg.connect(database.uri, autocommit=True) as connection:
        for _ in range(40):
            connection.execute("vacuum analyze")
            if not (hidden := connection.execute(HIDDEN).fetchall()):
                return
            await asyncio.sleep(0.25)
    pytest.fail(f"pages stay hidden from indexes: {hidden}")


def _nodes(node):
    """The plan in short: what is read, in what order."""
    own = node["Node Type"], node.get("Index Name", node.get("Relation Name", "")), node["Actual Rows"]
    return [own, *(inner for part in node.get("Plans", ()) for inner in _nodes(part))]


def _blocks(node):
    return node["Shared Hit Blocks"] + node["Shared Read Blocks"]


def _searches():
    for shape in SHAPES:
        kind, *pairs = shape
        yield shape, statement(NODE, query(kind, *pairs, "_count=20"))
    for kind in ("", "Observation", "Patient"):
        asked = query(kind, "_count=20")
        inside = replace(asked, filters=(Compartment("Patient", "p7"), *asked.filters))
        yield f"compartment of {kind}", statement(NODE, inside)


def _wholes():
    """$everything: each part begins at the record, or at what refers to it."""
    for whole in (Whole("Patient", "p7"), Whole("Encounter", "e7")):
        for place, found in enumerate(whole_statements(NODE, whole, 100)):
            yield f"everything of {whole.type}, {place}", found


async def _plans(database):
    """By shape: the plan as text, and how many pages it read."""
    plans = {}
    async with database.transaction() as tx:
        for shape, found in [*_searches(), *_wholes()]:
            rows = await tx.fetch(
                "explain (analyze, buffers, format json) " + found.text, found.params, prepare=False
            )
            plan = rows[0][0][0]["Plan"]
            plans[shape] = json.dumps(plan), _blocks(plan)
    return plans


@pytest.mark.slow
async def test_each_shape_begins_at_its_index_and_reads_no_more_when_there_is_more(database):
    await _fill(database, SMALL)
    small = await _plans(database)
    await _fill(database, LARGE)
    large = await _plans(database)
    faults = []
    for shape, (plan, blocks) in large.items():
        index = SHAPES.get(shape, "")
        if index not in plan or "Seq Scan" in plan:
            faults.append((str(shape)[:80], "without its index", index, _nodes(json.loads(plan))))
        if blocks > SEVERAL * small[shape][1] + FEW:
            said = f"reads {small[shape][1]} pages of {SMALL}, {blocks} of {LARGE}"
            faults.append((str(shape)[:80], said, _nodes(json.loads(plan))))
    assert faults == [], "\n".join(str(fault) for fault in faults)


async def test_a_scope_does_not_keep_a_search_from_its_index(database):
    await _fill(database, SMALL)
    scope = Scope(CareRelation(frozenset({"Organization/x"})), "reason.test")
    async with database.transaction() as tx:
        found = statement(scope, query("Observation", "patient=Patient/p7", "_sort=-_lastUpdated"))
        rows = await tx.fetch("explain " + found.text, found.params, prepare=False)
        plan = "\n".join(row[0] for row in rows)
        assert "care_relation" in plan, plan
        assert "Seq Scan on resource" not in plan, plan
