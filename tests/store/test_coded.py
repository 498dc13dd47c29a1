"""The predicate on codings gives what a token parameter of the same name would find, whatever the content."""

import random

from akson.fhir.extract import extract
from akson.fhir.strict_json import loads
from akson.kit.ids import new_id
from akson.store.access import admission
from akson.store.record import resources
from akson.store.record.resources import HistoryOf
from akson.store.scope import NODE, Coded, Scope
from akson.store.search.statements import search
from tests.store.patients import query

SYSTEMS = [None, "http://a", "http://b"]
CODES = ["x", "y", 'quo"te', "z$1"]
TOKENS = ["x", "http://a|x", "http://a|", "|x", "http://b|y", 'quo"te', "z$1", "http://a|z$1", "none"]


def concept(chance):
    codings = []
    for _ in range(chance.randrange(3)):
        coding = {"code": chance.choice(CODES)}
        if system := chance.choice(SYSTEMS):
            coding["system"] = system
        codings.append(coding)
    return {"text": "something"} | ({"coding": codings} if codings else {})


def observation(chance):
    made = {"resourceType": "Observation", "id": new_id(), "status": "final", "code": concept(chance)}
    if count := chance.randrange(3):
        made["category"] = [concept(chance) for _ in range(count)]
    return made


def fits(resource, element, token):
    """What the standard says of token parameters (R4 search, token)."""
    system, bar, code = token.rpartition("|")
    found = resource.get(element, [])
    codings = [
        each for one in (found if isinstance(found, list) else [found]) for each in one.get("coding", [])
    ]
    return any(
        (not code or each["code"] == code)
        and (not system or each.get("system") == system)
        and (not bar or system or "system" not in each)
        for each in codings
    )


async def test_generated_content(database):
    chance = random.Random(4)
    made = [observation(chance) for _ in range(60)]
    async with database.transaction() as tx:
        for resource in made:
            await resources.create(tx, resource, extract(resource))
        for element in ("category", "code"):
            for tokens in [*({token} for token in TOKENS), set(TOKENS[:3])]:
                scope = Scope(Coded(element, frozenset(tokens)), "test")
                expected = {each["id"] for each in made if any(fits(each, element, t) for t in tokens)}
                page = await search(tx, scope, query("Observation", "_count=100"))
                assert {each.id for each in page.matches} == expected, (element, tokens)
                asked = query("Observation", f"{element}={','.join(sorted(tokens))}", "_count=100")
                assert {each.id for each in (await search(tx, NODE, asked)).matches} == expected
                for resource in made[:10]:
                    inside = resource["id"] in expected
                    assert await admission.admits(tx, scope, resource, extract(resource)) == inside


async def test_each_version_is_judged_by_its_own_content(database):
    vital = {"coding": [{"code": "vital-signs"}]}
    first = {"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "x"}}
    scope = Scope(Coded("category", frozenset({"vital-signs"})), "test")
    async with database.transaction() as tx:
        await resources.create(tx, first, extract(first))
        second = first | {"category": [vital]}
        await resources.update(tx, NODE, second, extract(second))
        assert await resources.vread(tx, scope, "Observation", "o", 1) is None
        assert (await resources.vread(tx, scope, "Observation", "o", 2)).version == 2
        page = await resources.history(tx, scope, HistoryOf("Observation", "o"))
        assert [each.version for each in page.versions] == [2]
        await resources.delete(tx, NODE, "Observation", "o")
        assert await resources.read(tx, scope, "Observation", "o") is None
        assert not (await resources.history(tx, scope, HistoryOf())).versions


async def test_a_number_of_many_digits_elsewhere_is_no_hindrance(database):
    raw = b'{"resourceType":"Observation","id":"o","status":"final","code":{"coding":[{"code":"x"}]},"valueQuantity":{"value":0.%s1}}'
    resource = loads(raw % (b"0" * 17_000))
    async with database.transaction() as tx:
        await resources.create(tx, resource, extract(resource))
        scope = Scope(Coded("code", frozenset({"x"})), "test")
        assert await resources.read(tx, scope, "Observation", "o") is not None
        assert await admission.admits(tx, scope, resource, extract(resource))
