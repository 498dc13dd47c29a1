"""Another service in the citizen's team and plan (rows I24 and I3, dimension D3): asked in from the chart, let in by the citizen, it answers
meetings and keeps its own goals and measures, by page and by its own system; nothing of it without the citizen's yes.
"""

import re
from datetime import timedelta

import pytest

from akson.demo.units import BY_KEY
from akson.exchange.declare import TAG_SYSTEM
from akson.exchange.finding import find
from akson.fhir.strict_json import loads
from akson.kit.clock import NORWAY, now
from akson.record import gate
from akson.record.context import NODE_ITSELF, opened
from akson.security.rules.taking_part import SYSTEM
from akson.store.database.reader import NODE
from tests.demo_world import start
from tests.exchange.asking import PIDS, OwnSystem, side
from tests.exchange.forms import chart, csrf, made_from, submit

pytestmark = pytest.mark.store
NAV, PPT = BY_KEY["nav"], BY_KEY["ppt"]
UNTIL = "2028-05-17"


def words_of(page):
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page.text))


def test_the_rule_knows_the_tag_of_the_registers():
    assert SYSTEM == TAG_SYSTEM


class Scene:
    """A nurse who coordinates, the citizen Per Arne, NAV's case worker and NAV's own system."""

    def __init__(self, world):
        self.world = world

    async def begun(self):
        self.nurse = await self.world.sign_in("journal", "hanne-lunde")
        self.citizen = await self.world.sign_in("innbygger", "per-arne")
        self.nav = await self.world.sign_in("partner", "geir-hansen")
        self.system = await OwnSystem(self.world, "nav").registered()
        hub = side(self.world, "samhandling")
        async with hub.place.database.transaction(read_only=True, reader=NODE) as tx:
            self.patient = (await hub.people.patient(tx, PIDS["per-arne"]))["id"]
        self.chart = await chart(self.nurse, "journal", "Per Arne")
        self.page = f"/partner/innbygger/{self.patient}/sammen"
        return self

    async def asks_nav_in(self, role="Arbeid og ytelser"):
        page = await self.nurse.get(f"{self.chart}/team")
        assert page.status_code == 200, words_of(page)
        address = re.search(rf'action="({re.escape(self.chart)}/team/[^"/]+/inn)"', page.text)[1]
        form = re.search(rf'action="{re.escape(address)}".*?</form>', page.text, re.DOTALL)[0]
        made = made_from(form) | {"who": NAV.organization_number, "role": role}
        return await self.nurse.post(address, data=made)

    async def says_yes(self):
        home = (await self.citizen.get("/innbygger/")).text
        assert "NAV Solvik spør om å få se opplysninger om deg" in home
        wish = re.search(r'samarbeid/svar">.*?name="id" value="([^"]+)"', home, re.DOTALL)[1]
        reply = {"id": wish, "svar": "ja", "csrf_token": csrf(home)}
        assert (
            await self.citizen.post("/innbygger/personvern/samarbeid/svar", data=reply)
        ).status_code == 200

    async def in_the_team(self):
        await self.asks_nav_in()
        await self.says_yes()
        return self

    async def takes_back(self):
        page = (await self.citizen.get("/innbygger/personvern")).text
        found = re.findall(
            r'name="id" value="([^"]+)"><input type="hidden" name="versjon" value="(\d+)"', page
        )
        for id_, version in found:
            form = {"id": id_, "versjon": version, "csrf_token": csrf(page)}
            await self.citizen.post("/innbygger/personvern/ta-bort", data=form)

    async def offers(self, words):
        page = await self.nurse.get(f"{self.chart}/team")
        form = {
            "csrf_token": csrf(page.text),
            "patient": self.chart.rpartition("/")[2],
            "who": NAV.organization_number,
        }
        key = re.findall(r'name="key" value="([^"]+)"', page.text)[-1]
        return await self.nurse.post(
            f"{self.chart}/team/tiltak", data=form | {"what": words, "due": "2027-01-20", "key": key}
        )

    async def written(self, kind, words):
        """The item of the register with these words, and the Provenances of it."""
        async with opened(side(self.world, "samhandling").place, NODE_ITSELF) as ctx:
            who = ("patient", f"Patient/{self.patient}")
            found = [each for each in await find(ctx, kind, who) if words in str(each)]
            told = await find(ctx, "Provenance", ("target", f"{kind}/{found[0]['id']}")) if found else []
        return found, told


