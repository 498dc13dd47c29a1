"""Acting for others in the portal and at the record systems: parents, guardians, powers of attorney; what ends has ended."""

import re
from datetime import timedelta

import pytest
from tests.exchange.asking import PIDS, As, side
from tests.exchange.forms import chart, csrf, submit
from tests.exchange.test_follow import settled
from tests.exchange.test_privacy import within_limit
from tests.exchange.test_registers import change
from tests.exchange.test_send_pages import referred, until
from tests.world import TODAY

from akson.demo.citizens import citizens
from akson.demo.registers import person_id
from akson.kit.clock import now
from akson.record.registers import Register
from akson.security.representation import header
from akson.store.database.reader import OWNER

pytestmark = pytest.mark.store

NOAH = next(each.pid for each in citizens(TODAY) if each.key == "noah")
SECRET = [{"level": "StrictlyConfidential"}]
LATER = (now() + timedelta(days=30)).date().isoformat()


async def choices(browser):
    """Names one may act for, and what the form of each sends."""
    page = (await browser.get("/innbygger/role")).text
    return dict(re.findall(r'name="role" value="([^"]*)">\s*<button[^>]*><span><strong>([^<]+)', page))


async def act_for(browser, name):
    found = {called: key for key, called in (await choices(browser)).items()}
    page = await browser.get("/innbygger/role")
    return await browser.post("/innbygger/role", data={"csrf_token": csrf(page.text), "role": found[name]})


async def test_a_mother_acts_for_her_child_and_is_told_apart_in_the_log(world, live):
    kristine = await world.sign_in("innbygger", "kristine")
    assert "Kristine Eriksen" in (await kristine.get("/innbygger/")).text
    assert list((await choices(kristine)).values()) == ["Kristine Eriksen", "Noah Eriksen"]
    page = await act_for(kristine, "Noah Eriksen")
    assert "Kristine Eriksen handler for" in page.text
    health = await kristine.get("/innbygger/helse")
    assert health.status_code == 200
    # The record systems answer about the child, by what they know themselves of who may ask.
    papers = (await kristine.get("/innbygger/helse/dokumenter")).text
    assert "Konsultasjon med mor og far" in papers
    assert "Barnepoliklinikk: utslett" in papers
    opened = re.search(r'href="(/innbygger/helse/dokumenter/sykehus/[^"]+)"', papers)
    assert "utslett" in (await kristine.get(opened[1])).text
    referrals = await kristine.get("/innbygger/henvisninger?alle")
    assert (referrals.status_code, "svarer ikke" in referrals.text) == (200, False)
    log = await kristine.get("/innbygger/innsyn")
    assert "Kristine Eriksen, forelder" in log.text
    assert "svarer ikke" not in log.text
    # Powers of attorney are the citizen's own.
    assert (await kristine.get("/innbygger/fullmakt")).status_code == 403
    for name in ("journal", "sykehus"):
        async with side(world, name).place.database.transaction(read_only=True, reader=OWNER) as tx:
            rows = await tx.fetch("select distinct actor_kind, role, reason, basis from audit"
                                  " where actor_name = 'Kristine Eriksen' and granted and pat <> 0")  # fmt: skip
        assert {tuple(row) for row in rows} >= {
            ("representative", "FO", "reason.represented", "SAMTYKKE"),
        }, name
    form = {"csrf_token": csrf(health.text), "hvem": "hpr:9100101:Hanne Lunde", "lagre": "ja", "mener": "ja"}
    assert "Lagret" in (await kristine.post("/innbygger/personvern/skjul", data=form)).text
    async with side(world, "samhandling").place.database.transaction(read_only=True, reader=OWNER) as tx:
        (rule,) = await tx.fetch("select pid, by_name, by_right from privacy_setting")
        rows = await tx.fetch("select distinct actor_kind, reason from audit where actor_name = 'Kristine Eriksen'"
                              " and granted and type <> ''")  # fmt: skip
    assert tuple(rule) == (NOAH, "Kristine Eriksen", "FO")
    assert ("representative", "reason.represented") in {tuple(row) for row in rows}


