"""The registers of the platform in the shapes of the national ones, asked with real tokens over HTTP."""

import pytest
from tests.exchange.asking import PIDS, side

from akson.demo.registers import person_id
from akson.demo.units import BY_KEY
from akson.record import registers
from akson.record.context import NODE_ITSELF, opened
from akson.record.registers import Register

pytestmark = pytest.mark.store

BASED = "nhn:hgd-persontjenesten-api/read-with-legal-basis"
UNBASED = "nhn:hgd-persontjenesten-api/read-no-legal-basis"
PERSONS = "persontjenesten/api/legal-basis"
FORM = {"content-type": "application/x-www-form-urlencoded"}


async def ask(world, path, scope=BASED, method="GET", name="journal", **options):
    url = f"{world.base}/samhandling/grunndata/{path}"
    return await side(world, name).peer.request(method, url, scope=scope, **options)


async def by_number(world, key, scope=BASED, query=""):
    path = f"persontjenesten/api/{'legal-basis' if scope == BASED else 'no-legal-basis'}/person/get-by-nin{query}"
    return await ask(world, path, scope, "POST", content=f"nin={PIDS[key]}", headers=FORM)


async def change(world, register, key, kind, **parts):
    """Whoever runs the registers changes an entry."""
    async with opened(side(world, "samhandling").place, NODE_ITSELF) as ctx:
        return await registers.change(ctx, register, key, kind, lambda body: body | parts)


@pytest.mark.proves("T2")
async def test_a_person_is_given_by_number_in_the_body_and_by_an_id_that_means_nothing(world):
    found = await by_number(world, "lukas")
    assert found.status_code == 200, found.text
    person = found.json()
    assert person["name"][0]["lastName"] == "Fjeld"
    assert person["guardianshipOrFuturePowerOfAttorney"][0]["guardian"]["norwegianIdentificationNumber"]
    assert PIDS["lukas"] not in str(found.url)
    again = await ask(world, f"{PERSONS}/person/{person['id']}?informationParts=Name&informationParts=Birth")
    assert set(again.json()) == {"id", "name", "birth"}
    several = await ask(
        world, f"{PERSONS}/person/bulk-by-nin", method="POST", headers=FORM,
        content=f"nins={PIDS['ingrid']}&nins={PIDS['olav']}",
    )  # fmt: skip
    assert {each["name"][0]["firstName"] for each in several.json()} == {"Ingrid", "Olav"}
    emil = (await ask(world, f"{PERSONS}/person/{person_id('emil')}")).json()
    assert {each["responsible"] for each in emil["parentalResponsibility"]} == {PIDS["julie"], PIDS["sindre"]}


async def test_without_a_legal_basis_neither_relatives_nor_protected_addresses_are_given(world):
    open_ = (await by_number(world, "lukas", UNBASED)).json()
    assert "residentialAddress" in open_
    assert not {
        "guardianshipOrFuturePowerOfAttorney",
        "familyRelation",
        "norwegianIdentificationNumber",
    } & set(open_)
    for level, based, unbased in (("Confidential", True, False), ("StrictlyConfidential", False, False)):
        await change(
            world, Register.PERSON, person_id("lukas"), "ChangeInAddressProtection",
            addressProtection=[{"level": level}],
        )  # fmt: skip
        for scope, expected in ((BASED, based), (UNBASED, unbased)):
            given = (await by_number(world, "lukas", scope)).json()["residentialAddress"][0]
            assert ("streetAddress" in given) is expected, (level, scope)
            assert given["addressConfidentiality"] or expected


async def test_the_feed_goes_on_from_a_number_and_names_nobody(world):
    last = (await ask(world, f"{PERSONS}/event/latest")).json()["sequenceNumber"]
    number = await change(
        world, Register.PERSON, person_id("astrid"), "ChangeInDeath", death=[{"dateOfDeath": "2026-11-23"}]
    )
    assert number == last + 1
    found = await ask(world, f"{PERSONS}/event?sequenceNumber={number}")
    assert found.json()["results"][0] | {"created": ""} == {
        "sequenceNumber": number, "eventType": "ChangeInDeath", "created": "", "personId": person_id("astrid"),
    }  # fmt: skip
    assert PIDS["astrid"] not in found.text
    kinds = (await ask(world, f"{PERSONS}/event?eventTypes=ChangeInDeath")).json()["results"]
    assert [each["sequenceNumber"] for each in kinds] == [number]
    assert (await ask(world, f"{PERSONS}/event?sequenceNumber={number + 1}")).json()["results"] == []