@pytest.fixture
async def world(demo):
    made = start(demo)
    async with made.app.router.lifespan_context(made.app):
        yield made


@pytest.fixture
async def scene(world):
    return await Scene(world).begun()


@pytest.mark.proves("I24", "I3", "I18")
@pytest.mark.dimension("D3")
async def test_nav_is_asked_into_the_team_takes_on_a_measure_and_reports_on_it(scene):
    refused = await scene.nav.get(scene.page)
    assert (refused.status_code, "Per Arne" in refused.text) == (403, False)
    asked = await scene.asks_nav_in()
    assert "Pasienten er spurt om den får se team og plan" in words_of(asked)
    assert (
        await scene.nav.get(scene.page)
    ).status_code == 403  # in the team, but the citizen has not said yes
    await scene.says_yes()
    assert "Tiltaket er foreslått" in words_of(await scene.offers("Avklare uføregrad"))
    page = await scene.nav.get(scene.page)
    assert page.status_code == 200, words_of(page)
    assert all(
        each in page.text
        for each in ("Rehabiliteringsteam", "Nora Dahl", "Avklare uføregrad", "Foreslått for dere")
    )
    taking = re.search(
        r'<form method="post" action="([^"]+/tiltak/[^"]+/endre)">(.*?)</form>', page.text, re.DOTALL
    )
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', taking[2])) | {"status": "active"}
    taken = await scene.nav.post(taking[1], data=fields)
    assert taken.status_code == 200, words_of(taken)
    assert "I gang" in words_of(taken)
    noted = await submit(
        scene.nav,
        taking[1],
        {"what": "Avklare uføregrad", "status": "active", "note": "Møte med arbeidsgiver i januar"},
    )
    assert "Møte med arbeidsgiver i januar" in noted.text
    nurse = words_of(await scene.nurse.get(f"{scene.chart}/tjenester/planer"))
    assert "Møte med arbeidsgiver i januar" in nurse
    assert "Geir Hansen" in nurse
    own = words_of(await scene.citizen.get("/innbygger/opplysninger/planer"))
    assert "Avklare uføregrad" in own
    log = words_of(await scene.citizen.get("/innbygger/innsyn"))
    assert "er med i teamet eller planen" in log
    (item,), told = await scene.written("ServiceRequest", "Avklare uføregrad")
    assert item["status"] == "active"
    assert {each["agent"][0]["who"]["display"] for each in told} == {"Hanne Lunde", "Geir Hansen"}


