"""What the demo holds keeps the profiles of the parts that show it: Akson's own everywhere, national ones where their packages lie."""

from datetime import date

import pytest
import pytest_asyncio
from tests.record.test_validation import packaged

from akson.demo.build import CHAPTERS, blocks
from akson.exchange.declare import load
from akson.exchange.own_package import load_own
from akson.exchange.profiles import own_profile
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.record import gate
from akson.record.change import Change
from akson.record.context import NODE_ITSELF, opened
from akson.record.validation import issues
from akson.rest.open import open_place
from akson.security.actor import Action
from akson.store.scope import NODE
from akson.store.search import statements
from akson.store.terms import definitions

pytestmark = pytest.mark.store
TODAY = date(2026, 11, 23)


@pytest_asyncio.fixture
async def place(database):
    """All that the nodes of the demo hold, on one node that knows the own package."""
    made = open_place(database, "http://fhir.example")
    await load_own(made)
    async with opened(made, NODE_ITSELF) as ctx:
        for name in CHAPTERS:
            for block in blocks(name, TODAY):
                await gate.transact(ctx, [Change(Action.CREATE, resource) for resource in block])
    return made


async def shown(ctx, part):
    page = await statements.search(ctx.tx, NODE, parse(part.type, [*part.pairs, ("_count", "1000")], base=""))
    return [loads(stored.body) for stored in page.matches]


async def wrong(place, which):
    """(part, where, what) of each fault of what a part shows against its profile, and of profiles that are not here; how much was seen."""
    found, seen = set(), 0
    async with opened(place, NODE_ITSELF) as ctx:
        for service in load():
            for part in service.parts:
                url = which(service, part)
                for resource in await shown(ctx, part) if url else ():
                    told = await issues(ctx, resource, [url], declared=False)
                    seen += 1
                    found |= {
                        (part.slug, e.expression[0], e.diagnostics) for e in told if e.severity == "error"
                    }
    return found, seen


async def test_what_each_part_shows_keeps_the_profile_of_the_part(place):
    found, seen = await wrong(place, own_profile)
    assert found == set()
    assert seen > 300


@pytest.mark.shared
async def test_what_has_a_national_profile_keeps_it(place):
    async with place.database.transaction() as tx:
        for name in ("no-basis-2.2.4-test", "no-kodeverk"):
            await definitions.add(tx, packaged(name))
    found, seen = await wrong(place, lambda _service, part: part.profile)
    assert found == set()
    assert seen > 80
