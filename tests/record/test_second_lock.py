"""The second lock: statements that forget the first give nothing of what is hidden; and it is never narrower than the rules."""

from collections import Counter
from dataclasses import replace
from random import Random

import psycopg
import pytest

from akson.fhir.extract import extract
from akson.fhir.spec import spec
from akson.record.reading import reader_of
from akson.security.actor import Action, Actor, Kind, Share
from akson.security.policy import Grant, decide
from akson.security.privacy import END
from akson.security.roles import RECORD
from akson.security.rules.access_log import LOG
from akson.security.topics import PRIVACY
from akson.store.access import blocks, relations
from akson.store.access.relations import Relation
from akson.store.database.pool import Database
from akson.store.database.reader import NOBODY
from akson.store.index.hashing import patient_number, resource_key
from akson.store.record import resources
from akson.store.record.resources import HistoryOf
from akson.store.scope import NODE, Everything, OfTypes, Scope
from akson.store.scope_holds import Block, holds
from akson.store.search import statements
from tests.record.making import ADMIN, INGRID, NURSE
from tests.security.rules.test_cedar import as_rows, key
from tests.security.rules.worlds import a_world, an_actor, questions
from tests.store.patients import query

pytestmark = pytest.mark.store

FORGOT = Scope(Everything(), "reason.test")
HERS, HIS = patient_number("ingrid"), patient_number("per")
INDEX = ["idx_token", "idx_ref", "idx_date", "idx_qty", "idx_string", "idx_composite", "idx_text"]
NAMING = [
    "resource", "history", *INDEX, "care_relation", "access_block", "audit", "event", "opened_access", "judgment", "privacy_setting",
    "supplier_errand", "power_of_attorney", "access_block_past", "consent_opening", "consent_request",
    "hotel_patient", "shared_change", "shared_read", "partner_consent", "partner_wish", "partner_case", "message",
]  # fmt: skip
"""Tables whose rows say whose they are."""
OTHERS = {
    "draft": "insert into draft (owner, kind, subject, content) values ('Practitioner/other', 'note', 'Patient/per', '{}')",
    "message_event": f"insert into message_event (message, state) select id, 'new' from message where pat = {HIS}",
    "message_receiver": f"insert into message_receiver (message, her_id, state) select id, '2', 'read' from message where pat = {HIS}",
    "report_item": f"insert into report_item (message, place, reference, pat, patient) select id, 0, 'Claim/x', {HIS}, 'per' from message where pat = {HIS}",
    "privacy_mirror": "insert into privacy_mirror values (1, 'r', 1, 'd', true, '{}', now(), now())",
    "transfer_chunk": "insert into transfer_chunk values ('t', 'output', 'Condition', 1, 1, 1, 1, 1, 'per')",
}
"""Tables that hold what is written of people, and a row in each that is none of the readers' here."""
ROWS = [
    "insert into access_block_past values (%s, '{}', 0, '{}', true, false, now(), now(), now())",
    "insert into consent_opening values (gen_random_uuid()::text, 1, %s, 'x', '{}', now(), now())",
    "insert into consent_request values (gen_random_uuid()::text, 'x', %s, '1', '', '', '', '', '', 'why', 1, now())",
    "insert into partner_consent values (gen_random_uuid()::text, 1, 'x', '{org:1}', '{planer}', now(), now(), %s)",
    "insert into partner_case values (gen_random_uuid()::text, 'x', %s, '1', now(), null)",
    "insert into partner_wish values (gen_random_uuid()::text, 'x', %s, 'org:1', '', '', '{}', now(), 'why', now())",
    "insert into hotel_patient (pat, source, theirs, more) values (%s, 'sykehus', (random() * 1e15)::bigint, false)",
    "insert into shared_change values (%s, 'planer', 'Goal/x', 1, now())",
    "insert into shared_read values ('Practitioner/other', %s, 'planer', now())",
    "insert into event (pat, topic, reference) values (%s, 'Condition.create', 'Condition/x')",
    (
        "insert into audit (pat, moment, actor_kind, actor_name, actor_id, practitioner, role, unit, organization, organization_name,"
        " client_id, node, action, purpose, granted, reason, basis, type, id, version, count, request_id)"
        " values (%s, now(), 'personnel', 'A', '', 'Practitioner/other', '', '', '', '', '', '', 'read', '', true, '', '', '', '', 1, 1, '')"
    ),
    (
        "insert into opened_access (id, pat, patient, practitioner, name, role, unit, organization, reason, why, low, high)"
        " values (gen_random_uuid()::text, %s, 'x', 'Practitioner/other', '', '', '', '', '', 'why', now(), now())"
    ),
    "insert into judgment (subject, pat, outcome, note, by_name) values ('look/x', %s, 'asked', 'note', 'B')",
    (
        "insert into privacy_setting (id, version, pid, pat, kind, definition, active, metadata, low, high, by_name)"
        " values (gen_random_uuid()::text, 1, 'x', %s, 'samtykke', 'innsyn', true, '{}', now(), now(), '')"
    ),
    (
        "insert into message (id, direction, msg_id, type, state, from_her, to_her, pat, patient, content_type, payload)"
        " values (gen_random_uuid()::text, 'in', gen_random_uuid()::text, 't', 'new', '1', '2', %s, 'x', 't', 'x')"
    ),
    (
        "insert into supplier_errand (id, practitioner, name, supplier, supplier_number, ticket, why, kind, starts, hours, pat)"
        " values (gen_random_uuid()::text, 'Practitioner/other', '', '', '', '1', 'why', 'patient', now(), 1, %s)"
    ),
    (
        "insert into power_of_attorney (id, giver, holder, giver_name, holder_name, areas, pat)"
        " values (gen_random_uuid()::text, '1', '2', 'A', 'B', '{}', %s)"
    ),
]

