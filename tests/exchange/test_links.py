"""Messages carry links to what is shared, instead of copies, to those who can follow them (row L16)."""

import re
from html import unescape

import pytest
from tests.exchange.asking import give_links_back, side, take_links_away
from tests.exchange.test_send_pages import entry_at, post, referred, ticked, until

from akson.messaging import codec
from akson.store.database.reader import OWNER
from akson.store.underway import messages

pytestmark = pytest.mark.store

SHARED = "Viktig blodfortynnende behandling"
"""What the register of critical information holds about Per Arne."""
MEDICINE = "Klopidogrel"
"""What the shared list of medicines holds."""


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
    links = [each for each in letter.attachments if each.is_link]
    kinds = {each.reference.rpartition("/fhir/")[2].partition("/")[0] for each in links}
    assert "MedicationStatement" in kinds
    assert kinds - {"MedicationStatement"}
    assert all(each.reference.startswith(f"{world.base}/samhandling/fhir/") for each in links)
    for copied in (SHARED, MEDICINE):
        assert copied not in raw.decode()
    assert not letter.precautions
    assert not letter.medicines
    doctor = await world.sign_in("sykehus", "ola-strand")
    path, page = await entry_at(doctor, "sykehus")
    card = unescape(page.text).partition('id="links"')[2].partition("</section>")[0]
    assert SHARED in card
    assert MEDICINE in card
    assert "1 tablett morgen" in card
    # Nothing is asked about taking it in: it is on everybody's screen already.
    assert not re.search(r'name="(precaution|allergy)-\d+" value="take"', page.text)
    world.silent.add("samhandling")
    silent = unescape((await doctor.get(path)).text)
    assert "Registeret svarer ikke nå. Brevet viser til opplysninger som du må se der." in silent


async def test_one_who_cannot_follow_links_gets_copies(world):
    await take_links_away(world, "journal")
    await referred(world)
    _, letter = await sent(world)
    assert not [each for each in letter.attachments if each.is_link]
    assert any(SHARED in words for words in letter.precautions)
    (copy,) = [each for each in letter.medicines if MEDICINE in each.code.label]
    assert copy.directions == "1 tablett morgen"


@pytest.mark.proves("L16")
async def test_a_summary_carries_links_too_and_copies_to_one_who_does_not_follow_them(world):
    gp = await referred(world)
    doctor = await world.sign_in("sykehus", "ola-strand")
    path, letter = await entry_at(doctor, "sykehus")
    dated = {"do": "accepted", "until": "2099-01-31", "words": ""}
    await post(doctor, letter, f"{path}/vurder", **dated)
    form = await doctor.get(f"{path}/epikrise")
    assert MEDICINE in form.text
    include = ticked(form)
    assert any(each.startswith("register:") for each in include)
    fields = {
        "patient": re.search(r'name="patient" value="([^"]+)"', form.text)[1],
        "title": "Epikrise", "text-VU": "Bedre.", "include": include,
    }  # fmt: skip
    shown = unescape((await post(doctor, form, f"{path}/epikrise", do="preview", **fields)).text)
    assert MEDICINE not in shown
    assert "Legemidler" in shown
    await take_links_away(world, "sykehus")
    shown = unescape((await post(doctor, form, f"{path}/epikrise", do="preview", **fields)).text)
    assert MEDICINE in shown
    assert SHARED in shown
    await give_links_back(world, "sykehus")
    sent_off = await post(doctor, form, f"{path}/epikrise", do="send", **fields)
    assert sent_off.status_code == 200, sent_off.text[-1500:]
    page = await until(gp, "/journal/innboks/liste", "Epikrise")
    page = await gp.get(re.search(r'href="(/journal/innboks/[0-9a-f-]+)"', page.text)[1])
    card = unescape(page.text).partition('id="links"')[2].partition("</section>")[0]
    assert MEDICINE in card
    assert SHARED in card
