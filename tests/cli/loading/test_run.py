"""Loads into a real database: while others read, version after version, and what the commands tell."""

import asyncio
from pathlib import Path

import httpx
import pytest
from bench import rf2

from akson.cli.database import Where
from akson.cli.loading.run import Options, _load
from akson.cli.main import main
from akson.rest.open import open_place, standalone
from akson.store.terms import questions
from tests.cli.loading.samples import VOLVEN, loinc, written
from tests.fhir.terminology.animals import URL, animals, value_set

pytestmark = pytest.mark.store
SET = "http://snomed.info/sct?fhir_vs"
QUIET = Options(languages=("nb",), quiet=True)


async def load(database, *paths, options=QUIET):
    return await _load(paths, Where(Path("none"), uri=database.uri), options)


async def expand(database, url, **more):
    transport = httpx.ASGITransport(standalone(open_place(database, "http://x"), limit=1000))
    async with httpx.AsyncClient(transport=transport, base_url="http://x/fhir") as client:
        answer = await client.get("/ValueSet/$expand", params={"url": url, **more})
        assert answer.status_code == 200, answer.text
        return answer.json()["expansion"]


async def test_a_new_version_is_put_into_use_at_once_while_others_read(database, tmp_path, monkeypatch):
    """Whoever asks meanwhile gets the old version whole or the new one whole; the old stays reachable."""
    monkeypatch.setattr("akson.cli.loading.run.PART", 50)
    old, new = rf2.write(tmp_path / "old", 700, "20260415"), rf2.write(tmp_path / "new", 950, "20261015")
    every = f"{SET}=isa/{rf2.ROOT}"
    assert await load(database, old) == 0
    seen, done = [], asyncio.Event()

    async def look():
        while not done.is_set():
            seen.append((await expand(database, every, count=1, offset=1))["total"])
            await asyncio.sleep(0)

    async def renew():
        assert await asyncio.to_thread(lambda: asyncio.run(load(database, new))) == 0
        await asyncio.sleep(0.1)
        done.set()

    await asyncio.gather(look(), renew())
    assert set(seen) == {700, 950}
    assert seen == sorted(seen)
    assert len(seen) > 10
    before = f"http://snomed.info/sct/{rf2.MODULE}/version/20260415"
    async with database.transaction(read_only=True) as tx:
        assert (
            await questions.lookup(tx, "http://snomed.info/sct", rf2.code(949))
        ).concept.display == rf2.term(949)
        assert await questions.lookup(tx, f"http://snomed.info/sct|{before}", rf2.code(949)) is None
        assert await questions.lookup(tx, f"http://snomed.info/sct|{before}", rf2.code(699))
    assert (await expand(database, f"{before}?fhir_vs", count=1, offset=1))["total"] == 700


async def test_a_load_that_fails_halfway_leaves_the_old_version_in_use(database, tmp_path):
    assert await load(database, rf2.write(tmp_path, 300)) == 0
    path = next(tmp_path.rglob("sct2_Relationship*"))
    circle = f"9\t20261015\t1\t{rf2.MODULE}\t{rf2.ROOT}\t{rf2.code(5)}\t0\t{rf2.IS_A}\t900000000000011006\t900000000000451002\r\n"
    path.write_text(path.read_text() + circle)
    assert await load(database, tmp_path) == 1
    assert (await expand(database, SET, count=0))["total"] == 300
    assert await load(database, rf2.write(tmp_path, 310)) == 0
    assert (await expand(database, SET, count=0))["total"] == 310


async def test_a_letter_that_thousands_have_pages_through_all_of_them_once(database, tmp_path):
    await load(database, rf2.write(tmp_path, 6000))
    pages = [await expand(database, SET, filter="h", count=500, offset=500 * page) for page in range(12)]
    rows = [row for page in pages for row in page.get("contains", ())]
    found = [row["code"] for row in rows]
    expected = {
        rf2.code(number)
        for number in range(6000)
        if any(word.startswith("h") for word in f"{rf2.term(number)} {rf2.PLACES[number % 20]}".split())
    }
    assert len(expected) > 2000
    assert len(found) == len(set(found))
    assert set(found) == expected
    alike = await expand(database, SET, filter="akutt", count=3)
    assert all(row["display"].startswith("Akutt") for row in alike["contains"])


async def test_norwegian_words_find_concepts_of_a_loaded_system(database, tmp_path):
    await load(database, rf2.write(tmp_path, 2000))
    branch = f"{SET}=isa/{rf2.code(1)}"
    found = await expand(database, branch, filter="øye akutt", count=50)
    assert found["contains"]
    for row in found["contains"]:
        assert "øye" in row["display"].lower()
        assert "akutt" in row["display"].lower()
    inside = {row["code"] for row in (await expand(database, branch, count=2000))["contains"]}
    everywhere = await expand(database, SET, filter="oye akutt", count=2000)
    assert {row["code"] for row in everywhere["contains"]} & inside == {
        row["code"] for row in found["contains"]
    }
    assert everywhere["total"] > len(found["contains"])


async def test_loinc_volven_and_resources_together(database, tmp_path, capsys):
    loinc(tmp_path / "loinc")
    written(tmp_path / "lists.json", VOLVEN)
    written(tmp_path / "animals.json", animals(version=""))
    written(
        tmp_path / "set.json",
        value_set(
            {"system": "http://loinc.org", "filter": [{"property": "CLASS", "op": "=", "value": "CHEM"}]}
        ),
    )
    paths = [tmp_path / name for name in ("loinc", "lists.json", "animals.json", "set.json")]
    assert await load(database, *paths, options=Options("7", quiet=True)) == 0
    told = capsys.readouterr().out
    assert "http://loinc.org|2.80: 7 concepts" in told
    assert "ValueSet: 1" in told
    rows = (await expand(database, "http://example.org/ValueSet/some"))["contains"]
    assert [row["code"] for row in rows] == ["100-1", "101-9"]
    assert [row["code"] for row in (await expand(database, "http://loinc.org/vs/LL1-1"))["contains"]] == [
        "LA1-1",
        "LA2-2",
    ]
    async with database.transaction(read_only=True) as tx:
        assert await questions.known(tx, f"{URL}|7")
        assert await questions.below(tx, "urn:oid:2.16.578.1.12.4.1.1.7110", "X00") == ["X00", "X00.1"]
        assert (await questions.lookup(tx, "http://loinc.org", "lp2-2")).concept.display == "Sweet"


def test_the_commands_load_list_and_remove(new_database, tmp_path, capsys):
    uri = new_database()
    path = written(tmp_path / "animals.json", animals())
    assert main(["terminology", "load", "--database", uri, "--quiet", str(path)]) == 0
    assert main(["terminology", "list", "--database", uri]) == 0
    assert f"CodeSystem         7  {URL}|1" in capsys.readouterr().out
    assert main(["terminology", "remove", "--database", uri, f"{URL}|2"]) == 1
    assert main(["terminology", "remove", "--database", uri, f"{URL}|1"]) == 0
    capsys.readouterr()
    assert main(["terminology", "list", "--database", uri]) == 0
    assert capsys.readouterr().out == ""
    assert main(["terminology", "load", "--database", uri, str(tmp_path / "nothing.json")]) == 1
    assert "no such file" in capsys.readouterr().out