ATTESTED = Actor(
    Kind.PERSONNEL, name="B", hpr="9", authorization="LE", client_id="other", patient="ingrid", assurance=4
)
ELSEWHERE = Actor(
    Kind.PERSONNEL, name="C", role="hjemmesykepleier", practitioner="Practitioner/c", units=frozenset({"Organization/sor"}),
    authorization="SP", assurance=4,
)  # fmt: skip
SHARED = Share("ingrid", frozenset({"planer"}), OfTypes(RECORD), RECORD, END)
PARTNER = Actor(
    Kind.PARTNER, name="D", unit_number="1", unit_numbers=frozenset({"1"}), assurance=4, shares=(SHARED,)
)
NO_RIGHT = Actor(Kind.SYSTEM, client_id="some-system")
WHO = {"nurse": NURSE, "citizen": INGRID, "attested": ATTESTED, "partner": PARTNER}
NONE = {"nurse of another unit": ELSEWHERE, "system": NO_RIGHT, "anyone": Actor(Kind.ANYONE)}


def about(patient):
    """Resources of one patient that fill every index table; the diagnosis has a version before."""
    measured = {"value": 120, "unit": "mmHg", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"}
    code = {"coding": [{"system": "http://loinc.org", "code": "8480-6"}], "text": "Blodtrykk"}
    subject = {"reference": f"Patient/{patient}"}
    return [
        {"resourceType": "Patient", "id": patient, "name": [{"family": "Lie"}], "text": {"status": "generated", "div": "<div>ord</div>"}},
        {"resourceType": "Observation", "id": f"o-{patient}", "status": "final", "subject": subject, "code": code,
         "effectiveDateTime": "2026-01-01", "valueQuantity": measured,
         "text": {"status": "generated", "div": f"<div>hemmelig{patient}</div>"}},
        {"resourceType": "Communication", "id": f"m-{patient}", "status": "completed", "subject": subject},
        {"resourceType": "Condition", "id": f"c-{patient}", "subject": subject, "code": {"text": "Angina"}},
        {"resourceType": "Condition", "id": f"c-{patient}", "subject": subject, "code": {"text": "Hjerteinfarkt"}},
    ]  # fmt: skip


@pytest.fixture
async def database(new_database):
    """A node's database, closed to whoever does not say who reads: Ingrid, whom the unit Nord treats, and Per, whom another does."""
    opened = Database(new_database(), 2)
    await opened.open()
    async with opened.transaction() as some:
        tx = some.as_node
        for patient, unit in (("ingrid", "nord"), ("per", "ost")):
            for resource in about(patient):
                await resources.update(tx, NODE, resource, extract(resource))
            await relations.replace(
                tx, f"EpisodeOfCare/{patient}", [Relation(patient, f"Organization/{unit}", "service")]
            )
            for row in ROWS:
                await tx.execute(row, [patient_number(patient)])
            low, high = relations.BEGINNING, relations.END
            closed = Block(frozenset({f"hpr:{patient}"}), low, high, types=frozenset({"Goal"}))
            await blocks.replace(tx, f"rule-{patient}", 1, patient, [closed])
        for row in OTHERS.values():
            await tx.execute(row)
    yield opened
    await opened.close()


async def rows(tx, table, pat):
    return (await tx.one(f"select count(*) from {table} where pat = %s", [pat]))[0]


async def test_everything_is_there_that_is_to_be_hidden(database):
    async with database.transaction() as some:
        tx = some.as_node
        for table in NAMING:
            assert await rows(tx, table, HERS), table
            assert await rows(tx, table, HIS), table
        for table in OTHERS:
            assert (await tx.one(f"select count(*) from {table}"))[0] == 1
        held = await tx.fetch("select relname from pg_class where relrowsecurity")
    assert {name for (name,) in held} == {*NAMING, *OTHERS}, "a table that is not tried here"


OWN = {
    "resource", "history", "care_relation", "audit", "privacy_setting", "supplier_errand", "hotel_patient", "message", *INDEX,
}  # fmt: skip
SHOWN = {
    "nurse": {"resource", "history", "care_relation", "shared_change", "message", *INDEX},
    **dict.fromkeys(("citizen", "attested", "partner"), OWN),
}
"""Where rows of the own patient come. Blocks here are against others; events are the node's; a nurse reads no log."""


@pytest.mark.proves("J22")
@pytest.mark.parametrize("who", WHO)
async def test_raw_statements_give_nothing_of_a_hidden_patient_and_all_of_the_own(database, who):
    async with database.transaction(reader=reader_of(WHO[who])) as tx:
        for table in NAMING:
            # Who somebody is, personnel look up: the Patient and its index rows.
            more = " and r.type <> 'Patient'" if who == "nurse" else ""
            apart = {"resource": more, "history": more} | dict.fromkeys(
                INDEX,
                " and exists (select from resource k where k.rid = r.rid and k.type <> 'Patient')"
                if more
                else "",
            )
            text = f"select count(*) from {table} r where r.pat = %s{apart.get(table, '')}"
            assert await tx.one(text, [HIS]) == (0,), table
            assert bool(await rows(tx, table, HERS)) == (table in SHOWN[who]), table
        for table in OTHERS:
            assert await tx.one(f"select count(*) from {table}") == (0,), table


async def test_a_letter_is_of_the_unit_whose_address_it_bears_and_of_those_who_treat(database):
    """The rows here came in to the address 2, from the address 1."""
    seen = "select count(*) from message where pat = %s"
    for number, sees in (("2", True), ("1", False), ("3", False)):
        office = replace(NURSE, unit_numbers=frozenset({number}))
        async with database.transaction(reader=reader_of(office)) as tx:
            assert await tx.one(seen, [HIS]) == (int(sees),), number
            for table in ("message_event", "message_receiver", "report_item"):
                assert await tx.one(f"select count(*) from {table}") == (int(sees),)
            assert await tx.one(seen, [HERS]) == (1,), "the unit treats her"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):  # sent from another unit's address
        async with database.transaction(reader=reader_of(NURSE)) as tx:
            await tx.execute(
                "insert into message (id, direction, msg_id, type, state, from_her, to_her, pat, patient, content_type, payload)"
                " values ('x', 'out', 'x', 't', 'queued', '2', '9', %s, '', 't', 'x')",
                [HIS],
            )


