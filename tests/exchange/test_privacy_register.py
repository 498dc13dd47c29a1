"""The register of the citizens' own rules on the platform: who reads and changes it, versions, who follows."""

import asyncio

import pytest
from tests.exchange.asking import PIDS, side

from akson.exchange.hub.privacy import RULES
from akson.security.client import Behalf
from akson.security.privacy import DEFINITIONS
from akson.store.access import privacy
from akson.store.database.reader import OWNER

pytestmark = pytest.mark.store

SCOPE = "akson:samhandling/personvern"
READ, HISTORY = "HentInnbyggersPiForPart/v2", "HentInnbyggersPiHistorikk/v2"
SET, NEWS = "SettInnbyggersPersonvernInnstilling/v2", "endringer"
HANNE = {"id": "9100101", "navn": "Hanne Lunde"}


def block(**changes):
    """Nobody but those named is shut out of everything."""
    people = {"logiskOmfang": "ANGITTE", "berortPerson": [HANNE]}
    metadata = {"omfang": "BL", "berortHelsepersonell": people} | changes
    return {"definisjonGuid": DEFINITIONS["sperring"].identifier, "metadata": metadata}


async def session_of(world, browser, surface="innbygger", node="samhandling"):
    secret = next(cookie.value for cookie in browser.cookies.jar if surface in cookie.name)
    return Behalf(await side(world, node).sessions.find(secret))


async def as_citizen(world, person):
    """Asks the register with the token of a citizen."""
    behalf = await session_of(world, await world.sign_in("innbygger", person))

    async def ask(path, body=None):
        url = f"{world.base}/samhandling/personvern/{path}"
        peer = side(world, "samhandling").peer
        return await peer.request("POST", url, scope=SCOPE, on_behalf_of=behalf, json=body or {})

    return ask


async def follow(world, name, body, scope=SCOPE):
    url = f"{world.base}/samhandling/personvern/{NEWS}"
    return await side(world, name).peer.request("POST", url, scope=scope, json=body, timeout=30)


async def test_a_citizen_sets_changes_and_withdraws_a_rule_and_every_version_stays(world):
    ingrid = await as_citizen(world, "ingrid")
    made = await ingrid(SET, block())
    assert made.status_code == 200, made.text
    assert (made.json()["versjonsnummer"], made.json()["status"]) == (1, "TBO")
    named = {"id": made.json()["id"], "versjonsnummer": 1}
    part = {"logiskOmfang": "ANGITTE", "kategorier": ["medicines"]}
    changed = await ingrid(SET, block(berorteHelseopplysninger=part) | named)
    assert changed.json()["versjonsnummer"] == 2, changed.text
    late = await ingrid(SET, block() | named)
    assert late.status_code == 412, late.text
    gone = await ingrid(SET, {"id": named["id"], "versjonsnummer": 2, "aktiv": False})
    assert (gone.json()["status"], gone.json()["aktiv"]) == ("TBF", False)
    (stands,) = (await ingrid(READ)).json()["innstillinger"]
    assert (stands["versjonsnummer"], stands["aktiv"]) == (3, False)
    versions = (await ingrid(HISTORY)).json()["innstillinger"]
    assert [each["versjonsnummer"] for each in versions] == [3, 2, 1]
    assert {each["registrertAv"]["navn"] for each in versions} == {"Ingrid Haugen"}


async def test_only_rules_that_hold_count_and_no_node_keeps_anything_of_the_others(world):
    ingrid = await as_citizen(world, "ingrid")
    first = (await ingrid(SET, block())).json()
    hub, journal = side(world, "samhandling").place, side(world, "journal")
    more = RULES + 20
    async with hub.database.transaction(reader=OWNER) as tx:
        begun = await privacy.one(tx, PIDS["ingrid"], first["id"])
        for number in range(
            more
        ):  # all but one of those that may hold, and as many that are withdrawn or over
            was = {"active": number % 2 == 0, "high": begun.high if number % 2 else begun.moment}
            kept = {} if number < RULES - 2 else was
            await privacy.add(tx, begun._replace(id=f"r{number}", **kept))
    assert (await ingrid(SET, block())).status_code == 200, "those that do not hold do not count"
    full = await ingrid(SET, block())
    assert (full.status_code, full.json()["issue"][0]["code"]) == (429, "throttled")
    for path in ("r199", "r200"):  # neither is one that was withdrawn or is over a way around
        assert (await ingrid(SET, block() | {"id": path, "versjonsnummer": 1})).status_code == 429
    assert (await ingrid(SET, block() | {"id": first["id"], "versjonsnummer": 1})).status_code == 200
    gone = await ingrid(SET, {"id": "r0", "versjonsnummer": 1, "aktiv": False})
    assert gone.status_code == 200, gone.text
    assert (await ingrid(SET, block() | {"id": "r199", "versjonsnummer": 1})).status_code == 200
    assert len((await ingrid(READ)).json()["innstillinger"]) == more + 2

    async def closing():
        async with journal.place.database.transaction(reader=OWNER) as tx:
            return await tx.one("select count(*) from privacy_mirror"), await tx.one(
                "select count(distinct rule) from access_block where not starts_with(rule, 'entry/')"
            )

    while (told := await closing()) != ((more + 2,), (RULES,)):
        assert told[0] <= (more + 2,)
        await asyncio.sleep(0.1)


