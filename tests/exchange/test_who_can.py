"""Who can read this patient: for everybody with a post in the demo the same as what decision and scope give, now and then."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from tests.exchange.asking import side
from tests.exchange.forms import csrf
from tests.exchange.test_access_log import words
from tests.exchange.test_follow import NUMBERS, NURSE, authorize, settled
from tests.patience import in_time

from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.record import who_can
from akson.record.context import NODE_ITSELF, opened
from akson.security.actor import Action, Purpose
from akson.security.policy import Grant, decide
from akson.store.record.resources import HistoryOf
from akson.store.scope import NODE
from akson.store.search import statements

pytestmark = pytest.mark.store

KINDS = ("Condition", "AllergyIntolerance", "EpisodeOfCare", "CarePlan")


async def found(ctx, kind, scope=NODE, **params):
    query = parse(kind, [*params.items(), ("_count", "500")], base="")
    return [loads(each.body) for each in (await statements.search(ctx.tx, scope, query)).matches]


async def seen_by_scope(ctx, patient, at):
    """What each post sees of the patient in SQL, of types that the patient has something of."""
    known = {
        kind: await who_can._then(ctx, HistoryOf(kind, count=500), at)
        for kind in ("Organization", "Practitioner", "PractitionerRole")
    }
    seen = {}
    for post in known["PractitionerRole"].values():
        actor = who_can._actor(ctx, post, known, at)
        types = set()
        for kind in KINDS if actor else ():
            decision = decide(actor, Action.READ, kind, Purpose.TREATMENT)
            if isinstance(decision, Grant) and await found(
                ctx, kind, decision.scope, patient=f"Patient/{patient}"
            ):
                types.add(kind)
        if types:
            seen[actor.name, actor.role, actor.unit_name] = types
    return seen


async def test_it_is_the_same_as_decision_and_scope_for_every_post_and_patient(world):
    async with opened(side(world, "journal").place, NODE_ITSELF) as ctx:
        at = datetime.now(UTC)
        for patient in await found(ctx, "Patient"):
            there = {kind for kind in KINDS if await found(ctx, kind, patient=f"Patient/{patient['id']}")}
            told = {
                (each.name, each.role, each.unit): each.types & there
                for each in await who_can.readers(ctx, patient["id"], at)
                if each.types & there
            }
            assert told == await seen_by_scope(ctx, patient["id"], at)


async def test_it_is_told_in_under_a_second_and_as_it_was_then(world):
    before = datetime.now(UTC)
    await authorize(world, "2026-11-01T00:00:00", NURSE)
    await settled(world, "journal")
    async with opened(side(world, "journal").place, NODE_ITSELF) as ctx:
        patient = (await found(ctx, "Patient", name="Ingrid"))[0]["id"]
        began = time.perf_counter()
        now = await who_can.readers(ctx, patient, datetime.now(UTC))
        took = time.perf_counter() - began
        then = await who_can.readers(ctx, patient, before)
        never = await who_can.readers(ctx, patient, before - timedelta(days=365))
    assert in_time(took, 1.0)
    assert "Hanne Lunde" in {each.name for each in then}
    assert "Hanne Lunde" not in {each.name for each in now}
    assert all(each.kinds for each in now)
    assert never == []


async def test_the_privacy_officer_asks_by_number_in_the_body_and_it_is_in_the_log(world):
    officer = await world.sign_in("journal", "anne-grete-rud")
    page = await officer.get("/journal/logg/tilgang")
    assert page.status_code == 200, page.text
    asked = {"csrf_token": csrf(page.text), "number": NUMBERS["ingrid"], "day": ""}
    told = words((await officer.post("/journal/logg/tilgang", data=asked)).text)
    assert "Hanne Lunde" in told
    assert "Solvik hjemmetjeneste" in told
    assert "hele journalen" in told
    assert NUMBERS["ingrid"] not in told
    nobody = await officer.post("/journal/logg/tilgang", data=asked | {"number": "123"})
    assert "Ingen person" in words(nobody.text)
    for day in ("i fjor", "9999-12-31"):
        wrong = await officer.post("/journal/logg/tilgang", data=asked | {"day": day})
        assert "Skriv datoen" in words(wrong.text), day
    ingrid = await world.sign_in("innbygger", "ingrid")
    assert "Anne Grete Rud" in words((await ingrid.get("/innbygger/innsyn")).text)
    nurse = await world.sign_in("journal", "hanne-lunde")
    assert (await nurse.get("/journal/logg/tilgang")).status_code == 403