@pytest.mark.proves("I24")
@pytest.mark.dimension("D3")
async def test_a_meeting_is_called_with_nav_which_answers_by_page_and_by_its_own_system(scene):
    await scene.in_the_team()
    form = await scene.nurse.get(f"{scene.chart}/moeter/nytt")
    assert "NAV Solvik" in form.text
    told = {
        "what": "Møte om arbeid", "how": "oppmoete", "day": "2027-01-12", "clock": "09:00", "minutes": "60",
        "csrf_token": csrf(form.text), "patient": scene.chart.rpartition("/")[2],
    }  # fmt: skip
    stranger = await scene.nurse.post(
        f"{scene.chart}/moeter/nytt", data=told | {"services": PPT.organization_number}
    )
    assert (stranger.status_code, "ikke med i pasientens team" in stranger.text) == (422, True)
    called = await scene.nurse.post(
        f"{scene.chart}/moeter/nytt", data=told | {"services": NAV.organization_number}
    )
    assert "NAV Solvik har ikke svart" in words_of(called)
    page = await scene.nav.get(scene.page)
    assert all(each in page.text for each in ("Møte om arbeid", "Venter på svar fra dere"))
    meeting = re.search(r'/mote/([^"]+)"', page.text)[1]
    answered = await scene.nav.post(
        f"{scene.page}/mote/{meeting}", data={"do": "accepted", "csrf_token": csrf(page.text)}
    )
    assert "Dere kommer" in words_of(answered)
    assert "NAV Solvik kommer." in words_of(await scene.citizen.get(f"/innbygger/avtaler/{meeting}"))
    said = {"resourceType": "AppointmentResponse", "participantStatus": "declined"}
    by_system = await scene.system("POST", f"samarbeid/mote/{meeting}", json=said)
    assert by_system.status_code == 200, by_system.text
    assert "NAV Solvik kommer ikke." in words_of(await scene.nurse.get(f"/journal/moeter/{meeting}"))
    nonsense = await scene.system(
        "POST", f"samarbeid/mote/{meeting}", json=said | {"participantStatus": "kanskje"}
    )
    assert (nonsense.status_code, loads(nonsense.content)["issue"][0]["expression"]) == (
        422,
        ["participantStatus"],
    )
    ppt = await OwnSystem(scene.world, "ppt").registered()
    assert (await ppt("POST", f"samarbeid/mote/{meeting}", json=said)).status_code in {403, 404}


@pytest.mark.proves("I25")
@pytest.mark.dimension("D3")
async def test_nav_meets_on_video_when_it_comes_and_those_who_wait_are_let_in(scene):
    await scene.in_the_team()
    form = await scene.nurse.get(f"{scene.chart}/moeter/nytt")
    start = (now() + timedelta(minutes=5)).astimezone(NORWAY)
    told = {
        "what": "Samtale om arbeid", "how": "video", "day": start.date().isoformat(), "clock": start.strftime("%H:%M"),
        "minutes": "30", "services": NAV.organization_number, "csrf_token": csrf(form.text),
        "patient": scene.chart.rpartition("/")[2],
    }  # fmt: skip
    called = await scene.nurse.post(f"{scene.chart}/moeter/nytt", data=told)
    room = re.search(r'href="(https://video\.example/[a-z2-7]{26})"', called.text)[1]
    page = await scene.nav.get(scene.page)
    assert "Samtale om arbeid" in page.text
    assert room not in page.text
    meeting = re.search(r'/mote/([^"]+)"', page.text)[1]
    answered = await scene.nav.post(
        f"{scene.page}/mote/{meeting}", data={"do": "accepted", "csrf_token": csrf(page.text)}
    )
    assert "Du får lenken til samtalen her" in words_of(answered)
    assert room not in answered.text
    here = str(called.url.path)
    inside = await scene.nurse.post(f"{here}/let-in", data={"csrf_token": csrf(called.text)})
    assert room in inside.text
    assert room in (await scene.nav.get(scene.page)).text
    by_fhir = await scene.system("GET", f"fhir/Appointment/{meeting}")
    assert room.rpartition("/")[2] not in by_fhir.text
    await scene.nav.post(
        f"{scene.page}/mote/{meeting}", data={"do": "declined", "csrf_token": csrf(page.text)}
    )
    assert room not in (await scene.nav.get(scene.page)).text


