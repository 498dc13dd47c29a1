"""What citizens of the demo have chosen before it begins: what one of them hides, a power of attorney, and what one
shares with NAV.

For `akson up` alone: where the registers are filled for tests, no citizen has chosen anything yet.
"""

from datetime import date, datetime, time, timedelta

from akson.demo.citizens import CITIZENS, Citizen
from akson.demo.units import BY_KEY
from akson.exchange.hub import attorney, partner, privacy
from akson.exchange.hub.privacy import Order
from akson.kit.clock import NORWAY
from akson.kit.errors import NotFound
from akson.record.context import NODE_ITSELF, Context, Place, opened
from akson.record.people import People
from akson.security.actor import Actor, Kind, Purpose
from akson.security.privacy import CLOSED, Subject, Terms
from akson.security.representation import PRIVACY, RECORD
from akson.security.rules.assurance import HIGH
from akson.store.underway import keep
from akson.trust import registry

KIND, KEY = "demo", "choices"
HIDES, FROM, WHAT = "thomas", "solvik-hjemmetjeneste", "problems"
"""Thomas hides his diagnoses from the home care: Hanne Lunde meets it in his chart, and may ask him."""
GIVES, LASTS = "per-arne", timedelta(days=365)
"""Per Arne lets his wife, Wenche, read the record and decide who sees it."""

TO, SHARES = "nav", ("planer", "tjenester-og-hjelpemidler", "problem-og-diagnose")
"""And NAV see what his work ability rests on: Geir Hansen finds him at /partner."""


async def choose(place: Place, today: date) -> None:
    """Set them at the platform, as the citizens do it on their pages; once, on the day when the demo is set up."""
    async with opened(place, NODE_ITSELF) as ctx:
        if await keep.get(ctx.tx, KIND, KEY):
            return
        await keep.put(ctx.tx, KIND, KEY, {"day": today.isoformat()}, registry.FOREVER)
    unit = BY_KEY[FROM]
    terms = Terms(CLOSED, (Subject("unit", unit.organization_number, unit.name),), parts=(WHAT,))
    async with opened(place, await _oneself(place, HIDES), Purpose.PATIENT_REQUEST) as ctx:
        await privacy.put(ctx, Order("sperring", terms))
    ends = datetime.combine(today + LASTS, time(), NORWAY)
    async with opened(place, await _oneself(place, GIVES), Purpose.PATIENT_REQUEST) as ctx:
        await attorney.give(ctx, await _relative(ctx, GIVES), frozenset({RECORD, PRIVACY}), ends)
        body = BY_KEY[TO]
        await partner.agree(ctx, Subject("org", body.organization_number, body.name), SHARES, ends)


def _citizen(key: str) -> Citizen:
    return next(each for each in CITIZENS if each.key == key)


async def _oneself(place: Place, key: str) -> Actor:
    citizen = _citizen(key)
    async with place.database.transaction(read_only=True) as tx:
        patient = await People(place).patient(tx.as_node, citizen.pid)
    if patient is None:
        raise NotFound("The demo's citizen is not at the platform")
    return Actor(
        Kind.CITIZEN,
        name=citizen.name,
        pid=citizen.pid,
        patient=patient["id"],
        assurance=HIGH,
        at_register=True,
    )


async def _relative(ctx: Context, key: str) -> str:
    """The id of the first of those close to the citizen."""
    close = await attorney.close_to(ctx)
    name = _citizen(key).relatives[0].given
    return next(id_ for id_, each in close.items() if name in each["name"][0]["given"])
