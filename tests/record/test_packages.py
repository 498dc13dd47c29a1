"""A package's search parameters come and go with it, and one that cannot be taken does not keep the rest out."""

import io

from akson.fhir.packages.package import read
from akson.record.context import NODE_ITSELF, opened
from akson.record.packages import take, take_out
from akson.rest.open import open_place
from akson.store.index import search_parameters
from akson.store.terms import definitions
from tests.fhir.packages.making import MANIFEST, PROFILE, package

FLAG = {
    "resourceType": "SearchParameter",
    "url": "http://a.no/SearchParameter/flag-code",
    "name": "FlagCode",
    "status": "active",
    "description": "x",
    "code": "code",
    "base": ["Flag"],
    "type": "token",
    "expression": "Flag.code",
}
WRONG = FLAG | {"url": "http://a.no/SearchParameter/wrong", "code": "nonsense", "expression": "Flag.("}


def made(*resources, version="1.0.0"):
    return read(io.BytesIO(package(*resources, manifest=MANIFEST | {"version": version})))


async def added(ctx):
    return {
        each.definition["code"]: each.definition["expression"]
        for each in await search_parameters.load(ctx.tx)
    }


async def test_search_parameters_come_and_go_with_their_package(database):
    place = open_place(database, "http://fhir.example")
    async with opened(place, NODE_ITSELF) as ctx:
        taken = await take(ctx, made(PROFILE, FLAG, WRONG))
        assert taken.new
        assert [each.partition(": ")[0] for each in taken.refused] == [WRONG["url"]]
        assert await added(ctx) == {"code": "Flag.code"}
    async with opened(place, NODE_ITSELF) as ctx:
        await take(ctx, made(FLAG | {"version": "2"}, version="2.0.0"))
        assert await take_out(ctx, "no.example.test", "1.0.0") == ["1.0.0"]
        assert await added(ctx) == {"code": "Flag.code"}  # the second version brings it too
        await take(ctx, made(PROFILE, version="2.0.0"), replace=True)
        assert await added(ctx) == {}
        await take_out(ctx, "no.example.test")
        assert await definitions.packages(ctx.tx) == []