async def test_one_citizen_neither_sees_nor_changes_the_rules_of_another(world):
    ingrid, olav = await as_citizen(world, "ingrid"), await as_citizen(world, "olav")
    made = (await ingrid(SET, block())).json()
    assert (await olav(READ)).json() == {"innstillinger": []}
    stolen = await olav(SET, block() | {"id": made["id"], "versjonsnummer": 1})
    assert stolen.status_code == 404, stolen.text
    gone = await olav(SET, {"id": made["id"], "versjonsnummer": 1, "aktiv": False})
    assert gone.status_code == 404
    assert (await ingrid(READ)).json()["innstillinger"][0]["aktiv"]


async def test_personnel_and_systems_do_not_read_the_register(world):
    hanne = await world.sign_in("journal", "hanne-lunde", "hjemmesykepleier")
    behalf = await session_of(world, hanne, "journal", "journal")
    journal = side(world, "journal")
    for path in (READ, HISTORY, SET, NEWS):
        url = f"{world.base}/samhandling/personvern/{path}"
        alone = await journal.peer.request("POST", url, scope="akson:samhandling/fhir", json={})
        assert alone.status_code == 403, (path, alone.text)
        if path != NEWS:
            system = await journal.peer.request("POST", url, scope=SCOPE, json=block())
            assert system.status_code == 403, (path, system.text)
        person = await hanne.post(f"/samhandling/personvern/{path}", json={})
        assert person.status_code == 401, path
    assert behalf.session
    found = await journal.peer.request(
        "GET", f"{world.base}/samhandling/fhir/PrivacySetting", scope="akson:samhandling/fhir"
    )
    assert found.status_code == 404, found.text


WRONG = {
    "metadata.omfang": block(omfang="XX"),
    "metadata.berortHelsepersonell": block(berortHelsepersonell={}),
    "metadata.berorteHelseopplysninger.kategorier": block(berorteHelseopplysninger={"kategorier": ["sko"]}),
    "metadata.berortHelsepersonell.logiskOmfang": block(berortHelsepersonell={"logiskOmfang": "NOEN"}),
    "metadata.berortHelsepersonell.berortEnhet": block(berortHelsepersonell={"berortEnhet": [{"navn": "x"}]}),
    "definisjonGuid": block() | {"definisjonGuid": "x"},
    "tidsbegrensetTil": block() | {"tidsbegrensetTil": "2020-01-01T00:00:00Z"},
    "gjelderFra": block() | {"gjelderFra": "in morgen"},
}


@pytest.mark.parametrize("element", WRONG)
async def test_what_no_rule_can_say_is_refused_with_its_element(world, element):
    ingrid = await as_citizen(world, "ingrid")
    refused = await ingrid(SET, WRONG[element])
    assert refused.status_code in {400, 422}, refused.text
    assert refused.json()["issue"][0]["expression"] == [element]
    assert (await ingrid(READ)).json() == {"innstillinger": []}


async def test_what_holds_in_an_emergency_too_is_for_named_persons_only(world):
    ingrid = await as_citizen(world, "ingrid")
    unit = {"logiskOmfang": "ANGITTE", "berortEnhet": [{"id": "310000101"}]}
    others = {"logiskOmfang": "OVRIGE", "berortPerson": [HANNE]}
    for people in (unit, others):
        refused = await ingrid(SET, block(berortHelsepersonell=people))
        assert refused.status_code == 422, refused.text
        made = await ingrid(SET, block(berortHelsepersonell=people, omfang="SP"))
        assert made.status_code == 200, made.text


async def test_who_follows_gets_all_that_stands_and_then_each_change_at_once(world):
    ingrid = await as_citizen(world, "ingrid")
    made = (await ingrid(SET, block())).json()
    first = (await follow(world, "sykehus", {})).json()
    assert first["whole"]
    (known,) = first["changes"]
    assert (known["id"], known["innbygger"], known["aktiv"]) == (made["id"], PIDS["ingrid"], True)
    assert "Lunde" not in str(first)
    waiting = asyncio.create_task(follow(world, "sykehus", {"after": first["after"], "wait": 10}))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    await ingrid(SET, {"id": made["id"], "versjonsnummer": 1, "aktiv": False})
    async with asyncio.timeout(5):
        news = (await waiting).json()
    assert [(each["versjonsnummer"], each["aktiv"]) for each in news["changes"]] == [(2, False)]


async def test_every_look_and_change_is_in_the_citizens_log(world):
    ingrid = await as_citizen(world, "ingrid")
    made = (await ingrid(SET, block())).json()
    await ingrid(READ)
    await follow(world, "journal", {})
    platform = side(world, "samhandling")
    async with platform.place.database.transaction(read_only=True, reader=OWNER) as tx:
        found = await tx.fetch(
            "select action, actor_kind, id, version from audit where type = 'PrivacySetting' order by number"
        )
    of_systems = [tuple(row) for row in found if row[1] == "system"]
    # Each node follows by itself as well.
    assert set(of_systems) == {("read", "system", "", 0)}
    assert [tuple(row) for row in found if row[1] != "system"] == [
        ("create", "citizen", made["id"], 1),
        ("read", "citizen", "", 0),
    ]
