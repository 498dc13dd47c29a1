"""What citizens of the demo have chosen before it begins can be tried: a block, a power of attorney, a child of thirteen."""

import pytest
from tests.demo_world import TODAY
from tests.exchange.asking import side
from tests.exchange.forms import chart
from tests.exchange.test_privacy import hides, within_limit
from tests.exchange.test_representation import act_for, choices

from akson.demo.choices import choose
from akson.store.database.reader import OWNER

pytestmark = pytest.mark.store


async def test_a_newcomer_meets_a_block_acts_by_a_power_and_for_a_child_of_thirteen(world):
    hanne = await world.sign_in("journal", "hanne-lunde", "hjemmesykepleier")
    path = await chart(hanne, "journal", "Thomas Lie")
    assert "Affektiv psykose" in (await hanne.get(f"{path}/problemer")).text
    platform = side(world, "samhandling").place
    for _ in range(2):  # once, however often it is asked for
        await choose(platform, TODAY)
    await within_limit(hides(hanne, f"{path}/problemer", "Affektiv psykose"))
    page = (await hanne.get(path)).text
    assert "Pasienten har skjult noe av journalen for deg" in page
    assert "Be om å få se" in page
    assert "Ingenting her som du kan se" in page
    async with platform.database.transaction(read_only=True, reader=OWNER) as tx:
        assert tuple(await tx.one("select count(*) from privacy_setting")) == (2,)
    geir = await world.sign_in("partner", "geir-hansen")
    assert "Per Arne Dahl" in (await geir.get("/partner/")).text
    wenche = await world.sign_in("innbygger", "wenche")
    assert list((await choices(wenche)).values()) == ["Wenche Dahl", "Per Arne Dahl"]
    linn = await world.sign_in("innbygger", "linn")
    home = (await act_for(linn, "Tuva Holte")).text
    assert "Når barnet har fylt 12 år, ser du bare avtalene" in home
    assert (await linn.get("/innbygger/innsyn")).status_code == 403
    # Who is thirteen gives no powers.
    tuva = await world.sign_in("innbygger", "tuva")
    own = (await tuva.get("/innbygger/fullmakt")).text
    assert ("Du kan gi fullmakt når du har fylt 16" in own, 'name="hvem"' in own) == (True, False)