async def test_a_note_that_is_kept_from_parents_is_none_of_theirs_anywhere(world, live):
    kristine = await world.sign_in("innbygger", "kristine")
    await act_for(kristine, "Noah Eriksen")
    silje = await world.sign_in("journal", "silje-aune")
    path = await chart(silje, "journal", "Noah Eriksen")
    assert "Foreldre og verger skal ikke se notatet" in (await silje.get(f"{path}/notater/nytt")).text

    async def papers():
        page = (await kristine.get("/innbygger/helse/dokumenter")).text
        assert "svarer ikke" not in page
        return set(re.findall(r'href="(/innbygger/helse/dokumenter/journal/[^"]+)"', page))

    before = await papers()
    note = {
        "patient": path.rpartition("/")[2],
        "version": "0",
        "kind": "visit",
        "situation": "Vil ikke at mor vet",
        "do": "sign",
    }
    kept = await submit(silje, f"{path}/notater", note | {"hidden": "ja"})
    assert "Ikke for foreldre" in kept.text
    assert "Vil ikke at mor vet" in kept.text
    assert await papers() == before
    told = await submit(silje, f"{path}/notater", note | {"situation": "Har det fint"})
    assert "Ikke for foreldre" not in told.text
    assert len(await papers() - before) == 1
    hidden = before.pop().rpartition("/")[0] + "/" + str(kept.url).rpartition("/")[2]
    refused = await kristine.get(hidden)
    assert "Vil ikke at mor vet" not in refused.text
    adult = await chart(await world.sign_in("journal", "hanne-lunde"), "journal", "Ingrid Haugen")
    hanne = await world.sign_in("journal", "hanne-lunde")
    assert "Foreldre og verger skal ikke" not in (await hanne.get(f"{adult}/notater/nytt")).text


async def test_who_may_act_for_nobody_is_not_asked_and_cannot_choose(world):
    for person in ("ingrid", "fatima"):  # Amira, Fatima's daughter, is sixteen
        browser = await world.sign_in("innbygger", person)
        assert await choices(browser) == {}
        page = await browser.get("/innbygger/personvern")
        async with side(world, "samhandling").place.database.transaction(read_only=True, reader=OWNER) as tx:
            patient = await side(world, "samhandling").people.patient(tx, PIDS["olav"])
        form = {"csrf_token": csrf(page.text), "role": f"Patient/{patient['id']}"}
        assert (await browser.post("/innbygger/role", data=form)).status_code == 403


async def test_a_guardian_acts_and_a_secret_address_ends_it_at_the_next_page(world):
    gunnar = await world.sign_in("innbygger", "gunnar")
    assert "Gunnar Fjeld handler for" in (await act_for(gunnar, "Lukas Fjeld")).text
    assert (await gunnar.get("/innbygger/helse")).status_code == 200
    async with side(world, "samhandling").place.database.transaction(reader=OWNER) as tx:
        secret = '{"addressProtection": [{"level": "StrictlyConfidential"}]}'
        await tx.execute(
            "update register_entry set body = body || %s::jsonb where register = 'person' and keys && %s::text[]",
            [secret, [PIDS["lukas"]]],
        )
    ended = await gunnar.get("/innbygger/helse")
    assert "Lukas" not in ended.text
    assert "Du kan ikke lenger handle for den du valgte" in ended.text
    assert "Gunnar Fjeld handler for" not in (await act_for(gunnar, "Gunnar Fjeld")).text
    assert await choices(gunnar) == {}


async def test_a_power_of_attorney_holds_until_it_is_taken_back(world):
    ingrid = await world.sign_in("innbygger", "ingrid")
    page = (await ingrid.get("/innbygger/fullmakt")).text
    relative = re.search(r'name="hvem" value="([^"]+)" ><span>Marit Haugen', page)
    assert relative, page
    nothing = await ingrid.post("/innbygger/fullmakt", data={"csrf_token": csrf(page), "hvem": relative[1]})
    assert nothing.status_code == 422
    given = {"csrf_token": csrf(page), "hvem": relative[1], "omraade": "journal", "til": LATER}
    for day in ("", "2020-01-01", "2199-01-01"):
        wrong = await ingrid.post("/innbygger/fullmakt", data=given | {"til": day})
        assert (wrong.status_code, "høyst fem år" in wrong.text) == (422, True), day
    assert "Marit Haugen" in (await ingrid.post("/innbygger/fullmakt", data=given)).text
    marit = await world.sign_in("innbygger", "marit")
    own = (await marit.get("/innbygger/")).text
    assert "Ingrid Haugen" in own.partition("Du kan handle for")[2].partition("</section>")[0]
    await act_for(marit, "Ingrid Haugen")
    assert "Apiksaban" in (await marit.get("/innbygger/helse")).text
    # What the record systems have is the same for both.
    hers, shown = [(await each.get("/innbygger/helse/dokumenter")).text for each in (ingrid, marit)]
    assert "<li" in hers.partition("<main")[2]
    assert shown.partition("<main")[2] == hers.partition("<main")[2]
    # The words say whose it is.
    hers, shown = [(await each.get("/innbygger/henvisninger?alle")).text for each in (ingrid, marit)]
    assert ("Du har ingen" in hers, "Ingrid Haugen har ingen" in shown) == (True, True)
    home = (await marit.get("/innbygger/")).text
    assert "Viktig blodfortynnende behandling" in home
    assert ("Journalen til Ingrid Haugen" in home, "ournalen din" in home) == (True, False)
    assert "be lederen din" not in (await marit.get("/innbygger/apper")).text
    # It is for reading alone.
    assert (await marit.get("/innbygger/personvern")).status_code == 403
    page = (await ingrid.get("/innbygger/fullmakt")).text
    power = re.search(r'name="id" value="([^"]+)"', page)[1]
    form = {"csrf_token": csrf(page), "id": power}
    assert (await marit.post("/innbygger/fullmakt/ta-tilbake", data=form)).status_code == 403
    await ingrid.post("/innbygger/fullmakt/ta-tilbake", data=form)
    assert "Apiksaban" not in (await marit.get("/innbygger/helse")).text


