"""Reports of other services about a citizen (rows I15 and I16, dimension D3): words and files, read and taken into the record, read by the
citizen; what is not taken is said, and nothing of it is written.
"""

import base64
import re

import pytest
import pytest_asyncio

from akson.demo.units import BY_KEY
from akson.exchange.cooperating import ORDER, PROVISION
from akson.exchange.finding import find
from akson.fhir.strict_json import loads
from akson.kit.norwegian import FNR, ORGANIZATION
from akson.record.context import NODE_ITSELF, opened
from tests.demo_world import start
from tests.exchange.asking import PIDS, OwnSystem, side
from tests.exchange.forms import csrf

pytestmark = pytest.mark.store
HERE = pytest.mark.asyncio(loop_scope="module")
CLINIC = BY_KEY["solvik-legesenter"]
PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n"
RUNS = (
    b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >>\nendobj\n"
)


def words_of(page):
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page.text))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(demo):
    made = start(demo)
    async with made.app.router.lifespan_context(made.app):
        yield made


async def stored(world, node, kind, words):
    """What a node holds of a type with these words."""
    async with opened(side(world, node).place, NODE_ITSELF) as ctx:
        return [each for each in await find(ctx, kind, ("_count", "1000")) if words in str(each)]


def files(*named):
    return [("files", (name, data, "application/octet-stream")) for name, data in named]


async def form_of(browser, path):
    page = await browser.get(path)
    assert page.status_code == 200, words_of(page)
    return {
        "csrf_token": csrf(page.text), "pid": PIDS["kari"], "to": CLINIC.organization_number, "basis": "ftrl-21-4",
        "what": "Arbeidsutprøving", "words": "Prøvde fire timer om dagen i seks uker.",
    }  # fmt: skip


@HERE
@pytest.mark.proves("I15", "I16", "P5")
@pytest.mark.dimension("D3")
async def test_nav_reports_the_doctor_takes_it_into_the_record_and_the_citizen_reads_it(world):
    nav, jonas = await world.sign_in("partner", "geir-hansen"), await world.sign_in("journal", "jonas-berg")
    form = await form_of(nav, "/partner/saker/rapport")
    sent = await nav.post("/partner/saker/rapport", data=form, files=files(("plan.pdf", PDF)))
    assert (sent.status_code, "plan.pdf" in sent.text) == (200, True), words_of(sent)
    case = sent.url.path.rpartition("/")[2]
    page = await jonas.get(f"/journal/anmodninger/{case}")
    assert all(
        each in page.text for each in ("Prøvde fire timer om dagen", "plan.pdf", "Geir Hansen, NAV Solvik")
    )
    address = re.search(r'href="([^"]+/fil/[^"]+)"', page.text)[1]
    assert (await jonas.get(address)).content == PDF
    told = re.search(r'name="told" value="([^"]+)"', page.text)[1]
    taking = {"csrf_token": csrf(page.text), "told": told}
    for _ in range(2):  # twice is once
        taken = await jonas.post(f"/journal/anmodninger/{case}/ta-inn", data=taking)
        assert (taken.status_code, "Tatt inn i journalen" in taken.text) == (200, True), words_of(taken)
    documents = await stored(world, "journal", "DocumentReference", told)
    assert sorted(each["description"] for each in documents) == ["Arbeidsutprøving", "plan.pdf"]
    assert {each["author"][0]["display"] for each in documents} == {"Geir Hansen, NAV Solvik"}
    assert "Lest og tatt inn i journalen" in words_of(await nav.get(f"/partner/saker/{case}"))
    kari = await world.sign_in("innbygger", "kari")
    assert "Arbeidsutprøving" in (await kari.get("/innbygger/anmodninger")).text
    own = await kari.get(f"/innbygger/anmodninger/{case}")
    assert "Prøvde fire timer om dagen" in own.text
    assert (await kari.get(re.search(r'href="([^"]+/fil/[^"]+)"', own.text)[1])).content == PDF
    silje, lene = await world.sign_in("journal", "silje-aune"), await world.sign_in("partner", "lene-torp")
    binary = address.rpartition("/")[2]
    for browser, base in ((silje, "/journal/anmodninger"), (lene, "/partner/saker")):
        for path in (case, f"{case}/fil/{binary}"):
            assert (await browser.get(f"{base}/{path}")).status_code == 404
    olav = await world.sign_in("innbygger", "olav")
    assert (await olav.get(f"/innbygger/anmodninger/{case}/fil/{binary}")).status_code == 404


def report(words, *attached):
    """A report as a service's own system sends it."""
    return {
        "resourceType": "ServiceRequest", "status": "active", "intent": "order", "code": {"text": "Skolehverdagen"},
        "category": [
            {"coding": [{"system": ORDER, "code": "rapport"}]}, {"coding": [{"system": PROVISION, "code": "ftrl-21-4"}]},
        ],
        "subject": {"identifier": {"system": FNR, "value": PIDS["kari"]}},
        "performer": [{"identifier": {"system": ORGANIZATION, "value": CLINIC.organization_number}}],
        "note": [{"text": words}],
        "contained": [
            {"resourceType": "DocumentReference", "id": f"f{place}", "status": "current", "content": [{"attachment": {
                "title": name, "data": base64.b64encode(data).decode()}}]}
            for place, (name, data) in enumerate(attached)
        ],
    }  # fmt: skip


