"""Those who are at one program, each signed in once: they write on pages, and read what others wrote."""

import asyncio
import re
from html import unescape

from akson.record import gate
from akson.record.context import NODE_ITSELF, opened
from akson.store.database.reader import NODE
from tests.exchange.asking import PIDS, side
from tests.exchange.forms import chart, made_from
from tests.services.samples import sample


class Scene:
    """One program, and those who are at it: each signs in once, and has the charts that were opened."""

    def __init__(self, world):
        self.world, self.people, self.charts = world, {}, {}

    async def at(self, node, who):
        if (node, who) not in self.people:
            self.people[node, who] = await self.world.sign_in(node, who)
        return self.people[node, who]

    async def chart(self, node, who, name):
        """Somebody's browser, and the address of the patient's chart there."""
        browser = await self.at(node, who)
        if (node, name) not in self.charts:
            self.charts[node, name] = await chart(browser, node, name)
        return browser, self.charts[node, name]

    async def writes(self, where, place, /, **form):
        """Fill in the form of a part; `where` is (node, who, patient)."""
        browser, here = await self.chart(*where)
        return await self._sent(browser, f"{here}/tjenester/{place}/ny", here.rsplit("/", 1)[1], form)

    async def measures(self, where, kind, *values):
        """Write down a measurement or a score."""
        browser, here = await self.chart(*where)
        form = {"kind": kind} | dict(zip(("value", "second", "third"), values, strict=False))
        return await self._sent(browser, f"{here}/maalinger", here.rsplit("/", 1)[1], form)

    async def registers_allergy(self, where, what):
        """Register an allergy on the page for critical information."""
        browser, here = await self.chart(*where)
        address = f"{here}/kritisk/overfoelsomhet/ny"
        asked = await browser.get(address)
        chosen = {
            name: re.search(r'<option value="([^"]+)"', options)[1]
            for name, options in re.findall(
                r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', asked.text, re.DOTALL
            )
        }
        form = {
            "patient": here.rsplit("/", 1)[1],
            "key": re.search(r'name="key" value="([^"]+)"', asked.text)[1],
        }
        saved = await browser.post(address, data=made_from(asked.text) | form | chosen | {"what": what})
        assert saved.status_code == 200, words_of(saved.text)

    async def tells(self, who, place, /, **form):
        """A citizen fills in the form of a part."""
        browser = await self.at("innbygger", who)
        return await self._sent(browser, f"/innbygger/opplysninger/{place}/ny", "", form)

    async def reads(self, where, service, *words):
        """What somebody treating reads of a service: what the own system has, then what others have."""
        browser, here = await self.chart(*where)
        await seen(browser, [f"{here}/tjenester/{service}", f"{here}/tjenester/{service}/andre"], words)

    async def citizen_reads(self, who, service, *words):
        browser, base = await self.at("innbygger", who), f"/innbygger/opplysninger/{service}"
        await seen(browser, [base, f"{base}/andre"], words)

    async def holds(self, node, person, service, part):
        """What a record system has of a person that came there by a machine; the words that tell it."""
        hosted = side(self.world, node)
        async with hosted.place.database.transaction(read_only=True, reader=NODE) as tx:
            patient = (await hosted.people.patient(tx, PIDS[person]))["id"]
        words, resource = sample(service, part, patient)
        async with opened(hosted.place, NODE_ITSELF) as ctx:
            await gate.update(ctx, resource)
        return words

    async def _sent(self, browser, address, patient, form):
        asked = await browser.get(address)
        assert asked.status_code == 200, asked.text[:2000]
        key = re.search(r'name="key" value="([^"]+)"', asked.text)
        given = made_from(asked.text) | {"patient": patient, "key": key[1]} | form
        saved = await browser.post(address, data=given)
        assert saved.status_code == 200, words_of(saved.text)[-1500:]
        return saved


def words_of(html):
    return " ".join(unescape(re.sub("<[^>]+>", " ", html)).split())


async def seen(browser, addresses, words):
    """All words stand on one of the pages; what record systems told last comes within seconds."""
    for _ in range(100):
        pages = [await browser.get(each) for each in addresses]
        text = " ".join(words_of(page.text) for page in pages if page.status_code == 200)
        missing = [each for each in words if each not in text]
        if not missing:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{missing} not in {text[-2500:]}")
