"""Messages carry links to what is shared, instead of copies, to those who can follow them (row L16)."""

import re
from html import unescape

import pytest
from tests.exchange.asking import side
from tests.exchange.test_send_pages import entry_at, referred

from akson.exchange.finding import find
from akson.messaging import codec
from akson.messaging.addresses import ABILITIES
from akson.record import gate
from akson.record.context import NODE_ITSELF, opened
from akson.store.database.reader import OWNER
from akson.store.underway import messages

pytestmark = pytest.mark.store

SHARED = "Viktig blodfortynnende behandling"
"""What the register of critical information holds about Per Arne."""


async def sent(world):
    """The newest referral of the surgery, as it went over the wire."""
    async with side(world, "journal").place.database.transaction(reader=OWNER) as tx:
        out = await messages.find(tx, "out")
        raw = await messages.payload(tx, out[0].id)
    return raw, codec.read(raw).content


@pytest.mark.proves("L16")
async def test_a_link_goes_in_place_of_a_copy_and_shows_what_stands_in_the_register_now(world):
    await referred(world)
    raw, letter = await sent(world)
    (link,) = [each for each in letter.attachments if each.is_link]
    assert link.reference.startswith(f"{world.base}/samhandling/fhir/")
    assert SHARED not in raw.decode()
    assert not letter.precautions
    doctor = await world.sign_in("sykehus", "ola-strand")
    path, page = await entry_at(doctor, "sykehus")
    card = unescape(page.text).partition('id="links"')[2].partition("</section>")[0]
    assert SHARED in card
    # Nothing is asked about taking it in: it is on everybody's screen already.
    assert not re.search(r'name="(precaution|allergy)-\d+" value="take"', page.text)
    world.silent.add("samhandling")
    silent = unescape((await doctor.get(path)).text)
    assert "Registeret svarer ikke nå. Brevet viser til opplysninger som du må se der." in silent


async def test_one_who_cannot_follow_links_gets_copies(world):
    async with opened(side(world, "samhandling").place, NODE_ITSELF) as ctx:
        for each in await find(ctx, "Endpoint", ("_count", "200")):
            kinds = [k for k in each["payloadType"] if k["coding"][0]["system"] != ABILITIES]
            await gate.update(ctx, each | {"payloadType": kinds})
    side(world, "journal").mailroom.forget()
    await referred(world)
    _, letter = await sent(world)
    assert not [each for each in letter.attachments if each.is_link]
    assert any(SHARED in words for words in letter.precautions)
