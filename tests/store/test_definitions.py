"""Packages in the database: taken in whole or not at all, versions side by side, found by canonical, taken out again."""

import asyncio
import io

import pytest

from akson.fhir.packages.package import read
from akson.kit.errors import Conflict, NotFound, Unprocessable
from akson.store.terms import definitions, questions
from akson.store.terms.questions import Verdict
from tests.fhir.packages.making import MANIFEST, PROFILE, package

URL = PROFILE["url"]
CODES = {
    "resourceType": "CodeSystem",
    "url": "http://a.no/cs",
    "status": "active",
    "content": "complete",
    "concept": [{"code": "a"}],
}
SET = {
    "resourceType": "ValueSet",
    "url": "http://a.no/vs",
    "status": "active",
    "compose": {"include": [{"system": "http://a.no/cs"}]},
}


def made(*resources, version="1.0.0", **manifest):
    return read(io.BytesIO(package(*resources, manifest=MANIFEST | {"version": version} | manifest)))


async def verdict(database):
    async with database.transaction() as tx:
        return (await questions.check_codes(tx, [("http://a.no/vs", "http://a.no/cs", "a")]))[0]


async def found(database, *canonicals):
    async with database.transaction() as tx:
        return await definitions.find(tx, canonicals)


async def test_a_package_is_found_by_canonical_and_listed(database):
    async with database.transaction() as tx:
        assert await definitions.add(tx, made(PROFILE, CODES, SET, title="Test"))
        [one] = await definitions.packages(tx)
    assert (one.name, one.version, one.title) == ("no.example.test", "1.0.0", "Test")
    assert one.counts == {"CodeSystem": 1, "StructureDefinition": 1, "ValueSet": 1}
    assert await found(database, URL, URL + "|1.0.0", URL + "|2", "http://a.no/x") == {
        URL: PROFILE,
        URL + "|1.0.0": PROFILE,
    }
    assert await verdict(database) is Verdict.IN


async def test_the_same_package_is_taken_in_once_and_another_under_its_name_is_refused(database):
    async with database.transaction() as tx:
        before = await definitions.stamp(tx)
        assert await definitions.add(tx, made(PROFILE))
        assert await definitions.stamp(tx) != before
        stamp = await definitions.stamp(tx)
        assert not await definitions.add(tx, made(PROFILE))
        assert await definitions.stamp(tx) == stamp
    with pytest.raises(Conflict, match=r"no\.example\.test#1\.0\.0"):
        async with database.transaction() as tx:
            await definitions.add(tx, made(PROFILE | {"name": "Other"}))
    async with database.transaction() as tx:
        assert await definitions.add(tx, made(PROFILE | {"name": "Other"}), replace=True)
        assert len(await definitions.packages(tx)) == 1
    assert (await found(database, URL))[URL]["name"] == "Other"


async def test_the_newest_version_is_meant_unless_one_is_named(database):
    async with database.transaction() as tx:
        await definitions.add(tx, made(PROFILE | {"version": "1.10.0"}, version="1.10.0"))
        await definitions.add(tx, made(PROFILE | {"version": "1.9.0"}, version="1.9.0"))
    told = await found(database, URL, URL + "|1.9.0")
    assert (told[URL]["version"], told[URL + "|1.9.0"]["version"]) == ("1.10.0", "1.9.0")


async def test_a_package_taken_out_is_gone_with_its_codes(database):
    async with database.transaction() as tx:
        await definitions.add(tx, made(PROFILE, CODES, SET))
        await definitions.add(tx, made(PROFILE | {"version": "2"}, version="2.0.0"))
        assert await definitions.remove(tx, "no.example.test", "1.0.0") == ["1.0.0"]
    assert (await found(database, URL))[URL]["version"] == "2"
    assert await verdict(database) is Verdict.UNKNOWN_VALUE_SET
    async with database.transaction() as tx:
        assert await definitions.remove(tx, "no.example.test") == ["2.0.0"]
        assert await definitions.packages(tx) == []
    assert await found(database, URL) == {}
    with pytest.raises(NotFound):
        async with database.transaction() as tx:
            await definitions.remove(tx, "no.example.test")


async def test_nothing_is_kept_of_a_package_with_one_bad_code_system(database):
    twice = CODES | {"caseSensitive": False, "concept": [{"code": "a"}, {"code": "A"}]}
    with pytest.raises(Unprocessable, match=r"http://a\.no/cs"):
        async with database.transaction() as tx:
            await definitions.add(tx, made(PROFILE, SET, twice))
    async with database.transaction() as tx:
        assert await definitions.packages(tx) == []
    assert await found(database, URL) == {}
    assert await verdict(database) is Verdict.UNKNOWN_VALUE_SET


async def test_two_who_take_in_the_same_package_at_once_take_it_in_once(database):
    async def take():
        async with database.transaction() as tx:
            return await definitions.add(tx, made(PROFILE))

    assert sorted(await asyncio.gather(take(), take(), take())) == [False, False, True]


async def test_what_a_package_needs_and_nobody_has_is_told(database):
    needs = {
        "hl7.fhir.r4.core": "4.0.1",
        "no.example.test": "1.0.x",
        "no.example.other": "2.0.0",
        "x": "current",
    }
    async with database.transaction() as tx:
        await definitions.add(tx, made(PROFILE))
        here = await definitions.packages(tx)
    assert definitions.missing(needs.items(), here) == ["no.example.other#2.0.0", "x#current"]
    assert definitions.missing([("no.example.test", "1.1.x"), ("no.example.test", "latest")], here) == [
        "no.example.test#1.1.x"
    ]
