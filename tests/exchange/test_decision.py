"""A decision is called the same in the log of who attests it and of who is shown it (Tillitsrammeverk ATT-46)."""

import pytest
from tests.exchange.asking import attested_nurse, side
from tests.exchange.forms import chart

from akson.store.database.reader import OWNER

pytestmark = pytest.mark.store

WHY = "select distinct decision, user_selected, toa > 0, assurance, profession, token from audit where "


async def rows(world, node, where, statement=WHY):
    async with side(world, node).place.database.transaction(reader=OWNER) as tx:
        return await tx.fetch(statement + where)


async def test_the_decision_of_an_attest_is_in_the_own_log_and_in_the_log_of_who_is_asked(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    ask = await attested_nurse(world, nurse)
    url = f"{side(world, 'samhandling').node.fhir}/Condition"
    assert (await ask("GET", url, headers={"X-Request-Id": "theirs-1"})).status_code == 200
    (told,) = await rows(world, "samhandling", "client_id = 'akson-journal' and actor_name = 'Hanne Lunde'")
    (own,) = await rows(world, "journal", f"actor_name = 'Hanne Lunde' and decision = '{told[0]}'")
    assert told[0]
    assert own[1:5] == (False, False, 4, "SP")
    assert told[1:5] == (False, True, 4, "SP")
    assert "" != own[5] != told[5] != ""
    named = await rows(
        world, "samhandling", "client_request <> ''", "select distinct client_request from audit where "
    )
    assert named == [("theirs-1",)]


async def test_reads_of_one_patient_in_one_session_are_one_decision_and_others_are_others(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    page = await chart(nurse, "journal", "Ingrid Haugen")
    assert (await nurse.get(page)).status_code == 200
    await attested_nurse(world, nurse)
    hers = "select pat, count(distinct decision), count(*) from audit where "
    found = await rows(world, "journal", "actor_name = 'Hanne Lunde' and pat <> 0 group by pat", hers)
    assert found
    assert {number for _, number, _ in found} == {1}
    assert max(number for *_, number in found) > 1
    assert len(
        {each[0] for each in await rows(world, "journal", "actor_name = 'Hanne Lunde' and pat <> 0")}
    ) == len(found)
    again = await world.sign_in("journal", "hanne-lunde")
    assert (await again.get(page)).status_code == 200
    found = await rows(world, "journal", "actor_name = 'Hanne Lunde' and pat <> 0 group by pat", hers)
    assert max(number for _, number, _ in found) == 2


async def test_a_search_is_in_the_log_without_what_is_about_a_person(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    assert (await nurse.get("/journal/pasienter?q=Ingrid")).status_code in {200, 404}
    asked = await rows(world, "journal", "query <> ''", "select distinct query from audit where ")
    assert asked
    assert not any("Ingrid" in query for (query,) in asked)