@pytest.mark.proves("I3", "P1")
@pytest.mark.dimension("D3")
async def test_navs_own_system_keeps_its_goals_and_measures_in_the_plan(scene):
    goal = {
        "resourceType": "Goal", "lifecycleStatus": "active", "description": {"text": "Halv stilling til sommeren"},
        "subject": {"reference": f"Patient/{scene.patient}"},
    }  # fmt: skip
    assert (await scene.system("POST", "samarbeid/plan", json=goal)).status_code == 403
    await scene.in_the_team()
    made = await scene.system("POST", "samarbeid/plan", json=goal)
    assert made.status_code == 201, made.text
    stored = loads(made.content)
    assert stored["expressedBy"]["display"] == "NAV Solvik"
    path = f"samarbeid/plan/Goal/{stored['id']}"
    changed = stored | {"note": [{"text": "Arbeidsgiver er med"}]}
    bare = await scene.system("PUT", path, json=changed)
    assert (bare.status_code, "If-Match" in bare.text) == (422, True)
    kept = await scene.system("PUT", path, json=changed, headers={"if-match": 'W/"1"'})
    assert (kept.status_code, loads(kept.content)["meta"]["versionId"]) == (200, "2")
    late = await scene.system("PUT", path, json=stored, headers={"if-match": 'W/"1"'})
    assert (late.status_code, loads(late.content)["issue"][0]["code"]) == (412, "conflict")
    read = await scene.system("GET", f"fhir/Goal?patient=Patient/{scene.patient}")
    assert "Arbeidsgiver er med" in read.text
    wrong = await scene.system("POST", "samarbeid/plan", json=goal | {"lifecycleStatus": "planned"})
    assert (wrong.status_code, loads(wrong.content)["issue"][0]["expression"]) == (
        422,
        ["Goal.lifecycleStatus"],
    )
    other = await scene.system("POST", "samarbeid/plan", json=goal | {"resourceType": "CarePlan"})
    assert other.status_code == 422
    around = await scene.system("PUT", f"fhir/Goal/{stored['id']}", json=changed)
    assert around.status_code == 403
    whole = loads(read.content)["entry"]
    theirs = next(e["resource"] for e in whole if "lage middag" in str(e))
    taken = await scene.system(
        "PUT",
        f"samarbeid/plan/Goal/{theirs['id']}",
        json=theirs,
        headers={"if-match": f'W/"{theirs["meta"]["versionId"]}"'},
    )
    assert taken.status_code == 403


@pytest.mark.proves("I3")
@pytest.mark.dimension("D3")
async def test_two_who_change_the_same_measure_see_each_others_words_and_none_are_lost(scene):
    await scene.in_the_team()
    await scene.offers("Hjelp til søknad")
    page = await scene.nav.get(scene.page)
    address = re.search(r'href="([^"]+/tiltak/[^"]+/endre)"', page.text)[1]
    form = (await scene.nav.get(address)).text
    mine = dict(re.findall(r'name="([^"]+)" (?:type="hidden" )?value="([^"]*)"', form)) | made_from(form)
    item = address.split("/")[-2]
    theirs = await submit(
        scene.nurse, f"{scene.chart}/tjenester/planer/tiltak/{item}/endre",
        {"what": "Hjelp til søknad", "status": "active", "who": "NAV Solvik", "note": "Skjema ligger hos oss"},
    )  # fmt: skip
    assert theirs.status_code == 200, words_of(theirs)
    late = await scene.nav.post(
        address,
        data=mine | {"what": "Hjelp til søknad", "status": "active", "note": "Vi sender skjema", "due": ""},
    )
    assert late.status_code == 409, words_of(late)
    assert all(each in late.text for each in ("Vi sender skjema", "Skjema ligger hos oss"))
    again = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', late.text))
    saved = await scene.nav.post(
        address, data=again | {"status": "active", "note": "Vi sender skjema", "due": ""}
    )
    assert saved.status_code == 200, words_of(saved)
    (stored,), _ = await scene.written("ServiceRequest", "Hjelp til søknad")
    assert stored["note"][0]["text"] == "Vi sender skjema"