@pytest.mark.parametrize("who", NONE)
async def test_who_has_nothing_to_do_with_a_patient_gets_no_row(database, who):
    async with database.transaction(reader=reader_of(NONE[who])) as tx:
        for table in NAMING:
            only = " and type <> 'Patient'" if table in {"resource", "history"} else ""
            if table not in INDEX:
                assert await tx.one(f"select count(*) from {table} where pat <> 0{only}") == (0,), table
        words = await tx.fetch(
            "select from idx_text i where words @@ to_tsquery('simple', 'hemmeligper | hemmeligingrid')"
        )
        assert words == []
        if who != "nurse of another unit":
            for table in INDEX:
                assert await tx.one(f"select count(*) from {table} where pat <> 0") == (0,), table


async def test_without_the_lock_the_same_statements_give_it_all(database):
    """So it is the policies that hide."""
    reading = Database(database.uri, 1, reader=reader_of(INGRID))
    await reading.open()
    async with reading.transaction() as tx:
        assert not await rows(tx, "resource", HIS)
    with psycopg.connect(database.uri, autocommit=True) as administrator:
        for table in NAMING:
            administrator.execute(f"alter table {table} disable row level security")
        try:
            async with reading.transaction() as tx:
                for table in NAMING:
                    assert await rows(tx, table, HIS), table
        finally:
            for table in NAMING:
                administrator.execute(f"alter table {table} enable row level security")
    await reading.close()


