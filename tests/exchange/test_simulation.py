"""What a changed rule would have decided: the log of a day's work replayed, by command and on a page."""

import asyncio
import json
import re
import time
from collections import Counter
from datetime import timedelta

import pytest
from tests.exchange.asking import PIDS, side
from tests.exchange.forms import chart, csrf, submit
from tests.exchange.test_access_log import words
from tests.patience import in_time

from akson.cli import main
from akson.fhir.strict_json import loads
from akson.kit.clock import now
from akson.record import gate
from akson.record.context import NODE_ITSELF, opened
from akson.record.replay.change import read
from akson.record.replay.replaying import Cursor, Replay
from akson.record.replay.tally import Tally
from akson.store.access import blocks
from akson.store.access.blocks import Block
from akson.store.database.reader import OWNER
from akson.store.index.hashing import patient_number

pytestmark = pytest.mark.store
PAGE = "/journal/logg/regler"
TABS = ("", "/legemidler", "/kritisk", "/problemer", "/notater", "/dokumenter", "/meldinger")


async def a_day(world):
    """Work of many kinds at three nodes; the path of Ingrid's chart."""
    nurse = await world.sign_in("journal", "hanne-lunde")
    path = await chart(nurse, "journal", "Ingrid Haugen")
    for tab in TABS:
        await nurse.get(path + tab)
    await nurse.get(await chart(nurse, "journal", "Olav"))
    outside = await world.sign_in("journal", "silje-aune")
    await outside.get(f"{path}/legemidler")
    form = {"reason": "acute", "why": "Falt om på gata, trenger medisinliste"}
    opened = await submit(outside, f"{path}/nodapning", form)
    await outside.get(f"{path}/legemidler")
    await outside.post(f"{path}/nodapning/avslutt", data={"csrf_token": csrf(opened.text)})
    await outside.get(f"{path}/legemidler")
    citizen = await world.sign_in("innbygger", "ingrid")
    for page in ("innsyn", "dokumenter", "personvern"):
        await citizen.get(f"/innbygger/{page}")
    handler = await world.sign_in("journal", "tone-bakke")
    await handler.get(path)
    await handler.get(f"{path}/legemidler")  # a case handler reads no medicines: refused
    officer = await world.sign_in("journal", "anne-grete-rud")
    await officer.get("/journal/logg")
    await officer.get(path)
    helper = await world.sign_in("journal", "mats-lie")
    errand = {"ticket": "2026-1", "why": "Legemiddellisten viser doble linjer", "kind": "patient",
              "topics": ["medicines"], "hours": "1"}  # fmt: skip
    await submit(helper, "/journal/oppdrag", errand)
    page = await officer.get("/journal/logg/oppdrag")
    target = re.search(r'action="(/journal/logg/oppdrag/[^"]+/godkjenn)"', page.text)[1]
    await officer.post(target, data={"csrf_token": csrf(page.text), "number": PIDS["ingrid"]})
    await helper.get(f"{path}/legemidler")
    await helper.get(f"{path}/problemer")
    return path


async def replayed(world, change="", node="journal"):
    until = now()
    replay = Replay(side(world, node).place.database, read(change), Cursor(until - timedelta(days=30), until))
    while await replay.step():
        pass
    return replay.tally


async def run(world, statement, *values):
    async with side(world, "journal").place.database.transaction(reader=OWNER) as tx:
        return await tx.execute(statement, list(values))


async def fetched(world, statement, node="journal"):
    async with side(world, node).place.database.transaction(reader=OWNER) as tx:
        return await tx.fetch(statement)


