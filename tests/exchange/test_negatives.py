"""Every negative case against the whole program, at each family of routes: nothing is accepted, and a right request is."""

from dataclasses import dataclass, replace

import pytest
import pytest_asyncio
from tests.demo_world import start
from tests.exchange.asking import side
from tests.security.targets import AnchorTarget, ApiTarget
from tests.world import TODAY

from akson.demo.nodes import persons
from akson.demo.units import UNITS, owner
from akson.kit.norwegian import FNR
from akson.record.attest import attest
from akson.security import keys
from akson.security.actor import Purpose
from akson.security.client import Behalf
from helseid_negatives import client
from helseid_negatives.case import Request, control, send
from helseid_negatives.forge import proof
from helseid_negatives.plugin import ANCHOR_CASES, API_CASES

pytestmark = [pytest.mark.store, pytest.mark.asyncio(loop_scope="module")]

READ, MESSAGES = "akson:samhandling/fhir", "akson:samhandling/msh"
INGRID = next(person.pid for person in persons(TODAY) if person.key == "ingrid")
HER_ID = next(unit.her_id for unit in UNITS if unit.her_id and owner(unit).key == "solvik")
FIND = f"patient.identifier={FNR}|{INGRID}".replace(":", "%3A").replace("|", "%7C").encode()
JSON, FORM = ("Content-Type", "application/json"), ("Content-Type", "application/x-www-form-urlencoded")


@dataclass(frozen=True)
class Family:
    """Routes that let tokens in by one and the same code."""

    method: str
    path: str
    scope: str
    content: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    query: str = ""
    as_nurse: bool = False