@pytest.mark.proves("J22")
@pytest.mark.parametrize("who", [*WHO, *NONE, "forgotten"])
async def test_the_store_with_a_scope_that_lets_all_through_still_gives_nothing_of_the_hidden(database, who):
    reader = NOBODY if who == "forgotten" else reader_of((WHO | NONE)[who])
    async with database.transaction(reader=reader) as tx:
        own = who in WHO
        for kind in ("Condition", "Observation"):
            assert await resources.read(tx, FORGOT, kind, f"{kind[0].lower()}-per") is None
            assert bool(await resources.read(tx, FORGOT, kind, f"{kind[0].lower()}-ingrid")) == own
            page = await resources.history(tx, FORGOT, HistoryOf(kind))
            assert {each.id for each in page.versions} == ({f"{kind[0].lower()}-ingrid"} if own else set())
        assert await resources.vread(tx, FORGOT, "Condition", "c-per", 1) is None
        for asked in (
            ("Condition", "code:text=hjerte"), ("Observation", "code=8480-6"), ("Observation", "date=2026"), ("Observation", "value-quantity=120"),
            ("Observation", "_text=hemmeligper"), ("Condition", "patient.name=lie"), ("Condition", "_sort=-_lastUpdated"),
            ("Observation", "patient=Patient/per"), ("Observation", "code-value-quantity=8480-6$120"),
        ):  # fmt: skip
            found = await statements.search(tx, FORGOT, query(*asked))
            hidden = {each.id for each in found.matches if each.pat == HIS}
            assert not hidden, asked
            assert own or not found.matches, asked


async def test_nobody_writes_into_a_hidden_record_or_makes_a_care_relation(database):
    resource = {"resourceType": "Condition", "id": "c-new", "subject": {"reference": "Patient/per"}}
    for who in (*WHO.values(), *NONE.values()):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with database.transaction(reader=reader_of(who)) as tx:
                await resources.create(tx, resource, extract(resource))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with database.transaction(reader=reader_of(who)) as tx:
                await relations.replace(
                    tx, "EpisodeOfCare/z", [Relation("per", "Organization/nord", "service")]
                )
        async with database.transaction(reader=reader_of(who)) as tx:
            assert (
                await tx.execute("update resource set body = '' where pat = %s and type <> 'Patient'", [HIS])
                == 0
            )
            assert await tx.execute("delete from access_block") == 0


async def test_what_is_closed_to_somebody_is_closed_by_the_second_lock_too(database):
    low, high = relations.BEGINNING, relations.END
    closed = Block(frozenset({"role:SP"}), low, high, types=frozenset({"Condition"}))
    async with database.transaction() as tx:
        await blocks.replace(tx.as_node, "r", 1, "ingrid", [closed])
    async with database.transaction(reader=reader_of(NURSE)) as tx:
        assert await resources.read(tx, FORGOT, "Condition", "c-ingrid") is None
        assert await resources.read(tx, FORGOT, "Observation", "o-ingrid") is not None
        key_ = resource_key("Condition", "c-ingrid")
        numbers = await tx.as_node.fetch("select rid from resource where key = %s", [key_])
        assert not await tx.fetch("select from idx_string where rid = %s", list(numbers[0]))
    async with database.transaction(reader=reader_of(INGRID)) as tx:
        assert await resources.read(tx, FORGOT, "Condition", "c-ingrid") is not None