@pytest.mark.proves("J22")
async def test_without_a_change_the_rules_reproduce_the_log(world):
    path = await a_day(world)
    # What was closed and is open again was closed then: the past of what a patient decides is known.
    block = Block(frozenset({"role:hjemmesykepleier"}), now().replace(year=2020), now().replace(year=2040),
                  types=frozenset({"MedicationStatement"}))  # fmt: skip
    nurse = await world.sign_in("journal", "hanne-lunde")
    kind, id_ = (
        await fetched(world, "select type, id from resource where type = 'MedicationStatement' limit 1")
    )[0]
    for rows in ([block], []):
        async with side(world, "journal").place.database.transaction(reader=OWNER) as tx:
            await blocks.replace(tx, "rule", 1, path.rpartition("/")[2], rows)
        await nurse.get(f"{path}/legemidler")
    assert (kind, bool(id_)) == ("MedicationStatement", True)
    for node, least in (("journal", 200), ("sykehus", 3), ("samhandling", 10)):
        tally = await replayed(world, node=node)
        assert tally.unlike == 0, tally.examples
        assert (tally.changed, tally.otherwise) == (Counter(), 0)
        assert tally.replayed >= least
        assert tally.read == tally.replayed + tally.other + sum(tally.skipped.values())
        people = await fetched(
            world,
            "select count(*) from audit where actor_kind <> 'node' and action in ('read', 'search')",
            node,
        )
        assert tally.replayed >= people[0][0] * 0.9
    tally = await replayed(world)
    assert tally.granted < tally.replayed  # refusals are among them


async def test_a_log_that_does_not_fit_is_found(world):
    path = await a_day(world)
    turned = await run(
        world,
        "update audit set granted = not granted where number in (select number from audit where actor_kind = 'personnel'"
        " and reason = 'reason.care_relation' and client_id = '' and pat <> 0 limit 7)",
    )
    tally = await replayed(world)
    assert (turned, tally.unlike) == (7, 7)
    assert not tally.changed
    assert path.rpartition("/")[2] not in json.dumps(tally.told())
    # Nor do facts that are not those of the time.
    await run(world, "delete from care_relation")
    assert (await replayed(world)).unlike > 50


@pytest.mark.proves("J22")
async def test_changes_turn_what_rests_on_them_and_nothing_else(world):
    await a_day(world)
    off = await replayed(world, '[rules]\noff = ["care_relation"]')
    own = "select count(*) from audit where granted and reason = 'reason.care_relation'"
    rests = (await fetched(world, own))[0][0]
    assert off.unlike == 0
    assert 0 < off.changed["lost"] <= rests
    assert set(off.by["rule"]) == {"lost|reason.care_relation"}
    assert sum(off.by["role"].values()) == sum(off.by["type"].values()) == off.changed["lost"]
    assert "lost|hjemmesykepleier" in off.by["role"]
    assert off.otherwise > 0  # who somebody is, is found in the register of patients as well

    blind = await replayed(world, '[roles.hjemmesykepleier]\nremove_reads = ["MedicationStatement"]')
    assert set(blind.by["role"]) == {"lost|hjemmesykepleier"}
    assert set(blind.by["type"]) == {"lost|MedicationStatement"}
    assert {each["role"] for each in blind.examples["lost"]} == {"hjemmesykepleier"}

    nurses = await replayed(world, '[professions.SP]\nremove = ["Condition"]')
    assert set(nurses.by["type"]) == {"lost|Condition"}

    wider = await replayed(world, '[roles.saksbehandler]\nadd_reads = ["MedicationStatement"]')
    assert wider.changed["maybe"] > 0
    assert wider.changed["lost"] == 0
    assert set(wider.by["role"]) == {"maybe|saksbehandler"}

    none = await replayed(world, "[emergency]\nminutes = 0")
    assert none.changed["lost"] > 0
    assert set(none.by["rule"]) == {"lost|reason.emergency"}
    assert (
        await replayed(world, "[emergency]\nminutes = 600")
    ).changed == Counter()  # it was ended by the person

    errands = await replayed(world, '[rules]\noff = ["supplier_errand"]')
    assert set(errands.by["role"]) == {"lost|leverandoeransatt"}