FAMILIES = {
    "fhir": Family("GET", "samhandling/fhir/Organization", READ),
    "fhir bundle": Family(
        "POST",
        "samhandling/fhir",
        READ,
        b'{"resourceType": "Bundle", "type": "batch", "entry": []}',
        (("Content-Type", "application/fhir+json"),),
    ),
    "mhd": Family("POST", "samhandling/mhd/DocumentReference/_search", READ, FIND, (FORM,), as_nurse=True),
    "msh": Family("GET", "samhandling/msh/api/v2/Messages", MESSAGES, query=f"ReceiverHerIds={HER_ID}"),
    "register": Family("GET", "samhandling/register/kuhr/data/praksis", MESSAGES),
    "hendelser": Family("POST", "samhandling/hendelser", READ, b'{"patients": [], "wait": 0}', (JSON,)),
}
CLOSED = {
    "page": "samhandling/",
    "stream of the citizen": "innbygger/strom",
    "page of the citizen": "innbygger/",
    "health": "samhandling/health",
}
"""Where tokens count for nothing."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def program(demo):
    made = start(demo)
    async with made.app.router.lifespan_context(made.app):
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def nurse(program):
    """For whom her record system calls: with the attest that somebody is her patient."""
    browser = await program.sign_in("journal", "hanne-lunde")
    journal = side(program, "journal")
    secret = next(cookie.value for cookie in browser.cookies.jar if "journal" in cookie.name)
    session = await journal.sessions.find(secret)
    actor = await journal.people.find_actor(session.caller)
    yield Behalf(session, attest(actor, journal.node, INGRID, Purpose.TREATMENT, "1"))
    await browser.aclose()


@pytest.fixture(scope="module")
def rotated(program):
    """The key that the anchor signed with until now; the platform has heard that it has another."""
    ring = keys.load(program.settings.data, "tillitsanker-signing")
    before = ring.current
    ring.rotate().retire()
    for name in ("journal", "samhandling"):
        side(program, name).verifier.anchor.forget()
        side(program, name).peer._tokens.clear()
    return before


@pytest.fixture
def target(program, nurse, rotated):
    """Makes the target of a family."""

    def make(family):
        asker = side(program, "journal")
        behalf = nurse if family.as_nurse else None
        return ApiTarget(
            asker.peer._http,
            family.method,
            f"{program.base}/{family.path}",
            f"{program.base}/tillitsanker",
            f"{program.base}/samhandling",
            keys.load(program.settings.data, "tillitsanker-signing").current,
            rotated,
            asker.system.proof.current,
            lambda: asker.peer.token(family.scope, behalf),
            family.content,
            family.headers,
            family.query,
        )

    return make


@pytest.fixture
def anchor(program):
    journal, sykehus = side(program, "journal"), side(program, "sykehus")
    return AnchorTarget(
        program.browser,
        f"{program.base}/tillitsanker",
        journal.node.client_id,
        journal.system.keys.current,
        journal.system.proof.current,
        f"{program.base}/journal/callback",
        READ,
        "akson:sykehus/fhir",
        sykehus.node.client_id,
        sykehus.system.keys.current,
        "hanne-lunde",
    )


@pytest.mark.parametrize("family", FAMILIES)
async def test_a_right_request_is_accepted(target, family):
    answer = await control(target(FAMILIES[family]))
    assert answer.status == 200, answer.text


@pytest.mark.parametrize("family", FAMILIES)
async def test_a_wrong_token_or_proof_is_refused_at_every_family_of_routes(target, family, api_case):
    assert await api_case.fault(target(FAMILIES[family])) == ""


@pytest.mark.parametrize("place", CLOSED)
async def test_neither_a_wrong_nor_a_right_token_is_taken_where_pages_are(target, place):
    """Whoever shows a token at a page or stream is refused before anything is looked at."""
    closed = target(Family("GET", CLOSED[place], READ))
    cases = [case for case in API_CASES if case.number not in {1, 15}]
    answers = [await send(closed, case.forge(closed, await closed.token())) for case in cases]
    answers.append(await control(closed))
    assert {answer.status for answer in answers} == {400}
    assert all("OperationOutcome" in answer.text for answer in answers)


async def test_the_anchor_refuses_what_is_wrong(anchor, anchor_case):
    assert await anchor_case.fault(anchor) == ""


async def test_a_page_that_the_anchor_does_not_have_is_said_so(program):
    async with program.browser() as browser:
        for path in ("nowhere", "connect/token"):
            answer = await browser.get(f"/tillitsanker/{path}", headers={"Authorization": "DPoP x"})
            assert answer.status_code in {404, 405}


@pytest.mark.proves("T5")
async def test_the_anchor_gives_what_is_right(anchor):
    assert (await client.token(anchor, client.by_itself(anchor))).status == 200
    tokens = await client.signed_in(anchor)
    refreshed = client.by_refresh(anchor, tokens["refresh_token"])
    assert (await client.token(anchor, refreshed)).status == 200


async def test_a_token_of_one_family_opens_no_other(target):
    for held, asked in (("msh", "fhir"), ("msh", "hendelser"), ("msh", "mhd"), ("fhir", "msh")):
        there = FAMILIES[asked]
        answer = await control(target(replace(there, scope=FAMILIES[held].scope, as_nurse=False)))
        assert answer.status == 403, (held, asked, answer.text)


async def test_a_proof_is_used_up_for_every_process_and_after_a_restart(demo, program, target):
    """Another process, or the same one started again, has the database alone to know it by."""
    api = target(FAMILIES["fhir"])
    token = await api.token()
    request = Request(token, (proof(api.proof_key, api.method, api.url, token),))
    assert (await send(api, request)).status == 200
    for each in program.app.state.hosted:
        each.verifier._kept.clear()
        each.verifier.anchor.forget()
    again = await send(api, request)
    assert again.status == 401
    assert "jti" in again.text


async def test_an_id_token_opens_nothing(target, anchor):
    """Class 12: an ID token is about the right person and signed by the right key."""
    tokens = await client.signed_in(anchor)
    for name in ("id_token", "refresh_token"):
        wrong = tokens[name]
        for family in FAMILIES.values():
            api = target(family)
            made = proof(api.proof_key, api.method, api.url, wrong)
            assert (await send(api, Request(wrong, (made,)))).status == 401


async def test_there_are_at_least_three_hundred_cases_of_fifty_classes():
    tried = len(FAMILIES) * len(API_CASES) + len(CLOSED) * (len(API_CASES) - 5) + len(ANCHOR_CASES)
    assert len(API_CASES) + len(ANCHOR_CASES) >= 300
    assert tried >= 1000
    assert {case.number for case in (*API_CASES, *ANCHOR_CASES)} >= set(range(1, 52)) - {14}