async def power(world, giver, relative, areas=("journal",)):
    """Give a power of attorney; the browser of the giver, and the form that takes it back."""
    browser = await world.sign_in("innbygger", giver)
    page = (await browser.get("/innbygger/fullmakt")).text
    who = re.search(rf'name="hvem" value="([^"]+)" ><span>{relative}', page)
    form = {"csrf_token": csrf(page), "hvem": who[1], "omraade": list(areas), "til": LATER}
    page = (await browser.post("/innbygger/fullmakt", data=form)).text
    return browser, {"csrf_token": csrf(page), "id": re.search(r'name="id" value="([^"]+)"', page)[1]}


def documents(ask, node, pid, right=""):
    """Asks a record system for somebody's documents, and says how many there are."""

    async def count():
        form = f"patient.identifier=urn:oid:2.16.578.1.12.4.1.4.1|{pid}"
        headers = {"content-type": "application/x-www-form-urlencoded"}
        headers |= header(right, pid) if right else {}
        answer = await ask("POST", node, "DocumentReference/_search", content=form, headers=headers)
        assert answer.status_code == 200, answer.text
        return len(answer.json().get("entry", []))

    return count


def some(count):
    async def holds():
        return await count() > 0

    return holds


def none(count):
    async def holds():
        return await count() == 0

    return holds


@pytest.mark.proves("I18")
async def test_a_record_system_follows_the_powers_itself_and_one_taken_back_ends_there_in_time(world):
    ingrid, back = await power(world, "ingrid", "Marit Haugen")
    marit = As(world, await world.sign_in("innbygger", "marit"))
    pid = PIDS["ingrid"]
    for node in ("journal", "sykehus"):
        await within_limit(some(documents(marit, node, pid, "FU")))
        # The token alone opens nothing of hers, nor does a right that is another.
        assert await documents(marit, node, pid)() == 0
        assert await documents(marit, node, pid, "VE")() == 0
    # Only to read, only the record.
    note = {"resourceType": "Communication", "status": "completed", "subject": {"reference": "Patient/x"}}
    refused = await marit("POST", "journal", "Communication", json=note, headers=header("FU", pid))
    assert refused.status_code in {403, 422}, refused.text
    listed = (await (await world.sign_in("innbygger", "marit")).get("/innbygger/fullmakt")).text
    assert "Ingrid Haugen" in listed
    assert "Gjelder til og med" in listed
    await ingrid.post("/innbygger/fullmakt/ta-tilbake", data=back)
    for node in ("journal", "sykehus"):
        await within_limit(none(documents(marit, node, pid, "FU")))
    async with side(world, "journal").place.database.transaction(read_only=True, reader=OWNER) as tx:
        rows = await tx.fetch("select giver::text, holder::text from power_mirror")
    assert rows
    assert not {pid, PIDS["marit"]} & {each for row in rows for each in row}


async def test_a_node_that_hears_nothing_of_the_platform_lets_nobody_act_by_a_power(world):
    await power(world, "ingrid", "Marit Haugen")
    marit = As(world, await world.sign_in("innbygger", "marit"))
    count = documents(marit, "sykehus", PIDS["ingrid"], "FU")
    await within_limit(some(count))
    world.silent.add(
        "samhandling"
    )  # nobody hears of it any more; what is asked here goes straight to the node
    async with side(world, "sykehus").place.database.transaction(reader=OWNER) as tx:
        await tx.execute("update privacy_followed set heard = now() - interval '16 seconds'")
    assert await count() == 0
    world.silent.clear()
    await within_limit(some(count))