@HERE
@pytest.mark.proves("I15", "P1")
@pytest.mark.dimension("D3")
async def test_navs_own_system_sends_a_report_and_files_within_a_case(world):
    system = await OwnSystem(world, "nav").registered()
    sent = await system("POST", "samarbeid", json=report("Møter hver dag nå.", ("plan.pdf", PDF)))
    assert sent.status_code == 201, sent.text
    case = loads(sent.content)
    answer = await system("GET", f"fhir/Communication?based-on={case['focus']['reference']}")
    (said,) = [e["resource"] for e in loads(answer.content)["entry"]]
    assert said["payload"][0]["contentString"] == "Møter hver dag nå."
    held = await system(
        "GET",
        f"fhir/{said['payload'][1]['contentAttachment']['url']}",
        headers={"accept": "application/fhir+json"},
    )
    assert base64.b64decode(loads(held.content)["data"]) == PDF
    other = await OwnSystem(world, "ppt").registered()
    assert (await other("GET", f"fhir/{said['payload'][1]['contentAttachment']['url']}")).status_code in {
        403,
        404,
    }
    jonas = await world.sign_in("journal", "jonas-berg")
    page = await jonas.get(f"/journal/anmodninger/{case['id']}")
    reply = {"csrf_token": csrf(page.text), "do": "completed", "words": "Takk, se vedlagt"}
    done = await jonas.post(f"/journal/anmodninger/{case['id']}", data=reply, files=files(("svar.pdf", PDF)))
    assert "svar.pdf" in done.text, words_of(done)
    nav = await world.sign_in("partner", "geir-hansen")
    back = await nav.get(f"/partner/saker/{case['id']}")
    assert (await nav.get(re.search(r'href="([^"]+/fil/[^"]+)" download>svar', back.text)[1])).content == PDF


@HERE
@pytest.mark.parametrize(
    ("name", "sent", "status", "words"),
    [
        ("active", [("x.pdf", RUNS)], 422, "kan kjøre"),
        ("unknown", [("x.html", b"<script>alert(1)</script>\x00")], 422, "PDF"),
        ("many", [(f"{n}.txt", b"a") for n in range(6)], 422, "5"),
        ("large", [("x.txt", b"a" * 5_000_001)], 422, "MB"),
        ("100 MB", [(f"{n}.txt", b"a" * 25_000_000) for n in range(4)], 413, "for stor"),
    ],
)
async def test_what_is_not_taken_is_said_and_nothing_is_written(world, name, sent, status, words):
    nav, secret = await world.sign_in("partner", "geir-hansen"), f"Hemmelig {name}"
    form = await form_of(nav, "/partner/saker/rapport") | {"what": secret, "words": secret}
    answer = await nav.post("/partner/saker/rapport", data=form, files=files(*sent))
    assert answer.status_code == status, words_of(answer)[:500]
    assert words.lower() in words_of(answer).lower(), words_of(answer)
    assert status == 413 or secret in answer.text  # what was written is still there
    system = await OwnSystem(world, "nav").registered()
    told = await system("POST", "samarbeid", json=report(secret, *sent))
    assert told.status_code == status, told.text
    assert loads(told.content)["resourceType"] == "OperationOutcome"
    for kind in ("ServiceRequest", "Communication", "Task"):
        assert not await stored(world, "samhandling", kind, secret)


@HERE
async def test_a_report_that_says_nothing_or_rests_on_nothing_is_not_sent(world):
    nav = await world.sign_in("partner", "geir-hansen")
    form = await form_of(nav, "/partner/saker/rapport")
    for wrong, words in (
        ({"words": ""}, "Skriv rapporten"),
        ({"basis": "samtykke"}, "Samtykke må innbyggeren ha gitt dere"),
        ({"basis": "bvl-13-4"}, "Velg hva rapporten bygger på"),
        ({"pid": "1"}, "fødselsnummer med 11 siffer"),
        ({"what": ""}, "Skriv hva rapporten handler om"),
        ({"to": ""}, "Velg hvem som skal ha rapporten"),
    ):
        answer = await nav.post("/partner/saker/rapport", data=form | {"what": "Uten grunn"} | wrong)
        assert (answer.status_code, words in words_of(answer)) == (422, True), words_of(answer)
    assert not await stored(world, "samhandling", "Task", "Uten grunn")
    # All that is missing is said at once, each at its field too.
    bare = {"csrf_token": form["csrf_token"]}
    for page, fields in (("saker/rapport", 5), ("saker/ny", 5), ("samtykke", 3)):
        empty = await nav.post(f"/partner/{page}", data=bare)
        assert (empty.status_code, empty.text.count('aria-invalid="true"')) == (422, fields), words_of(empty)
        ways = re.findall(r'<li><a class="ds-link" href="#([^"]+)"', empty.text)
        assert len(ways) >= fields
        assert all(f'id="{each}"' in empty.text for each in ways), "each leads to its field"
    assert "Velg minst én slags opplysninger" in empty.text
    broken = report("x") | {
        "contained": [{"resourceType": "DocumentReference", "content": [{"attachment": {"data": "%"}}]}]
    }
    system = await OwnSystem(world, "nav").registered()
    assert (await system("POST", "samarbeid", json=broken)).status_code == 400
    unasked = await nav.get("/partner/innbygger/nobody/rapport")
    assert (unasked.status_code, 'href="/partner/samtykke"' in unasked.text) == (403, True)
