"""The privacy officer follows up what stands out in the log, and what was decided stays."""

import re
from dataclasses import replace

import pytest
from tests.exchange.asking import side

from akson.store.access import audit
from akson.store.access.audit import Wanted
from akson.store.database.reader import OWNER

pytestmark = pytest.mark.store
OFFICER = "anne-grete-rud"


async def strange_look(world):
    """A doctor of the practice has looked at a record at which nobody there had anything to do."""
    place = side(world, "journal").place
    async with place.database.transaction(reader=OWNER) as tx:
        patient = await tx.one("select pat from resource where type = 'Patient' order by id limit 1")
        (doctor,) = await tx.fetch("select id from resource where type = 'Practitioner' order by id limit 1")
        await tx.execute("delete from care_relation where pat = %s", [patient[0]])
        row = (await audit.page(tx, Wanted(count=1)))[0].row
        made = replace(row, actor_kind="personnel", actor_name="Nysgjerrig Lege", practitioner=f"Practitioner/{doctor[0]}",
                       unit="Kontoret", client_id="", granted=True, action="read", type="Condition", id="c",
                       pat=patient[0], purpose="TREAT", reason="reason.care_relation")  # fmt: skip
        await audit.append(tx, made)


async def test_what_stands_out_is_shown_and_what_was_decided_stays(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    assert (await nurse.get("/journal/logg/oppfolging")).status_code == 403
    await strange_look(world)
    officer = await world.sign_in("journal", OFFICER)
    page = await officer.get("/journal/logg/oppfolging")
    assert page.status_code == 200, page.text[:2000]
    card = next(each for each in page.text.split("<section")[1:] if "Nysgjerrig Lege" in each)
    assert "Ikke vurdert" in card
    form = dict(re.findall(r'name="(csrf_token|practitioner|pat|kind)" value="([^"]*)"', card))
    kept = await officer.post(
        "/journal/logg/oppfolging", data=form | {"state": "asked", "note": "Spurt i dag"}
    )
    assert kept.status_code == 200
    card = next(each for each in kept.text.split("<section")[1:] if "Nysgjerrig Lege" in each)
    assert "Spurt om grunn" in card
    assert "Spurt i dag" in card
    kept = await officer.post(
        "/journal/logg/oppfolging", data=form | {"state": "explained", "note": "Var på vakt"}
    )
    card = next(each for each in kept.text.split("<section")[1:] if "Nysgjerrig Lege" in each)
    assert card.index("Var på vakt") < card.index("Spurt i dag"), "both stand, the latest first"
    assert card.count("Fulgt opp av Anne Grete Rud") == 2
    for wrong, status in (({"state": "guilty"}, 400), ({"pat": "x"}, 400), ({"pat": "1"}, 404)):
        answer = await officer.post(
            "/journal/logg/oppfolging", data=form | {"state": "asked", "note": ""} | wrong
        )
        assert answer.status_code == status
    async with side(world, "journal").place.database.transaction(reader=OWNER) as tx:
        rows = await tx.fetch(
            "select pat from audit where type = 'AuditEvent' and pat = %s", [int(form["pat"])]
        )
    assert rows