async def test_the_other_registers_answer_in_their_shapes(world):
    nurse = (await ask(world, "hpr/api/v1/personnel/9100101", "nhn:hpr/extended")).json()
    assert nurse["authorizations"][0]["healthPersonnelCategory"]["code"] == "SP"
    doctors = await ask(
        world, "hpr/api/v1/personnel/bulk", "nhn:hpr/extended", "POST", json={"hprNumbers": ["9100105", "1"]}
    )
    assert [each["authorizations"][0]["specialities"][0]["code"] for each in doctors.json()] == ["1"]
    list_ = await ask(
        world, "flr/api/v1/patient-gp/get-by-nin", "nhn:flr/read", "POST",
        content=f"nin={PIDS['ingrid']}", headers=FORM,
    )  # fmt: skip
    assert list_.json()["contracts"][0]["generalPractitioner"]["hprNumber"] == "9100105"
    her_id = BY_KEY["solvik-legesenter"].her_id
    party = (await ask(world, f"ar/CommunicationParties/{her_id}", "nhn:cp-api/access-v2-dpop")).json()
    assert (party["herId"], party["communicationParty"]["Active"]) == (int(her_id), True)
    number = side(world, "journal").node.organization
    unit = await ask(world, f"enhetsregisteret/api/enheter/{number}", "akson:samhandling/fhir")
    assert unit.json()["navn"] == "Solvik kommune"
    for path in (f"enhetsregisteret/api/underenheter/{number}", "enhetsregisteret/api/enheter/1"):
        assert (await ask(world, path, "akson:samhandling/fhir")).status_code == 404


REFUSED = [
    (f"{PERSONS}/person/x", UNBASED, "GET", {}, 403),
    (f"{PERSONS}/person/x", "nhn:hpr/extended", "GET", {}, 403),
    (f"{PERSONS}/person/x", "akson:samhandling/fhir", "GET", {}, 403),
    (f"{PERSONS}/person/x", BASED, "GET", {}, 404),
    (f"{PERSONS}/person/get-by-nin", BASED, "POST", {"content": "nin=1&nin=2", "headers": FORM}, 400),
    (f"{PERSONS}/person/get-by-nin", BASED, "POST", {"content": "", "headers": FORM}, 400),
    (f"{PERSONS}/person/get-by-nin", BASED, "POST", {"content": "nin=1", "headers": FORM}, 404),
    (f"{PERSONS}/person/bulk-by-nin", BASED, "POST", {"content": "&".join(["nins=1"] * 101), "headers": FORM}, 400),
    (f"{PERSONS}/person/bulk-by-nin", BASED, "POST", {"content": "nins=" + "1" * 200_000, "headers": FORM}, 413),
    (f"{PERSONS}/person/{person_id('lukas')}?informationParts=Secrets", BASED, "GET", {}, 400),
    (f"{PERSONS}/event?sequenceNumber=-1", BASED, "GET", {}, 400),
    (f"{PERSONS}/event?sequenceNumber=99999999999999999999", BASED, "GET", {}, 400),
    ("hpr/api/v1/personnel/bulk", "nhn:hpr/extended", "POST", {"json": {"hprNumbers": "9100101"}}, 400),
    ("hpr/api/v1/personnel/bulk", "nhn:hpr/extended", "POST", {"content": b"{"}, 400),
    ("ar/CommunicationParties/1", "nhn:cp-api/access-v2-dpop", "GET", {}, 404),
]  # fmt: skip


async def test_what_is_not_asked_rightly_is_refused_with_a_reason(world):
    for path, scope, method, options, status in REFUSED:
        answer = await ask(world, path, scope, method, **options)
        assert answer.status_code == status, (path, scope, answer.text)
        assert answer.json()["issue"][0]["diagnostics"]


async def test_neither_a_citizen_nor_a_session_reads_a_register(world):
    browser = await world.sign_in("innbygger", "ingrid")
    assert (await browser.get(f"/samhandling/grunndata/{PERSONS}/event/latest")).status_code == 401
    operator = await world.sign_in("samhandling", "henrik-vold")
    assert (await operator.get(f"/samhandling/grunndata/{PERSONS}/event/latest")).status_code == 401


async def test_each_reading_is_in_the_log_of_the_citizen(world):
    await by_number(world, "ingrid")
    browser = await world.sign_in("innbygger", "ingrid")
    page = (await browser.get("/innbygger/innsyn")).text
    assert "Solvik kommune" in page
    assert "Oppslag i et register" in page