async def test_who_has_no_right_gets_the_answer_of_a_number_that_nobody_here_has(world):
    fatima = As(world, await world.sign_in("innbygger", "fatima"))
    absent = PIDS["gunnar"]  # no patient of any node
    bodies = set()
    for right, pid in (("FO", NOAH), ("FU", NOAH), ("VE", PIDS["lukas"]), ("FO", absent), ("FU", absent)):
        for path in ("Patient", "Condition", "DocumentReference", "AuditEvent"):
            answer = await fatima("GET", "journal", f"{path}?_count=50", headers=header(right, pid))
            assert answer.status_code == 200, answer.text
            found = answer.json()
            found = {
                name: each for name, each in found.items() if name not in {"id", "meta", "link", "timestamp"}
            }
            bodies.add((path, str(found)))
        gone = await fatima("GET", "journal", "Patient/x", headers=header(right, pid))
        assert gone.status_code == 404
    assert len(bodies) == 4, bodies


async def test_the_header_is_read_strictly_and_is_for_citizens_alone(world):
    fatima = As(world, await world.sign_in("innbygger", "fatima"))
    for value in ("", "FO", "FO 123", f"XX {NOAH}", f"FO  {NOAH}", f"FO {NOAH} ", NOAH):
        answer = await fatima("GET", "journal", "Patient", headers={"akson-acts-for": value})
        assert answer.status_code == 400 or (value.strip() == f"FO {NOAH}" and answer.status_code == 200), (
            value
        )
        assert NOAH not in answer.text
    system = await side(world, "sykehus").peer.request(
        "GET",
        f"{world.base}/samhandling/fhir/Patient",
        scope="akson:samhandling/fhir",
        headers=header("FO", NOAH),
    )
    assert system.status_code == 400, system.text


async def test_birthdays_and_secret_addresses_take_effect_at_the_record_systems(world):
    kristine = As(world, await world.sign_in("innbygger", "kristine"))
    count = documents(kristine, "journal", NOAH, "FO")
    assert await count() > 0
    today = now().date()

    async def turns(years):
        born = today.replace(year=today.year - years)
        birth = [{"birthDate": f"{born.isoformat()}T00:00:00"}]
        await change(world, Register.PERSON, person_id("noah"), "ChangeInBirth", birth=birth)
        await settled(world, "journal")

    await turns(12)
    limited = await kristine("GET", "journal", "DocumentReference", headers=header("FO", NOAH))
    assert limited.status_code == 403, limited.text
    visits = await kristine("GET", "journal", "Appointment", headers=header("FO", NOAH))
    assert visits.status_code == 200
    await turns(16)
    assert await count() == 0
    await turns(8)
    assert await count() > 0
    # The other parent's address is secret, whom this node knows only because the child is its patient.
    await change(
        world, Register.PERSON, person_id("anders"), "ChangeInAddressProtection", addressProtection=SECRET
    )
    await settled(world, "journal")
    assert await count() == 0


async def test_a_secret_address_ends_powers_for_good_everywhere(world):
    await power(world, "ingrid", "Marit Haugen")
    marit = As(world, await world.sign_in("innbygger", "marit"))
    count = documents(marit, "sykehus", PIDS["ingrid"], "FU")
    await within_limit(some(count))
    await change(
        world, Register.PERSON, person_id("marit"), "ChangeInAddressProtection", addressProtection=SECRET
    )
    await within_limit(none(count))
    unprotected = [{"level": "Unclassified"}]
    await change(
        world, Register.PERSON, person_id("marit"), "ChangeInAddressProtection", addressProtection=unprotected
    )
    page = await (await world.sign_in("innbygger", "ingrid")).get("/innbygger/fullmakt")
    assert "Fullmakter som ikke gjelder lenger" in page.text
    assert "Ingen har fullmakt fra deg" in page.text


async def test_nobody_under_eighteen_is_given_a_power_and_nobody_under_sixteen_gives_one(world):
    born = now().date().replace(year=now().year - 17)
    birth = [{"birthDate": f"{born.isoformat()}T00:00:00"}]
    await change(world, Register.PERSON, person_id("marit"), "ChangeInBirth", birth=birth)
    ingrid = await world.sign_in("innbygger", "ingrid")
    page = (await ingrid.get("/innbygger/fullmakt")).text
    who = re.search(r'name="hvem" value="([^"]+)" ><span>Marit Haugen', page)
    form = {"csrf_token": csrf(page), "hvem": who[1], "omraade": ["journal"], "til": LATER}
    refused = await ingrid.post("/innbygger/fullmakt", data=form)
    assert refused.status_code == 422
    assert "fylt 18" in refused.text
    assert f'value="{LATER}"' in refused.text
    assert "Ingen har fullmakt fra deg" in refused.text


async def test_who_has_a_power_sees_how_far_the_referral_has_come(world):
    await referred(world)
    await power(world, "per-arne", "Wenche Dahl")
    wenche = await world.sign_in("innbygger", "wenche")
    await act_for(wenche, "Per Arne Dahl")
    await until(wenche, "/innbygger/henvisninger?alle", "Kommet fram")