async def test_limits_of_care_relations_are_made_anew_from_what_made_them(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    path = await chart(nurse, "journal", "Ingrid Haugen")
    patient = path.rpartition("/")[2]
    # All that lets the nurse's unit treat her is a service that is over since ten days.
    ended = (now() - timedelta(days=10)).isoformat(timespec="seconds")
    async with opened(side(world, "journal").place, NODE_ITSELF) as ctx:
        sources = await ctx.tx.fetch(
            "select distinct source from care_relation where pat = %s and ended is null",
            [patient_number(patient)],
        )
        for (source,) in sources:
            kind, id_ = source.split("/")
            if kind == "EpisodeOfCare":
                episode = loads((await gate.read(ctx, kind, id_)).body)
                period = {"start": "2024-01-01", "end": ended}
                await gate.update(ctx, episode | {"status": "finished", "period": period})
            elif kind != "Patient":
                await gate.delete(ctx, kind, id_)
    for tab in TABS:
        await nurse.get(path + tab)
    assert (await replayed(world)).unlike == 0
    for days, is_lost in ((30, False), (20, False), (7, True), (0, True)):
        tally = await replayed(world, f"[care_relations]\ndays_after_end = {days}")
        assert tally.unlike == 0
        assert bool(tally.changed["lost"]) is is_lost, (days, tally.changed)
        assert set(tally.by["rule"]) <= {"lost|reason.care_relation"}
        assert tally.changed["won"] == 0
        assert patient not in json.dumps(tally.told())
    assert (await replayed(world, "[care_relations]\ndays_before_appointment = 0")).changed == Counter()


async def test_the_command_tells_it_and_says_what_is_wrong(world, tmp_path, capsys):
    await a_day(world)
    where = ["--database", side(world, "journal").place.database.uri]
    change = tmp_path / "change.toml"
    change.write_text('[rules]\noff = ["care_relation"]\n')

    def command(*more):
        code = main.main(["access", "simulate", *where, *map(str, more)])
        return code, capsys.readouterr()

    code, told = await asyncio.to_thread(command, "--change", change)
    assert code == 0
    assert re.search(r"granted -> refused +[1-9]", told.out), told.out
    assert "not as the log tells 0" in told.out
    code, told = await asyncio.to_thread(command, "--json")
    tally = Tally.of(json.loads(told.out))
    assert (code, tally.unlike) == (0, 0)
    assert tally.replayed > 200
    assert not any(pid in told.out for pid in PIDS.values())
    change.write_text('[rules]\noff = ["care"]\n')
    code, told = await asyncio.to_thread(command, "--change", change)
    assert code == 1
    assert "no rule is called care" in told.err
    assert (await asyncio.to_thread(command, "--change", tmp_path / "none"))[0] == 1
    assert (await asyncio.to_thread(command, "--days", 0))[0] == 1
    await run(world, "update audit set granted = false where reason = 'reason.own_record'")
    assert (await asyncio.to_thread(command))[0] in (0, 5)


@pytest.mark.proves("J22")
async def test_the_privacy_officer_tries_one_on_a_page(world):
    await a_day(world)
    officer = await world.sign_in("journal", "anne-grete-rud")
    page = await officer.get(PAGE)
    assert "Ingen har prøvd en regelendring" in words(page.text)
    wrong = await submit(officer, PAGE, {"change": '[rules]\noff = ["x"]'})
    assert wrong.status_code == 422
    assert "no rule is called x" in words(wrong.text)
    assert "off = [&#34;x&#34;]" in wrong.text
    bad = await submit(officer, PAGE, {"days_after_end": "en uke"})
    assert (bad.status_code, "Skriv et helt tall fra 0 til 3650." in words(bad.text)) == (422, True)
    begun = await submit(
        officer, PAGE, {"off": ["care_relation"], "role": "saksbehandler", "gain": "medicines"}
    )
    assert begun.url.path.startswith(f"{PAGE}/")

    began = time.monotonic()
    while "hx-trigger" in (told := await officer.get(begun.url.path)).text:
        assert in_time(time.monotonic() - began, 20), words(told.text)
        await asyncio.sleep(0.2)
    said = words(told.text)
    assert re.search(r"ville blitt avvist: [1-9]", said), said
    assert "hjemmesykepleier" in said
    assert "legemidler (MedicationStatement)" in said
    assert "remove_reads = []" in said
    assert "Reglene som gjelder nå, avgjør annerledes enn loggen sier: 0." in said
    nurse = await world.sign_in("journal", "hanne-lunde")
    leader_paths = (PAGE, begun.url.path)
    assert [(await nurse.get(path)).status_code for path in leader_paths] == [403, 403]
    looked = await fetched(
        world, "select count(*) from audit where type = 'AuditEvent' and actor_name = 'Anne Grete Rud'"
    )
    assert looked[0][0] > 3