@pytest.mark.proves("I18", "I24")
@pytest.mark.dimension("D3")
async def test_the_citizen_takes_nav_out_of_the_team_and_the_consent_back(scene):
    await scene.in_the_team()
    await scene.offers("Avklare ytelser")
    page = await scene.citizen.get("/innbygger/team")
    assert "NAV Solvik" in page.text
    out = re.search(r'action="([^"]+/ut)"', page.text)[1]
    form = {"hvem": NAV.organization_number, "csrf_token": csrf(page.text)}
    gone = await scene.citizen.post(out, data=form)
    assert (gone.status_code, "Arbeid og ytelser" in gone.text) == (200, False)
    assert (await scene.citizen.post(out, data=form)).status_code == 404
    async with opened(side(scene.world, "samhandling").place, NODE_ITSELF) as ctx:
        found = await find(ctx, "ServiceRequest", ("patient", f"Patient/{scene.patient}"))
        for each in [e for e in found if "Avklare ytelser" in str(e)]:
            await gate.update(ctx, {k: v for k, v in each.items() if k != "performer"})
    kept = await scene.nav.get(scene.page)
    assert (kept.status_code, "Dere er ikke med i teamet" in kept.text) == (200, True)
    form = (await scene.nav.get(f"{scene.page}/maal/ny")).text
    data = made_from(form) | {"goal": "Noe nytt", "status": "active"}
    assert (await scene.nav.post(f"{scene.page}/maal/ny", data=data)).status_code == 403
    await scene.takes_back()
    assert (await scene.nav.get(scene.page)).status_code == 403
    assert "Noe nytt" not in words_of(await scene.citizen.get("/innbygger/opplysninger/planer"))


@pytest.mark.proves("I18")
@pytest.mark.dimension("D3")
async def test_team_and_plan_are_let_each_by_itself(scene):
    await scene.in_the_team()
    await scene.takes_back()
    address = "/innbygger/personvern/samarbeid"
    page = await scene.citizen.get(address)
    value = re.search(r'value="((?:org|unit):\d+)"[^>]*><span>NAV Solvik<', page.text)[1]
    form = {
        "hvem": value,
        "tjeneste": ["team-og-moeter"],
        "til": UNTIL,
        "csrf_token": csrf(page.text),
        "lagre": "ja",
    }
    await scene.citizen.post(address, data=form)
    seen = await scene.nav.get(scene.page)
    assert "Nora Dahl" in seen.text
    assert "lage middag" not in seen.text
    assert (await scene.nav.get(f"{scene.page}/maal/ny")).status_code == 403
    sent = await scene.nav.post(
        f"{scene.page}/maal/ny", data={"goal": "Uten lov", "status": "active", "csrf_token": csrf(seen.text)}
    )
    assert sent.status_code == 403
    assert not (await scene.written("Goal", "Uten lov"))[0]


async def test_what_is_missing_or_wrong_is_said_and_nothing_is_written(scene):
    empty = await scene.asks_nav_in(role="")
    assert (empty.status_code, "Skriv hva tjenesten gjør i teamet" in empty.text) == (422, True)
    ids = re.findall(r' id="([^"]+)"', empty.text)
    assert sorted(set(ids)) == sorted(ids), "each field has a label of its own"
    await scene.in_the_team()
    twice = await scene.asks_nav_in()
    assert (twice.status_code, "ikke er med fra før" in twice.text) == (422, True)
    form = (await scene.nav.get(f"{scene.page}/tiltak/ny")).text
    base = made_from(form) | {"key": re.search(r'name="key" value="([^"]+)"', form)[1]}
    for wrong, words in (
        ({"what": "", "status": "active"}, "må fylles ut"),
        ({"what": "Noe", "status": "active", "due": "i morgen"}, "dato"),
        ({"what": "Noe", "status": "active", "due": "17.13.2028"}, "dato"),
        ({"what": "x" * 4001, "status": "active"}, "Tiltak dere har ansvar for"),
    ):
        bad = await scene.nav.post(f"{scene.page}/tiltak/ny", data=base | wrong)
        assert bad.status_code == 422, words
    good = base | {
        "what": "Følge opp hjelpemidler",
        "status": "active",
        "due": "17.5.2028",
    }  # as it is written in Norway
    for _ in range(2):  # sent twice, it is one
        assert (await scene.nav.post(f"{scene.page}/tiltak/ny", data=good)).status_code == 200
    found, _ = await scene.written("ServiceRequest", "Følge opp hjelpemidler")
    assert [each["occurrenceDateTime"] for each in found] == ["2028-05-17"]
    assert (await scene.nav.get(f"{scene.page}/plan/ny")).status_code == 404
    scene.world.silent.add("samhandling")
    away = await scene.nurse.get(f"{scene.chart}/team")
    assert away.status_code == 200