async def test_the_node_and_who_administers_it_read_all(database):
    for actor in (Actor(Kind.NODE), ADMIN):
        async with database.transaction(reader=reader_of(actor)) as tx:
            assert await rows(tx, "resource", HIS)


WORLDS, ACTORS, ASKED = 6, 12, 6
STORED = {"Patient", *spec().compartment("Patient")} - {LOG}
"""Types of which a resource can be of a patient. The log, and the citizens' rules, are tables of their own."""


async def test_it_is_never_narrower_than_the_rules(database):
    """Whatever the rules let through is let through here, for actors and worlds of all kinds; and much else is not."""
    chance, tally = Random(4107), Counter()
    for number in range(WORLDS):
        async with database.transaction() as some:
            tx = some.as_node
            ((at,),) = await tx.fetch("select now()", [])
            world = a_world(chance, number, at)
            shown = as_rows(world)
            for place, (made, row) in enumerate(zip(world.rows, shown, strict=True)):
                values = [
                    row.pat,
                    10**6 + place,
                    key(made),
                    row.type,
                    f"{number}-{place}",
                    sorted(row.labels),
                ]
                await tx.execute(
                    "insert into resource (pat, rid, key, type, id, version, updated, tok, labels, body)"
                    " values (%s, %s, %s, %s, %s, 1, now(), '{}', %s, '')",
                    values,
                )
                await tx.execute("insert into idx_token (hash, pat, rid) values (1, %s, %s)", values[:2])
            await _relations_and_blocks(tx, world, shown)
            for _ in range(ACTORS):
                actor = an_actor(chance, world)
                seen = some.by(reader_of(actor))
                found = {
                    rid - 10**6
                    for (rid,) in await seen.fetch("select rid from resource where rid >= 1000000")
                }
                indexed = {
                    rid - 10**6
                    for (rid,) in await seen.fetch(
                        "select rid from idx_token where hash = 1 and rid >= 1000000"
                    )
                }
                for action, kind, purpose in questions(chance, world, ASKED):
                    decision = decide(actor, action, kind, purpose)
                    if not isinstance(decision, Grant) or kind == PRIVACY or action is Action.CREATE:
                        continue
                    let = {
                        place
                        for place, row in enumerate(shown)
                        if row.type in STORED and holds(decision.scope.predicate, row)
                    }
                    assert let <= found, (actor, action, kind, [shown[n] for n in let - found])
                    assert let <= indexed, (actor, action, kind)
                    tally["let"] += len(let)
                tally["seen"] += len(found)
                tally["hidden"] += len(shown) - len(found)
            await tx.execute("delete from resource where rid >= 1000000")
            for table in (
                "idx_token where hash = 1",
                "care_relation where source like 'w/%%'",
                "access_block where rule = 'w'",
            ):
                await tx.execute(f"delete from {table}")
    assert min(tally.values()) > 500, tally


async def _relations_and_blocks(tx, world, shown):
    for patient in world.patients:
        pat = patient_number(patient)
        for party, low, high, ended in world.relations[patient]:
            await tx.execute(
                "insert into care_relation (pat, party, kind, source, low, high, ended)"
                " values (%s, %s, 'service', %s, %s, %s, case when %s then now() end)",
                [pat, party, f"w/{patient}", low, high, ended],
            )
        for each in next((row.blocks for row in shown if row.pat == pat), ()):
            await tx.execute(
                "insert into access_block (pat, types, key, subjects, listed, holds_in_emergency, low, high, excepted, rule, version)"
                " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, 'w', 1)",
                [
                    pat,
                    sorted(each.types),
                    each.key,
                    sorted(each.subjects),
                    each.listed,
                    each.holds_in_emergency,
                    each.low,
                    each.high,
                    sorted(each.excepted),
                ],
            )
